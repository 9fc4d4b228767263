//! What stands beside the numbers of a table, in each format: preliminary, and nil. A number is never anything else.

use crate::answer::Answer;
use crate::node::Node;
use arrow::array::{Array as _, AsArray as _};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};

/// A number and its sign, in the order of JSON-stat.
type Signed = Vec<(Option<u64>, Option<String>)>;

fn of_json_stat(answer: &Answer) -> Signed {
    let set = answer.json();
    let values = set["value"].as_array().unwrap().iter().enumerate();
    let sign = |at: usize| set["status"][at.to_string()].as_str().map(ToOwned::to_owned);
    values.map(|(at, value)| (value.as_u64(), sign(at))).collect()
}

/// The last two columns of a document with signs in columns of their own.
fn of_csv(answer: &Answer) -> Signed {
    let mut reader = csv::Reader::from_reader(answer.body.as_slice());
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    let rows = reader.records().map(Result::unwrap);
    rows.map(|row| {
        let at = row.len() - 2;
        (some(&row[at]).map(|number| number.parse().unwrap()), some(&row[at + 1]))
    })
    .collect()
}

fn of_parquet(answer: &Answer) -> Vec<Option<String>> {
    let file = bytes::Bytes::from(answer.body.clone());
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    let mut signs = Vec::new();
    for batch in reader.map(Result::unwrap) {
        let column = batch.column_by_name("ContentsCode_Antall_symbol").unwrap();
        let column = column.as_string::<i32>();
        let sign = |row| column.is_valid(row).then(|| column.value(row).to_owned());
        signs.extend((0..batch.num_rows()).map(sign));
    }
    signs
}

/// Sees that a table of one year whose figures are preliminary, or are not, says so in every format.
#[track_caller]
pub fn assert_signs(node: &Node, id: &str, year: u16, preliminary: bool) {
    let ask = |format: &str| {
        let asked = format!(
            "valueCodes[Region]=*&valueCodes[Status]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]={year}"
        );
        let address =
            format!("/pxwebapi/v2/tables/{id}/data?lang=en&{asked}&outputFormat={format}");
        node.anyone().get(&address).ok()
    };
    let set = ask("json-stat2");
    let signed = of_json_stat(&set);
    let with = |sign: &str| signed.iter().filter(|(_, own)| own.as_deref() == Some(sign)).count();
    let shown = signed.iter().filter(|(value, _)| value.is_some()).count();
    let zeros = signed.iter().filter(|(value, _)| *value == Some(0)).count();
    assert!(zeros > 10 && shown > zeros && with(":") > 10, "{shown} shown, {zeros} of them nil");
    let expected = if preliminary { (shown, 0) } else { (0, zeros) };
    assert_eq!((with("*"), with("-")), expected);
    let notes = set.json()["note"].to_string();
    assert_eq!(notes.contains("are preliminary (*)"), preliminary, "{notes}");

    assert_eq!(of_csv(&ask("csv&outputFormatParams=IncludeSymbols")), signed);
    let plain = ask("csv").text();
    assert!(!plain.contains('*') && !plain.contains("\"-\""), "a number is a number");
    let signs: Vec<Option<String>> = signed.iter().map(|(_, sign)| sign.clone()).collect();
    assert_eq!(of_parquet(&ask("parquet")), signs);
    let mark = format!("DATANOTECELL(\"*\",\"*\",\"*\",\"{year}\")=\"*\";");
    assert_eq!(ask("px").text().contains(&mark), preliminary);
    let page = ask("html").text();
    assert_eq!(page.matches("<td data-sign=\"*\">").count(), with("*"));
    assert_eq!(page.matches("<td").count(), signed.len());
    let comments = ask("json-px").json()["comments"].clone();
    let of_year = json!([{ "variable": "Tid", "value": year.to_string(), "comment": "*: preliminary figure" }]);
    assert_eq!(comments, if preliminary { of_year } else { Value::Array(Vec::new()) });
    let workbook = ask("xlsx").body.len();
    assert!(ask("xlsx&outputFormatParams=IncludeSymbols").body.len() > workbook, "more columns");
}
