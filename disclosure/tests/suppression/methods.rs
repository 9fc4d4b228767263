//! What the modules say of themselves.

use std::fs;
use std::path::{Path, PathBuf};

/// Modules that are methods, or parts of one whose guarantee is their own.
const METHODS: [&str; 18] = [
    "audit/mod.rs",
    "audit/witness.rs",
    "cellkey/mod.rs",
    "round/mod.rs",
    "suppress/adding.rs",
    "suppress/algebra.rs",
    "suppress/audited.rs",
    "suppress/before.rs",
    "suppress/blocks.rs",
    "suppress/cover.rs",
    "suppress/demand.rs",
    "suppress/economy.rs",
    "suppress/frugal.rs",
    "suppress/intervals.rs",
    "suppress/primary.rs",
    "suppress/reroute.rs",
    "suppress/weave.rs",
    "noise/mod.rs",
];

fn sources(folder: &Path, all: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            all.push(path);
        }
    }
}

#[test]
fn every_method_says_its_guarantee_its_source_and_tests_that_exist() {
    let mut files = Vec::new();
    sources(Path::new("src"), &mut files);
    sources(Path::new("tests/suppression"), &mut files);
    let code: Vec<String> = files.iter().map(|path| fs::read_to_string(path).unwrap()).collect();
    for method in METHODS {
        let text = fs::read_to_string(Path::new("src").join(method)).unwrap();
        let lines = text.lines().take_while(|line| line.starts_with("//!"));
        let said: String = lines.map(|line| line.trim_start_matches("//!")).collect();
        assert!(said.contains("# Guarantee"), "{method} says no guarantee");
        assert!(said.contains("# Source"), "{method} says no source");
        let held = said.split_once("eld by").map(|parts| parts.1).unwrap_or_default();
        let tests = held.split('`').skip(1).step_by(2).filter(|name| name.matches('_').count() > 2);
        let mut count = 0;
        for test in tests {
            let function = format!("fn {test}(");
            assert!(code.iter().any(|code| code.contains(&function)), "{method}: no test `{test}`");
            count += 1;
        }
        assert!(count > 0, "{method} names no test");
    }
}
