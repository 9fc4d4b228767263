//! SQLite's log on its way to the disk, waited for beside the commits instead of in them.

use crate::Error;
use crate::error::Fault;
use std::fs::File;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// The log that rounds are written to. What its connection commits under `synchronous = NORMAL` stands there and has not
/// been waited for, which is all that `FULL` would do besides.
#[derive(Debug, Default)]
pub(crate) struct Log {
    /// How many rounds were committed.
    committed: AtomicU64,
    flushed: Mutex<Flushed>,
    lost: AtomicBool,
}

#[derive(Debug, Default)]
struct Flushed {
    file: Option<File>,
    /// How many rounds are on the disk.
    rounds: u64,
}

impl Log {
    /// Finds the log of a database that a connection is open to: from its first transaction until it is closed, the log is
    /// the same file.
    pub(crate) fn find(&self, database: &Path) -> Result<(), Error> {
        // SQLite follows links before it names the log.
        let mut name = database.canonicalize()?.into_os_string();
        name.push("-wal");
        let file = File::open(name)?;
        self.flushed().file = Some(file);
        Ok(())
    }

    /// A round was committed.
    pub(crate) fn committed(&self) {
        self.committed.fetch_add(1, Ordering::AcqRel);
    }

    /// Waits until all that was committed before is on the disk. One waits for the disk, and the others for that one:
    /// several would wait by turns, and if something was lost, the system would tell only one of them.
    pub(crate) fn flush(&self) -> Result<(), Error> {
        let own = self.committed.load(Ordering::Acquire);
        let mut flushed = self.flushed();
        self.check()?;
        if flushed.rounds < own {
            let rounds = self.committed.load(Ordering::Acquire);
            let done = flushed.file.as_ref().map_or(Ok(()), File::sync_data);
            done.inspect_err(|_| self.lost.store(true, Ordering::Release))?;
            flushed.rounds = rounds;
        }
        Ok(())
    }

    fn flushed(&self) -> MutexGuard<'_, Flushed> {
        self.flushed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// That nothing was lost. What the disk once refused, the system forgets: it would say of the next flush that all is
    /// well, of a log with a hole.
    pub(crate) fn check(&self) -> Result<(), Error> {
        if self.lost.load(Ordering::Acquire) {
            return Err(Error::Unavailable(Fault::Lost));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Round, Spend, Store};

    fn pay(store: &Store, number: u32) -> Result<(), Error> {
        store.settle(&Round::paying(number)).map(drop)
    }

    #[test]
    fn what_the_disk_refuses_is_not_told_nor_anything_after_it() {
        let keep = |store: &Store, number| store.settle(&Round::keeping(number)).map(drop);
        let read = |store: &Store, number| store.answer(Spend::example(number).id).map(drop);
        for tell in [keep, read] {
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("refused.db");
            let store = Store::open(path.to_str().unwrap(), 1).unwrap();
            store.migrate().unwrap();
            pay(&store, 1).unwrap();
            keep(&store, 1).unwrap();
            read(&store, 1).unwrap();
            pay(&store, 2).unwrap();
            // A device that cannot be flushed.
            let device = File::open("/dev/null").unwrap();
            let log = store.ledger.log.flushed().file.replace(device);
            // A payment is not waited for, and what was on the disk before is there.
            pay(&store, 3).unwrap();
            assert!(!store.settle_soon(&Round::keeping(2)).unwrap().on_disk);
            assert!(matches!(tell(&store, 2), Err(Error::Unavailable(Fault::File(_)))));
            // The disk is as good as before, and what it was given is not on it.
            store.ledger.log.flushed().file = log;
            let refused = [keep(&store, 3), pay(&store, 4), read(&store, 1), store.ping()];
            for refused in refused {
                assert!(matches!(refused, Err(Error::Unavailable(Fault::Lost))));
            }
        }
    }

    #[test]
    fn many_wait_for_the_disk_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("once.db").to_str().unwrap(), 1).unwrap();
        store.migrate().unwrap();
        pay(&store, 1).unwrap();
        pay(&store, 2).unwrap();
        store.settle_soon(&Round::keeping(1)).unwrap();
        store.settle_soon(&Round::keeping(2)).unwrap();
        let rounds = || store.ledger.log.flushed().rounds;
        assert_eq!(rounds(), 0);
        store.flush().unwrap();
        assert_eq!(rounds(), 4);
        // Nothing was written since, so nobody is asked.
        store.ledger.log.flushed().file = Some(File::open("/dev/null").unwrap());
        store.flush().unwrap();
        pay(&store, 3).unwrap();
        assert!(store.flush().is_err());
    }
}
