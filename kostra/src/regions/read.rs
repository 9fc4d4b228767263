//! Reads the region files that are part of the program.

use super::{Bydel, Division, Fylke, Kommune, Kostragruppe};
use crate::Text;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// The municipality list of each year.
pub(crate) const SOURCES: [(u16, &str); 9] = [
    (2016, include_str!("../../data/klass/kommuner_2016.csv")),
    (2017, include_str!("../../data/klass/kommuner_2017.csv")),
    (2020, include_str!("../../data/klass/kommuner_2020.csv")),
    (2021, include_str!("../../data/klass/kommuner_2021.csv")),
    (2022, include_str!("../../data/klass/kommuner_2022.csv")),
    (2023, include_str!("../../data/klass/kommuner_2023.csv")),
    (2024, include_str!("../../data/klass/kommuner_2024.csv")),
    (2025, include_str!("../../data/klass/kommuner_2025.csv")),
    (2026, include_str!("../../data/klass/kommuner_2026.csv")),
];

const BYDELER: &str = include_str!("../../data/klass/bydeler.csv");

/// A municipality as a list has it.
#[derive(Deserialize)]
pub(crate) struct KommuneRow {
    pub(crate) code: String,
    pub(crate) name: String,
    pub(crate) fylke_code: String,
    pub(crate) fylke_name: String,
    pub(crate) kostragruppe: Option<String>,
}

#[derive(Deserialize)]
struct BydelRow {
    code: String,
    name: String,
}

/// The municipalities of a list.
pub(crate) fn kommuner(list: &str) -> impl Iterator<Item = Result<KommuneRow, csv::Error>> {
    csv::Reader::from_reader(list.as_bytes()).into_deserialize()
}

/// The division of one year from its municipality list.
pub(super) fn division(year: u16, list: &str) -> Result<Division, csv::Error> {
    let mut fylker = BTreeMap::new();
    let mut grupper = BTreeSet::new();
    let mut all = Vec::new();
    for row in kommuner(list) {
        let row = row?;
        fylker.insert(row.fylke_code.clone(), row.fylke_name);
        grupper.extend(row.kostragruppe.clone());
        all.push(Kommune {
            code: row.code,
            name: row.name,
            fylke: row.fylke_code,
            kostragruppe: row.kostragruppe,
        });
    }
    let fylker = fylker.into_iter().map(|(code, name)| Fylke { code, name }).collect();
    let grupper = grupper.into_iter().map(gruppe).collect();
    Ok(Division::new(year, all, fylker, grupper, bydeler()?))
}

fn gruppe(code: String) -> Kostragruppe {
    let number = code.trim_start_matches("EKG");
    let name = Text::new(format!("KOSTRA-gruppe {number}"), format!("KOSTRA group {number}"));
    Kostragruppe { code, name }
}

/// Oslo's bydeler.
pub(crate) fn bydeler() -> Result<Vec<Bydel>, csv::Error> {
    csv::Reader::from_reader(BYDELER.as_bytes())
        .deserialize()
        .map(|row| row.map(|BydelRow { code, name }| Bydel { code, name }))
        .collect()
}
