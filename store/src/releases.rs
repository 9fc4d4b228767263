//! Releases: what was protected together, kept as it left the disclosure control.

use crate::callings::{self, CallingOff};
use crate::connection::AnyConnection;
use crate::schema::{callings_off, releases};
use crate::values::{form, json, moment, number, sha256, stored, uuid};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;
use serde_json::Value;
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

/// How a release stands, without what it holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseStanding {
    /// Its version within the form-year.
    pub version: u32,
    /// From when it is published, if it is to be.
    pub published_at: Option<DateTime<Utc>>,
    /// That its publication was called off, if it was.
    pub called_off: Option<CallingOff>,
}

/// That a release is published, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The release.
    pub id: Uuid,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// From when.
    pub at: DateTime<Utc>,
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

/// Why tables cannot be published beside a table over several nodes.
const ADDED_UP: &str = "the year is part of a table over several nodes or of a comparison, and beside it the node's own tables would tell others' parts";

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

    /// Publishes a release from a moment on, but never before its edition is public. Doing so twice changes nothing.
    /// `known` are the releases of the form and year, and of the forms beside it, that it was protected beside.
    ///
    /// # Errors
    /// [`Error::Conflict`] when others than those were published meanwhile, or a newer edition was made: together they
    /// might reveal what each withholds; and when it was called off. There is none, or it could not be stored.
    pub fn publish_release(
        &self,
        id: Uuid,
        from: DateTime<Utc>,
        known: &[Uuid],
        event: &DecisionRow,
    ) -> Result<DateTime<Utc>, Error> {
        self.write("releases", |conn| {
            let found: Option<(Option<i64>, String)> = releases::table
                .find(id.to_string())
                .select((releases::published_at, releases::edition_id))
                .first(conn)
                .optional()?;
            let (published, edition) = found.ok_or(Error::NotFound("release"))?;
            if callings::of_release(conn, id)?.is_some() {
                return Err(Error::Conflict(format!("release {id} was called off")));
            }
            if let Some(published) = published {
                return moment(published);
            }
            let edition = crate::editions::one(conn, &edition)?;
            let beside = edition.form.beside().iter().chain([&edition.form]);
            let forms: Vec<Form> = beside.copied().collect();
            let others = published_of(conn, &forms, edition.year)?;
            if !others.iter().all(|other| known.iter().any(|one| one.to_string() == *other)) {
                let what = format!("release {id} does not reckon with what was published since");
                return Err(Error::Conflict(what));
            }
            if edition.status != crate::EditionStatus::Current {
                return Err(Error::Conflict(format!("release {id} is of an older edition")));
            }
            if crate::rounds::are_there(conn, edition.form, edition.year)? {
                return Err(Error::Conflict(ADDED_UP.to_owned()));
            }
            let from = from.max(edition.public_from);
            diesel::update(releases::table.find(id.to_string()))
                .set(releases::published_at.eq(from.timestamp_micros()))
                .execute(conn)?;
            crate::decisions::append(conn, std::slice::from_ref(event))?;
            Ok(from)
        })
    }

    /// One release, published or not.
    ///
    /// # Errors
    /// There is none, or [`Error::Corrupt`] when its archive is not the one that was stored.
    pub fn release(&self, id: Uuid) -> Result<Release, Error> {
        self.read(|conn| one(conn, &id.to_string()))
    }

    /// How a release stands; cheap, since what it holds is not read.
    ///
    /// # Errors
    /// There is none.
    pub fn release_standing(&self, id: Uuid) -> Result<ReleaseStanding, Error> {
        self.read(|conn| {
            let release = releases::table.find(id.to_string());
            let standing = release.select((releases::version, releases::published_at));
            let found: Option<(i32, Option<i64>)> = standing.first(conn).optional()?;
            let (version, published) = found.ok_or(Error::NotFound("release"))?;
            let called_off = callings::of_release(conn, id)?;
            let published = published.filter(|_| called_off.is_none());
            Ok(ReleaseStanding {
                version: number(version)?,
                published_at: published.map(moment).transpose()?,
                called_off,
            })
        })
    }

    /// When each release is published that is or will be, the oldest version of each form-year first; cheap, for
    /// noticing changes.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn publications(&self) -> Result<Vec<Publication>, Error> {
        let rows: Vec<(String, String, i32, Option<i64>)> = self.read(|conn| {
            Ok(releases::table
                .filter(releases::published_at.is_not_null())
                .filter(releases::id.ne_all(callings_off::table.select(callings_off::release_id)))
                .order((releases::form.asc(), releases::year.asc(), releases::version.asc()))
                .select((releases::id, releases::form, releases::year, releases::published_at))
                .load(conn)?)
        })?;
        let all = rows.into_iter().map(|(id, of, year, at)| {
            let at = moment(at.unwrap_or(i64::MAX))?;
            Ok(Publication { id: uuid(&id)?, form: form(&of)?, year: number(year)?, at })
        });
        all.collect()
    }

    /// Every release of a form and year that is or will be published, the oldest first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when an archive is not the one that was stored.
    pub fn releases_of(&self, form: Form, year: u16) -> Result<Vec<Release>, Error> {
        self.snapshot(|conn| {
            published_of(conn, &[form], year)?.iter().map(|id| one(conn, id)).collect()
        })
    }
}

/// A publication by whoever runs the installation, as an event of the record.
#[must_use]
pub fn published(id: Uuid, now: DateTime<Utc>) -> DecisionRow {
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

/// The releases of some forms and a year that are or will be published, by version.
pub(crate) fn published_of(
    conn: &mut AnyConnection,
    forms: &[Form],
    year: u16,
) -> Result<Vec<String>, Error> {
    let forms = forms.iter().map(|form| form.number());
    let of = releases::table
        .filter(releases::published_at.is_not_null())
        .filter(releases::id.ne_all(callings_off::table.select(callings_off::release_id)))
        .filter(releases::form.eq_any(forms))
        .filter(releases::year.eq(i32::from(year)))
        .order(releases::version.asc());
    Ok(of.select(releases::id).load(conn)?)
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
