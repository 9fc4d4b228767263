//! Whether the database and this program are of one version.

use crate::connection::AnyConnection;
use crate::error::Fault;
use crate::store::migrations;
use crate::{Error, Store};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

diesel::table! {
    /// What the library that applies migrations remembers of them.
    #[sql_name = "__diesel_schema_migrations"]
    applied (version) {
        /// Digits that tell migrations apart.
        version -> Text,
    }
}

/// Why the database was last seen to be another version's, if it was.
#[derive(Debug, Default)]
pub(crate) struct Seen(Mutex<Option<String>>);

impl Seen {
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.foreign().clone().map_or(Ok(()), |why| Err(Error::Unavailable(Fault::Foreign(why))))
    }

    fn foreign(&self) -> MutexGuard<'_, Option<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store {
    /// Opens a database that is there already and of this version.
    ///
    /// # Errors
    /// As [`Store::open_existing`] and [`Store::check_version`].
    pub fn open_current(url: &str, pool_size: u32) -> Result<Self, Error> {
        let store = Self::open_existing(url, pool_size)?;
        store.check_version()?;
        Ok(store)
    }

    /// That every migration of this program was applied, and no other.
    ///
    /// # Errors
    /// [`Error::Configuration`], which says what to do.
    pub fn check_version(&self) -> Result<(), Error> {
        self.read(check)
    }

    /// Looks whether the database is still of this version, as somebody may migrate at any time, and whether it can still
    /// take a durable write, as [`Store::ping`] does. While it is another version's this is all that still reaches it:
    /// nothing is read from it or written to it, by whomever, until it has been seen to be of this version again.
    ///
    /// # Errors
    /// [`Error::Unavailable`]: it is not, or cannot.
    pub fn watch(&self) -> Result<(), Error> {
        self.check_file()?;
        let foreign = match self.on_pulse(check) {
            Ok(()) => None,
            Err(Error::Configuration(why)) => Some(why),
            Err(error) => return Err(error),
        };
        *self.seen.foreign() = foreign;
        self.ping()
    }
}

fn check(conn: &mut AnyConnection) -> Result<(), Error> {
    let versions = applied::table.select(applied::version).load(conn)?;
    let applied: BTreeSet<String> = versions.into_iter().collect();
    let known: BTreeMap<String, String> = migrations()?
        .iter()
        .map(|known| (known.name().version().to_string(), known.name().to_string()))
        .collect();
    if let Some(unknown) = applied.iter().find(|version| !known.contains_key(*version)) {
        return Err(Error::Configuration(format!(
            "the database belongs to a newer version of Hjemmel, which has applied migration {unknown}; start that one"
        )));
    }
    let missing = known.iter().filter(|(version, _)| !applied.contains(*version));
    let missing: Vec<&str> = missing.map(|(_, name)| name.as_str()).collect();
    if let Some(first) = missing.first() {
        return Err(Error::Configuration(format!(
            "the database belongs to an older version of Hjemmel and lacks {} of its migrations, the first `{first}`; \
             stop every server, keep a copy, and run `hjemmel migrate`",
            missing.len()
        )));
    }
    Ok(())
}
