//! The division of the country in each year: municipalities, counties, KOSTRA groups, bydeler.
//!
//! A year's [`Division`] knows the leaf codes the register column `REGION` can hold and which
//! leaves every published region adds up. Oslo is the union of its fifteen bydeler.

pub mod changes;
pub(crate) mod merged;
pub mod population;
pub(crate) mod read;
pub(crate) mod sizes;

use crate::{Level, Text, Value};
use std::collections::HashMap;
use std::sync::OnceLock;

/// The municipality whose bydeler run social services of their own.
pub const OSLO: &str = "0301";

/// One municipality of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kommune {
    /// The four-digit number.
    pub code: String,
    /// Its official name or names.
    pub name: String,
    /// The two-digit number of its fylke.
    pub fylke: String,
    /// `EKG01`…`EKG17`, where it is in a group.
    pub kostragruppe: Option<String>,
}

/// One bydel of Oslo with services of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bydel {
    /// Six digits, the first four being the municipality: `030101`.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// One fylke of a year.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fylke {
    /// The two-digit number.
    pub code: String,
    /// Its name.
    pub name: String,
}

/// One KOSTRA group: municipalities alike in size, bound costs and income.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kostragruppe {
    /// `EKG01`…`EKG17`.
    pub code: String,
    /// `KOSTRA-gruppe 01`, `KOSTRA group 01`.
    pub name: Text,
}

/// The country as it was divided on 1 January of a year.
#[derive(Debug)]
pub struct Division {
    /// The year.
    pub year: u16,
    /// Municipalities by code.
    pub kommuner: Vec<Kommune>,
    /// Oslo's bydeler by code.
    pub bydeler: Vec<Bydel>,
    /// Counties by code.
    pub fylker: Vec<Fylke>,
    /// The KOSTRA groups that have a member.
    pub grupper: Vec<Kostragruppe>,
    leaves: Vec<String>,
    values: Vec<Value>,
    index: HashMap<String, usize>,
}

/// That of each year, made when it is first asked for.
static DIVISIONS: [OnceLock<Option<Division>>; read::SOURCES.len()] =
    [const { OnceLock::new() }; read::SOURCES.len()];

impl Division {
    /// The division of a year: 2016, 2017, and 2020 onwards.
    #[must_use]
    pub fn of(year: u16) -> Option<&'static Self> {
        let sources = || DIVISIONS.iter().zip(&read::SOURCES);
        let (division, (_, kommuner)) = sources().find(|(_, (own, _))| *own == year)?;
        division.get_or_init(|| read::division(year, kommuner).ok()).as_ref()
    }

    /// The years there is a division of, oldest first.
    pub fn years() -> impl Iterator<Item = u16> {
        read::SOURCES.iter().map(|(year, _)| *year)
    }

    /// The codes the register column `REGION` can hold: every municipality but Oslo, then Oslo's
    /// bydeler.
    #[must_use]
    pub fn leaves(&self) -> &[String] {
        &self.leaves
    }

    /// Every published region in publishing order: the country, the country except Oslo, counties,
    /// KOSTRA groups, municipalities, bydeler, municipalities by size where inhabitants are known, and today's
    /// municipalities that were several.
    #[must_use]
    pub fn values(&self) -> &[Value] {
        &self.values
    }

    /// The published regions that are unions of many municipalities.
    pub fn aggregates(&self) -> impl Iterator<Item = &Value> {
        self.values.iter().filter(|value| value.level > Level::Merged)
    }

    /// The published region of a code.
    #[must_use]
    pub fn value(&self, code: &str) -> Option<&Value> {
        self.values.get(*self.index.get(code)?)
    }

    /// The leaves a published region adds up, in the time of one hash lookup.
    #[must_use]
    pub fn leaves_of(&self, code: &str) -> Option<&[String]> {
        self.value(code).map(|value| value.leaves.as_slice())
    }

    /// The municipality of a leaf: the leaf itself, or Oslo for a bydel.
    #[must_use]
    pub fn kommune_of<'a>(&self, leaf: &'a str) -> &'a str {
        leaf.get(..4).unwrap_or(leaf)
    }

    fn new(
        year: u16,
        kommuner: Vec<Kommune>,
        fylker: Vec<Fylke>,
        grupper: Vec<Kostragruppe>,
        bydeler: Vec<Bydel>,
    ) -> Self {
        let leaves = kommuner
            .iter()
            .map(|kommune| &kommune.code)
            .filter(|code| *code != OSLO)
            .chain(bydeler.iter().map(|bydel| &bydel.code))
            .cloned()
            .collect();
        let mut division = Self {
            year,
            kommuner,
            bydeler,
            fylker,
            grupper,
            leaves,
            values: Vec::new(),
            index: HashMap::new(),
        };
        division.values = division.publish();
        division.index = division
            .values
            .iter()
            .enumerate()
            .map(|(at, value)| (value.code.clone(), at))
            .collect();
        division
    }

    fn publish(&self) -> Vec<Value> {
        let mut values = vec![
            self.union("EAK", Text::new("Landet", "The whole country"), Level::Total, |_| true),
            self.union(
                "EAKUO",
                Text::new("Landet uten Oslo", "The country except Oslo"),
                Level::Total,
                |kommune| kommune.code != OSLO,
            ),
        ];
        values.extend(self.fylker.iter().map(|fylke| {
            let name = Text::new(&fylke.name, &fylke.name);
            self.union(&format!("EKA{}", fylke.code), name, Level::Fylke, |kommune| {
                kommune.fylke == fylke.code
            })
        }));
        values.extend(self.grupper.iter().map(|gruppe| {
            self.union(&gruppe.code, gruppe.name.clone(), Level::KostraGroup, |kommune| {
                kommune.kostragruppe.as_deref() == Some(gruppe.code.as_str())
            })
        }));
        values.extend(self.kommuner.iter().map(|one| {
            let name = Text::new(&one.name, &one.name);
            self.union(&one.code, name, Level::Kommune, |kommune| kommune.code == one.code)
        }));
        values.extend(self.bydeler.iter().map(|bydel| Value {
            code: bydel.code.clone(),
            label: Text::new(&bydel.name, &bydel.name),
            level: Level::Leaf,
            leaves: vec![bydel.code.clone()],
        }));
        // Last, so that what was released before there were such still has its places.
        let many: HashMap<&str, u32> = self
            .kommuner
            .iter()
            .filter_map(|one| Some((&*one.code, sizes::at_the_end_of(&one.code, self.year)?)))
            .collect();
        let sizes = sizes::sizes().map(|size| {
            self.union(&size.code(), size.label(), Level::Size, |kommune| {
                many.get(&*kommune.code).is_some_and(|inhabitants| size.holds(*inhabitants))
            })
        });
        values.extend(sizes.filter(|value| !value.leaves.is_empty()));
        let codes = || self.kommuner.iter().map(|one| one.code.as_str());
        values.extend(merged::merged(codes(), self.year).map(|one| {
            self.union(&one.code(), one.label(), Level::Merged, |kommune| {
                one.from.contains(&kommune.code)
            })
        }));
        values
    }

    fn union(
        &self,
        code: &str,
        label: Text,
        level: Level,
        belongs: impl Fn(&Kommune) -> bool,
    ) -> Value {
        let bydeler = || self.bydeler.iter().map(|bydel| bydel.code.clone());
        let leaves = self
            .kommuner
            .iter()
            .filter(|kommune| belongs(kommune))
            .flat_map(|kommune| match kommune.code.as_str() {
                OSLO => bydeler().collect(),
                code => vec![code.to_owned()],
            })
            .collect();
        Value { code: code.to_owned(), label, level, leaves }
    }
}

#[cfg(test)]
mod tests;
