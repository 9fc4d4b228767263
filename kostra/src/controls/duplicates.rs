//! Finds what stands twice within one sender's records.
//!
//! The keys of all records are kept in the order of the file. Only the sender of the last record has an index of them:
//! senders come after one another, nearly always, so that one small index serves each in turn and stays near the processor.
//! Of a sender that comes back the index is made again once, and kept from then on.

use super::rules::Keys;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;

/// Buckets of an index that has its first record.
const FIRST: usize = 16;

/// The first line of each key, by sender.
#[derive(Default)]
pub(super) struct Duplicates {
    /// The keys of each record, 0 for none.
    persons: Vec<u64>,
    journals: Vec<u64>,
    lines: Vec<u32>,
    now: Now,
    /// Those of the sender of the last record.
    indexes: Indexes,
    senders: HashMap<u32, Sender>,
    mixing: Mixing,
}

/// The sender of the last record.
#[derive(Default)]
struct Now {
    sender: Option<u32>,
    /// Where their first record of all is.
    start: usize,
    /// Where the first one is since others sent.
    from: usize,
    earlier: Vec<Range<usize>>,
}

/// Whoever sent before the last one.
struct Sender {
    records: Vec<Range<usize>>,
    /// Of one who came back.
    indexes: Option<Indexes>,
}

#[derive(Default)]
struct Indexes {
    persons: Index,
    journals: Index,
}

impl Duplicates {
    /// Notes the keys of a record; gives the lines its person and its journal number were first seen on, if they were.
    #[inline]
    pub(super) fn first(&mut self, keys: &Keys, line: u32) -> [Option<u32>; 2] {
        if self.now.sender != Some(keys.sender) {
            self.turn_to(keys.sender);
        }
        self.persons.push(keys.person.map_or(0, u64::from));
        self.journals.push(keys.journal.map_or(0, u64::from));
        self.lines.push(line);
        let Self { persons, journals, lines, now, indexes, mixing, .. } = self;
        let both = [
            indexes.persons.note(persons, now, *mixing),
            indexes.journals.note(journals, now, *mixing),
        ];
        both.map(|first| lines.get(first?).copied())
    }

    #[cold]
    fn turn_to(&mut self, sender: u32) {
        let end = self.lines.len();
        let next = Now { sender: Some(sender), start: end, from: end, earlier: Vec::new() };
        let Now { sender: last, from, earlier: mut records, .. } =
            std::mem::replace(&mut self.now, next);
        if let Some(last) = last {
            let came_back = !records.is_empty();
            records.push(from..end);
            let indexes = came_back.then(|| std::mem::take(&mut self.indexes));
            self.senders.insert(last, Sender { records, indexes });
        }
        let known = self.senders.remove(&sender);
        let Some(Sender { records, indexes }) = known else {
            self.indexes.persons.clear();
            self.indexes.journals.clear();
            return;
        };
        self.now.start = records.first().map_or(end, |first| first.start);
        self.now.earlier = records;
        self.indexes = indexes.unwrap_or_else(|| {
            let mut indexes = Indexes::default();
            indexes.persons.make_anew(&self.persons, &self.now, self.mixing);
            indexes.journals.make_anew(&self.journals, &self.now, self.mixing);
            indexes
        });
    }
}

/// Where keys of a sender are, four in a bucket: in the one a key's hash points to or, where that is full, in the next with
/// room. Each is its place among the sender's, counted from 1, under a mark made of what is left of its hash.
struct Index {
    buckets: Vec<[u32; 4]>,
    used: usize,
    /// The bits of a place.
    places: u32,
}

impl Default for Index {
    fn default() -> Self {
        let mut own = Self { buckets: Vec::new(), used: 0, places: 0 };
        own.clear();
        own
    }
}

impl Index {
    fn clear(&mut self) {
        self.empty(FIRST, 4 * FIRST);
    }

    /// Makes room in so many buckets, a power of two, for places below another.
    fn empty(&mut self, buckets: usize, below: usize) {
        self.buckets.clear();
        self.buckets.resize(buckets, [0; 4]);
        self.used = 0;
        let bits = below.max(4 * buckets).checked_next_power_of_two();
        self.places = bits.and_then(|bits| u32::try_from(bits - 1).ok()).unwrap_or(u32::MAX);
    }

    /// Notes the last of the keys; gives the place of the same one before it, if there is one.
    #[inline]
    fn note(&mut self, keys: &[u64], now: &Now, mixing: Mixing) -> Option<usize> {
        let (key, before) = keys.split_last()?;
        if *key == 0 {
            return None;
        }
        // Three quarters are full.
        let is_full = self.used >= self.buckets.len() * 3;
        if is_full || before.len() - now.start >= self.places as usize {
            self.make_anew(before, now, mixing);
        }
        self.first(keys, now.start, before.len(), mixing)
    }

    /// Notes all keys of a sender again, in an index with room for more.
    #[cold]
    fn make_anew(&mut self, keys: &[u64], now: &Now, mixing: Mixing) {
        let own = || now.earlier.iter().cloned().chain(std::iter::once(now.from..keys.len()));
        let count: usize = own().map(|some| some.len()).sum();
        let buckets = (count / 2).next_power_of_two().max(FIRST);
        self.empty(buckets, (keys.len() - now.start) * 2);
        for at in own().flatten().filter(|at| keys.get(*at).is_some_and(|key| *key != 0)) {
            self.first(keys, now.start, at, mixing);
        }
    }

    /// Notes the key at a place of the file; gives that of the same one, if there is one.
    #[inline]
    fn first(&mut self, keys: &[u64], start: usize, place: usize, mixing: Mixing) -> Option<usize> {
        let key = *keys.get(place)?;
        let own = u32::try_from(place - start + 1).ok()?;
        let (bucket, mark) = mixing.hash(key);
        let mark = mark & !self.places;
        let last = self.buckets.len() - 1;
        let mut at = bucket & last;
        loop {
            let bucket = self.buckets.get_mut(at)?;
            // Nothing branches on one place: which are free or alike cannot be foreseen.
            let (mut free, mut alike) = (0_u8, 0_u8);
            for (bit, other) in [1, 2, 4, 8].into_iter().zip(&*bucket) {
                free |= bit * u8::from(*other == 0);
                alike |= bit * u8::from(other & !self.places == mark);
            }
            if alike & !free != 0 {
                let known =
                    bucket.iter().filter(|other| **other != 0 && **other & !self.places == mark);
                let mut known = known.map(|other| start + (other & self.places) as usize - 1);
                if let Some(first) = known.find(|known| keys.get(*known) == Some(&key)) {
                    return Some(first);
                }
            }
            if let Some(room) = bucket.get_mut(free.trailing_zeros() as usize) {
                *room = own | mark;
                self.used += 1;
                return None;
            }
            at = (at + 1) & last;
        }
    }
}

/// Hashes a number under a secret of the process's own: a sender cannot make keys that meet.
#[derive(Clone, Copy)]
struct Mixing(u64);

impl Default for Mixing {
    fn default() -> Self {
        Self(RandomState::new().hash_one(0_u64))
    }
}

impl Mixing {
    /// Bits for a bucket, and others for a mark.
    #[inline]
    #[expect(clippy::cast_possible_truncation, reason = "the halves of a hash")]
    fn hash(self, key: u64) -> (usize, u32) {
        let (low, high) = (key ^ self.0).carrying_mul(self.0.rotate_left(32) | 1, 0);
        let hash = low ^ high;
        (hash as usize, (hash >> 32) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU64;

    /// A sender, who most often is the last one again, and keys that sometimes are none.
    fn records(count: u32, senders: u64, staying: u64) -> impl Iterator<Item = Keys> {
        let (mut number, mut sender) = (1_u64, 0);
        (1..=count).map(move |line| {
            let mut next = |below: u64| {
                number = number
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                (number >> 33) % below
            };
            if next(staying) == 0 {
                sender = u32::try_from(next(senders)).unwrap();
            }
            let [person, journal] = [next(40_000), next(9_000)].map(NonZeroU64::new);
            Keys { line, sender, person, journal }
        })
    }

    #[test]
    fn each_key_of_a_sender_is_known_with_its_first_line() {
        for (senders, staying) in [(1, 1), (4, 1), (4, 500), (3_000, 1), (60, 2_000)] {
            let (mut own, mut known) = (Duplicates::default(), HashMap::new());
            for keys in records(60_000, senders, staying) {
                let place = |of: u8, key: Option<NonZeroU64>| (of, keys.sender, key);
                let places = [place(0, keys.person), place(1, keys.journal)];
                let expected = places.map(|place| {
                    let first = *known.entry(place).or_insert(keys.line);
                    (first != keys.line && place.2.is_some()).then_some(first)
                });
                assert_eq!(own.first(&keys, keys.line), expected, "{senders} {staying}");
            }
        }
    }

    #[test]
    fn places_far_from_one_another_are_told_apart() {
        let mut own = Duplicates::default();
        let keys =
            |sender, key| Keys { line: 0, sender, person: NonZeroU64::new(key), journal: None };
        for round in 1..=3_u32 {
            let first = own.first(&keys(1, 7), round);
            assert_eq!(first, [(round > 1).then_some(1), None]);
            assert_eq!(own.first(&keys(1, u64::from(round) + 10), round), [None; 2]);
            for other in 0..3_000 {
                let key = u64::from(round) * 10_000 + other + 1;
                assert_eq!(own.first(&keys(2, key), 9), [None; 2]);
            }
        }
    }
}
