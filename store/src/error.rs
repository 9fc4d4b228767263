//! What can go wrong between us and the database, told apart by what the caller should do about it.

use diesel::result::{ConnectionError, DatabaseErrorKind, Error as Diesel};

/// A fault of the store. Each one refuses; none releases.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The database cannot be reached or cannot write: gone, starting, full, read-only.
    #[error("the database is not available: {0}")]
    Unavailable(#[source] Fault),
    /// Somebody else is doing this right now; trying again later may work.
    #[error("busy: {0}")]
    Busy(String),
    /// It contradicts what is already stored; trying again will not help.
    #[error("conflict: {0}")]
    Conflict(String),
    /// There is no such row.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// What is stored cannot be what was stored: altered, damaged, or written by a newer version.
    #[error("the database holds something it should not: {0}")]
    Corrupt(String),
    /// The address of the database, or the schema it holds, is not usable.
    #[error("{0}")]
    Configuration(String),
    /// A statement was wrong, which is our fault.
    #[error("a query failed")]
    Query(#[source] Diesel),
}

/// Why the database is not available.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No connection could be had in time.
    #[error("no connection")]
    Pool(#[from] diesel::r2d2::PoolError),
    /// A connection could not be opened.
    #[error("cannot connect")]
    Connection(#[from] ConnectionError),
    /// The database gave up on a statement.
    #[error("{0}")]
    Statement(#[from] Diesel),
    /// A file next to the database cannot be used.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// SQLite's file is another one than when it was opened.
    #[error("its file was replaced while in use; put it back, or start again")]
    Replaced,
    /// The database was seen to be of another version.
    #[error("{0}")]
    Foreign(String),
    /// The disk refused what SQLite had written to its log.
    #[error("the disk refused what was written; see to the disk, and start again")]
    Lost,
}

impl Error {
    /// Whether the caller should answer 503 and the same request may succeed later.
    #[must_use]
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Unavailable(_) | Self::Busy(_))
    }
}

impl From<Diesel> for Error {
    fn from(error: Diesel) -> Self {
        use DatabaseErrorKind as Kind;
        match error {
            Diesel::DatabaseError(kind, ref info) => match kind {
                Kind::UniqueViolation
                | Kind::ForeignKeyViolation
                | Kind::NotNullViolation
                | Kind::CheckViolation
                | Kind::RestrictViolation
                | Kind::ExclusionViolation => Self::Conflict(info.message().to_owned()),
                Kind::SerializationFailure => Self::Busy(info.message().to_owned()),
                _ => by_message(error),
            },
            Diesel::RollbackErrorOnCommit { .. }
            | Diesel::BrokenTransactionManager
            | Diesel::NotInTransaction
            | Diesel::AlreadyInTransaction => Self::Unavailable(error.into()),
            Diesel::NotFound => Self::NotFound("row"),
            other => Self::Query(other),
        }
    }
}

/// Neither database's driver hands over its error code, so the text is what is left; what is not
/// recognised counts as an outage, because that answer refuses.
fn by_message(error: Diesel) -> Error {
    let text = error.to_string();
    let says = |words: &[&str]| words.iter().any(|word| text.contains(word));
    if says(&["append-only"]) {
        Error::Conflict(text)
    } else if says(&["database is locked", "database table is locked", "lock timeout", "deadlock"])
    {
        Error::Busy(text)
    } else if says(&["malformed", "not a database", "invalid page", "could not read block"]) {
        Error::Corrupt(text)
    } else if says(&["no such table", "no such column", "does not exist"]) {
        Error::Configuration(format!(
            "the schema is not migrated ({text}); `hjemmel migrate` does it"
        ))
    } else {
        Error::Unavailable(error.into())
    }
}

impl From<diesel::r2d2::PoolError> for Error {
    fn from(error: diesel::r2d2::PoolError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<ConnectionError> for Error {
    fn from(error: ConnectionError) -> Self {
        Self::Unavailable(error.into())
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Unavailable(error.into())
    }
}
