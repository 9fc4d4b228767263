//! The keys of all records, in the order of the file.

use std::num::NonZeroU64;

/// What a record is told from others by: its person and its journal number.
pub(super) type Both = [Option<NonZeroU64>; 2];

/// Keys with their lines, sixteen bytes a record.
#[derive(Default)]
pub(super) struct Log(Vec<Stretch>);

/// Keys of records after one another, by their lines behind so many of the file.
struct Stretch {
    lines_before: u64,
    kept: Vec<Kept>,
}

/// So many records are in a stretch.
const LENGTH: usize = 4096;
/// The bits of a line in its stretch.
const LINE: u32 = 24;

/// The line, and above it the person: a number of eleven digits with a status has forty bits, and what had more would stop
/// the program.
struct Kept {
    person_and_line: u64,
    journal: u64,
}

impl Kept {
    fn new([person, journal]: Both, line: u64) -> Self {
        let value = |key: Option<NonZeroU64>| key.map_or(0, NonZeroU64::get);
        Self { person_and_line: value(person) * (1 << LINE) + line, journal: value(journal) }
    }

    const fn line(&self) -> u64 {
        self.person_and_line & ((1 << LINE) - 1)
    }

    const fn both(&self) -> Both {
        [NonZeroU64::new(self.person_and_line >> LINE), NonZeroU64::new(self.journal)]
    }
}

impl Log {
    /// Keeps the keys of the next line.
    #[inline]
    pub(super) fn push(&mut self, both: Both, line: u64) {
        let has_room = |stretch: &&mut Stretch| {
            stretch.kept.len() < LENGTH && (line - stretch.lines_before) >> LINE == 0
        };
        match self.0.last_mut().filter(has_room) {
            Some(stretch) => stretch.kept.push(Kept::new(both, line - stretch.lines_before)),
            None => self.begin(both, line),
        }
    }

    #[cold]
    fn begin(&mut self, both: Both, line: u64) {
        let mut kept = Vec::with_capacity(LENGTH);
        kept.push(Kept::new(both, 1));
        self.0.push(Stretch { lines_before: line.saturating_sub(1), kept });
    }

    /// The keys of lines from one to another, with the lines.
    pub(super) fn between(&self, first: u64, last: u64) -> impl Iterator<Item = (Both, u64)> {
        let from = self.0.partition_point(|stretch| stretch.lines_before < first);
        let stretches = self.0.get(from.saturating_sub(1)..).unwrap_or_default().iter();
        let all = stretches.flat_map(|Stretch { lines_before, kept }| {
            kept.iter().map(move |own| (own.both(), lines_before + own.line()))
        });
        all.skip_while(move |(_, line)| *line < first).take_while(move |(_, line)| *line <= last)
    }

    /// The keys of a line.
    #[cold]
    pub(super) fn of(&self, line: u64) -> Option<Both> {
        let at = self.0.partition_point(|stretch| stretch.lines_before < line);
        let Stretch { lines_before, kept } = self.0.get(at.checked_sub(1)?)?;
        let at = kept.binary_search_by_key(&(line - lines_before), Kept::line).ok()?;
        kept.get(at).map(Kept::both)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_found_by_their_lines() {
        let mut log = Log::default();
        // Lines without keys between them, and once more than a stretch can count.
        let lines = (1..20_000).map(|own| own * 3).chain([1 << 30, (1 << 30) + 1]);
        let keys = |line: u64| [NonZeroU64::new(line % 7), NonZeroU64::new(u64::MAX - line % 5)];
        lines.clone().for_each(|line| log.push(keys(line), line));
        for line in lines.clone() {
            assert_eq!(log.of(line), Some(keys(line)));
            assert_eq!(log.of(line + 2), None);
        }
        let some: Vec<_> = log.between(30, 45_000).collect();
        let expected: Vec<_> = lines
            .filter(|line| (30..=45_000).contains(line))
            .map(|line| (keys(line), line))
            .collect();
        assert_eq!(some, expected);
    }
}
