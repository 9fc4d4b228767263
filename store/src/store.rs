//! The pool, transactions, migrations.

use crate::Error;
use crate::connection::{AnyConnection, Database, FileId, Report};
use crate::error::Fault;
use crate::ledger::Connections;
use crate::line::{Line, Turn};
use crate::lock::Lock;
use crate::schema::liveness;
use crate::version::Seen;
use diesel::connection::{AnsiTransactionManager, SimpleConnection, TransactionManager};
use diesel::migration::{Migration, MigrationSource};
use diesel::prelude::*;
use diesel::r2d2::{Pool, PooledConnection, R2D2Connection as _};
use diesel_migrations::{EmbeddedMigrations, MigrationHarness, embed_migrations};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

const SQLITE: EmbeddedMigrations = embed_migrations!("../migrations/sqlite");
const POSTGRES: EmbeddedMigrations = embed_migrations!("../migrations/postgres");

/// How long a request waits for a connection before it looks whether the database is there at all.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many times it waits so long while the database is there and others have all connections.
const TRIES: u32 = 15;

/// Handle to one installation's database; cloning shares the pool.
#[derive(Clone)]
pub struct Store {
    pool: Pool<Database>,
    pub(crate) database: Database,
    /// Which file SQLite's address named when the store was opened.
    file: Option<FileId>,
    /// Of which version [`Store::watch`] last saw the database.
    pub(crate) seen: Arc<Seen>,
    /// The connection of [`Store::ping`]: a pool would wait for a database that is known to be gone.
    pulse: Arc<Mutex<Option<AnyConnection>>>,
    /// The connections of [`Store::round`] and [`Store::beside`].
    pub(crate) ledger: Arc<Connections>,
    /// SQLite has one writer at a time. Who finds it taken sleeps and looks again, and may never be lucky; so those of
    /// one process stand in line.
    pub(crate) line: Arc<Line>,
}

impl std::fmt::Debug for Store {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self.database {
            Database::Sqlite(_) => "Store(sqlite)",
            Database::Postgres(_) => "Store(postgres)",
        })
    }
}

impl Store {
    /// Opens a database that is there already; a misspelt path must not make an empty one.
    ///
    /// # Errors
    /// As [`Store::open`], and when a SQLite file is missing.
    pub fn open_existing(url: &str, pool_size: u32) -> Result<Self, Error> {
        if let Database::Sqlite(path) = Database::parse(url)?
            && !path.exists()
        {
            return Err(Error::Configuration(format!(
                "there is no database at `{}`; `hjemmel migrate` makes it",
                path.display()
            )));
        }
        Self::open(url, pool_size)
    }

    /// Opens `postgres://…`, `sqlite:PATH` or the path of a SQLite file (made when missing).
    ///
    /// # Errors
    /// The address is of no known database, or nothing answers there.
    pub fn open(url: &str, pool_size: u32) -> Result<Self, Error> {
        let database = Database::parse(url)?;
        drop(database.connect()?);
        let pool = Pool::builder()
            .max_size(pool_size.max(1))
            .min_idle(Some(0))
            .connection_timeout(PATIENCE)
            .test_on_check_out(true)
            .error_handler(Box::new(Report))
            .build_unchecked(database.clone());
        let file = database.file_id()?;
        let (seen, pulse, ledger, line) = Default::default();
        Ok(Self { pool, database, file, seen, pulse, ledger, line })
    }

    /// A connection, as soon as others have done with one. That there is none is said only where the database cannot
    /// be reached either.
    fn connection(&self) -> Result<PooledConnection<Database>, Error> {
        self.check_usable()?;
        for _ in 1..TRIES {
            match self.pool.get() {
                Err(_) if self.is_reachable() => {}
                got => return Ok(got?),
            }
        }
        Ok(self.pool.get()?)
    }

    fn is_reachable(&self) -> bool {
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pulse.take().and_then(|mut conn| conn.ping().is_ok().then_some(conn));
        *pulse = kept.or_else(|| self.database.reconnect().ok());
        pulse.is_some()
    }

    /// The turn of whoever writes to SQLite.
    pub(crate) fn turn(&self) -> Option<Turn<'_>> {
        matches!(self.database, Database::Sqlite(_)).then(|| self.line.turn())
    }

    /// That nothing is known which speaks against using the database. All that reads or writes asks this first.
    pub(crate) fn check_usable(&self) -> Result<(), Error> {
        self.seen.check()?;
        self.check_file()
    }

    /// An open file can be written to after it was moved or removed, and what is recorded there is lost. So may be what comes
    /// after something that was.
    pub(crate) fn check_file(&self) -> Result<(), Error> {
        self.ledger.log.check()?;
        if self.database.file_id()? == self.file {
            return Ok(());
        }
        Err(Error::Unavailable(Fault::Replaced))
    }

    /// Runs single statements without a transaction of their own.
    pub(crate) fn read<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        work(&mut *self.connection()?)
    }

    /// Runs several reads on one unchanging state of the database.
    pub(crate) fn snapshot<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let postgres = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
        self.transaction("BEGIN", postgres, work)
    }

    /// Runs `work` in one durable transaction, alone among those that name the same table.
    /// Readers are not held up.
    pub(crate) fn write<T>(
        &self,
        table: &'static str,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let _turn = self.turn();
        self.transaction("BEGIN IMMEDIATE", "BEGIN", |conn| {
            if let AnyConnection::Postgres(conn) = conn {
                conn.batch_execute(&format!("LOCK TABLE {table} IN EXCLUSIVE MODE"))?;
            }
            work(conn)
        })
    }

    fn transaction<T>(
        &self,
        sqlite: &str,
        postgres: &str,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        transaction(&mut *self.connection()?, sqlite, postgres, work)
    }

    /// Proves that the database can still take a durable write, which is what recording a
    /// decision needs. Whatever was committed before it is on the disk afterwards.
    ///
    /// # Errors
    /// It cannot.
    pub fn ping(&self) -> Result<(), Error> {
        self.check_usable()?;
        let _turn = self.turn();
        self.on_pulse(|conn| {
            transaction(conn, "BEGIN IMMEDIATE", "BEGIN", |conn| {
                let rows = diesel::update(liveness::table.find(1))
                    .set(liveness::beats.eq(liveness::beats + 1))
                    .execute(conn)?;
                if rows == 1 { Ok(()) } else { Err(Error::NotFound("liveness row")) }
            })
        })
    }

    pub(crate) fn on_pulse<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut pulse = self.pulse.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that a connection that fails is not asked again.
        let mut conn = match pulse.take() {
            Some(conn) => conn,
            None => self.database.reconnect()?,
        };
        let done = work(&mut conn)?;
        *pulse = Some(conn);
        Ok(done)
    }

    /// Applies the migrations that are missing and names them. Two nodes that start at once take turns.
    ///
    /// # Errors
    /// A migration failed (it is rolled back), or another node is at it for too long.
    pub fn migrate(&self) -> Result<Vec<String>, Error> {
        self.migrations(|conn| match conn {
            AnyConnection::Sqlite(c) => names(c.run_pending_migrations(SQLITE)),
            AnyConnection::Postgres(c) => names(c.run_pending_migrations(POSTGRES)),
        })
    }

    /// Takes every migration back, newest first, and with them all that is stored.
    ///
    /// # Errors
    /// A migration failed, or another node is at it.
    pub fn revert_all(&self) -> Result<Vec<String>, Error> {
        self.migrations(|conn| match conn {
            AnyConnection::Sqlite(c) => names(c.revert_all_migrations(SQLITE)),
            AnyConnection::Postgres(c) => names(c.revert_all_migrations(POSTGRES)),
        })
    }

    /// The migrations this program has and the database has not.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn pending(&self) -> Result<Vec<String>, Error> {
        self.read(|conn| match conn {
            AnyConnection::Sqlite(c) => names(c.pending_migrations(SQLITE).map(|all| named(&all))),
            AnyConnection::Postgres(c) => {
                names(c.pending_migrations(POSTGRES).map(|all| named(&all)))
            }
        })
    }

    fn migrations(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<Vec<String>, Error>,
    ) -> Result<Vec<String>, Error> {
        let _turn = Lock::wait(&self.database, "migrate", Duration::from_secs(20))?;
        self.read(work)
    }
}

fn transaction<T>(
    conn: &mut AnyConnection,
    sqlite: &str,
    postgres: &str,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    begin(conn, sqlite, postgres)?;
    finish(conn, work)
}

pub(crate) fn begin(conn: &mut AnyConnection, sqlite: &str, postgres: &str) -> Result<(), Error> {
    match conn {
        AnyConnection::Sqlite(c) => AnsiTransactionManager::begin_transaction_sql(c, sqlite)?,
        AnyConnection::Postgres(c) => AnsiTransactionManager::begin_transaction_sql(c, postgres)?,
    }
    Ok(())
}

pub(crate) fn finish<T>(
    conn: &mut AnyConnection,
    work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
) -> Result<T, Error> {
    match work(conn) {
        Ok(value) => {
            AnyConnection::commit_transaction(conn)?;
            Ok(value)
        }
        Err(error) => {
            if let Err(rollback) = AnyConnection::rollback_transaction(conn) {
                tracing::warn!(error = %rollback, "rollback failed; the connection is dropped");
            }
            Err(error)
        }
    }
}

fn named<DB: diesel::backend::Backend>(migrations: &[Box<dyn Migration<DB>>]) -> Vec<String> {
    migrations.iter().map(|migration| migration.name().to_string()).collect()
}

fn names<T: ToString>(
    result: Result<Vec<T>, Box<dyn std::error::Error + Send + Sync>>,
) -> Result<Vec<String>, Error> {
    match result {
        Ok(names) => Ok(names.iter().map(ToString::to_string).collect()),
        Err(error) => match error.downcast::<diesel::result::Error>() {
            Ok(error) => Err((*error).into()),
            Err(error) => Err(Error::Configuration(format!("migration failed: {error}"))),
        },
    }
}

/// The migrations this program knows, oldest first; those of PostgreSQL have the same names.
pub(crate) fn migrations() -> Result<Vec<Box<dyn Migration<diesel::sqlite::Sqlite>>>, Error> {
    let unreadable = |error| Error::Configuration(format!("migrations unreadable: {error}"));
    SQLITE.migrations().map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_finds_all_connections_taken_waits_while_the_database_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("busy.db");
        let store = Store::open(path.to_str().unwrap(), 1).unwrap();
        store.migrate().unwrap();
        let long = PATIENCE + Duration::from_millis(300);
        std::thread::scope(|scope| {
            let (holds, held) = std::sync::mpsc::channel();
            let busy = store.clone();
            scope.spawn(move || {
                busy.read(|_| {
                    holds.send(()).unwrap();
                    std::thread::sleep(long);
                    Ok(())
                })
                .unwrap();
            });
            held.recv().unwrap();
            assert_eq!(store.purses().unwrap(), []);
            // Once it has gone, nobody waits for it.
            std::fs::remove_file(&path).unwrap();
            assert!(matches!(store.purses(), Err(Error::Unavailable(_))));
        });
    }
}
