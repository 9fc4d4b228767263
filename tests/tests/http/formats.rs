//! The same cells in every format, by code lists, in parts and by saved queries.

use crate::answer::{Answer, Cell};
use crate::installation::Installation;
use crate::node::{Caller, shared};
use arrow::array::{Array as _, AsArray as _};
use arrow::datatypes::Float64Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const TABLES: &str = "/pxwebapi/v2/tables";
const SELECTION: &str = "valueCodes[Region]=EAK,0301,31*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2023,2024";

/// The codes of a cell in the order of the variables, and its number or sign as text.
type Shown = BTreeMap<Vec<String>, String>;

fn data(caller: &Caller<'_>, format: &str) -> Answer {
    caller.get(&format!("{TABLES}/S1101/data?lang=en&{SELECTION}&outputFormat={format}")).ok()
}

fn of_json_stat(answer: &Answer) -> Shown {
    let ids: Vec<String> = serde_json::from_value(answer.json()["id"].clone()).unwrap();
    let text = |cell: Cell| match cell.value {
        Ok(value) => (ids.iter().map(|id| cell.at[id].clone()).collect(), value.to_string()),
        Err(sign) => (ids.iter().map(|id| cell.at[id].clone()).collect(), sign),
    };
    answer.cells().into_iter().map(text).collect()
}

fn of_csv(answer: &Answer) -> Shown {
    let mut reader = csv::Reader::from_reader(answer.body.as_slice());
    let years: Vec<String> =
        reader.headers().unwrap().iter().skip(3).map(ToOwned::to_owned).collect();
    let mut all = Shown::new();
    for row in reader.records() {
        let row = row.unwrap();
        for (year, cell) in years.iter().zip(row.iter().skip(3)) {
            let codes = row.iter().take(3).chain([year.as_str()]).map(ToOwned::to_owned);
            all.insert(codes.collect(), cell.to_owned());
        }
    }
    all
}

fn of_json_px(answer: &Answer) -> Shown {
    let set = answer.json();
    let rows = set["data"].as_array().unwrap().iter();
    rows.map(|row| {
        let mut key: Vec<String> = serde_json::from_value(row["key"].clone()).unwrap();
        key.insert(2, "Antall".to_owned());
        (key, row["values"][0].as_str().unwrap().to_owned())
    })
    .collect()
}

fn of_px(answer: &Answer, shown: &Shown) -> Shown {
    let text = answer.text();
    let (_, cells) = text.split_once("DATA=\n").unwrap();
    let cells = cells.trim_end().trim_end_matches(';').split_ascii_whitespace();
    let cells: Vec<&str> = cells.map(|cell| cell.trim_matches('"')).collect();
    assert_eq!(cells.len(), shown.len());
    // In the order of the values, which CODES names.
    let codes = |label: &str| -> Vec<String> {
        let at = text.split_once(&format!("CODES(\"{label}\")=")).unwrap().1;
        let list = at.split_once(';').unwrap().0;
        list.split(',').map(|code| code.trim().trim_matches('"').to_owned()).collect()
    };
    let mut all = Shown::new();
    let mut cells = cells.iter();
    for region in codes("Region") {
        for income in codes("Main source of income") {
            for year in codes("year") {
                let key = vec![region.clone(), income.clone(), "Antall".to_owned(), year];
                all.insert(key, (*cells.next().unwrap()).to_owned());
            }
        }
    }
    all
}

fn of_parquet(answer: &Answer) -> Shown {
    let file = bytes::Bytes::from(answer.body.clone());
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut all = Shown::new();
    for batch in reader {
        let batch = batch.unwrap();
        let text = |at: usize| batch.column(at).as_string::<i32>();
        let values = batch.column(4).as_primitive::<Float64Type>();
        for row in 0..batch.num_rows() {
            let mut key: Vec<String> = (0..3).map(|at| text(at).value(row).to_owned()).collect();
            key.insert(2, "Antall".to_owned());
            let cell = if values.is_null(row) {
                text(5).value(row).to_owned()
            } else {
                values.value(row).to_string()
            };
            all.insert(key, cell);
        }
    }
    all
}

#[test]
fn every_format_has_the_same_cells() {
    let node = shared();
    for caller in [node.anyone(), node.caller("nav")] {
        let shown = of_json_stat(&data(&caller, "json-stat2"));
        assert!(shown.len() > 100);
        for (format, read) in [
            ("csv", of_csv as fn(&Answer) -> Shown),
            ("json-px", of_json_px),
            ("parquet", of_parquet),
        ] {
            assert_eq!(read(&data(&caller, format)), shown, "{format}");
        }
        assert_eq!(of_px(&data(&caller, "px"), &shown), shown);
        let page = data(&caller, "html&outputFormatParams=UseCodes").text();
        let cells: Vec<&str> =
            page.split("<td>").skip(1).map(|rest| rest.split_once("</td>").unwrap().0).collect();
        assert_eq!(cells.len(), shown.len());
        let signs = |sign: &str| shown.values().filter(|cell| *cell == sign).count();
        for sign in [":", ".", ".."] {
            assert_eq!(cells.iter().filter(|cell| **cell == sign).count(), signs(sign), "{sign}");
        }
        let workbook = data(&caller, "xlsx");
        assert!(workbook.body.starts_with(b"PK\x03\x04"));
        assert_eq!(workbook.header("content-encoding"), "");
    }
}

#[test]
fn a_format_says_what_it_is_and_how_it_is_called() {
    let anyone = shared().anyone();
    for (format, media_type, end) in [
        ("json-stat2", "application/json; charset=UTF-8", "json"),
        ("csv", "text/csv; charset=utf-8", "csv"),
        ("px", "application/octet-stream; charset=utf-8", "px"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
        ("html", "text/html; charset=utf-8", "html"),
        ("json-px", "application/json; charset=UTF-8", "json"),
        ("parquet", "application/octet-stream", "parquet"),
    ] {
        let answer = data(&anyone, format);
        assert_eq!(answer.header("content-type"), media_type);
        let name = format!("inline; filename=\"S1101.{end}\"");
        assert_eq!(answer.header("content-disposition"), name);
        assert_eq!(answer.header("hjemmel-protection"), "suppressed");
    }
    let formats = anyone.get("/pxwebapi/v2/config").ok().json()["dataFormats"].clone();
    let all = ["json-stat2", "csv", "px", "xlsx", "html", "json-px", "parquet"];
    assert_eq!(formats, json!(all));
}

#[test]
fn a_part_of_an_answer_is_the_bytes_asked_for() {
    let anyone = shared().anyone();
    let address = format!("{TABLES}/S1101/data?{SELECTION}&outputFormat=parquet");
    let whole = anyone.get(&address).ok();
    assert_eq!(whole.header("accept-ranges"), "bytes");
    let length = whole.body.len();
    let tag = whole.header("etag").to_owned();
    for (range, expected) in [
        ("bytes=0-3".to_owned(), 0..4),
        ("bytes=-4".to_owned(), length - 4..length),
        (format!("bytes={}-", length - 9), length - 9..length),
    ] {
        let headers = [("Range", range.as_str()), ("If-Range", tag.as_str())];
        let part = anyone.get_with(&address, &headers);
        assert_eq!(part.status, 206, "{range}");
        assert_eq!(part.body, whole.body[expected.clone()], "{range}");
        let place = format!("bytes {}-{}/{length}", expected.start, expected.end - 1);
        assert_eq!(part.header("content-range"), place);
    }
    let other = [("Range", "bytes=0-3"), ("If-Range", "\"other\"")];
    assert_eq!(anyone.get_with(&address, &other).ok().body, whole.body);
}

#[test]
fn a_code_list_shows_the_releases_own_cells() {
    let anyone = shared().anyone();
    let rest = "valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024,2025";
    let ask = |region: &str| {
        of_json_stat(&anyone.get(&format!("{TABLES}/S1101/data?{region}&{rest}")).ok())
    };
    let own = ask("valueCodes[Region]=*");
    let set = anyone.get(&format!("{TABLES}/S1101/metadata?lang=en")).ok().json();
    let offered = set["dimension"]["Region"]["extension"]["codelists"].as_array().unwrap();
    assert!(offered.len() >= 6, "{offered:?}");
    for list in offered {
        let id = list["id"].as_str().unwrap();
        let values = anyone.get(&format!("/pxwebapi/v2/codelists/{id}?lang=en")).ok().json();
        assert_eq!(values["type"], list["type"]);
        assert!(values["hjemmel"]["tables"].as_array().unwrap().contains(&json!("S1101")));
        let shown = ask(&format!("codelist[Region]={id}&valueCodes[Region]=*"));
        let count = values["values"].as_array().unwrap().len();
        assert_eq!(shown.len(), count * 5 * 2, "{id}");
        for (key, cell) in shown {
            assert_eq!(own.get(&key), Some(&cell), "{id} {key:?}");
        }
    }
}

#[test]
fn a_series_in_todays_municipalities_is_that_of_the_old_numbers() {
    let anyone = shared().anyone();
    let ask = |region: &str, years: &str| {
        let rest = format!("valueCodes[ContentsCode]=*&valueCodes[Tid]={years}");
        anyone.get(&format!("{TABLES}/S1101/data?lang=en&{region}&{rest}")).ok()
    };
    let series = ask("codelist[Region]=agg_today&valueCodes[Region]=3107,1508", "2023,2024");
    let shown = of_json_stat(&series);
    let at = |code: &str, year: &str| {
        shown[&vec![code.to_owned(), "Antall".to_owned(), year.to_owned()]].clone()
    };
    let old = of_json_stat(&ask("valueCodes[Region]=3004", "2023"));
    assert_eq!(old.into_values().collect::<Vec<_>>(), [at("3107", "2023")]);
    assert_eq!(at("1508", "2023"), "..");
    let hjemmel = &series.json()["extension"]["hjemmel"];
    assert_eq!(hjemmel["codelists"], json!([["Region", "agg_today"]]));
    let told = &hjemmel["notCarried"][0];
    assert_eq!((&told["code"], &told["why"]), (&json!("1508"), &json!("split")));
    let notes = series.json()["note"].to_string();
    assert!(notes.contains("1508 in 2023 was a part of 1507"), "{notes}");
}

#[test]
fn a_municipality_that_several_became_has_the_figures_their_release_holds_for_it() {
    let anyone = shared().anyone();
    let ask = |region: &str| {
        let rest = "valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2016";
        anyone.get(&format!("{TABLES}/S1101/data?lang=en&{region}&{rest}")).ok()
    };
    let series = ask("codelist[Region]=agg_today&valueCodes[Region]=3301,1508");
    let own: Vec<String> = of_json_stat(&ask("valueCodes[Region]=K-3301")).into_values().collect();
    let shown = of_json_stat(&series);
    let of = |code: &str| -> Vec<&String> {
        shown.iter().filter(|(at, _)| at[0] == code).map(|(_, cell)| cell).collect()
    };
    assert_eq!(of("3301"), own.iter().collect::<Vec<_>>());
    assert!(own.iter().any(|cell| cell.parse::<u64>().is_ok_and(|number| number > 100)), "{own:?}");
    assert!(of("1508").iter().all(|cell| *cell == ".."));
    let told = series.json()["extension"]["hjemmel"]["notCarried"].clone();
    let codes: Vec<&Value> = told.as_array().unwrap().iter().map(|one| &one["code"]).collect();
    assert_eq!(codes, ["1508"], "Drammen is carried");
}

#[test]
fn an_aggregate_no_release_holds_is_refused_also_to_whoever_may_see_all() {
    let node = shared();
    let rest = "valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
    for caller in [node.anyone(), node.caller("nav")] {
        for (table, selection, nearest) in [
            ("S1105", "codelist[Region]=vs_Kommuner&valueCodes[Region]=*", "agg_Fylker"),
            ("S1104", "codelist[Alder]=agg_AlderNokkeltall&valueCodes[Alder]=25-66", "45-66"),
        ] {
            let address = format!("{TABLES}/{table}/data?lang=en&{selection}&{rest}");
            let problem = caller.get(&address).problem(400, "parameter-error");
            assert_eq!(problem["nearest"], nearest, "{problem}");
            let detail = problem["detail"].as_str().unwrap();
            assert!(detail.contains("protected cells are never added up"), "{detail}");
        }
    }
}

#[test]
fn municipalities_by_size_are_cells_of_the_release() {
    let anyone = shared().anyone();
    let sizes = "codelist[Region]=agg_Folkemengde&valueCodes[Region]=*";
    for table in ["S1101", "S1104", "S1105", "S1106", "S1191"] {
        let chosen = "&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
        let answer = anyone.get(&format!("{TABLES}/{table}/data?{sizes}{chosen}")).ok();
        let index = answer.json()["dimension"]["Region"]["category"]["index"].clone();
        assert_eq!(index.as_object().unwrap().len(), 7, "{table}");
        assert_eq!(index["F100000-"], 6, "{table}");
    }
    // The classes add up to the country where all of them are shown: they are its municipalities, each once.
    let of = |region: &str| {
        let rest = "valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
        let regions = format!("valueCodes[Region]={region}");
        anyone.get(&format!("{TABLES}/S1101/data?{regions}&{rest}")).ok().cells()
    };
    let cells = of("F0-1999,F2000-4999,F5000-9999,F10000-19999,F20000-49999,F50000-99999,F100000-");
    let shown: Option<u64> = cells.iter().map(|cell| cell.value.clone().ok()).sum();
    if let Some(sum) = shown {
        assert_eq!(Ok(sum), of("EAK")[0].value);
    }
}

fn saved(selection: &Value) -> String {
    let body = json!({ "tableId": "s1101", "language": "en", "outputFormat": "csv",
        "outputFormatParams": ["UseTexts"], "selection": { "selection": selection } });
    let kept = shared().anyone().post("/pxwebapi/v2/savedqueries", &body.to_string());
    assert_eq!(kept.status, 201, "{}", kept.text());
    let again = shared().caller("nav").post("/pxwebapi/v2/savedqueries", &body.to_string());
    assert_eq!(again.json()["id"], kept.json()["id"], "the same query has the same address");
    kept.json()["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_saved_query_is_answered_to_whoever_calls_as_if_they_had_asked_it() {
    let node = shared();
    let id = saved(&json!([
        { "variableCode": "Region", "valueCodes": ["EAK", "31*"] },
        { "variableCode": "HovedInntekt", "valueCodes": ["*"] },
        { "variableCode": "ContentsCode", "valueCodes": ["Antall"] },
        { "variableCode": "Tid", "valueCodes": ["top(1)"] },
    ]));
    let address = format!("/pxwebapi/v2/savedqueries/{id}");
    let asked = "valueCodes[Region]=EAK,31*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=top(1)&lang=en&outputFormat=csv&outputFormatParams=UseTexts";
    let [open, exact] = [node.anyone(), node.caller("nav")].map(|caller| {
        let saved = caller.get(&format!("{address}/data")).ok();
        let direct = caller.get(&format!("{TABLES}/S1101/data?{asked}")).ok();
        assert_eq!(saved.text(), direct.text());
        for name in ["hjemmel-protection", "hjemmel-basis", "etag", "content-type"] {
            assert_eq!(saved.header(name), direct.header(name), "{name}");
        }
        saved
    });
    assert_ne!(open.text(), exact.text(), "the one entitled sees more");
    let as_json =
        node.anyone().get(&format!("{address}/data?outputFormat=json-stat2&lang=no")).ok();
    assert_eq!(as_json.json()["extension"]["px"]["language"], "no");
    let kept = node.anyone().get(&address).ok().json();
    assert_eq!(kept["savedQuery"]["tableId"], "S1101");
    assert!(!kept.to_string().contains("nav"));
    let resolved = node.anyone().get(&format!("{address}/selection")).ok().json();
    assert_eq!(resolved["selection"][3]["valueCodes"], json!(["2025"]));
    let metadata = node.anyone().get(&format!("{TABLES}/S1101/metadata?savedQuery={id}")).ok();
    assert_eq!(metadata.json()["size"][3], 1);
}

#[test]
fn a_query_that_cannot_be_answered_is_not_kept() {
    let anyone = shared().anyone();
    for (body, title) in [
        (String::new(), "No query specified"),
        ("[]".to_owned(), "Parameter error"),
        (json!({ "tableId": "none" }).to_string(), "Non-existent table"),
        (json!({ "tableId": "S1101", "language": "xx" }).to_string(), "Unsupported language"),
        (json!({ "tableId": "S1101", "outputFormat": "pdf" }).to_string(), "Unsupported output format"),
        (
            json!({ "tableId": "S1101", "selection": { "selection": [{ "variableCode": "X", "valueCodes": [] }] } })
                .to_string(),
            "Non-existent variable",
        ),
        (
            json!({ "tableId": "S1101", "selection": { "selection": [], "placement": { "heading": ["Tid"], "stub": ["Tid"] } } })
                .to_string(),
            "Illegal placment",
        ),
    ] {
        let answer = anyone.post("/pxwebapi/v2/savedqueries", &body);
        assert_eq!(answer.problem(400, "parameter-error")["title"], title, "{body}");
    }
    anyone.get("/pxwebapi/v2/savedqueries/none/data").problem(404, "not-found");
}

#[test]
fn metadata_follow_a_code_list_and_the_default_selection() {
    let anyone = shared().anyone();
    let by_list = format!("{TABLES}/S1101/metadata?codelist[Region]=agg_Landet&lang=en");
    let set = anyone.get(&by_list).ok().json();
    assert_eq!(set["dimension"]["Region"]["category"]["index"], json!({ "EAK": 0, "EAKUO": 1 }));
    let default = anyone.get(&format!("{TABLES}/S1101/metadata?defaultSelection=True")).ok().json();
    assert_eq!(default["size"][3], 1);
    assert_eq!(default["value"], json!([]));
    let listed = anyone.get("/pxwebapi/v2/tables?pastDays=1&lang=en").ok().json();
    assert_eq!(listed["page"]["totalElements"], 11);
    anyone.get("/pxwebapi/v2/tables?pastDays=0").problem(400, "parameter-error");
}

#[test]
fn the_interface_is_found_in_any_letters_and_under_a_prefix_of_the_installations_own() {
    let anyone = shared().anyone();
    let list = anyone.get("/PxWebApi/V2/codeLists/agg_Landet?lang=en").ok();
    assert_eq!(list.body, anyone.get("/pxwebapi/v2/codelists/agg_Landet?lang=en").ok().body);
    let installation = Installation::copy("prefixed").with("HJEMMEL_TABLES_PREFIX", "/api/px/v2");
    let node = installation.serve();
    let table = node.anyone().get("/api/px/v2/tables/S1101?lang=en").ok().json();
    let link = table["links"][1]["href"].as_str().unwrap().to_owned();
    assert!(link.contains("/api/px/v2/tables/S1101/metadata"), "{link}");
    node.anyone().get("/pxwebapi/v2/tables/S1101/data").ok();
}
