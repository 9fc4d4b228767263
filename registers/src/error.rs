//! What can go wrong with the records. No message holds a value from a record.

use crate::EditionRef;
use datafusion::error::DataFusionError;
use std::path::{Path, PathBuf};

/// A fault of the registers; nothing was released or half written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The keys cannot be made or read.
    #[error("keys `{place}`: {reason}")]
    Keys {
        /// The file or environment variable.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// A record cannot be kept as it stands; the whole file is refused.
    #[error("line {line}: field `{field}` {reason}")]
    Line {
        /// The line, from 1.
        line: u64,
        /// The field, or `record`.
        field: String,
        /// What is wrong, without the value.
        reason: &'static str,
    },
    /// The file system refused.
    #[error("cannot {act} `{path}`")]
    Io {
        /// What was tried.
        act: &'static str,
        /// On what.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The edition is there already; editions never change.
    #[error("edition {0} exists already")]
    Exists(EditionRef),
    /// The edition's file is missing, damaged or not the one that was imported.
    #[error("edition {edition} cannot be read: {reason}")]
    Unreadable {
        /// The edition.
        edition: EditionRef,
        /// What is wrong with its file.
        reason: String,
    },
    /// A column cannot be used as asked.
    #[error("column `{column}` {reason}")]
    Column {
        /// The column.
        column: String,
        /// Why.
        reason: &'static str,
    },
    /// The permission is for something else than what is to be read.
    #[error("the permission does not fit: {0}")]
    Mismatch(&'static str),
    /// The query engine failed, out of its memory limit for instance.
    #[error("the query engine failed")]
    Engine(#[source] Box<DataFusionError>),
}

impl Error {
    /// For `map_err` after a file operation.
    pub(crate) fn io(act: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { act, path, source }
    }

    /// A column and what is wrong with it.
    pub(crate) fn column(column: impl Into<String>, reason: &'static str) -> Self {
        Self::Column { column: column.into(), reason }
    }
}

impl From<DataFusionError> for Error {
    fn from(error: DataFusionError) -> Self {
        Self::Engine(Box::new(error))
    }
}
