//! What a node remembers of earlier rounds, so that two of them cannot be subtracted.
//!
//! The same table over k nodes and over k − 1 tells what the one that was left out has. A table of the same dataset and
//! year shares sums with every other, so the rule is about the dataset: all rounds of a dataset and year are of one table,
//! with the same members and the same populations. It counts from the moment a node has sent its masked sums: whether a coordinator
//! that says a round ended without result tells the truth cannot be seen from a node.

use crate::{Agreed, Bytes, Member};
use serde::{Deserialize, Serialize};

/// How often a node sends masked sums of one table and year: nodes fail, and a table must not be lost by it. Every time,
/// a coordinator that does not keep to the rules may learn of each cell on which side of one number the node's is.
pub const MOST_ATTEMPTS: usize = 3;

/// One time masked sums were sent. To be durable before they are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Attempt {
    /// The round.
    pub round: Bytes<32>,
    /// The dataset.
    pub dataset: String,
    /// The table.
    pub table: String,
    /// The year.
    pub year: u16,
    /// The table's definition.
    pub definition: Bytes<32>,
    /// The nodes and their populations.
    pub members: Vec<Member>,
}

/// Why a node takes no part again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Repeat {
    /// The difference would be one node's.
    #[error("the dataset and year were added up over other nodes or populations before")]
    OtherMembers,
    /// The difference could be a few persons.
    #[error("the table and year were added up with other cells before")]
    OtherDefinition,
    /// Two tables of the same persons must be protected together.
    #[error("another table of the dataset and year was added up before")]
    OtherTable,
    /// Every attempt tells a false coordinator a little.
    #[error("masked sums of the table and year were sent {MOST_ATTEMPTS} times")]
    TooOften,
    /// The difference would be those who came or went.
    #[error("the node's records were others when the table was added up before")]
    OtherRecords,
    /// What it shows of its own would tell the others' parts, and its own.
    #[error("the node publishes tables of the dataset and year itself")]
    Published,
    /// A message is sent again.
    #[error("masked sums of this very round were sent before")]
    SameRound,
}

impl Attempt {
    /// What to remember of a round.
    #[must_use]
    pub fn of(agreed: &Agreed) -> Self {
        let plan = agreed.plan();
        Self {
            round: agreed.digest(),
            dataset: plan.dataset.clone(),
            table: plan.table.clone(),
            year: plan.year,
            definition: plan.definition,
            members: plan.members.clone(),
        }
    }
}

/// Whether a node may take part, by what it remembers of the dataset and year.
///
/// # Errors
/// Why not.
pub fn judge(remembered: &[Attempt], agreed: &Agreed) -> Result<(), Repeat> {
    let plan = agreed.plan();
    let related = remembered
        .iter()
        .filter(|before| before.dataset == plan.dataset && before.year == plan.year);
    let mut attempts = 0;
    for before in related {
        if before.round == agreed.digest() {
            return Err(Repeat::SameRound);
        }
        if before.members != plan.members {
            return Err(Repeat::OtherMembers);
        }
        if before.table != plan.table {
            return Err(Repeat::OtherTable);
        }
        if before.definition != plan.definition {
            return Err(Repeat::OtherDefinition);
        }
        attempts += 1;
    }
    if attempts >= MOST_ATTEMPTS { Err(Repeat::TooOften) } else { Ok(()) }
}
