//! Answers that are made as they are sent: the same as if they were made whole, and without a limit.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::node::{Node, shared};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

const TABLES: &str = "/pxwebapi/v2/tables";

/// What of an answer must not depend on how it was sent: all of it, but for the address of the server that sent it and the
/// groups a Parquet file has its rows in.
fn sent(answer: &Answer, format: &str, node: &Node) -> String {
    match format {
        "parquet" => {
            let file = bytes::Bytes::from(answer.body.clone());
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
            let batches: Vec<_> = reader.map(Result::unwrap).collect();
            arrow::util::pretty::pretty_format_batches(&batches).unwrap().to_string()
        }
        _ => answer.text().replace(node.address(), ""),
    }
}

#[test]
fn no_format_but_the_workbook_has_a_limit_and_all_are_the_same_however_they_are_sent() {
    let limited = Installation::copy("streamed").with("HJEMMEL_TABLES_MAX_CELLS", "12").serve();
    for (caller, query) in [
        (
            "",
            "valueCodes[Region]=*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=*",
        ),
        (
            "",
            "valueCodes[Region]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=*&stub=Tid,ContentsCode",
        ),
        (
            "",
            "valueCodes[Region]=3*&valueCodes[ContentsCode]=*&valueCodes[Tid]=*&heading=Region,ContentsCode,Tid",
        ),
        (
            "ks",
            "valueCodes[Region]=3107,3105,3103,3301&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024",
        ),
    ] {
        for (format, parameters) in [
            ("csv", "UseTexts,IncludeTitle,SeparatorSemicolon"),
            ("html", "UseCodesAndTexts,IncludeTitle"),
            ("json-stat2", ""),
            ("px", ""),
            ("json-px", ""),
            ("parquet", ""),
        ] {
            let path = format!(
                "{TABLES}/S1101/data?lang=en&{query}&outputFormat={format}&outputFormatParams={parameters}"
            );
            let [whole, parts] = [shared(), &limited].map(|node| {
                let anyone = || node.anyone();
                if caller.is_empty() {
                    anyone().get(&path).ok()
                } else {
                    node.caller(caller).get(&path).ok()
                }
            });
            let (of_parts, of_whole) =
                (sent(&parts, format, &limited), sent(&whole, format, shared()));
            assert!(of_parts == of_whole, "{path}");
            assert_eq!(parts.header("transfer-encoding"), "chunked", "{path}");
            for header in [
                "hjemmel-protection",
                "hjemmel-basis",
                "content-type",
                "content-disposition",
                "content-language",
                "cache-control",
            ] {
                assert_eq!(parts.header(header), whole.header(header), "{header}");
            }
            let caller = if caller.is_empty() { limited.anyone() } else { limited.caller(caller) };
            let tag = parts.header("etag").to_owned();
            assert!(tag.starts_with("W/"), "{tag}");
            assert_eq!(caller.get_with(&path, &[("If-None-Match", &tag)]).status, 304);
        }
        let caller = if caller.is_empty() { limited.anyone() } else { limited.caller(caller) };
        let workbook = format!("{TABLES}/S1101/data?{query}&outputFormat=xlsx");
        caller.get(&workbook).problem(403, "too-many-cells");
    }
    let wrong = format!(
        "{TABLES}/S1101/data?outputFormat=csv&stub=Nothing&valueCodes[Region]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=*"
    );
    limited.anyone().get(&wrong).problem(400, "parameter-error");
    let first = "/api/v0/en/table/S1101";
    let all = |format: &str| {
        let every = ["Region", "ContentsCode", "Tid"]
            .map(|code| json!({ "code": code, "selection": { "filter": "all", "values": ["*"] } }));
        json!({ "query": every, "response": { "format": format } }).to_string()
    };
    for format in ["json-stat", "json-stat2", "csv2", "json", "px"] {
        let [whole, parts] = [shared(), &limited]
            .map(|node| sent(&node.anyone().post(first, &all(format)).ok(), format, node));
        assert!(
            if format == "json-stat" {
                let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
                read(&whole) == read(&parts)
            } else {
                whole == parts
            },
            "{format}"
        );
    }
}
