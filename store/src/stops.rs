//! Stops for a whole recipient, a dataset, or everything: made at once, lifted for a reason, never removed.

use crate::connection::AnyConnection;
use crate::enact::{Wanted, active_rows, enact, newest};
use crate::schema::stops;
use crate::values::{moment, text, uuid};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// One stop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stop {
    /// Its id.
    pub id: Uuid,
    /// `recipient`, `dataset` or `all`.
    pub kind: String,
    /// The organisation number or the form; empty for everything.
    pub target: String,
    /// Why.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By whom, as JSON.
    pub made_by: String,
    /// When and by whom it was lifted, and why, if it was.
    pub lifted: Option<(DateTime<Utc>, String, String)>,
}

#[derive(Queryable)]
struct Raw {
    id: String,
    kind: String,
    target: String,
    reason: String,
    made_at: i64,
    made_by: String,
    _since_policy: i64,
    lifted_at: Option<i64>,
    lifted_by: Option<String>,
    lift_reason: Option<String>,
    _until_policy: Option<i64>,
}

impl Store {
    /// Makes a stop and with it a new policy version, in one transaction.
    ///
    /// # Errors
    /// It was not made.
    pub fn make_stop(&self, stop: &Stop, author: &str) -> Result<i64, Error> {
        self.write("policy_versions", |conn| {
            let now = stop.made_at;
            let since = newest(conn)? + 1;
            diesel::insert_into(stops::table)
                .values((
                    stops::id.eq(stop.id.to_string()),
                    stops::kind.eq(&stop.kind),
                    stops::target.eq(text(&stop.target)),
                    stops::reason.eq(text(&stop.reason)),
                    stops::made_at.eq(now.timestamp_micros()),
                    stops::made_by.eq(text(&stop.made_by)),
                    stops::since_policy.eq(since),
                ))
                .execute(conn)?;
            again(conn, author, &format!("stop {} {}", stop.kind, stop.target), now)
        })
    }

    /// Lifts a stop and makes a new policy version.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that holds.
    pub fn lift_stop(
        &self,
        id: Uuid,
        (by, reason): (&str, &str),
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<i64, Error> {
        self.write("policy_versions", |conn| {
            let until = newest(conn)? + 1;
            let open = stops::until_policy.is_null();
            let lifted = diesel::update(stops::table.find(id.to_string()).filter(open))
                .set((
                    stops::lifted_at.eq(now.timestamp_micros()),
                    stops::lifted_by.eq(text(by)),
                    stops::lift_reason.eq(text(reason)),
                    stops::until_policy.eq(until),
                ))
                .execute(conn)?;
            if lifted == 0 {
                return Err(Error::NotFound("stop"));
            }
            again(conn, author, &format!("stop {id} lifted"), now)
        })
    }

    /// The stops that hold now, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn stops(&self) -> Result<Vec<Stop>, Error> {
        self.read(|conn| holding(conn, None))
    }

    /// Every stop there ever was, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn all_stops(&self, limit: u32) -> Result<Vec<Stop>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let newest = (stops::made_at.desc(), stops::id.desc());
            Ok(stops::table.order(newest).limit(i64::from(limit)).load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

/// The stops that held in a policy version, or that hold now, oldest first.
pub(crate) fn holding(conn: &mut AnyConnection, at: Option<i64>) -> Result<Vec<Stop>, Error> {
    let open = stops::until_policy.is_null();
    let rows: Vec<Raw> = match at {
        None => stops::table.filter(open).load(conn)?,
        Some(version) => stops::table
            .filter(stops::since_policy.le(version))
            .filter(open.or(stops::until_policy.gt(version)))
            .load(conn)?,
    };
    let mut rows = rows.into_iter().map(Stop::try_from).collect::<Result<Vec<_>, Error>>()?;
    rows.sort_by_key(|stop| (stop.made_at, stop.id));
    Ok(rows)
}

/// The same grants as a new policy version, so that everyone who asks for the version sees that the stops
/// changed, and its hash covers them.
fn again(
    conn: &mut AnyConnection,
    author: &str,
    summary: &str,
    now: DateTime<Utc>,
) -> Result<i64, Error> {
    let active = active_rows(conn, None)?;
    let wanted: Wanted<'_> = active.iter().map(|row| (row.id.as_str(), row)).collect();
    enact(conn, &active, &wanted, (author, summary), now)
}

impl TryFrom<Raw> for Stop {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        let lifted = match (raw.lifted_at, raw.lifted_by, raw.lift_reason) {
            (Some(at), Some(by), Some(reason)) => Some((moment(at)?, by, reason)),
            _ => None,
        };
        Ok(Self {
            id: uuid(&raw.id)?,
            kind: raw.kind,
            target: raw.target,
            reason: raw.reason,
            made_at: moment(raw.made_at)?,
            made_by: raw.made_by,
            lifted,
        })
    }
}
