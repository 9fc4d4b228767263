//! Releases: what was protected together, kept as it left the disclosure control.

use crate::connection::AnyConnection;
use crate::schema::releases;
use crate::values::{form, json, moment, number, sha256, stored, uuid};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;
use serde_json::Value;
use std::collections::BTreeMap;
use uuid::Uuid;

/// A release about to be stored.
#[derive(Debug, Clone)]
pub struct NewRelease {
    /// Its id.
    pub id: Uuid,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The edition it was made from.
    pub edition: Uuid,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// The rule and its parameters.
    pub rule: Value,
    /// The report, for operators.
    pub report: Value,
    /// The release itself under its authentication code.
    pub archive: Vec<u8>,
}

/// A stored release.
#[derive(Debug, Clone, PartialEq)]
pub struct Release {
    /// Its id.
    pub id: Uuid,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The edition it was made from.
    pub edition: Uuid,
    /// Its version within the form-year.
    pub version: u32,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// When it was published.
    pub published_at: Option<DateTime<Utc>>,
    /// The rule and its parameters.
    pub rule: Value,
    /// The report, for operators.
    pub report: Value,
    /// The release itself under its authentication code.
    pub archive: Vec<u8>,
    /// SHA-256 of the archive, hexadecimal.
    pub sha256: String,
}

#[derive(Queryable)]
struct Raw {
    id: String,
    form: String,
    year: i32,
    edition_id: String,
    version: i32,
    created_at: i64,
    published_at: Option<i64>,
    rule: String,
    report: String,
    archive: Vec<u8>,
    sha256: String,
}

impl Store {
    /// Stores a release, not yet published, and returns its version within the form-year.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the edition is not stored.
    pub fn add_release(&self, release: &NewRelease) -> Result<u32, Error> {
        self.write("releases", |conn| {
            let newest: Option<i32> = releases::table
                .filter(releases::form.eq(release.form.number()))
                .filter(releases::year.eq(i32::from(release.year)))
                .select(diesel::dsl::max(releases::version))
                .first(conn)?;
            let version: u32 = number::<i32, u32>(newest.unwrap_or(0))? + 1;
            diesel::insert_into(releases::table)
                .values((
                    releases::id.eq(release.id.to_string()),
                    releases::form.eq(release.form.number()),
                    releases::year.eq(i32::from(release.year)),
                    releases::edition_id.eq(release.edition.to_string()),
                    releases::version.eq(stored::<u32, i32>(version)?),
                    releases::created_at.eq(release.created_at.timestamp_micros()),
                    releases::rule.eq(release.rule.to_string()),
                    releases::report.eq(release.report.to_string()),
                    releases::archive.eq(release.archive.as_slice()),
                    releases::sha256.eq(sha256(&release.archive)),
                ))
                .execute(conn)?;
            Ok(version)
        })
    }

    /// Publishes a release; doing so twice changes nothing.
    ///
    /// # Errors
    /// There is none, or it could not be stored.
    pub fn publish_release(&self, id: Uuid, now: DateTime<Utc>) -> Result<(), Error> {
        self.write("releases", |conn| {
            let published: Option<Option<i64>> = releases::table
                .find(id.to_string())
                .select(releases::published_at)
                .first(conn)
                .optional()?;
            if published.ok_or(Error::NotFound("release"))?.is_none() {
                diesel::update(releases::table.find(id.to_string()))
                    .set(releases::published_at.eq(now.timestamp_micros()))
                    .execute(conn)?;
                crate::decisions::append(conn, &[published_event(id, now)])?;
            }
            Ok(())
        })
    }

    /// One release, published or not.
    ///
    /// # Errors
    /// There is none, or [`Error::Corrupt`] when its archive is not the one that was stored.
    pub fn release(&self, id: Uuid) -> Result<Release, Error> {
        self.read(|conn| one(conn, &id.to_string()))
    }

    /// The ids of what [`Store::published_releases`] would give; cheap, for noticing changes.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn published_ids(&self) -> Result<Vec<Uuid>, Error> {
        self.read(|conn| {
            let published: Vec<(String, i32, String)> = releases::table
                .filter(releases::published_at.is_not_null())
                .order(releases::version.asc())
                .select((releases::form, releases::year, releases::id))
                .load(conn)?;
            let newest: BTreeMap<(String, i32), String> =
                published.into_iter().map(|(form, year, id)| ((form, year), id)).collect();
            newest
                .values()
                .map(|id| id.parse().map_err(|_| Error::Corrupt("a release's id".to_owned())))
                .collect()
        })
    }

    /// The newest published release of each form-year.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when an archive is not the one that was stored.
    pub fn published_releases(&self) -> Result<Vec<Release>, Error> {
        self.snapshot(|conn| {
            let published: Vec<(String, i32, String)> = releases::table
                .filter(releases::published_at.is_not_null())
                .order(releases::version.asc())
                .select((releases::form, releases::year, releases::id))
                .load(conn)?;
            let newest: BTreeMap<(String, i32), String> =
                published.into_iter().map(|(form, year, id)| ((form, year), id)).collect();
            newest.values().map(|id| one(conn, id)).collect()
        })
    }

    /// Every published release of a form and year, the oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when an archive is not the one that was stored.
    pub fn releases_of(&self, form: Form, year: u16) -> Result<Vec<Release>, Error> {
        self.snapshot(|conn| {
            let published: Vec<String> = releases::table
                .filter(releases::published_at.is_not_null())
                .filter(releases::form.eq(form.number()))
                .filter(releases::year.eq(i32::from(year)))
                .order(releases::version.asc())
                .select(releases::id)
                .load(conn)?;
            published.iter().map(|id| one(conn, id)).collect()
        })
    }
}

/// A publication as an event of the record.
fn published_event(id: Uuid, now: DateTime<Utc>) -> DecisionRow {
    DecisionRow {
        id: Uuid::new_v4(),
        at: now,
        policy_version: 0,
        subject_kind: "installation".to_owned(),
        organisation: None,
        supplier: None,
        client: None,
        action: "release:publish".to_owned(),
        resource: serde_json::json!({ "release": id }).to_string(),
        outcome: "done".to_owned(),
        grant_id: None,
        grant_version: None,
        body: "{}".to_owned(),
    }
}

fn one(conn: &mut AnyConnection, id: &str) -> Result<Release, Error> {
    let raw: Option<Raw> = releases::table.find(id).first(conn).optional()?;
    raw.ok_or(Error::NotFound("release"))?.try_into()
}

impl TryFrom<Raw> for Release {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        if sha256(&raw.archive) != raw.sha256 {
            return Err(Error::Corrupt(format!("the archive of release {} was altered", raw.id)));
        }
        Ok(Self {
            id: uuid(&raw.id)?,
            form: form(&raw.form)?,
            year: number(raw.year)?,
            edition: uuid(&raw.edition_id)?,
            version: number(raw.version)?,
            created_at: moment(raw.created_at)?,
            published_at: raw.published_at.map(moment).transpose()?,
            rule: json(&raw.rule)?,
            report: json(&raw.report)?,
            archive: raw.archive,
            sha256: raw.sha256,
        })
    }
}
