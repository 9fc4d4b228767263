//! Saved queries: what is asked of a table, kept for whoever has the address, changed by nobody.

use crate::schema::saved_queries;
use crate::values::{moment, text};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// One saved query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedQueryRow {
    /// Its id, made of its body.
    pub id: String,
    /// When it was first kept.
    pub at: DateTime<Utc>,
    /// The table it asks.
    pub table: String,
    /// What it asks, as JSON.
    pub body: String,
}

impl Store {
    /// Keeps a query; one that is kept already stays as it is.
    ///
    /// # Errors
    /// [`Error::Conflict`] where `most` are kept already, or the id belongs to another body.
    pub fn keep_saved_query(&self, row: &SavedQueryRow, most: u32) -> Result<(), Error> {
        self.write("saved_queries", |conn| {
            let known: Option<String> = saved_queries::table
                .find(&row.id)
                .select(saved_queries::body)
                .first(conn)
                .optional()?;
            if let Some(known) = known {
                return if known == text(&row.body) {
                    Ok(())
                } else {
                    Err(Error::Conflict("another query has this id".to_owned()))
                };
            }
            let kept: i64 = saved_queries::table.count().get_result(conn)?;
            if kept >= i64::from(most) {
                return Err(Error::Conflict(format!("{most} queries are kept already")));
            }
            diesel::insert_into(saved_queries::table)
                .values((
                    saved_queries::id.eq(&row.id),
                    saved_queries::at.eq(row.at.timestamp_micros()),
                    saved_queries::table_id.eq(text(&row.table)),
                    saved_queries::body.eq(text(&row.body)),
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    /// The query of an id.
    ///
    /// # Errors
    /// There is none, or the database cannot be asked.
    pub fn saved_query(&self, id: &str) -> Result<SavedQueryRow, Error> {
        // What PostgreSQL cannot hold was never kept.
        if id.contains('\0') {
            return Err(Error::NotFound("saved query"));
        }
        let found: Option<(String, i64, String, String)> =
            self.read(|conn| Ok(saved_queries::table.find(id).first(conn).optional()?))?;
        let (id, at, table, body) = found.ok_or(Error::NotFound("saved query"))?;
        Ok(SavedQueryRow { id, at: moment(at)?, table, body })
    }
}
