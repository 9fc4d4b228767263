//! What a file adds up to, so that its sender can see whether it is the file they meant.
//!
//! Sums and bands are those of the receipt of Statistics Norway's control program.

use crate::{
    Form, Text,
    layout::{Field, Layout},
    record::Record,
};
use serde::Serialize;

/// Counts and sums over the records of a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Sums in kroner.
    pub sums: Vec<Sum>,
    /// Records by age reached during the reporting year.
    pub age: Vec<Band>,
    /// Records by number of months ticked.
    pub months: Vec<Band>,
    /// Records by amount in kroner, grant and loan together.
    pub amount: Vec<Band>,
}

/// The sum of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// The field: `BIDRAG`.
    pub field: String,
    /// What it holds.
    pub title: Text,
    /// Kroner.
    pub kroner: i64,
}

/// How many records fall in a band.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Band {
    /// Which ones: `18–24`.
    pub label: Text,
    /// How many.
    pub records: u64,
    /// The least value; what has none is in the last band.
    #[serde(skip)]
    from: i64,
}

/// Ages and months that are counted one by one; what has none is counted last.
const AGES: usize = 257;
const MONTHS: usize = 14;
/// The most bands of amounts, and one for what is in none of them.
const AMOUNTS: usize = 8;

/// Adds records up: by each age and number of months, and by band of the amount, so that nothing is looked for.
pub(super) struct Summing {
    summary: Summary,
    kroner: [i64; 2],
    age: Box<[u64; AGES]>,
    month: [u64; MONTHS],
    /// Where bands of amounts begin.
    from: [i64; AMOUNTS],
    amount: [u64; AMOUNTS + 1],
    months: Vec<&'static Field>,
    amounts: Vec<&'static Field>,
}

impl Summing {
    /// For the records of a layout; `None` for a form without amounts.
    pub(super) fn new(layout: &'static Layout) -> Option<Self> {
        let (amounts, age, amount): (&[&str], &[i64], &[i64]) = match layout.form {
            Form::F11 => (
                &["BIDRAG", "LAAN"],
                &[i64::MIN, 18, 25, 45, 67],
                &[1, 10_000, 50_000, 100_000, 150_000],
            ),
            Form::F11C => (
                &["KVP_STONAD"],
                &[i64::MIN, 20, 25, 30, 40, 50, 67],
                &[1, 8_000, 50_000, 100_000, 150_000],
            ),
            _ => return None,
        };
        let amounts = amounts.iter().map(|name| layout.field(name)).collect::<Option<Vec<_>>>()?;
        let months = (1..=12).map(|month| layout.field(&format!("STMND_{month}")));
        let sum = |field: &&'static Field| Sum {
            field: field.name.clone(),
            title: field.title.clone(),
            kroner: 0,
        };
        let summary = Summary {
            sums: amounts.iter().map(sum).collect(),
            age: bands(age, &Text::new("ugyldig nummer", "invalid number")),
            months: bands(&[1, 2, 4, 7, 10, 12], &Text::new("ikke oppgitt", "not stated")),
            amount: bands(amount, &Text::new("ikke oppgitt", "not stated")),
        };
        let mut from = [i64::MAX; AMOUNTS];
        for (from, band) in from.iter_mut().zip(summary.amount.iter().rev().skip(1).rev()) {
            *from = band.from;
        }
        Some(Self {
            summary,
            kroner: [0; 2],
            age: Box::new([0; AGES]),
            month: [0; MONTHS],
            from,
            amount: [0; AMOUNTS + 1],
            months: months.collect::<Option<_>>()?,
            amounts,
        })
    }

    /// Adds a record.
    pub(super) fn add(&mut self, record: &Record<'_>, age: Option<i32>) {
        let mut kroner = [0; 2];
        for (kroner, field) in kroner.iter_mut().zip(&self.amounts) {
            *kroner = record.value(field).parse().unwrap_or(0);
        }
        let ticked = |field: &&&Field| field.has_code(record.value(field));
        let months = self.months.iter().filter(ticked).count();
        self.add_counted(kroner, u16::try_from(months).unwrap_or(u16::MAX), age);
    }

    /// Adds what was read of a record: its amounts in order, and its months.
    #[inline]
    pub(super) fn add_counted(&mut self, kroner: [i64; 2], months: u16, age: Option<i32>) {
        for (sum, kroner) in self.kroner.iter_mut().zip(kroner) {
            *sum = sum.saturating_add(kroner);
        }
        // Nobody is older than the first band that has no end, nor younger than the one that has no beginning.
        let age = age.map_or(AGES - 1, |age| usize::try_from(age.clamp(0, 255)).unwrap_or(0));
        let month = usize::from(months).min(MONTHS - 1);
        let all = kroner.iter().fold(0_i64, |all, own| all.saturating_add(*own));
        let amount = self.from.iter().map(|from| usize::from(*from <= all)).sum::<usize>();
        let counts =
            (self.age.get_mut(age), self.month.get_mut(month), self.amount.get_mut(amount));
        if let (Some(age), Some(month), Some(amount)) = counts {
            *age += 1;
            *month += 1;
            *amount += 1;
        }
    }

    /// Adds what others add up to.
    pub(super) fn merge(&mut self, others: &Self) {
        for (sum, more) in self.kroner.iter_mut().zip(others.kroner) {
            *sum = sum.saturating_add(more);
        }
        let own = self.age.iter_mut().chain(&mut self.month).chain(&mut self.amount);
        let more = others.age.iter().chain(&others.month).chain(&others.amount);
        own.zip(more).for_each(|(own, more)| *own += more);
    }

    /// What they add up to.
    pub(super) fn finish(self) -> Summary {
        let Self { mut summary, kroner, age, month, amount, .. } = self;
        for (sum, kroner) in summary.sums.iter_mut().zip(kroner) {
            sum.kroner = kroner;
        }
        // Whose age cannot be told is in no band of ages.
        let ages = (0..).zip(age.iter().take(AGES - 1));
        ages.for_each(|(age, records)| count(&mut summary.age, age, *records));
        count(&mut summary.age, i64::MAX, age.last().copied().unwrap_or(0));
        (0..).zip(month).for_each(|(months, records)| count(&mut summary.months, months, records));
        let bands = summary.amount.len().saturating_sub(1);
        for (at, records) in amount.into_iter().enumerate() {
            let band = at.checked_sub(1).filter(|band| *band < bands).unwrap_or(bands);
            if let Some(band) = summary.amount.get_mut(band) {
                band.records += records;
            }
        }
        summary
    }
}

/// Bands that begin at the given values, and one for what is below the first or has no value.
fn bands(from: &[i64], none: &Text) -> Vec<Band> {
    let next = from.iter().skip(1).map(Some).chain([None]);
    let band = |(&from, next): (&i64, Option<&i64>)| {
        let label = match (from, next) {
            (i64::MIN, Some(next)) => Text::new(format!("under {next}"), format!("under {next}")),
            (from, Some(next)) if next - from == 1 => Text::new(from.to_string(), from.to_string()),
            (from, Some(next)) => {
                let both = format!("{from}–{}", next - 1);
                Text::new(both.clone(), both)
            }
            (12, None) => Text::new("12", "12"),
            (from, None) => Text::new(format!("{from} og over"), format!("{from} and over")),
        };
        Band { label, records: 0, from }
    };
    let none = Band { label: none.clone(), records: 0, from: i64::MAX };
    from.iter().zip(next).map(band).chain([none]).collect()
}

/// Counts records of a value in its band, or in the last one, which has none.
fn count(bands: &mut [Band], value: i64, records: u64) {
    let Some((none, bands)) = bands.split_last_mut() else { return };
    let is_told = value != i64::MAX;
    let band = bands.iter_mut().rev().find(|band| is_told && band.from <= value);
    band.unwrap_or(none).records += records;
}
