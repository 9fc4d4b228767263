//! How many persons two registers have in common, without either showing whom it has.
//!
//! Each side multiplies a point for every person by a secret of its own and sends the products in an order of chance;
//! the other multiplies them again, shuffles and sends them back. Whoever is in both registers gives the same point
//! twice multiplied, whichever side began, and the shuffling hides which it was (private set intersection by
//! elliptic-curve Diffie-Hellman, cardinality only, over ristretto255).
//!
//! | party | learns | does not learn |
//! |---|---|---|
//! | each of the two | how many linkable persons and how many others the other has in the stratum; how many are in both | which |
//! | whoever carries the messages | the same sizes | anything else: the points are chance to whoever has neither secret |
//!
//! A side that does not keep to the rules can put in persons it guesses at and learn how many of them the other has; it
//! cannot choose them by what the other sends, because each commits to its points before the first is sent, and it can
//! do so once for each pair, stratum and year ([`pairs`]). What comes of it is exact and leaves through disclosure control
//! alone. Numbers that many persons may share are never linked; they are counted apart.
//!
//! Where a legal basis on both sides names what is said of the persons ([`Element`]), further sets of the same persons are
//! compared in the same comparison: a point is of a person together with the dates, say, so that how many are in both sets is
//! how many have the same dates. Each set has a secret of its own, so that nobody can tell which point of one set and which of
//! another are the same person. A side that does not keep to the rules can say of one person in a stratum as many dates as it
//! has persons there, and learn whether the other has one of them.

mod element;
pub mod pairs;
mod persons;
mod points;
mod set;
#[cfg(test)]
mod tests;

pub use element::Element;
pub use pairs::{PairFault, Run};
pub use persons::Persons;
pub use points::{Commitment, Points};
pub use set::{Overlap, Set, partition};

use crate::{Bytes, NodeId};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// What is compared: the same for both sides, and fixed before either says anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Comparison {
    /// Drawn for this comparison alone.
    pub nonce: Bytes<16>,
    /// The two, in the order of their numbers.
    pub pair: [NodeId; 2],
    /// The two registers, in the order of the pair.
    pub datasets: [String; 2],
    /// The year.
    pub year: u16,
    /// How the country is cut into strata: a digest of the list of them.
    pub partition: Bytes<32>,
    /// The stratum.
    pub stratum: String,
    /// What is compared of each person.
    pub element: Element,
}

impl Comparison {
    /// What every point and message of the comparison is bound to.
    #[must_use]
    pub fn digest(&self) -> Bytes<32> {
        let mut all = Sha256::new();
        let mut say = |part: &[u8]| {
            all.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            all.update(part);
        };
        say(b"hjemmel/federation/comparison/2");
        say(&self.nonce.0);
        self.pair.iter().for_each(|node| say(node.as_str().as_bytes()));
        self.datasets.iter().for_each(|dataset| say(dataset.as_bytes()));
        say(&self.year.to_be_bytes());
        say(&self.partition.0);
        say(self.stratum.as_bytes());
        if let Some(word) = self.element.word() {
            say(word);
        }
        Bytes(all.finalize().into())
    }
}

/// Why a comparison cannot go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Broken {
    /// What was sent is not what was committed to.
    #[error("the points are not those that were committed to")]
    NotCommitted,
    /// Not points, or the same twice, or one that hides nothing.
    #[error("the points are none, or one is there twice")]
    NotPoints,
    /// Another number of points than were sent.
    #[error("another number of points came back than were sent")]
    Count,
    /// What is to be compared is not known of the persons, or may not be.
    #[error("what is to be compared of the persons is not there to be compared")]
    NotHeld,
    /// More than there can be.
    #[error("there are too many points")]
    TooMany,
}
