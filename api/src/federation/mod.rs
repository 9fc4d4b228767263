//! This installation as a node among others: who they are, whether they answer, and questions brought to them and from
//! them.
//!
//! It adds no power over anybody's data. A question that is brought here is decided by our policy on whoever asks, and
//! one that is brought elsewhere by theirs.

mod bokmaal;
mod breaker;
pub mod catalogue;
pub mod compare;
pub mod joint;
mod memory;
mod peer;
pub mod receipt;
pub mod receive;
pub mod relay;
pub mod rounds;
mod settings;
pub mod teller;
mod threads;
mod words;

pub use peer::{Peer, Seen};
pub use settings::{Federation as Settings, PeerSettings};

use crate::identity::{IssuerConfig, NodeKey, Outgoing, TestIssuers};
use chrono::{DateTime, Utc};
use hjemmel_federation::{Directory, NodeId};
use hjemmel_policy::OrganisationNumber;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

/// How often peers are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(15);
/// How often those that did not answer are: nodes that start together are there a moment later.
const LOOK_AGAIN: Duration = Duration::from_secs(3);

/// What keeps a node from taking part.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The key or the keys of a peer.
    #[error(transparent)]
    Identity(#[from] crate::identity::Error),
    /// A setting.
    #[error("[federation] {0}")]
    Setting(String),
    /// No threads for what is brought.
    #[error("no threads: {0}")]
    Threads(#[from] std::io::Error),
}

/// This node and its peers.
pub struct Federation {
    settings: Settings,
    outgoing: Outgoing,
    peers: BTreeMap<OrganisationNumber, Arc<Peer>>,
    rounds: rounds::Rounds,
    comparisons: compare::Comparisons,
    threads: threads::Threads,
}

impl Federation {
    /// Takes up the key and the peers of the settings.
    ///
    /// # Errors
    /// A setting that is unsafe or contradicts another, by name.
    pub fn open(
        settings: Settings,
        issuers: &[IssuerConfig],
        tests: TestIssuers,
    ) -> Result<Self, Error> {
        settings.check()?;
        let key = NodeKey::open(&settings.key)?;
        let mut peers = BTreeMap::new();
        for peer in &settings.peers {
            let number = peer.organisation;
            if number == settings.organisation || peers.contains_key(&number) {
                return Err(Error::Setting(format!("{number} is there twice")));
            }
            peers.insert(number, Arc::new(Peer::new(peer.clone(), issuers, tests)?));
        }
        let outgoing = Outgoing::new(settings.organisation, key, &mut rand::rng());
        let (rounds, comparisons) = (rounds::Rounds::default(), compare::Comparisons::default());
        let threads = threads::Threads::new(peer::PLACES.saturating_mul(peers.len()))?;
        Ok(Self { settings, outgoing, peers, rounds, comparisons, threads })
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// This node as it calls others.
    #[must_use]
    pub const fn outgoing(&self) -> &Outgoing {
        &self.outgoing
    }

    /// The rounds this node takes part in now.
    #[must_use]
    pub const fn rounds(&self) -> &rounds::Rounds {
        &self.rounds
    }

    /// The comparisons this node takes part in now.
    #[must_use]
    pub const fn comparisons(&self) -> &compare::Comparisons {
        &self.comparisons
    }

    /// This node as it is called in rounds.
    #[must_use]
    pub fn node(&self) -> Option<NodeId> {
        NodeId::parse(self.settings.organisation.as_str()).ok()
    }

    /// The keys that messages of rounds are signed with; this may block. A peer whose key cannot be had is not among them.
    #[must_use]
    pub fn directory(&self, now: DateTime<Utc>) -> Directory {
        let own = self.outgoing.key().signing().verifying_key();
        let peers = self.peers.iter().filter_map(|(number, peer)| {
            Some((NodeId::parse(number.as_str()).ok()?, peer.peering().signs_with(now)?))
        });
        self.node().map(|node| (node, own)).into_iter().chain(peers).collect()
    }

    /// A peer by its organisation number.
    #[must_use]
    pub fn peer(&self, organisation: &str) -> Option<&Arc<Peer>> {
        self.peers.get(&OrganisationNumber::parse(organisation).ok()?)
    }

    /// Every peer, by organisation number.
    pub fn peers(&self) -> impl Iterator<Item = &Arc<Peer>> {
        self.peers.values()
    }

    /// Looks at every peer from now on, on a thread of its own.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn keep_looking(&self) -> std::io::Result<()> {
        for peer in self.peers.values() {
            let peer = Arc::downgrade(peer);
            std::thread::Builder::new().name("peer".to_owned()).spawn(move || {
                while let Some(peer) = peer.upgrade() {
                    peer.look();
                    let wait = if peer.seen().reachable { LOOK_EVERY } else { LOOK_AGAIN };
                    drop(peer);
                    std::thread::sleep(wait);
                }
            })?;
        }
        Ok(())
    }
}
