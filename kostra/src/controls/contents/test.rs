//! What a control asks of a record.

use super::Seen;
use crate::{
    identity,
    layout::{DateFormat, Field, FieldKind, Layout},
};
use chrono::{Datelike as _, NaiveDate};

/// One condition, in the names of fields. A blank or unreadable whole number counts as 0.
pub(super) enum Test {
    /// The field holds one of the codes.
    Is(&'static str, &'static [&'static str]),
    /// The field holds none of the codes.
    IsNot(&'static str, &'static [&'static str]),
    /// The field holds no code of its list.
    Unlisted(&'static str),
    /// The field is blank.
    Blank(&'static str),
    /// The sum of the fields is above.
    Above(&'static [&'static str], i64),
    /// The sum of the fields is at most.
    AtMost(&'static [&'static str], i64),
    /// The first field is not the sum of the others.
    IsNotSum(&'static str, &'static [&'static str]),
    /// Some of the fields holds its own code. Fields a year lacks hold none.
    Ticked(&'static [&'static str]),
    /// None of the fields holds its own code.
    Unticked(&'static [&'static str]),
    /// The field holds no real date.
    NoDate(&'static str),
    /// The field holds no real date, or one more than so many years before the reporting year.
    NoDateSince(&'static str, i32),
    /// The date is after the reporting year.
    Later(&'static str),
    /// The field holds no date of the reporting year.
    NoDateOfYear(&'static str),
    /// Younger than that; where the age cannot be read, the last word counts.
    Under(i32, bool),
    /// As old as that, or older.
    From(i32),
    /// The first field is not 1, or the second is not above 0: no child is supported.
    NoChild(&'static str, &'static str),
    /// The field holds no valid DUF number.
    NoDuf(&'static str),
    /// The field holds no municipality of the year, where those are known.
    NoKommune(&'static str),
    /// The municipality is not Oslo.
    OutsideOslo,
    /// The field is not blank.
    Filled(&'static str),
    /// Something other than a digit or a blank stands from one of the positions on, so many characters.
    NotDigits(&'static [(usize, usize)]),
    /// Some of the fields holds something else than its own code, `00` or blanks.
    Odd(&'static [&'static str]),
    /// The first date is before the second.
    Before(&'static str, &'static str),
    /// The date is before the reporting year.
    BeforeYear(&'static str),
    /// The amount is so much or more for each of the fields that holds its own code.
    PerTicked(&'static str, &'static [&'static str], i64),
    /// All conditions of one of the groups hold.
    Either(&'static [&'static [Test]]),
}

/// The same over the fields of a layout.
pub(in crate::controls) enum Ready {
    Is(&'static Field, &'static [&'static str]),
    IsNot(&'static Field, &'static [&'static str]),
    Unlisted(&'static Field),
    Blank(&'static Field),
    Above(Vec<&'static Field>, i64),
    AtMost(Vec<&'static Field>, i64),
    IsNotSum(&'static Field, Vec<&'static Field>),
    Ticked(Vec<&'static Field>),
    Unticked(Vec<&'static Field>),
    NoDate(&'static Field, DateFormat),
    NoDateSince(&'static Field, DateFormat, i32),
    Later(&'static Field, DateFormat),
    NoDateOfYear(&'static Field, DateFormat),
    Under(i32, bool),
    From(i32),
    NoChild(&'static Field, &'static Field),
    NoDuf(&'static Field),
    NoKommune(&'static Field),
    OutsideOslo,
    Filled(&'static Field),
    NotDigits(&'static [(usize, usize)]),
    Odd(Vec<&'static Field>),
    Before([(&'static Field, DateFormat); 2]),
    BeforeYear(&'static Field, DateFormat),
    PerTicked(&'static Field, Vec<&'static Field>, i64),
    Either(Vec<Vec<Ready>>),
}

impl Ready {
    /// A condition over a layout; `None` where the layout lacks what it asks about.
    pub(super) fn new(test: &'static Test, layout: &'static Layout) -> Option<Self> {
        let field = |name: &str| layout.field(name);
        let fields =
            |names: &[&str]| names.iter().map(|name| field(name)).collect::<Option<Vec<_>>>();
        let some = |names: &[&str]| {
            let known: Vec<_> = names.iter().filter_map(|name| field(name)).collect();
            (!known.is_empty()).then_some(known)
        };
        let date = |name: &str| match field(name)? {
            field @ Field { kind: FieldKind::Date(format), .. } => Some((field, *format)),
            _ => None,
        };
        Some(match *test {
            Test::Is(name, codes) => Self::Is(field(name)?, codes),
            Test::IsNot(name, codes) => Self::IsNot(field(name)?, codes),
            Test::Unlisted(name) => Self::Unlisted(field(name)?),
            Test::Blank(name) => Self::Blank(field(name)?),
            Test::Above(names, limit) => Self::Above(fields(names)?, limit),
            Test::AtMost(names, limit) => Self::AtMost(fields(names)?, limit),
            Test::IsNotSum(total, parts) => Self::IsNotSum(field(total)?, fields(parts)?),
            Test::Ticked(names) => Self::Ticked(some(names)?),
            Test::Unticked(names) => Self::Unticked(some(names)?),
            Test::NoDate(name) => date(name).map(|(field, format)| Self::NoDate(field, format))?,
            Test::NoDateSince(name, years) => {
                date(name).map(|(field, format)| Self::NoDateSince(field, format, years))?
            }
            Test::Later(name) => date(name).map(|(field, format)| Self::Later(field, format))?,
            Test::NoDateOfYear(name) => {
                date(name).map(|(field, format)| Self::NoDateOfYear(field, format))?
            }
            Test::Under(age, unreadable) => Self::Under(age, unreadable),
            Test::From(age) => Self::From(age),
            Test::NoChild(has, count) => Self::NoChild(field(has)?, field(count)?),
            Test::NoDuf(name) => Self::NoDuf(field(name)?),
            Test::NoKommune(name) => Self::NoKommune(field(name)?),
            Test::OutsideOslo => Self::OutsideOslo,
            Test::Filled(name) => Self::Filled(field(name)?),
            Test::NotDigits(places) => Self::NotDigits(places),
            Test::Odd(names) => Self::Odd(some(names)?),
            Test::Before(one, other) => Self::Before([date(one)?, date(other)?]),
            Test::BeforeYear(name) => {
                date(name).map(|(field, format)| Self::BeforeYear(field, format))?
            }
            Test::PerTicked(amount, names, limit) => {
                Self::PerTicked(field(amount)?, some(names)?, limit)
            }
            Test::Either(groups) => {
                let group = |tests: &&'static [Test]| {
                    tests.iter().map(|test| Self::new(test, layout)).collect::<Option<Vec<_>>>()
                };
                Self::Either(groups.iter().map(group).collect::<Option<_>>()?)
            }
        })
    }

    /// Whether it holds for a record.
    pub(in crate::controls) fn holds(&self, seen: &Seen<'_, '_>) -> bool {
        let value = |field: &Field| seen.record.value(field);
        let holds = |field: &Field, codes: &[&str]| codes.contains(&value(field));
        let number = |field: &Field| value(field).parse().unwrap_or(0);
        let sum = |fields: &[&Field]| fields.iter().map(|field| number(field)).sum::<i64>();
        let ticked = |field: &&Field| field.has_code(value(field));
        let date = |field: &Field, format: &DateFormat| format.parse(value(field));
        let year = |date: Option<NaiveDate>| date.map(|date| date.year());
        match self {
            Self::Is(field, codes) => holds(field, codes),
            Self::IsNot(field, codes) => !holds(field, codes),
            Self::Unlisted(field) => !field.has_code(value(field)),
            Self::Blank(field) => value(field).is_empty(),
            Self::Above(fields, limit) => sum(fields) > *limit,
            Self::AtMost(fields, limit) => sum(fields) <= *limit,
            Self::IsNotSum(total, parts) => number(total) != sum(parts),
            Self::Ticked(fields) => fields.iter().any(ticked),
            Self::Unticked(fields) => !fields.iter().any(ticked),
            Self::NoDate(field, format) => date(field, format).is_none(),
            Self::NoDateSince(field, format, years) => {
                year(date(field, format)).is_none_or(|year| seen.year - year > *years)
            }
            Self::Later(field, format) => {
                year(date(field, format)).is_some_and(|year| year > seen.year)
            }
            Self::NoDateOfYear(field, format) => year(date(field, format)) != Some(seen.year),
            Self::Under(age, unreadable) => seen.age.map_or(*unreadable, |own| own < *age),
            Self::From(age) => seen.age.is_some_and(|own| own >= *age),
            Self::NoChild(has, count) => value(has) != "1" || number(count) <= 0,
            Self::NoDuf(field) => !identity::is_valid_duf(value(field)),
            Self::NoKommune(field) => {
                seen.kommuner.is_some_and(|known| !known.contains(value(field)))
            }
            Self::OutsideOslo => !seen.in_oslo,
            Self::Filled(field) => !value(field).is_empty(),
            Self::NotDigits(places) => places.iter().any(|(start, length)| {
                let mut stands = seen.record.slice(*start, *length).bytes();
                stands.any(|byte| byte != b' ' && !byte.is_ascii_digit())
            }),
            Self::Odd(fields) => fields
                .iter()
                .any(|field| !matches!(value(field), "" | "00") && !field.has_code(value(field))),
            Self::Before([one, other]) => {
                let [one, other] = [one, other].map(|(field, format)| date(field, format));
                one.zip(other).is_some_and(|(one, other)| one < other)
            }
            Self::BeforeYear(field, format) => {
                year(date(field, format)).is_some_and(|year| year < seen.year)
            }
            Self::PerTicked(amount, fields, limit) => {
                let months = fields.iter().filter(|field| ticked(field)).count();
                i64::try_from(months).is_ok_and(|months| {
                    months > 0 && number(amount) >= months.saturating_mul(*limit)
                })
            }
            Self::Either(groups) => {
                groups.iter().any(|group| group.iter().all(|test| test.holds(seen)))
            }
        }
    }
}
