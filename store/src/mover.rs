//! Moves what was written from SQLite's log to its file while others write. SQLite would do so in the commit that fills the
//! log, and whoever waits for that commit waits for all of it.

use crate::Error;
use crate::connection::{AnyConnection, Database};
use crate::line::Line;
use diesel::connection::SimpleConnection as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// How many rounds are written before they are moved: under load those of a tenth of a second, some 8 MB. A prime, so that of
/// questions asked by turns it falls on all alike.
const ROUNDS: u32 = 61;

/// Asks for the log to be moved.
pub(crate) struct Mover {
    written: AtomicU32,
    full: SyncSender<()>,
}

impl Mover {
    /// Starts the thread, which ends with the last that may ask it.
    pub(crate) fn start(database: Database, line: Arc<Line>) -> std::io::Result<Self> {
        let (full, asked) = sync_channel(1);
        let thread = std::thread::Builder::new().name("mover".to_owned());
        thread.spawn(move || serve(&database, &line, &asked))?;
        Ok(Self { written: AtomicU32::new(0), full })
    }

    /// A round was written. Waits for nothing.
    pub(crate) fn written(&self) {
        let before = self.written.fetch_add(1, Ordering::Relaxed);
        if before % ROUNDS == ROUNDS - 1 {
            // Who has been asked already moves this too.
            let _ = self.full.try_send(());
        }
    }
}

fn serve(database: &Database, line: &Line, asked: &Receiver<()>) {
    let mut kept = None;
    while asked.recv().is_ok() {
        match moved(database, line, kept.take()) {
            Ok(conn) => kept = Some(conn),
            Err(error) => tracing::warn!(%error, "the log was not moved; a commit will do it"),
        }
    }
}

fn moved(
    database: &Database,
    line: &Line,
    kept: Option<AnyConnection>,
) -> Result<AnyConnection, Error> {
    let mut conn = kept.map_or_else(|| database.reconnect(), Ok)?;
    let mut go = || conn.batch_execute("PRAGMA wal_checkpoint(PASSIVE)");
    go()?;
    // The log begins anew only when all of it was moved, and it has grown meanwhile: the rest is little.
    let turn = line.turn();
    go()?;
    drop(turn);
    Ok(conn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Round, Spend, Store};
    use std::time::{Duration, Instant};

    #[test]
    fn what_is_written_is_moved_before_a_commit_has_to() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("moved.db");
        let store = Store::open(path.to_str().unwrap(), 1).unwrap();
        store.migrate().unwrap();
        let size = || std::fs::metadata(&path).unwrap().len();
        let before = size();
        let pay = |number: u32| {
            let round = Round { spends: vec![Spend::example(number)], ..Round::default() };
            store.settle(&round).unwrap();
        };
        // Far from what fills the log.
        (1..ROUNDS).for_each(pay);
        assert_eq!(size(), before);
        pay(ROUNDS);
        let since = Instant::now();
        while size() == before {
            assert!(since.elapsed() < Duration::from_secs(20));
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}
