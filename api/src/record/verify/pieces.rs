//! Lines judged by every core, and told in their order.

use std::collections::BTreeMap;
use std::io::{BufRead, Read as _, Result};
use std::ops::ControlFlow;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::{panic, thread};

/// Bytes after which a piece ends with the line it is in.
const PIECE: usize = 1 << 20;

struct Piece<T> {
    index: usize,
    content: T,
}

/// Judges the lines of a source, many at a time and without the last one's end, and hands what came of each to `hear`,
/// first line first, until that has heard enough.
///
/// # Errors
/// When the source cannot be read.
pub(super) fn judged<J: Send, B>(
    source: impl BufRead + Send,
    judge: impl Fn(&[u8]) -> Vec<J> + Sync,
    mut hear: impl FnMut(J) -> ControlFlow<B>,
) -> Result<ControlFlow<B>> {
    let judges = thread::available_parallelism().map_or(1, usize::from);
    let (to_judge, pieces) = sync_channel(judges);
    let (to_hear, heard) = sync_channel(judges);
    let judge = &judge;
    let spent = Spent::default();
    let spent = &spent;
    thread::scope(|scope| {
        let reading = scope.spawn(move || read(source, spent, &to_judge));
        // Moved in, so that the reader stops as soon as no judge listens any more.
        let pieces = Arc::new(Mutex::new(pieces));
        for _ in 0..judges {
            let (pieces, to_hear) = (Arc::clone(&pieces), to_hear.clone());
            scope.spawn(move || work(&pieces, judge, spent, &to_hear));
        }
        drop((pieces, to_hear));
        let ended = tell(&heard, &mut hear);
        drop(heard);
        let read = reading.join().unwrap_or_else(|panicked| panic::resume_unwind(panicked));
        if ended.is_break() { Ok(ended) } else { read.map(|()| ended) }
    })
}

/// Memory to be used again: what is given back to the system comes back filled with zeros, which costs a tenth of all.
#[derive(Default)]
struct Spent(Mutex<Vec<Vec<u8>>>);

impl Spent {
    fn take(&self) -> Vec<u8> {
        let last = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop();
        last.unwrap_or_else(|| Vec::with_capacity(PIECE + (PIECE >> 3)))
    }

    fn give(&self, mut content: Vec<u8>) {
        content.clear();
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(content);
    }
}

fn read(
    mut source: impl BufRead,
    spent: &Spent,
    pieces: &SyncSender<Piece<Vec<u8>>>,
) -> Result<()> {
    for index in 0.. {
        let mut content = spent.take();
        (&mut source).take(PIECE as u64).read_to_end(&mut content)?;
        if content.is_empty() {
            break;
        }
        if content.last() != Some(&b'\n') {
            source.read_until(b'\n', &mut content)?;
        }
        if pieces.send(Piece { index, content }).is_err() {
            break;
        }
    }
    Ok(())
}

fn work<J>(
    pieces: &Mutex<Receiver<Piece<Vec<u8>>>>,
    judge: &impl Fn(&[u8]) -> Vec<J>,
    spent: &Spent,
    heard: &SyncSender<Piece<Vec<J>>>,
) {
    loop {
        let next = pieces.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(Piece { index, content }) = next else { return };
        let judged = judge(content.strip_suffix(b"\n").unwrap_or(&content));
        spent.give(content);
        if heard.send(Piece { index, content: judged }).is_err() {
            return;
        }
    }
}

fn tell<J, B>(
    heard: &Receiver<Piece<Vec<J>>>,
    hear: &mut impl FnMut(J) -> ControlFlow<B>,
) -> ControlFlow<B> {
    let (mut waiting, mut next) = (BTreeMap::new(), 0);
    for piece in heard {
        waiting.insert(piece.index, piece.content);
        while let Some(lines) = waiting.remove(&next) {
            lines.into_iter().try_for_each(&mut *hear)?;
            next += 1;
        }
    }
    ControlFlow::Continue(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{BufReader, Error, Read};

    fn lengths(lines: &[u8]) -> Vec<usize> {
        lines.split(|byte| *byte == b'\n').map(<[u8]>::len).collect()
    }

    #[test]
    fn lines_are_told_in_their_order_whatever_their_length() {
        let line = |number: usize| format!("{number} {}", "x".repeat(number * 7 % 3_001));
        let mut text: String = (0..5_000).map(|number| line(number) + "\n").collect();
        let mut told = Vec::new();
        for end in ["", "the last one has no end"] {
            text += end;
            told.clear();
            let ended = judged(
                text.as_bytes(),
                |lines| str::from_utf8(lines).unwrap().lines().map(str::to_owned).collect(),
                |line| {
                    told.push(line);
                    ControlFlow::<()>::Continue(())
                },
            );
            assert!(ended.unwrap().is_continue());
            assert!(told.iter().map(String::as_str).eq(text.lines()));
        }
    }

    #[test]
    fn nobody_waits_for_one_who_has_heard_enough() {
        let text = "line\n".repeat(5_000_000);
        let mut left = 3;
        let ended = judged(text.as_bytes(), lengths, |_| {
            left -= 1;
            if left == 0 { ControlFlow::Break("enough") } else { ControlFlow::Continue(()) }
        });
        assert_eq!(ended.unwrap(), ControlFlow::Break("enough"));
    }

    #[test]
    fn a_source_that_fails_is_no_end() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> Result<usize> {
                Err(Error::other("the disk"))
            }
        }
        let source = BufReader::new(b"one\n".chain(Failing));
        let ended = judged(source, lengths, |_| ControlFlow::<()>::Continue(()));
        assert!(ended.is_err());
    }
}
