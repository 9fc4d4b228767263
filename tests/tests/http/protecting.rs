//! The engine without a server, as a statistician runs it.

use crate::installation::{place, program, succeed, words};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

const SPECIFICATION: &str = r#"{"schema":"sdc-case/1","id":"t","title":"A table","measure":{"kind":"count","var":null},
    "dimensions":{"region":["region","county"],"source":["source"]},
    "tables":[{"name":"all","formula":"~(region+county)*source"}],"extend_zeros":true,
    "rule":{"type":"small_count","max_n":3}}"#;

/// A place with a specification and 200 persons, a few of them in a region of their own.
fn prepared(name: &str) -> PathBuf {
    let folder = place(name);
    fs::write(folder.join("spec.json"), SPECIFICATION).unwrap();
    let line = |person: u32| {
        let region = if person < 6 { 5 } else { person * person % 7 };
        let source = ["work", "benefit", "none"][(person * 13 % 11 % 3) as usize];
        format!("p{person},r{region},c{},{source}\n", region % 2)
    };
    let lines: String = (0..200).map(line).collect();
    fs::write(folder.join("input.csv"), format!("who,region,county,source\n{lines}")).unwrap();
    folder
}

fn protect(folder: &Path, out: &str, options: &[&str]) -> Output {
    let mut command = program();
    command.current_dir(folder).args(["protect", "spec.json", "input.csv", "--out", out]);
    command.args(options).output().unwrap()
}

fn column(path: &Path, name: &str) -> Vec<String> {
    let text = fs::read_to_string(path).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').map(ToOwned::to_owned));
    let at = lines.next().unwrap().position(|column| column == name).unwrap();
    lines.map(|mut line| line.nth(at).unwrap()).collect()
}

#[test]
fn a_statistician_gets_cells_and_a_report_in_both_languages() {
    let folder = prepared("protecting");
    succeed(&protect(&folder, "out", &[]));
    let cells = folder.join("out/cells.csv");
    let withheld = column(&cells, "suppressed").iter().filter(|flag| *flag == "1").count();
    assert!(withheld > 0);
    assert_eq!(column(&cells, "value").iter().filter(|value| value.is_empty()).count(), withheld);
    let page = fs::read_to_string(folder.join("out/report.html")).unwrap();
    assert!(
        page.contains("Ingen angriper fant noe.") && page.contains("No attacker found"),
        "{page}"
    );
    let json = fs::read_to_string(folder.join("out/report.json")).unwrap();
    assert!(json.contains("\"narrowest\""), "{json}");
    let before = fs::read(&cells).unwrap();
    succeed(&protect(&folder, "again", &[]));
    assert_eq!(
        fs::read(folder.join("again/cells.csv")).unwrap(),
        before,
        "the same bytes each time"
    );
    let mut audit = program();
    audit.current_dir(&folder).args(["audit-table", "spec.json", "out/cells.csv"]);
    audit.args(["--input", "input.csv", "--min-suppressed", "1"]);
    assert!(succeed(&audit.output().unwrap()).contains("no breach found"));
    let left: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert!(!left.iter().any(|name| name.to_string_lossy().starts_with('.')), "{left:?}");
}

#[test]
fn counts_are_rounded_or_perturbed_where_that_is_asked_for() {
    let folder = prepared("moving");
    succeed(&protect(&folder, "rounded", &["--method", "round"]));
    let values = column(&folder.join("rounded/cells.csv"), "value");
    assert!(!values.iter().any(|value| ["1", "2", "3"].contains(&value.as_str())), "{values:?}");
    fs::write(folder.join("key"), "ab".repeat(32)).unwrap();
    let cellkey = ["--method", "cellkey", "--person", "who", "--key-file", "key"];
    succeed(&protect(&folder, "perturbed", &cellkey));
    let values = column(&folder.join("perturbed/cells.csv"), "value");
    assert!(!values.iter().any(|value| ["1", "2"].contains(&value.as_str())), "{values:?}");
    let page = fs::read_to_string(folder.join("perturbed/report.html")).unwrap();
    assert!(!page.contains("abab") && page.contains("cell keys"), "{page}");
}

#[test]
fn what_was_published_before_is_lived_with_or_named() {
    let folder = prepared("editions");
    succeed(&protect(&folder, "first", &[]));
    let published = ["--published", "first/cells.csv"];
    succeed(&protect(&folder, "again", &published));
    let shown = |out: &str| column(&folder.join(out).join("cells.csv"), "suppressed");
    assert!(shown("first").iter().zip(&shown("again")).all(|(was, is)| is <= was));
    let mut lines = fs::read_to_string(folder.join("input.csv")).unwrap();
    fs::write(folder.join("then.csv"), &lines).unwrap();
    lines += "p200,r0,c0,none\np201,r4,c0,work\n";
    fs::write(folder.join("input.csv"), &lines).unwrap();
    let said = words(&protect(&folder, "wrong", &published));
    assert!(said.contains("does not add up"), "{said}");
    let edition = ["--earlier-edition", "first/cells.csv", "--earlier-input", "then.csv"];
    succeed(&protect(&folder, "second", &edition));
    assert!(!folder.join("wrong").exists() && folder.join("second/report.html").exists());
    succeed(&protect(&folder, "alike", &["--like", "first/cells.csv"]));
}

#[test]
fn options_that_cannot_be_are_refused_with_words() {
    let folder = prepared("refusing");
    fs::write(folder.join("short"), "abc").unwrap();
    for (options, says) in [
        (&["--method", "cellkey"][..], "--person"),
        (&["--method", "cellkey", "--person", "who", "--key-file", "short"], "64 hexadecimal"),
        (&["--method", "cellkey", "--person", "whom", "--key-file", "spec.json"], "64 hexadecimal"),
        (&["--method", "round", "--base", "1"], "at least 2"),
        (&["--method", "round", "--with-values"], "--with-values"),
        (&["--method", "guess"], "suppress"),
        (&["--earlier-edition", "input.csv"], "--earlier-input"),
        (&["--method", "round", "--like", "input.csv"], "--method suppress alone"),
    ] {
        let output = protect(&folder, "out", options);
        let said = words(&output);
        assert!(!output.status.success() && said.contains(says), "{options:?}: {said}");
        assert!(!folder.join("out").exists(), "{options:?}");
    }
    let said = words(&protect(&folder, "spec.json", &[]));
    assert!(said.contains("spec.json is a file"), "{said}");
}

/// Attacks a table of the reference material; the exit status, and what was said.
fn attacked(case: &str, options: &[&str]) -> (i32, String) {
    let folder = Path::new("../disclosure/tests/cases").join(case);
    let mut audit = program();
    audit.arg("audit-table").arg(folder.join("spec.json")).arg(folder.join("expected/cells.csv"));
    let output = audit.args(options).output().unwrap();
    (output.status.code().unwrap(), words(&output))
}

#[test]
fn tables_that_give_something_away_are_rejected() {
    let positive = &["--min-suppressed", "1"][..];
    for (case, options, says) in [
        ("n01", &[][..], "8 have one value"),
        ("n02", &[], "122 have one value"),
        ("n03", &[], "5 withheld cells can be computed"),
        ("n04", positive, "342 have one value"),
        ("n05", &["--insider", "company"], "2 learn of others"),
        ("c12", &[], "5 withheld cells can be computed"),
        ("c07", positive, "11 have one value"),
        ("c11", positive, "11 have one value"),
        ("c03", &["--min-suppressed", "1", "--min-feasible", "3"], "too few"),
    ] {
        let (status, said) = attacked(case, options);
        assert_eq!(status, 1, "{case}: {said}");
        assert!(said.contains(says), "{case}: {said}");
    }
    let (status, said) = attacked("c11", &[]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("no breach found"), "{said}");
    let (status, said) = attacked("c09", &["--insider", "compny"]);
    assert_eq!(status, 2, "it cannot be tried, which is no breach");
    assert!(said.contains("`compny`") && said.contains("`company`"), "{said}");
}

#[test]
fn an_interrupted_run_leaves_nothing() {
    let folder = prepared("interrupted");
    // Data that never end: the run is under way for as long as it is let.
    let made = Command::new("mkfifo").arg(folder.join("endless.csv")).status().unwrap();
    assert!(made.success());
    let before: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    let mut command = program();
    command.current_dir(&folder).args(["protect", "spec.json", "endless.csv", "--out", "out"]);
    let mut running = command.spawn().unwrap();
    let mut data =
        fs::File::options().read(true).write(true).open(folder.join("endless.csv")).unwrap();
    data.write_all(b"who,region,county,source\np1,r1,c1,work\n").unwrap();
    assert!(hjemmel_tests::signal("TERM", running.id()).unwrap());
    assert!(!running.wait().unwrap().success());
    let after: Vec<_> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(before.len(), after.len(), "{after:?}");
}
