use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::*;
use crate::audit::AuditReport;

const CASES: [&str; 12] =
    ["c01", "c02", "c03", "c04", "c05", "c06", "c07", "c08", "c09", "c10", "c11", "c12"];
const NEGATIVE: [&str; 5] = ["n01", "n02", "n03", "n04", "n05"];

fn folder(id: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(id)
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
    for (id, min_suppressed) in
        [("n01", 0), ("n02", 0), ("n03", 0), ("n04", 1), ("n05", 0), ("c12", 0), ("c07", 1), ("c11", 1)]
    {
        assert!(attacked(id, min_suppressed).breaches() > 0, "{id}");
    }
    assert_eq!(attacked("c07", 1).intervals.unwrap().exact, 11);
    assert_eq!(attacked("c11", 1).intervals.unwrap().exact, 11);
    assert_eq!(attacked("c12", 0).algebra.determined, 5);
}

#[test]
fn our_answers_withstand_the_attacker() {
    for id in ["c01", "c02", "c03", "c04", "c08", "c09", "c10"] {
        let case = case(id);
        let started = std::time::Instant::now();
        let done = match protect(&case) {
            Ok(done) => done,
            Err(error) => {
                println!("{id}: {error}");
                continue;
            }
        };
        let report = done.report();
        let theirs = expected(id, "result.json");
        println!(
            "{id}: primary {} secondary {} (reference {}) value {} (reference {}) {:?}",
            report.primary,
            report.secondary,
            theirs["secondary"],
            report.value_secondary,
            theirs["value_secondary_suppressed"],
            started.elapsed()
        );
    }
}
