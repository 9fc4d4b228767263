//! Classifications as Statistics Norway's KLASS has them: municipalities, counties, bydeler and KOSTRA groups over
//! the years, their changes, and which code goes with which.
//!
//! They are made from the divisions of each year. A span begins on 1 January of the first year the code has the
//! name, and where that is the first year known it may be older than it says.

use crate::Text;
use crate::regions::changes::{Change, changes};
use crate::regions::read::{self, SOURCES};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// The classification of counties.
pub const FYLKER: u32 = 104;
/// The classification of bydeler.
pub const BYDELER: u32 = 103;
/// The classification of municipalities by KOSTRA group.
pub const GRUPPER: u32 = 112;
/// The classification of municipalities.
pub const KOMMUNER: u32 = 131;

/// The first year known.
const FIRST: u16 = 2017;

/// The municipality lists of years that no records are of.
const WITHOUT_RECORDS: [(u16, &str); 2] = [
    (2018, include_str!("../data/klass/kommuner_2018.csv")),
    (2019, include_str!("../data/klass/kommuner_2019.csv")),
];

/// The municipality list of each year, oldest first.
fn lists() -> impl Iterator<Item = (u16, &'static str)> {
    let known = SOURCES.into_iter().filter(|(year, _)| *year >= FIRST);
    let mut all: Vec<_> = WITHOUT_RECORDS.into_iter().chain(known).collect();
    all.sort_by_key(|(year, _)| *year);
    all.into_iter()
}

/// A code and the years it has one name and one parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// The code above it.
    pub parent: Option<String>,
    /// The first year.
    pub from: u16,
    /// The first year it is no more; none while it holds.
    pub to: Option<u16>,
}

impl Span {
    /// Whether it holds on some day of `from..to`, where no `to` is the one day `from`.
    #[must_use]
    pub fn holds(&self, from: u16, to: Option<u16>) -> bool {
        let ends_after = self.to.is_none_or(|end| end > from);
        ends_after && self.from < to.unwrap_or(from.saturating_add(1))
    }
}

/// One state of a classification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Its number here; KLASS numbers its versions otherwise.
    pub id: u32,
    /// The first year.
    pub from: u16,
    /// The first year it is no more.
    pub to: Option<u16>,
}

/// One classification.
#[derive(Debug)]
pub struct Classification {
    /// Its number in KLASS.
    pub id: u32,
    /// Its name.
    pub name: Text,
    /// The same in nynorsk.
    pub name_nn: &'static str,
    /// What it divides.
    pub description: Text,
    /// Every code, by code and then by year.
    pub spans: Vec<Span>,
    /// Its states, newest first.
    pub versions: Vec<Version>,
}

/// A code of one classification that goes with one of another, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// The code.
    pub source: String,
    /// Its name.
    pub source_name: String,
    /// What it goes with.
    pub target: String,
    /// Its name.
    pub target_name: String,
    /// The first year.
    pub from: u16,
    /// The first year it is no more.
    pub to: Option<u16>,
}

struct All {
    classifications: [Classification; 4],
    pairs: BTreeMap<(u32, u32), Vec<Pair>>,
}

static ALL: LazyLock<All> = LazyLock::new(make);

/// Every classification, by number.
#[must_use]
pub fn classifications() -> &'static [Classification] {
    &ALL.classifications
}

/// The classification of a number.
#[must_use]
pub fn classification(id: u32) -> Option<&'static Classification> {
    classifications().iter().find(|one| one.id == id)
}

/// What goes with what between two classifications; none where nothing is known of it.
#[must_use]
pub fn correspondence(source: u32, target: u32) -> Option<&'static [Pair]> {
    ALL.pairs.get(&(source, target)).map(Vec::as_slice)
}

/// The changes of municipalities whose day is known; of nothing else.
pub fn changes_of(id: u32) -> impl Iterator<Item = &'static Change> {
    let has_day = |change: &Change| change.valid_from.len() == "2024-01-01".len();
    changes().iter().filter(move |change| id == KOMMUNER && has_day(change))
}

/// For each key the years it has the same values, from lists of `(year, key, value)` in the order of years.
fn spans<V: PartialEq + Clone>(rows: Vec<(u16, String, V)>) -> Vec<(String, V, u16, Option<u16>)> {
    let last = lists().last().map_or(FIRST, |(year, _)| year);
    let mut open: BTreeMap<String, Vec<(V, u16, u16)>> = BTreeMap::new();
    for (year, key, value) in rows {
        let of_key = open.entry(key).or_default();
        match of_key.last_mut() {
            Some((known, _, until)) if *known == value && *until + 1 >= year => *until = year,
            _ => of_key.push((value, year, year)),
        }
    }
    let all = open.into_iter().flat_map(|(key, values)| {
        values.into_iter().map(move |(value, from, until)| {
            (key.clone(), value, from, (until < last).then_some(until + 1))
        })
    });
    all.collect()
}

fn spans_of(rows: Vec<(u16, String, (String, Option<String>))>) -> Vec<Span> {
    let all = spans(rows).into_iter();
    all.map(|(code, (name, parent), from, to)| Span { code, name, parent, from, to }).collect()
}

fn versions(id: u32, spans: &[Span]) -> Vec<Version> {
    let mut starts: Vec<u16> =
        spans.iter().flat_map(|span| [Some(span.from), span.to]).flatten().collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).copied().map(Some).chain([None]);
    let mut all: Vec<Version> = starts
        .iter()
        .zip(ends)
        .map(|(&from, to)| Version { id: id * 10_000 + u32::from(from), from, to })
        .collect();
    all.reverse();
    all
}

fn group_name(code: &str) -> String {
    format!("KOSTRA-gruppe {}", code.trim_start_matches("EKG"))
}

fn make() -> All {
    let mut kommuner = Vec::new();
    let mut fylker = Vec::new();
    let mut grupper = Vec::new();
    let mut to_fylke = Vec::new();
    let mut to_gruppe = Vec::new();
    for (year, list) in lists() {
        let mut seen = (Vec::new(), Vec::new());
        // A test reads every row of every list: none is left out here.
        for row in read::kommuner(list).filter_map(Result::ok) {
            kommuner.push((year, row.code.clone(), (row.name.clone(), None)));
            to_fylke.push((
                year,
                format!("{}/{}", row.code, row.fylke_code),
                (row.name.clone(), row.fylke_name.clone()),
            ));
            if !seen.0.contains(&row.fylke_code) {
                seen.0.push(row.fylke_code.clone());
                fylker.push((year, row.fylke_code, (row.fylke_name, None)));
            }
            if let Some(gruppe) = row.kostragruppe.filter(|gruppe| !gruppe.is_empty()) {
                let name = group_name(&gruppe);
                to_gruppe.push((year, format!("{}/{gruppe}", row.code), (row.name, name.clone())));
                if !seen.1.contains(&gruppe) {
                    seen.1.push(gruppe.clone());
                    grupper.push((year, gruppe, (name, None)));
                }
            }
        }
    }
    let bydeler = read::bydeler().unwrap_or_default().into_iter().map(|bydel| Span {
        parent: None,
        name: bydel.name,
        code: bydel.code,
        from: FIRST,
        to: None,
    });
    let bydeler: Vec<Span> = bydeler.collect();
    let of_oslo = bydeler.iter().map(|bydel| Pair {
        source: bydel.code.clone(),
        source_name: bydel.name.clone(),
        target: crate::regions::OSLO.to_owned(),
        target_name: "Oslo".to_owned(),
        from: FIRST,
        to: None,
    });
    let pairs = BTreeMap::from([
        ((KOMMUNER, FYLKER), pairs(to_fylke)),
        ((KOMMUNER, GRUPPER), pairs(to_gruppe)),
        ((BYDELER, KOMMUNER), of_oslo.collect()),
    ]);
    All {
        classifications: described(
            bydeler,
            spans_of(fylker),
            spans_of(grupper),
            spans_of(kommuner),
        ),
        pairs,
    }
}

fn pairs(rows: Vec<(u16, String, (String, String))>) -> Vec<Pair> {
    let all =
        spans(rows).into_iter().filter_map(|(codes, (source_name, target_name), from, to)| {
            let (source, target) = codes.split_once('/')?;
            let (source, target) = (source.to_owned(), target.to_owned());
            Some(Pair { source, source_name, target, target_name, from, to })
        });
    all.collect()
}

fn described(
    bydeler: Vec<Span>,
    fylker: Vec<Span>,
    grupper: Vec<Span>,
    kommuner: Vec<Span>,
) -> [Classification; 4] {
    let one = |id, nb, name_nn, en, description, spans: Vec<Span>| Classification {
        versions: versions(id, &spans),
        id,
        name: Text::new(nb, en),
        name_nn,
        description,
        spans,
    };
    [
        one(
            BYDELER,
            "Standard for bydelsinndeling",
            "Standard for bydelsinndeling",
            "Classification of city districts",
            Text::new(
                "Bydelene i Oslo som har egne sosialtjenester.",
                "The city districts of Oslo that run social services of their own.",
            ),
            bydeler,
        ),
        one(
            FYLKER,
            "Standard for fylkesinndeling",
            "Standard for fylkesinndeling",
            "Classification of counties",
            Text::new("Landets fylker.", "The counties of the country."),
            fylker,
        ),
        one(
            GRUPPER,
            "Standard for gruppering av kommuner (KOSTRA-grupper)",
            "Standard for gruppering av kommunar (KOSTRA-grupper)",
            "Classification of groups of municipalities (KOSTRA groups)",
            Text::new(
                "Kommuner som ligner på hverandre i folkemengde, bundne kostnader og inntekter. Kjent fra 2020.",
                "Municipalities alike in size, bound costs and income. Known from 2020.",
            ),
            grupper,
        ),
        one(
            KOMMUNER,
            "Standard for kommuneinndeling",
            "Standard for kommuneinndeling",
            "Classification of municipalities",
            Text::new("Landets kommuner.", "The municipalities of the country."),
            kommuner,
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(id: u32, year: u16) -> Vec<&'static str> {
        let all = classification(id).expect("known").spans.iter();
        all.filter(|span| span.holds(year, None)).map(|span| span.code.as_str()).collect()
    }

    #[test]
    fn every_row_of_every_list_is_read() {
        for (year, list) in lists() {
            for (at, row) in read::kommuner(list).enumerate() {
                let row = row.unwrap_or_else(|error| panic!("{year}, row {}: {error}", at + 1));
                assert!(row.code.len() == 4 && !row.name.is_empty(), "{year}, row {}", at + 1);
            }
        }
        read::bydeler().expect("the file of bydeler is whole");
    }

    #[test]
    fn every_year_has_the_municipalities_it_had() {
        for (year, count) in
            [(2017, 426), (2018, 422), (2019, 422), (2020, 356), (2024, 357), (2026, 357)]
        {
            let found = codes(KOMMUNER, year);
            assert_eq!(found.len(), count, "{year}");
            assert!(found.contains(&"0301"), "{year}");
        }
        assert!(
            codes(KOMMUNER, 2023).contains(&"3004") && !codes(KOMMUNER, 2024).contains(&"3004")
        );
        assert_eq!(codes(GRUPPER, 2024).len(), 17);
        assert!(codes(GRUPPER, 2019).is_empty());
        assert_eq!((codes(FYLKER, 2019).len(), codes(FYLKER, 2024).len()), (18, 15));
    }

    #[test]
    fn a_code_has_one_name_at_a_time() {
        for classification in classifications() {
            for pair in classification.spans.windows(2) {
                let [a, b] = pair else { panic!("two") };
                let apart = a.code != b.code || a.to.is_some_and(|to| to <= b.from);
                assert!(apart, "{a:?} {b:?}");
            }
            let newest = classification.versions.first().expect("a version");
            assert_eq!(newest.to, None, "{}", classification.id);
        }
    }

    #[test]
    fn every_municipality_goes_with_one_county_and_one_group() {
        for target in [FYLKER, GRUPPER] {
            let pairs = correspondence(KOMMUNER, target).expect("known");
            for year in 2020..=2026 {
                let of_year = pairs
                    .iter()
                    .filter(|pair| pair.from <= year && pair.to.is_none_or(|to| to > year));
                assert_eq!(of_year.count(), codes(KOMMUNER, year).len(), "{target} {year}");
            }
        }
        assert!(correspondence(FYLKER, GRUPPER).is_none());
        assert_eq!(changes_of(KOMMUNER).count(), changes().len() - 3);
        assert_eq!(changes_of(FYLKER).count(), 0);
    }
}
