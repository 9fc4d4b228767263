//! Tables over several nodes that this node was asked to make, and what became of each.

use crate::schema::{joint_beats, joint_ends, joint_tables};
use crate::values::{json, moment, number, text, uuid};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

/// A table that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JointTable {
    /// Its id.
    pub id: Uuid,
    /// The table.
    pub table: String,
    /// The reporting year.
    pub year: u16,
    /// Whom it is for; nobody named means anyone.
    pub recipient: Option<String>,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// The last sign of life of whoever makes it.
    pub beaten_at: DateTime<Utc>,
    /// By whom.
    pub asked_by: String,
    /// The nodes and the rule.
    pub body: Value,
    /// What became of it; nothing yet where there is none.
    pub end: Option<JointEnd>,
}

/// What became of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JointEnd {
    /// When.
    pub at: DateTime<Utc>,
    /// What it is told with, or why there is none.
    pub body: Value,
    /// The protected table; none where the round ended without.
    pub archive: Option<Vec<u8>>,
}

/// How one stands that ended in a table.
const PUBLISHED: &str = "published";

type Stored = (String, String, i32, Option<String>, i64, String, String);
type StoredEnd = (String, String, i64, String, Option<Vec<u8>>);
type Found = (Stored, Option<StoredEnd>, Option<(String, i64)>);

impl Store {
    /// Notes that a table is asked for, with the event of the record.
    ///
    /// # Errors
    /// It could not be written.
    pub fn begin_joint(&self, asked: &JointTable, event: &DecisionRow) -> Result<(), Error> {
        self.write("joint_tables", |conn| {
            diesel::insert_into(joint_tables::table)
                .values((
                    joint_tables::id.eq(asked.id.to_string()),
                    joint_tables::table_id.eq(text(&asked.table)),
                    joint_tables::year.eq(i32::from(asked.year)),
                    joint_tables::recipient.eq(asked.recipient.as_deref().map(text)),
                    joint_tables::asked_at.eq(asked.asked_at.timestamp_micros()),
                    joint_tables::asked_by.eq(text(&asked.asked_by)),
                    joint_tables::body.eq(asked.body.to_string()),
                ))
                .execute(conn)?;
            crate::decisions::append(conn, std::slice::from_ref(event))?;
            Ok(())
        })
    }

    /// Notes a sign of life.
    ///
    /// # Errors
    /// It could not be written.
    pub fn note_joint(&self, id: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
        let (id, at) = (id.to_string(), now.timestamp_micros());
        self.write("joint_beats", |conn| {
            let beat = joint_beats::table.find(&id);
            if diesel::update(beat).set(joint_beats::at.eq(at)).execute(conn)? == 0 {
                let first = (joint_beats::id.eq(&id), joint_beats::at.eq(at));
                diesel::insert_into(joint_beats::table).values(first).execute(conn)?;
            }
            Ok(())
        })
    }

    /// Notes what became of it, once, with the event of the record.
    ///
    /// # Errors
    /// It could not be written; nothing of it may be shown then.
    pub fn end_joint(&self, id: Uuid, end: &JointEnd, event: &DecisionRow) -> Result<(), Error> {
        self.write("joint_ends", |conn| {
            let state = if end.archive.is_some() { PUBLISHED } else { "ended" };
            diesel::insert_into(joint_ends::table)
                .values((
                    joint_ends::id.eq(id.to_string()),
                    joint_ends::state.eq(state),
                    joint_ends::at.eq(end.at.timestamp_micros()),
                    joint_ends::body.eq(end.body.to_string()),
                    joint_ends::archive.eq(end.archive.as_deref()),
                ))
                .execute(conn)?;
            crate::decisions::append(conn, std::slice::from_ref(event))?;
            Ok(())
        })
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`], or the database cannot be asked.
    pub fn joint(&self, id: Uuid) -> Result<JointTable, Error> {
        let found: Option<Found> = self.read(|conn| {
            Ok(all().filter(joint_tables::id.eq(id.to_string())).first(conn).optional()?)
        })?;
        read(found.ok_or(Error::NotFound("table over several nodes"))?)
    }

    /// The published ones of a year, each with its table.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn published_joints(&self, year: u16) -> Result<Vec<(Uuid, String)>, Error> {
        let found: Vec<(String, String)> = self.read(|conn| {
            let all = joint_tables::table
                .inner_join(joint_ends::table.on(joint_ends::id.eq(joint_tables::id)))
                .filter(joint_ends::state.eq(PUBLISHED))
                .filter(joint_tables::year.eq(i32::from(year)));
            let of = (joint_tables::id, joint_tables::table_id);
            Ok(all.order(joint_tables::id.desc()).select(of).load(conn)?)
        })?;
        found.into_iter().map(|(id, table)| Ok((uuid(&id)?, table))).collect()
    }

    /// The newest, the newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn joints(&self, limit: u32) -> Result<Vec<JointTable>, Error> {
        let found: Vec<Found> = self.read(|conn| {
            Ok(all().order(joint_tables::id.desc()).limit(i64::from(limit)).load(conn)?)
        })?;
        found.into_iter().map(read).collect()
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn all() -> _ {
    joint_tables::table
        .left_join(joint_ends::table.on(joint_ends::id.eq(joint_tables::id)))
        .left_join(joint_beats::table.on(joint_beats::id.eq(joint_tables::id)))
}

fn read((asked, end, beat): Found) -> Result<JointTable, Error> {
    let (id, table, year, recipient, asked_at, asked_by, body) = asked;
    let end = end.map(|(_, _, at, body, archive)| {
        Ok::<_, Error>(JointEnd { at: moment(at)?, body: json(&body)?, archive })
    });
    Ok(JointTable {
        id: uuid(&id)?,
        table,
        year: number(year)?,
        recipient,
        asked_at: moment(asked_at)?,
        beaten_at: moment(beat.map_or(asked_at, |(_, at)| at))?,
        asked_by,
        body: json(&body)?,
        end: end.transpose()?,
    })
}
