//! Questions about the records that are answered with calibrated noise: a closed grammar as pure values.
//!
//! A question names a measure, public code lists to group by, and conditions on codes and ranges. There are no
//! expressions and no vectors of a caller's own, and which cells an answer has follows from the public code
//! lists alone, never from the data. Every spelling of a question has one [`Question::canonical`] form.

mod ask;
mod layers;
mod measure;
mod mistake;
mod vocabulary;

pub use ask::{Ask, AskFilter, AskGroup, AskLevels, AskMeasure};
pub use layers::{Cell, Dimension, Layer};
pub use measure::{Clamp, Measure};
pub use mistake::{Mistake, What, nearest};
pub use vocabulary::{Amount, CodeList, Variable, Vocabulary};

use crate::Form;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Cells one question may have, over all years and levels.
pub const MOST_CELLS: usize = 20_000;
/// Variables one question may be grouped by.
pub const MOST_GROUPS: usize = 5;
/// Conditions one question may set.
pub const MOST_FILTERS: usize = 20;
/// Bins a histogram may have, besides those below, above and for records that do not say.
pub const MOST_BINS: usize = 200;
/// The most one question may ask to spend a dataset-year, in billionths of ρ.
pub const MOST_NANO_RHO: u64 = 10_000_000_000;

/// Records of one person that count in one form and year. Further ones are left out before anything is
/// computed, by a keyed hash that nobody outside can predict.
pub const MOST_RECORDS: u32 = 2;

/// A question that can be answered.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// The form whose records it is about.
    #[serde(serialize_with = "as_dataset", rename = "dataset")]
    form: Form,
    /// The reporting years; each is answered and paid for by itself.
    years: BTreeSet<u16>,
    /// What is computed in each cell.
    measure: Measure,
    /// What it is grouped by: regions first, then by name.
    group_by: Vec<Group>,
    /// Which records count, by column.
    filter: Vec<Condition>,
    /// What the answer may cost, or how near it must be.
    precision: Precision,
    /// Whether negative results are set to nought afterwards.
    non_negative: bool,
    /// Whether the promise is to be pure differential privacy, which needs more noise for the same price.
    pure: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn as_dataset<S: serde::Serializer>(form: &Form, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(form.dataset())
}

/// One variable a question is grouped by, at one level of its code lists or at several.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Group {
    /// The register column.
    pub variable: String,
    /// The ids of its code lists, coarsest first. Several only where each adds up the next.
    pub levels: Vec<String>,
}

/// A condition every counted record meets.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(untagged)]
pub enum Condition {
    /// The code is one of these.
    Codes {
        /// The register column.
        variable: String,
        /// The leaf codes that count, by year.
        codes: BTreeMap<u16, BTreeSet<String>>,
    },
    /// The number is stated and lies between, both ends included.
    Range {
        /// The register column.
        variable: String,
        /// The lowest.
        from: i64,
        /// The highest.
        to: i64,
    },
}

impl Condition {
    /// The register column.
    #[must_use]
    pub fn variable(&self) -> &str {
        match self {
            Self::Codes { variable, .. } | Self::Range { variable, .. } => variable,
        }
    }
}

/// How the noise is to be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Precision {
    /// By what it may cost each dataset-year, in billionths of ρ.
    NanoRho(u64),
    /// By the half width of a cell's 95 % interval, in thousandths.
    MilliHalfWidth(u64),
}

impl Question {
    /// The form whose records it is about.
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The reporting years.
    #[must_use]
    pub const fn years(&self) -> &BTreeSet<u16> {
        &self.years
    }

    /// What is computed in each cell.
    #[must_use]
    pub const fn measure(&self) -> &Measure {
        &self.measure
    }

    /// What it is grouped by.
    #[must_use]
    pub fn groups(&self) -> &[Group] {
        &self.group_by
    }

    /// Which records count.
    #[must_use]
    pub fn conditions(&self) -> &[Condition] {
        &self.filter
    }

    /// What the answer may cost, or how near it must be.
    #[must_use]
    pub const fn precision(&self) -> Precision {
        self.precision
    }

    /// Whether negative results are set to nought afterwards.
    #[must_use]
    pub const fn is_non_negative(&self) -> bool {
        self.non_negative
    }

    /// Whether the promise is to be pure differential privacy.
    #[must_use]
    pub const fn is_pure(&self) -> bool {
        self.pure
    }

    /// The same question at another precision.
    #[must_use]
    pub fn at(&self, precision: Precision) -> Self {
        Self { precision, ..self.clone() }
    }

    /// The same question at other levels of one variable; none leaves the variable out.
    #[must_use]
    pub fn grouped(&self, variable: &str, levels: &[&str]) -> Self {
        let mut other = self.clone();
        for group in other.group_by.iter_mut().filter(|group| group.variable == variable) {
            group.levels = levels.iter().map(|level| (*level).to_owned()).collect();
        }
        other.group_by.retain(|group| !group.levels.is_empty());
        other
    }

    /// The register columns it looks at: all that a permission to ask it must cover.
    #[must_use]
    pub fn columns(&self) -> BTreeSet<String> {
        let groups = self.group_by.iter().map(|group| group.variable.as_str());
        let conditions = self.filter.iter().map(Condition::variable);
        groups.chain(conditions).chain(self.measure.variable()).map(str::to_owned).collect()
    }

    /// The one form of every spelling of this question, as bytes that never change with the order of members,
    /// redundant terms or the language it was asked in.
    #[must_use]
    pub fn canonical(&self) -> String {
        serde_json::to_string(self).unwrap_or_else(|_| format!("{self:?}"))
    }

    /// What [`Question::canonical`] encodes, as a value for readers.
    #[must_use]
    pub fn to_value(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests;
