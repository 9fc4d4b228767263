//! Deliveries and the editions made from them.

use crate::connection::AnyConnection;
use crate::editions::{insert, next_version};
use crate::lock::ImportLock;
use crate::schema::deliveries;
use crate::values::{form, json, moment, number, stored, text, uuid};
use crate::{Edition, Error, NewEdition, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;
use serde_json::Value;
use uuid::Uuid;

/// What became of a delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// It is in an edition.
    Accepted,
    /// Its controls failed; nothing of it was taken in.
    Refused,
}

/// One file that was sent in.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// Its id.
    pub id: Uuid,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// SHA-256 of the file as received, hexadecimal.
    pub sha256: String,
    /// Its name.
    pub file_name: String,
    /// Its size.
    pub bytes: u64,
    /// Its records.
    pub records: u64,
    /// What became of it.
    pub status: DeliveryStatus,
    /// Findings of the controls; never values.
    pub report: Value,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// The edition it is in.
    pub edition: Option<Uuid>,
}

/// What adding an edition did.
#[derive(Debug, Clone, PartialEq)]
pub enum Added {
    /// It is now the current edition.
    New(Edition),
    /// The very same file was taken in before; nothing changed.
    Already(Delivery),
}

#[derive(Queryable)]
struct RawDelivery {
    id: String,
    form: String,
    year: i32,
    sha256: String,
    file_name: String,
    bytes: i64,
    records: i64,
    status: String,
    report: String,
    received_at: i64,
    edition_id: Option<String>,
}

impl Store {
    /// Takes the lock on importing one form-year. A crash releases it.
    ///
    /// # Errors
    /// [`Error::Busy`] when another import of it is under way.
    pub fn lock_import(&self, form: Form, year: u16) -> Result<ImportLock, Error> {
        ImportLock::take(&self.database, form, year)
    }

    /// The version the next edition of a form-year will have.
    ///
    /// # Errors
    /// The lock is of something else or was lost, or the database cannot be asked.
    pub fn next_edition(&self, lock: &mut ImportLock, form: Form, year: u16) -> Result<u32, Error> {
        lock.check(form, year)?;
        self.read(|conn| next_version(conn, form, year))
    }

    /// Stores an accepted delivery and the edition made of it, which becomes the current one, in one
    /// transaction.
    ///
    /// # Errors
    /// [`Error::Conflict`] when the version is not the next one; [`Error::Busy`] when the lock was lost.
    pub fn add_edition(
        &self,
        lock: &mut ImportLock,
        delivery: &Delivery,
        edition: &NewEdition,
    ) -> Result<Added, Error> {
        let (form, year) = (delivery.form, delivery.year);
        lock.check(form, year)?;
        self.write("editions", |conn| {
            if let Some(before) = accepted(conn, form, year, &delivery.sha256)? {
                return Ok(Added::Already(before));
            }
            let made =
                insert(conn, (form, year), (delivery.records, delivery.received_at), edition)?;
            insert_delivery(conn, delivery, Some(edition.id))?;
            Ok(Added::New(made))
        })
    }

    /// Stores a delivery whose controls failed, with its report.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn refuse_delivery(&self, delivery: &Delivery) -> Result<(), Error> {
        self.read(|conn| insert_delivery(conn, delivery, None))
    }

    /// The accepted delivery of exactly this file, if there is one: ask before doing the work twice.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn accepted_delivery(
        &self,
        form: Form,
        year: u16,
        sha256: &str,
    ) -> Result<Option<Delivery>, Error> {
        self.read(|conn| accepted(conn, form, year, sha256))
    }

    /// One delivery.
    ///
    /// # Errors
    /// There is none, or the database cannot be asked.
    pub fn delivery(&self, id: Uuid) -> Result<Delivery, Error> {
        let raw: Option<RawDelivery> =
            self.read(|conn| Ok(deliveries::table.find(id.to_string()).first(conn).optional()?))?;
        raw.ok_or(Error::NotFound("delivery"))?.try_into()
    }
}

fn accepted(
    conn: &mut AnyConnection,
    form: Form,
    year: u16,
    sha256: &str,
) -> Result<Option<Delivery>, Error> {
    let raw: Option<RawDelivery> = deliveries::table
        .filter(deliveries::form.eq(form.number()))
        .filter(deliveries::year.eq(i32::from(year)))
        .filter(deliveries::sha256.eq(sha256))
        .filter(deliveries::status.eq("accepted"))
        .first(conn)
        .optional()?;
    raw.map(TryInto::try_into).transpose()
}

fn insert_delivery(
    conn: &mut AnyConnection,
    delivery: &Delivery,
    edition: Option<Uuid>,
) -> Result<(), Error> {
    diesel::insert_into(deliveries::table)
        .values((
            deliveries::id.eq(delivery.id.to_string()),
            deliveries::form.eq(delivery.form.number()),
            deliveries::year.eq(i32::from(delivery.year)),
            deliveries::sha256.eq(&delivery.sha256),
            deliveries::file_name.eq(text(&delivery.file_name)),
            deliveries::bytes.eq(stored::<u64, i64>(delivery.bytes)?),
            deliveries::records.eq(stored::<u64, i64>(delivery.records)?),
            deliveries::status.eq(if edition.is_some() { "accepted" } else { "refused" }),
            deliveries::report.eq(delivery.report.to_string()),
            deliveries::received_at.eq(delivery.received_at.timestamp_micros()),
            deliveries::edition_id.eq(edition.map(|id| id.to_string())),
        ))
        .execute(conn)?;
    Ok(())
}

impl TryFrom<RawDelivery> for Delivery {
    type Error = Error;

    fn try_from(raw: RawDelivery) -> Result<Self, Error> {
        Ok(Self {
            id: uuid(&raw.id)?,
            form: form(&raw.form)?,
            year: number(raw.year)?,
            sha256: raw.sha256,
            file_name: raw.file_name,
            bytes: number(raw.bytes)?,
            records: number(raw.records)?,
            status: match raw.status.as_str() {
                "accepted" => DeliveryStatus::Accepted,
                "refused" => DeliveryStatus::Refused,
                other => {
                    return Err(Error::Corrupt(format!("`{other}` is not a status of deliveries")));
                }
            },
            report: json(&raw.report)?,
            received_at: moment(raw.received_at)?,
            edition: raw.edition_id.as_deref().map(uuid).transpose()?,
        })
    }
}
