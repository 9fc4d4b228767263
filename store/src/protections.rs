//! Protections: the long work of making a release, as anybody who waits for it can follow it.

use crate::connection::AnyConnection;
use crate::schema::protections;
use crate::values::{form, json, moment, number, stored, text, uuid};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;
use serde_json::Value;
use uuid::Uuid;

/// How far a protection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProtectionState {
    /// It is under way, or its server has died.
    Running,
    /// There is a release.
    Done,
    /// There is none.
    Failed,
}

/// The making of a release.
#[derive(Debug, Clone, PartialEq)]
pub struct Protection {
    /// Its id, and that of the release it makes.
    pub id: Uuid,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The edition.
    pub edition: Uuid,
    /// When it was asked for.
    pub asked_at: DateTime<Utc>,
    /// By whom: an actor as JSON.
    pub asked_by: String,
    /// How far it has come.
    pub state: ProtectionState,
    /// What it is at.
    pub stage: String,
    /// How far in that.
    pub done: u64,
    /// Of how much; 0 where it is not known.
    pub total: u64,
    /// The last sign of life.
    pub beaten_at: DateTime<Utc>,
    /// The releases that were reckoned with.
    pub known: Vec<Uuid>,
    /// Why it failed, for operators.
    pub fault: Option<String>,
}

#[derive(Queryable)]
struct Raw {
    id: String,
    form: String,
    year: i32,
    edition_id: String,
    asked_at: i64,
    asked_by: String,
    state: String,
    stage: String,
    done: i64,
    total: i64,
    beaten_at: i64,
    known: String,
    fault: Option<String>,
}

impl Store {
    /// Notes that a protection begins, with the event of the record.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn begin_protection(
        &self,
        protection: &Protection,
        event: &DecisionRow,
    ) -> Result<(), Error> {
        self.write("protections", |conn| {
            diesel::insert_into(protections::table)
                .values((
                    protections::id.eq(protection.id.to_string()),
                    protections::form.eq(protection.form.number()),
                    protections::year.eq(i32::from(protection.year)),
                    protections::edition_id.eq(protection.edition.to_string()),
                    protections::asked_at.eq(protection.asked_at.timestamp_micros()),
                    protections::asked_by.eq(text(&protection.asked_by)),
                    protections::state.eq("running"),
                    protections::stage.eq(text(&protection.stage)),
                    protections::done.eq(0),
                    protections::total.eq(0),
                    protections::beaten_at.eq(protection.asked_at.timestamp_micros()),
                    protections::known.eq("[]"),
                ))
                .execute(conn)?;
            crate::decisions::append(conn, std::slice::from_ref(event))
        })
    }

    /// Notes how far a protection has come: a sign of life.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn note_protection(
        &self,
        id: Uuid,
        (stage, done, total): (&str, u64, u64),
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.write("protections", |conn| {
            diesel::update(running(id))
                .set((
                    protections::stage.eq(text(stage)),
                    protections::done.eq(stored::<u64, i64>(done)?),
                    protections::total.eq(stored::<u64, i64>(total)?),
                    protections::beaten_at.eq(now.timestamp_micros()),
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    /// Ends a protection: with the releases it reckoned with, or with why there is none.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn end_protection(
        &self,
        id: Uuid,
        outcome: Result<&[Uuid], &str>,
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        let known: Vec<String> =
            outcome.unwrap_or_default().iter().map(ToString::to_string).collect();
        self.write("protections", |conn| {
            diesel::update(running(id))
                .set((
                    protections::state.eq(if outcome.is_ok() { "done" } else { "failed" }),
                    protections::known.eq(Value::from(known.clone()).to_string()),
                    protections::fault.eq(outcome.err().map(text)),
                    protections::beaten_at.eq(now.timestamp_micros()),
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    /// One protection.
    ///
    /// # Errors
    /// There is none, or the database cannot be asked.
    pub fn protection(&self, id: Uuid) -> Result<Protection, Error> {
        let raw: Option<Raw> = self.read(|conn: &mut AnyConnection| {
            Ok(protections::table.find(id.to_string()).first(conn).optional()?)
        })?;
        raw.ok_or(Error::NotFound("release"))?.try_into()
    }

    /// The newest protections, the newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn protections(&self, limit: u32) -> Result<Vec<Protection>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            Ok(protections::table
                .order((protections::asked_at.desc(), protections::id.desc()))
                .limit(i64::from(limit))
                .load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn running(id: Uuid) -> _ {
    let id: String = id.to_string();
    protections::table.filter(protections::id.eq(id)).filter(protections::state.eq("running"))
}

impl TryFrom<Raw> for Protection {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            id: uuid(&raw.id)?,
            form: form(&raw.form)?,
            year: number(raw.year)?,
            edition: uuid(&raw.edition_id)?,
            asked_at: moment(raw.asked_at)?,
            asked_by: raw.asked_by,
            state: match raw.state.as_str() {
                "running" => ProtectionState::Running,
                "done" => ProtectionState::Done,
                "failed" => ProtectionState::Failed,
                other => {
                    return Err(Error::Corrupt(format!("`{other}` is not a state of protections")));
                }
            },
            stage: raw.stage,
            done: number(raw.done)?,
            total: number(raw.total)?,
            beaten_at: moment(raw.beaten_at)?,
            known: serde_json::from_value(json(&raw.known)?)
                .map_err(|_| Error::Corrupt("known releases are not a list".to_owned()))?,
            fault: raw.fault,
        })
    }
}
