//! What municipalities send for themselves, and which of it counts.
//!
//! A municipality's newest accepted delivery of a form and year, or of a month where the form is sent for each, is the
//! one that counts. What waits for its
//! sender's word, or was refused, changes nothing about that.

use crate::connection::AnyConnection;
use crate::decisions::append;
use crate::schema::{edition_parts, municipal_deliveries};
use crate::values::{form, json, moment, number, stored, text, uuid};
use crate::{DecisionRow, Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use hjemmel_kostra::Form;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// What became of what a municipality sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MunicipalStatus {
    /// It counts until a later one is accepted.
    Accepted,
    /// It has warnings that its sender has not let pass.
    Waiting,
    /// Its controls failed; nothing of it is kept.
    Refused,
}

impl MunicipalStatus {
    /// The word it is stored and told as.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Waiting => "waiting",
            Self::Refused => "refused",
        }
    }
}

/// One file a municipality sent.
#[derive(Debug, Clone, PartialEq)]
pub struct MunicipalDelivery {
    /// Its id.
    pub id: Uuid,
    /// Its place among what arrived for the form and year; given by [`Store::receive`].
    pub number: u64,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// The month it is about, where its form is sent for each; 0 where it is about the year.
    pub period: u8,
    /// The municipality's number that year; four zeros for a register of the whole country.
    pub kommune: String,
    /// SHA-256 of the file, unpacked, hexadecimal.
    pub sha256: String,
    /// Its size, unpacked.
    pub bytes: u64,
    /// Its records.
    pub records: u64,
    /// What became of it.
    pub status: MunicipalStatus,
    /// Findings of the controls; never values or sums.
    pub report: Value,
    /// The body that answers for it.
    pub organisation: String,
    /// The data processor that called for it.
    pub supplier: Option<String>,
    /// The client id.
    pub client: Option<String>,
    /// When it came.
    pub received_at: DateTime<Utc>,
    /// When its sender let its warnings pass after having seen them.
    pub confirmed_at: Option<DateTime<Utc>>,
}

/// What receiving did.
#[derive(Debug, Clone, PartialEq)]
pub enum Received {
    /// It is stored.
    New(MunicipalDelivery),
    /// The municipality's state is what this file would make it; nothing changed.
    Already(MunicipalDelivery),
}

/// Which deliveries to list; nothing set lists all.
#[derive(Debug, Clone, Default)]
pub struct MunicipalFilter {
    /// Only this body's.
    pub organisation: Option<String>,
    /// Only of this form.
    pub form: Option<Form>,
    /// Only of this reporting year.
    pub year: Option<u16>,
    /// Only of this municipality.
    pub kommune: Option<String>,
    /// Only those that came before this moment.
    pub before: Option<DateTime<Utc>>,
}

#[derive(Queryable)]
struct Raw {
    id: String,
    number: i64,
    form: String,
    year: i32,
    kommune: String,
    sha256: String,
    bytes: i64,
    records: i64,
    status: String,
    report: String,
    organisation: String,
    supplier: Option<String>,
    client: Option<String>,
    received_at: i64,
    confirmed_at: Option<i64>,
    period: i32,
}

impl Store {
    /// Stores what arrived, unless the municipality sent the very same last and it came to the same.
    ///
    /// An accepted file whose content is the one that counts already, and a waiting or refused one that is the
    /// newest already, is no news. Going back to an earlier content is.
    ///
    /// # Errors
    /// It could not be stored.
    pub fn receive(&self, delivery: &MunicipalDelivery) -> Result<Received, Error> {
        self.write("municipal_deliveries", |conn| {
            if let Some(before) = same(conn, delivery)? {
                return Ok(Received::Already(before));
            }
            let newest: Option<i64> = municipal_deliveries::table
                .filter(of_year(delivery.form, delivery.year))
                .select(diesel::dsl::max(municipal_deliveries::number))
                .first(conn)?;
            let mut stored = delivery.clone();
            stored.number = number::<i64, u64>(newest.unwrap_or(0))? + 1;
            insert(conn, &stored)?;
            append(conn, &[event(&stored, "delivery:receive", stored.received_at)])?;
            one(conn, stored.id).map(Received::New)
        })
    }

    /// Lets the warnings of a waiting delivery pass, so that it counts.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none; [`Error::Conflict`] when it does not wait, or a later delivery of
    /// the municipality has arrived that waits or counts.
    pub fn confirm_delivery(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> Result<MunicipalDelivery, Error> {
        self.write("municipal_deliveries", |conn| {
            let delivery = one(conn, id)?;
            if delivery.status != MunicipalStatus::Waiting {
                return Err(Error::Conflict(format!("delivery {id} does not wait")));
            }
            let later: i64 = municipal_deliveries::table
                .filter(of_year(delivery.form, delivery.year))
                .filter(municipal_deliveries::kommune.eq(&delivery.kommune))
                .filter(municipal_deliveries::period.eq(i32::from(delivery.period)))
                .filter(municipal_deliveries::number.gt(stored::<u64, i64>(delivery.number)?))
                .filter(municipal_deliveries::status.ne("refused"))
                .count()
                .get_result(conn)?;
            if later > 0 {
                return Err(Error::Conflict(format!("there is a later delivery than {id}")));
            }
            diesel::update(municipal_deliveries::table.find(id.to_string()))
                .set((
                    municipal_deliveries::status.eq("accepted"),
                    municipal_deliveries::confirmed_at.eq(now.timestamp_micros()),
                ))
                .execute(conn)?;
            append(conn, &[event(&delivery, "delivery:confirm", now)])?;
            one(conn, id)
        })
    }

    /// One delivery of a municipality.
    ///
    /// # Errors
    /// There is none, or the database cannot be asked.
    pub fn municipal_delivery(&self, id: Uuid) -> Result<MunicipalDelivery, Error> {
        self.read(|conn| one(conn, id))
    }

    /// The ids of every delivery of a form and year.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn municipal_delivery_ids(&self, form: Form, year: u16) -> Result<BTreeSet<Uuid>, Error> {
        let ids: Vec<String> = self.read(|conn| {
            let all = municipal_deliveries::table.filter(of_year(form, year));
            Ok(all.select(municipal_deliveries::id).load(conn)?)
        })?;
        ids.iter().map(|id| uuid(id)).collect()
    }

    /// Deliveries, the newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn municipal_deliveries(
        &self,
        filter: &MunicipalFilter,
        limit: u32,
    ) -> Result<Vec<MunicipalDelivery>, Error> {
        let mut query = municipal_deliveries::table.into_boxed();
        if let Some(organisation) = &filter.organisation {
            query = query.filter(municipal_deliveries::organisation.eq(organisation.clone()));
        }
        if let Some(form) = filter.form {
            query = query.filter(municipal_deliveries::form.eq(form.number()));
        }
        if let Some(year) = filter.year {
            query = query.filter(municipal_deliveries::year.eq(i32::from(year)));
        }
        if let Some(kommune) = &filter.kommune {
            query = query.filter(municipal_deliveries::kommune.eq(kommune.clone()));
        }
        if let Some(before) = filter.before {
            query = query.filter(municipal_deliveries::received_at.lt(before.timestamp_micros()));
        }
        let newest = (municipal_deliveries::received_at.desc(), municipal_deliveries::id.desc());
        let query = query.order(newest).limit(i64::from(limit));
        let rows: Vec<Raw> = self.read(|conn| Ok(query.load(conn)?))?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// The delivery that counts of each municipality that has one, by its number; of a form that is sent for each
    /// month, that of the last month it sent.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn counting_deliveries(
        &self,
        form: Form,
        year: u16,
    ) -> Result<BTreeMap<String, MunicipalDelivery>, Error> {
        let all = self.counting_periods(form, year)?.into_iter();
        // Later months take the place of earlier ones.
        Ok(all.map(|((kommune, _), delivery)| (kommune, delivery)).collect())
    }

    /// The delivery that counts of each municipality and month, by both; the month is 0 of a form of the year.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn counting_periods(
        &self,
        form: Form,
        year: u16,
    ) -> Result<BTreeMap<(String, u8), MunicipalDelivery>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            Ok(municipal_deliveries::table
                .filter(of_year(form, year))
                .filter(municipal_deliveries::status.eq("accepted"))
                .order(municipal_deliveries::number.asc())
                .load(conn)?)
        })?;
        let all = rows.into_iter().map(|raw| {
            let delivery = MunicipalDelivery::try_from(raw)?;
            Ok(((delivery.kommune.clone(), delivery.period), delivery))
        });
        // Later ones take the place of earlier ones.
        all.collect()
    }

    /// The deliveries an edition was made of; none where it was made of one file.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn parts_of(&self, edition: Uuid) -> Result<Vec<MunicipalDelivery>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let ids = edition_parts::table
                .filter(edition_parts::edition_id.eq(edition.to_string()))
                .select(edition_parts::delivery_id);
            Ok(municipal_deliveries::table
                .filter(municipal_deliveries::id.eq_any(ids))
                .order((municipal_deliveries::kommune.asc(), municipal_deliveries::number.asc()))
                .load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

#[diesel::dsl::auto_type(no_type_alias)]
fn of_year(form: Form, year: u16) -> _ {
    let number: &'static str = form.number();
    let year: i32 = i32::from(year);
    municipal_deliveries::form.eq(number).and(municipal_deliveries::year.eq(year))
}

/// The municipality's delivery that this one would only repeat.
fn same(
    conn: &mut AnyConnection,
    delivery: &MunicipalDelivery,
) -> Result<Option<MunicipalDelivery>, Error> {
    let rows: Vec<Raw> = municipal_deliveries::table
        .filter(of_year(delivery.form, delivery.year))
        .filter(municipal_deliveries::kommune.eq(&delivery.kommune))
        .filter(municipal_deliveries::period.eq(i32::from(delivery.period)))
        .order(municipal_deliveries::number.desc())
        .load(conn)?;
    let all = rows.into_iter().map(TryInto::try_into);
    let all = all.collect::<Result<Vec<MunicipalDelivery>, Error>>()?;
    let counting = all.iter().find(|one| one.status == MunicipalStatus::Accepted);
    let is_same = |one: &&MunicipalDelivery| one.sha256 == delivery.sha256;
    Ok(match delivery.status {
        MunicipalStatus::Accepted | MunicipalStatus::Waiting
            if counting.as_ref().is_some_and(is_same) =>
        {
            counting.cloned()
        }
        MunicipalStatus::Accepted => None,
        status => {
            let newest = all.first().filter(is_same).filter(|one| one.status == status);
            newest.filter(|one| one.report == delivery.report).cloned()
        }
    })
}

fn one(conn: &mut AnyConnection, id: Uuid) -> Result<MunicipalDelivery, Error> {
    let raw: Option<Raw> =
        municipal_deliveries::table.find(id.to_string()).first(conn).optional()?;
    raw.ok_or(Error::NotFound("delivery"))?.try_into()
}

fn insert(conn: &mut AnyConnection, delivery: &MunicipalDelivery) -> Result<(), Error> {
    diesel::insert_into(municipal_deliveries::table)
        .values((
            municipal_deliveries::id.eq(delivery.id.to_string()),
            municipal_deliveries::number.eq(stored::<u64, i64>(delivery.number)?),
            municipal_deliveries::form.eq(delivery.form.number()),
            municipal_deliveries::year.eq(i32::from(delivery.year)),
            municipal_deliveries::kommune.eq(&delivery.kommune),
            municipal_deliveries::sha256.eq(&delivery.sha256),
            municipal_deliveries::bytes.eq(stored::<u64, i64>(delivery.bytes)?),
            municipal_deliveries::records.eq(stored::<u64, i64>(delivery.records)?),
            municipal_deliveries::status.eq(delivery.status.as_str()),
            municipal_deliveries::report.eq(delivery.report.to_string()),
            municipal_deliveries::organisation.eq(text(&delivery.organisation)),
            municipal_deliveries::supplier.eq(delivery.supplier.as_deref().map(text)),
            municipal_deliveries::client.eq(delivery.client.as_deref().map(text)),
            municipal_deliveries::received_at.eq(delivery.received_at.timestamp_micros()),
            municipal_deliveries::confirmed_at
                .eq(delivery.confirmed_at.map(|at| at.timestamp_micros())),
            municipal_deliveries::period.eq(i32::from(delivery.period)),
        ))
        .execute(conn)?;
    Ok(())
}

/// A delivery as an event of the record: who, for whom, what became of it; nothing of what is in it.
fn event(delivery: &MunicipalDelivery, action: &str, at: DateTime<Utc>) -> DecisionRow {
    DecisionRow {
        id: Uuid::new_v4(),
        at,
        policy_version: 0,
        subject_kind: "organisation".to_owned(),
        organisation: Some(delivery.organisation.clone()),
        supplier: delivery.supplier.clone(),
        client: delivery.client.clone(),
        action: action.to_owned(),
        resource: serde_json::json!({
            "delivery": delivery.id, "form": delivery.form.number(), "year": delivery.year,
            "kommune": delivery.kommune, "status": delivery.status.as_str(), "period": delivery.period,
        })
        .to_string(),
        outcome: "done".to_owned(),
        grant_id: None,
        grant_version: None,
        body: "{}".to_owned(),
    }
}

impl TryFrom<Raw> for MunicipalDelivery {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            id: uuid(&raw.id)?,
            number: number(raw.number)?,
            form: form(&raw.form)?,
            year: number(raw.year)?,
            period: number(raw.period)?,
            kommune: raw.kommune,
            sha256: raw.sha256,
            bytes: number(raw.bytes)?,
            records: number(raw.records)?,
            status: match raw.status.as_str() {
                "accepted" => MunicipalStatus::Accepted,
                "waiting" => MunicipalStatus::Waiting,
                "refused" => MunicipalStatus::Refused,
                other => {
                    return Err(Error::Corrupt(format!("`{other}` is not a status of deliveries")));
                }
            },
            report: json(&raw.report)?,
            organisation: raw.organisation,
            supplier: raw.supplier,
            client: raw.client,
            received_at: moment(raw.received_at)?,
            confirmed_at: raw.confirmed_at.map(moment).transpose()?,
        })
    }
}
