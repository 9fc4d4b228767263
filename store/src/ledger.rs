//! The connections that questions are paid and answers kept on.

use crate::connection::{AnyConnection, Database};
use crate::mover::Mover;
use crate::store::{begin, finish};
use crate::{Error, Store};
use diesel::connection::SimpleConnection as _;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What a round holds on PostgreSQL: whoever else pays waits, and then whoever else records.
const LOCKS: &str =
    "LOCK TABLE purses IN EXCLUSIVE MODE; LOCK TABLE decision_head IN EXCLUSIVE MODE";

/// How rows are looked for on PostgreSQL: always by key. A plan that was made while a table was small would read all of it
/// for as long as the connection lasts, and the tables grow with every round.
const BY_KEY: &str = "SET enable_seqscan = off";

/// When what is committed is on the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durable {
    /// When the commit returns.
    Now,
    /// With the next commit that returns only then, whoever makes it: both databases write one log, in order. Until then
    /// it outlives this program, but not a power cut.
    Soon,
}

/// They are used too often to ask each time whether they still stand.
#[derive(Default)]
pub(crate) struct Connections {
    rounds: Mutex<Option<Ledger>>,
    beside: Mutex<Option<AnyConnection>>,
    /// See [`Store::mover`].
    mover: OnceLock<Option<Mover>>,
}

/// A connection and what its commits wait for.
struct Ledger {
    conn: AnyConnection,
    durable: Durable,
}

impl Ledger {
    /// Begins a transaction that is alone with the purses and the head of the record.
    fn begin(&mut self, durable: Durable) -> Result<(), Error> {
        if let AnyConnection::Sqlite(conn) = &mut self.conn
            && self.durable != durable
        {
            // Under NORMAL a commit is written to the log, and under FULL all of the log is then waited for.
            conn.batch_execute(match durable {
                Durable::Now => "PRAGMA synchronous = FULL",
                Durable::Soon => "PRAGMA synchronous = NORMAL",
            })?;
            self.durable = durable;
        }
        let soon = match durable {
            Durable::Now => "",
            Durable::Soon => "SET LOCAL synchronous_commit = off; ",
        };
        begin(&mut self.conn, "BEGIN IMMEDIATE", &format!("BEGIN; {soon}{LOCKS}"))
    }
}

impl Store {
    /// Runs `work` in one transaction that is alone with the purses and with the head of the record.
    pub(crate) fn round<T>(
        &self,
        durable: Durable,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.check_file()?;
        let _turn = self.turn();
        let mut kept = self.ledger.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that a connection that fails is not asked again.
        let begun = kept.take().and_then(|mut own| own.begin(durable).is_ok().then_some(own));
        let mut ledger = if let Some(ledger) = begun {
            ledger
        } else {
            let mut ledger = Ledger { conn: self.by_key()?, durable: Durable::Now };
            ledger.begin(durable)?;
            ledger
        };
        let done = finish(&mut ledger.conn, work)?;
        *kept = Some(ledger);
        drop(kept);
        if let Some(mover) = self.mover() {
            mover.written();
        }
        Ok(done)
    }

    /// Runs `work` beside the rounds. It does not matter if it is done a second time, as it is where the connection has
    /// been lost.
    pub(crate) fn beside<T>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut kept = self.ledger.beside.lock().unwrap_or_else(PoisonError::into_inner);
        let tried = kept.take().and_then(|mut conn| work(&mut conn).ok().map(|done| (conn, done)));
        let (conn, done) = if let Some(done) = tried {
            done
        } else {
            let mut conn = self.by_key()?;
            let done = work(&mut conn)?;
            (conn, done)
        };
        *kept = Some(conn);
        Ok(done)
    }

    fn by_key(&self) -> Result<AnyConnection, Error> {
        let mut conn = self.database.reconnect()?;
        if let AnyConnection::Postgres(conn) = &mut conn {
            conn.batch_execute(BY_KEY)?;
        }
        Ok(conn)
    }

    /// Who moves SQLite's log, started with the first round; without it commits move it.
    fn mover(&self) -> Option<&Mover> {
        let start = || {
            let started = match &self.database {
                Database::Sqlite(_) => Mover::start(self.database.clone(), self.line.clone()),
                Database::Postgres(_) => return None,
            };
            started.inspect_err(|error| tracing::warn!(%error, "no thread moves the log")).ok()
        };
        self.ledger.mover.get_or_init(start).as_ref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use diesel::prelude::*;
    use diesel::sql_types::Integer;

    #[derive(QueryableByName)]
    struct Synchronous {
        #[diesel(sql_type = Integer)]
        synchronous: i32,
    }

    #[test]
    fn sqlite_waits_for_the_disk_when_it_has_to() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path().join("waits.db").to_str().unwrap(), 1).unwrap();
        let of = |durable| {
            let found = store.round(durable, |conn| {
                Ok(diesel::sql_query("PRAGMA synchronous").get_result::<Synchronous>(conn)?)
            });
            found.unwrap().synchronous
        };
        let (soon, now) = (Durable::Soon, Durable::Now);
        assert_eq!([now, soon, soon, now, soon, now].map(of), [2, 1, 1, 2, 1, 2]);
    }
}
