//! Callers turned away before any decision was made about them.

use crate::schema::security_events;
use crate::values::{moment, text, uuid};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// One refusal. Codes only: a token, a number or a name has no place here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecurityEvent {
    /// Its id.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// What: `token-refused`.
    pub kind: String,
    /// Why, as a code: `expired`.
    pub detail: String,
}

impl Store {
    /// Records one refusal durably.
    ///
    /// # Errors
    /// It could not be recorded.
    pub fn record_event(&self, event: &SecurityEvent) -> Result<(), Error> {
        self.read(|conn| {
            diesel::insert_into(security_events::table)
                .values((
                    security_events::id.eq(event.id.to_string()),
                    security_events::at.eq(event.at.timestamp_micros()),
                    security_events::kind.eq(text(&event.kind)),
                    security_events::detail.eq(text(&event.detail)),
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    /// The newest refusals first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn events(&self, limit: u32) -> Result<Vec<SecurityEvent>, Error> {
        let rows: Vec<(String, i64, String, String)> = self.read(|conn| {
            let newest = (security_events::at.desc(), security_events::id.desc());
            Ok(security_events::table.order(newest).limit(i64::from(limit)).load(conn)?)
        })?;
        rows.into_iter()
            .map(|(id, at, kind, detail)| {
                Ok(SecurityEvent { id: uuid(&id)?, at: moment(at)?, kind, detail })
            })
            .collect()
    }
}
