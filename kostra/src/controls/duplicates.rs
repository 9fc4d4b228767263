//! Finds what stands twice within one sender's records, a few bytes a record.

use std::collections::{HashMap, hash_map::Entry};
use std::hash::{BuildHasher, RandomState};

/// The first line of each key, by sender.
#[derive(Default)]
pub(super) struct Duplicates {
    senders: HashMap<u32, HashMap<u64, u32>>,
    hashing: RandomState,
}

impl Duplicates {
    /// Notes a key; gives the line it was first seen on, if it was.
    pub(super) fn first(&mut self, sender: u32, key: u64, line: u64) -> Option<u64> {
        match self.senders.entry(sender).or_default().entry(key) {
            Entry::Occupied(first) => Some(u64::from(*first.get())),
            Entry::Vacant(place) => {
                place.insert(u32::try_from(line).unwrap_or(u32::MAX));
                None
            }
        }
    }

    /// A text as a key: itself when it fits, otherwise a hash of it.
    pub(super) fn text_key(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        if bytes.len() <= 8 {
            bytes.iter().fold(0, |key, &byte| key << 8 | u64::from(byte))
        } else {
            self.hashing.hash_one(text)
        }
    }
}
