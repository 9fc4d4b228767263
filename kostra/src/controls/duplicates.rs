//! Finds what stands twice within one sender's records, a few bytes a record.
//!
//! The keys of all records are kept in the order of the file. Beside them the sender has a table for each kind of key, with
//! a few bits of its hash and the line it first stood in; where the bits are met again, the keys themselves are compared.

mod log;
mod table;

use super::rules::{Keys, short};
use log::{Both, Log};
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU64;
use table::Table;

/// Keys that are looked for together.
const TOGETHER: usize = 32;

/// What may stand once only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Person,
    Journal,
}

/// What stands in a line and stood in one before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Doubled {
    pub kind: Kind,
    pub line: u64,
    pub first: u64,
}

/// The keys of a file, and what of them was met before.
#[derive(Default)]
pub(super) struct Duplicates {
    log: Log,
    known: Known,
}

impl Duplicates {
    /// Notes the keys of a part of the file, in order, with the number of lines before it; gives what stood before.
    pub(super) fn add(&mut self, keys: &[Keys], lines_before: u64) -> Vec<Doubled> {
        let mut doubled = Vec::new();
        for some in keys.chunks(TOGETHER) {
            self.known.approach(some);
            for keys in some {
                let (both, line) =
                    ([keys.person, keys.journal], lines_before + u64::from(keys.line));
                self.known.turn_to(keys.sender, line, &self.log);
                self.known.meet(both, line, &self.log, |own| doubled.push(own));
                self.log.push(both, line);
            }
        }
        doubled
    }
}

/// What was met of the sender whose records come now. Nearly always the records of one stand together, and when the next one's
/// come, what is known of it is forgotten and its memory used again. It is found again in the log if more of its records come,
/// and kept then.
#[derive(Default)]
struct Known {
    mixing: Mixing,
    own: Option<Own>,
    tables: [Table; 2],
    /// The first and last line of whoever's records came before.
    past: HashMap<u32, (u64, u64)>,
    returned: HashMap<u32, [Table; 2]>,
}

#[derive(Clone, Copy)]
struct Own {
    sender: u32,
    first: u64,
    last: u64,
    has_returned: bool,
}

impl Known {
    /// Reads what looking for these keys will read, so that memory is asked for many of them at once.
    #[inline]
    fn approach(&self, all: &[Keys]) {
        let [persons, journals] = &self.tables;
        let glance = |table: &Table, key: Option<NonZeroU64>| {
            key.map_or(0, |key| table.glance(self.mixing.tag(key)))
        };
        let read = |seen: u32, keys: &Keys| {
            seen ^ glance(persons, keys.person) ^ glance(journals, keys.journal)
        };
        std::hint::black_box(all.iter().fold(0, read));
    }

    /// Makes the sender of a line the one whose records come now.
    #[inline]
    fn turn_to(&mut self, sender: u32, line: u64, log: &Log) {
        match &mut self.own {
            Some(own) if own.sender == sender => own.last = line,
            _ => self.turn(sender, line, log),
        }
    }

    #[cold]
    fn turn(&mut self, sender: u32, line: u64, log: &Log) {
        let kept = self.returned.remove(&sender);
        let past = self.past.remove(&sender);
        let has_returned = kept.is_some() || past.is_some();
        match self.own.replace(Own { sender, first: line, last: line, has_returned }) {
            Some(before) if before.has_returned => {
                self.returned.insert(before.sender, std::mem::take(&mut self.tables));
            }
            Some(before) => {
                self.past.insert(before.sender, (before.first, before.last));
                self.tables.iter_mut().for_each(Table::clear);
            }
            None => {}
        }
        if let Some(tables) = kept {
            self.tables = tables;
        }
        for (both, line) in past.into_iter().flat_map(|(first, last)| log.between(first, last)) {
            self.meet(both, line, log, |_| ());
        }
    }

    /// Notes the keys of a line, and tells what stood before it.
    #[inline]
    fn meet(&mut self, both: Both, line: u64, log: &Log, mut tell: impl FnMut(Doubled)) {
        for (at, kind) in [Kind::Person, Kind::Journal].into_iter().enumerate() {
            let of = |both: &Both| both.get(at).copied().flatten();
            let Some((key, table)) = of(&both).zip(self.tables.get_mut(at)) else { continue };
            let has_key = |own: &Both| of(own) == Some(key);
            let is_same = |before: u32| log.of(before.into()).as_ref().is_some_and(has_key);
            if let Some(first) = table.first(self.mixing.tag(key), short(line), is_same) {
                tell(Doubled { kind, line, first: first.into() });
            }
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
    /// A few bits of the hash, never 0.
    #[inline]
    fn tag(self, key: NonZeroU64) -> u32 {
        let (low, high) = (key.get() ^ self.0).carrying_mul(self.0.rotate_left(32) | 1, 0);
        let [a, b, c, d, ..] = (low ^ high).to_le_bytes();
        u32::from_le_bytes([a, b, c, d]).max(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::hash_map::Entry;
    use std::slice::from_ref;

    /// Keys that often come again, in lines of four senders, and what stood before by a plain map.
    fn drawn() -> (Vec<Keys>, Vec<Doubled>) {
        let (mut number, mut known, mut doubled) = (1_u64, HashMap::new(), Vec::new());
        let mut draw = || {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            number >> 33
        };
        let all = (1..=60_000_u32).map(|line| {
            let sender = u32::try_from(draw() & 3).unwrap();
            // Now and then a record says neither.
            let [person, journal] = [(); 2].map(|()| NonZeroU64::new(draw() % 40_000));
            for (kind, key) in [(Kind::Person, person), (Kind::Journal, journal)] {
                let Some(key) = key else { continue };
                match known.entry((sender, kind == Kind::Person, key)) {
                    Entry::Occupied(first) => {
                        let (line, first) = (line.into(), u64::from(*first.get()));
                        doubled.push(Doubled { kind, line, first });
                    }
                    Entry::Vacant(place) => {
                        place.insert(line);
                    }
                }
            }
            Keys { line, sender, person, journal }
        });
        let all = all.collect();
        (all, doubled)
    }

    #[test]
    fn each_key_of_a_sender_is_known_with_its_first_line() {
        let (all, expected) = drawn();
        let mut own = Duplicates::default();
        let found: Vec<_> = all.iter().flat_map(|keys| own.add(from_ref(keys), 0)).collect();
        assert!(found == expected);
        assert!(expected.len() > 1_000);
    }

    #[test]
    fn parts_tell_the_same_as_one_record_after_another() {
        let (all, expected) = drawn();
        let (mut own, mut found) = (Duplicates::default(), Vec::new());
        for (at, part) in all.chunks(777).enumerate() {
            let before = u64::try_from(at * 777).unwrap();
            let line = |keys: &Keys| short(u64::from(keys.line) - before);
            let part = part.iter().map(|keys| Keys { line: line(keys), ..*keys });
            found.extend(own.add(&part.collect::<Vec<_>>(), before));
        }
        assert!(found == expected);
    }

    #[test]
    fn a_sender_whose_records_come_again_and_again_is_remembered() {
        let (all, _) = drawn();
        let (mut own, mut met, mut line, mut twice) =
            (Duplicates::default(), HashMap::new(), 0_u32, 0);
        for length in [1, 2, 50, 900] {
            for keys in all.iter().take(20_000) {
                line += 1;
                let keys = Keys { line, sender: line / length % 3, ..*keys };
                let mut expected = Vec::new();
                for (kind, key) in [(Kind::Person, keys.person), (Kind::Journal, keys.journal)] {
                    let Some(key) = key else { continue };
                    let place = (keys.sender, kind == Kind::Person, key);
                    let first = *met.entry(place).or_insert(line);
                    if first != line {
                        expected.push(Doubled { kind, line: line.into(), first: first.into() });
                    }
                }
                twice += expected.len();
                assert!(own.add(from_ref(&keys), 0) == expected, "line {line}");
            }
        }
        assert!(twice > 1_000);
    }
}
