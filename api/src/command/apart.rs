//! One record file checked on every core: one thread reads blocks of whole lines, the others check them apart, and what
//! they find is put together in the order of the file. Never more than a few blocks are in memory.

use hjemmel_kostra::controls::{Blocks, Checker, Part};
use hjemmel_kostra::record::MAX_LINE;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

/// Bytes of a block; the records of one stay in a core's cache.
const BLOCK: usize = 256 << 10;

struct Block {
    index: usize,
    lines_before: u64,
    bytes: Vec<u8>,
}

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
    let (to_check, waiting) = sync_channel::<Block>(threads);
    let (to_add, parts) = sync_channel(threads * 2);
    let (give_back, empty) = sync_channel(threads * 4);
    let waiting = Mutex::new(waiting);
    std::thread::scope(|scope| {
        // Moved in, so that the reader stops as soon as nobody checks any more.
        let waiting = std::sync::Arc::new(waiting);
        for _ in 0..threads {
            let (blocks, waiting) = (blocks.clone(), waiting.clone());
            let (to_add, give_back) = (to_add.clone(), give_back.clone());
            scope.spawn(move || work(&blocks, &waiting, &to_add, &give_back));
        }
        drop((waiting, to_add, give_back));
        let reader = scope.spawn(move || read(source, &to_check, &empty));
        let added = add(checker, &parts);
        drop(parts);
        let read = reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.and(added)
    })
}

fn work(
    blocks: &Blocks,
    waiting: &Mutex<Receiver<Block>>,
    to_add: &SyncSender<(usize, std::io::Result<Part>)>,
    give_back: &SyncSender<Vec<u8>>,
) {
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Block { index, lines_before, bytes }) = next else { return };
        let part = blocks.check(&bytes, lines_before);
        // Nobody may want it any more.
        let _ = give_back.try_send(bytes);
        if to_add.send((index, part)).is_err() {
            return;
        }
    }
}

/// Adds parts in the order of the file.
fn add(
    checker: &mut Checker,
    parts: &Receiver<(usize, std::io::Result<Part>)>,
) -> std::io::Result<()> {
    let (mut next, mut early) = (0, BTreeMap::new());
    for (index, part) in parts {
        early.insert(index, part?);
        while let Some(part) = early.remove(&next) {
            checker.add(part);
            next += 1;
        }
    }
    Ok(())
}

/// Reads blocks of whole lines. Of a line that is longer than any record only so much is kept as shows that.
fn read(
    mut source: impl Read,
    to_check: &SyncSender<Block>,
    empty: &Receiver<Vec<u8>>,
) -> std::io::Result<()> {
    let (mut index, mut lines_before) = (0, 0);
    let mut rest: Vec<u8> = Vec::new();
    // The rest is the beginning of a line that is too long already.
    let mut is_long = false;
    loop {
        let mut bytes = empty.try_recv().unwrap_or_default();
        bytes.clear();
        bytes.append(&mut rest);
        let kept = bytes.len();
        let read = (&mut source).take(BLOCK as u64).read_to_end(&mut bytes)?;
        let is_end = read < BLOCK;
        if is_long {
            let tail = bytes.get(kept..).unwrap_or_default();
            let end = tail.iter().position(|&byte| byte == b'\n').unwrap_or(tail.len());
            is_long = end == tail.len() && !is_end;
            bytes.drain(kept..kept + end);
        }
        let whole = match bytes.iter().rposition(|&byte| byte == b'\n') {
            _ if is_end => bytes.len(),
            Some(last) => last + 1,
            None => 0,
        };
        rest.extend_from_slice(bytes.get(whole..).unwrap_or_default());
        bytes.truncate(whole);
        if rest.len() > MAX_LINE {
            rest.truncate(MAX_LINE);
            is_long = true;
        }
        if !bytes.is_empty() {
            let lines = bytes.iter().map(|&byte| u64::from(byte == b'\n')).sum::<u64>();
            if to_check.send(Block { index, lines_before, bytes }).is_err() {
                return Ok(());
            }
            index += 1;
            lines_before += lines;
        }
        if is_end {
            return Ok(());
        }
    }
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
