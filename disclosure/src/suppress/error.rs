//! Why nothing was protected.

use crate::system::MalformedSystem;

/// Protection that could not be given; nothing is released then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The cells do not make a system.
    #[error("the tables do not fit together: {0}")]
    Malformed(#[from] MalformedSystem),
    /// Cells that must stay shown give this one away.
    #[error("cell `{cell}` cannot be protected beside what must stay shown")]
    Irreconcilable {
        /// The cell by its codes, or by its number where it has none.
        cell: String,
    },
    /// The finished pattern did not withstand its audit: a fault of this program.
    #[error("the audit refused the pattern: {0}")]
    AuditFailed(&'static str),
    /// A table asks for a column or code the records do not have.
    #[error("table `{table}` needs `{name}`, which the records do not have")]
    Unknown {
        /// The table.
        table: String,
        /// The column or leaf code.
        name: String,
    },
    /// The permission is for another form or year.
    #[error("table `{table}` is not of the form and year the permission is for")]
    OutsideGrant {
        /// The table.
        table: String,
    },
    /// An earlier release cannot be taken into account.
    #[error("an earlier release cannot be taken into account: {0}")]
    Before(&'static str),
    /// Records of regions that the node does not answer for.
    #[error("table `{table}`: there are records of regions the node does not answer for")]
    OutsidePopulation {
        /// The table.
        table: String,
    },
    /// Sums of several nodes that contradict each other: one of them is not what it says.
    #[error("the sums of the nodes do not fit together")]
    Contradictory,
    /// The rule asks for what the engine does not do on these data.
    #[error("{0}")]
    Unsupported(&'static str),
}
