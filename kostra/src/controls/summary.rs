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

/// Adds records up.
pub(super) struct Summing {
    summary: Summary,
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
        Some(Self { summary, months: months.collect::<Option<_>>()?, amounts })
    }

    /// Adds a record.
    pub(super) fn add(&mut self, record: &Record<'_>, age: Option<i32>) {
        let mut kroner = [0; 2];
        for (kroner, field) in kroner.iter_mut().zip(&self.amounts) {
            *kroner = record.value(field).parse().unwrap_or(0);
        }
        let ticked = |field: &&&Field| field.has_code(record.value(field));
        let months = self.months.iter().filter(ticked).count();
        self.add_counted(kroner, months, age);
    }

    /// Adds what was read of a record: its amounts in order, and its months.
    pub(super) fn add_counted(&mut self, kroner: [i64; 2], months: usize, age: Option<i32>) {
        for (sum, kroner) in self.summary.sums.iter_mut().zip(kroner) {
            sum.kroner = sum.kroner.saturating_add(kroner);
        }
        count(&mut self.summary.age, age.map(i64::from));
        count(&mut self.summary.months, i64::try_from(months).ok());
        count(&mut self.summary.amount, Some(kroner.iter().sum()));
    }

    /// Adds what others add up to.
    pub(super) fn merge(&mut self, others: &Self) {
        let (own, others) = (&mut self.summary, &others.summary);
        for (sum, more) in own.sums.iter_mut().zip(&others.sums) {
            sum.kroner = sum.kroner.saturating_add(more.kroner);
        }
        for (bands, more) in [
            (&mut own.age, &others.age),
            (&mut own.months, &others.months),
            (&mut own.amount, &others.amount),
        ] {
            for (band, more) in bands.iter_mut().zip(more) {
                band.records += more.records;
            }
        }
    }

    /// What they add up to.
    pub(super) fn finish(self) -> Summary {
        self.summary
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

fn count(bands: &mut [Band], value: Option<i64>) {
    let Some((none, bands)) = bands.split_last_mut() else { return };
    let band = value.and_then(|value| bands.iter_mut().rev().find(|band| band.from <= value));
    band.unwrap_or(none).records += 1;
}
