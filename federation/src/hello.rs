//! The first message of a round: a key for this round alone, and a commitment to the sums.

use crate::{Agreed, Bytes, Directory, Fault, NodeId, Sealed, Signed};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a node says first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Hello {
    pub(crate) round: Bytes<32>,
    pub(crate) node: NodeId,
    /// An X25519 key drawn for the round.
    pub(crate) key: Bytes<32>,
    /// A salted digest of the node's sums, so that they cannot be chosen by what others send.
    pub(crate) commitment: Bytes<32>,
}

impl Hello {
    /// The commitment, for the node's own record.
    #[must_use]
    pub const fn commitment(&self) -> Bytes<32> {
        self.commitment
    }
}

impl Signed for Hello {
    const KIND: &'static str = "hello/1";

    fn sender(&self) -> NodeId {
        self.node
    }

    fn to_sign(&self) -> Vec<u8> {
        [self.round.0.as_slice(), self.node.as_str().as_bytes(), &self.key.0, &self.commitment.0]
            .concat()
    }
}

/// The first messages of all nodes of a round, each checked.
#[derive(Debug, Clone)]
pub struct Hellos(BTreeMap<NodeId, Hello>);

impl Hellos {
    /// Gathers one message of every node. The nodes do so too, and do not believe the coordinator.
    ///
    /// # Errors
    /// When one is missing, of somebody else, of another round, twice there, or not signed.
    pub fn gather(
        agreed: &Agreed,
        directory: &Directory,
        all: &[Sealed<Hello>],
    ) -> Result<Self, Fault> {
        let mut gathered = Self(BTreeMap::new());
        for one in all {
            gathered.add(agreed, directory, one)?;
        }
        match agreed.nodes().find(|node| !gathered.0.contains_key(node)) {
            Some(missing) => Err(Fault::Missing(missing)),
            None => Ok(gathered),
        }
    }

    pub(crate) const fn none() -> Self {
        Self(BTreeMap::new())
    }

    pub(crate) fn add(
        &mut self,
        agreed: &Agreed,
        directory: &Directory,
        one: &Sealed<Hello>,
    ) -> Result<(), Fault> {
        let hello = one.open(directory)?;
        if hello.round != agreed.digest() {
            return Err(Fault::OtherRound);
        }
        if !agreed.has(hello.node) {
            return Err(Fault::Stranger(hello.node));
        }
        // Two nodes with one key have one secret: it could be a reflected message.
        let reflected = self.0.values().any(|known| known.key == hello.key);
        if reflected || self.0.contains_key(&hello.node) {
            return Err(Fault::Twice(hello.node));
        }
        self.0.insert(hello.node, hello.clone());
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn of(&self, node: NodeId) -> Option<&Hello> {
        self.0.get(&node)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Hello> {
        self.0.values()
    }
}
