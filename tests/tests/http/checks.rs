//! `hjemmel check`: the controls without an installation.

use crate::installation::{place, program, succeed, words};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A generated file of a form and year.
fn generated(folder: &Path, form: &str) -> PathBuf {
    let file = folder.join(format!("{form}.dat"));
    let arguments = ["generate", "--year", "2024", "--persons", "300", "--form", form, "--out"];
    succeed(&program().args(arguments).arg(&file).output().unwrap());
    file
}

/// A file with one value of one line changed.
fn changed(
    file: &Path,
    form: hjemmel_kostra::Form,
    line: usize,
    field: &str,
    value: &str,
) -> PathBuf {
    let field = hjemmel_kostra::Layout::of(form, 2024).unwrap().field(field).unwrap();
    let text = fs::read_to_string(file).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let padded = format!("{value:width$}", width = field.length);
    lines[line - 1].replace_range(field.range(), &padded);
    let path = file.with_extension(format!("{}.dat", field.name));
    fs::write(&path, lines.join("\n") + "\n").unwrap();
    path
}

fn check(form: &str, arguments: &[&str], files: &[&Path]) -> Output {
    let mut command = program();
    command.args(["check", "--test", "--year", "2024", "--form", form]).args(arguments);
    command.args(files).output().unwrap()
}

#[test]
fn a_clean_file_passes_and_is_summed_up() {
    let folder = place("check-clean");
    let file = generated(&folder, "11F");
    let said = succeed(&check("11F", &["--lang", "en"], &[&file]));
    assert!(said.contains("0 findings, may be sent"), "{said}");
    let report: Value =
        serde_json::from_str(&succeed(&check("11F", &["--format", "json"], &[&file]))).unwrap();
    let records = fs::read_to_string(&file).unwrap().lines().count() as u64;
    assert_eq!(report["records"], records);
    for bands in ["age", "months", "amount"] {
        let bands = report["summary"][bands].as_array().unwrap();
        let sum: u64 = bands.iter().map(|band| band["records"].as_u64().unwrap()).sum();
        assert_eq!(sum, records);
    }
    let layout = hjemmel_kostra::Layout::of(hjemmel_kostra::Form::F11, 2024).unwrap();
    let range = layout.field("BIDRAG").unwrap().range();
    let text = fs::read_to_string(&file).unwrap();
    let grants: i64 =
        text.lines().filter_map(|l| l[range.clone()].trim().parse::<i64>().ok()).sum();
    assert_eq!(report["summary"]["sums"][0]["kroner"], grants);
}

#[test]
fn errors_refuse_a_file_and_warnings_do_not() {
    let folder = place("check-findings");
    let file = generated(&folder, "11CF");
    let form = hjemmel_kostra::Form::F11C;
    let error = changed(&file, form, 2, "BU18", "7");
    let warning = changed(&file, form, 3, "KVP_STONAD", "999999");
    let warned = succeed(&check("11CF", &["--lang", "en"], &[&warning]));
    assert!(warned.contains("line 3: WARNING 032 KVP_STONAD"), "{warned}");
    let refused = check("11CF", &["--lang", "en"], &[&warning, &error]);
    assert_eq!(refused.status.code(), Some(1));
    let said = words(&refused);
    assert!(said.contains("line 2: ERROR 010 BU18") && said.contains("refused"), "{said}");
    let (first, second) = (said.find("KVP_STONAD.dat"), said.find("BU18.dat"));
    assert!(first < second, "not in the order of the files: {said}");
}

#[test]
fn csv_has_a_line_for_each_finding_and_never_a_value() {
    let folder = place("check-csv");
    let file = generated(&folder, "11F");
    let spoiled = changed(&file, hjemmel_kostra::Form::F11, 5, "LAAN_MAI", "4711");
    let output = check("11F", &["--format", "csv"], &[&spoiled]);
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.starts_with("file,line,control,severity,fields,text,alike\n"), "{said}");
    assert!(said.contains(",5,037,WARNING,LAAN,"), "{said}");
    assert!(!said.contains("4711"), "{said}");
}

#[test]
fn a_file_that_cannot_be_read_hides_no_other() {
    let folder = place("check-missing");
    let file = generated(&folder, "11F");
    let output = check("11F", &[], &[&folder.join("nowhere.dat"), &file]);
    assert_eq!(output.status.code(), Some(1));
    let said = words(&output);
    assert!(said.contains("nowhere.dat") && said.contains("kan sendes"), "{said}");
}

#[test]
fn test_persons_are_refused_unless_expected() {
    let folder = place("check-test-persons");
    let file = generated(&folder, "11F");
    let output = program()
        .args(["check", "--year", "2024", "--form", "11F", "--most", "1"])
        .arg(&file)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output).contains("005T"), "{}", words(&output));
}

#[test]
fn form_11b_is_checked_in_its_last_layout_and_every_language_is_there() {
    let folder = place("check-11b");
    let layout = hjemmel_kostra::Layout::of(hjemmel_kostra::Form::F11B, 2017).unwrap();
    let file = folder.join("11b.dat");
    fs::write(&file, " ".repeat(layout.record_length - 1) + "\n").unwrap();
    let mut command = program();
    command.args(["check", "--form", "11B", "--year", "2017", "--format", "json"]).arg(&file);
    let output = command.output().unwrap();
    let report: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["findings"][0]["rule"], "001");
    let text = &report["findings"][0]["text"];
    for (language, word) in
        [("nb", "Linjen har 110 tegn"), ("nn", "Linja har 110 teikn"), ("en", "The line")]
    {
        assert!(text[language].as_str().unwrap().starts_with(word), "{text}");
    }
    let nn = program()
        .args(["check", "--form", "11B", "--year", "2017", "--lang", "nn"])
        .arg(&file)
        .output()
        .unwrap();
    assert!(words(&nn).contains("Linja har 110 teikn"), "{}", words(&nn));
}
