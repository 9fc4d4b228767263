//! Finds what stands twice within one sender's records, a few bytes a record.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU64;

/// Buckets of a table that has its first record.
const FIRST: usize = 16;

/// The first line of each key, by sender.
#[derive(Default)]
pub(super) struct Duplicates {
    senders: HashMap<u32, usize>,
    tables: Vec<Table>,
    mixing: Mixing,
    /// The sender of the last record and its table: records of one come after one another.
    last: Option<(u32, usize)>,
}

impl Duplicates {
    /// Notes a key; gives the line it was first seen on, if it was.
    #[inline]
    pub(super) fn first(&mut self, sender: u32, key: NonZeroU64, line: u32) -> Option<u32> {
        let at = match self.last {
            Some((last, at)) if last == sender => at,
            _ => self.table(sender),
        };
        self.tables.get_mut(at)?.first(key.get(), line, self.mixing)
    }

    /// Reads what looking for these keys will read, so that memory is asked for many of them at once.
    #[inline]
    pub(super) fn approach(&self, keys: impl Iterator<Item = (u32, NonZeroU64)>) {
        let read = |all: u64, (sender, key): (u32, NonZeroU64)| {
            let (_, at) = self.last.filter(|(last, _)| *last == sender)?;
            Some(all ^ self.tables.get(at)?.glance(key.get(), self.mixing)?)
        };
        std::hint::black_box(keys.fold(0, |all, own| read(all, own).unwrap_or(all)));
    }

    fn table(&mut self, sender: u32) -> usize {
        let next = self.tables.len();
        let at = *self.senders.entry(sender).or_insert(next);
        if at == next {
            self.tables.push(Table::new(FIRST));
        }
        self.last = Some((sender, at));
        at
    }
}

/// Keys, four in a bucket: in the one its hash points to or, where that is full, in the next with room. Beside each is its
/// line. No key is 0.
struct Table {
    keys: Vec<[u64; 4]>,
    lines: Vec<[u32; 4]>,
    used: usize,
}

impl Table {
    /// An empty one with so many buckets, a power of two. It is written and not only asked for: a page that is read before
    /// it is written to is given twice, and the second time every core that shares the memory is interrupted.
    fn new(buckets: usize) -> Self {
        let (mut keys, mut lines) = (Vec::new(), Vec::new());
        keys.resize(buckets, [0; 4]);
        lines.resize(buckets, [0; 4]);
        Self { keys, lines, used: 0 }
    }

    /// Something of the bucket a key belongs in.
    #[inline]
    fn glance(&self, key: u64, mixing: Mixing) -> Option<u64> {
        let [first, ..] = self.keys.get(mixing.place(key) & (self.keys.len() - 1))?;
        Some(*first)
    }

    #[inline]
    fn first(&mut self, key: u64, line: u32, mixing: Mixing) -> Option<u32> {
        let last = self.keys.len() - 1;
        let mut at = mixing.place(key) & last;
        loop {
            let (keys, lines) = self.keys.get_mut(at).zip(self.lines.get_mut(at))?;
            // Nothing branches on one key: which are free or the same cannot be foreseen.
            let (mut free, mut same) = (0_u8, 0_u8);
            for (bit, own) in [1, 2, 4, 8].into_iter().zip(&*keys) {
                free |= bit * u8::from(*own == 0);
                same |= bit * u8::from(*own == key);
            }
            let place = if same == 0 { free } else { same }.trailing_zeros() as usize;
            if let (Some(own), Some(its_line)) = (keys.get_mut(place), lines.get_mut(place)) {
                if same != 0 {
                    return Some(*its_line);
                }
                (*own, *its_line) = (key, line);
                break;
            }
            at = (at + 1) & last;
        }
        self.used += 1;
        // Three quarters are full.
        if self.used > self.keys.len() * 3 {
            self.grow(mixing);
        }
        None
    }

    #[cold]
    fn grow(&mut self, mixing: Mixing) {
        let old = std::mem::replace(self, Self::new(self.keys.len() * 2));
        for (keys, lines) in old.keys.into_iter().zip(old.lines) {
            for (key, line) in keys.into_iter().zip(lines).filter(|(key, _)| *key != 0) {
                self.first(key, line, mixing);
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
    #[inline]
    fn place(self, key: u64) -> usize {
        let (low, high) = (key ^ self.0).carrying_mul(self.0.rotate_left(32) | 1, 0);
        usize::try_from(low ^ high).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::hash_map::Entry;

    #[test]
    fn each_key_of_a_sender_is_known_with_its_first_line() {
        let (mut own, mut known) = (Duplicates::default(), HashMap::new());
        let mut number = 1_u64;
        for line in 1..=60_000 {
            number = number
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            let sender = u32::try_from(number >> 40 & 3).unwrap();
            let key = NonZeroU64::new((number >> 33) % 40_000 + 1).unwrap();
            let expected = match known.entry((sender, key)) {
                Entry::Occupied(first) => Some(*first.get()),
                Entry::Vacant(place) => {
                    place.insert(line);
                    None
                }
            };
            assert_eq!(own.first(sender, key, line), expected);
        }
    }
}
