//! One transaction for all that waits: answers that were made, decisions, and prices to be taken.

mod postgres;

use crate::answers::{self, NewAnswer, NewRaw, StoredAnswer};
use crate::chain::ChainState;
use crate::connection::AnyConnection;
use crate::purses::{self, Purse, PurseId};
use crate::schema::answers as answered;
use crate::spends::{self, Paid, Reserved, Spend};
use crate::{DecisionRow, Error, Store, decisions};
use chrono::{DateTime, TimeDelta};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

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
            let mut found = Found::of(conn, round)?;
            let before = found.head.seq;
            let decisions = decisions::chained(&mut found.head, &round.decisions)?;
            let (kept, answers) = answers::keep(&mut found.answers, &round.answers)?;
            let (reserved, paid) = spends::take_all(conn, &mut found, &round.spends)?;
            let at = round.spends.first().map_or(DateTime::UNIX_EPOCH, |spend| spend.at);
            let changes = Changes { decisions, answers, paid, day: purses::day(at) };
            changes.write(conn, &found)?;
            decisions::grown(conn, before, found.head.seq)?;
            Ok(Settled { kept, reserved })
        })
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
    /// The purses there are.
    pub purses: BTreeMap<PurseId, Purse>,
}

impl Found {
    fn of(conn: &mut AnyConnection, round: &Round) -> Result<Self, Error> {
        let asked: BTreeSet<&str> =
            round.spends.iter().map(|spend| spend.question_key.as_str()).collect();
        let made = round.answers.iter().map(|answer| answer.question_key.as_str());
        let all: BTreeSet<&str> = asked.iter().copied().chain(made).collect();
        let charges = round.spends.iter().flat_map(|spend| &spend.charges);
        let ids: BTreeSet<&PurseId> = charges.map(|charge| &charge.purse).collect();
        let since = spends::since(&round.spends, round.patience);
        if let AnyConnection::Postgres(c) = conn {
            let (mut found, answered) = postgres::find(c, &ids, (&asked, since), &all)?;
            if !answered.is_empty() {
                let keys = answered.iter().map(String::as_str).collect();
                found.answers = answers::of_keys(conn, &keys)?;
            }
            return Ok(found);
        }
        Ok(Self {
            head: decisions::head(conn)?,
            answers: answers::of_keys(conn, &all)?,
            under_way: match conn {
                AnyConnection::Sqlite(c) => spends::under_way(c, &asked, since)?,
                AnyConnection::Postgres(_) => BTreeSet::new(),
            },
            purses: purses::load(conn, ids.into_iter())?,
        })
    }
}

/// What a round writes.
struct Changes<'a> {
    decisions: Vec<decisions::Raw>,
    answers: Vec<NewRaw<'a>>,
    paid: Paid,
    /// The day it is paid on.
    day: i32,
}

impl Changes<'_> {
    fn write(self, conn: &mut AnyConnection, found: &Found) -> Result<(), Error> {
        let of = |(id, today): (&PurseId, &u64)| {
            let purse = found.purses.get(id).ok_or(Error::NotFound("purse"))?;
            Ok((purse.clone(), *today))
        };
        let spent: Vec<(Purse, u64)> =
            self.paid.today.iter().map(of).collect::<Result<_, Error>>()?;
        let moved = !self.decisions.is_empty();
        match conn {
            AnyConnection::Postgres(c) => return postgres::write(c, &self, &found.head, &spent),
            AnyConnection::Sqlite(c) => {
                for answer in &self.answers {
                    diesel::insert_into(answered::table).values(answer).execute(c)?;
                }
                decisions::insert(c, self.decisions)?;
                for (purse, today) in &spent {
                    purses::spend(c, purse, *today, self.day)?;
                }
                spends::insert(c, &self.paid)?;
            }
        }
        if moved { decisions::move_head(conn, &found.head) } else { Ok(()) }
    }
}
