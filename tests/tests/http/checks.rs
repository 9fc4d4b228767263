//! `hjemmel check`: the controls without an installation.

use crate::installation::{place, program, succeed, words};
use serde_json::Value;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

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

/// Types a command and gives what it said and its exit status.
fn typed(arguments: &[&str], input: &[u8]) -> (Option<i32>, String) {
    let mut command = program();
    command.arg("check").args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // What refuses its arguments does not read.
    let _ = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.code(), String::from_utf8_lossy(&said).into_owned())
}

#[test]
fn what_was_typed_wrong_is_answered_in_words() {
    for (arguments, word) in [
        (&["x", "--form", "99", "--year", "2025"][..], "use 11F, 11CF, 11B, 7, 7B, 12, 13, 11M"),
        (&["x", "--form", "11F", "--year", "2019"], "layouts exist for 2020"),
        (&["x", "--form", "13", "--year", "1999"], "they are known for 2016"),
        (&["x", "--form", "11M", "--year", "2025"], "say --month"),
        (&["x", "--form", "11F", "--year", "2025", "--month", "3"], "leave --month out"),
        (&["x", "--form", "11F", "--year", "2025", "--sender", "310"], "municipality `310`"),
        (&["x", "--form", "11F", "--year", "2025", "--lang", "de"], "use nb, nn or en"),
    ] {
        let (code, said) = typed(arguments, b"");
        assert!(code == Some(2) && said.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
fn packed_files_and_standard_input_are_read_and_other_files_are_told_for_what_they_are() {
    let folder = place("check-packed");
    let file = generated(&folder, "11F");
    let bytes = fs::read(&file).unwrap();
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(&bytes).unwrap();
    let packed = packed.finish().unwrap();
    let asked = ["--form", "11F", "--year", "2024", "--test", "--lang", "en"];
    let from_input = |input: &[u8]| typed(&[&["-"], &asked[..]].concat(), input);
    for input in [&bytes, &packed] {
        let (code, said) = from_input(input);
        assert!(code == Some(0) && said.contains("may be sent"), "{said}");
    }
    let zipped = file.with_extension("gz");
    fs::write(&zipped, &packed).unwrap();
    assert!(succeed(&check("11F", &[], &[&zipped])).contains("kan sendes"));
    let (code, said) = from_input(&packed[..packed.len() / 2]);
    assert!(code == Some(1) && said.contains("cannot read -"), "{said}");
    for (input, word) in [
        (&b"PK\x03\x04\x14\x00"[..], "a spreadsheet"),
        (&bytes.iter().copied().filter(|byte| *byte != b'\n').collect::<Vec<_>>(), "line ends"),
    ] {
        let (code, said) = from_input(input);
        assert!(code == Some(1) && said.contains(word) && said.contains("1 finding,"), "{said}");
    }
}

#[test]
fn forms_that_are_no_record_files_are_checked_as_they_are_delivered() {
    let asked = ["-", "--form", "13", "--year", "2025", "--sender", "3107", "--lang", "en"];
    let housing = r#"{"KOMMUNE_NR":"3107","AAR":2025,"EIDE":900,"INNLEIDE":80,"PRIVATE":20,"DISPONERTE":1000,"TILGJENGELIGE":480,"SOKNADER":310,"VENTELISTE":45,"MIDLERTIDIGE":60,"NATTHJEM":0}"#;
    let (code, said) = typed(&asked, housing.as_bytes());
    assert!(code == Some(0) && said.contains("1 record, 0 findings, may be sent"), "{said}");
    let (code, said) = typed(&asked, housing.replace("1000", "1001").as_bytes());
    assert!(code == Some(1) && said.contains("ERROR 13-1 DISPONERTE"), "{said}");
    let (code, said) = typed(&asked, b"KOMMUNE_NR;AAR\n\n3105;2025\n");
    assert!(code == Some(1) && said.contains("line 3: ERROR 003K KOMMUNE_NR"), "{said}");
    let (code, said) = typed(&asked, b"3107 2025 900 80 20 1000\n");
    assert!(code == Some(1) && said.contains("names none of the fields of form 13"), "{said}");
    let month = ["-", "--form", "11M", "--year", "2025", "--month", "4", "--lang", "en"];
    let csv = "KOMMUNE_NR;AAR;MAANED;MOTTAKERE;MED_BARN;HOVEDKILDE;UNDER_30;KRONER;KVP_DELTAKERE\n3107;2025;3;815;230;400;301;9100000;40\n";
    let (code, said) = typed(&month, csv.as_bytes());
    assert!(code == Some(1) && said.contains("line 2: ERROR 004 MAANED"), "{said}");
    let (code, said) = typed(&month, csv.replace(";3;", ";4;").as_bytes());
    assert!(code == Some(0), "{said}");
}

#[test]
fn a_reader_that_goes_away_is_no_failure_of_the_command() {
    let folder = place("check-gone");
    let file = generated(&folder, "11F");
    let none = folder.join("none.dat");
    for (format, file) in [("text", &file), ("csv", &file), ("json", &file), ("text", &none)] {
        let mut command = program();
        command.args(["check", "--form", "11F", "--year", "2024", "--format", format]).arg(file);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        drop((child.stdout.take(), child.stderr.take()));
        assert_eq!(child.wait().unwrap().code(), Some(1), "{format}");
    }
}
