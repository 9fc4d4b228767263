//! Tokens that were used where a token may be used once.

use super::Reason;
use chrono::{DateTime, Utc};
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many used tokens of one issuer are remembered; about 8 MB.
const MOST_REMEMBERED: usize = 100_000;

/// The used token ids of one issuer.
///
/// Nothing is forgotten before its token has expired: when there is no room, no further token may
/// be used, since forgetting would let one be used twice. The memory is this process's alone.
pub(super) struct Used {
    until: Mutex<HashMap<[u8; 32], i64>>,
    most: usize,
}

impl Used {
    pub(super) fn new() -> Self {
        Self::with_room_for(MOST_REMEMBERED)
    }

    fn with_room_for(most: usize) -> Self {
        Self { until: Mutex::default(), most }
    }

    /// Uses an id that counts until `until`, once.
    pub(super) fn spend(&self, id: [u8; 32], until: i64, now: DateTime<Utc>) -> Result<(), Reason> {
        let now = now.timestamp();
        let mut used = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        if used.get(&id).is_some_and(|until| now < *until) {
            return Err(Reason::Replayed);
        }
        if used.len() >= self.most {
            used.retain(|_, until| now < *until);
        }
        if used.len() >= self.most {
            return Err(Reason::ReplayMemoryFull);
        }
        used.insert(id, until);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap()
    }

    #[test]
    fn an_id_is_spent_once_while_its_token_counts() {
        let used = Used::new();
        assert_eq!(used.spend([1; 32], 100, at(0)), Ok(()));
        assert_eq!(used.spend([1; 32], 100, at(99)), Err(Reason::Replayed));
        assert_eq!(used.spend([2; 32], 100, at(99)), Ok(()));
    }

    #[test]
    fn a_full_memory_refuses_rather_than_forgets() {
        let used = Used::with_room_for(2);
        assert_eq!(used.spend([1; 32], 100, at(0)), Ok(()));
        assert_eq!(used.spend([2; 32], 200, at(0)), Ok(()));
        assert_eq!(used.spend([3; 32], 200, at(99)), Err(Reason::ReplayMemoryFull));
        assert_eq!(used.spend([1; 32], 100, at(99)), Err(Reason::Replayed));
        assert_eq!(used.spend([3; 32], 200, at(100)), Ok(()));
        assert_eq!(used.spend([2; 32], 200, at(100)), Err(Reason::Replayed));
    }
}
