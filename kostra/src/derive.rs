//! Values made from a record: its region, the kind of its number, age and months of support.

#[cfg(test)]
mod tests;

use chrono::Datelike;

use crate::{
    identity::{self, NumberKind},
    layout::{Field, FieldKind, Layout},
    record::Record,
};

/// Age groups with their names in bokmål and English.
pub const AGE_GROUPS: [(&str, &str, &str); 5] = [
    ("00-17", "Under 18 år", "Under 18 years"),
    ("18-24", "18-24 år", "18-24 years"),
    ("25-44", "25-44 år", "25-44 years"),
    ("45-66", "45-66 år", "45-66 years"),
    ("67+", "67 år eller eldre", "67 years or older"),
];

/// Spans of months with their names in bokmål and English.
pub const MONTH_SPANS: [(&str, &str, &str); 3] = [
    ("01-05", "1-5 måneder", "1-5 months"),
    ("06-09", "6-9 måneder", "6-9 months"),
    ("10-12", "10-12 måneder", "10-12 months"),
];

/// The code for a value the record does not give.
pub const NOT_STATED: (&str, &str, &str) = ("UOPPG", "Uoppgitt", "Not stated");

/// The ending that makes a six-digit code for a record from Oslo without a bydel.
const BYDEL_NOT_STATED: &str = "99";

/// Nobody is older; a birth year that says so is a slip.
const OLDEST: i32 = 125;

/// The derived values of one record.
#[derive(Clone, PartialEq, Eq)]
pub struct Derived {
    /// The column `REGION`.
    pub region: Region,
    /// The column `NUMMERTYPE`.
    pub number_kind: NumberKind,
    /// The column `ALDER`: reporting year less birth year.
    pub age: Option<u8>,
    /// The column `ALDERSGRUPPE`.
    pub age_group: &'static str,
    /// The column `ANTMND`: months ticked.
    pub months: u8,
    /// The column `MNDSPENN`.
    pub month_span: &'static str,
}

/// The leaf of the region hierarchy a record belongs to, kept without an allocation.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Region {
    code: [u8; 6],
    length: usize,
}

impl Region {
    /// The leaf of a municipality number and a bydel number: the municipality, or in Oslo the six
    /// digits of the bydel. A bydel number that is six digits already stands as it is.
    ///
    /// `None` where the municipality is not four digits or an Oslo bydel not two.
    #[must_use]
    pub fn new(kommune: &str, bydel: &str) -> Option<Self> {
        let parts = match (kommune, bydel) {
            ("0301", "") => (kommune, BYDEL_NOT_STATED),
            ("0301", bydel) => (kommune, bydel.strip_prefix("0301").unwrap_or(bydel)),
            _ => (kommune, ""),
        };
        let is_number = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit())
        };
        let bydel_length = if kommune == "0301" { 2 } else { 0 };
        if !is_number(parts.0, 4) || !is_number(parts.1, bydel_length) {
            return None;
        }
        let mut code = [0; 6];
        code.iter_mut()
            .zip(parts.0.bytes().chain(parts.1.bytes()))
            .for_each(|(to, from)| *to = from);
        Some(Self { code, length: 4 + bydel_length })
    }

    /// The code: `3107` or `030105`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        let bytes = self.code.get(..self.length).unwrap_or_default();
        std::str::from_utf8(bytes).unwrap_or_default()
    }
}

/// Derives values from the records of one layout; finds the fields once.
pub struct Deriver {
    year: u16,
    kommune: &'static Field,
    bydel: &'static Field,
    number: &'static Field,
    duf: Option<&'static Field>,
    birth: Option<&'static Field>,
    months: Vec<(&'static Field, &'static str)>,
}

impl Deriver {
    /// A deriver for the records of a layout; `None` where the layout lacks the fields.
    #[must_use]
    pub fn new(layout: &'static Layout) -> Option<Self> {
        let months = (1..=12).map(|month| {
            let field = layout.field(&format!("STMND_{month}"))?;
            let ticked = |code: &&crate::layout::Code| code.code.parse() == Ok(month);
            Some((field, field.codes.iter().find(ticked)?.code.as_str()))
        });
        Some(Self {
            year: layout.year,
            kommune: layout.field("KOMMUNE_NR")?,
            bydel: layout.field("BYDELSNR")?,
            number: layout.field("PERSON_FODSELSNR")?,
            duf: layout.field("PERSON_DUF"),
            birth: layout.field("FODSELSDATO"),
            months: months.collect::<Option<_>>()?,
        })
    }

    /// The derived values of a record; `None` where it belongs to no region.
    ///
    /// The number counts before the DUF number, and the birth date of the number before the one
    /// stated beside it.
    #[must_use]
    pub fn derive(&self, record: &Record<'_>) -> Option<Derived> {
        let region = Region::new(record.value(self.kommune), record.value(self.bydel))?;
        let number = record.value(self.number);
        let mut number_kind = identity::classify(number);
        if number_kind == NumberKind::Missing && self.duf(record).is_some() {
            number_kind = NumberKind::Duf;
        }
        let age = self.age(record, number);
        let ticked = |(field, code): &&(&Field, &str)| record.value(field) == *code;
        let months = u8::try_from(self.months.iter().filter(ticked).count()).unwrap_or_default();
        Some(Derived {
            region,
            number_kind,
            age,
            age_group: age_group(age),
            months,
            month_span: month_span(months),
        })
    }

    /// The DUF number of a record, if it has a right one.
    fn duf<'r>(&self, record: &'r Record<'_>) -> Option<&'r str> {
        let duf = record.value(self.duf?);
        identity::is_valid_duf(duf).then_some(duf)
    }

    /// The number a person may be linked by, if the record has one: the identity number, or the
    /// DUF number where there is none. `kind` is the one that was derived from the record.
    #[must_use]
    pub fn link<'r>(&self, record: &'r Record<'_>, kind: NumberKind) -> Option<&'r str> {
        let number = record.value(self.number);
        if number.is_empty() { self.duf(record) } else { kind.links().then_some(number) }
    }

    fn age(&self, record: &Record<'_>, number: &str) -> Option<u8> {
        let stated = || {
            let field = self.birth?;
            let FieldKind::Date(format) = field.kind else { return None };
            format.parse(record.value(field))
        };
        let read = Some(number).filter(|number| identity::is_widely_valid(number));
        let born = read.and_then(|number| identity::birth_date(number, self.year));
        let age = i32::from(self.year) - born.or_else(stated)?.year();
        u8::try_from(age).ok().filter(|_| age <= OLDEST)
    }
}

/// The derived values of one record; see [`Deriver`] for many.
#[must_use]
pub fn derive(layout: &'static Layout, record: &Record<'_>) -> Option<Derived> {
    Deriver::new(layout)?.derive(record)
}

/// The age group of an age.
#[must_use]
pub const fn age_group(age: Option<u8>) -> &'static str {
    match age {
        Some(0..=17) => "00-17",
        Some(18..=24) => "18-24",
        Some(25..=44) => "25-44",
        Some(45..=66) => "45-66",
        Some(67..) => "67+",
        None => NOT_STATED.0,
    }
}

/// The span of a number of months.
#[must_use]
pub const fn month_span(months: u8) -> &'static str {
    match months {
        1..=5 => "01-05",
        6..=9 => "06-09",
        10..=12 => "10-12",
        _ => NOT_STATED.0,
    }
}
