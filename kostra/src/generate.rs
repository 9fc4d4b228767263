//! Writes record files of people who do not exist, as municipalities would send them.
//!
//! **Everything it writes is fictitious.** No real record was read to make it; it rests on published
//! national totals and on the number of inhabitants of each municipality. Persons carry synthetic
//! numbers (month + 80), as the population register's test data do, or stand-ins without a personal
//! number; an ordinary valid number is never made. DUF numbers have running numbers from 900000 up,
//! which the register never reaches.
//!
//! # How
//!
//! People come in cohorts by the year they first appear. Each year a fixed share of a cohort stays,
//! always those with the lowest index, so that the same seed gives a person the same number in every
//! year and about 55 % of one year's persons are found in the next. What never changes about a
//! person (birth date, sex, number, first home) is drawn from a `ChaCha8` stream of the seed, the
//! cohort and the index; what changes (source of income, months, amounts) from one of those and the
//! year. No stream depends on another, so the bytes depend on nothing but form, year and options.
//!
//! Homes follow the number of adults in each municipality and, in Oslo, each bydel, with a factor of
//! their own drawn for each. A small share lives in two municipalities in one year. Most
//! participants of the qualification programme receive social assistance too, and are found in both
//! files with the same number.
//!
//! # What it aims at
//!
//! At full size: 130 000 recipients, 41 % with social assistance as main income, 5.5 months of
//! support, NOK 9 718 a month (Statistics Norway's figures for 2019, kept for every year), and 5 000
//! participants in the programme, 68 % still in it at the end of the year and 23 % having completed
//! it, of whom 54 % are women (2022). Every record passes every control of severity FATAL and ERROR.

mod amounts;
mod assistance;
mod date;
mod draw;
mod line;
mod person;
mod places;
mod pool;
mod programme;

use crate::{Form, Layout};
use line::Sheet;
use places::Places;
use pool::{Pool, Role};
use std::io::Write;

/// Recipients of social assistance in a full year.
pub const RECIPIENTS: u64 = 130_000;

/// Participants of the qualification programme in a full year.
pub const PARTICIPANTS: u64 = 5_000;

/// How often the progress is told, in records.
const STRIDE: u64 = 1_000;

/// What to write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Options {
    /// Where every draw starts. The same seed for several years and both forms gives the same people.
    pub seed: u64,
    /// About how many persons the file is to have: [`RECIPIENTS`] or [`PARTICIPANTS`] if not given.
    /// To find the same people in several files, keep the same share of those.
    pub persons: Option<u64>,
    /// Only the records one municipality would send, by its four-digit code; they are the same as
    /// in the national file.
    pub sender: Option<String>,
}

/// What was written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Summary {
    /// Different persons.
    pub persons: u64,
    /// Lines; a person in two municipalities has two.
    pub records: u64,
    /// Bytes.
    pub bytes: u64,
    /// Municipalities with at least one record.
    pub municipalities: u64,
}

/// Why nothing more was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Only forms 11 and 11C have person records, and only for years with a known layout.
    #[error("no records of form {form} can be made for {year}")]
    NoRecords {
        /// The form asked for.
        form: Form,
        /// The year asked for.
        year: u16,
    },
    /// The receiver of the bytes failed.
    #[error("the records could not be written")]
    Write(#[from] std::io::Error),
}

/// Writes the national file of a form and year: one ASCII line for each record, ended by LF,
/// municipality by municipality.
///
/// `progress` is told the number of records written so far, now and then and at the end.
///
/// # Errors
/// If the form and year have no person records, or the receiver fails.
pub fn write(
    form: Form,
    year: u16,
    options: &Options,
    target: &mut impl Write,
    progress: impl FnMut(u64),
) -> Result<Summary, Error> {
    let missing = || Error::NoRecords { form, year };
    let layout = Layout::of(form, year).ok_or_else(missing)?;
    let places = Places::of(options.seed, year).ok_or_else(missing)?;
    let mut summary = match form {
        Form::F11 => {
            let pool = Pool::new(options.seed, year, options.persons, RECIPIENTS);
            let sheet = Sheet::of(layout, assistance::Item::of);
            let records = of_sender(pool.records(&places, Role::receives_assistance), options);
            each(&records, target, progress, |record, number| {
                let case = assistance::Case::draw(record, number);
                sheet.line(|item, cell| item.write(&case, cell))
            })
        }
        Form::F11C => {
            let pool = Pool::new(options.seed, year, options.persons, PARTICIPANTS);
            let sheet = Sheet::of(layout, programme::Item::of);
            let records = of_sender(pool.records(&places, Role::takes_part), options);
            each(&records, target, progress, |record, number| {
                let case = programme::Case::draw(record, number);
                sheet.line(|item, cell| item.write(&case, cell))
            })
        }
        _ => Err(missing()),
    }?;
    if options.sender.is_some() {
        // Nobody has two records in one municipality.
        summary.persons = summary.records;
    }
    Ok(summary)
}

/// Those of the municipality asked for, if one is.
fn of_sender(mut records: Vec<pool::Record>, options: &Options) -> Vec<pool::Record> {
    if let Some(sender) = &options.sender {
        records.retain(|record| record.kommune == sender.as_bytes());
    }
    records
}

/// Writes each record's line; `draw` gets the record and its running number in its municipality.
fn each(
    records: &[pool::Record],
    target: &mut impl Write,
    mut progress: impl FnMut(u64),
    mut draw: impl FnMut(&pool::Record, u32) -> Vec<u8>,
) -> Result<Summary, Error> {
    let mut summary = Summary::default();
    let (mut kommune, mut number) = (None, 0);
    for record in records {
        if kommune != Some(record.kommune) {
            (kommune, number) = (Some(record.kommune), 0);
            summary.municipalities += 1;
        }
        number += 1;
        let line = draw(record, number);
        target.write_all(&line)?;
        summary.bytes += u64::try_from(line.len()).unwrap_or_default();
        summary.records += 1;
        summary.persons += u64::from(!record.is_second());
        if summary.records % STRIDE == 0 {
            progress(summary.records);
        }
    }
    progress(summary.records);
    target.flush()?;
    Ok(summary)
}

#[cfg(test)]
mod tests;
