//! What a running server holds: the snapshot of policy, the shelf of releases, and the way into the record.
//!
//! Both pictures are immutable and swapped whole. When the database cannot be used there is no picture to
//! answer from: every answer with data is refused until it is back.

mod loading;
mod open;
mod policy;

use crate::clock::Clock;
use crate::federation::Federation;
use crate::identity::{TestIssuers, Verifier};
use crate::journal::Journal;
use crate::pictures::Pictures;
use crate::problem::{Kind, Problem};
use crate::questions::Purser;
use crate::questions::makers::Makers;
use crate::questions::receipt::ReceiptKey;
use crate::sent::Sent;
use crate::settings::Settings;
use crate::shelf::Shelf;
use crate::table_answer::Ready;
use arc_swap::{ArcSwap, ArcSwapOption};
use chrono::{DateTime, Utc};
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_kostra::Form;
use hjemmel_policy::Policy;
use hjemmel_registers::{EditionRef, Keys, Registers};
use hjemmel_store::{Publication, Store};
pub use policy::policy_of;
use policy::stops_of;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// How much memory finished answers may take.
const READY_BYTES: u64 = 64 << 20;

/// How many deliveries may arrive at a time; each holds a thread while it does.
const ARRIVALS: usize = 64;

/// Why a server cannot start or refresh.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The database.
    #[error(transparent)]
    Store(#[from] hjemmel_store::Error),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] hjemmel_policy::Error),
    /// The records or keys.
    #[error(transparent)]
    Registers(#[from] hjemmel_registers::Error),
    /// A stored grant that cannot be read.
    #[error("the stored grant `{id}` cannot be read: {source}")]
    Grant {
        /// The grant.
        id: String,
        /// Why.
        source: serde_json::Error,
    },
    /// A stored release that is not ours.
    #[error("release {id}: {source}")]
    Release {
        /// The release.
        id: Uuid,
        /// Why.
        source: archive::ArchiveError,
    },
    /// The issuers.
    #[error(transparent)]
    Identity(#[from] crate::identity::Error),
    /// The other nodes.
    #[error(transparent)]
    Federation(#[from] crate::federation::Error),
    /// Another clock than the machine's.
    #[error("`test_clock` is for a test installation alone")]
    Clock,
    /// A thread could not be started.
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}

/// One running server.
pub struct App {
    settings: Settings,
    store: Store,
    registers: Arc<Registers>,
    keys: Arc<Keys>,
    archive_key: ArchiveKey,
    verifier: Verifier,
    journal: Journal,
    purser: Purser,
    makers: Makers,
    receipts: ReceiptKey,
    /// Answers that were given, by the key of their question. They never change.
    answers: moka::sync::Cache<String, Arc<[u8]>>,
    buckets: crate::limits::Buckets,
    policy: ArcSwapOption<Policy>,
    clock: Clock,
    pictures: ArcSwap<Pictures>,
    /// What the newest picture was numbered.
    stamp: AtomicU64,
    seen: ArcSwap<Seen>,
    /// Held while pictures are taken, so that an older one never takes the place of a newer.
    turn: Mutex<()>,
    healthy: Arc<AtomicBool>,
    ready: moka::sync::Cache<String, Arc<Ready>>,
    /// Places for deliveries that arrive.
    arrivals: tokio::sync::Semaphore,
    sent: Sent,
    federation: Option<Federation>,
}

/// What the pictures were made from.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    policy: Option<i64>,
    releases: Vec<Publication>,
    editions: Vec<Uuid>,
}

/// The columns of a form and year, for checking grants: name and whether it is a direct identifier.
#[must_use]
pub fn columns_of(form: Form, year: u16) -> Vec<(String, bool)> {
    hjemmel_kostra::columns(form, year)
        .into_iter()
        .map(|column| {
            let identifier = column.role == hjemmel_kostra::ColumnRole::Identifier;
            (column.name, identifier)
        })
        .collect()
}

impl App {
    /// Opens everything and takes the first pictures.
    ///
    /// # Errors
    /// When the database, keys, records, policy or issuers cannot be used.
    pub fn open(settings: Settings, verifier: Verifier) -> Result<Self, AppError> {
        let clock = Clock::of(&settings).ok_or(AppError::Clock)?;
        let store = Store::open_current(&settings.store.url, settings.store.connections)?;
        let keys = Arc::new(Keys::load(&settings.keys.file)?);
        let config = hjemmel_registers::Config {
            memory_limit: settings.registers.memory_megabytes << 20,
            questions_memory: settings.registers.questions_megabytes << 20,
            ..hjemmel_registers::Config::new(&settings.registers.folder)
        };
        let registers = Arc::new(Registers::open(&config, keys.clone())?);
        let healthy = Arc::new(AtomicBool::new(false));
        let journal = Journal::start(store.clone(), healthy.clone())?;
        let purser = Purser::start(&store, &healthy, settings.questions.terms())?;
        let makers = Makers::start()?;
        let tests =
            if settings.test_installation { TestIssuers::Allowed } else { TestIssuers::Refused };
        let federation = settings.federation.clone();
        let federation = federation
            .map(|federation| Federation::open(federation, &settings.issuers, tests))
            .transpose()?;
        let app = Self {
            federation,
            archive_key: ArchiveKey::new(keys.archive_key()),
            receipts: ReceiptKey::new(&keys.receipt_key()),
            answers: moka::sync::Cache::builder()
                .weigher(|key: &String, bytes: &Arc<[u8]>| {
                    u32::try_from(key.len() + bytes.len()).unwrap_or(u32::MAX)
                })
                .max_capacity(READY_BYTES)
                .build(),
            buckets: crate::limits::Buckets::new(&settings.limits),
            settings,
            store,
            registers,
            keys,
            verifier,
            journal,
            purser,
            makers,
            policy: ArcSwapOption::empty(),
            clock,
            pictures: ArcSwap::default(),
            stamp: AtomicU64::new(0),
            seen: ArcSwap::default(),
            turn: Mutex::default(),
            healthy,
            ready: moka::sync::Cache::builder()
                .weigher(|key: &String, ready: &Arc<Ready>| {
                    u32::try_from(key.len() + ready.weight()).unwrap_or(u32::MAX)
                })
                .max_capacity(READY_BYTES)
                .build(),
            arrivals: tokio::sync::Semaphore::new(ARRIVALS),
            sent: Sent::default(),
        };
        app.refresh()?;
        Ok(app)
    }

    /// Looks whether policy or releases changed and takes new pictures if so. A fault closes the door until
    /// the next refresh succeeds.
    ///
    /// # Errors
    /// What could not be reached or read.
    pub fn refresh(&self) -> Result<(), AppError> {
        let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let outcome = self.try_refresh(self.clock.now());
        self.healthy.store(outcome.is_ok(), Ordering::Release);
        outcome
    }

    fn try_refresh(&self, now: DateTime<Utc>) -> Result<(), AppError> {
        match self.store.watch() {
            // Somebody else has been writing for long, so the database is there.
            Ok(()) | Err(hjemmel_store::Error::Busy(_)) => {}
            Err(error) => return Err(error.into()),
        }
        let version = self.store.policy_version()?;
        let editions = self.store.editions()?;
        let fresh = Seen {
            policy: Some(version),
            releases: self.store.publications()?,
            editions: editions.iter().map(|edition| edition.id).collect(),
        };
        if **self.seen.load() == fresh {
            return Ok(());
        }
        self.take_away(version)?;
        let projects = self.settings.questions.projects.clone();
        let policy = policy_of(self.store.policy_at(None)?)?.with_projects(projects);
        let policy = Arc::new(policy);
        self.policy.store(Some(Arc::clone(&policy)));
        let pictures = self.load_pictures(&editions, &fresh.releases, policy.version(), now)?;
        self.pictures.store(Arc::new(pictures));
        self.ready.invalidate_all();
        self.seen.store(Arc::new(fresh));
        Ok(())
    }

    /// Closes what a newer policy closes, at once: to read and check every grant, and the shelf, may take longer.
    fn take_away(&self, newest: i64) -> Result<(), AppError> {
        let Some(held) = self.policy.load_full() else { return Ok(()) };
        let seen = self.seen.load();
        let Some(since) = seen.policy.filter(|since| *since != newest) else { return Ok(()) };
        let stops = stops_of(self.store.stops()?)?;
        let closed = held.without(&self.store.taken_away(since)?, &stops);
        self.policy.store(Some(Arc::new(closed)));
        Ok(())
    }

    /// The settings.
    #[must_use]
    pub const fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How this server is reached, without a slash at the end.
    #[must_use]
    pub fn public_address(&self) -> String {
        format!("http://{}", self.settings.server.address)
    }

    /// The database.
    #[must_use]
    pub const fn store(&self) -> &Store {
        &self.store
    }

    /// The records.
    #[must_use]
    pub const fn registers(&self) -> &Arc<Registers> {
        &self.registers
    }

    /// The keys.
    #[must_use]
    pub const fn keys(&self) -> &Arc<Keys> {
        &self.keys
    }

    /// The token verifier.
    #[must_use]
    pub const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// The way into the record.
    #[must_use]
    pub const fn journal(&self) -> &Journal {
        &self.journal
    }

    /// Where answers are made.
    #[must_use]
    pub const fn makers(&self) -> &Makers {
        &self.makers
    }

    /// The way to the budgets.
    #[must_use]
    pub const fn purser(&self) -> &Purser {
        &self.purser
    }

    /// The key that signs receipts.
    #[must_use]
    pub const fn receipts(&self) -> &ReceiptKey {
        &self.receipts
    }

    /// Answers to questions that were given, by the key of their question.
    #[must_use]
    pub const fn answers(&self) -> &moka::sync::Cache<String, Arc<[u8]>> {
        &self.answers
    }

    /// How often each caller has asked.
    #[must_use]
    pub const fn buckets(&self) -> &crate::limits::Buckets {
        &self.buckets
    }

    /// Finished answers for anyone, by request.
    #[must_use]
    pub const fn ready(&self) -> &moka::sync::Cache<String, Arc<Ready>> {
        &self.ready
    }

    /// Places for deliveries that arrive.
    #[must_use]
    pub const fn arrivals(&self) -> &tokio::sync::Semaphore {
        &self.arrivals
    }

    /// What left under each grant.
    #[must_use]
    pub const fn sent(&self) -> &Sent {
        &self.sent
    }

    /// The other nodes, if this installation is one among others.
    #[must_use]
    pub const fn federation(&self) -> Option<&Federation> {
        self.federation.as_ref()
    }

    /// Whether the database answered the last time it was asked.
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.healthy.load(Ordering::Acquire)
    }

    /// What is published.
    ///
    /// # Errors
    /// 503 while the database cannot be reached.
    pub fn shelf(&self) -> Result<Arc<Shelf>, Problem> {
        if self.is_healthy() {
            Ok(self.pictures.load().at(self.clock.now()).clone())
        } else {
            Err(Problem::new(Kind::Unavailable))
        }
    }

    /// What will be published once every moment that is known has come: only for whoever has a grant for it before
    /// that.
    ///
    /// # Errors
    /// 503 while the database cannot be reached.
    pub fn ahead(&self) -> Result<Arc<Shelf>, Problem> {
        if self.is_healthy() {
            Ok(self.pictures.load().ahead().clone())
        } else {
            Err(Problem::new(Kind::Unavailable))
        }
    }

    /// The clock that says what is published.
    #[must_use]
    pub const fn clock(&self) -> &Clock {
        &self.clock
    }

    /// Who may see what.
    ///
    /// # Errors
    /// 503 while there is no policy to decide by.
    pub fn policy(&self) -> Result<Arc<Policy>, Problem> {
        let policy = if self.is_healthy() { self.policy.load_full() } else { None };
        policy.ok_or_else(|| Problem::new(Kind::Unavailable))
    }
}

/// An edition as the registers open it: only with the bytes it was imported with.
#[must_use]
pub fn reference(edition: &hjemmel_store::Edition) -> EditionRef {
    // Digits that cannot be read are no file's digest.
    let sha256 = Some(digest(&edition.parquet_sha256).unwrap_or_default());
    EditionRef { sha256, ..EditionRef::new(edition.form, edition.year, edition.version) }
}

/// Reads 64 hexadecimal digits.
fn digest(hex: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if hex.len() != 64 {
        return None;
    }
    for (at, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(hex.get(at * 2..at * 2 + 2)?, 16).ok()?;
    }
    Some(bytes)
}
