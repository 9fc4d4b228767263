//! The controls of a record file: those of layout and identity it must pass before it is kept, and those on
//! what the records say.
//!
//! Numbers, severities and limits are those of Statistics Norway's control program: 000 file,
//! 001 length, 002 field description, 003K and 003B region, 004 year, 004A birth date, 005
//! identity number, 005A and 005B duplicates. A fault of severity error or fatal refuses the whole
//! file. What differs, and why:
//!
//! - A file may hold many senders' records after one another, so duplicates are looked for within
//!   one sender: a municipality, in Oslo a bydel, which keeps its own journals.
//! - 002 runs in the original for form 11 from 2025 only. Here what is filled in is checked for
//!   every form and year, because a value outside its list cannot be counted. Where the original
//!   does not run it, zeros pass as blanks, and the dates Oslo need not give are not demanded.
//! - 008 (sex), 014 (main source) and 036 (status) run in every year: published tables rest on them.
//! - 003 is ours: the municipality must exist in the year, if a list of them is given.
//! - 005 lets a record of form 11 have a valid DUF number instead of an identity number.
//! - 005T is ours: numbers of test persons are refused unless they are expected.
//! - 004Y is ours: a file whose lines fit another year's layout far better is told so once, in place of the
//!   thousands of findings that follow from it.
//! - 001 says once what a file is that is no record file at all: packed, a spreadsheet, in UTF-16, without line ends.
//! - Of what is wrong in the same way on many lines, the first are told line by line and the others counted.
//!
//! A finding never carries a value from the record.

mod checker;
mod contents;
mod duplicates;
mod findings;
mod fit;
mod nature;
mod part;
mod plan;
mod quick;
mod quote;
mod rules;
mod summary;
#[cfg(test)]
mod tests;
mod wording;

use std::collections::BTreeSet;

use serde::Serialize;

pub use checker::Checker;
use findings::Findings;
pub use part::{Blocks, Part};
pub use quote::Quote;
pub use summary::{Band, Sum, Summary};

use crate::{Form, Text};

/// How grave a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    /// Lets the file through.
    Warning,
    /// Refuses the file.
    Error,
    /// Refuses the file; the records were not looked at any further.
    Fatal,
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The line, from 1; `None` for the file as a whole.
    pub line: Option<u64>,
    /// The control: `003B`.
    pub rule: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// The fields it is about; none for the whole line or file.
    pub fields: Vec<String>,
    /// What is wrong and what to do.
    pub text: Text,
    /// How many further lines it is said of that are not told one by one.
    #[serde(skip_serializing_if = "is_none")]
    pub alike: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the signature that is asked for")]
const fn is_none(alike: &u64) -> bool {
    *alike == 0
}

/// What a file is checked against besides its layout.
#[derive(Debug, Clone)]
#[expect(clippy::struct_excessive_bools, reason = "each is a question of its own")]
pub struct Options {
    /// The municipality that sends the file; `None` for a file of many.
    pub sender: Option<String>,
    /// The municipalities of the year; `None` to take any four digits.
    pub kommuner: Option<BTreeSet<String>>,
    /// Whether numbers of test persons may pass.
    pub allow_synthetic: bool,
    /// Whether what the records say is controlled too, and not their shape and identity alone.
    pub contents: bool,
    /// Whether the sender says there are records.
    pub expects_records: bool,
    /// How many findings are kept; the others are counted.
    pub max_findings: usize,
    /// Whether what stands in the fields is kept beside the findings, for whoever sent the file.
    pub quotes: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            sender: None,
            kommuner: None,
            allow_synthetic: false,
            contents: false,
            expects_records: true,
            max_findings: 1000,
            quotes: false,
        }
    }
}

/// What came of checking a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The form it was checked as.
    pub form: Form,
    /// The reporting year it was checked as.
    pub year: u16,
    /// The number of lines that were looked at as records.
    pub records: u64,
    /// What is wrong, in the order of the lines.
    pub findings: Vec<Finding>,
    /// How many findings more there were.
    pub omitted: u64,
    /// Whether the file may be kept.
    pub accepted: bool,
    /// What the records add up to, where contents are controlled and nothing refuses the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Summary>,
    /// Other years whose layout fits the lines clearly better.
    pub hint: Option<Hint>,
}

/// A likely cause of many findings: the file is of another year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hint {
    /// The years that fit.
    pub years: Vec<u16>,
    /// The same in words.
    pub text: Text,
}
