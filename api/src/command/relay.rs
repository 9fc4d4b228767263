//! One reading of a file for everyone who needs its bytes, so that what was digested, what was checked and
//! what was kept are the same, whatever happens to the file meanwhile.

use actix_web::web::Bytes;
use sha2::{Digest as _, Sha256};
use std::io::{BufRead, Read, Result};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Bytes in a piece; small enough to be a piece of memory that was used before.
const PIECE: usize = 64 << 10;

/// Pieces a slow listener may be behind.
const BEHIND: usize = 32;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Relayed {
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Length.
    pub bytes: u64,
}

/// Reads a source to its end and hands every piece to each listener that still listens.
pub struct Relay<R> {
    source: R,
    listeners: Vec<SyncSender<Bytes>>,
}

impl<R: Read> Relay<R> {
    pub const fn new(source: R) -> Self {
        Self { source, listeners: Vec::new() }
    }

    /// Somebody who gets every byte. The end looks the same whether all was read or the source failed, which
    /// only [`Relay::run`] tells.
    pub fn listener(&mut self) -> Listener {
        let (to, from) = sync_channel(BEHIND);
        self.listeners.push(to);
        Listener { from, piece: Bytes::new() }
    }

    /// Reads everything.
    ///
    /// # Errors
    /// When the source cannot be read; nobody may then use what they heard.
    pub fn run(mut self) -> Result<Relayed> {
        let (mut hasher, mut bytes) = (Sha256::new(), 0);
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let read = (&mut self.source).take(PIECE as u64).read_to_end(&mut piece)?;
            if read == 0 {
                return Ok(Relayed { sha256: hex::encode(hasher.finalize()), bytes });
            }
            bytes += read as u64;
            hasher.update(&piece);
            let piece = Bytes::from(piece);
            self.listeners.retain(|listener| listener.send(piece.clone()).is_ok());
        }
    }
}

/// One who listens. Dropped, it holds nobody up.
pub struct Listener {
    from: Receiver<Bytes>,
    piece: Bytes,
}

impl BufRead for Listener {
    fn fill_buf(&mut self) -> Result<&[u8]> {
        if self.piece.is_empty() {
            self.piece = self.from.recv().unwrap_or_default();
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, read: usize) {
        let _ = self.piece.split_to(read.min(self.piece.len()));
    }
}

impl Read for Listener {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
        let read = self.fill_buf()?.read(buffer)?;
        self.consume(read);
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Error, empty};

    fn long() -> Vec<u8> {
        (0..=250).cycle().take(PIECE * (BEHIND + 3) + 17).collect()
    }

    #[test]
    fn everyone_hears_everything_and_the_digest_is_of_that() {
        let bytes = long();
        let mut relay = Relay::new(bytes.as_slice());
        let mut listeners = [relay.listener(), relay.listener()];
        let relayed = std::thread::scope(|scope| {
            let running = scope.spawn(|| relay.run());
            let heard: Vec<_> = listeners
                .iter_mut()
                .map(|listener| {
                    scope.spawn(|| {
                        let mut heard = Vec::new();
                        listener.read_to_end(&mut heard).map(|_| heard)
                    })
                })
                .collect();
            for listener in heard {
                assert_eq!(listener.join().unwrap().unwrap(), bytes);
            }
            running.join().unwrap().unwrap()
        });
        assert_eq!(relayed.sha256, hex::encode(Sha256::digest(&bytes)));
        assert_eq!(relayed.bytes, bytes.len() as u64);
    }

    #[test]
    fn nobody_waits_for_one_who_went_away() {
        let bytes = long();
        let mut relay = Relay::new(bytes.as_slice());
        drop(relay.listener());
        assert_eq!(relay.run().unwrap().bytes, bytes.len() as u64);
    }

    #[test]
    fn a_source_that_fails_is_no_end() {
        struct Failing;
        impl Read for Failing {
            fn read(&mut self, _: &mut [u8]) -> Result<usize> {
                Err(Error::other("the disk"))
            }
        }
        assert!(Relay::new(b"1".chain(Failing)).run().is_err());
        assert_eq!(Relay::new(empty()).run().unwrap().bytes, 0);
    }
}
