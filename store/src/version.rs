//! Whether the database and this program are of one version.

use crate::store::migrations;
use crate::{Error, Store};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

diesel::table! {
    /// What the library that applies migrations remembers of them.
    #[sql_name = "__diesel_schema_migrations"]
    applied (version) {
        /// Digits that tell migrations apart.
        version -> Text,
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
        let versions =
            self.read(|conn| Ok(applied::table.select(applied::version).load(conn)?))?;
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
}
