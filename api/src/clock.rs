//! The clock that says what is published. Everything that opens at a moment asks it, so that the moment can be tried.

use crate::settings::Settings;
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// What stands for a clock that runs.
const RUNS: i64 = i64::MIN;

/// A clock: the machine's, in a test installation one that was set, in a test one that stands still.
#[derive(Debug, Clone)]
pub struct Clock {
    ahead: TimeDelta,
    /// The moment it stands still at, in microseconds.
    held: Arc<AtomicI64>,
}

impl Clock {
    /// The clock of an installation. Only a test installation may have another than the machine's.
    #[must_use]
    pub fn of(settings: &Settings) -> Option<Self> {
        let machine = Utc::now();
        let set = match settings.test_clock {
            Some(_) if !settings.test_installation => return None,
            set => set.unwrap_or(machine),
        };
        Some(Self { ahead: set - machine, held: Arc::new(AtomicI64::new(RUNS)) })
    }

    /// What it shows.
    #[must_use]
    pub fn now(&self) -> DateTime<Utc> {
        match self.held.load(Ordering::Acquire) {
            RUNS => Utc::now() + self.ahead,
            micros => DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::<Utc>::MIN_UTC),
        }
    }

    /// Lets it stand still at a moment.
    #[cfg(test)]
    pub fn hold(&self, at: DateTime<Utc>) {
        self.held.store(at.timestamp_micros(), Ordering::Release);
    }
}
