//! The records themselves: Parquet files, one an edition, queried with Apache DataFusion in process.
//!
//! Everything read here is sealed with the permission it was read under; this crate cannot open a seal.
//! National identifiers are ciphertexts from the moment a line is parsed; in deliveries that rest as they came, the whole
//! delivery is one ([`inbox`]).

mod amounts;
mod cipher;
mod coarser;
pub mod contributions;
pub mod cube;
pub mod edition;
mod encode;
mod engine;
pub mod error;
mod fictitious;
mod file;
pub mod filter;
mod gathered;
pub mod import;
pub mod inbox;
pub mod keys;
mod numbers;
mod opened;
mod payments;
pub mod read;
mod schema;
mod write;

pub use contributions::{Grouping, Reading};
pub use edition::EditionRef;
pub use error::Error;
pub use filter::Filter;
pub use import::Imported;
pub use inbox::{Deposit, DepositRef};
pub use keys::Keys;
pub use read::RowQuery;

use engine::Engine;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};

/// How the registers are run.
#[derive(Debug, Clone)]
pub struct Config {
    /// The folder of the editions.
    pub root: PathBuf,
    /// Bytes the query engine may hold at once, besides the batches on their way.
    pub memory_limit: usize,
    /// Bytes of columns that are held for questions.
    pub questions_memory: usize,
    /// Threads for queries and imports; 0 means one a core.
    pub threads: usize,
    /// Records in a batch.
    pub batch_rows: usize,
}

impl Config {
    /// The usual settings over a folder.
    #[must_use]
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self {
            root: root.into(),
            memory_limit: 512 << 20,
            questions_memory: 256 << 20,
            threads: 0,
            batch_rows: 8192,
        }
    }
}

/// The records of one installation.
pub struct Registers {
    config: Config,
    keys: Arc<Keys>,
    engine: Engine,
}

impl Registers {
    /// Opens a folder of editions; makes it if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or the engine not started.
    pub fn open(config: &Config, keys: Arc<Keys>) -> Result<Self, Error> {
        let root = &config.root;
        std::fs::create_dir_all(root).map_err(Error::io("make", root))?;
        let root = root.canonicalize().map_err(Error::io("find", root))?;
        let threads = match config.threads {
            0 => std::thread::available_parallelism().map_or(1, usize::from),
            threads => threads,
        };
        let config = Config { root, threads, ..*config };
        let engine = Engine::start(&config)?;
        Ok(Self { config, keys, engine })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.config.root
    }

    pub(crate) const fn questions_memory(&self) -> usize {
        self.config.questions_memory
    }

    pub(crate) const fn threads(&self) -> usize {
        self.config.threads
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.keys
    }

    pub(crate) const fn engine(&self) -> &Engine {
        &self.engine
    }
}

#[cfg(test)]
mod decided;
#[cfg(test)]
mod figures;
#[cfg(test)]
mod tests;
