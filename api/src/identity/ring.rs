//! The cached keys of one issuer, and how seldom they are fetched.

use super::Error;
use super::config::{IssuerConfig, KeySource};
use super::jwks::{Key, KeySet};
use arc_swap::ArcSwapOption;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, TryLockError};

/// The shortest time between two fetches for one issuer, whatever tokens ask for.
const FETCH_INTERVAL: TimeDelta = TimeDelta::seconds(30);
/// How many calls may wait for one fetch before the next are told to come back.
const MOST_WAITING: usize = 16;

/// What the ring knows about a key id.
pub(super) enum Lookup {
    Found(Arc<Key>),
    /// Not among the issuer's keys, which were fetched as lately as they may be.
    Unknown,
    /// The issuer's keys cannot be had.
    Unavailable,
    /// A fetch may tell; it blocks.
    FetchFirst,
}

/// The keys of one issuer. The old ones stay until a fetch brings new ones.
pub(super) struct KeyRing {
    source: KeySource,
    refresh_after: TimeDelta,
    keys: ArcSwapOption<KeySet>,
    fetches: Mutex<Fetches>,
    waiting: AtomicUsize,
}

#[derive(Default)]
struct Fetches {
    tried: Option<DateTime<Utc>>,
    succeeded: Option<DateTime<Utc>>,
}

impl Fetches {
    /// The distance counts in both directions: calls may carry times a little out of order, and a
    /// clock set back must not stop fetching.
    fn may_try(&self, now: DateTime<Utc>) -> bool {
        self.tried.is_none_or(|tried| (now - tried).abs() >= FETCH_INTERVAL)
    }
}

impl KeyRing {
    pub(super) fn new(config: &IssuerConfig) -> Self {
        Self::of(config.jwks.clone(), config.refresh_keys_seconds)
    }

    /// The keys of a source, fetched again when they are so many seconds old.
    pub(super) fn of(source: KeySource, refresh_seconds: u32) -> Self {
        Self {
            source,
            refresh_after: TimeDelta::seconds(i64::from(refresh_seconds)),
            keys: ArcSwapOption::empty(),
            fetches: Mutex::default(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// Looks a key up without waiting for anything.
    pub(super) fn look_up(&self, kid: &str, now: DateTime<Utc>) -> Lookup {
        if let Some(key) = self.key(kid) {
            return Lookup::Found(key);
        }
        match self.fetches.try_lock() {
            Ok(fetches) if !fetches.may_try(now) => self.absent(),
            Err(TryLockError::Poisoned(fetches)) if !fetches.get_ref().may_try(now) => {
                self.absent()
            }
            _ => Lookup::FetchFirst,
        }
    }

    /// Looks a key up, fetching the key set if it may hold the key and the last fetch was long ago.
    pub(super) fn fetch(&self, kid: &str, now: DateTime<Utc>) -> Lookup {
        if let Some(key) = self.key(kid) {
            return Lookup::Found(key);
        }
        let Some(_place) = Place::take(&self.waiting) else { return Lookup::Unavailable };
        let mut fetches = self.lock();
        // Whoever held the lock may have brought the key.
        if let Some(key) = self.key(kid) {
            return Lookup::Found(key);
        }
        if fetches.may_try(now) && self.load(&mut fetches, now).is_err() && self.is_empty() {
            return Lookup::Unavailable;
        }
        self.key(kid).map_or_else(|| self.absent(), Lookup::Found)
    }

    /// Fetches the key set if it was never fetched or has grown old; this blocks.
    pub(super) fn refresh_if_due(&self, now: DateTime<Utc>) -> Result<(), Error> {
        let mut fetches = self.lock();
        let due = fetches.succeeded.is_none_or(|at| (now - at).abs() >= self.refresh_after);
        if due && fetches.may_try(now) { self.load(&mut fetches, now) } else { Ok(()) }
    }

    /// Whether this very key is still the issuer's.
    pub(super) fn holds(&self, kid: &str, fingerprint: &[u8; 32]) -> bool {
        let keys = self.keys.load();
        let key = keys.as_ref().and_then(|keys| keys.key(kid));
        key.is_some_and(|key| key.fingerprint() == fingerprint)
    }

    fn load(&self, fetches: &mut Fetches, now: DateTime<Utc>) -> Result<(), Error> {
        fetches.tried = Some(now);
        let keys = KeySet::load(&self.source)?;
        fetches.succeeded = Some(now);
        self.keys.store(Some(Arc::new(keys)));
        Ok(())
    }

    /// The only Ed25519 key, fetched where nothing was yet; this blocks.
    pub(super) fn only_edwards(&self, now: DateTime<Utc>) -> Option<ed25519_dalek::VerifyingKey> {
        if self.is_empty() {
            let _ = self.refresh_if_due(now);
        }
        self.keys.load().as_ref()?.only_edwards()
    }

    /// Whether there is any key, fetched where nothing was yet; this blocks.
    pub(super) fn is_there(&self, now: DateTime<Utc>) -> bool {
        if self.is_empty() {
            let _ = self.refresh_if_due(now);
        }
        !self.is_empty()
    }

    fn key(&self, kid: &str) -> Option<Arc<Key>> {
        self.keys.load().as_ref()?.key(kid).cloned()
    }

    fn is_empty(&self) -> bool {
        self.keys.load().as_ref().is_none_or(|keys| keys.is_empty())
    }

    fn absent(&self) -> Lookup {
        if self.is_empty() { Lookup::Unavailable } else { Lookup::Unknown }
    }

    fn lock(&self) -> MutexGuard<'_, Fetches> {
        self.fetches.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place among those who wait for a fetch, given back when dropped.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn take(waiting: &'a AtomicUsize) -> Option<Self> {
        let place = Self(waiting);
        let before = waiting.fetch_add(1, Ordering::AcqRel);
        (before < MOST_WAITING).then_some(place)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}
