//! The provisions grants rest on: every version of each, none ever changed.

use crate::connection::AnyConnection;
use crate::schema::statutes;
use crate::values::{moment, number, stored, text};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

/// One version of one provision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatuteRow {
    /// Lovdata's id and the section: `LOV-2009-12-18-131/§ 43`.
    pub id: String,
    /// 1, 2, 3 …; the newest is what counts.
    pub version: u32,
    /// The act's name.
    pub act: String,
    /// Lovdata's id.
    pub lov: String,
    /// The section.
    pub section: String,
    /// Where to read it.
    pub url: String,
    /// SHA-256 of the text as it was read.
    pub text_sha256: Option<String>,
    /// The first day it is law.
    pub valid_from: Option<String>,
    /// The last day, where its end is known.
    pub valid_to: Option<String>,
    /// What changed.
    pub note: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom, as JSON.
    pub recorded_by: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = statutes)]
struct Raw {
    id: String,
    version: i32,
    act: String,
    lov: String,
    section: String,
    url: String,
    text_sha256: Option<String>,
    valid_from: Option<String>,
    valid_to: Option<String>,
    note: String,
    recorded_at: i64,
    recorded_by: String,
}

impl Store {
    /// Adds a version of a provision; its number must be the next.
    ///
    /// # Errors
    /// [`Error::Conflict`] when it is not.
    pub fn add_statute(&self, row: &StatuteRow) -> Result<(), Error> {
        self.write("statutes", |conn| {
            let next = newest(conn, &row.id)? + 1;
            if stored::<u32, i32>(row.version)? != next {
                return Err(Error::Conflict(format!("`{}` is at version {}", row.id, next - 1)));
            }
            let raw = Raw {
                id: text(&row.id),
                version: next,
                act: text(&row.act),
                lov: text(&row.lov),
                section: text(&row.section),
                url: text(&row.url),
                text_sha256: row.text_sha256.as_deref().map(text),
                valid_from: row.valid_from.as_deref().map(text),
                valid_to: row.valid_to.as_deref().map(text),
                note: text(&row.note),
                recorded_at: row.recorded_at.timestamp_micros(),
                recorded_by: text(&row.recorded_by),
            };
            let insert = diesel::insert_into(statutes::table).values(&raw);
            match conn {
                AnyConnection::Sqlite(c) => insert.execute(c)?,
                AnyConnection::Postgres(c) => insert.execute(c)?,
            };
            Ok(())
        })
    }

    /// Every version of every provision, or of one, by id and oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn statutes(&self, id: Option<&str>) -> Result<Vec<StatuteRow>, Error> {
        let mut query = statutes::table.into_boxed();
        if let Some(id) = id {
            query = query.filter(statutes::id.eq(id));
        }
        let rows: Vec<Raw> = self.read(|conn| Ok(query.load(conn)?))?;
        let mut rows =
            rows.into_iter().map(StatuteRow::try_from).collect::<Result<Vec<_>, Error>>()?;
        rows.sort_by(|a, b| (&a.id, a.version).cmp(&(&b.id, b.version)));
        Ok(rows)
    }
}

fn newest(conn: &mut AnyConnection, id: &str) -> Result<i32, Error> {
    let newest: Option<i32> = statutes::table
        .filter(statutes::id.eq(id))
        .select(diesel::dsl::max(statutes::version))
        .first(conn)?;
    Ok(newest.unwrap_or(0))
}

impl TryFrom<Raw> for StatuteRow {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            id: raw.id,
            version: number(raw.version)?,
            act: raw.act,
            lov: raw.lov,
            section: raw.section,
            url: raw.url,
            text_sha256: raw.text_sha256,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            note: raw.note,
            recorded_at: moment(raw.recorded_at)?,
            recorded_by: raw.recorded_by,
        })
    }
}
