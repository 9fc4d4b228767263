//! Migrations of the two databases: the same ones, and none hidden behind another.

use super::root;
use std::collections::{BTreeMap, BTreeSet};

/// The folders of a database's migrations.
fn names(database: &str) -> BTreeSet<String> {
    let folder = root().join("migrations").join(database);
    let names = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    names.map(|name| name.to_string_lossy().into_owned()).collect()
}

/// What diesel knows a migration by: all before the first underscore, without hyphens.
fn version(name: &str) -> String {
    name.split('_').next().unwrap_or_default().replace('-', "")
}

#[test]
fn each_migration_has_a_number_of_its_own_and_both_databases_have_the_same() {
    let of_sqlite = names("sqlite");
    assert!(of_sqlite.len() > 15, "only {} migrations were found", of_sqlite.len());
    assert_eq!(of_sqlite, names("postgres"), "both databases have the same migrations");
    let mut by_version: BTreeMap<String, Vec<&String>> = BTreeMap::new();
    for name in &of_sqlite {
        let version = version(name);
        let is_moment = version.len() == 14 && version.bytes().all(|byte| byte.is_ascii_digit());
        assert!(is_moment, "{name} does not begin with a day and a time of day");
        by_version.entry(version).or_default().push(name);
    }
    // Of two with one number only one is ever run, and nothing says so.
    by_version.retain(|_, names| names.len() > 1);
    assert!(by_version.is_empty(), "migrations share a number: {by_version:?}");
}

#[test]
fn each_migration_goes_up_and_down() {
    for database in ["sqlite", "postgres"] {
        for name in names(database) {
            for way in ["up.sql", "down.sql"] {
                let file = root().join("migrations").join(database).join(&name).join(way);
                let text = std::fs::read_to_string(&file).unwrap_or_default();
                assert!(!text.trim().is_empty(), "{} says nothing", file.display());
            }
        }
    }
}
