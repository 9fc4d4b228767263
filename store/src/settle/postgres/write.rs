//! What a round writes, each part in one statement.

use super::columns::{Column, Columns, answered, decided, push_rows, spends, texts};
use crate::Error;
use crate::answers::NewRaw as Answered;
use crate::chain::ChainState;
use crate::connection::prepared_once;
use crate::purses::Purse;
use crate::settle::Made;
use crate::values::stored;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, Query, QueryFragment};
use diesel::sql_types::{Array, BigInt, Nullable, Text};

/// What payments were made of: where the record ended, and from when on somebody who has paid may still answer.
pub(super) struct Assumed<'a> {
    pub head: &'a ChainState,
    pub since: i64,
}

/// Payments and decisions, written if everything is still as it was when they were made: the record, the purses that pay,
/// and that nobody has paid for the questions lately or answered them. Whoever writes at the same time is waited for, and
/// what they wrote is looked at: rows are locked before they are compared, the purses by their keys. A question whose
/// payment cannot be seen yet is seen by what it took from the purse of the data.
struct Write<'a> {
    decisions: Columns<'a>,
    spends: Columns<'a>,
    /// Purses as they were, with what is spent of them afterwards.
    purses: Columns<'a>,
    number: i64,
    keys: Vec<&'a str>,
    assumed: &'a Assumed<'a>,
    head: &'a ChainState,
    /// What becomes of `synchronous_commit` for this transaction, which goes by what it is when it ends.
    waits: Option<&'static str>,
}

prepared_once!(Write);

impl QueryFragment<Pg> for Write<'_> {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_sql("WITH given");
        push_rows(&self.purses, ") AS (", &mut out)?;
        out.push_sql(
            "), held AS (SELECT 1 FROM purses JOIN given USING (kind, key) \
             WHERE purses.cap = given.cap AND purses.spent = given.was \
             ORDER BY kind, key FOR UPDATE OF purses), \
             ready AS (SELECT 1 FROM decision_head WHERE id = 1 AND (SELECT count(*) FROM held) = ",
        );
        out.push_bind_param::<BigInt, _>(&self.number)?;
        out.push_sql(" AND seq = ");
        out.push_bind_param::<BigInt, _>(&self.assumed.head.seq)?;
        out.push_sql(" AND hash = ");
        out.push_bind_param::<Text, _>(&self.assumed.head.hash)?;
        // Plus nought, since many may have paid lately, and the index by time would look at them all.
        out.push_sql(" AND NOT EXISTS (SELECT 1 FROM spends WHERE at + 0 >= ");
        out.push_bind_param::<BigInt, _>(&self.assumed.since)?;
        for part in [
            " AND question_key = ANY(",
            ")) AND NOT EXISTS (SELECT 1 FROM answers WHERE question_key = ANY(",
        ] {
            out.push_sql(part);
            out.push_bind_param::<Array<Text>, _>(&self.keys)?;
        }
        out.push_sql(")) FOR UPDATE");
        for (part, rows) in [
            ("), decided AS (INSERT INTO decisions", &self.decisions),
            ("), bought AS (INSERT INTO spends", &self.spends),
        ] {
            out.push_sql(part);
            push_rows(rows, ") ", &mut out)?;
            out.push_sql(" WHERE EXISTS (SELECT 1 FROM ready)");
        }
        out.push_sql("), moved AS (UPDATE decision_head SET hash = ");
        out.push_bind_param::<Text, _>(&self.head.hash)?;
        out.push_sql(", seq = ");
        out.push_bind_param::<BigInt, _>(&self.head.seq)?;
        out.push_sql(" FROM ready WHERE id = 1 AND seq < ");
        out.push_bind_param::<BigInt, _>(&self.head.seq)?;
        out.push_sql(
            "), paid AS (UPDATE purses SET spent = given.spent FROM given, ready \
             WHERE purses.kind = given.kind AND purses.key = given.key) \
             SELECT set_config('synchronous_commit', coalesce(",
        );
        out.push_bind_param::<Nullable<Text>, _>(&self.waits)?;
        out.push_sql(", current_setting('synchronous_commit')), true) FROM ready");
        Ok(())
    }
}

/// Writes what was made of what was assumed, or nothing where that is not so any more. Only decisions by themselves are on
/// the disk afterwards.
pub(super) fn write(
    conn: &mut PgConnection,
    assumed: &Assumed<'_>,
    head: &ChainState,
    made: &Made,
) -> Result<bool, Error> {
    let amounts = |of: &dyn Fn(&(Purse, u64)) -> u64| -> Result<Column<'_>, Error> {
        Ok(Column::Numbers(made.spent.iter().map(|one| stored(of(one))).collect::<Result<_, _>>()?))
    };
    let purses = vec![
        ("kind", texts(&made.spent, |(purse, _)| purse.id.kind.as_str())),
        ("key", texts(&made.spent, |(purse, _)| purse.id.key.as_str())),
        ("cap", amounts(&|(purse, _)| purse.cap)?),
        ("was", amounts(&|(purse, taken)| purse.spent.saturating_sub(*taken))?),
        ("spent", amounts(&|(purse, _)| purse.spent)?),
    ];
    let write = Write {
        decisions: decided(&made.decisions),
        spends: spends(&made.paid.rows),
        purses,
        number: stored(made.spent.len())?,
        keys: made.paid.rows.iter().map(|row| row.question_key.as_str()).collect(),
        assumed,
        head,
        waits: (!made.reserved.is_empty()).then_some("off"),
    };
    Ok(write.execute(conn)? == 1)
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

/// Keeps answers, in a statement that is a transaction of its own, and says of which questions.
pub(super) fn keep(conn: &mut PgConnection, rows: &[Answered<'_>]) -> Result<Vec<String>, Error> {
    Ok(Keep(answered(rows)).load(conn)?)
}
