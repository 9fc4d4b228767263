//! Records on their way out under a grant: asked about before each batch, and counted.

use crate::app::App;
use crate::problem::{Kind, Problem};
use actix_web::web;
use chrono::{DateTime, Utc};
use hjemmel_policy::Decision;
use hjemmel_store::{Error, Store};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What left under grants that have no limit, until it is written down. A process that dies takes the last
/// second of it along: nobody decides by these counts. Those that are decided by are written before anything
/// leaves.
#[derive(Debug, Default)]
pub struct Sent(Mutex<BTreeMap<String, u64>>);

impl Sent {
    fn note(&self, grant: &str, records: u64) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = all.entry(grant.to_owned()).or_default();
        *known = known.saturating_add(records);
    }

    /// Writes down what left since the last time.
    ///
    /// # Errors
    /// Nothing was written; it is kept for the next time.
    pub fn settle(&self, store: &Store, now: DateTime<Utc>) -> Result<(), Error> {
        let sent = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if sent.is_empty() {
            return Ok(());
        }
        store.count_rows(&sent, now).inspect_err(|_| {
            for (grant, records) in &sent {
                self.note(grant, *records);
            }
        })
    }
}

/// Why a batch is held back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Held {
    /// The grant is in force no longer.
    #[error("the grant no longer holds")]
    Ended,
    /// The day's records have left.
    #[error("the grant gives no more records today")]
    Limit(u64),
    /// It could not be counted.
    #[error("what leaves cannot be counted")]
    Unavailable,
}

impl Held {
    /// What to say to whoever gets nothing in spite of the decision.
    #[must_use]
    pub fn refusal(self, decision: uuid::Uuid) -> Problem {
        let problem = match self {
            Self::Ended => Problem::new(Kind::NoLegalBasis)
                .detail("tilgangen gjelder ikke lenger", "the grant holds no longer"),
            Self::Limit(most) => {
                Problem::new(Kind::LimitReached).with("maxRowsPerDay", most).detail(
                    format!("avtalen gir {most} poster om dagen, og dette ville blitt flere"),
                    format!("the agreement gives {most} records a day, and this would be more"),
                )
            }
            Self::Unavailable => return Problem::new(Kind::Unavailable),
        };
        problem.decided(decision)
    }
}

/// The door records leave by: for one answer under one decision.
pub struct Door {
    app: web::Data<App>,
    grant: String,
    version: u32,
    most: Option<u64>,
}

impl Door {
    /// The door of a decision that allowed something, with the most records a day, if that was agreed.
    ///
    /// # Errors
    /// When the decision names no grant, which no answer rests on then.
    pub fn new(
        app: web::Data<App>,
        decision: &Decision,
        most: Option<u64>,
    ) -> Result<Self, Problem> {
        let grant = decision.grant.as_ref().ok_or_else(|| Problem::new(Kind::Internal))?;
        Ok(Self { app, grant: grant.id.clone(), version: grant.version, most })
    }

    /// Whether any records may leave today.
    ///
    /// # Errors
    /// Why none may.
    pub async fn is_open_today(&self) -> Result<(), Held> {
        let Some(most) = self.most else { return Ok(()) };
        let (app, now) = (self.app.clone(), Utc::now());
        match web::block(move || app.store().rows_sent(now, now)).await {
            Ok(Ok(sent)) if sent.get(&self.grant).is_none_or(|sent| *sent < most) => Ok(()),
            Ok(Ok(_)) => Err(Held::Limit(most)),
            Ok(Err(_)) | Err(_) => Err(Held::Unavailable),
        }
    }

    /// Lets records through, counted before they leave.
    ///
    /// # Errors
    /// Why they stay.
    pub async fn pass(&self, records: u64) -> Result<(), Held> {
        let now = Utc::now();
        let holds =
            self.app.policy().is_ok_and(|policy| policy.is_open(&self.grant, self.version, now));
        if !holds {
            return Err(Held::Ended);
        }
        let Some(most) = self.most else {
            self.app.sent().note(&self.grant, records);
            return Ok(());
        };
        let (app, grant) = (self.app.clone(), self.grant.clone());
        let counted =
            web::block(move || app.store().reserve_rows(&grant, now, records, most)).await;
        match counted {
            Ok(Ok(true)) => Ok(()),
            Ok(Ok(false)) => Err(Held::Limit(most)),
            Ok(Err(_)) | Err(_) => Err(Held::Unavailable),
        }
    }
}
