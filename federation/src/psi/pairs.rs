//! What a node remembers of earlier comparisons.
//!
//! A second comparison with one person more or less would tell of that person, and neither side can see whether the
//! other's set is nearly the one of before. So there is one for each pair of registers, year and stratum, whatever the
//! sets, and all of a year are over the same strata. It counts from the moment a node has sent its points.

use super::Comparison;
use crate::{Bytes, NodeId};
use serde::{Deserialize, Serialize};

/// One comparison that was begun. To be durable before any point is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Run {
    /// The two nodes.
    pub pair: [NodeId; 2],
    /// Their registers.
    pub datasets: [String; 2],
    /// The year.
    pub year: u16,
    /// The strata.
    pub partition: Bytes<32>,
    /// The stratum.
    pub stratum: String,
}

/// Why there is no further comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PairFault {
    /// It was made.
    #[error(
        "the two registers were compared in this stratum and year before; the sets may differ by a few"
    )]
    Again,
    /// Differences of strata are strata.
    #[error("the two registers were compared over other strata of this year before")]
    OtherStrata,
    /// Not two nodes.
    #[error("a comparison is between two different nodes, in the order of their numbers")]
    Pair,
    /// A stratum that is not one of the list.
    #[error("the stratum is none of the list that was agreed")]
    Stratum,
}

impl Run {
    /// What to remember of a comparison.
    #[must_use]
    pub fn of(comparison: &Comparison) -> Self {
        Self {
            pair: comparison.pair,
            datasets: comparison.datasets.clone(),
            year: comparison.year,
            partition: comparison.partition,
            stratum: comparison.stratum.clone(),
        }
    }
}

/// Whether a comparison may begin, by what is remembered and the strata agreed on.
///
/// # Errors
/// Why not.
pub fn judge(
    remembered: &[Run],
    comparison: &Comparison,
    strata: &std::collections::BTreeSet<String>,
) -> Result<(), PairFault> {
    let [first, second] = comparison.pair;
    if first >= second {
        return Err(PairFault::Pair);
    }
    let agreed = comparison.partition == super::set::partition(strata);
    if !agreed || !strata.contains(&comparison.stratum) {
        return Err(PairFault::Stratum);
    }
    let related = remembered.iter().filter(|run| {
        run.pair == comparison.pair
            && run.datasets == comparison.datasets
            && run.year == comparison.year
    });
    for run in related {
        if run.partition != comparison.partition {
            return Err(PairFault::OtherStrata);
        }
        if run.stratum == comparison.stratum {
            return Err(PairFault::Again);
        }
    }
    Ok(())
}
