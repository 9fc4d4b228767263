//! The controls on what a record says: which answers go together, and which amounts are likely.
//!
//! Numbers, severities and limits are those of Statistics Norway's control program for reporting year 2026
//! (statisticsnorway/kostra-kontrollprogram, MIT, commit c1f5848, classes under `sosial/`), as rows of a table
//! for each form. A control whose fields a year's layout lacks is not run that year. What differs, and why:
//!
//! - Whoever has a DUF number only has no age to read from an identity number. The original then warns of
//!   somebody under 18; here the date of birth stated beside it counts.
//! - A code outside its list is told once, under the control that names the field, not under 002 as well.
//! - 030 says 1 000 000 kroner, which the original counts with, not the 600 000 it still prints.

mod children;
mod form_11;
mod form_11b;
mod form_11c;
mod test;

use super::Severity;
use crate::{
    Form, Text, identity,
    layout::{Field, FieldKind, Layout},
    record::Record,
};
use chrono::Datelike as _;
use std::collections::BTreeSet;
pub(super) use test::Ready;
use test::Test;

/// One control: it reports a record that all the tests hold for.
pub(super) struct Control {
    /// Its number in the original.
    pub id: &'static str,
    pub severity: Severity,
    /// What it is about.
    pub fields: &'static [&'static str],
    when: &'static [Test],
    /// What is wrong and what to do, in bokmål.
    pub nb: &'static str,
    /// The same in English.
    pub en: &'static str,
}

impl Control {
    /// What it says.
    pub(super) fn text(&self) -> Text {
        Text::new(self.nb, self.en)
    }
}

/// The controls of a layout, made ready.
pub(super) struct Contents {
    controls: Vec<(&'static Control, Vec<Ready>)>,
    number: &'static Field,
    birth: Option<&'static Field>,
    year: u16,
}

/// What the controls of a layout say.
#[cfg(test)]
pub(super) fn texts(layout: &'static Layout) -> Vec<Text> {
    let all = Contents::new(layout).map(|contents| contents.controls);
    all.into_iter().flatten().map(|(control, _)| control.text()).collect()
}

/// What a record is seen with.
pub(super) struct Seen<'r, 'l> {
    pub record: &'r Record<'l>,
    pub year: i32,
    pub in_oslo: bool,
    /// Age reached during the reporting year.
    pub age: Option<i32>,
    pub kommuner: Option<&'r BTreeSet<String>>,
}

impl Contents {
    /// The controls of a form and year; none for a form without such controls.
    pub(super) fn new(layout: &'static Layout) -> Option<Self> {
        let all: &'static [Control] = match layout.form {
            Form::F11 => form_11::CONTROLS,
            Form::F11B => form_11b::CONTROLS,
            Form::F11C => form_11c::CONTROLS,
            _ => &[],
        };
        let ready = all.iter().filter_map(|control| {
            let tests = control.when.iter().map(|test| Ready::new(test, layout));
            Some((control, tests.collect::<Option<Vec<_>>>()?))
        });
        Some(Self {
            controls: ready.collect(),
            number: layout.field("PERSON_FODSELSNR").or_else(|| layout.field("felt_6"))?,
            birth: layout.field("FODSELSDATO"),
            year: layout.year,
        })
    }

    /// Each control and what it asks.
    #[cfg(test)]
    pub(super) fn all(&self) -> impl Iterator<Item = (&'static Control, &[Ready])> {
        self.controls.iter().map(|(control, tests)| (*control, tests.as_slice()))
    }

    /// What each control asks.
    pub(super) fn tests(&self) -> impl Iterator<Item = &[Ready]> {
        self.controls.iter().map(|(_, tests)| tests.as_slice())
    }

    /// Whether the control of a place reports a record.
    pub(super) fn reports(&self, control: usize, seen: &Seen<'_, '_>) -> bool {
        let tests = self.controls.get(control);
        tests.is_none_or(|(_, tests)| tests.iter().all(|test| test.holds(seen)))
    }

    /// Tells every control that reports a record.
    pub(super) fn broken(
        &self,
        record: &Record<'_>,
        age: Option<i32>,
        in_oslo: bool,
        kommuner: Option<&BTreeSet<String>>,
        mut tell: impl FnMut(&'static Control),
    ) {
        let seen = Seen { record, year: i32::from(self.year), in_oslo, age, kommuner };
        for (control, tests) in &self.controls {
            if tests.iter().all(|test| test.holds(&seen)) {
                tell(control);
            }
        }
    }

    /// Age reached during the reporting year, by the identity number, or by the date of birth where there
    /// is no number.
    pub(super) fn age(&self, record: &Record<'_>) -> Option<i32> {
        let number = record.value(self.number);
        let born = if number.is_empty() {
            let field = self.birth?;
            let FieldKind::Date(format) = field.kind else { return None };
            format.parse(record.value(field))
        } else {
            identity::birth_date(number, self.year)
        };
        born.map(|born| i32::from(self.year) - born.year())
    }
}
