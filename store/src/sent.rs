//! How many records left under each grant on each day.

use crate::connection::AnyConnection;
use crate::schema::sent_rows;
use crate::values::{day, number, stored};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeMap;

impl Store {
    /// Counts records that are about to leave under a grant, if that many may still leave on this day (UTC).
    /// Gives whether they may; where not, nothing is counted.
    ///
    /// # Errors
    /// Nothing was counted.
    pub fn reserve_rows(
        &self,
        grant: &str,
        at: DateTime<Utc>,
        records: u64,
        most: u64,
    ) -> Result<bool, Error> {
        self.write("sent_rows", |conn| {
            let known: Option<i64> = sent_rows::table
                .find((grant, day(at)))
                .select(sent_rows::records)
                .first(conn)
                .optional()?;
            let before: u64 = number(known.unwrap_or(0))?;
            if before.saturating_add(records) > most {
                return Ok(false);
            }
            add(conn, grant, at, records).map(|()| true)
        })
    }

    /// Counts records that left under grants without a limit.
    ///
    /// # Errors
    /// Nothing was counted.
    pub fn count_rows(&self, sent: &BTreeMap<String, u64>, at: DateTime<Utc>) -> Result<(), Error> {
        self.write("sent_rows", |conn| {
            sent.iter().try_for_each(|(grant, records)| add(conn, grant, at, *records))
        })
    }

    /// The records that left under each grant in a time, by whole days.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn rows_sent(
        &self,
        from: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<BTreeMap<String, u64>, Error> {
        let rows: Vec<(String, i64)> = self.read(|conn| {
            Ok(sent_rows::table
                .filter(sent_rows::day.between(day(from), day(until)))
                .select((sent_rows::grant_id, sent_rows::records))
                .load(conn)?)
        })?;
        let mut all = BTreeMap::new();
        for (grant, records) in rows {
            *all.entry(grant).or_default() += number::<i64, u64>(records)?;
        }
        Ok(all)
    }
}

fn add(
    conn: &mut AnyConnection,
    grant: &str,
    at: DateTime<Utc>,
    records: u64,
) -> Result<(), Error> {
    let records: i64 = stored(records)?;
    let known = diesel::update(sent_rows::table.find((grant, day(at))))
        .set(sent_rows::records.eq(sent_rows::records + records))
        .execute(conn)?;
    if known == 0 {
        diesel::insert_into(sent_rows::table)
            .values((
                sent_rows::grant_id.eq(grant),
                sent_rows::day.eq(day(at)),
                sent_rows::records.eq(records),
            ))
            .execute(conn)?;
    }
    Ok(())
}
