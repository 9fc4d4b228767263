//! Tokens that other nodes have used: each counts once, whichever server it comes to.

use crate::schema::node_calls;
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

impl Store {
    /// Uses up a token that counts until a moment; false when it was used before. What has expired is forgotten.
    ///
    /// # Errors
    /// It could not be written down; nothing may rest on the token then.
    pub fn use_node_call(
        &self,
        id: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, Error> {
        self.write("node_calls", |conn| {
            let expired = node_calls::table.filter(node_calls::until.lt(now.timestamp_micros()));
            diesel::delete(expired).execute(conn)?;
            let known: Option<i64> =
                node_calls::table.find(id).select(node_calls::until).first(conn).optional()?;
            if known.is_some() {
                return Ok(false);
            }
            let row = (node_calls::id.eq(id), node_calls::until.eq(until.timestamp_micros()));
            diesel::insert_into(node_calls::table).values(row).execute(conn)?;
            Ok(true)
        })
    }
}
