//! A round on PostgreSQL. Answers are kept in a statement of their own, which needs no purse, beside payments. For payments
//! everything is read in one journey to the server and written in another. The statements are prepared once a connection.

use super::{Asked, Found, Made, Round, Settled};
use crate::answers::{self, NewAnswer, NewRaw as Answered, StoredAnswer};
use crate::chain::ChainState;
use crate::connection::{AnyConnection, prepared_once};
use crate::decisions::Raw as Decision;
use crate::purses::{Purse, purse};
use crate::spends::{Raw as Bought, RawCharge as Charged};
use crate::values::stored;
use crate::{Error, Store, decisions};
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use std::collections::{BTreeMap, BTreeSet};

impl Store {
    /// See [`Store::settle_soon`].
    pub(super) fn settle_on_postgres(&self, round: &Round) -> Result<Settled, Error> {
        let kept = self.keep_beside(&round.answers)?;
        if round.spends.is_empty() && round.decisions.is_empty() {
            return Ok(Settled { kept, on_disk: true, ..Settled::default() });
        }
        let reserved = self.round(|conn| {
            let asked = Asked::of(round);
            let mut found = find(conn, &asked)?;
            found.complete(conn, &asked)?;
            let before = found.head.seq;
            let made = Made::of(&mut found, &asked, &round.decisions)?;
            write(conn.postgres()?, &found.head, &made)?;
            decisions::grown(conn, before, found.head.seq)?;
            Ok(made.reserved)
        })?;
        Ok(Settled { kept, ..Settled::soon(Vec::new(), reserved) })
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
    })
}

/// Their answers; mostly there are none to be asked for.
fn of_some(
    conn: &mut AnyConnection,
    keys: &BTreeSet<&str>,
) -> Result<BTreeMap<String, StoredAnswer>, Error> {
    if keys.is_empty() { Ok(BTreeMap::new()) } else { answers::of_keys(conn, keys) }
}

/// One column of rows to be written.
enum Column<'a> {
    Texts(Vec<&'a str>),
    Perhaps(Vec<Option<&'a str>>),
    Numbers(Vec<i64>),
    Small(Vec<Option<i32>>),
    Bytes(Vec<&'a [u8]>),
}

impl Column<'_> {
    fn bind<'b>(&'b self, out: &mut AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        match self {
            Self::Texts(all) => out.push_bind_param::<Array<Text>, _>(all),
            Self::Perhaps(all) => out.push_bind_param::<Array<Nullable<Text>>, _>(all),
            Self::Numbers(all) => out.push_bind_param::<Array<BigInt>, _>(all),
            Self::Small(all) => out.push_bind_param::<Array<Nullable<Integer>>, _>(all),
            Self::Bytes(all) => out.push_bind_param::<Array<Binary>, _>(all),
        }
    }
}

/// Rows of a table, by column.
type Columns<'a> = Vec<(&'static str, Column<'a>)>;

/// The names of columns, what comes between, and their rows.
fn push_rows<'b>(
    columns: &'b Columns<'_>,
    between: &str,
    out: &mut AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    for (place, (name, _)) in columns.iter().enumerate() {
        out.push_sql(if place == 0 { " (" } else { ", " });
        out.push_sql(name);
    }
    out.push_sql(between);
    out.push_sql("SELECT * FROM unnest(");
    for (place, (_, column)) in columns.iter().enumerate() {
        if place > 0 {
            out.push_sql(", ");
        }
        column.bind(out)?;
    }
    out.push_sql(")");
    Ok(())
}

/// Rows are handed over as columns: the statement is the same however many there are.
struct Write<'a> {
    decisions: Columns<'a>,
    spends: Columns<'a>,
    charges: Columns<'a>,
    /// Purses with what is spent of them, in all and on the day.
    purses: Columns<'a>,
    head: &'a ChainState,
    day: i32,
}

prepared_once!(Write);

impl QueryFragment<Pg> for Write<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH given");
        push_rows(&self.purses, ") AS (", &mut out.reborrow())?;
        for (part, rows) in [
            ("), decided AS (INSERT INTO decisions", &self.decisions),
            ("), bought AS (INSERT INTO spends", &self.spends),
            ("), charged AS (INSERT INTO charges", &self.charges),
        ] {
            out.push_sql(part);
            push_rows(rows, ") ", &mut out.reborrow())?;
        }
        out.push_sql("), moved AS (UPDATE decision_head SET hash = ");
        out.push_bind_param::<Text, _>(&self.head.hash)?;
        out.push_sql(", seq = ");
        out.push_bind_param::<BigInt, _>(&self.head.seq)?;
        out.push_sql(" WHERE id = 1 AND seq < ");
        out.push_bind_param::<BigInt, _>(&self.head.seq)?;
        out.push_sql(
            "), of_day AS (INSERT INTO purse_days (kind, key, day, spent) SELECT kind, key, ",
        );
        out.push_bind_param::<Integer, _>(&self.day)?;
        out.push_sql(
            ", today FROM given ON CONFLICT (kind, key, day) \
             DO UPDATE SET spent = purse_days.spent + EXCLUDED.spent), \
             paid AS (UPDATE purses SET spent = given.spent FROM given \
             WHERE purses.kind = given.kind AND purses.key = given.key RETURNING 1) \
             SELECT 1 FROM paid",
        );
        Ok(())
    }
}

fn write(conn: &mut PgConnection, head: &ChainState, made: &Made) -> Result<(), Error> {
    let amounts = |of: &dyn Fn(&(Purse, u64)) -> u64| -> Result<Vec<i64>, Error> {
        made.spent.iter().map(|one| stored(of(one))).collect()
    };
    let purses = vec![
        ("kind", texts(&made.spent, |(purse, _)| purse.id.kind.as_str())),
        ("key", texts(&made.spent, |(purse, _)| purse.id.key.as_str())),
        ("spent", Column::Numbers(amounts(&|(purse, _)| purse.spent)?)),
        ("today", Column::Numbers(amounts(&|(_, today)| *today)?)),
    ];
    let write = Write {
        decisions: decided(&made.decisions),
        spends: spends(&made.paid.rows),
        charges: charges(&made.paid.parts),
        purses,
        head,
        day: made.day,
    };
    let paid = write.execute(conn)?;
    if paid == made.spent.len() { Ok(()) } else { Err(Error::NotFound("purse")) }
}

/// Answers to be kept where their questions have none yet.
struct Keep<'a>(Columns<'a>);

impl Query for Keep<'_> {
    type SqlType = Text;
}

prepared_once!(Keep);

impl QueryFragment<Pg> for Keep<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("INSERT INTO answers");
        push_rows(&self.0, ") ", &mut out)?;
        out.push_sql(" ON CONFLICT (question_key) DO NOTHING RETURNING question_key");
        Ok(())
    }
}

/// Keeps answers, in a statement that is a transaction of its own, and gives those that their questions had before.
fn keep(
    conn: &mut AnyConnection,
    rows: &[Answered<'_>],
) -> Result<BTreeMap<String, StoredAnswer>, Error> {
    let new: Vec<String> = Keep(answered(rows)).load(conn.postgres()?)?;
    let new: BTreeSet<&str> = new.iter().map(String::as_str).collect();
    let keys = rows.iter().map(|row| row.question_key);
    of_some(conn, &keys.filter(|key| !new.contains(key)).collect())
}

fn texts<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a str) -> Column<'a> {
    Column::Texts(rows.iter().map(of).collect())
}

fn perhaps<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a Option<String>) -> Column<'a> {
    Column::Perhaps(rows.iter().map(|row| of(row).as_deref()).collect())
}

fn numbers<'a, T>(rows: &[T], of: impl Fn(&T) -> i64) -> Column<'a> {
    Column::Numbers(rows.iter().map(of).collect())
}

fn decided(rows: &[Decision]) -> Columns<'_> {
    let versions = rows.iter().map(|row| row.grant_version).collect();
    vec![
        ("seq", numbers(rows, |row| row.seq)),
        ("id", texts(rows, |row| &row.id)),
        ("at", numbers(rows, |row| row.at)),
        ("policy_version", numbers(rows, |row| row.policy_version)),
        ("subject_kind", texts(rows, |row| &row.subject_kind)),
        ("organisation", perhaps(rows, |row| &row.organisation)),
        ("supplier", perhaps(rows, |row| &row.supplier)),
        ("client", perhaps(rows, |row| &row.client)),
        ("action", texts(rows, |row| &row.action)),
        ("resource", texts(rows, |row| &row.resource)),
        ("outcome", texts(rows, |row| &row.outcome)),
        ("grant_id", perhaps(rows, |row| &row.grant_id)),
        ("grant_version", Column::Small(versions)),
        ("body", texts(rows, |row| &row.body)),
        ("previous", texts(rows, |row| &row.previous)),
        ("leaf", texts(rows, |row| &row.leaf)),
        ("hash", texts(rows, |row| &row.hash)),
    ]
}

fn spends(rows: &[Bought]) -> Columns<'_> {
    vec![
        ("id", texts(rows, |row| &row.id)),
        ("at", numbers(rows, |row| row.at)),
        ("question_key", texts(rows, |row| &row.question_key)),
        ("question", texts(rows, |row| &row.question)),
        ("project", texts(rows, |row| &row.project)),
        ("sponsor", texts(rows, |row| &row.sponsor)),
        ("decision", texts(rows, |row| &row.decision)),
        ("nano", numbers(rows, |row| row.nano)),
    ]
}

fn charges(rows: &[Charged]) -> Columns<'_> {
    vec![
        ("spend_id", texts(rows, |row| &row.spend_id)),
        ("kind", texts(rows, |row| &row.kind)),
        ("key", texts(rows, |row| &row.key)),
        ("nano", numbers(rows, |row| row.nano)),
    ]
}

fn answered<'a>(rows: &'a [Answered<'a>]) -> Columns<'a> {
    vec![
        ("question_key", texts(rows, |row| row.question_key)),
        ("id", texts(rows, |row| &row.id)),
        ("at", numbers(rows, |row| row.at)),
        ("body", Column::Bytes(rows.iter().map(|row| row.body).collect())),
        ("sha256", texts(rows, |row| &row.sha256)),
    ]
}
