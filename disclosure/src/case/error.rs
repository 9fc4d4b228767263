//! What can be wrong with a specification, its input or a table handed in for audit.

use std::path::PathBuf;

/// A case that cannot be read, protected or written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read or written.
    #[error("`{path}`: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The reason.
        source: std::io::Error,
    },
    /// The specification is not JSON of the expected shape.
    #[error("specification: {0}")]
    Json(#[from] serde_json::Error),
    /// A CSV file is malformed.
    #[error("{0}")]
    Csv(#[from] csv::Error),
    /// A name that does not exist, with the nearest that does.
    #[error("{place}: unknown {kind} `{name}`{}", hint(nearest.as_deref()))]
    Unknown {
        /// Where it stands.
        place: String,
        /// What it should have been: `key`, `column`, `code`.
        kind: &'static str,
        /// The name.
        name: String,
        /// The nearest existing name, if any is near.
        nearest: Option<String>,
    },
    /// The specification contradicts itself.
    #[error("specification: {place}: {fault}")]
    Specification {
        /// The part at fault.
        place: String,
        /// The fault.
        fault: SpecificationFault,
    },
    /// A line of a data file cannot be used.
    #[error("{file} line {line}: {fault}")]
    Line {
        /// `input` or `cells`.
        file: &'static str,
        /// Counted from 1, the header included.
        line: u64,
        /// The fault.
        fault: LineFault,
    },
    /// The problem is larger than the engine takes.
    #[error("the table-set needs {needed} {what}; the limit is {limit}")]
    TooLarge {
        /// What there would be too many of.
        what: &'static str,
        /// How many there would be.
        needed: u128,
        /// How many there may be.
        limit: u64,
    },
    /// The engine refused.
    #[error("{0}")]
    Engine(String),
}

/// A fault of a specification.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecificationFault {
    /// Not the schema this version reads.
    #[error("schema `{0}` is not `sdc-case/1`")]
    Schema(String),
    /// Neither or both ways of saying what is published.
    #[error("give either `tables` or `hierarchies`, the other null")]
    TablesOrHierarchies,
    /// A column belongs to no dimension.
    #[error("column `{0}` is in no dimension")]
    NoDimension(String),
    /// A column belongs to two dimensions.
    #[error("column `{0}` is in two dimensions")]
    TwoDimensions(String),
    /// A formula does not parse.
    #[error("formula: {0}")]
    Formula(String),
    /// Formula and margins disagree.
    #[error("margin `{0}` is in the {1} but not in the {2}")]
    MarginsDiffer(String, &'static str, &'static str),
    /// Nothing is published.
    #[error("there is no margin to publish")]
    Empty,
    /// A code is made of itself.
    #[error("code `{0}` is part of itself")]
    Cycle(String),
    /// A code is summed into two subtotals of one hierarchy.
    #[error("code `{0}` has two parents: `{1}` and `{2}`")]
    TwoParents(String, String, String),
    /// A subtotal of nothing.
    #[error("code `{0}` is made of no codes")]
    Childless(String),
    /// A parameter is outside its range.
    #[error("`{0}` must be {1}")]
    Range(&'static str, &'static str),
}

/// A fault of a line of data.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LineFault {
    /// Not a number.
    #[error("`{1}` in column `{0}` is not a {2}")]
    Number(String, String, &'static str),
    /// A count below zero.
    #[error("a count is negative (column `{0}`)")]
    Negative(String),
    /// A sum outgrew 64 bits.
    #[error("the sum of column `{0}` is too large")]
    Overflow(String),
    /// A code is empty.
    #[error("column `{0}` is empty")]
    Blank(String),
    /// A total among the data.
    #[error("`{1}` in column `{0}` is a total or subtotal; give the detailed lines only")]
    Total(String, String),
    /// A cell that the tables do not have.
    #[error("`{0}` is not a cell of the specified tables")]
    NotACell(String),
    /// A cell given twice.
    #[error("`{0}` is given twice")]
    Twice(String),
    /// A cell of the tables that the file does not have.
    #[error("the file lacks `{0}`")]
    Absent(String),
    /// A shown value other than the input's sum.
    #[error("`{0}` is shown but does not add up to the input")]
    DoesNotAdd(String),
    /// A shown cell without a value.
    #[error("`{0}` is shown without a value")]
    NoValue(String),
    /// A flag other than 0 or 1.
    #[error("column `{0}` must be 0 or 1")]
    Flag(&'static str),
}

fn hint(nearest: Option<&str>) -> String {
    nearest.map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}

/// The candidate most like `name`, if it is like it at all.
pub(super) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(likeness, _)| *likeness > 0.7)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate.to_owned())
}

/// An unknown name at a place, with the nearest known one.
pub(super) fn unknown<'a>(
    place: impl Into<String>,
    kind: &'static str,
    name: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Error {
    Error::Unknown {
        place: place.into(),
        kind,
        name: name.to_owned(),
        nearest: nearest(name, known),
    }
}
