//! A round on PostgreSQL: everything is read in one journey to the server and written in another. Both statements are
//! prepared once a connection.

use super::{Changes, Found};
use crate::Error;
use crate::chain::ChainState;
use crate::purses::{Purse, PurseId, purse};
use crate::values::stored;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// What is looked for: purses by key, questions that were paid for lately, answers by question.
struct Find<'a> {
    purses: Vec<&'a str>,
    asked: Vec<&'a str>,
    since: i64,
    questions: Vec<&'a str>,
}

type Texts = Nullable<Array<Text>>;
type Numbers = Nullable<Array<BigInt>>;

impl Query for Find<'_> {
    type SqlType = (BigInt, Text, Texts, Texts, Numbers, Numbers, Array<Text>, Array<Text>);
}

impl QueryId for Find<'_> {
    type QueryId = Find<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Find<'_> {}

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
        out.push_bind_param::<Array<Text>, _>(&self.questions)?;
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

/// What there is, but for the answers; and the questions that have one.
pub(super) fn find(
    conn: &mut PgConnection,
    ids: &BTreeSet<&PurseId>,
    (asked, since): (&BTreeSet<&str>, i64),
    questions: &BTreeSet<&str>,
) -> Result<(Found, Vec<String>), Error> {
    let find = Find {
        purses: ids.iter().map(|id| id.key.as_str()).collect(),
        asked: asked.iter().copied().collect(),
        since,
        questions: questions.iter().copied().collect(),
    };
    let row: Option<Row> = find.get_result(conn).optional()?;
    let row = row.ok_or_else(|| Error::Corrupt("the chain has no head".to_owned()))?;
    let (seq, hash, kinds, keys, caps, spent, under_way, answered) = row;
    let named = kinds.unwrap_or_default().into_iter().zip(keys.unwrap_or_default());
    let amounts = caps.unwrap_or_default().into_iter().zip(spent.unwrap_or_default());
    let purses = named.zip(amounts).map(|((kind, key), (cap, spent))| {
        purse((kind, key, cap, spent)).map(|purse| (purse.id.clone(), purse))
    });
    let found = Found {
        head: ChainState { seq, hash },
        answers: BTreeMap::new(),
        under_way: under_way.into_iter().collect(),
        purses: purses.collect::<Result<_, Error>>()?,
    };
    Ok((found, answered))
}

/// Rows are handed over as JSON, answers and purses as columns.
struct Write<'a> {
    decisions: String,
    head: &'a ChainState,
    spends: String,
    charges: String,
    answer_keys: Vec<&'a str>,
    answer_ids: Vec<&'a str>,
    answer_times: Vec<i64>,
    answer_bodies: Vec<&'a [u8]>,
    answer_digests: Vec<&'a str>,
    kinds: Vec<&'a str>,
    keys: Vec<&'a str>,
    spent: Vec<i64>,
    today: Vec<i64>,
    day: i32,
}

impl QueryId for Write<'_> {
    type QueryId = Write<'static>;
    const HAS_STATIC_QUERY_ID: bool = true;
}

impl RunQueryDsl<PgConnection> for Write<'_> {}

impl QueryFragment<Pg> for Write<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        for (part, table, rows) in [
            ("WITH decided AS (INSERT INTO ", "decisions", &self.decisions),
            (", bought AS (INSERT INTO ", "spends", &self.spends),
            (", charged AS (INSERT INTO ", "charges", &self.charges),
        ] {
            out.push_sql(part);
            out.push_sql(table);
            out.push_sql(" SELECT * FROM json_populate_recordset(NULL::");
            out.push_sql(table);
            out.push_sql(", ");
            out.push_bind_param::<Text, _>(rows)?;
            out.push_sql("::json))");
        }
        out.push_sql(", moved AS (UPDATE decision_head SET hash = ");
        out.push_bind_param::<Text, _>(&self.head.hash)?;
        out.push_sql(", seq = ");
        out.push_bind_param::<BigInt, _>(&self.head.seq)?;
        out.push_sql(" WHERE id = 1 AND seq < ");
        out.push_bind_param::<BigInt, _>(&self.head.seq)?;
        out.push_sql(
            "), answered AS (INSERT INTO answers (question_key, id, at, body, sha256) \
             SELECT * FROM unnest(",
        );
        out.push_bind_param::<Array<Text>, _>(&self.answer_keys)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.answer_ids)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.answer_times)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Binary>, _>(&self.answer_bodies)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.answer_digests)?;
        out.push_sql(")), given AS (SELECT * FROM unnest(");
        out.push_bind_param::<Array<Text>, _>(&self.kinds)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.spent)?;
        out.push_sql(", ");
        out.push_bind_param::<Array<BigInt>, _>(&self.today)?;
        out.push_sql(
            ") AS one (kind, key, spent, today)), of_day AS \
             (INSERT INTO purse_days (kind, key, day, spent) SELECT kind, key, ",
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

pub(super) fn write(
    conn: &mut PgConnection,
    changes: &Changes<'_>,
    head: &ChainState,
    spent: &[(Purse, u64)],
) -> Result<(), Error> {
    let answers = &changes.answers;
    let amounts = |of: &dyn Fn(&(Purse, u64)) -> u64| -> Result<Vec<i64>, Error> {
        spent.iter().map(|one| stored(of(one))).collect()
    };
    let write = Write {
        decisions: rows(&changes.decisions)?,
        head,
        spends: rows(&changes.paid.rows)?,
        charges: rows(&changes.paid.parts)?,
        answer_keys: answers.iter().map(|answer| answer.question_key).collect(),
        answer_ids: answers.iter().map(|answer| answer.id.as_str()).collect(),
        answer_times: answers.iter().map(|answer| answer.at).collect(),
        answer_bodies: answers.iter().map(|answer| answer.body).collect(),
        answer_digests: answers.iter().map(|answer| answer.sha256.as_str()).collect(),
        kinds: spent.iter().map(|(purse, _)| purse.id.kind.as_str()).collect(),
        keys: spent.iter().map(|(purse, _)| purse.id.key.as_str()).collect(),
        spent: amounts(&|(purse, _)| purse.spent)?,
        today: amounts(&|(_, today)| *today)?,
        day: changes.day,
    };
    if write.execute(conn)? == spent.len() { Ok(()) } else { Err(Error::NotFound("purse")) }
}

fn rows<T: Serialize>(rows: &[T]) -> Result<String, Error> {
    serde_json::to_string(rows).map_err(|error| Error::Conflict(error.to_string()))
}
