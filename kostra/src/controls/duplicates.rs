//! Finds what stands twice within one sender's records, a few bytes a record.

use std::collections::{HashMap, hash_map::Entry};
use std::hash::{BuildHasher, Hasher, RandomState};

/// The first line of each key, by sender.
#[derive(Default)]
pub(super) struct Duplicates {
    senders: HashMap<u32, HashMap<u64, u32, Mixing>>,
    mixing: Mixing,
}

impl Duplicates {
    /// Notes a key; gives the line it was first seen on, if it was.
    pub(super) fn first(&mut self, sender: u32, key: u64, line: u64) -> Option<u64> {
        let mixing = self.mixing;
        let own = self.senders.entry(sender).or_insert_with(|| HashMap::with_hasher(mixing));
        match own.entry(key) {
            Entry::Occupied(first) => Some(u64::from(*first.get())),
            Entry::Vacant(place) => {
                place.insert(u32::try_from(line).unwrap_or(u32::MAX));
                None
            }
        }
    }
}

/// Hashes one number, under a secret of the process's own: a sender cannot make keys that meet.
#[derive(Clone, Copy)]
struct Mixing(u64);

impl Default for Mixing {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u64) | 1)
    }
}

impl BuildHasher for Mixing {
    type Hasher = Mixed;

    fn build_hasher(&self) -> Mixed {
        Mixed { secret: self.0, state: 0 }
    }
}

struct Mixed {
    secret: u64,
    state: u64,
}

impl Hasher for Mixed {
    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.state ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        let wide = u128::from(number ^ self.secret) * u128::from(self.secret.rotate_left(32) | 1);
        let low = u64::try_from(wide & u128::from(u64::MAX)).unwrap_or_default();
        let high = u64::try_from(wide >> 64).unwrap_or_default();
        self.state = low ^ high;
    }

    fn finish(&self) -> u64 {
        self.state
    }
}
