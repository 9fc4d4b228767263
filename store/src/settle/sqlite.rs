//! A round on SQLite, which writes for one at a time: one transaction for everything.

use super::{Asked, Found, Made, Round, Settled};
use crate::answers::{self, NewAnswer, NewRaw};
use crate::connection::AnyConnection;
use crate::schema::answers as answered;
use crate::{Error, Store, decisions, purses, spends};
use diesel::prelude::*;
use std::collections::BTreeSet;

impl Store {
    /// See [`Store::settle_soon`].
    pub(super) fn settle_on_sqlite(&self, round: &Round) -> Result<Settled, Error> {
        self.round(|conn| {
            let asked = Asked::of(round);
            let mut found = found(conn, &asked, &round.answers)?;
            let before = found.head.seq;
            let (kept, answers) = answers::keep(&mut found.answers, &round.answers)?;
            let made = Made::of(&mut found, &asked, &round.decisions)?;
            found.create(conn, &made)?;
            write(conn.sqlite()?, &answers, &made)?;
            if !made.decisions.is_empty() {
                decisions::insert(conn.sqlite()?, made.decisions)?;
                decisions::move_head(conn, &found.head)?;
                decisions::grown(conn, before, found.head.seq)?;
            }
            Ok(Settled::soon(kept, made.reserved))
        })
    }
}

fn found(
    conn: &mut AnyConnection,
    asked: &Asked<'_>,
    answers: &[NewAnswer],
) -> Result<Found, Error> {
    let questions = asked.keys();
    let made = answers.iter().map(|answer| answer.question_key.as_str());
    let all: BTreeSet<&str> = questions.iter().copied().chain(made).collect();
    let mut found = Found {
        head: decisions::head(conn)?,
        answers: answers::of_keys(conn, &all)?,
        under_way: spends::under_way(conn.sqlite()?, &questions, asked.since())?,
        purses: purses::load(conn, asked.purses().into_iter())?,
        new: BTreeSet::new(),
    };
    found.complete(asked);
    Ok(found)
}

/// A statement for one row is prepared once, and one for many each time.
fn write(conn: &mut SqliteConnection, answers: &[NewRaw<'_>], made: &Made) -> Result<(), Error> {
    for answer in answers {
        diesel::insert_into(answered::table).values(answer).execute(conn)?;
    }
    for (purse, _) in &made.spent {
        purses::spend(conn, purse)?;
    }
    spends::insert(conn, &made.paid)
}
