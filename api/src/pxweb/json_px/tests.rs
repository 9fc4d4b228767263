use super::*;
use crate::pxweb::example::Example;
use hjemmel_kostra::Language;
use serde_json::{Value, json};

#[test]
fn every_cell_is_a_row_with_its_key() {
    let example = Example::new();
    let sheet = example.sheet("", "", Language::En);
    let text = write(&sheet, &example.frame(Language::En)).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    let columns: Vec<(&str, &str)> = document["columns"]
        .as_array()
        .unwrap()
        .iter()
        .map(|column| (column["code"].as_str().unwrap(), column["type"].as_str().unwrap()))
        .collect();
    assert_eq!(columns, [("Region", "d"), ("HovedInntekt", "d"), ("Tid", "t"), ("Antall", "c")]);
    assert_eq!(
        document["data"],
        json!([
            { "key": ["EAK", "00", "2016"], "values": ["7"] },
            { "key": ["EAK", "00", "2024"], "values": [":"] },
            { "key": ["EAK", "arbeid", "2016"], "values": [".."] },
            { "key": ["EAK", "arbeid", "2024"], "values": ["."] },
        ])
    );
    assert_eq!(document["metadata"][0]["infofile"], "S1101");
    // What is said of the whole table is said of what is measured, for want of a better place.
    assert_eq!(document["columns"][3]["comment"], "a <note>");
    assert_eq!(document["columns"][2]["comment"], Value::Null);
    let preliminary =
        json!([{ "variable": "Tid", "value": "2024", "comment": "*: preliminary figure" }]);
    assert_eq!(document["comments"], preliminary);
}
