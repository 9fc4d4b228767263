//! The record of decisions on its way to the disk: what is decided is durable before a number leaves.
//!
//! Requests that arrive together share one transaction, so that a thousand decisions cost about as much as
//! one.

use crate::problem::{Kind, Problem};
use crate::questions::purser::again;
use chrono::Utc;
use hjemmel_policy::{Decision, Outcome};
use hjemmel_store::{DecisionRow, SecurityEvent, Store};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// How many decisions may wait; more than that is refused at once.
const WAITING: usize = 10_000;
/// How many decisions one transaction takes.
const TOGETHER: usize = 512;
/// How many persons' commitments are at hand.
const PERSONS: u64 = 10_000;

/// The record switched off, so that a bench can tell what it costs; no build of the command has it.
#[cfg(feature = "unrecorded")]
pub mod unrecorded {
    use std::sync::atomic::{AtomicBool, Ordering};

    static OFF: AtomicBool = AtomicBool::new(false);

    /// From here on this process records no decision.
    pub fn switch_off() {
        OFF.store(true, Ordering::Release);
    }

    pub(super) fn is_off() -> bool {
        OFF.load(Ordering::Acquire)
    }
}

struct Entry {
    row: DecisionRow,
    done: oneshot::Sender<bool>,
}

/// A decision on its way to the disk. What rests on it may be made ready and must not leave.
#[must_use = "nothing may leave before the decision is durable"]
pub struct Pending {
    id: Uuid,
    written: oneshot::Receiver<bool>,
}

impl Pending {
    /// Its number, to stand on the answer.
    #[must_use]
    pub const fn id(&self) -> Uuid {
        self.id
    }

    /// Waits until it is durable.
    ///
    /// # Errors
    /// 503 when it could not be made so; the caller must release nothing.
    pub async fn durable(self) -> Result<Uuid, Problem> {
        match self.written.await {
            Ok(true) => Ok(self.id),
            _ => Err(Problem::new(Kind::Unavailable)),
        }
    }
}

/// The way into the record.
#[derive(Clone)]
pub struct Journal {
    entries: mpsc::Sender<Entry>,
    store: Store,
    /// What stands for whom in the record, for a moment: whoever is forgotten must soon get another commitment.
    commitments: moka::sync::Cache<String, String>,
}

impl Journal {
    /// Starts the thread that writes, and that says so the moment it cannot: `healthy` turns false.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(store: Store, healthy: Arc<AtomicBool>) -> std::io::Result<Self> {
        let (entries, waiting) = mpsc::channel(WAITING);
        let writer = store.clone();
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || write(&writer, waiting, &healthy))?;
        let commitments = moka::sync::Cache::builder()
            .max_capacity(PERSONS)
            .time_to_live(std::time::Duration::from_secs(1))
            .build();
        Ok(Self { entries, store, commitments })
    }

    /// Makes a decision durable.
    ///
    /// # Errors
    /// 503 when it could not be; the caller must release nothing.
    pub async fn record(&self, decision: &Decision) -> Result<Uuid, Problem> {
        self.begin(decision).await?.durable().await
    }

    /// Hands a decision to the writer, so that what it is about can be made ready meanwhile.
    ///
    /// # Errors
    /// 503 when the writer cannot take it.
    pub async fn begin(&self, decision: &Decision) -> Result<Pending, Problem> {
        self.hand_over(self.row_of(decision).await?)
    }

    /// A decision as the record holds it, with a commitment in the place of the person.
    ///
    /// # Errors
    /// 503 when there is none for the person.
    pub async fn row_of(&self, decision: &Decision) -> Result<DecisionRow, Problem> {
        match &decision.caller.person {
            None => row(decision),
            Some(person) => row(&self.hidden(decision, person.clone()).await?),
        }
    }

    /// Makes a row durable.
    ///
    /// # Errors
    /// As [`Journal::record`].
    pub async fn write(&self, row: DecisionRow) -> Result<Uuid, Problem> {
        self.hand_over(row)?.durable().await
    }

    /// Hands a row to the writer.
    ///
    /// # Errors
    /// 503 when the writer cannot take it.
    pub fn hand_over(&self, row: DecisionRow) -> Result<Pending, Problem> {
        let (id, (done, written)) = (row.id, oneshot::channel());
        #[cfg(feature = "unrecorded")]
        if unrecorded::is_off() {
            let _ = done.send(true);
            return Ok(Pending { id, written });
        }
        self.entries.try_send(Entry { row, done }).map_err(|_| Problem::new(Kind::Unavailable))?;
        Ok(Pending { id, written })
    }

    /// The decision with a commitment in the place of the person: the record holds no name.
    async fn hidden(&self, decision: &Decision, person: String) -> Result<Decision, Problem> {
        let known = self.commitments.get(&person);
        let commitment = if let Some(commitment) = known {
            commitment
        } else {
            let (store, name) = (self.store.clone(), person.clone());
            let found = actix_web::web::block(move || store.commit_person(&name)).await;
            let Ok(Ok(found)) = found else { return Err(Problem::new(Kind::Unavailable)) };
            self.commitments.insert(person, found.clone());
            found
        };
        let mut hidden = decision.clone();
        hidden.caller.person = Some(commitment);
        Ok(hidden)
    }

    /// Records a security event: codes only, nothing a caller wrote.
    ///
    /// # Errors
    /// 503 when it could not be written.
    pub async fn event(&self, kind: &'static str, detail: &str) -> Result<(), Problem> {
        let event = SecurityEvent {
            id: Uuid::now_v7(),
            at: Utc::now(),
            kind: kind.to_owned(),
            detail: detail.to_owned(),
        };
        let store = self.store.clone();
        let stored = actix_web::web::block(move || store.record_event(&event)).await;
        match stored {
            Ok(Ok(())) => Ok(()),
            _ => Err(Problem::new(Kind::Unavailable)),
        }
    }
}

fn write(store: &Store, mut waiting: mpsc::Receiver<Entry>, healthy: &AtomicBool) {
    let mut batch = Vec::with_capacity(TOGETHER);
    while waiting.blocking_recv_many(&mut batch, TOGETHER) > 0 {
        let (rows, done): (Vec<DecisionRow>, Vec<oneshot::Sender<bool>>) =
            batch.drain(..).map(|entry| (entry.row, entry.done)).unzip();
        let stored = again(|| store.record_decisions(&rows));
        if let Err(error) = &stored {
            healthy.store(false, Ordering::Release);
            tracing::error!(%error, decisions = rows.len(), "the record of decisions cannot be written");
        }
        for waiter in done {
            // A caller that has gone away needs no answer.
            let _ = waiter.send(stored.is_ok());
        }
    }
}

/// An event that rests on no grant and that this installation itself stands behind, until its writer says otherwise.
#[must_use]
pub fn own_row(
    policy_version: u64,
    action: &str,
    outcome: &str,
    (resource, body): (&serde_json::Value, &serde_json::Value),
) -> DecisionRow {
    DecisionRow {
        id: Uuid::now_v7(),
        at: Utc::now(),
        policy_version: i64::try_from(policy_version).unwrap_or(i64::MAX),
        subject_kind: "installation".to_owned(),
        organisation: None,
        supplier: None,
        client: None,
        action: action.to_owned(),
        resource: resource.to_string(),
        outcome: outcome.to_owned(),
        grant_id: None,
        grant_version: None,
        body: body.to_string(),
    }
}

/// A decision as the store keeps it.
///
/// # Errors
/// When it cannot be encoded.
pub fn row(decision: &Decision) -> Result<DecisionRow, Problem> {
    let json = |value: serde_json::Result<String>| value.map_err(|_| Problem::new(Kind::Internal));
    let asker = &decision.caller;
    Ok(DecisionRow {
        id: decision.id,
        at: decision.at,
        policy_version: i64::try_from(decision.policy_version).unwrap_or(i64::MAX),
        subject_kind: asker.kind.clone(),
        organisation: asker.organisation.map(|number| number.to_string()),
        supplier: asker.supplier.map(|number| number.to_string()),
        client: asker.client.clone(),
        action: decision.action.clone(),
        resource: json(serde_json::to_string(&decision.resource))?,
        outcome: match decision.outcome {
            Outcome::Allowed => "allowed",
            Outcome::Denied => "denied",
        }
        .to_owned(),
        grant_id: decision.grant.as_ref().map(|grant| grant.id.clone()),
        grant_version: decision.grant.as_ref().map(|grant| grant.version),
        body: json(serde_json::to_string(decision))?,
    })
}
