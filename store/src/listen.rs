//! Hearing of a new policy the moment it is committed, where the database can say so.

use crate::Store;
use crate::connection::{AnyConnection, Database};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use std::time::Duration;

/// How often the connection is looked at; no query is sent for it.
const STEP: Duration = Duration::from_millis(20);

/// Waits for changes. On PostgreSQL it wakes as soon as a new policy is committed; elsewhere, and while the
/// server cannot be reached, it waits out its time, and whoever waits looks for itself.
pub struct Listener {
    database: Database,
    conn: Option<PgConnection>,
}

impl Store {
    /// Somebody who listens on a connection of its own.
    #[must_use]
    pub fn listener(&self) -> Listener {
        Listener { database: self.database.clone(), conn: None }
    }
}

impl Listener {
    /// Waits until something is told, but no longer than this.
    pub fn wait(&mut self, most: Duration) {
        if self.conn.is_none() {
            self.conn = self.connect();
        }
        let Some(mut conn) = self.conn.take() else {
            std::thread::sleep(most);
            return;
        };
        let mut waited = Duration::ZERO;
        while waited < most {
            let mut heard = 0;
            let broken = conn.notifications_iter().inspect(|_| heard += 1).find_map(Result::err);
            if let Some(error) = broken {
                tracing::warn!(%error, "changes are looked for, since none can be heard of");
                return;
            }
            if heard > 0 {
                break;
            }
            std::thread::sleep(STEP);
            waited += STEP;
        }
        self.conn = Some(conn);
    }

    fn connect(&self) -> Option<PgConnection> {
        if matches!(self.database, Database::Sqlite(_)) {
            return None;
        }
        let Ok(AnyConnection::Postgres(mut conn)) = self.database.connect() else { return None };
        conn.batch_execute("LISTEN hjemmel_policy").ok()?;
        Some(conn)
    }
}
