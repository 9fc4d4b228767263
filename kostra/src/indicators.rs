//! Indicators (nøkkeltall): what is set against what, from the definitions in `kostra/indicators`.
//!
//! An indicator is made of published cells and of inhabitants, never of records. Its tables are not among
//! [`crate::tables`]: nothing of theirs is protected, since all of it follows from what is.

use crate::catalogue::{About, read};
use crate::regions::{OSLO, changes, population};
use crate::{Division, Form, Table, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

const SOURCES: [&str; 3] = [
    include_str!("../indicators/S1191.toml"),
    include_str!("../indicators/S1192.toml"),
    include_str!("../indicators/S11C9.toml"),
];

/// Indicators that are published together.
#[derive(Debug, Clone)]
pub struct IndicatorTable {
    /// The table they are published as; its only dimension is the region.
    pub table: Table,
    /// What a reader should know of it.
    pub about: About,
    /// The indicators, in order.
    pub indicators: Vec<Indicator>,
}

/// One indicator.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indicator {
    /// Its code, one among all indicators.
    pub code: String,
    /// Its name.
    pub label: Text,
    /// What its numbers are.
    pub unit: Text,
    /// How many decimals it is given with.
    pub decimals: u8,
    /// What the quotient is multiplied by: 100 for per cent.
    pub factor: u32,
    /// The function of the municipal accounts it belongs to.
    pub function: String,
    /// The target of the sustainable development goals it speaks to.
    pub sdg: String,
    /// Which way is the better one.
    pub better: Better,
    /// What is counted.
    pub numerator: Part,
    /// What it is set against.
    pub denominator: Part,
}

/// Which way of an indicator is the better one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Better {
    /// A target is met at or below it.
    Lower,
    /// A target is met at or above it.
    Higher,
}

/// One side of an indicator: published cells, or inhabitants of some ages.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// What it is.
    pub text: Text,
    /// Cells that are added up.
    #[serde(default)]
    pub cells: Vec<Source>,
    /// Ages that are added up.
    #[serde(default)]
    pub inhabitants: Vec<String>,
}

/// A cell of each region.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// The table.
    pub table: String,
    /// The value of each dimension beside the region; the total where none is named.
    #[serde(default)]
    pub at: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TableFile {
    id: String,
    form: Form,
    years: Vec<u16>,
    regions: read::Regions,
    title: Text,
    measure: Text,
    about: About,
    indicators: Vec<Indicator>,
}

/// A file that cannot be read is left out; the tests see that none is.
static TABLES: LazyLock<Vec<IndicatorTable>> =
    LazyLock::new(|| SOURCES.iter().filter_map(|source| table(source).ok()).collect());

fn table(source: &str) -> Result<IndicatorTable, toml::de::Error> {
    let file: TableFile = toml::from_str(source)?;
    let region = read::regions(file.regions, &file.years)?;
    let TableFile { id, form, title, measure, about, indicators, .. } = file;
    let (sums, bounds) = (Vec::new(), Vec::new());
    let table = Table { id, form, title, measure, sums, bounds, dimensions: vec![region] };
    Ok(IndicatorTable { table, about, indicators })
}

/// Every table of indicators, by id.
#[must_use]
pub fn indicator_tables() -> &'static [IndicatorTable] {
    &TABLES
}

/// The table of indicators of an id.
#[must_use]
pub fn indicator_table(id: &str) -> Option<&'static IndicatorTable> {
    indicator_tables().iter().find(|one| one.table.id == id)
}

/// The indicator of a code, and the table it is in.
#[must_use]
pub fn indicator(code: &str) -> Option<(&'static IndicatorTable, &'static Indicator)> {
    let mut all = indicator_tables()
        .iter()
        .flat_map(|table| table.indicators.iter().map(move |one| (table, one)));
    all.find(|(_, one)| one.code == code)
}

/// The inhabitants of some ages at the end of a year, in those of a region's leaves that are not left out; none
/// where they are not known.
#[must_use]
pub fn inhabitants_of(
    leaves: &[String],
    ages: &[String],
    year: u16,
    left_out: &BTreeSet<String>,
) -> Option<u64> {
    let division = Division::of(year)?;
    let there: Vec<&str> =
        leaves.iter().filter(|leaf| !left_out.contains(*leaf)).map(String::as_str).collect();
    let of_oslo = there.iter().filter(|leaf| division.kommune_of(leaf) == OSLO).count();
    // Oslo's inhabitants are more than those of its bydeler: some live where no bydel is.
    let whole_oslo = of_oslo == division.bydeler.len() && of_oslo > 0;
    let mut sum = 0;
    for leaf in there {
        if whole_oslo && division.kommune_of(leaf) == OSLO {
            continue;
        }
        sum += counted(leaf, ages, year)?;
    }
    if whole_oslo {
        sum += counted(OSLO, ages, year)?;
    }
    Some(sum)
}

/// On 1 January of the year after, by what the place was called then.
fn counted(code: &str, ages: &[String], year: u16) -> Option<u64> {
    let of = |code: &str| {
        let all = population::inhabitants(code, year + 1)?;
        ages.iter().map(|age| all.of_age(age).map(u64::from)).sum::<Option<u64>>()
    };
    of(code).or_else(|| changes::became(code, year).iter().map(|code| of(code)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_definition_can_be_read_and_names_what_is_published() {
        for source in SOURCES {
            table(source).expect("a sound definition");
        }
        let mut codes = BTreeSet::new();
        for of in indicator_tables() {
            assert!(crate::table(&of.table.id).is_none());
            assert!(crate::catalogue::about(&of.table.id).is_some());
            for one in &of.indicators {
                assert!(codes.insert(&one.code), "{} twice", one.code);
                assert!(one.factor > 0 && one.decimals < 4, "{}", one.code);
                for part in [&one.numerator, &one.denominator] {
                    assert_ne!(part.cells.is_empty(), part.inhabitants.is_empty(), "{}", one.code);
                    for source in &part.cells {
                        let table = crate::table(&source.table).expect("a published table");
                        assert_eq!(table.form, of.table.form);
                        for year in of.table.years() {
                            assert!(table.has_year(year));
                            for (code, value) in &source.at {
                                let values = table.dimension(code).expect(code).values_of(year);
                                assert!(values.iter().any(|one| one.code == *value), "{value}");
                            }
                        }
                    }
                }
                assert!(one.numerator.inhabitants.is_empty(), "{}", one.code);
            }
        }
        assert!(indicator("mottakere-18-24").is_some_and(|(of, _)| of.table.id == "S1191"));
    }

    #[test]
    fn everybody_is_counted_once_at_every_level() {
        let none = BTreeSet::new();
        let all: Vec<String> =
            ["0-17", "18-19", "20-24", "25-29", "30-39", "40-49", "50-66", "67+"]
                .map(ToOwned::to_owned)
                .into();
        for (year, whole) in [(2023, 5_550_203), (2024, 5_594_340), (2025, 5_627_400)] {
            let division = Division::of(year).expect("a division");
            let of = |code: &str| {
                inhabitants_of(division.leaves_of(code).expect(code), &all, year, &none)
            };
            assert_eq!(of("EAK"), Some(whole), "{year}");
            let counties = division.values().iter().filter(|one| one.level == crate::Level::Fylke);
            let counties: u64 = counties.map(|one| of(&one.code).expect("counted")).sum();
            assert_eq!(counties, whole, "{year}");
            for value in division.values() {
                assert!(of(&value.code).is_some_and(|count| count > 0), "{} {year}", value.code);
            }
        }
    }

    #[test]
    fn who_has_not_delivered_is_not_counted_in_what_they_are_a_part_of() {
        let division = Division::of(2025).expect("a division");
        let leaves = division.leaves_of("EAK").expect("the country");
        let ages = ["18-19".to_owned()];
        let whole = inhabitants_of(leaves, &ages, 2025, &BTreeSet::new());
        let without = |code: &str| inhabitants_of(leaves, &ages, 2025, &[code.to_owned()].into());
        let of = |code: &str| population::inhabitants(code, 2026).map(|one| u64::from(one.from_18));
        assert_eq!(without("3107"), whole.zip(of("3107")).map(|(all, one)| all - one));
        // Whoever lives in no bydel cannot be told from those who have not delivered.
        assert!(without("030101") < whole.zip(of("030101")).map(|(all, one)| all - one + 1));
        assert_eq!(inhabitants_of(leaves, &ages, 2016, &BTreeSet::new()), None);
    }
}
