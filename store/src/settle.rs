//! One round for all that waits: answers that were made, decisions, and prices to be taken.

mod postgres;
mod sqlite;

pub(crate) use postgres::Left;

use crate::answers::{NewAnswer, StoredAnswer};
use crate::chain::ChainState;
use crate::connection::{AnyConnection, Database};
use crate::purses::{self, FirstCaps, Purse, PurseId};
use crate::spends::{self, Paid, Reserved, Spend};
use crate::{DecisionRow, Error, Store, decisions};
use chrono::TimeDelta;
use std::collections::{BTreeMap, BTreeSet};

/// What is written in one round, in this order.
#[derive(Debug, Clone, Default)]
pub struct Round {
    /// Answers that were made.
    pub answers: Vec<NewAnswer>,
    /// Decisions on the questions to be paid for.
    pub decisions: Vec<DecisionRow>,
    /// Questions to be paid for.
    pub spends: Vec<Spend>,
    /// On which terms.
    pub terms: Terms,
}

/// What an installation settles about payments.
#[derive(Debug, Clone, Copy, Default)]
pub struct Terms {
    /// How long somebody who has paid may still answer.
    pub patience: TimeDelta,
    /// The caps of purses that nobody has spent from.
    pub first_caps: FirstCaps,
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
    pub fn reserve(&self, asked: &[Spend], terms: Terms) -> Result<Vec<Reserved>, Error> {
        let round = Round { spends: asked.to_vec(), terms, ..Round::default() };
        Ok(self.settle(&round)?.reserved)
    }

    /// One round: keeps answers; records decisions and takes the price of each question from all its purses or from none.
    /// Either is done for all or for none. Questions are served one after the other, on PostgreSQL over all servers: the
    /// purses are locked for the transaction, so that none can be read before what went before it is written.
    ///
    /// The same question is paid for once: while somebody who paid less than [`Terms::patience`] ago may still answer,
    /// others are told to wait. Of a question that has an answer, that one is kept, and no second.
    ///
    /// It is durable before it returns, but for payments alone. These outlive this program, and are on the disk before
    /// any answer that is kept after them.
    ///
    /// # Errors
    /// Nothing was taken, and nothing may leave. Where a connection was lost and no new one says what came of it, it may have
    /// been taken all the same, and then it stays taken.
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
    /// Those of them that do not exist yet.
    pub new: BTreeSet<PurseId>,
}

impl Found {
    /// Adds the purses that are to pay and do not exist yet, as they would be.
    fn complete(&mut self, asked: &Asked<'_>) {
        for id in asked.purses() {
            if !self.purses.contains_key(id) {
                let cap = asked.terms.first_caps.of(id.kind);
                self.purses.insert(id.clone(), Purse { id: id.clone(), cap, spent: 0 });
                self.new.insert(id.clone());
            }
        }
    }

    /// Makes the new purses that something was taken from, and forgets the others: a question that is refused settles no
    /// cap, which would outlast a change of the settings.
    fn create(&mut self, conn: &mut AnyConnection, made: &Made) -> Result<(), Error> {
        for id in std::mem::take(&mut self.new) {
            let Some(purse) = self.purses.get(&id) else { continue };
            if made.paid.taken.contains_key(&id) {
                purses::create(conn, &id, purse.cap)?;
            } else {
                self.purses.remove(&id);
            }
        }
        Ok(())
    }
}

/// What a round asks about.
struct Asked<'a> {
    terms: Terms,
    /// The questions to be paid for, each with what it takes from each purse.
    spends: Vec<(&'a Spend, BTreeMap<PurseId, u64>)>,
}

impl<'a> Asked<'a> {
    fn of(round: &'a Round) -> Self {
        let spends = round.spends.iter().map(|spend| (spend, spend.charges()));
        Self { terms: round.terms, spends: spends.collect() }
    }

    /// The purses that are to pay.
    fn purses(&self) -> BTreeSet<&PurseId> {
        self.spends.iter().flat_map(|(_, charges)| charges.keys()).collect()
    }

    /// The questions.
    fn keys(&self) -> BTreeSet<&'a str> {
        self.spends.iter().map(|(spend, _)| spend.question_key.as_str()).collect()
    }

    /// From when on somebody who has paid may still answer.
    fn since(&self) -> i64 {
        let newest = self.spends.iter().map(|(spend, _)| spend.at).max().unwrap_or_default();
        newest.checked_sub_signed(self.terms.patience).unwrap_or(newest).timestamp_micros()
    }
}

/// What a round comes to: to be written, and to be told.
struct Made {
    decisions: Vec<decisions::Raw>,
    paid: Paid,
    /// The purses as they are afterwards, with what was taken of each.
    spent: Vec<(Purse, u64)>,
    reserved: Vec<Reserved>,
}

/// A row of a round, of which all are written or none.
pub(crate) enum Trace {
    /// A payment, by its id.
    Spend(String),
    /// A decision, by its id.
    Decision(String),
}

impl Made {
    /// A row to look for where it is not known whether they were written. No id of a payment comes twice.
    fn trace(&self) -> Option<Trace> {
        let spend = self.paid.rows.first().map(|row| Trace::Spend(row.id.clone()));
        spend.or_else(|| self.decisions.first().map(|row| Trace::Decision(row.id.clone())))
    }

    /// From what was found, which becomes what it is afterwards.
    fn of(found: &mut Found, asked: &Asked<'_>, decisions: &[DecisionRow]) -> Result<Self, Error> {
        let decisions = decisions::chained(&mut found.head, decisions)?;
        let (reserved, paid) = spends::take_all(found, &asked.spends)?;
        let of = |(id, taken): (&PurseId, &u64)| {
            let purse = found.purses.get(id).ok_or(Error::NotFound("purse"))?;
            Ok((purse.clone(), *taken))
        };
        let spent = paid.taken.iter().map(of).collect::<Result<_, Error>>()?;
        Ok(Self { decisions, paid, spent, reserved })
    }
}

#[cfg(test)]
impl Round {
    /// One that pays for an example, of which a thousand may be.
    pub(crate) fn paying(number: u32) -> Self {
        let spend = Spend::example(number);
        let decision = DecisionRow {
            id: spend.decision,
            at: spend.at,
            policy_version: 1,
            subject_kind: "organisation".to_owned(),
            organisation: None,
            supplier: None,
            client: None,
            action: "question:ask".to_owned(),
            resource: "{}".to_owned(),
            outcome: "allowed".to_owned(),
            grant_id: None,
            grant_version: None,
            body: "{}".to_owned(),
        };
        let first_caps = FirstCaps { dataset_year: 1_000, project: 1_000, organisation: 1_000 };
        let terms = Terms { first_caps, ..Terms::default() };
        Self { decisions: vec![decision], spends: vec![spend], terms, ..Self::default() }
    }

    /// One that keeps its answer.
    pub(crate) fn keeping(number: u32) -> Self {
        let Spend { question_key, id, at, .. } = Spend::example(number);
        let answer = NewAnswer { question_key, id, at, body: vec![1] };
        Self { answers: vec![answer], ..Self::default() }
    }
}
