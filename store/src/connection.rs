//! Which database it is, and connections to it that keep what they are told.

use crate::Error;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::r2d2::{ManageConnection, R2D2Connection};
use std::path::PathBuf;

/// A connection to either database.
#[derive(diesel::MultiConnection)]
pub enum AnyConnection {
    /// The embedded database.
    Sqlite(SqliteConnection),
    /// The server.
    Postgres(PgConnection),
}

impl AnyConnection {
    /// The embedded database, for what is written for it alone.
    pub(crate) fn sqlite(&mut self) -> Result<&mut SqliteConnection, Error> {
        match self {
            Self::Sqlite(conn) => Ok(conn),
            Self::Postgres(_) => Err(Error::Configuration("the database is a server".to_owned())),
        }
    }

    /// The server, for what is written for it alone.
    pub(crate) fn postgres(&mut self) -> Result<&mut PgConnection, Error> {
        match self {
            Self::Postgres(conn) => Ok(conn),
            Self::Sqlite(_) => Err(Error::Configuration("the database is embedded".to_owned())),
        }
    }
}

/// Has a statement of our own prepared once a connection. The library prepares its own `UPDATE` anew each time, and an
/// `INSERT` of several rows.
macro_rules! prepared_once {
    ($statement:ident) => {
        impl diesel::query_builder::QueryId for $statement<'_> {
            type QueryId = $statement<'static>;
            const HAS_STATIC_QUERY_ID: bool = true;
        }

        impl<C> diesel::RunQueryDsl<C> for $statement<'_> {}
    };
}
pub(crate) use prepared_once;

/// Where the database is.
#[derive(Debug, Clone)]
pub enum Database {
    /// A file.
    Sqlite(PathBuf),
    /// An address libpq understands.
    Postgres(String),
}

/// A file, whatever it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileId {
    device: u64,
    inode: u64,
}

/// What every SQLite connection is set to. FULL makes each commit in WAL mode survive a power cut. What is written is moved
/// from the log to the file every 16 MB and not every 4, since the same pages are written again and again; the cache of
/// 8 MB holds them. A server that pays for questions moves it sooner, beside its commits.
const SQLITE: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
    PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF; \
    PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -8000;";

/// What every PostgreSQL connection is set to. A server configured to answer before a commit is
/// durable is overruled; stronger settings than `on` stay.
const POSTGRES: &str = "SET lock_timeout = '5s'; SET statement_timeout = '60s'; \
    SET idle_in_transaction_session_timeout = '60s'; SET TIME ZONE 'UTC'; \
    SELECT set_config('synchronous_commit', 'on', false) \
    WHERE current_setting('synchronous_commit') = 'off';";

impl Database {
    /// Reads `postgres://…`, `sqlite:PATH` or a bare path.
    ///
    /// # Errors
    /// An address of some other database.
    pub fn parse(url: &str) -> Result<Self, Error> {
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(with_timeouts(url)));
        }
        let path =
            url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")).unwrap_or(url);
        if path.contains("://") || path.is_empty() || path.contains(":memory:") {
            return Err(Error::Configuration(
                "the database must be `postgres://…` or the path of a SQLite file".to_owned(),
            ));
        }
        Ok(Self::Sqlite(PathBuf::from(path)))
    }

    /// Which file it is, where it is one.
    pub(crate) fn file_id(&self) -> std::io::Result<Option<FileId>> {
        use std::os::unix::fs::MetadataExt;
        let Self::Sqlite(path) = self else { return Ok(None) };
        let file = std::fs::metadata(path)?;
        Ok(Some(FileId { device: file.dev(), inode: file.ino() }))
    }

    /// Opens a further connection; never makes a file in the place of one that has gone.
    pub(crate) fn reconnect(&self) -> Result<AnyConnection, ConnectionError> {
        self.file_id().map_err(|error| ConnectionError::BadConnection(error.to_string()))?;
        self.connect()
    }

    /// Opens one connection outside any pool.
    pub(crate) fn connect(&self) -> Result<AnyConnection, ConnectionError> {
        match self {
            Self::Sqlite(path) => {
                private_file(path).map_err(|e| ConnectionError::BadConnection(e.to_string()))?;
                let mut conn = SqliteConnection::establish(&path.to_string_lossy())?;
                conn.batch_execute(SQLITE).map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(AnyConnection::Sqlite(conn))
            }
            Self::Postgres(url) => {
                let mut conn = PgConnection::establish(url)?;
                conn.batch_execute(POSTGRES).map_err(ConnectionError::CouldntSetupConfiguration)?;
                Ok(AnyConnection::Postgres(conn))
            }
        }
    }
}

/// Creates the file readable by its owner alone; SQLite gives its journal the same mode.
fn private_file(path: &std::path::Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    match options.open(path) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// A server that is gone must be noticed within seconds, not after TCP's quarter of an hour.
fn with_timeouts(url: &str) -> String {
    let mut url = url.to_owned();
    for (key, value) in [
        ("connect_timeout", "2"),
        ("tcp_user_timeout", "10000"),
        ("keepalives_idle", "10"),
        ("application_name", "hjemmel"),
    ] {
        if !url.contains(&format!("{key}=")) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(key);
            url.push('=');
            url.push_str(value);
        }
    }
    url
}

impl ManageConnection for Database {
    type Connection = AnyConnection;
    type Error = diesel::r2d2::Error;

    fn connect(&self) -> Result<AnyConnection, Self::Error> {
        self.reconnect().map_err(diesel::r2d2::Error::ConnectionError)
    }

    fn is_valid(&self, conn: &mut AnyConnection) -> Result<(), Self::Error> {
        conn.ping().map_err(diesel::r2d2::Error::QueryError)
    }

    fn has_broken(&self, conn: &mut AnyConnection) -> bool {
        std::thread::panicking() || conn.is_broken()
    }
}

/// Passes what the pool notices on to the log instead of to standard error.
#[derive(Debug)]
pub struct Report;

impl diesel::r2d2::HandleError<diesel::r2d2::Error> for Report {
    fn handle_error(&self, error: diesel::r2d2::Error) {
        tracing::warn!(%error, "database connection failed");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_database_is_read_from_the_address() {
        assert!(matches!(Database::parse("postgres://h/d"), Ok(Database::Postgres(_))));
        assert!(
            matches!(Database::parse("sqlite:a/b.db"), Ok(Database::Sqlite(p)) if p.ends_with("b.db"))
        );
        assert!(matches!(Database::parse("/x/y.db"), Ok(Database::Sqlite(_))));
        for wrong in ["mysql://h/d", "", ":memory:"] {
            assert!(matches!(Database::parse(wrong), Err(Error::Configuration(_))), "{wrong}");
        }
    }

    #[test]
    fn timeouts_are_added_but_never_replaced() {
        let url = with_timeouts("postgres://h/d?connect_timeout=7");
        assert!(url.contains("connect_timeout=7&") && !url.contains("connect_timeout=2"));
        assert!(with_timeouts("postgres://h/d").contains("d?connect_timeout=2&"));
    }
}
