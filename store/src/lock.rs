//! Locks that the death of their holder releases.
//!
//! PostgreSQL: a session advisory lock on a connection of its own (one from the pool could starve the
//! work it protects); the server drops it with the session. SQLite: an operating system lock on a file
//! beside the database; the kernel drops it with the process. Neither needs a clock, a heartbeat or a
//! clean-up, and `kill -9` leaves nothing behind. A lock file itself may stay: only the lock counts.

use crate::Error;
use crate::connection::{AnyConnection, Database};
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool};
use hjemmel_kostra::Form;
use sha2::{Digest, Sha256};
use std::fs::{File, TryLockError};
use std::time::Duration;

pub(crate) struct Lock(Held);

enum Held {
    File { _file: File },
    Session { conn: Box<PgConnection>, key: i64 },
}

#[derive(QueryableByName)]
struct Answer {
    #[diesel(sql_type = Bool)]
    yes: bool,
}

impl Lock {
    /// Takes the lock, or says that somebody else has it.
    pub(crate) fn take(database: &Database, name: &str) -> Result<Self, Error> {
        match database {
            Database::Sqlite(path) => {
                let mut beside = path.clone().into_os_string();
                beside.push(format!(".{name}.lock"));
                let mut options = File::options();
                let file = options.create(true).truncate(false).write(true).open(beside)?;
                match file.try_lock() {
                    Ok(()) => Ok(Self(Held::File { _file: file })),
                    Err(TryLockError::WouldBlock) => Err(taken(name)),
                    Err(TryLockError::Error(error)) => Err(error.into()),
                }
            }
            Database::Postgres(_) => {
                let AnyConnection::Postgres(mut conn) = database.connect()? else {
                    return Err(Error::Configuration("not a PostgreSQL address".to_owned()));
                };
                let key = key(name);
                let answer: Answer = diesel::sql_query("SELECT pg_try_advisory_lock($1) AS yes")
                    .bind::<BigInt, _>(key)
                    .get_result(&mut conn)?;
                if answer.yes {
                    Ok(Self(Held::Session { conn: Box::new(conn), key }))
                } else {
                    Err(taken(name))
                }
            }
        }
    }

    /// Takes the lock as soon as it is free, but does not wait for ever.
    pub(crate) fn wait(database: &Database, name: &str, most: Duration) -> Result<Self, Error> {
        let step = Duration::from_millis(50);
        let mut waited = Duration::ZERO;
        loop {
            match Self::take(database, name) {
                Err(Error::Busy(_)) if waited < most => {
                    std::thread::sleep(step);
                    waited += step;
                }
                result => return result,
            }
        }
    }

    /// A session lock goes with its session, so a restarted server has forgotten it.
    fn still_held(&mut self) -> bool {
        match &mut self.0 {
            Held::File { .. } => true,
            Held::Session { conn, key } => {
                let query = "SELECT EXISTS (SELECT 1 FROM pg_locks WHERE locktype = 'advisory' \
                    AND pid = pg_backend_pid() AND granted \
                    AND ((classid::bigint << 32) | objid::bigint) = $1) AS yes";
                diesel::sql_query(query)
                    .bind::<BigInt, _>(*key)
                    .get_result::<Answer>(conn.as_mut())
                    .is_ok_and(|answer| answer.yes)
            }
        }
    }
}

fn taken(name: &str) -> Error {
    Error::Busy(format!("another process holds the lock `{name}`"))
}

/// Advisory locks are numbered, not named.
fn key(name: &str) -> i64 {
    let digest = Sha256::digest(format!("hjemmel {name}"));
    digest.iter().take(8).fold(0, |key: i64, byte| (key << 8) | i64::from(*byte))
}

/// The right to import one form-year; whoever holds it is alone, and dropping it gives it back.
pub struct ImportLock {
    lock: Lock,
    form: Form,
    year: u16,
}

impl ImportLock {
    pub(crate) fn take(database: &Database, form: Form, year: u16) -> Result<Self, Error> {
        let lock = Lock::take(database, &format!("import-{}-{year}", form.number()))?;
        Ok(Self { lock, form, year })
    }

    /// Refuses work under a lock of something else, or one that was lost on the way.
    pub(crate) fn check(&mut self, form: Form, year: u16) -> Result<(), Error> {
        if (self.form, self.year) != (form, year) {
            return Err(Error::Conflict(format!(
                "the lock is for form {} {}",
                self.form, self.year
            )));
        }
        if self.lock.still_held() {
            Ok(())
        } else {
            Err(Error::Busy("the import lock was lost; import again".to_owned()))
        }
    }
}

impl std::fmt::Debug for ImportLock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportLock({} {})", self.form, self.year)
    }
}
