//! Publications that are called off before their moment comes.
//!
//! The release stays as it was made. That it was called off is a fact beside it, and from then on nothing reckons with
//! it: it was never public.

use crate::connection::AnyConnection;
use crate::schema::{callings_off, releases};
use crate::values::{moment, text};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// That a publication was called off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallingOff {
    /// When.
    pub at: DateTime<Utc>,
    /// When it would have been public.
    pub planned_for: DateTime<Utc>,
    /// Why.
    pub reason: String,
    /// Who: an actor as JSON.
    pub by: String,
}

type Raw = (i64, i64, String, String);

impl Store {
    /// Calls a publication off, with the event of the record, in one transaction. Doing so twice changes nothing.
    /// `ahead` is how long before its moment it is too late.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is not scheduled, or it is too late. There is none, or it could not be
    /// stored.
    pub fn call_off_release(
        &self,
        id: Uuid,
        (reason, by): (&str, &str),
        (now, ahead): (DateTime<Utc>, TimeDelta),
        event: &DecisionRow,
    ) -> Result<CallingOff, Error> {
        self.write("releases", |conn| {
            let published: Option<Option<i64>> = releases::table
                .find(id.to_string())
                .select(releases::published_at)
                .first(conn)
                .optional()?;
            let published = published.ok_or(Error::NotFound("release"))?;
            if let Some(before) = of_release(conn, id)? {
                return Ok(before);
            }
            let latest = (now + ahead).timestamp_micros();
            let Some(planned) = published.filter(|planned| *planned > latest) else {
                let what = "is public, or is not to be";
                return Err(Error::Conflict(format!("release {id} {what}")));
            };
            diesel::insert_into(callings_off::table)
                .values((
                    callings_off::release_id.eq(id.to_string()),
                    callings_off::at.eq(now.timestamp_micros()),
                    callings_off::planned_for.eq(planned),
                    callings_off::reason.eq(text(reason)),
                    callings_off::called_by.eq(text(by)),
                ))
                .execute(conn)?;
            crate::decisions::append(conn, std::slice::from_ref(event))?;
            of_release(conn, id)?.ok_or(Error::NotFound("calling off"))
        })
    }
}

/// That a release was called off, if it was.
pub(crate) fn of_release(conn: &mut AnyConnection, id: Uuid) -> Result<Option<CallingOff>, Error> {
    let raw: Option<Raw> = callings_off::table
        .find(id.to_string())
        .select((
            callings_off::at,
            callings_off::planned_for,
            callings_off::reason,
            callings_off::called_by,
        ))
        .first(conn)
        .optional()?;
    let read = |(at, planned_for, reason, by): Raw| {
        Ok(CallingOff { at: moment(at)?, planned_for: moment(planned_for)?, reason, by })
    };
    raw.map(read).transpose()
}
