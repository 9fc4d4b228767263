//! What somebody must be told about a grant: written down once, and marked when it was sent.

use crate::schema::notices;
use crate::values::{moment, number, stored, text};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// One notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NoticeRow {
    /// Its id; ids sort by time.
    pub id: Uuid,
    /// When it was written.
    pub at: DateTime<Utc>,
    /// What about: there is one of a kind for a version of a grant.
    pub kind: String,
    /// The grant.
    pub grant_id: String,
    /// Its version.
    pub grant_version: u32,
    /// Whose grant it is, by organisation number.
    pub recipient: String,
    /// The words, as JSON.
    pub body: String,
    /// When it was sent on, if it was.
    pub sent_at: Option<DateTime<Utc>>,
}

type Raw = (String, i64, String, String, i32, String, String, Option<i64>);

impl Store {
    /// Writes a notice down; `false` where one of its kind was written already.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn add_notice(&self, notice: &NoticeRow) -> Result<bool, Error> {
        let version: i32 = stored(notice.grant_version)?;
        self.write("notices", |conn| {
            let known: Option<String> = notices::table
                .filter(notices::grant_id.eq(&notice.grant_id))
                .filter(notices::grant_version.eq(version))
                .filter(notices::kind.eq(&notice.kind))
                .select(notices::id)
                .first(conn)
                .optional()?;
            if known.is_some() {
                return Ok(false);
            }
            diesel::insert_into(notices::table)
                .values((
                    notices::id.eq(notice.id.to_string()),
                    notices::at.eq(notice.at.timestamp_micros()),
                    notices::kind.eq(text(&notice.kind)),
                    notices::grant_id.eq(text(&notice.grant_id)),
                    notices::grant_version.eq(version),
                    notices::recipient.eq(text(&notice.recipient)),
                    notices::body.eq(text(&notice.body)),
                ))
                .execute(conn)?;
            Ok(true)
        })
    }

    /// Notices, newest first: to everyone or one recipient, older than one that is named.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn notices(
        &self,
        recipient: Option<&str>,
        before: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<NoticeRow>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let mut query = notices::table.into_boxed();
            if let Some(recipient) = recipient {
                query = query.filter(notices::recipient.eq(recipient.to_owned()));
            }
            if let Some(before) = before {
                query = query.filter(notices::id.lt(before.to_string()));
            }
            Ok(query.order(notices::id.desc()).limit(i64::from(limit)).load(conn)?)
        })?;
        rows.into_iter().map(read).collect()
    }

    /// The oldest notices that were not sent on.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn unsent_notices(&self, limit: u32) -> Result<Vec<NoticeRow>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let unsent = notices::table.filter(notices::sent_at.is_null());
            Ok(unsent.order(notices::id.asc()).limit(i64::from(limit)).load(conn)?)
        })?;
        rows.into_iter().map(read).collect()
    }

    /// Marks a notice as sent; the first time counts.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn mark_sent(&self, id: Uuid, at: DateTime<Utc>) -> Result<(), Error> {
        self.write("notices", |conn| {
            let unsent = notices::sent_at.is_null();
            diesel::update(notices::table.filter(notices::id.eq(id.to_string()).and(unsent)))
                .set(notices::sent_at.eq(at.timestamp_micros()))
                .execute(conn)?;
            Ok(())
        })
    }
}

fn read((id, at, kind, grant_id, version, recipient, body, sent): Raw) -> Result<NoticeRow, Error> {
    Ok(NoticeRow {
        id: id.parse().map_err(|_| Error::Corrupt(format!("`{id}` is no id of a notice")))?,
        at: moment(at)?,
        kind,
        grant_id,
        grant_version: number(version)?,
        recipient,
        body,
        sent_at: sent.map(moment).transpose()?,
    })
}
