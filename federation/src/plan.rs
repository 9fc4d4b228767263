//! What a round is about, before anybody says anything: the same for every node, and fixed.

use crate::{Bytes, NodeId};
use hjemmel_kostra::regions::{Division, OSLO};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// The most cells of a round.
pub const MOST_CELLS: u32 = 4_000_000;
/// The most nodes of a round.
pub const MOST_MEMBERS: usize = 64;
/// The lowest threshold of a count.
pub const LEAST_THRESHOLD: u64 = 4;

/// A round as it is proposed to the nodes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Plan {
    /// Drawn for this round alone.
    pub nonce: Bytes<16>,
    /// Who adds up.
    pub coordinator: NodeId,
    /// The dataset the table is made from: `skjema-11`.
    pub dataset: String,
    /// The table.
    pub table: String,
    /// The reporting year, whose division of the country the populations are told in.
    pub year: u16,
    /// The table's definition, so that all mean the same cells.
    pub definition: Bytes<32>,
    /// How many cells it has.
    pub cells: u32,
    /// No cell of one node is larger than this.
    pub largest: u64,
    /// When a cell may be published.
    pub rule: Rule,
    /// Whom the table is for; nobody named means anyone.
    pub recipient: Option<String>,
    /// Whether the nodes show the coordinator their own sums instead of masking them. It is not written where it is not so, so
    /// that nodes that do not know of it understand every other plan.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub trusted: bool,
    /// The nodes and what each answers for.
    pub members: Vec<Member>,
}

/// One node of a round.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Member {
    /// The node.
    pub node: NodeId,
    /// The municipalities, or bydeler of Oslo, whose persons it counts.
    pub population: BTreeSet<String>,
}

/// When a cell over several nodes may be published, besides what disclosure control says of the total.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Rule {
    /// What all others together must at least have beside any node that has something.
    pub threshold: u64,
    /// The p of the p% rule: what all others have, of what one node has, in percent.
    pub percent: u8,
}

/// Why there can be no such round.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A total of one node is that node's.
    #[error("a table over several nodes needs at least two, and at most {MOST_MEMBERS}")]
    Members,
    /// A coordinator that has one of two parts has the other.
    #[error("a coordinator with a part of its own needs two other nodes at least")]
    Coordinator,
    /// Somebody is there twice, or not in order.
    #[error("the nodes must be named once each, in the order of their numbers")]
    Order,
    /// No cells, or too many.
    #[error("a round has from 1 to {MOST_CELLS} cells")]
    Cells,
    /// A cell of all nodes together could wrap around.
    #[error("the largest cell must be at least 1 and leave room for a sum over the nodes")]
    Largest,
    /// The rule is too weak.
    #[error("the threshold must be at least {LEAST_THRESHOLD} and the percentage from 1 to 99")]
    Rule,
    /// There is no division of the country for the year.
    #[error("there is no division of the country for {0}")]
    Year(u16),
    /// A node answers for nobody.
    #[error("{0} names no municipality")]
    NoPopulation(NodeId),
    /// A region that is none of the year's.
    #[error("`{region}` is no municipality and no bydel of {year}")]
    Region {
        /// As it was written.
        region: String,
        /// The year.
        year: u16,
    },
    /// Two nodes count the same persons.
    #[error("{first} and {second} both answer for `{region}`")]
    Overlap {
        /// The region.
        region: String,
        /// The node that was named first.
        first: NodeId,
        /// The other.
        second: NodeId,
    },
}

/// A plan that has been checked. Every node checks for itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreed {
    plan: Plan,
    digest: Bytes<32>,
}

impl Plan {
    /// Checks everything that can be checked without data.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn check(self) -> Result<Agreed, PlanError> {
        let members = self.members.len();
        if !(2..=MOST_MEMBERS).contains(&members) {
            return Err(PlanError::Members);
        }
        if !self.members.is_sorted_by(|one, next| one.node < next.node) {
            return Err(PlanError::Order);
        }
        // Who knows the totals and one of two parts knows the other; a trusted one is shown both.
        if !self.trusted
            && members == 2
            && self.members.iter().any(|member| member.node == self.coordinator)
        {
            return Err(PlanError::Coordinator);
        }
        if !(1..=MOST_CELLS).contains(&self.cells) {
            return Err(PlanError::Cells);
        }
        // Twice the sum must fit, so that what wraps around is told from what is large.
        let room = u64::try_from(members).ok().and_then(|all| self.largest.checked_mul(2 * all));
        if self.largest == 0 || room.is_none() {
            return Err(PlanError::Largest);
        }
        if self.rule.threshold < LEAST_THRESHOLD || !(1..=99).contains(&self.rule.percent) {
            return Err(PlanError::Rule);
        }
        self.disjoint()?;
        let digest = self.digest();
        Ok(Agreed { plan: self, digest })
    }

    /// No leaf of the year's division is counted by two nodes. Oslo is all of its bydeler.
    fn disjoint(&self) -> Result<(), PlanError> {
        let division = Division::of(self.year).ok_or(PlanError::Year(self.year))?;
        let mut counted: BTreeMap<&str, NodeId> = BTreeMap::new();
        for Member { node, population } in &self.members {
            if population.is_empty() {
                return Err(PlanError::NoPopulation(*node));
            }
            for region in population {
                for leaf in leaves(division, region)? {
                    if let Some(first) = counted.insert(leaf, *node) {
                        let region = leaf.to_owned();
                        return Err(PlanError::Overlap { region, first, second: *node });
                    }
                }
            }
        }
        Ok(())
    }

    fn digest(&self) -> Bytes<32> {
        let mut all = Sha256::new();
        let mut say = |part: &[u8]| {
            all.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            all.update(part);
        };
        say(b"hjemmel/federation/plan/1");
        say(&self.nonce.0);
        say(self.coordinator.as_str().as_bytes());
        say(self.dataset.as_bytes());
        say(self.table.as_bytes());
        say(&self.year.to_be_bytes());
        say(&self.definition.0);
        say(&self.cells.to_be_bytes());
        say(&self.largest.to_be_bytes());
        say(&self.rule.threshold.to_be_bytes());
        say(&[self.rule.percent]);
        say(&[u8::from(self.recipient.is_some())]);
        say(self.recipient.as_deref().unwrap_or_default().as_bytes());
        for Member { node, population } in &self.members {
            say(node.as_str().as_bytes());
            say(&u64::try_from(population.len()).unwrap_or(u64::MAX).to_be_bytes());
            for region in population {
                say(region.as_bytes());
            }
        }
        if self.trusted {
            say(b"trusted");
        }
        Bytes(all.finalize().into())
    }
}

/// The leaves of a municipality or bydel. Counties and groups are refused: who answers for whom is told municipality
/// by municipality.
fn leaves<'a>(division: &'a Division, region: &str) -> Result<&'a [String], PlanError> {
    let leaf = division.leaves().iter().any(|leaf| leaf == region);
    let found = if leaf || region == OSLO { division.leaves_of(region) } else { None };
    found.ok_or_else(|| PlanError::Region { region: region.to_owned(), year: division.year })
}

impl Agreed {
    /// The plan.
    #[must_use]
    pub const fn plan(&self) -> &Plan {
        &self.plan
    }

    /// What names the round in every message of it.
    #[must_use]
    pub const fn digest(&self) -> Bytes<32> {
        self.digest
    }

    /// How many cells there are.
    #[must_use]
    pub fn cells(&self) -> usize {
        usize::try_from(self.plan.cells).unwrap_or(usize::MAX)
    }

    /// Whether a node takes part.
    #[must_use]
    pub fn has(&self, node: NodeId) -> bool {
        self.plan.members.iter().any(|member| member.node == node)
    }

    /// The nodes in order.
    pub fn nodes(&self) -> impl Iterator<Item = NodeId> {
        self.plan.members.iter().map(|member| member.node)
    }
}
