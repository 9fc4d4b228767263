//! What witnesses signed of the record's state. None is changed or removed.

use crate::schema::cosignatures;
use crate::values::{stored, text};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;

impl Store {
    /// Keeps the line a witness signed the first `size` events with; one that is kept already stays.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn keep_cosignature(
        &self,
        size: u64,
        witness: &str,
        line: &str,
        at: DateTime<Utc>,
    ) -> Result<(), Error> {
        let size: i64 = stored(size)?;
        self.write("cosignatures", |conn| {
            let key = (size, witness);
            let known: Option<i64> =
                cosignatures::table.find(key).select(cosignatures::at).first(conn).optional()?;
            if known.is_none() {
                diesel::insert_into(cosignatures::table)
                    .values((
                        cosignatures::size.eq(size),
                        cosignatures::witness.eq(text(witness)),
                        cosignatures::at.eq(at.timestamp_micros()),
                        cosignatures::line.eq(text(line)),
                    ))
                    .execute(conn)?;
            }
            Ok(())
        })
    }

    /// The largest size any of these witnesses signed, with the lines it was signed with.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn newest_cosigned(
        &self,
        witnesses: &[String],
    ) -> Result<Option<(u64, Vec<String>)>, Error> {
        self.snapshot(|conn| {
            let newest: Option<i64> = cosignatures::table
                .filter(cosignatures::witness.eq_any(witnesses))
                .select(diesel::dsl::max(cosignatures::size))
                .first(conn)?;
            let Some(newest) = newest else { return Ok(None) };
            let lines: Vec<String> = cosignatures::table
                .filter(cosignatures::size.eq(newest))
                .filter(cosignatures::witness.eq_any(witnesses))
                .order(cosignatures::witness.asc())
                .select(cosignatures::line)
                .load(conn)?;
            Ok(Some((u64::try_from(newest).unwrap_or_default(), lines)))
        })
    }
}
