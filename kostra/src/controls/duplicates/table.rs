//! What was met of one sender's keys of one kind: a few bits of their hash and the line they first stood in.

/// Buckets of a table that has its first record.
const FIRST: usize = 8;

/// A few bits of each key, in the bucket they point to or, where that is full, in the next with room; beside them its line.
pub(super) struct Table {
    buckets: Vec<Bucket>,
    used: usize,
    /// What was used before the last growth, to be used at the next.
    spare: Vec<Bucket>,
}

/// So many places of each bucket are used on average before there are more of them.
const FULL: usize = 6;
/// Places in a bucket, which is as long as what memory gives at once.
const PLACES: usize = 7;

#[derive(Clone, Copy)]
#[repr(align(64))]
struct Bucket {
    used: u32,
    /// The last is never used, so that eight can be compared together.
    tags: [u32; PLACES + 1],
    lines: [u32; PLACES],
}

impl Default for Table {
    fn default() -> Self {
        let mut own = Self { buckets: Vec::new(), used: 0, spare: Vec::new() };
        own.clear();
        own
    }
}

impl Table {
    /// Forgets all, but for the memory.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.buckets.clear();
        self.buckets.resize(FIRST, Bucket::EMPTY);
    }

    /// Something of the bucket a key belongs in.
    #[inline]
    pub(super) fn glance(&self, tag: u32) -> u32 {
        let at = tag as usize & (self.buckets.len() - 1);
        self.buckets.get(at).map_or(0, |bucket| bucket.used)
    }

    /// Notes a line under its tag; gives the one with the same key, if there is one.
    #[inline]
    pub(super) fn first(
        &mut self,
        tag: u32,
        line: u32,
        is_same: impl Fn(u32) -> bool,
    ) -> Option<u32> {
        let last = self.buckets.len() - 1;
        let mut at = tag as usize & last;
        loop {
            let bucket = self.buckets.get_mut(at)?;
            if bucket.has(tag)
                && let Some(first) = bucket.lines_of(tag).find(|line| is_same(*line))
            {
                return Some(first);
            }
            if bucket.push(tag, line) {
                break;
            }
            at = (at + 1) & last;
        }
        self.used += 1;
        if self.used > self.buckets.len() * FULL {
            self.grow();
        }
        None
    }

    /// The tags say where their lines belong in twice as many buckets. These are written and not only asked for: a page that
    /// is read before it is written to is given twice, and the second time every core that shares the memory is interrupted.
    #[cold]
    fn grow(&mut self) {
        let wanted = self.buckets.len() * 2;
        if self.spare.capacity() < wanted {
            self.spare = Vec::with_capacity(wanted);
        }
        self.spare.clear();
        self.spare.resize(wanted, Bucket::EMPTY);
        std::mem::swap(&mut self.buckets, &mut self.spare);
        let last = wanted - 1;
        for bucket in &self.spare {
            for (tag, line) in bucket.noted() {
                let mut at = tag as usize & last;
                while self.buckets.get_mut(at).is_some_and(|own| !own.push(tag, line)) {
                    at = (at + 1) & last;
                }
            }
        }
    }
}

impl Bucket {
    const EMPTY: Self = Self { used: 0, tags: [0; PLACES + 1], lines: [0; PLACES] };

    #[inline]
    fn has(&self, tag: u32) -> bool {
        self.tags.iter().fold(0, |any, own| any | u8::from(*own == tag)) != 0
    }

    /// Whether there was room.
    #[inline]
    fn push(&mut self, tag: u32, line: u32) -> bool {
        let at = self.used as usize;
        let Some(own) = self.lines.get_mut(at) else { return false };
        *own = line;
        if let Some(own) = self.tags.get_mut(at) {
            *own = tag;
        }
        self.used += 1;
        true
    }

    fn noted(&self) -> impl Iterator<Item = (u32, u32)> {
        self.tags.into_iter().zip(self.lines).take(self.used as usize)
    }

    #[cold]
    fn lines_of(&self, tag: u32) -> impl Iterator<Item = u32> {
        self.noted().filter(move |(own, _)| *own == tag).map(|(_, line)| line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_with_the_same_tag_are_told_apart() {
        let mut table = Table::default();
        let keys = [0, 5, 6, 7, 6];
        let is_key = |key: u32| move |line: u32| keys.get(line as usize) == Some(&key);
        let note = |table: &mut Table, line: u32| table.first(9, line, is_key(keys[line as usize]));
        assert_eq!([1, 2, 3, 4].map(|line| note(&mut table, line)), [None, None, None, Some(2)]);
        // More with one tag than a bucket has room for.
        let many = (10..90).filter_map(|line| table.first(9, line, |_| false));
        assert_eq!(many.count(), 0);
        assert_eq!(table.first(9, 90, |line| line == 89), Some(89));
    }
}
