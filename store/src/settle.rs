//! One round for all that waits: answers that were made, decisions, and prices to be taken.

mod postgres;
mod sqlite;

use crate::answers::{NewAnswer, StoredAnswer};
use crate::chain::ChainState;
use crate::connection::{AnyConnection, Database};
use crate::purses::{self, Purse, PurseId};
use crate::spends::{self, Paid, Reserved, Spend};
use crate::{DecisionRow, Error, Store, decisions};
use chrono::{DateTime, TimeDelta};
use std::collections::{BTreeMap, BTreeSet};

/// What is written in one round, in this order.
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
    /// Whether all of it may be told. Where not, only who has paid may be told so, and everything else after
    /// [`Store::flush`].
    pub on_disk: bool,
}

impl Settled {
    /// Where what was written is not waited for. Who has paid keeps an answer, which is, and with it what it was paid with.
    fn soon(kept: Vec<StoredAnswer>, reserved: Vec<Reserved>) -> Self {
        let paid = |said: &Reserved| matches!(said, Reserved::Paid(_));
        let on_disk = kept.is_empty() && !reserved.is_empty() && reserved.iter().all(paid);
        Self { kept, reserved, on_disk }
    }
}

impl Store {
    /// Takes the price of each question; see [`Store::settle`].
    ///
    /// # Errors
    /// As [`Store::settle`].
    pub fn reserve(&self, asked: &[Spend], patience: TimeDelta) -> Result<Vec<Reserved>, Error> {
        let round = Round { spends: asked.to_vec(), patience, ..Round::default() };
        Ok(self.settle(&round)?.reserved)
    }

    /// One round: keeps answers; records decisions and takes the price of each question from all its purses or from none.
    /// Either is done for all or for none. Questions are served one after the other, on PostgreSQL over all servers: the
    /// purses are locked for the transaction, so that none can be read before what went before it is written.
    ///
    /// The same question is paid for once: while somebody who paid less than `patience` ago may still answer,
    /// others are told to wait. Of a question that has an answer, that one is kept, and no second.
    ///
    /// It is durable before it returns, but for payments alone. These outlive this program, and are on the disk before
    /// any answer that is kept after them.
    ///
    /// # Errors
    /// Nothing was taken, and nothing may leave. After a lost connection it may have been taken all the same, and then
    /// it stays taken.
    pub fn settle(&self, round: &Round) -> Result<Settled, Error> {
        let settled = self.settle_soon(round)?;
        self.wait_for(&settled)?;
        Ok(Settled { on_disk: true, ..settled })
    }

    /// Waits for the disk where what came of a round must not be told before.
    ///
    /// # Errors
    /// As [`Store::flush`].
    pub fn wait_for(&self, settled: &Settled) -> Result<(), Error> {
        if settled.on_disk { Ok(()) } else { self.flush() }
    }

    /// The same as [`Store::settle`], and whoever calls waits for the disk where [`Settled::on_disk`] says so.
    ///
    /// # Errors
    /// As [`Store::settle`].
    pub fn settle_soon(&self, round: &Round) -> Result<Settled, Error> {
        match self.database {
            _ if round.is_empty() => Ok(Settled { on_disk: true, ..Settled::default() }),
            Database::Sqlite(_) => self.settle_on_sqlite(round),
            Database::Postgres(_) => self.settle_on_postgres(round),
        }
    }

    /// Whether answers are kept beside payments instead of by turns with them, which only a server does that writes for
    /// several at once.
    #[must_use]
    pub const fn keeps_beside(&self) -> bool {
        matches!(self.database, Database::Postgres(_))
    }
}

/// What a round finds.
pub(crate) struct Found {
    /// Where the record ends.
    pub head: ChainState,
    /// The answers there are to questions of the round, by key.
    pub answers: BTreeMap<String, StoredAnswer>,
    /// Questions that somebody has paid for and may still answer.
    pub under_way: BTreeSet<String>,
    /// The purses that are to pay.
    pub purses: BTreeMap<PurseId, Purse>,
}

impl Found {
    /// Makes the purses that are to pay and do not exist yet.
    fn complete(&mut self, conn: &mut AnyConnection, round: &Round) -> Result<(), Error> {
        for charge in round.spends.iter().flat_map(|spend| &spend.charges) {
            if !self.purses.contains_key(&charge.purse) {
                let purse = purses::create(conn, &charge.purse, charge.first_cap)?;
                self.purses.insert(charge.purse.clone(), purse);
            }
        }
        Ok(())
    }
}

/// What a round asks about.
struct Asked<'a> {
    /// The purses that are to pay.
    purses: BTreeSet<&'a PurseId>,
    /// The questions to be paid for.
    questions: BTreeSet<&'a str>,
    /// From when on somebody who has paid may still answer.
    since: i64,
}

impl<'a> Asked<'a> {
    fn of(round: &'a Round) -> Self {
        let charges = round.spends.iter().flat_map(|spend| &spend.charges);
        let questions = round.spends.iter().map(|spend| spend.question_key.as_str());
        Self {
            purses: charges.map(|charge| &charge.purse).collect(),
            questions: questions.collect(),
            since: spends::since(&round.spends, round.patience),
        }
    }
}

/// What a round comes to: to be written, and to be told.
struct Made {
    decisions: Vec<decisions::Raw>,
    paid: Paid,
    /// The purses as they are afterwards, with what was taken of each.
    spent: Vec<(Purse, u64)>,
    /// The day it is paid on.
    day: i32,
    reserved: Vec<Reserved>,
}

impl Made {
    /// From what was found, which becomes what it is afterwards.
    fn of(found: &mut Found, round: &Round) -> Result<Self, Error> {
        let decisions = decisions::chained(&mut found.head, &round.decisions)?;
        let (reserved, paid) = spends::take_all(found, &round.spends)?;
        let of = |(id, today): (&PurseId, &u64)| {
            let purse = found.purses.get(id).ok_or(Error::NotFound("purse"))?;
            Ok((purse.clone(), *today))
        };
        let spent = paid.today.iter().map(of).collect::<Result<_, Error>>()?;
        let at = round.spends.first().map_or(DateTime::UNIX_EPOCH, |spend| spend.at);
        Ok(Self { decisions, paid, spent, day: purses::day(at), reserved })
    }
}
