//! What a node itself puts up with: its veto, given before it says anything of its data.

use crate::{Agreed, NodeId};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// A node's own conditions. Nothing that is not named is permitted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stance {
    /// The tables it takes part in, each with whom it may be for: `*` is anyone.
    #[serde(default)]
    pub tables: BTreeMap<String, BTreeSet<String>>,
    /// The coordinators it works with.
    #[serde(default)]
    pub coordinators: BTreeSet<NodeId>,
    /// The coordinators it shows its own sums to, without masks.
    #[serde(default)]
    pub trusts: BTreeSet<NodeId>,
    /// The lowest threshold it accepts.
    #[serde(default)]
    pub threshold: u64,
    /// The lowest percentage it accepts.
    #[serde(default)]
    pub percent: u8,
    /// The fewest nodes it accepts.
    #[serde(default)]
    pub members: usize,
}

/// Why a node says no.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Veto {
    /// It takes no part in the table.
    #[error("the node takes no part in `{0}`")]
    Table(String),
    /// Not for that recipient.
    #[error("the node does not give `{0}` to that recipient")]
    Recipient(String),
    /// Not with that coordinator.
    #[error("the node does not work with {0} as coordinator")]
    Coordinator(NodeId),
    /// It masks its sums.
    #[error("the node does not show {0} its own sums")]
    Trust(NodeId),
    /// The threshold or the percentage is too low.
    #[error("the node asks for a threshold of {threshold} and {percent} percent at least")]
    Rule {
        /// The lowest it accepts.
        threshold: u64,
        /// The lowest it accepts.
        percent: u8,
    },
    /// Too few nodes.
    #[error("the node asks for {0} nodes at least")]
    Members(usize),
    /// It is said to answer for others than it does.
    #[error("the node does not answer for that population")]
    Population,
}

/// Whoever is not named.
pub const ANYONE: &str = "*";

impl Stance {
    /// Whether the node takes part; `own` is the population it answers for.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, agreed: &Agreed, node: NodeId, own: &BTreeSet<String>) -> Result<(), Veto> {
        let plan = agreed.plan();
        let Some(recipients) = self.tables.get(&plan.table) else {
            return Err(Veto::Table(plan.table.clone()));
        };
        let recipient = plan.recipient.as_deref().unwrap_or(ANYONE);
        if !recipients.contains(ANYONE) && !recipients.contains(recipient) {
            return Err(Veto::Recipient(plan.table.clone()));
        }
        if !self.coordinators.contains(&plan.coordinator) {
            return Err(Veto::Coordinator(plan.coordinator));
        }
        if plan.trusted && !self.trusts.contains(&plan.coordinator) {
            return Err(Veto::Trust(plan.coordinator));
        }
        if plan.rule.threshold < self.threshold || plan.rule.percent < self.percent {
            return Err(Veto::Rule { threshold: self.threshold, percent: self.percent });
        }
        if plan.members.len() < self.members {
            return Err(Veto::Members(self.members));
        }
        let told = plan.members.iter().find(|member| member.node == node);
        if told.is_none_or(|member| member.population != *own) {
            return Err(Veto::Population);
        }
        Ok(())
    }
}
