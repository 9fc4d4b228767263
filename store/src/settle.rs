//! One transaction for all that waits: answers that were made, decisions, and prices to be taken.

use crate::answers::{self, NewAnswer, StoredAnswer};
use crate::spends::{self, Reserved, Spend};
use crate::{DecisionRow, Error, Store, decisions};
use chrono::TimeDelta;

/// What is written in one transaction, in this order.
#[derive(Debug, Clone)]
pub struct Round {
    /// Answers that were made.
    pub answers: Vec<NewAnswer>,
    /// Decisions on the questions to be paid for.
    pub decisions: Vec<DecisionRow>,
    /// Questions to be paid for.
    pub spends: Vec<Spend>,
    /// How long somebody who has paid may still answer.
    pub patience: TimeDelta,
}

impl Default for Round {
    fn default() -> Self {
        let (answers, decisions, spends) = (Vec::new(), Vec::new(), Vec::new());
        Self { answers, decisions, spends, patience: TimeDelta::zero() }
    }
}

impl Round {
    /// Whether there is nothing to write.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.answers.is_empty() && self.decisions.is_empty() && self.spends.is_empty()
    }
}

/// What came of a round.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Settled {
    /// For each answer, the one that may leave.
    pub kept: Vec<StoredAnswer>,
    /// For each question, whether it was paid for.
    pub reserved: Vec<Reserved>,
}

impl Store {
    /// Takes the price of each question, durably; see [`Store::settle`].
    ///
    /// # Errors
    /// As [`Store::settle`].
    pub fn reserve(&self, asked: &[Spend], patience: TimeDelta) -> Result<Vec<Reserved>, Error> {
        let round = Round { spends: asked.to_vec(), patience, ..Round::default() };
        Ok(self.settle(&round)?.reserved)
    }

    /// One round, all or nothing, durable before it returns: keeps answers, records decisions, then takes the price
    /// of each question from all its purses or from none. Questions are served one after the other, on PostgreSQL
    /// over all servers: the purses are locked for the transaction, so that none can be read before what went before
    /// it is written.
    ///
    /// The same question is paid for once: while somebody who paid less than `patience` ago may still answer,
    /// others are told to wait. Of a question that has an answer, that one is kept, and no second.
    ///
    /// # Errors
    /// Nothing was taken, and nothing may leave. After a lost connection it may have been taken all the same, and then
    /// it stays taken.
    pub fn settle(&self, round: &Round) -> Result<Settled, Error> {
        if round.is_empty() {
            return Ok(Settled::default());
        }
        self.round(|conn| {
            let kept = answers::keep(conn, &round.answers)?;
            if !round.decisions.is_empty() {
                decisions::append_locked(conn, &round.decisions)?;
            }
            let reserved = spends::take_all(conn, &round.spends, round.patience)?;
            Ok(Settled { kept, reserved })
        })
    }
}
