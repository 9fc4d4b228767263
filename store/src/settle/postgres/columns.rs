//! Rows as PostgreSQL is handed them: by column, so that a statement is the same however many there are.

use crate::answers::NewRaw as Answered;
use crate::decisions::Raw as Decision;
use crate::spends::Raw as Bought;
use diesel::pg::Pg;
use diesel::prelude::*;
use diesel::query_builder::AstPass;
use diesel::sql_types::{Array, BigInt, Binary, Integer, Nullable, Text};

/// One column of rows to be written.
pub(super) enum Column<'a> {
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
pub(super) type Columns<'a> = Vec<(&'static str, Column<'a>)>;

/// The names of columns, what comes between, and their rows. Arrays are unfolded where they are selected: each of those that
/// are selected from would be copied to a place of its own first, which for one row takes longer than to write it.
pub(super) fn push_rows<'b>(
    columns: &'b Columns<'_>,
    between: &str,
    out: &mut AstPass<'_, 'b, Pg>,
) -> QueryResult<()> {
    for (place, (name, _)) in columns.iter().enumerate() {
        out.push_sql(if place == 0 { " (" } else { ", " });
        out.push_sql(name);
    }
    out.push_sql(between);
    for (place, (_, column)) in columns.iter().enumerate() {
        out.push_sql(if place == 0 { "SELECT unnest(" } else { "), unnest(" });
        column.bind(out)?;
    }
    out.push_sql(")");
    Ok(())
}

pub(super) fn texts<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a str) -> Column<'a> {
    Column::Texts(rows.iter().map(of).collect())
}

fn perhaps<'a, T>(rows: &'a [T], of: impl Fn(&'a T) -> &'a Option<String>) -> Column<'a> {
    Column::Perhaps(rows.iter().map(|row| of(row).as_deref()).collect())
}

fn numbers<'a, T>(rows: &[T], of: impl Fn(&T) -> i64) -> Column<'a> {
    Column::Numbers(rows.iter().map(of).collect())
}

pub(super) fn decided(rows: &[Decision]) -> Columns<'_> {
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

pub(super) fn spends(rows: &[Bought]) -> Columns<'_> {
    vec![
        ("id", texts(rows, |row| &row.id)),
        ("at", numbers(rows, |row| row.at)),
        ("question_key", texts(rows, |row| &row.question_key)),
        ("question", texts(rows, |row| &row.question)),
        ("project", texts(rows, |row| &row.project)),
        ("sponsor", texts(rows, |row| &row.sponsor)),
        ("decision", texts(rows, |row| &row.decision)),
        ("nano", numbers(rows, |row| row.nano)),
        ("of_data", texts(rows, |row| &row.of_data)),
    ]
}

pub(super) fn answered<'a>(rows: &'a [Answered<'a>]) -> Columns<'a> {
    vec![
        ("question_key", texts(rows, |row| row.question_key)),
        ("id", texts(rows, |row| &row.id)),
        ("at", numbers(rows, |row| row.at)),
        ("body", Column::Bytes(rows.iter().map(|row| row.body).collect())),
        ("sha256", texts(rows, |row| &row.sha256)),
    ]
}
