//! Not asking a node that does not answer, for a while.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{Mutex, PoisonError};

/// Failures in a row until nothing more is asked.
const FAILURES: u32 = 3;
/// How long nothing is asked at first; twice as long each time it is no better.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(2);
/// The longest.
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// What is known of a peer's failures.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    paused: Option<Pause>,
}

#[derive(Debug, Clone, Copy)]
struct Pause {
    until: DateTime<Utc>,
    length: TimeDelta,
}

impl Breaker {
    /// Whether it may be asked. After a pause one question goes through to see.
    pub(super) fn admits(&self, now: DateTime<Utc>) -> bool {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match &mut state.paused {
            None => true,
            Some(pause) if now < pause.until => false,
            Some(pause) => {
                // Who tries may never come back to say how it went, so the next one tries after another pause.
                pause.until = now + pause.length;
                true
            }
        }
    }

    /// It answered.
    pub(super) fn answered(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = State::default();
    }

    /// It did not answer.
    pub(super) fn failed(&self, now: DateTime<Utc>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.failures = state.failures.saturating_add(1);
        let length = match state.paused {
            Some(pause) => (pause.length * 2).min(LONGEST_PAUSE),
            None if state.failures >= FAILURES => FIRST_PAUSE,
            None => return,
        };
        state.paused = Some(Pause { until: now + length, length });
    }

    /// Whether it is paused.
    pub(super) fn is_open(&self, now: DateTime<Utc>) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.paused.is_some_and(|pause| now < pause.until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn who_fails_three_times_is_left_alone_and_tried_once() {
        let breaker = Breaker::default();
        for _ in 0..2 {
            breaker.failed(at(0));
            assert!(breaker.admits(at(0)));
        }
        breaker.failed(at(0));
        assert!(!breaker.admits(at(1)) && breaker.is_open(at(1)));
        assert!(breaker.admits(at(2)), "one goes through");
        assert!(!breaker.admits(at(2)), "and no other meanwhile");
        breaker.failed(at(2));
        assert!(!breaker.admits(at(5)), "twice as long");
        assert!(breaker.admits(at(6)));
        breaker.answered();
        assert!(breaker.admits(at(6)) && breaker.admits(at(6)) && !breaker.is_open(at(6)));
    }

    #[test]
    fn a_try_that_never_ends_does_not_close_it_for_ever() {
        let breaker = Breaker::default();
        (0..3).for_each(|_| breaker.failed(at(0)));
        assert!(breaker.admits(at(2)));
        assert!(!breaker.admits(at(3)));
        assert!(breaker.admits(at(4)));
    }
}
