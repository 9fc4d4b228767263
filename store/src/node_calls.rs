//! Tokens that other nodes have used: each counts once, whichever server it comes to.

use crate::connection::AnyConnection;
use crate::schema::node_calls;
use crate::{DecisionRow, Error, Store, decisions};
use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;

/// A token of another node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeCall {
    /// What names it: 64 hexadecimal digits.
    pub id: String,
    /// When it counts no longer.
    pub until: DateTime<Utc>,
}

impl Store {
    /// Uses up a token; false when it was used before. What has expired is forgotten.
    ///
    /// # Errors
    /// It could not be written down; nothing may rest on the token then.
    pub fn use_node_call(&self, call: &NodeCall, now: DateTime<Utc>) -> Result<bool, Error> {
        self.write("node_calls", |conn| {
            forget(conn, now)?;
            use_up(conn, call)
        })
    }

    /// The same for several, in one transaction with the recording of decisions; says of each token whether it counts.
    /// Decisions are recorded whatever is said of the tokens.
    ///
    /// # Errors
    /// As [`Store::record_decisions`] and [`Store::use_node_call`]; nothing was written.
    pub fn record_and_use(
        &self,
        rows: &[DecisionRow],
        calls: &[NodeCall],
        now: DateTime<Utc>,
    ) -> Result<Vec<bool>, Error> {
        if calls.is_empty() {
            return self.record_decisions(rows).map(|()| Vec::new());
        }
        self.write("decision_head", |conn| {
            if let AnyConnection::Postgres(conn) = conn {
                conn.batch_execute("LOCK TABLE node_calls IN EXCLUSIVE MODE")?;
            }
            forget(conn, now)?;
            let counted = calls.iter().map(|call| use_up(conn, call)).collect::<Result<_, _>>()?;
            decisions::append_locked(conn, rows)?;
            Ok(counted)
        })
    }
}

fn forget(conn: &mut AnyConnection, now: DateTime<Utc>) -> Result<(), Error> {
    let expired = node_calls::table.filter(node_calls::until.lt(now.timestamp_micros()));
    diesel::delete(expired).execute(conn)?;
    Ok(())
}

fn use_up(conn: &mut AnyConnection, call: &NodeCall) -> Result<bool, Error> {
    let own = node_calls::table.find(&call.id).select(node_calls::until);
    let known: Option<i64> = own.get_result(conn).optional()?;
    if known.is_some() {
        return Ok(false);
    }
    let row = (node_calls::id.eq(&call.id), node_calls::until.eq(call.until.timestamp_micros()));
    diesel::insert_into(node_calls::table).values(row).execute(conn)?;
    Ok(true)
}
