//! The worked notebook for researchers: its cells are run in their order, in one Python, as a reader would, and what they
//! print reads as shown but for the numbers.

use crate::demo::{alone, running};
use serde_json::Value;
use std::process::Command;

const NOTEBOOK: &str = "../docs/questions.ipynb";
/// What the output of two cells is told apart by.
const BETWEEN: char = '\u{1e}';

/// A member that is one text or several lines.
fn text(member: &Value) -> String {
    match member {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        other => other.as_str().unwrap_or_default().to_owned(),
    }
}

/// The words, with a sign for every number, and no matter how far apart.
fn words(shown: &str) -> String {
    let mut words = String::new();
    for character in shown.chars() {
        match character {
            '0'..='9' | '.' | '-' if words.ends_with('#') => {}
            '0'..='9' | '-' => words.push('#'),
            ' ' | '\n' if words.ends_with(' ') => {}
            ' ' | '\n' => words.push(' '),
            other => words.push(other),
        }
    }
    words.trim().to_owned()
}

#[test]
fn every_cell_of_the_notebook_does_what_it_shows() {
    let _alone = alone();
    let book: Value = serde_json::from_str(&std::fs::read_to_string(NOTEBOOK).unwrap()).unwrap();
    assert_eq!(book["nbformat"], 4);
    let cells = book["cells"].as_array().unwrap();
    let code: Vec<&Value> = cells.iter().filter(|cell| cell["cell_type"] == "code").collect();
    assert_eq!(code.len(), 9);
    let script: Vec<String> = code.iter().map(|cell| text(&cell["source"])).collect();
    let script = script.join("\nprint(chr(30), end='', flush=True)\n");
    let script = running().at_its_port(&script);
    let workshop = running().workshop();
    std::fs::write(workshop.join("questions.py"), script).unwrap();
    let output = Command::new(crate::python()).current_dir(workshop).arg("questions.py").output();
    let output = output.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{said}\n{}", String::from_utf8_lossy(&output.stderr));
    let said: Vec<&str> = said.split(BETWEEN).collect();
    assert_eq!(said.len(), code.len());
    for (cell, said) in code.iter().zip(said) {
        let outputs = cell["outputs"].as_array().unwrap().iter();
        let shown: String = outputs.map(|output| text(&output["text"])).collect();
        // What is certain, and what is exact enough, may depend on the noise.
        let same = |text: &str| words(text).replace(" yes", " no");
        assert_eq!(same(said), same(&shown), "{}", text(&cell["source"]));
    }
}
