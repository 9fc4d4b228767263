//! The connections that questions are paid and answers kept on.

use crate::connection::{AnyConnection, Database};
use crate::log::Log;
use crate::mover::Mover;
use crate::schema::{decisions, spends};
use crate::settle::{Left, Trace};
use crate::store::{begin, finish};
use crate::{Error, Store};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use std::sync::{Mutex, OnceLock, PoisonError};

/// How a round begins on PostgreSQL: whoever else pays waits, and then whoever else records.
const BEGIN: &str =
    "BEGIN; LOCK TABLE purses IN EXCLUSIVE MODE; LOCK TABLE decision_head IN EXCLUSIVE MODE";

/// How rows are looked for on PostgreSQL: always by key. A plan that was made while a table was small would read all of it
/// for as long as the connection lasts, and the tables grow with every round.
const BY_KEY: &str = "SET enable_seqscan = off";

/// They are used too often to ask each time whether they still stand.
#[derive(Default)]
pub(crate) struct Connections {
    rounds: Mutex<Option<AnyConnection>>,
    /// What the last round left on PostgreSQL.
    pub(crate) left: Mutex<Option<Left>>,
    /// What rounds write on SQLite.
    pub(crate) log: Log,
    beside: Mutex<Option<AnyConnection>>,
    /// See [`Store::mover`].
    mover: OnceLock<Option<Mover>>,
}

impl Store {
    /// Runs `work` in one transaction that is alone with the purses and with the head of the record. It is not waited for:
    /// see [`Store::flush`].
    pub(crate) fn round<T>(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.check_usable()?;
        let _turn = self.turn();
        let mut kept = self.ledger.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        // Taken out, so that a connection that fails is not asked again.
        let begun = kept.take().and_then(|mut conn| begin_round(&mut conn).is_ok().then_some(conn));
        let mut conn = match begun {
            Some(conn) => conn,
            None => self.begun()?,
        };
        let done = finish(&mut conn, work)?;
        *kept = Some(conn);
        drop(kept);
        self.ledger.log.committed();
        if let Some(mover) = self.mover() {
            mover.written();
        }
        Ok(done)
    }

    /// A round on PostgreSQL that is a single statement: `work` says whether it was written.
    ///
    /// # Errors
    /// It may have been written all the same.
    pub(crate) fn at_once(
        &self,
        work: impl FnOnce(&mut AnyConnection) -> Result<bool, Error>,
    ) -> Result<bool, Error> {
        self.check_usable()?;
        let mut kept = self.ledger.rounds.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(mut conn) = kept.take() else { return Ok(false) };
        let written = work(&mut conn)?;
        *kept = Some(conn);
        Ok(written)
    }

    /// Whether a round is there whose end was not heard of, since the connection was lost. One that contradicts what is
    /// there was not written.
    pub(crate) fn is_written(&self, trace: Option<&Trace>, lost: &Error) -> Result<bool, Error> {
        let Some(trace) = trace.filter(|_| !matches!(lost, Error::Conflict(_))) else {
            return Ok(false);
        };
        let mut conn = self.by_key()?;
        let found: Option<String> = match trace {
            Trace::Spend(id) => spends::table.find(id).select(spends::id).first(&mut conn),
            Trace::Decision(id) => {
                let of_id = decisions::table.filter(decisions::id.eq(id));
                of_id.select(decisions::id).first(&mut conn)
            }
        }
        .optional()?;
        let is_there = found.is_some();
        tracing::warn!(error = %lost, is_there, "the end of a round was not heard of");
        Ok(is_there)
    }

    /// Waits until all rounds that were settled before are on the disk.
    ///
    /// # Errors
    /// They may not be, and nothing may be told of them. Where the disk refused, the store is not used any more.
    pub fn flush(&self) -> Result<(), Error> {
        match self.database {
            Database::Sqlite(_) => self.ledger.log.flush(),
            Database::Postgres(_) => self.ping(),
        }
    }

    /// Waits until an answer that was read is on the disk: on SQLite a round can be read before it is.
    pub(crate) fn flush_read(&self) -> Result<(), Error> {
        if let Some(turn) = self.turn() {
            // A round counts as committed when its turn ends.
            drop(turn);
            self.ledger.log.flush()?;
        }
        Ok(())
    }

    /// Runs `work` beside the rounds. It does not matter if it is done a second time, as it is where the connection has
    /// been lost.
    pub(crate) fn beside<T>(
        &self,
        work: impl Fn(&mut AnyConnection) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.check_usable()?;
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

    /// A new connection with a round begun on it. What it commits outlives this program at once; where it does not wait for
    /// the disk, a power cut it outlives from the next commit on that does, whoever makes it, since both databases write one
    /// log, in order.
    fn begun(&self) -> Result<AnyConnection, Error> {
        let mut conn = self.by_key()?;
        match &self.database {
            Database::Sqlite(path) => {
                conn.batch_execute("PRAGMA synchronous = NORMAL")?;
                begin_round(&mut conn)?;
                self.ledger.log.find(path)?;
            }
            Database::Postgres(_) => begin_round(&mut conn)?,
        }
        Ok(conn)
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

fn begin_round(conn: &mut AnyConnection) -> Result<(), Error> {
    begin(conn, "BEGIN IMMEDIATE", BEGIN)
}
