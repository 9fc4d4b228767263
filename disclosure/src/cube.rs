//! Unprotected counts by leaf codes: what registers seal and this crate alone reads.

use hjemmel_kostra::{Dimension, Table};

/// One axis of a [`Microcube`]: a register column and the leaf codes it can hold.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// The register column: `REGION`, `VKLO`.
    pub column: String,
    /// Every leaf code of the public code list of the year, also those no record has.
    pub codes: Vec<String>,
}

impl Axis {
    /// The axes of one table in a year, in the order of its dimensions.
    #[must_use]
    pub fn of_table(table: &Table, year: u16) -> Vec<Self> {
        let axis = |of: &Dimension| Self { column: of.column.clone(), codes: of.leaves_of(year) };
        table.dimensions.iter().map(axis).collect()
    }
}

/// Counts of records by leaf codes of several columns at once.
///
/// Sparse: one row for each combination that occurs. Exact and unprotected, so it has no `Serialize`,
/// `Debug` or `Clone`, and outside this crate nobody can read a count back.
pub struct Microcube {
    axes: Vec<Axis>,
    codes: Vec<Vec<u32>>,
    counts: Vec<u64>,
    repeats: Vec<Vec<u32>>,
}

/// A cube whose parts do not fit together.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedCube {
    /// A column of row codes is missing, or is longer or shorter than the counts.
    #[error("axis `{0}` does not have one code a row")]
    Ragged(String),
    /// A row points outside its axis' code list, or a repeat outside the rows.
    #[error("a row of axis `{0}` points outside the code list")]
    OutOfRange(String),
}

impl Microcube {
    /// Joins the parts: `codes[axis][row]` is an index into `axes[axis].codes`; each entry of `repeats`
    /// lists the rows that hold the records of one linkable person with two or more records, a row as
    /// often as the person has records in it.
    ///
    /// # Errors
    /// When lengths or indices do not fit.
    pub fn new(
        axes: Vec<Axis>,
        codes: Vec<Vec<u32>>,
        counts: Vec<u64>,
        repeats: Vec<Vec<u32>>,
    ) -> Result<Self, MalformedCube> {
        if codes.len() != axes.len() {
            return Err(MalformedCube::Ragged("all".to_owned()));
        }
        for (axis, rows) in axes.iter().zip(&codes) {
            if rows.len() != counts.len() {
                return Err(MalformedCube::Ragged(axis.column.clone()));
            }
            if rows.iter().any(|&code| code as usize >= axis.codes.len()) {
                return Err(MalformedCube::OutOfRange(axis.column.clone()));
            }
        }
        if repeats.iter().flatten().any(|&row| row as usize >= counts.len()) {
            return Err(MalformedCube::OutOfRange("repeats".to_owned()));
        }
        Ok(Self { axes, codes, counts, repeats })
    }

    /// The axes; they hold no data about anyone.
    #[must_use]
    pub fn axes(&self) -> &[Axis] {
        &self.axes
    }

    /// Row codes by axis.
    pub(crate) fn codes(&self) -> &[Vec<u32>] {
        &self.codes
    }

    /// Records a row.
    pub(crate) fn counts(&self) -> &[u64] {
        &self.counts
    }

    /// Rows of persons with several records.
    pub(crate) fn repeats(&self) -> &[Vec<u32>] {
        &self.repeats
    }
}
