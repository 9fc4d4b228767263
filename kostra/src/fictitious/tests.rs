use super::*;
use crate::regions::Division;
use std::collections::{BTreeMap, BTreeSet};

/// Persons by what `key` makes of each raw row of the file.
fn raw(key: impl Fn(&csv::StringRecord) -> String) -> BTreeMap<String, u32> {
    let mut sums = BTreeMap::new();
    for row in csv::Reader::from_reader(SOURCE.as_bytes()).records() {
        let row = row.expect("a row");
        *sums.entry(key(&row)).or_default() += row[6].parse::<u32>().expect("a count");
    }
    sums
}

fn expanded(key: impl Fn(&Record) -> String) -> BTreeMap<String, u32> {
    let mut sums = BTreeMap::new();
    for record in records() {
        *sums.entry(key(record)).or_default() += 1;
    }
    sums
}

/// The file's region of a leaf.
fn region(leaf: &str) -> String {
    let number = format!("{leaf:0<6}");
    number.trim_start_matches('0').to_owned()
}

const SOURCES: [(&str, &str); 4] =
    [("arbeid", "1"), ("trygd", "3"), ("soshjelp", "5"), ("annet", "9")];

fn source(code: &str) -> &'static str {
    SOURCES.iter().find(|(_, vklo)| *vklo == code).expect("a source").0
}

#[test]
fn there_is_one_record_for_each_of_the_138_000_persons() {
    assert_eq!(records().count(), 138_000);
}

#[test]
fn totals_by_every_column_are_those_of_the_file() {
    assert_eq!(expanded(|r| region(&r.region)), raw(|row| row[0].to_owned()));
    assert_eq!(expanded(|r| source(r.vklo).to_owned()), raw(|row| row[3].to_owned()));
    let span = |months: &str| months.trim_start_matches('0').replace("-0", "_").replace('-', "_");
    assert_eq!(expanded(|r| span(r.months)), raw(|row| row[4].to_owned()));
    let long = |months| if months == "01-05" { "1-5" } else { "6-12" };
    assert_eq!(expanded(|r| long(r.months).to_owned()), raw(|row| row[5].to_owned()));
}

#[test]
fn every_cell_of_the_file_is_kept_to_the_last_person() {
    let cell = |row: &csv::StringRecord| format!("{} {} {}", &row[0], &row[3], &row[4]);
    let mut expected = raw(cell);
    expected.retain(|_, persons| *persons > 0);
    let span = |months: &str| months.trim_start_matches('0').replace("-0", "_").replace('-', "_");
    let found =
        expanded(|r| format!("{} {} {}", region(&r.region), source(r.vklo), span(r.months)));
    assert_eq!(found, expected);
}

#[test]
fn fylker_and_groups_of_the_division_add_up_to_those_of_the_file() {
    let division = Division::of(YEAR).expect("the division of 2016");
    let by_leaf = expanded(|record| record.region.clone());
    let sum = |code: &str| -> u32 {
        let leaves = division.leaves_of(code).expect("a region");
        leaves.iter().filter_map(|leaf| by_leaf.get(leaf)).sum()
    };
    for (fylke, persons) in raw(|row| row[1].to_owned()) {
        assert_eq!(sum(&format!("EKA{fylke:0>2}")), persons, "fylke {fylke}");
    }
    for (group, persons) in raw(|row| row[2].to_owned()) {
        let number: u32 = group.parse().expect("a group");
        assert_eq!(sum(&format!("EKG{:02}", number / 100)), persons, "group {group}");
    }
}

#[test]
fn its_regions_are_the_leaves_of_the_division_of_2016() {
    let division = Division::of(YEAR).expect("the division of 2016");
    let known: BTreeSet<_> = division.leaves().iter().cloned().collect();
    let found: BTreeSet<_> = counts().iter().map(|count| count.record.region.clone()).collect();
    assert_eq!(found, known);
    let gamle_oslo = counts().iter().find(|count| count.record.region == "030101");
    let record = &gamle_oslo.expect("a bydel").record;
    assert_eq!((record.kommune(), record.bydel()), ("0301", "01"));
}
