//! What became of municipalities: new numbers, mergers and splits, and what of an earlier year can be carried
//! to today's division without adding or sharing out anything.

use super::Division;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

/// One change of one municipality (KLASS 131).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Change {
    /// The number before.
    pub from_code: String,
    /// The name before.
    pub from_name: String,
    /// The number after.
    pub to_code: String,
    /// The name after.
    pub to_name: String,
    /// The first day it holds, `2024-01-01`; words where the day is not known.
    pub valid_from: String,
    /// `recoded`, `renamed`, `merge`, `split`, `split+merge` or `continued (area changed)`.
    pub kind: String,
}

impl Change {
    /// The first year it holds, where the day is known.
    #[must_use]
    pub fn year(&self) -> Option<u16> {
        self.valid_from.get(..4)?.parse().ok()
    }
}

/// What one of today's municipalities was in an earlier year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Before {
    /// One whole municipality, with this number.
    Same(String),
    /// Several whole ones that have merged.
    Merged(Vec<String>),
    /// Parts of these: figures cannot be shared out.
    Parts(Vec<String>),
}

/// A file that cannot be read is left out; the tests see that it is not.
static CHANGES: LazyLock<Vec<Change>> = LazyLock::new(|| {
    let text = include_str!("../../data/klass/kommune_changes.csv");
    let rows = csv::Reader::from_reader(text.as_bytes()).into_deserialize();
    rows.filter_map(Result::ok).collect()
});

/// What each number became, by the year it changed in.
static BY_YEAR: LazyLock<BTreeMap<u16, HashMap<&str, Vec<&str>>>> = LazyLock::new(|| {
    let mut years: BTreeMap<u16, HashMap<&str, Vec<&str>>> = BTreeMap::new();
    for change in &*CHANGES {
        let Some(year) = change.year() else { continue };
        let became = years.entry(year).or_default().entry(&change.from_code).or_default();
        became.push(&change.to_code);
    }
    years
});

/// For each year of a division: today's municipalities and what they were.
static BEFORE: LazyLock<BTreeMap<u16, BTreeMap<String, Before>>> =
    LazyLock::new(|| Division::years().map(|year| (year, before_in(year))).collect());

/// Every change since 2017, oldest first.
#[must_use]
pub fn changes() -> &'static [Change] {
    &CHANGES
}

/// What one of today's municipalities was in a year; none where it was nothing then.
#[must_use]
pub fn before(code: &str, year: u16) -> Option<&'static Before> {
    BEFORE.get(&year)?.get(code)
}

/// Today's division: the newest there is.
#[must_use]
pub fn today() -> Option<&'static Division> {
    Division::of(Division::years().last()?)
}

fn before_in(year: u16) -> BTreeMap<String, Before> {
    let kommuner = Division::of(year).map(|division| division.kommuner.as_slice());
    whence(kommuner.unwrap_or_default().iter().map(|one| one.code.as_str()), year)
}

/// What today's municipalities were among the municipalities of a year.
pub(super) fn whence<'a>(
    kommuner: impl Iterator<Item = &'a str>,
    year: u16,
) -> BTreeMap<String, Before> {
    let mut whence: BTreeMap<String, Vec<(String, bool)>> = BTreeMap::new();
    for kommune in kommuner {
        let became = became(kommune, year);
        for code in &became {
            let whole = became.len() == 1;
            whence.entry(code.clone()).or_default().push((kommune.to_owned(), whole));
        }
    }
    let told = |from: Vec<(String, bool)>| {
        let whole = from.iter().all(|(_, whole)| *whole);
        let mut codes: Vec<String> = from.into_iter().map(|(code, _)| code).collect();
        match (whole, codes.len()) {
            (true, 1) => Before::Same(codes.swap_remove(0)),
            (true, _) => Before::Merged(codes),
            (false, _) => Before::Parts(codes),
        }
    };
    whence.into_iter().map(|(code, from)| (code, told(from))).collect()
}

/// The numbers a municipality's area has today, followed change by change.
pub(crate) fn became(code: &str, year: u16) -> BTreeSet<String> {
    let mut codes = BTreeSet::from([code]);
    for (_, of_year) in BY_YEAR.range(year.saturating_add(1)..) {
        codes = codes
            .into_iter()
            .flat_map(|code| of_year.get(code).cloned().unwrap_or_else(|| vec![code]))
            .collect();
    }
    codes.into_iter().map(ToOwned::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_read() {
        let lines = include_str!("../../data/klass/kommune_changes.csv").lines().count();
        assert_eq!(changes().len(), lines - 1);
        assert!(changes().iter().filter(|change| change.year().is_none()).count() <= 3);
    }

    #[test]
    fn a_new_number_a_merger_and_a_split_are_told_apart() {
        assert_eq!(before("3107", 2023), Some(&Before::Same("3004".to_owned())));
        assert_eq!(before("3107", 2016), Some(&Before::Same("0106".to_owned())));
        assert_eq!(before("3107", 2025), Some(&Before::Same("3107".to_owned())));
        for code in ["1508", "1580"] {
            assert_eq!(before(code, 2023), Some(&Before::Parts(vec!["1507".to_owned()])), "{code}");
        }
        let drammen = before("3301", 2016);
        let Some(Before::Merged(parts)) = drammen else { panic!("{drammen:?}") };
        assert!(parts.contains(&"0602".to_owned()) && parts.len() == 3, "{parts:?}");
    }

    #[test]
    fn every_municipality_of_today_comes_from_somewhere() {
        let today = today().expect("a division");
        // The fictitious file of 2016 lacks three.
        for year in Division::years().filter(|year| *year > 2016) {
            for kommune in &today.kommuner {
                assert!(before(&kommune.code, year).is_some(), "{} in {year}", kommune.code);
            }
            let codes = BEFORE[&year].keys();
            assert_eq!(codes.len(), today.kommuner.len(), "{year}");
        }
        assert!(BEFORE[&2016].len() >= today.kommuner.len() - 3);
    }
}
