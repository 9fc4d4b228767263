//! Editions: the records of a form and year as they were at one moment, numbered and never changed.

use crate::connection::AnyConnection;
use crate::lock::ImportLock;
use crate::schema::{edition_parts, editions};
use crate::values::{form, json, moment, number, stored, text, uuid};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;
use serde_json::Value;
use uuid::Uuid;

/// How settled an edition is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionKind {
    /// Published 15 March.
    Preliminary,
    /// Published 15 June.
    Final,
}

/// Whether an edition is the one to read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EditionStatus {
    /// It is.
    Current,
    /// A later version took its place.
    Superseded,
}

/// One version of one form-year's records.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edition {
    /// Its id.
    pub id: Uuid,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// Its version within the form-year.
    pub version: u32,
    /// How settled it is.
    pub kind: EditionKind,
    /// Whether it is the one to read.
    pub status: EditionStatus,
    /// Its records.
    pub records: u64,
    /// SHA-256 of its Parquet, hexadecimal.
    pub parquet_sha256: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Regions that have not delivered.
    pub missing_regions: Vec<String>,
    /// From when everybody may see what is made of it.
    pub public_from: DateTime<Utc>,
    /// Why it was made anew, if it corrects one that was public.
    pub reason: Option<String>,
}

/// An edition about to be added.
#[derive(Debug, Clone)]
pub struct NewEdition {
    /// Its id.
    pub id: Uuid,
    /// What [`Store::next_edition`] said under the same lock.
    pub version: u32,
    /// How settled it is.
    pub kind: EditionKind,
    /// SHA-256 of its Parquet, hexadecimal.
    pub parquet_sha256: String,
    /// Regions that have not delivered.
    pub missing_regions: Vec<String>,
    /// From when everybody may see what is made of it; at once where nothing is said.
    pub public_from: Option<DateTime<Utc>>,
    /// Why it was made anew, if it corrects one that was public.
    pub reason: Option<String>,
}

#[derive(Queryable)]
struct RawEdition {
    id: String,
    form: String,
    year: i32,
    version: i32,
    kind: String,
    status: String,
    records: i64,
    parquet_sha256: String,
    created_at: i64,
    missing_regions: String,
    public_from: Option<i64>,
    reason: Option<String>,
}

impl Store {
    /// Stores an edition made of what municipalities delivered, with what it was made of and the event of the
    /// record, in one transaction. It becomes the newest.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the version is not the next one; [`Error::Busy`] when the lock was lost.
    pub fn add_collected(
        &self,
        lock: &mut ImportLock,
        (form, year): (Form, u16),
        (records, parts, now): (u64, &[Uuid], DateTime<Utc>),
        edition: &NewEdition,
        event: &DecisionRow,
    ) -> Result<Edition, Error> {
        lock.check(form, year)?;
        self.write("editions", |conn| {
            let made = insert(conn, (form, year), (records, now), edition)?;
            for part in parts {
                diesel::insert_into(edition_parts::table)
                    .values((
                        edition_parts::edition_id.eq(edition.id.to_string()),
                        edition_parts::delivery_id.eq(part.to_string()),
                    ))
                    .execute(conn)?;
            }
            crate::decisions::append(conn, std::slice::from_ref(event))?;
            Ok(made)
        })
    }

    /// Every edition there is, the oldest of each form-year first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn editions(&self) -> Result<Vec<Edition>, Error> {
        let rows: Vec<RawEdition> = self.read(|conn| {
            let order = (editions::form.asc(), editions::year.asc(), editions::version.asc());
            Ok(editions::table.order(order).load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The newest edition of one form-year, public yet or not.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn edition(&self, form: Form, year: u16) -> Result<Option<Edition>, Error> {
        let raw: Option<RawEdition> = self.read(|conn| {
            let current = of_year(form, year).and(editions::status.eq("current"));
            Ok(editions::table.filter(current).first(conn).optional()?)
        })?;
        raw.map(TryInto::try_into).transpose()
    }

    /// An edition by its id, current or superseded.
    ///
    /// # Errors
    /// There is none, or the database cannot be asked.
    pub fn edition_by_id(&self, id: Uuid) -> Result<Edition, Error> {
        self.read(|conn| one(conn, &id.to_string()))
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_year(form: Form, year: u16) -> _ {
    let number: &'static str = form.number();
    let year: i32 = i32::from(year);
    editions::form.eq(number).and(editions::year.eq(year))
}

/// One edition.
pub(crate) fn one(conn: &mut AnyConnection, id: &str) -> Result<Edition, Error> {
    let raw: Option<RawEdition> = editions::table.find(id).first(conn).optional()?;
    raw.ok_or(Error::NotFound("edition"))?.try_into()
}

/// The version the next edition of a form-year has.
pub(crate) fn next_version(conn: &mut AnyConnection, form: Form, year: u16) -> Result<u32, Error> {
    let newest: Option<i32> = editions::table
        .filter(of_year(form, year))
        .select(diesel::dsl::max(editions::version))
        .first(conn)?;
    Ok(number::<i32, u32>(newest.unwrap_or(0))? + 1)
}

/// Stores an edition as the newest of its form-year.
pub(crate) fn insert(
    conn: &mut AnyConnection,
    (form, year): (Form, u16),
    (records, created_at): (u64, DateTime<Utc>),
    edition: &NewEdition,
) -> Result<Edition, Error> {
    if next_version(conn, form, year)? != edition.version {
        let version = edition.version;
        return Err(Error::Conflict(format!(
            "edition {version} is not the next of form {form} {year}"
        )));
    }
    let current = of_year(form, year).and(editions::status.eq("current"));
    diesel::update(editions::table)
        .filter(current)
        .set(editions::status.eq("superseded"))
        .execute(conn)?;
    diesel::insert_into(editions::table)
        .values((
            editions::id.eq(edition.id.to_string()),
            editions::form.eq(form.number()),
            editions::year.eq(i32::from(year)),
            editions::version.eq(stored::<u32, i32>(edition.version)?),
            editions::kind.eq(match edition.kind {
                EditionKind::Preliminary => "preliminary",
                EditionKind::Final => "final",
            }),
            editions::status.eq("current"),
            editions::records.eq(stored::<u64, i64>(records)?),
            editions::parquet_sha256.eq(&edition.parquet_sha256),
            editions::created_at.eq(created_at.timestamp_micros()),
            editions::missing_regions.eq(Value::from(edition.missing_regions.clone()).to_string()),
            editions::public_from.eq(edition.public_from.map(|at| at.timestamp_micros())),
            editions::reason.eq(edition.reason.as_deref().map(text)),
        ))
        .execute(conn)?;
    let raw: RawEdition = editions::table.find(edition.id.to_string()).first(conn)?;
    raw.try_into()
}

impl TryFrom<RawEdition> for Edition {
    type Error = Error;

    fn try_from(raw: RawEdition) -> Result<Self, Error> {
        let created_at = moment(raw.created_at)?;
        Ok(Self {
            id: uuid(&raw.id)?,
            form: form(&raw.form)?,
            year: number(raw.year)?,
            version: number(raw.version)?,
            kind: match raw.kind.as_str() {
                "preliminary" => EditionKind::Preliminary,
                "final" => EditionKind::Final,
                other => return Err(Error::Corrupt(format!("`{other}` is not a kind of edition"))),
            },
            status: match raw.status.as_str() {
                "current" => EditionStatus::Current,
                "superseded" => EditionStatus::Superseded,
                other => {
                    return Err(Error::Corrupt(format!("`{other}` is not a status of editions")));
                }
            },
            records: number(raw.records)?,
            parquet_sha256: raw.parquet_sha256,
            created_at,
            missing_regions: serde_json::from_value(json(&raw.missing_regions)?)
                .map_err(|_| Error::Corrupt("missing regions are not a list".to_owned()))?,
            public_from: raw.public_from.map(moment).transpose()?.unwrap_or(created_at),
            reason: raw.reason,
        })
    }
}
