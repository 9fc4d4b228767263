//! What two nodes say to each other in a comparison.

use super::settings::form;
use hjemmel_federation::psi::{
    Broken, Commitment, Comparison, Element, Persons, Points, Set, partition,
};
use hjemmel_federation::{Bytes, NodeId};
use hjemmel_kostra::Form;
use hjemmel_kostra::agreement::Variable;
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
    /// What is compared of the persons in both.
    #[serde(default)]
    pub differences: BTreeSet<Variable>,
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
    /// What is compared of the persons in both, besides who they are. It is not written where it is nothing, so that nodes that
    /// do not know of it understand every other proposal.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub differences: BTreeSet<Variable>,
    /// The commitments of the one that asks, in the order of [`Proposal::parts`].
    pub commitments: Vec<Commitment>,
}

/// What is answered to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Accepted {
    /// The other's commitments, in the order of [`Proposal::parts`].
    pub commitments: Vec<Commitment>,
    /// The grant it compares what is said of persons under, where that is compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
}

/// The second word: points of some parts.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exchange {
    /// The comparison.
    pub comparison: Bytes<32>,
    /// The first part's place among all.
    pub first: usize,
    /// The points of it and those that follow.
    pub points: Vec<Points>,
}

/// What is answered to it.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Exchanged {
    /// The other's points of the same parts.
    pub points: Vec<Points>,
    /// The first's points, multiplied and shuffled.
    pub back: Vec<Points>,
}

impl Proposal {
    pub(super) fn of(&self, stratum: &str, element: Element) -> Comparison {
        Comparison {
            nonce: self.nonce,
            pair: self.pair,
            datasets: self.datasets.clone(),
            year: self.year,
            partition: partition(&self.strata),
            stratum: stratum.to_owned(),
            element,
        }
    }

    /// What names the comparison as a whole.
    pub(super) fn digest(&self) -> Bytes<32> {
        self.of("", Element::Person).digest()
    }

    pub(super) fn own(&self, node: NodeId) -> Option<&str> {
        let at = self.pair.iter().position(|one| *one == node)?;
        self.datasets.get(at).map(String::as_str)
    }

    /// The sets that are compared, region by region: the persons, and then what is said of them.
    pub fn parts(&self) -> impl Iterator<Item = (&str, Element)> {
        let elements = Element::of(&self.differences);
        self.strata.iter().flat_map(move |region| {
            elements.clone().into_iter().map(move |element| (region.as_str(), element))
        })
    }

    /// Whether a side committed to every part, and in every part of a region to the same number of persons.
    pub(super) fn fits(&self, commitments: &[Commitment], node: NodeId) -> bool {
        let elements = Element::of(&self.differences).len();
        let is_same = |of_region: &[Commitment]| {
            let persons = of_region.first().map(|one| one.persons);
            of_region.iter().all(|one| Some(one.persons) == persons)
        };
        commitments.len() == self.strata.len() * elements
            && commitments.iter().all(|one| one.node == node)
            && commitments.chunks(elements).all(is_same)
    }

    /// A side's blinded persons of every part.
    pub(super) fn sets(
        &self,
        node: NodeId,
        persons: &BTreeMap<String, Persons>,
    ) -> Result<Vec<Set>, Broken> {
        let nobody = Persons::with([], self.differences.clone());
        let of = |(region, element): (&str, Element)| {
            let persons = persons.get(region).unwrap_or(&nobody);
            Set::new(self.of(region, element), node, persons, &mut rand::rng())
        };
        self.parts().map(of).collect()
    }
}

/// The register of a dataset that is compared.
#[must_use]
pub fn register(dataset: &str) -> Option<Form> {
    form(dataset).filter(|form| matches!(form, Form::F11B | Form::Nir))
}

/// The regions of a year.
#[must_use]
pub fn strata(year: u16) -> BTreeSet<String> {
    Division::of(year)
        .map(|division| division.leaves().iter().cloned().collect())
        .unwrap_or_default()
}
