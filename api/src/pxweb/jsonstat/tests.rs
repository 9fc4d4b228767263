use super::*;
use crate::pxweb::selection::{VariableSelection, resolve};
use hjemmel_disclosure::Protection;

fn cube() -> Cube {
    Cube::new(hjemmel_kostra::table("S1101").unwrap(), vec![2016, 2024])
}

pub fn frame(cube: &Cube) -> Frame<'_> {
    Frame {
        cube,
        language: Language::En,
        updated: "2026-06-15T06:00:00Z".to_owned(),
        href: "http://localhost/data".to_owned(),
        notes: vec!["a note".to_owned()],
        preliminary: vec![false, false],
        next_update: Some("2027-03-15".to_owned()),
    }
}

pub fn provenance(cells: usize) -> Provenance {
    Provenance {
        protection: Protection::Suppressed,
        basis: None,
        cells,
        withheld: 1,
        releases: Vec::new(),
        rule: "a rule".to_owned(),
        share_withheld: 0.5,
        editions: Vec::new(),
        eliminated: Vec::new(),
        codelists: Vec::new(),
        not_carried: Vec::new(),
        missing: BTreeMap::new(),
        coarser: None,
        symbols: legend(Language::En),
    }
}

fn select(cube: &Cube, wanted: &[(&str, &[&str])]) -> Selected {
    let wanted: Vec<VariableSelection> = wanted
        .iter()
        .map(|(variable, values)| VariableSelection {
            variable_code: (*variable).to_owned(),
            codelist: None,
            value_codes: values.iter().map(|value| (*value).to_owned()).collect(),
        })
        .collect();
    resolve(cube, &wanted).unwrap()
}

fn document(wanted: &[(&str, &[&str])], cells: &[Option<Cell>]) -> Value {
    let cube = cube();
    let selected = select(&cube, wanted);
    assert_eq!(selected.cells(), cells.len());
    let bytes = data(&frame(&cube), &selected, cells, &provenance(cells.len())).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn values_are_row_major_and_what_is_no_number_is_null_with_a_sign() {
    let cells = [
        Some(Cell::Shown(7)),
        Some(Cell::Withheld),
        Some(Cell::Missing),
        None,
        Some(Cell::NotCovered),
        Some(Cell::Shown(0)),
    ];
    let wanted: [(&str, &[&str]); 4] = [
        ("Region", &["EAK"]),
        ("HovedInntekt", &["00", "arbeid", "trygd"]),
        ("ContentsCode", &["*"]),
        ("Tid", &["*"]),
    ];
    let document = document(&wanted, &cells);
    assert_eq!(document["value"], json!([7, null, null, null, null, 0]));
    assert_eq!(document["status"], json!({ "1": ":", "2": "..", "3": ".", "4": ":", "5": "-" }));
    assert_eq!(document["id"], json!(["Region", "HovedInntekt", "ContentsCode", "Tid"]));
    assert_eq!(document["size"], json!([1, 3, 1, 2]));
    let index = &document["dimension"]["HovedInntekt"]["category"]["index"];
    assert_eq!(index, &json!({ "00": 0, "arbeid": 1, "trygd": 2 }));
}

#[test]
fn a_document_of_numbers_alone_has_no_status() {
    let wanted: [(&str, &[&str]); 2] = [("ContentsCode", &["*"]), ("Tid", &["2024"])];
    let document = document(&wanted, &[Some(Cell::Shown(1234))]);
    assert!(document.get("status").is_none());
    assert_eq!(document["id"], json!(["ContentsCode", "Tid"]));
    assert_eq!(document["role"], json!({ "metric": ["ContentsCode"], "time": ["Tid"] }));
}

#[test]
fn the_document_says_what_was_done_to_the_numbers() {
    let wanted: [(&str, &[&str]); 2] = [("ContentsCode", &["*"]), ("Tid", &["2024"])];
    let document = document(&wanted, &[Some(Cell::Withheld)]);
    let hjemmel = &document["extension"]["hjemmel"];
    assert_eq!(hjemmel["protection"], "suppressed");
    assert_eq!(hjemmel["basis"], Value::Null);
    assert_eq!(hjemmel["withheld"], 1);
    assert_eq!(document["note"], json!(["a note"]));
    assert_eq!(document["extension"]["noteMandatory"], json!({ "0": true }));
}

#[test]
fn the_order_of_values_survives_in_the_text() {
    let cube = cube();
    let selected =
        select(&cube, &[("HovedInntekt", &["*"]), ("ContentsCode", &["*"]), ("Tid", &["2024"])]);
    let cells = [Some(Cell::Shown(1)); 5];
    let text = data(&frame(&cube), &selected, &cells, &provenance(5)).unwrap();
    let text = String::from_utf8(text).unwrap();
    assert!(
        text.contains(r#""index":{"00":0,"arbeid":1,"trygd":2,"soshjelp":3,"annet":4}"#),
        "{text}"
    );
}

#[test]
fn metadata_have_every_value_and_no_number() {
    let cube = cube();
    let document: Value =
        serde_json::from_slice(&metadata(&frame(&cube), &everything(&cube), &[]).unwrap()).unwrap();
    assert_eq!(document["value"], json!([]));
    assert!(document.get("status").is_none());
    let sizes: Vec<usize> = cube.variables.iter().map(|v| v.values.len()).collect();
    assert_eq!(document["size"], json!(sizes));
    let region = &document["dimension"]["Region"];
    assert_eq!(region["extension"]["eliminationValueCode"], "EAK");
    assert_eq!(region["extension"]["show"], "code_value");
    assert_eq!(document["dimension"]["Tid"]["extension"]["elimination"], false);
    assert_eq!(document["dimension"]["ContentsCode"]["category"]["unit"]["Antall"]["decimals"], 0);
    assert_eq!(document["extension"]["hjemmel"]["columns"], json!(["REGION", "VKLO"]));
}

#[test]
fn preliminary_figures_are_marked_beside_their_numbers() {
    let cube = cube();
    let selected = select(&cube, &[("ContentsCode", &["*"]), ("Tid", &["*"])]);
    let mut frame = frame(&cube);
    frame.preliminary = vec![false, true];
    let cells = [Some(Cell::Shown(7)), Some(Cell::Shown(8))];
    let text = data(&frame, &selected, &cells, &provenance(2)).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    assert_eq!(document["value"], json!([7, 8]));
    assert_eq!(document["status"], json!({ "1": "*" }));
    assert_eq!(document["extension"]["px"]["nextUpdate"], "2027-03-15");
}
