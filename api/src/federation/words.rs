//! What two nodes say to each other in a comparison.

use hjemmel_federation::psi::{Broken, Commitment, Comparison, Persons, Points, Set, partition};
use hjemmel_federation::{Bytes, NodeId};
use hjemmel_kostra::Form;
use hjemmel_kostra::regions::Division;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What is asked for.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Asked {
    /// The two nodes, in the order of their numbers.
    pub nodes: [NodeId; 2],
    /// Their registers.
    pub datasets: [String; 2],
}

/// The first word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    /// Drawn for this comparison alone.
    pub nonce: Bytes<16>,
    /// The two nodes, in the order of their numbers.
    pub pair: [NodeId; 2],
    /// Their registers, in the same order.
    pub datasets: [String; 2],
    /// The reporting year.
    pub year: u16,
    /// The regions, all of the year's.
    pub strata: BTreeSet<String>,
    /// The commitments of the one that asks, in the order of the regions.
    pub commitments: Vec<Commitment>,
}

/// What is answered to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accepted {
    /// The other's commitments, in the order of the regions.
    pub commitments: Vec<Commitment>,
}

/// The second word: points of some regions.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exchange {
    /// The comparison.
    pub comparison: Bytes<32>,
    /// The first region's place in the list.
    pub first: usize,
    /// The points of it and those that follow.
    pub points: Vec<Points>,
}

/// What is answered to it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exchanged {
    /// The other's points of the same regions.
    pub points: Vec<Points>,
    /// The first's points, multiplied and shuffled.
    pub back: Vec<Points>,
}

impl Proposal {
    pub(super) fn of(&self, stratum: &str) -> Comparison {
        Comparison {
            nonce: self.nonce,
            pair: self.pair,
            datasets: self.datasets.clone(),
            year: self.year,
            partition: partition(&self.strata),
            stratum: stratum.to_owned(),
        }
    }

    /// What names the comparison as a whole.
    pub(super) fn digest(&self) -> Bytes<32> {
        self.of("").digest()
    }

    pub(super) fn own(&self, node: NodeId) -> Option<&str> {
        let at = self.pair.iter().position(|one| *one == node)?;
        self.datasets.get(at).map(String::as_str)
    }

    /// A side's blinded persons of every region.
    pub(super) fn sets(
        &self,
        node: NodeId,
        persons: &BTreeMap<String, Persons>,
    ) -> Result<Vec<Set>, Broken> {
        let nobody = Persons::default();
        let of = |region: &String| {
            let persons = persons.get(region).unwrap_or(&nobody);
            Set::new(self.of(region), node, persons, &mut rand::rng())
        };
        self.strata.iter().map(of).collect()
    }
}

/// The register of a dataset that is compared.
#[must_use]
pub fn register(dataset: &str) -> Option<Form> {
    [Form::F11B, Form::Nir].into_iter().find(|form| form.dataset().eq_ignore_ascii_case(dataset))
}

/// The regions of a year.
#[must_use]
pub fn strata(year: u16) -> BTreeSet<String> {
    Division::of(year)
        .map(|division| division.leaves().iter().cloned().collect())
        .unwrap_or_default()
}
