//! A round on PostgreSQL. Answers are kept in a statement of their own, which needs no purse, beside the rest. Payments and
//! decisions are made of what the last round left, where nobody else has written since, in one journey to the server; else
//! everything is locked and read before. The statements are prepared once a connection.

mod columns;
#[cfg(test)]
mod tests;
mod write;

use super::{Asked, Found, Made, Round, Settled};
use crate::answers::{self, NewAnswer, NewRaw as Answered, StoredAnswer};
use crate::chain::ChainState;
use crate::connection::{AnyConnection, prepared_once};
use crate::purses::{Purse, PurseId, purse};
use crate::spends::Reserved;
use crate::{Error, Store, decisions};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{Array, BigInt, Nullable, Text};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::PoisonError;
use write::Assumed;

/// What the last round left behind.
#[derive(Debug, Clone)]
pub(crate) struct Left {
    head: ChainState,
    purses: BTreeMap<PurseId, Purse>,
    /// Whether it found what the round before it had left. Where others write too, to guess is a journey for nothing.
    undisturbed: bool,
}

impl Store {
    /// See [`Store::settle_soon`].
    pub(super) fn settle_on_postgres(&self, round: &Round) -> Result<Settled, Error> {
        let kept = self.keep_beside(&round.answers)?;
        if round.spends.is_empty() && round.decisions.is_empty() {
            return Ok(Settled { kept, on_disk: true, ..Settled::default() });
        }
        let asked = Asked::of(round);
        // One at a time, so that each finds what the one before it left.
        let mut last = self.ledger.left.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out: what comes of a round that fails is not known.
        let before = last.take();
        let guessed = match &before {
            Some(left) if left.undisturbed => self.guess(left, round, &asked)?,
            _ => None,
        };
        let (reserved, left) = match guessed {
            Some(guessed) => guessed,
            None => self.look_and_pay(before, round, &asked)?,
        };
        *last = Some(left);
        let settled = Settled::soon(Vec::new(), reserved);
        Ok(Settled { kept, on_disk: settled.on_disk || round.spends.is_empty(), ..settled })
    }

    /// Pays from what the last round left. None where it is not so any more, or where more is to be done than to pay for
    /// everything: nobody is refused by a guess.
    fn guess(
        &self,
        left: &Left,
        round: &Round,
        asked: &Asked<'_>,
    ) -> Result<Option<(Vec<Reserved>, Left)>, Error> {
        if !asked.purses().into_iter().all(|id| left.purses.contains_key(id)) {
            return Ok(None);
        }
        let (answers, under_way) = (BTreeMap::new(), BTreeSet::new());
        let (head, purses) = (left.head.clone(), left.purses.clone());
        let mut found = Found { head, answers, under_way, purses, new: BTreeSet::new() };
        let made = Made::of(&mut found, asked, &round.decisions)?;
        let all_paid = made.reserved.iter().all(|said| matches!(said, Reserved::Paid(_)));
        if !all_paid || decisions::grows(left.head.seq, found.head.seq) {
            return Ok(None);
        }
        let assumed = Assumed { head: &left.head, since: asked.since() };
        let written =
            self.at_once(|conn| write::write(conn.postgres()?, &assumed, &found.head, &made));
        let written = written.or_else(|error| self.is_written(made.trace().as_ref(), &error))?;
        let left = Left { head: found.head, purses: found.purses, undisturbed: true };
        Ok(written.then_some((made.reserved, left)))
    }

    /// Locks and reads everything first.
    fn look_and_pay(
        &self,
        before: Option<Left>,
        round: &Round,
        asked: &Asked<'_>,
    ) -> Result<(Vec<Reserved>, Left), Error> {
        let mut unheard = None;
        let done = self.round(|conn| {
            let mut found = find(conn, asked)?;
            found.complete(asked);
            let head = found.head.clone();
            let made = Made::of(&mut found, asked, &round.decisions)?;
            found.create(conn, &made)?;
            let assumed = Assumed { head: &head, since: asked.since() };
            if !write::write(conn.postgres()?, &assumed, &found.head, &made)? {
                // Nothing of it was written: an answer was kept in between, which looks at no purse.
                return Err(Error::Busy("a question was answered meanwhile".to_owned()));
            }
            decisions::grown(conn, head.seq, found.head.seq)?;
            let mut left = Left { undisturbed: false, head: found.head, purses: BTreeMap::new() };
            if let Some(before) = before.filter(|before| before.head == head) {
                (left.purses, left.undisturbed) = (before.purses, true);
            }
            left.purses.extend(found.purses);
            let trace = made.trace();
            let settled = (made.reserved, left);
            unheard = Some((trace, settled.clone()));
            Ok(settled)
        });
        match (done, unheard) {
            (Err(error), Some((trace, settled))) if self.is_written(trace.as_ref(), &error)? => {
                Ok(settled)
            }
            (done, _) => done,
        }
    }

    fn keep_beside(&self, new: &[NewAnswer]) -> Result<Vec<StoredAnswer>, Error> {
        if new.is_empty() {
            return Ok(Vec::new());
        }
        let (kept, rows) = answers::keep(&mut BTreeMap::new(), new)?;
        self.beside(|conn| {
            let before = keep(conn, &rows)?;
            let of_each = kept.iter().map(|own| before.get(&own.question_key).unwrap_or(own));
            Ok(of_each.cloned().collect())
        })
    }
}

/// Keeps answers and gives those that their questions had before.
fn keep(
    conn: &mut AnyConnection,
    rows: &[Answered<'_>],
) -> Result<BTreeMap<String, StoredAnswer>, Error> {
    let new = write::keep(conn.postgres()?, rows)?;
    let new: BTreeSet<&str> = new.iter().map(String::as_str).collect();
    let keys = rows.iter().map(|row| row.question_key);
    of_some(conn, &keys.filter(|key| !new.contains(key)).collect())
}

/// What is looked for: purses by key, questions that were paid for lately, questions that have an answer.
struct Find<'a> {
    purses: Vec<&'a str>,
    asked: Vec<&'a str>,
    since: i64,
}

type Texts = Nullable<Array<Text>>;
type Numbers = Nullable<Array<BigInt>>;

impl Query for Find<'_> {
    type SqlType = (BigInt, Text, Texts, Texts, Numbers, Numbers, Array<Text>, Array<Text>);
}

prepared_once!(Find);

impl QueryFragment<Pg> for Find<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql(
            "SELECT head.seq, head.hash, found.kinds, found.keys, found.caps, found.spent, \
             ARRAY(SELECT question_key FROM spends WHERE question_key = ANY(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.asked)?;
        // Plus nought, since many may have paid lately, and the index by time would look at them all.
        out.push_sql(") AND at + 0 >= ");
        out.push_bind_param::<BigInt, _>(&self.since)?;
        out.push_sql("), ARRAY(SELECT question_key FROM answers WHERE question_key = ANY(");
        out.push_bind_param::<Array<Text>, _>(&self.asked)?;
        out.push_sql(
            ")) FROM decision_head head, LATERAL (SELECT array_agg(kind) AS kinds, \
             array_agg(key) AS keys, array_agg(cap) AS caps, array_agg(spent) AS spent \
             FROM purses WHERE key = ANY(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.purses)?;
        out.push_sql(")) found WHERE head.id = 1");
        Ok(())
    }
}

type Row = (
    i64,
    String,
    Option<Vec<String>>,
    Option<Vec<String>>,
    Option<Vec<i64>>,
    Option<Vec<i64>>,
    Vec<String>,
    Vec<String>,
);

/// What there is.
fn find(conn: &mut AnyConnection, asked: &Asked<'_>) -> Result<Found, Error> {
    let find = Find {
        purses: asked.purses().into_iter().map(|id| id.key.as_str()).collect(),
        asked: asked.keys().into_iter().collect(),
        since: asked.since(),
    };
    let row: Option<Row> = find.get_result(conn.postgres()?).optional()?;
    let row = row.ok_or_else(|| Error::Corrupt("the chain has no head".to_owned()))?;
    let (seq, hash, kinds, keys, caps, spent, under_way, answered) = row;
    let named = kinds.unwrap_or_default().into_iter().zip(keys.unwrap_or_default());
    let amounts = caps.unwrap_or_default().into_iter().zip(spent.unwrap_or_default());
    let purses = named.zip(amounts).map(|((kind, key), (cap, spent))| {
        purse((kind, key, cap, spent)).map(|purse| (purse.id.clone(), purse))
    });
    Ok(Found {
        head: ChainState { seq, hash },
        answers: of_some(conn, &answered.iter().map(String::as_str).collect())?,
        under_way: under_way.into_iter().collect(),
        purses: purses.collect::<Result<_, Error>>()?,
        new: BTreeSet::new(),
    })
}

/// Their answers; mostly there are none to be asked for.
fn of_some(
    conn: &mut AnyConnection,
    keys: &BTreeSet<&str>,
) -> Result<BTreeMap<String, StoredAnswer>, Error> {
    if keys.is_empty() { Ok(BTreeMap::new()) } else { answers::of_keys(conn, keys) }
}
