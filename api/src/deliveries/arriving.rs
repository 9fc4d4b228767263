//! The body of a request as a source that a thread can read while it arrives.

use actix_web::web::{Bytes, Payload};
use futures::StreamExt as _;
use sha2::{Digest as _, Sha256};
use std::io::{Error, ErrorKind, Read, Result};
use std::time::Duration;
use tokio::sync::mpsc;

/// Pieces that may wait for the thread.
const WAITING: usize = 8;
/// How long a sender may be silent.
const PATIENCE: Duration = Duration::from_mins(1);

/// What comes over: bytes, or the word that there are no more.
enum Piece {
    Bytes(Bytes),
    End,
}

/// The two ends of a body that arrives.
#[must_use]
pub fn arriving() -> (Feeding, Arriving) {
    let (to, from) = mpsc::channel(WAITING);
    (Feeding(to), Arriving { from, current: Bytes::new(), is_over: false })
}

/// The end that the network feeds.
pub struct Feeding(mpsc::Sender<Piece>);

impl Feeding {
    /// Hands on what arrives until it ends, is cut, or stays away too long. Only an end that was told by the
    /// sender is one: whatever else happens, the reader finds the body cut. When nobody reads any more, the rest
    /// is passed over up to `most` bytes, since many a client hears nothing before it has said everything.
    pub async fn all_of(self, mut payload: Payload, most: u64) {
        let mut reader = Some(self.0);
        let mut passed_over = 0;
        while passed_over <= most {
            let Ok(next) = tokio::time::timeout(PATIENCE, payload.next()).await else { return };
            let (piece, length) = match next {
                Some(Ok(bytes)) => {
                    let length = bytes.len() as u64;
                    (Piece::Bytes(bytes), length)
                }
                Some(Err(_)) => return,
                None => (Piece::End, 0),
            };
            let is_end = matches!(piece, Piece::End);
            match &reader {
                Some(to) if to.send(piece).await.is_err() => reader = None,
                Some(_) => {}
                None => passed_over += length,
            }
            if is_end {
                return;
            }
        }
    }
}

#[cfg(test)]
impl Feeding {
    /// Hands on a piece; false where nobody reads any more.
    #[must_use]
    pub fn piece(&self, bytes: &[u8]) -> bool {
        self.0.blocking_send(Piece::Bytes(Bytes::copy_from_slice(bytes))).is_ok()
    }

    /// Says that there is no more.
    pub fn end(self) {
        let _ = self.0.blocking_send(Piece::End);
    }
}

/// The end that a thread reads.
pub struct Arriving {
    from: mpsc::Receiver<Piece>,
    current: Bytes,
    is_over: bool,
}

impl Read for Arriving {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        while self.current.is_empty() && !self.is_over {
            match self.from.blocking_recv() {
                Some(Piece::Bytes(bytes)) => self.current = bytes,
                Some(Piece::End) => self.is_over = true,
                None => return Err(Error::new(ErrorKind::ConnectionAborted, "the body was cut")),
            }
        }
        let part = self.current.split_to(buffer.len().min(self.current.len()));
        for (to, from) in buffer.iter_mut().zip(&part) {
            *to = *from;
        }
        Ok(part.len())
    }
}

/// A source that is digested as it is read, and may hold so much and no more.
pub struct Measured<R> {
    source: R,
    digest: Sha256,
    bytes: u64,
    most: u64,
}

impl<R: Read> Measured<R> {
    /// Over a source.
    pub fn new(source: R, most: u64) -> Self {
        Self { source, digest: Sha256::new(), bytes: 0, most }
    }

    /// The digest and the length of what was read.
    pub fn finish(self) -> ([u8; 32], u64) {
        (self.digest.finalize().into(), self.bytes)
    }
}

impl<R: Read> Read for Measured<R> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.source.read(buffer)?;
        self.bytes += read as u64;
        if self.bytes > self.most {
            return Err(Error::new(ErrorKind::FileTooLarge, "the file is too large"));
        }
        self.digest.update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: Vec<Piece>) -> Result<Vec<u8>> {
        let (feeding, mut arriving) = arriving();
        let fed = std::thread::spawn(move || {
            for piece in pieces {
                feeding.0.blocking_send(piece).unwrap();
            }
        });
        let mut all = Vec::new();
        let read = arriving.read_to_end(&mut all);
        fed.join().unwrap();
        read.map(|_| all)
    }

    #[test]
    fn a_body_that_is_not_ended_is_cut_wherever_it_is() {
        let piece = |text: &'static str| Piece::Bytes(Bytes::from_static(text.as_bytes()));
        assert_eq!(read(vec![piece("ab"), piece(""), piece("c"), Piece::End]).unwrap(), b"abc");
        assert_eq!(read(vec![Piece::End]).unwrap(), b"");
        for pieces in [vec![], vec![piece("ab")], vec![piece("ab"), piece("")]] {
            assert_eq!(read(pieces).unwrap_err().kind(), ErrorKind::ConnectionAborted);
        }
    }

    #[test]
    fn too_much_is_too_much_at_once() {
        let mut within = Measured::new(&b"abc"[..], 3);
        assert_eq!(within.read_to_end(&mut Vec::new()).unwrap(), 3);
        assert_eq!(within.finish().1, 3);
        let beyond = Measured::new(&b"abcd"[..], 3).read_to_end(&mut Vec::new());
        assert_eq!(beyond.unwrap_err().kind(), ErrorKind::FileTooLarge);
    }
}
