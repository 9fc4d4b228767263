//! Targets: what a region means to reach by an indicator in a year. Nothing is forgotten; the newest holds.

use crate::schema::targets;
use crate::values::{moment, number, stored, text, uuid};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

/// One target as it was set, or withdrawn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TargetRow {
    /// Its id; later ones are greater.
    pub id: Uuid,
    /// `EAK`, or a municipality.
    pub region: String,
    /// The indicator's code.
    pub indicator: String,
    /// The year it is to be reached in.
    pub year: u16,
    /// Thousandths of the indicator's unit; none where it is withdrawn.
    pub milli: Option<u64>,
    /// Who set it.
    pub set_by: String,
    /// When.
    pub at: DateTime<Utc>,
}

type Stored = (String, String, String, i32, Option<i64>, String, i64);

impl Store {
    /// Sets a target, or withdraws it.
    ///
    /// # Errors
    /// [`Error::Conflict`] where so many have been set already; nothing was written.
    pub fn set_target(&self, row: &TargetRow, most: u32) -> Result<(), Error> {
        self.write("targets", |conn| {
            let kept: i64 = targets::table.count().get_result(conn)?;
            if kept >= i64::from(most) {
                return Err(Error::Conflict(format!("{most} targets are kept already")));
            }
            let milli = row.milli.map(stored::<u64, i64>).transpose()?;
            diesel::insert_into(targets::table)
                .values((
                    targets::id.eq(row.id.to_string()),
                    targets::region.eq(text(&row.region)),
                    targets::indicator.eq(text(&row.indicator)),
                    targets::year.eq(i32::from(row.year)),
                    targets::milli.eq(milli),
                    targets::set_by.eq(text(&row.set_by)),
                    targets::at.eq(row.at.timestamp_micros()),
                ))
                .execute(conn)?;
            Ok(())
        })
    }

    /// The targets that hold, by region, indicator and year.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn targets(&self) -> Result<Vec<TargetRow>, Error> {
        let rows: Vec<Stored> =
            self.read(|conn| Ok(targets::table.order(targets::id.asc()).load(conn)?))?;
        let mut newest: BTreeMap<(String, String, u16), TargetRow> = BTreeMap::new();
        for (id, region, indicator, year, milli, set_by, at) in rows {
            let year: u16 = number(year)?;
            let milli = milli.map(number::<i64, u64>).transpose()?;
            let key = (region.clone(), indicator.clone(), year);
            let (id, at) = (uuid(&id)?, moment(at)?);
            newest.insert(key, TargetRow { id, region, indicator, year, milli, set_by, at });
        }
        Ok(newest.into_values().filter(|row| row.milli.is_some()).collect())
    }
}
