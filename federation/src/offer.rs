//! Whether a total may be published, asked of those who know their own part of it.
//!
//! Whoever has a part of a total knows what the others have together: the rest. So a cell may be shown only where two
//! nodes at least have something, and where for each of them the rest is not small, neither by count (the threshold)
//! nor beside its own part (the p% rule). Only a node knows its own part, and only the coordinator the total.
//!
//! The nodes are not told the total, because a node would know a small rest the moment it heard of it. They are told a
//! number the total is not below: the total less a random amount (geometric, 4 on average, without an upper end). A
//! node that finds the number too low objects; a node that objects has learned that the rest is at least something,
//! and never that it is at most something. The amount is always subtracted, so that a cell is withheld too often
//! rather than shown too often.

use crate::{Agreed, Bytes, Directory, Fault, NodeId, Sealed, Signed};
use rand::CryptoRng;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroizing;

/// The chance that one more is subtracted, in five: four on average.
const ON_OF_FIVE: u32 = u32::MAX / 5 * 4;

/// What the nodes are asked about: for each cell a number its total is not below, or nothing where it will not be
/// shown, or where it is zero.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Offer {
    round: Bytes<32>,
    at_least: Vec<Option<u64>>,
}

impl Offer {
    /// The round it is of.
    #[must_use]
    pub const fn round(&self) -> Bytes<32> {
        self.round
    }
}

/// The cells a node will not have published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Verdict {
    pub(crate) round: Bytes<32>,
    pub(crate) node: NodeId,
    pub(crate) objections: BTreeSet<u32>,
}

/// Totals of which it is known what may be shown, for disclosure control to protect.
pub struct Settled {
    cells: Zeroizing<Vec<u64>>,
    may_be_shown: Vec<bool>,
}

impl Signed for Verdict {
    const KIND: &'static str = "verdict/1";

    fn sender(&self) -> NodeId {
        self.node
    }

    fn to_sign(&self) -> Vec<u8> {
        let cells = self.objections.iter().flat_map(|cell| cell.to_be_bytes());
        let head = self.round.0.into_iter().chain(self.node.as_str().bytes());
        head.chain(cells).collect()
    }
}

pub(crate) fn make(
    round: Bytes<32>,
    cells: &[u64],
    contributors: &[u64],
    rng: &mut impl CryptoRng,
) -> Offer {
    let each = cells.iter().zip(contributors);
    let at_least = each.map(|(total, has)| (*has >= 2).then(|| total.saturating_sub(draw(rng))));
    Offer { round, at_least: at_least.collect() }
}

fn draw(rng: &mut impl CryptoRng) -> u64 {
    let mut amount = 0;
    while rng.next_u32() < ON_OF_FIVE {
        amount += 1;
    }
    amount
}

/// The cells among the offered ones in which the rest, to a node with these sums, may be small.
pub(crate) fn objections(
    agreed: &Agreed,
    own: &[u64],
    offer: &Offer,
) -> Result<BTreeSet<u32>, Fault> {
    if offer.round != agreed.digest() {
        return Err(Fault::OtherRound);
    }
    if offer.at_least.len() != own.len() {
        return Err(Fault::OutOfRange);
    }
    let rule = agreed.plan().rule;
    let small = |own: u64, at_least: u64| {
        let rest = u128::from(at_least.saturating_sub(own));
        let of_own = u128::from(own) * u128::from(rule.percent);
        rest < u128::from(rule.threshold) || rest * 100 < of_own
    };
    let each = (0_u32..).zip(own.iter().zip(&offer.at_least));
    let objected = each.filter(|(_, (own, offered))| {
        **own > 0 && offered.is_some_and(|at_least| small(**own, at_least))
    });
    Ok(objected.map(|(at, _)| at).collect())
}

pub(crate) fn settle(
    agreed: &Agreed,
    cells: Zeroizing<Vec<u64>>,
    contributors: &[u64],
    verdicts: &[Sealed<Verdict>],
    directory: &Directory,
) -> Result<Settled, Fault> {
    let mut heard: BTreeMap<NodeId, &Verdict> = BTreeMap::new();
    for verdict in verdicts {
        let verdict = verdict.open(directory)?;
        if verdict.round != agreed.digest() {
            return Err(Fault::OtherRound);
        }
        if !agreed.has(verdict.node) {
            return Err(Fault::Stranger(verdict.node));
        }
        if heard.insert(verdict.node, verdict).is_some() {
            return Err(Fault::Twice(verdict.node));
        }
    }
    if let Some(missing) = agreed.nodes().find(|node| !heard.contains_key(node)) {
        return Err(Fault::Missing(missing));
    }
    let threshold = agreed.plan().rule.threshold;
    let each = cells.iter().zip(contributors);
    let mut may_be_shown: Vec<bool> =
        each.map(|(total, has)| *total == 0 || (*has >= 2 && *total >= threshold)).collect();
    for cell in heard.values().flat_map(|verdict| &verdict.objections) {
        let cell = usize::try_from(*cell).ok().and_then(|cell| may_be_shown.get_mut(cell));
        *cell.ok_or(Fault::OutOfRange)? = false;
    }
    Ok(Settled { cells, may_be_shown })
}

impl Settled {
    /// The totals and whether each may be shown. They are exact: what is shown of them is for disclosure control, which
    /// starts from the cells that may not be.
    #[must_use]
    pub fn into_unprotected(self) -> (Zeroizing<Vec<u64>>, Vec<bool>) {
        (self.cells, self.may_be_shown)
    }

    /// How many cells may be shown.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.may_be_shown.iter().filter(|shown| **shown).count()
    }
}
