//! What is computed in each cell.

use serde::Serialize;

/// The bounds a number is brought within before it is used. They are public and part of the question, and
/// chosen without looking at the data: what a single record can change follows from them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Clamp {
    /// What lower numbers are raised to.
    pub from: i64,
    /// What higher numbers are lowered to.
    pub to: i64,
}

/// What is computed in each cell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "camelCase", tag = "kind")]
pub enum Measure {
    /// Distinct persons.
    CountPersons,
    /// Records.
    CountRecords,
    /// The sum of a number, which counts as nought where a record does not state it.
    Sum {
        /// The register column.
        variable: String,
        /// Its bounds.
        clamp: Clamp,
    },
    /// The mean of a number over the records that state it.
    Mean {
        /// The register column.
        variable: String,
        /// Its bounds.
        clamp: Clamp,
    },
    /// A quantile of a number over the records that state it.
    Quantile {
        /// The register column.
        variable: String,
        /// Its bounds.
        clamp: Clamp,
        /// The share that lies below, in thousandths: 500 is the median.
        permille: u16,
    },
    /// Records by intervals of a number: below the first edge, from each edge up to but not including the
    /// next, from the last edge on, and not stated.
    Histogram {
        /// The register column.
        variable: String,
        /// The edges, ascending.
        edges: Vec<i64>,
    },
}

impl Measure {
    /// The register column it is computed from, if it is not a count.
    #[must_use]
    pub fn variable(&self) -> Option<&str> {
        match self {
            Self::CountPersons | Self::CountRecords => None,
            Self::Sum { variable, .. }
            | Self::Mean { variable, .. }
            | Self::Quantile { variable, .. }
            | Self::Histogram { variable, .. } => Some(variable),
        }
    }

    /// The bounds of the number, where it has some.
    #[must_use]
    pub const fn clamp(&self) -> Option<Clamp> {
        match self {
            Self::Sum { clamp, .. } | Self::Mean { clamp, .. } | Self::Quantile { clamp, .. } => {
                Some(*clamp)
            }
            _ => None,
        }
    }

    /// Whether it counts, so that results are whole numbers that add up.
    #[must_use]
    pub const fn is_count(&self) -> bool {
        matches!(self, Self::CountPersons | Self::CountRecords | Self::Histogram { .. })
    }
}
