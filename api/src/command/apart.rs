//! One record file checked on every core: whoever has nothing to do reads the next block of whole lines and checks it
//! apart, and what is found is put together in the order of the file. Never more than a few blocks are in memory.

use hjemmel_kostra::controls::{Blocks, Checker, Part};
use hjemmel_kostra::record::MAX_LINE;
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// Bytes of a block; one stays in a core's cache.
const BLOCK: usize = 256 << 10;

/// So many parts may wait for one before them.
const AHEAD: usize = 64;

/// Checks a source to its end.
///
/// # Errors
/// What reading the source gives.
pub fn check(
    checker: &mut Checker,
    source: impl Read + Send,
    threads: usize,
) -> std::io::Result<()> {
    let blocks = checker.blocks();
    let reading = Mutex::new(Reading::new(source));
    let adding = Adding {
        parts: Mutex::new(Parts {
            checker: Some(checker),
            next: 0,
            early: BTreeMap::new(),
            waiting: 0,
            is_over: false,
        }),
        turn: Condvar::new(),
    };
    std::thread::scope(|scope| {
        let work = || work(&blocks, &reading, &adding);
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(work)).collect();
        let own = work();
        others.into_iter().fold(own, |all, other| {
            let other = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            all.and(other)
        })
    })
}

fn work(
    blocks: &Blocks,
    reading: &Mutex<Reading<impl Read>>,
    adding: &Adding<'_>,
) -> std::io::Result<()> {
    let _end = End(adding);
    let mut bytes = Vec::new();
    loop {
        let next = lock(reading).next(&mut bytes)?;
        let Some(Place { index, lines_before }) = next else { return Ok(()) };
        adding.add(index, blocks.check(&bytes, lines_before));
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Where the parts come together. Whoever brings one while somebody is adding leaves it there and goes on.
struct Adding<'c> {
    parts: Mutex<Parts<'c>>,
    turn: Condvar,
}

struct Parts<'c> {
    /// Taken by who is adding.
    checker: Option<&'c mut Checker>,
    next: usize,
    early: BTreeMap<usize, Part>,
    /// How many wait for parts before theirs.
    waiting: usize,
    /// Somebody reads no more: what they have not added never comes.
    is_over: bool,
}

impl Adding<'_> {
    /// Leaves a part, and adds all that can be added unless somebody is at it; waits if it is far ahead of them.
    fn add(&self, index: usize, part: Part) {
        let mut parts = lock(&self.parts);
        while index > parts.next + AHEAD && !parts.is_over {
            parts.waiting += 1;
            parts = self.turn.wait(parts).unwrap_or_else(PoisonError::into_inner);
            parts.waiting -= 1;
        }
        parts.early.insert(index, part);
        let Some(checker) = parts.checker.take() else { return };
        loop {
            let next = parts.next;
            let Some(part) = parts.early.remove(&next) else { break };
            drop(parts);
            checker.add(part);
            parts = lock(&self.parts);
            parts.next += 1;
            if parts.waiting > 0 {
                self.turn.notify_all();
            }
        }
        parts.checker = Some(checker);
    }
}

/// Nobody waits for one who is gone.
struct End<'a, 'c>(&'a Adding<'c>);

impl Drop for End<'_, '_> {
    fn drop(&mut self) {
        lock(&self.0.parts).is_over = true;
        self.0.turn.notify_all();
    }
}

/// Where a block stands in its file.
struct Place {
    index: usize,
    lines_before: u64,
}

/// Reads blocks of whole lines. Of a line that is longer than any record only so much is kept as shows that.
struct Reading<R> {
    source: R,
    index: usize,
    /// Counted until more no longer matter.
    lines: u64,
    /// The beginning of the line that the last block ended in.
    rest: Vec<u8>,
    /// It is too long already.
    is_long: bool,
    is_over: bool,
}

impl<R: Read> Reading<R> {
    const fn new(source: R) -> Self {
        Self { source, index: 0, lines: 0, rest: Vec::new(), is_long: false, is_over: false }
    }

    /// Puts the next block in the place of what the bytes held; `None` at the end, and after a fault.
    fn next(&mut self, bytes: &mut Vec<u8>) -> std::io::Result<Option<Place>> {
        loop {
            if std::mem::replace(&mut self.is_over, true) {
                return Ok(None);
            }
            let kept = self.rest.len();
            bytes.resize(kept + BLOCK, 0);
            let (start, room) = bytes.split_at_mut(kept);
            start.copy_from_slice(&self.rest);
            let read = fill(&mut self.source, room)?;
            self.is_over = read < BLOCK;
            bytes.truncate(kept + read);
            if self.is_long {
                let tail = bytes.get(kept..).unwrap_or_default();
                let end = tail.iter().position(|&byte| byte == b'\n').unwrap_or(tail.len());
                self.is_long = end == tail.len() && !self.is_over;
                bytes.drain(kept..kept + end);
            }
            let whole = match bytes.iter().rposition(|&byte| byte == b'\n') {
                _ if self.is_over => bytes.len(),
                Some(last) => last + 1,
                None => 0,
            };
            self.rest.clear();
            self.rest.extend_from_slice(bytes.get(whole..).unwrap_or_default());
            bytes.truncate(whole);
            if self.rest.len() > MAX_LINE {
                self.rest.truncate(MAX_LINE);
                self.is_long = true;
            }
            if bytes.is_empty() {
                continue;
            }
            let place = Place { index: self.index, lines_before: self.lines };
            self.index += 1;
            if self.lines < Blocks::SAMPLE {
                self.lines += bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
            }
            return Ok(Some(place));
        }
    }
}

/// Reads until there is no more room, or nothing left.
fn fill(source: &mut impl Read, room: &mut [u8]) -> std::io::Result<usize> {
    let mut filled = 0;
    while let Some(left) = room.get_mut(filled..).filter(|left| !left.is_empty()) {
        match source.read(left) {
            Ok(0) => break,
            Ok(read) => filled += read,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hjemmel_kostra::controls::{Options, Report};
    use hjemmel_kostra::record::Lines;
    use hjemmel_kostra::{Form, Layout, generate};

    fn checker() -> Checker {
        let layout = Layout::of(Form::F11, 2025).unwrap();
        let options = Options { allow_synthetic: true, contents: true, ..Options::default() };
        Checker::new(layout, options).unwrap()
    }

    fn one_by_one(file: &[u8]) -> Report {
        let mut checker = checker();
        let mut lines = Lines::new(file);
        while let Some(line) = lines.next().unwrap() {
            checker.check_line(line.number, line.bytes);
        }
        checker.finish()
    }

    fn apart(file: &[u8], threads: usize) -> Report {
        let mut checker = checker();
        check(&mut checker, file, threads).unwrap();
        checker.finish()
    }

    fn file(persons: u64) -> Vec<u8> {
        let options = generate::Options { persons: Some(persons), ..generate::Options::default() };
        let mut file = Vec::new();
        generate::write(Form::F11, 2025, &options, &mut file, |_| {}).unwrap();
        file
    }

    #[test]
    fn cores_that_share_a_file_find_what_one_alone_finds() {
        let clean = file(4_000);
        let line = clean.iter().position(|&byte| byte == b'\n').unwrap() + 1;
        let twice = [&clean[..], &clean[line * 7..line * 9]].concat();
        let mut spoiled = twice.clone();
        for at in (line * 30..spoiled.len()).step_by(line * 131 + 17) {
            spoiled[at] = b'x';
        }
        let short = [&spoiled[..line * 2_000 + 40], b"\n", &spoiled[line * 2_000..]].concat();
        let long = [&clean[..line], &vec![b' '; 3 * BLOCK][..], b"\n", &clean[line..]].concat();
        let blank = [b" \n", &clean[..line * 3]].concat();
        let marked = [b"\xef\xbb\xbf", &clean[..line * 900]].concat();
        let cut = &clean[..clean.len() - 50];
        let other_year = vec![b'7'; line * 3_000];
        let all: [&[u8]; 12] = [
            &clean,
            &twice,
            &spoiled,
            &short,
            &long,
            &blank,
            &marked,
            cut,
            &other_year,
            b"",
            b" ",
            b" \n \n",
        ];
        for (at, file) in all.into_iter().enumerate() {
            let expected = one_by_one(file);
            for threads in [1, 3] {
                assert_eq!(apart(file, threads), expected, "file {at}, {threads} threads");
            }
        }
    }
}
