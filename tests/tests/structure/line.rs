//! The line of dependencies: `api → store, registers → disclosure → policy → kostra`, with
//! `federation` beside it.

use super::root;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

/// What each crate may use of the others.
const LINE: [(&str, &[&str]); 7] = [
    ("hjemmel-kostra", &[]),
    ("hjemmel-policy", &["hjemmel-kostra"]),
    ("hjemmel-disclosure", &["hjemmel-federation", "hjemmel-policy", "hjemmel-kostra"]),
    ("hjemmel-registers", &["hjemmel-disclosure", "hjemmel-policy", "hjemmel-kostra"]),
    ("hjemmel-store", &["hjemmel-disclosure", "hjemmel-policy", "hjemmel-kostra"]),
    ("hjemmel-federation", &["hjemmel-kostra"]),
    (
        "hjemmel",
        &[
            "hjemmel-federation",
            "hjemmel-store",
            "hjemmel-registers",
            "hjemmel-disclosure",
            "hjemmel-policy",
            "hjemmel-kostra",
        ],
    ),
];

/// Crates that hold a test or a figure and guard nothing.
const BESIDE_THE_LINE: [&str; 2] = ["hjemmel-tests", "hjemmel-benches"];

/// Beginnings of the names of what only one crate may use.
const ONLY_IN: [(&str, &str); 10] = [
    ("actix", "hjemmel"),
    ("jsonwebtoken", "hjemmel"),
    ("utoipa", "hjemmel"),
    ("clap", "hjemmel"),
    ("diesel", "hjemmel-store"),
    ("libsqlite3-sys", "hjemmel-store"),
    ("pq-sys", "hjemmel-store"),
    ("datafusion", "hjemmel-registers"),
    ("casbin", "hjemmel-policy"),
    ("opendp", "hjemmel-disclosure"),
];

/// What the lower crates must not reach: the network, the clock's runtime, chance.
const NOT_BELOW: [(&str, &[&str]); 4] = [
    ("hjemmel-kostra", &["tokio", "getrandom", "ureq"]),
    ("hjemmel-policy", &["tokio", "getrandom", "rand", "ureq"]),
    ("hjemmel-disclosure", &["tokio", "getrandom", "ureq"]),
    ("hjemmel-federation", &["tokio", "getrandom", "ureq"]),
];

/// What each crate of the workspace is built from, tests and benchmarks aside.
fn built_from() -> BTreeMap<String, BTreeSet<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let name = |value: &Value| value["name"].as_str().unwrap().to_owned();
    let packages = metadata["packages"].as_array().unwrap().iter();
    packages
        .map(|package| {
            let all = package["dependencies"].as_array().unwrap().iter();
            (name(package), all.filter(|one| one["kind"] != "dev").map(name).collect())
        })
        .collect()
}

#[test]
fn every_crate_uses_only_what_lies_below_it() {
    let built_from = built_from();
    let listed = LINE.iter().map(|(name, _)| *name).chain(BESIDE_THE_LINE);
    assert_eq!(
        built_from.keys().map(String::as_str).collect::<BTreeSet<_>>(),
        listed.collect::<BTreeSet<_>>(),
        "a crate that is on no line"
    );
    for (name, below) in LINE {
        for used in built_from[name].iter().filter(|used| built_from.contains_key(*used)) {
            assert!(below.contains(&used.as_str()), "{name} uses {used}");
        }
    }
}

#[test]
fn heavy_dependencies_stay_in_the_crate_that_is_there_for_them() {
    let built_from = built_from();
    for (beginning, owner) in ONLY_IN {
        let users = LINE
            .iter()
            .filter(|(name, _)| built_from[*name].iter().any(|used| used.starts_with(beginning)));
        for (user, _) in users {
            assert_eq!(*user, owner, "{user} uses {beginning}");
        }
        assert!(
            built_from[owner].iter().any(|used| used.starts_with(beginning)),
            "{owner} does not use {beginning}: the rule is out of date"
        );
    }
}

#[test]
fn the_lower_crates_reach_no_network_and_draw_nothing() {
    let built_from = built_from();
    for (name, barred) in NOT_BELOW {
        for one in barred {
            assert!(!built_from[name].contains(*one), "{name} uses {one}");
        }
    }
}

#[test]
fn noise_is_drawn_as_it_must_be() {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--locked", "-p", "opendp", "--depth", "0", "-f", "{f}"])
        .current_dir(root())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let own = text.lines().next().unwrap_or_default();
    let features: BTreeSet<&str> = own.trim().split(',').collect();
    // Without the first, chance comes from a generator that is not meant to withstand anybody.
    for wanted in ["use-openssl", "contrib"] {
        assert!(features.contains(wanted), "{wanted} is not among {features:?}");
    }
    for barred in ["idealized-numerics", "floating-point", "honest-but-curious", "untrusted"] {
        assert!(!features.contains(barred), "{barred} is among {features:?}");
    }
}
