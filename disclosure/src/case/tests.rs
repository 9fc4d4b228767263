use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::audit::AuditReport;
use crate::cellkey::TableParameters;

mod reference;

const CASES: [&str; 12] =
    ["c01", "c02", "c03", "c04", "c05", "c06", "c07", "c08", "c09", "c10", "c11", "c12"];
/// Of those the ones with amounts.
const AMOUNTS: [&str; 2] = ["c09", "c10"];
const NEGATIVE: [&str; 5] = ["n01", "n02", "n03", "n04", "n05"];

fn folder(id: &str) -> PathBuf {
    Path::new("tests/cases").join(id)
}

fn case(id: &str) -> Case {
    read(&folder(id).join("spec.json"), &folder(id).join("input.csv")).unwrap()
}

fn expected(id: &str, file: &str) -> Value {
    let text = std::fs::read_to_string(folder(id).join("expected").join(file)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn attacked(id: &str, min_suppressed: i64) -> AuditReport {
    let attack = Attack { min_suppressed, insiders: true, min_feasible: 0 };
    audit(&case(id), &folder(id).join("expected/cells.csv"), &attack).unwrap()
}

#[test]
fn the_cells_are_those_of_the_reference() {
    for id in CASES.iter().chain(&NEGATIVE) {
        let case = case(id);
        let mut reader = csv::Reader::from_path(folder(id).join("expected/cells.csv")).unwrap();
        let header = reader.headers().unwrap().clone();
        let at = |name: &str| header.iter().position(|column| column == name).unwrap();
        let mut theirs = BTreeMap::new();
        for record in reader.records() {
            let record = record.unwrap();
            let name: Vec<&str> = case.columns().iter().map(|c| &record[at(c)]).collect();
            theirs.insert(name.join("|"), record[at("value")].to_owned());
        }
        let ours: BTreeMap<String, String> = (0..case.system.cells())
            .map(|cell| {
                let name: Vec<&str> = (0..case.columns.len()).map(|c| case.code(cell, c)).collect();
                (name.join("|"), amount::show(case.system.value(cell), case.decimals))
            })
            .collect();
        assert_eq!(ours, theirs, "{id}");
    }
}

/// Compares with what the reference attacker found.
fn same_findings(id: &str, found: &AuditReport, file: &str) {
    let theirs = expected(id, file);
    let t1 = &theirs["T1"];
    let what = format!("{id} {file}");
    assert_eq!(found.algebra.determined as u64, t1["determined"], "{what} determined");
    assert_eq!(found.algebra.determined_primary as u64, t1["determined_primary"], "{what}");
    assert_eq!(found.algebra.rank as u64, t1["rank"], "{what} rank");
    let (t2, ours) = (&theirs["T2"], found.intervals.as_ref().unwrap());
    assert!(ours.solved && ours.answered == ours.of, "{what} {ours:?}");
    assert_eq!(ours.unknown_atoms as u64, t2["unknown_inner"], "{what} unknown");
    if t2["tested"] == ours.of as u64 {
        assert_eq!(ours.exact as u64, t2["exact"], "{what} exact");
        assert_eq!(ours.exact_primary as u64, t2["exact_primary"], "{what} exact primary");
        assert_eq!(ours.unbounded as u64, t2["unbounded"], "{what} unbounded");
        for key in ["narrow", "narrow_primary", "narrow_positive_primary", "primary_within_pct"] {
            let mine = match key {
                "narrow" => ours.narrow,
                "narrow_primary" => ours.narrow_primary,
                "primary_within_pct" => ours.within_percent,
                _ => ours.narrow_positive_primary,
            };
            if !t2[key].is_null() {
                assert_eq!(mine as u64, t2[key], "{what} {key}");
            }
        }
    }
    if !theirs["T3"].is_null() {
        let breaches = found.insiders.as_ref().unwrap().breaches;
        assert_eq!(breaches as u64, theirs["T3"]["breaches"], "{what} insiders");
    }
}

#[test]
fn the_reference_findings_are_reproduced() {
    for id in CASES.iter().chain(&NEGATIVE) {
        same_findings(id, &attacked(id, 0), "audit.json");
        if folder(id).join("expected/audit_min1.json").exists() {
            same_findings(id, &attacked(id, 1), "audit_min1.json");
        }
    }
}

#[test]
fn unsafe_answers_are_rejected_and_known_weaknesses_found() {
    for (id, min_suppressed) in [
        ("n01", 0),
        ("n02", 0),
        ("n03", 0),
        ("n04", 1),
        ("n05", 0),
        ("c12", 0),
        ("c07", 1),
        ("c11", 1),
    ] {
        assert!(attacked(id, min_suppressed).breaches() > 0, "{id}");
    }
    assert_eq!(attacked("c07", 1).intervals.unwrap().exact, 11);
    assert_eq!(attacked("c11", 1).intervals.unwrap().exact, 11);
    assert_eq!(attacked("c12", 0).algebra.determined, 5);
}

/// Reads a small case with parts of its specification and its data replaced.
fn refused(replace: &[(&str, &str)], data: &str) -> String {
    let mut text = r#"{"schema":"sdc-case/1","measure":{"kind":"count","var":"n"},
        "dimensions":{"a":["a","g"],"b":["b"]},"tables":[{"name":"t","formula":"~(a+g)*b","margins":null}],
        "hierarchies":null,"extend_zeros":true,"rule":{"type":"small_count","max_n":3}}"#
        .to_owned();
    for (from, to) in replace {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    match Specification::parse(&text).and_then(|spec| Case::new(spec, data.as_bytes())) {
        Ok(_) => "accepted".to_owned(),
        Err(error) => error.to_string(),
    }
}

const DATA: &str = "a,g,b,n\nx,1,p,5\ny,1,q,2\n";

#[test]
fn bad_data_are_refused_with_their_line() {
    assert_eq!(refused(&[], DATA), "accepted");
    for (data, words) in [
        ("a,g,b,n\nx,1,p,-5\n", "input line 2: a count is negative"),
        (
            "a,g,b,n\nx,1,p,5\nx,1,p,NaN\n",
            "input line 3: `NaN` in column `n` is not a whole number",
        ),
        ("a,g,b,n\nx,1,p,2.5\n", "is not a whole number"),
        ("a,g,b,n\nx,1,,5\n", "column `b` is empty"),
        ("a,g,b,n\nTotal,1,p,5\n", "is a total or subtotal"),
        ("a,g,bb,n\nx,1,p,5\n", "unknown column `b`; did you mean `bb`?"),
        ("a,g,b,n\nx,1,p\n", "found record with 3 fields"),
        ("a,g,b,n\nx,1,p,9223372036854775807\nx,1,p,1\n", "too large"),
        ("a,g,b,n\nx,1,p,9223372036854775807\ny,1,p,1\n", "add up to more"),
    ] {
        let said = refused(&[], data);
        assert!(said.contains(words), "{said} / {words}");
    }
}

#[test]
fn bad_specifications_are_refused_with_their_place() {
    let tables = r#""tables":[{"name":"t","formula":"~(a+g)*b","margins":null}],
        "hierarchies":null"#;
    let trees = |tree: &str| format!(r#""tables":null,"hierarchies":{{"a":{tree}}}"#);
    for (from, to, words) in [
        ("\"extend_zeros\"", "\"extendzeros\"".to_owned(), "did you mean `extend_zeros`?"),
        ("max_n", "maxn".to_owned(), "rule: unknown key `maxn`; did you mean `max_n`?"),
        ("sdc-case/1", "sdc-case/2".to_owned(), "is not `sdc-case/1`"),
        ("~(a+g)*b", "~(a+h)*b".to_owned(), "tables[0]: unknown column `h`"),
        ("\"extend_zeros\"", "\"keep\":[[\"bb\"]],\"extend_zeros\"".to_owned(), "mean `b`?"),
        ("~(a+g)*b", "~(a+g*b".to_owned(), "a `)` is missing"),
        (
            "\"margins\":null",
            "\"margins\":[[\"a\"]]".to_owned(),
            "is in the formula but not in the margins",
        ),
        (
            tables,
            trees(r#"[{"code":"T","from":["U"]},{"code":"U","from":["T"]}]"#),
            "is part of itself",
        ),
        (
            tables,
            trees(r#"[{"code":"T","from":["x"]},{"code":"U","from":["x"]}]"#),
            "has two parents",
        ),
        (tables, trees(r#"[{"code":"T","from":["x"]}]"#), "unknown code `y`"),
        (tables, trees(r#"[{"code":"x","from":["z"]}]"#), "is a total or subtotal"),
        ("\"small_count\"", "\"smal_count\"".to_owned(), "did you mean `small_count`?"),
    ] {
        let said = refused(&[(from, &to)], DATA);
        assert!(said.contains(words), "{said} / {words}");
    }
}

#[test]
fn a_code_means_something_only_in_its_column() {
    let data = "a,g,b,n\nx,x,p,5\ny,x,q,2\n";
    let spec = refused(&[], data);
    assert_eq!(spec, "accepted");
}

#[test]
fn the_order_of_lines_changes_nothing() {
    let folder = folder("c11");
    let text = std::fs::read_to_string(folder.join("input.csv")).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines[1..].reverse();
    let specification = Specification::read(&folder.join("spec.json")).unwrap();
    let turned = Case::new(specification, lines.join("\n").as_bytes()).unwrap();
    let straight = case("c11");
    assert_eq!(turned.labels, straight.labels);
    assert_eq!(turned.system.values(), straight.system.values());
}

#[test]
fn a_table_that_does_not_add_up_is_refused() {
    let folder = folder("c01");
    let text = std::fs::read_to_string(folder.join("expected/cells.csv")).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("cells.csv");
    for (from, to, words) in [
        ("1,Total,Total,596", "1,Total,Total,597", "does not add up"),
        ("2,A,Total", "2,Z,Total", "is not a cell"),
        ("2,A,Total,113", "2,A,Total,", "shown without a value"),
        ("3,B,Total,55", "3,A,Total,113", "given twice"),
    ] {
        std::fs::write(&path, text.replace(from, to)).unwrap();
        let said = audit(&case("c01"), &path, &Attack::default()).unwrap_err().to_string();
        assert!(said.contains(words), "{said}");
    }
}

#[test]
fn what_is_written_withstands_its_own_audit() {
    let directory = tempfile::tempdir().unwrap();
    for id in ["c01", "c02", "c03", "c04", "c08"] {
        let case = case(id);
        let done = protect(&case).unwrap();
        let theirs = statuses(&case, &folder(id).join("expected/cells.csv")).unwrap();
        let primary = |all: &[crate::Status]| -> Vec<bool> {
            all.iter().map(|status| *status == crate::Status::Primary).collect()
        };
        assert_eq!(primary(done.statuses()), primary(&theirs), "{id}");
        write(&case, &done, directory.path(), false).unwrap();
        let attack = Attack { min_suppressed: 1, insiders: true, min_feasible: 3 };
        let attack =
            if case.shows_zeros() { attack } else { Attack { min_suppressed: 0, ..attack } };
        let report = audit(&case, &directory.path().join("cells.csv"), &attack).unwrap();
        assert_eq!(report.breaches(), 0, "{id}: {}", report.text(|cell| case.name(cell)));
        let text = std::fs::read_to_string(directory.path().join("cells.csv")).unwrap();
        let hidden = text.lines().filter(|line| line.contains(",,")).count();
        assert_eq!(hidden, report.withheld, "{id}");
    }
    let left: Vec<_> = std::fs::read_dir(directory.path()).unwrap().collect();
    assert_eq!(left.len(), 3, "no temporary file stays behind");
}

#[test]
fn primary_amounts_are_those_of_the_reference() {
    for id in AMOUNTS {
        let case = case(id);
        let terms = crate::suppress::Terms::default();
        let ours = crate::suppress::system(&case.system, &terms, &case.rule).unwrap();
        let theirs = statuses(&case, &folder(id).join("expected/cells.csv")).unwrap();
        for (cell, (ours, theirs)) in ours.statuses().iter().zip(&theirs).enumerate() {
            let primary = |status: &crate::Status| *status == crate::Status::Primary;
            assert_eq!(primary(ours), primary(theirs), "{id} {}", case.name(cell));
        }
    }
}

/// Lines made while they are read.
struct Lines {
    left: u32,
    text: Vec<u8>,
}

impl Read for Lines {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        while self.left > 0 && self.text.len() < into.len() {
            self.left -= 1;
            let line = format!("x{},{},p,1\n", self.left % 50, self.left % 5);
            self.text.extend_from_slice(line.as_bytes());
        }
        let count = self.text.len().min(into.len());
        into[..count].copy_from_slice(&self.text[..count]);
        self.text.drain(..count);
        Ok(count)
    }
}

#[test]
fn a_million_lines_are_one_pass() {
    let text = r#"{"schema":"sdc-case/1","measure":{"kind":"count","var":"n"},
        "dimensions":{"a":["a","g"],"b":["b"]},"tables":[{"name":"t","formula":"~(a+g)*b"}],
        "extend_zeros":true,"rule":{"type":"small_count","max_n":3}}"#;
    let lines = Lines { left: 1_000_000, text: b"a,g,b,n\n".to_vec() };
    let case = Case::new(Specification::parse(text).unwrap(), lines).unwrap();
    assert_eq!(case.system.atoms(), 50);
    assert_eq!(case.system.value(0), 1_000_000);
}

#[test]
fn a_bad_line_behind_ten_million_good_ones_is_named() {
    let text = r#"{"schema":"sdc-case/1","measure":{"kind":"count","var":"n"},
        "dimensions":{"a":["a","g"],"b":["b"]},"tables":[{"name":"t","formula":"~(a+g)*b"}],
        "extend_zeros":true,"rule":{"type":"small_count","max_n":3}}"#;
    let lines = Lines { left: 10_000_000, text: b"a,g,b,n\n".to_vec() };
    let data = lines.chain(&b"x0,0,p,-1\n"[..]);
    let said = Case::new(Specification::parse(text).unwrap(), data).err().unwrap().to_string();
    assert!(said.contains("10000002"), "{said}");
}

#[test]
fn a_table_split_into_linked_ones_is_protected_alike() {
    for id in ["c03", "c04"] {
        let whole = protect(&case(id)).unwrap();
        let mut specification = Specification::read(&folder(id).join("spec.json")).unwrap();
        let mut first = specification.tables.clone().unwrap().remove(0);
        first.formula = None;
        let mut second = first.clone();
        let margins = first.margins.clone().unwrap();
        let (all, shared) = (margins.len(), margins.len() / 2);
        first.margins = Some(margins[..=shared].to_vec());
        second.margins = Some(margins[shared - 1..all].to_vec());
        second.name.push_str(" again");
        specification.tables = Some(vec![first, second]);
        let data = std::fs::File::open(folder(id).join("input.csv")).unwrap();
        let split = protect(&Case::new(specification, data).unwrap()).unwrap();
        assert_eq!(whole.statuses(), split.statuses(), "{id}");
    }
}

#[test]
fn several_rules_hold_at_once() {
    let text = r#"{"schema":"sdc-case/1","measure":{"kind":"magnitude","var":"n","contributor":"a"},
        "dimensions":{"b":["b"]},"tables":[{"formula":"~b"}],
        "rule":[{"type":"p_percent","p":12.5},{"type":"dominance","n":[1,2],"k":[75,90]},
        {"type":"few_contributors","max_n":2}]}"#;
    let case = Case::new(Specification::parse(text).unwrap(), DATA.as_bytes()).unwrap();
    let rule = case.rule();
    assert_eq!((rule.p_percent, rule.few_contributors), (Some(1250), Some(2)));
    assert_eq!(rule.dominance.len(), 2);
    assert_eq!(rule.small_count, None);
}

#[test]
fn dropping_a_secondary_cell_of_an_answer_is_caught() {
    let case = case("c08");
    let done = protect(&case).unwrap();
    let settings = case.promise();
    for (cell, _) in
        done.statuses().iter().enumerate().filter(|(_, s)| **s == crate::Status::Secondary)
    {
        let mut weaker = done.statuses().to_vec();
        weaker[cell] = crate::Status::Shown;
        let report = crate::audit::attack(&case.system, &weaker, &settings);
        assert!(report.breaches() > 0, "{}", case.name(cell));
    }
}

#[test]
fn the_account_of_a_case_adds_up_by_table_and_level() {
    let case = case("c11");
    let done = protect(&case).unwrap();
    let account = &done.report().account;
    assert_eq!(account.tables.len(), 3);
    for table in &account.tables {
        let cells: usize = table.levels.iter().map(|level| level.1.cells).sum();
        let primary: usize = table.levels.iter().map(|level| level.1.primary).sum();
        assert_eq!((cells, primary), (table.all.cells, table.all.primary), "{}", table.table);
    }
    assert_eq!(account.attackers.len(), 3);
    assert_eq!((account.found(), account.narrowest.len()), (0, 20));
    assert!(account.intervals_are_exact);
    let cells = usize::try_from(account.narrowest_primary.unwrap()).unwrap();
    assert!(cells >= 3, "{account:?}");
}

#[test]
fn rounded_tables_add_up_and_hold_no_small_count() {
    let case = case("c11");
    let done = rounded(&case, 4, 1).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let out = directory.path().join("a/b");
    write(&case, &done, &out, false).unwrap();
    let mut reader = csv::Reader::from_path(out.join("cells.csv")).unwrap();
    let at = reader.headers().unwrap().iter().position(|name| name == "value").unwrap();
    let values: Vec<i64> = reader.records().map(|r| r.unwrap()[at].parse().unwrap()).collect();
    assert_eq!(values.len(), case.system.cells());
    assert!(values.iter().all(|value| !(1..4).contains(value)), "{values:?}");
    let page = std::fs::read_to_string(out.join("report.html")).unwrap();
    assert!(page.contains("avrundet") && page.contains("rounded"), "{page}");
    let left: Vec<_> = std::fs::read_dir(directory.path().join("a")).unwrap().collect();
    assert_eq!(left.len(), 1, "no temporary folder stays behind");
    assert!(rounded(&self::case("c09"), 4, 1).is_err(), "amounts are not rounded");
}

#[test]
fn cell_keys_follow_the_persons_and_not_the_lines() {
    let text = r#"{"schema":"sdc-case/1","measure":{"kind":"count","var":null},
        "dimensions":{"a":["a"],"b":["b"]},"tables":[{"formula":"~a*b"}],
        "rule":{"type":"small_count","max_n":2}}"#;
    let parameters = TableParameters { largest: 5, variance: 3.0, forbidden: 2 };
    let persons = Persons { column: "who".to_owned(), secret: [3; 32] };
    let reading = Reading { persons: Some(&persons), ..Reading::default() };
    let perturbed_values = |lines: &[String]| {
        let data = format!("who,a,b\n{}\n", lines.join("\n"));
        let specification = Specification::parse(text).unwrap();
        let case = Case::with(specification, data.as_bytes(), &reading).unwrap();
        perturbed(&case, parameters).unwrap().moved.unwrap()
    };
    let mut lines: Vec<String> =
        (0..60).map(|n| format!("p{n},{},{}", ["x", "y"][n % 2], ["p", "q", "r"][n % 3])).collect();
    let straight = perturbed_values(&lines);
    lines.reverse();
    assert_eq!(perturbed_values(&lines), straight);
    assert!(straight.iter().all(|value| !(1..=2).contains(value)), "{straight:?}");
    let truth = Case::new(Specification::parse(text).unwrap(), "a,b\nx,p\n".as_bytes()).unwrap();
    let said = perturbed(&truth, parameters).err().unwrap().to_string();
    assert!(said.contains("the column that names the person"), "{said}");
    let said = perturbed(&case("c01"), parameters).err().unwrap().to_string();
    assert!(said.contains("one line for each person"), "{said}");
}

#[test]
fn the_specification_of_the_documentation_is_one() {
    let page = std::fs::read_to_string("../docs/tables.md").unwrap();
    let example = page.split("```json\n").nth(1).unwrap().split("```").next().unwrap();
    let specification = Specification::parse(example).unwrap();
    let data = "region,county,group,income,n\n0301,03,13,work,5\n";
    assert_eq!(Case::new(specification, data.as_bytes()).unwrap().system.cells(), 8);
    for line in page.lines().filter(|line| line.starts_with("| `{\"type\"")) {
        let rule = line.split('`').nth(1).unwrap();
        let text =
            example.replace(r#"{"type": "small_count", "max_n": 3, "protect_zeros": false}"#, rule);
        assert!(text.contains(rule), "{rule}");
        Specification::parse(&text).unwrap();
    }
}
