//! The coordinator's side of a round: invited, committed, masked, then summed or ended.
//!
//! What each party learns of the data:
//!
//! | party | learns | does not learn |
//! |---|---|---|
//! | the coordinator | each cell's total and how many nodes have something in it; which cells a node objects to | what any node has |
//! | a node | of each cell two nodes have something in: a number the total is not below ([`crate::offer`]) | the total before it is published; what any node has |
//! | all nodes but two, with the coordinator | what those two have together | how it is split between them |
//! | all nodes but one, with the coordinator | what that one has: a total minus all other parts | |
//!
//! When a node drops out before its masked sums arrived, what arrived is chance to everybody, and the round ends. A
//! coordinator that lies about it has to ask again, and each node counts how often it did ([`crate::repeats`]). A node
//! that lies about its sums changes the totals by what it likes, within what the plan allows; that is not prevented,
//! but it has committed itself beforehand and signed. Masked sums that are not those of the round leave totals that are
//! chance, and are found out: how many nodes have something would have to be a small number in every cell.

use crate::offer::{self, Offer, Settled, Verdict};
use crate::{Agreed, Directory, Hello, Hellos, Masked, NodeId, Repeat, Sealed};
use rand::CryptoRng;
use std::collections::BTreeMap;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// What is wrong with a message or a step.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It is nobody of the round.
    #[error("{0} is not known or takes no part in the round")]
    Stranger(NodeId),
    /// The signature is not its.
    #[error("the message is not signed by {0}")]
    NotSigned(NodeId),
    /// Another round's message.
    #[error("the message is of another round")]
    OtherRound,
    /// A second message of the same kind.
    #[error("{0} has said so before")]
    Twice(NodeId),
    /// A node has not said anything.
    #[error("{0} is missing")]
    Missing(NodeId),
    /// Somebody else's hello in this node's place.
    #[error("what is told as this node's own first message is not")]
    NotMine,
    /// A key that gives no secret.
    #[error("the key of {0} is none")]
    WeakKey(NodeId),
    /// Sums that are not as the plan says, in number or size.
    #[error("the sums are not in number or size what the plan says")]
    OutOfRange,
    /// The round repeats an earlier one.
    #[error(transparent)]
    Repeat(#[from] Repeat),
    /// It could not be remembered durably.
    #[error("what is done cannot be remembered, so it is not done")]
    Memory,
    /// The round is at another step.
    #[error("the round is at another step: {0:?}")]
    Step(State),
}

/// Where a round is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Waiting for hellos.
    Invited,
    /// Every node has said hello; waiting for masked sums.
    Committed,
    /// All masked sums are there.
    Masked,
    /// The totals were made.
    Summed,
    /// There will be none.
    Ended(End),
}

/// Why a round came to nothing. Nothing was learned by anybody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum End {
    /// A node does not answer.
    #[error("{0} dropped out")]
    DroppedOut(NodeId),
    /// A node said no.
    #[error("{0} vetoed the round")]
    Vetoed(NodeId),
    /// A node sent something that is not a message of the round.
    #[error("{0} broke the protocol")]
    Broken(NodeId),
    /// The totals cannot be sums of what the plan allows.
    #[error("the sums do not add up to what the plan allows")]
    OutOfRange,
}

/// A round as its coordinator holds it.
pub struct Round {
    agreed: Agreed,
    directory: Directory,
    hellos: Hellos,
    messages: Vec<Sealed<Hello>>,
    masked: BTreeMap<NodeId, Masked>,
    state: State,
}

/// Totals over all nodes. They are for disclosure control, and cannot be encoded or printed.
pub struct Totals {
    agreed: Agreed,
    cells: Zeroizing<Vec<u64>>,
    contributors: Zeroizing<Vec<u64>>,
}

impl Round {
    /// Invites the nodes of a plan.
    #[must_use]
    pub const fn invite(agreed: Agreed, directory: Directory) -> Self {
        Self {
            agreed,
            directory,
            hellos: Hellos::none(),
            messages: Vec::new(),
            masked: BTreeMap::new(),
            state: State::Invited,
        }
    }

    /// Where the round is.
    #[must_use]
    pub const fn state(&self) -> State {
        self.state
    }

    /// What the round is about.
    #[must_use]
    pub const fn agreed(&self) -> &Agreed {
        &self.agreed
    }

    /// Takes a node's hello.
    ///
    /// # Errors
    /// When it is not one, or not now. The round goes on: anybody could have sent it.
    pub fn hello(&mut self, hello: Sealed<Hello>) -> Result<State, Fault> {
        self.at(State::Invited)?;
        self.hellos.add(&self.agreed, &self.directory, &hello)?;
        self.messages.push(hello);
        if self.hellos.len() == self.agreed.plan().members.len() {
            self.state = State::Committed;
        }
        Ok(self.state)
    }

    /// Every node's hello, to be sent to every node.
    ///
    /// # Errors
    /// Before all are there, or after the round's end.
    pub fn hellos(&self) -> Result<&[Sealed<Hello>], Fault> {
        match self.state {
            State::Committed | State::Masked => Ok(&self.messages),
            state => Err(Fault::Step(state)),
        }
    }

    /// Takes a node's masked sums.
    ///
    /// # Errors
    /// When they are not, or not now. Signed sums of the wrong shape end the round: its node broke the protocol.
    pub fn masked(&mut self, masked: &Sealed<Masked>) -> Result<State, Fault> {
        self.at(State::Committed)?;
        let masked = masked.open(&self.directory)?;
        let node = masked.node;
        if masked.round != self.agreed.digest() {
            return Err(Fault::OtherRound);
        }
        if !self.agreed.has(node) {
            return Err(Fault::Stranger(node));
        }
        if self.masked.contains_key(&node) {
            return Err(Fault::Twice(node));
        }
        let count = self.agreed.cells();
        if masked.cells.0.len() != count || masked.nonzero.0.len() != count {
            self.end(End::Broken(node));
            return Err(Fault::OutOfRange);
        }
        self.masked.insert(node, masked.clone());
        if self.masked.len() == self.agreed.plan().members.len() {
            self.state = State::Masked;
        }
        Ok(self.state)
    }

    /// Ends the round: a node dropped out, or said no. What was sent is forgotten; it was chance.
    pub fn end(&mut self, why: End) {
        if !matches!(self.state, State::Summed | State::Ended(_)) {
            self.state = State::Ended(why);
            self.masked.clear();
        }
    }

    /// Adds up. The masks are gone in the sum of all.
    ///
    /// # Errors
    /// Before all sums are there; and when the totals cannot be sums of what the plan allows, which ends the round.
    pub fn sum(&mut self) -> Result<Totals, Fault> {
        self.at(State::Masked)?;
        let count = self.agreed.cells();
        let mut cells = Zeroizing::new(vec![0_u64; count]);
        let mut contributors = Zeroizing::new(vec![0_u64; count]);
        for masked in std::mem::take(&mut self.masked).into_values() {
            add(&mut cells, &masked.cells.0);
            add(&mut contributors, &masked.nonzero.0);
        }
        let largest = self.agreed.plan().largest;
        let nodes = u64::try_from(self.agreed.plan().members.len()).unwrap_or(u64::MAX);
        let fits = |(total, has): (&u64, &u64)| {
            *has <= nodes && *total >= *has && *total <= has.saturating_mul(largest)
        };
        if !cells.iter().zip(contributors.iter()).all(fits) {
            self.end(End::OutOfRange);
            return Err(Fault::OutOfRange);
        }
        self.state = State::Summed;
        Ok(Totals { agreed: self.agreed.clone(), cells, contributors })
    }

    fn at(&self, wanted: State) -> Result<(), Fault> {
        if self.state == wanted { Ok(()) } else { Err(Fault::Step(self.state)) }
    }
}

fn add(to: &mut [u64], from: &[u64]) {
    to.iter_mut().zip(from).for_each(|(to, from)| *to = to.wrapping_add(*from));
}

impl Totals {
    /// What the nodes are asked before anything is published.
    #[must_use]
    pub fn offer(&self, rng: &mut impl CryptoRng) -> Offer {
        offer::make(self.agreed.digest(), &self.cells, &self.contributors, rng)
    }

    /// Hears every node on an offer and says of each cell whether it may be shown.
    ///
    /// # Errors
    /// When a node is missing, twice there, or objects to what was not offered; nothing may be published then.
    pub fn settle(
        self,
        verdicts: &[Sealed<Verdict>],
        directory: &Directory,
    ) -> Result<Settled, Fault> {
        let Self { agreed, cells, contributors } = self;
        offer::settle(&agreed, cells, &contributors, verdicts, directory)
    }
}
