//! Inhabitants on 1 January, by municipality and, in Oslo, by bydel (Statistics Norway, NLOD 2.0).

use serde::Deserialize;
use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

const SOURCE: &str = include_str!("../../data/klass/population.csv");

/// Inhabitants of one region on 1 January of a year.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Inhabitants {
    /// The municipality, or the bydel.
    pub region: String,
    /// The year.
    pub year: u16,
    /// All ages.
    pub total: u32,
    /// Under 18.
    #[serde(rename = "0-17")]
    pub under_18: u32,
    /// 18 and 19.
    #[serde(rename = "18-19")]
    pub from_18: u32,
    /// 20 to 24.
    #[serde(rename = "20-24")]
    pub from_20: u32,
    /// 25 to 29.
    #[serde(rename = "25-29")]
    pub from_25: u32,
    /// 30 to 39.
    #[serde(rename = "30-39")]
    pub from_30: u32,
    /// 40 to 49.
    #[serde(rename = "40-49")]
    pub from_40: u32,
    /// 50 to 66.
    #[serde(rename = "50-66")]
    pub from_50: u32,
    /// 67 and over.
    #[serde(rename = "67+")]
    pub from_67: u32,
}

impl Inhabitants {
    /// Those of one age group, as the file names it.
    #[must_use]
    pub fn of_age(&self, age: &str) -> Option<u32> {
        Some(match age {
            "0-17" => self.under_18,
            "18-19" => self.from_18,
            "20-24" => self.from_20,
            "25-29" => self.from_25,
            "30-39" => self.from_30,
            "40-49" => self.from_40,
            "50-66" => self.from_50,
            "67+" => self.from_67,
            _ => return None,
        })
    }
}

/// A file that cannot be read is left out; the tests see that it is not.
static BY_REGION: LazyLock<HashMap<(String, u16), Inhabitants>> = LazyLock::new(|| {
    csv::Reader::from_reader(SOURCE.as_bytes())
        .into_deserialize()
        .filter_map(|row: Result<Inhabitants, _>| row.ok())
        .map(|one| ((one.region.clone(), one.year), one))
        .collect()
});

static YEARS: LazyLock<BTreeSet<u16>> =
    LazyLock::new(|| BY_REGION.keys().map(|(_, year)| *year).collect());

/// The inhabitants of a municipality or a bydel of Oslo on 1 January of a year, 2024 onwards.
#[must_use]
pub fn inhabitants(region: &str, year: u16) -> Option<&'static Inhabitants> {
    BY_REGION.get(&(region.to_owned(), year))
}

/// Whether the inhabitants of a year are known.
#[must_use]
pub fn are_counted(year: u16) -> bool {
    YEARS.contains(&year)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Division;

    #[test]
    fn every_municipality_has_inhabitants_of_every_age() {
        assert_eq!(BY_REGION.len(), SOURCE.lines().count() - 1);
        for (year, whole) in [(2024, 5_550_203), (2025, 5_594_340), (2026, 5_627_400)] {
            let kommuner = &Division::of(year).expect("a division").kommuner;
            let all = kommuner.iter().map(|one| inhabitants(&one.code, year).expect("counted"));
            assert_eq!(all.clone().map(|one| one.total).sum::<u32>(), whole);
            for one in all {
                let parts = one.under_18
                    + one.from_18
                    + one.from_20
                    + one.from_25
                    + one.from_30
                    + one.from_40
                    + one.from_50
                    + one.from_67;
                assert_eq!(parts, one.total, "{}", one.region);
            }
        }
    }
}
