//! Record files that are wrong, come twice, come at once, or meet a full disk: an edition or nothing.

use crate::installation::{Installation, place, succeed, words};
use crate::truth::{self, Truth};
use hjemmel_kostra::{Form, Layout};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};
use std::sync::LazyLock;
use std::time::Duration;

const FORM: Form = Form::F11;
const YEAR: u16 = 2025;

/// What an import could have left behind.
#[derive(Debug, PartialEq, Eq)]
struct State {
    edition: Option<(u32, u64)>,
    files: Vec<(PathBuf, u64)>,
}

fn state(installation: &Installation) -> State {
    let edition = installation.store().edition(FORM, YEAR).unwrap();
    let folder = installation.path(&format!("registers/form=11/year={YEAR}"));
    let mut files = Vec::new();
    let editions = fs::read_dir(folder).into_iter().flatten().flatten();
    for file in editions.flat_map(|edition| fs::read_dir(edition.path()).unwrap().flatten()) {
        files.push((file.path(), file.metadata().unwrap().len()));
    }
    files.sort();
    State { edition: edition.map(|edition| (edition.version, edition.records)), files }
}

fn arguments<'a>(file: &'a str, rest: &[&'a str]) -> Vec<&'a str> {
    [&["import", file, "--form", "11F", "--year", "2025"], rest].concat()
}

fn import(installation: &Installation, file: &Path, rest: &[&str]) -> Output {
    installation.run(&arguments(&file.to_string_lossy(), rest))
}

/// A national file of a moderate size that no installation has yet.
static FRESH: LazyLock<Truth> = LazyLock::new(|| Truth::generate(FORM, YEAR, Some(20_000), 7));

/// The first line of a municipality other than Oslo, from 1, and a later one of the same.
fn two_lines() -> (usize, usize) {
    let regions = truth::of(FORM, YEAR).regions();
    let at = |from: usize| regions.iter().skip(from).position(|one| one == "3107").unwrap() + from;
    let first = at(0);
    (first + 1, at(first + 1) + 1)
}

/// A file with one fault, the rule it breaks, and the fields that are to blame.
fn faults() -> Vec<(&'static str, Option<u64>, Vec<&'static str>, PathBuf)> {
    let truth = truth::of(FORM, YEAR);
    let (line, later) = two_lines();
    let first = truth.field("PERSON_FODSELSNR")[line - 1].clone();
    let spoiled = truth.spoiled(later, "PERSON_FODSELSNR", &first);
    let twice = spoiled.with_extension("twice");
    fs::rename(spoiled, &twice).unwrap();
    let fault = |rule, field: &'static str, value: &str, fields: &[&'static str]| {
        (rule, Some(line as u64), fields.to_vec(), truth.spoiled(line, field, value))
    };
    let mut all = vec![
        fault("002", "BOSIT", "9", &["BOSIT"]),
        fault("003", "KOMMUNE_NR", "9998", &["KOMMUNE_NR"]),
        fault("003B", "BYDELSNR", "07", &["KOMMUNE_NR", "BYDELSNR"]),
        fault("004", "VERSION", "99", &["VERSION"]),
        fault("004A", "FODSELSDATO", "31139998", &["FODSELSDATO"]),
        fault("005", "PERSON_FODSELSNR", "98765432109", &["PERSON_FODSELSNR"]),
    ];
    all.push(("005A", Some(later as u64), vec!["PERSON_FODSELSNR", "PERSON_JOURNALNR"], twice));
    let text = fs::read(&truth.file).unwrap();
    let length = Layout::of(FORM, YEAR).unwrap().record_length;
    let mut short = text.clone();
    short.remove(line * (length + 1) - 2);
    let files = place("truth");
    let (cut, empty) = (files.join("cut.dat"), files.join("empty.dat"));
    fs::write(&cut, short).unwrap();
    fs::write(&empty, b"").unwrap();
    all.extend([("001", Some(line as u64), vec![], cut), ("000", None, vec![], empty)]);
    all
}

#[test]
fn a_file_with_one_fault_is_refused_whole_with_line_field_rule_and_words() {
    let installation = Installation::copy("refused");
    let (before, report_file) = (state(&installation), installation.path("report.json"));
    assert_eq!(before.edition.unwrap().0, 1);
    for (rule, line, fields, file) in faults() {
        let report_name = report_file.to_string_lossy();
        let _ = fs::remove_file(&report_file);
        let norwegian = import(&installation, &file, &["--report", &*report_name]);
        let report: Value = serde_json::from_slice(&fs::read(&report_file).unwrap()).unwrap();
        let english = import(&installation, &file, &["--lang", "en"]);
        let finding = &report["findings"][0];
        assert_eq!(report["findings"].as_array().unwrap().len(), 1, "{rule}: {report}");
        assert_eq!(report["accepted"], false);
        assert_eq!((&finding["rule"], finding["line"].as_u64()), (&rule.into(), line), "{report}");
        assert_eq!(finding["fields"], Value::from(fields.clone()));
        let about = |word: &str| {
            let line = line.map(|line| format!("{word} {line}: ")).unwrap_or_default();
            format!("{line}{} {rule}", finding["severity"].as_str().unwrap())
        };
        let fields = fields.join(", ");
        for (output, language, word, end) in [
            (&norwegian, "nb", "linje", "filen er avvist; ingenting er importert"),
            (&english, "en", "line", "the file was refused; nothing was imported"),
        ] {
            let said = words(output);
            assert_eq!(output.status.code(), Some(1), "{said}");
            let text = finding["text"][language].as_str().unwrap();
            let whole = format!("{} {fields}", about(word));
            assert!(said.contains(&format!("{}: {text}", whole.trim_end())), "{said}");
            assert!(said.contains(end), "{said}");
            for value in ["9998", "98765432109", "31139998"] {
                assert!(!said.contains(value), "{rule} repeats what stands in a record");
            }
        }
        assert_ne!(finding["text"]["nb"], finding["text"]["en"]);
        assert_eq!(state(&installation), before, "{rule}");
    }
    // What was refused is not taken for imported, and the sound file is still known.
    let again = import(&installation, &truth::of(FORM, YEAR).file, &[]);
    assert!(succeed(&again).contains("imported before; nothing changed"));
}

#[test]
fn a_file_of_another_year_is_refused_and_its_year_is_guessed() {
    let installation = Installation::copy("other-year");
    let before = state(&installation);
    let refused = import(&installation, &truth::of(FORM, 2023).file, &["--lang", "en"]);
    let said = words(&refused);
    assert_eq!(refused.status.code(), Some(1), "{said}");
    assert!(
        said.contains("FATAL 004Y") && said.contains("2023") && said.contains(" more)"),
        "{said}"
    );
    assert_eq!(state(&installation), before);
}

#[test]
fn the_same_file_again_changes_nothing_and_a_further_one_makes_an_edition() {
    let installation = Installation::copy("again");
    let before = state(&installation);
    for _ in 0..2 {
        let again = succeed(&import(&installation, &truth::of(FORM, YEAR).file, &[]));
        assert!(again.contains("imported before; nothing changed"), "{again}");
        assert_eq!(state(&installation), before);
    }
    let fresh = &*FRESH;
    let new = succeed(&import(&installation, &fresh.file, &["--preliminary"]));
    assert!(new.contains(&format!("edition 2 with {} records", fresh.records())), "{new}");
    let after = state(&installation);
    assert_eq!(after.edition, Some((2, fresh.records() as u64)));
    assert_eq!(after.files[0], before.files[0]);
}

#[test]
fn of_two_imports_at_once_one_makes_the_edition_and_the_other_says_why_not() {
    let installation = Installation::copy("at-once");
    let fresh = &*FRESH;
    let file = fresh.file.to_string_lossy();
    let start = || {
        let mut command = installation.command();
        command.args(arguments(&file, &[])).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let outputs = [start(), start()].map(|child| child.wait_with_output().unwrap());
    let made = outputs.iter().filter(|output| words(output).contains("edition 2 with"));
    assert_eq!(made.count(), 1, "{}{}", words(&outputs[0]), words(&outputs[1]));
    let other = outputs.iter().find(|output| !words(output).contains("edition 2 with")).unwrap();
    let said = words(other);
    let late = other.status.success() && said.contains("imported before");
    let busy = other.status.code() == Some(2) && said.contains("another import of form 11 2025");
    assert!(late || busy, "{said}");
    let after = state(&installation);
    assert_eq!(after.edition, Some((2, fresh.records() as u64)));
    assert_eq!(after.files.len(), 2, "{after:?}");

    // While somebody else is at it, for certain.
    let held = installation.store().lock_import(FORM, YEAR).unwrap();
    let third = Truth::generate(FORM, YEAR, Some(500), 8);
    let refused = import(&installation, &third.file, &[]);
    assert_eq!(refused.status.code(), Some(2));
    let said = words(&refused);
    assert!(said.contains("another import of form 11 2025 is under way"), "{said}");
    assert_eq!(state(&installation), after);
    drop(held);
    succeed(&import(&installation, &third.file, &[]));
}

#[test]
fn a_disk_that_fills_during_an_import_leaves_nothing_half_done() {
    let installation = Installation::copy("disk-full");
    let fresh = &*FRESH;
    let before = state(&installation);
    let mut failures = 0;
    for blocks in [2, 16, 64, 100, 200, 600, 1_200, 1_600, 2_000] {
        let mut limited = installation.with_a_disk_of(blocks);
        let output = limited.args(arguments(&fresh.file.to_string_lossy(), &[])).output().unwrap();
        let said = words(&output);
        if output.status.success() {
            break;
        }
        failures += 1;
        assert_eq!(output.status.code(), Some(2), "{blocks}: {said}");
        let words = ["File too large", "database is not available", "disk"];
        assert!(words.iter().any(|word| said.contains(word)), "{blocks}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        let after = state(&installation);
        assert_eq!(after.edition, before.edition, "{blocks}: {said}");
        let whole = after.files.iter().filter(|(path, _)| path.ends_with("part-0.parquet"));
        assert_eq!(whole.count(), after.files.len(), "a half file was left: {after:?}");
    }
    assert!(failures >= 5, "only {failures} disks were too small");
    if state(&installation).edition == before.edition {
        succeed(&import(&installation, &fresh.file, &[]));
    }
    let after = state(&installation);
    assert_eq!(after.edition, Some((2, fresh.records() as u64)));
    assert_eq!(after.files.len(), 2);
    let node = installation.serve();
    let rows = node.caller("nav").get("/v1/datasets/skjema-11/microdata?year=2025&format=csv").ok();
    assert_eq!(rows.text().lines().count(), fresh.records() + 1);
}

#[test]
fn an_import_that_is_killed_leaves_nothing_and_the_next_one_succeeds() {
    let installation = Installation::copy("killed");
    let fresh = &*FRESH;
    let before = state(&installation);
    let mut cut = 0;
    for milliseconds in [60, 150, 250, 350, 450] {
        let mut command = installation.command();
        command.args(arguments(&fresh.file.to_string_lossy(), &[]));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        if child.wait().unwrap().success() {
            break;
        }
        let edition = state(&installation).edition;
        cut += u32::from(edition == before.edition);
        assert!(edition == before.edition || edition == Some((2, fresh.records() as u64)));
    }
    assert!(cut > 0, "no run was cut");
    succeed(&import(&installation, &fresh.file, &[]));
    let after = state(&installation);
    assert_eq!(after.edition, Some((2, fresh.records() as u64)));
    assert_eq!(after.files.len(), 2, "{after:?}");
}
