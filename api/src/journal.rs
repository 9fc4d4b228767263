//! The record of decisions on its way to the disk: what is decided is durable before a number leaves.
//!
//! Requests that arrive together share one transaction, so that a thousand decisions cost about as much as
//! one.

use crate::problem::{Kind, Problem};
use crate::questions::purser::again;
use chrono::Utc;
use hjemmel_policy::{Decision, Outcome};
use hjemmel_store::{DecisionRow, NodeCall, SecurityEvent, Store};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::oneshot::error::TryRecvError;
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

/// A row to be written; none where tokens alone are to be used up.
type Entry = Option<(DecisionRow, oneshot::Sender<bool>)>;

/// What is shared by all who write.
struct Writer {
    store: Store,
    /// Tokens of other nodes that wait for the next transaction, whatever is recorded in it.
    tokens: Mutex<Vec<(NodeCall, oneshot::Sender<bool>)>>,
    /// Entries that were handed over and are not written.
    under_way: AtomicUsize,
    healthy: Arc<AtomicBool>,
}

/// A token that is being used up. What rests on it may be made ready and must not leave.
#[must_use = "nothing may leave before the token is used up"]
pub struct Using(oneshot::Receiver<bool>);

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
    writer: Arc<Writer>,
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
        let (tokens, under_way) = (Mutex::default(), AtomicUsize::new(0));
        let writer = Arc::new(Writer { store, tokens, under_way, healthy });
        let own = Arc::clone(&writer);
        std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || own.write_all(waiting))?;
        let commitments = moka::sync::Cache::builder()
            .max_capacity(PERSONS)
            .time_to_live(std::time::Duration::from_secs(1))
            .build();
        Ok(Self { entries, writer, commitments })
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
        self.hand(Some((row, done)))?;
        Ok(Pending { id, written })
    }

    /// Makes a row durable on this thread, which may wait: at once where nobody else writes, and otherwise together with
    /// what others have. It spares whoever needs no other thread the time it takes to wake one.
    ///
    /// # Errors
    /// As [`Journal::record`].
    pub fn write_here(&self, row: DecisionRow) -> Result<(), Problem> {
        #[cfg(feature = "unrecorded")]
        if unrecorded::is_off() {
            return Ok(());
        }
        let under_way = &self.writer.under_way;
        if under_way.compare_exchange(0, 1, Ordering::AcqRel, Ordering::Acquire).is_err() {
            let written = self.hand_over(row)?.written.blocking_recv();
            return if written == Ok(true) { Ok(()) } else { Err(Problem::new(Kind::Unavailable)) };
        }
        let is_written = self.writer.write(&[row]);
        under_way.fetch_sub(1, Ordering::AcqRel);
        if is_written { Ok(()) } else { Err(Problem::new(Kind::Unavailable)) }
    }

    fn hand(&self, entry: Entry) -> Result<(), Problem> {
        self.writer.under_way.fetch_add(1, Ordering::AcqRel);
        self.entries.try_send(entry).map_err(|_| {
            self.writer.under_way.fetch_sub(1, Ordering::AcqRel);
            Problem::new(Kind::Unavailable)
        })
    }

    /// Uses up a token together with what is decided next, which is nearly always what it was brought for.
    pub fn use_up(&self, call: NodeCall) -> Using {
        let (say, said) = oneshot::channel();
        self.writer.tokens.lock().unwrap_or_else(PoisonError::into_inner).push((call, say));
        Using(said)
    }

    /// Whether a token counts, once that is durable; it does not where it was used before.
    ///
    /// # Errors
    /// 503 when it could not be written down; the caller must release nothing.
    pub async fn counts(&self, Using(mut said): Using) -> Result<bool, Problem> {
        match said.try_recv() {
            Ok(counts) => return Ok(counts),
            // Nothing was decided that it could have been written down with.
            Err(TryRecvError::Empty) => self.hand(None)?,
            Err(TryRecvError::Closed) => return Err(Problem::new(Kind::Unavailable)),
        }
        said.await.map_err(|_| Problem::new(Kind::Unavailable))
    }

    /// The decision with a commitment in the place of the person: the record holds no name.
    async fn hidden(&self, decision: &Decision, person: String) -> Result<Decision, Problem> {
        let known = self.commitments.get(&person);
        let commitment = if let Some(commitment) = known {
            commitment
        } else {
            let (store, name) = (self.writer.store.clone(), person.clone());
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
        let store = self.writer.store.clone();
        let stored = actix_web::web::block(move || store.record_event(&event)).await;
        match stored {
            Ok(Ok(())) => Ok(()),
            _ => Err(Problem::new(Kind::Unavailable)),
        }
    }
}

impl Writer {
    /// Writes what is handed over, as much at a time as there is.
    fn write_all(&self, mut waiting: mpsc::Receiver<Entry>) {
        let mut batch = Vec::with_capacity(TOGETHER);
        while waiting.blocking_recv_many(&mut batch, TOGETHER) > 0 {
            let entries = batch.len();
            let (rows, done): (Vec<DecisionRow>, Vec<oneshot::Sender<bool>>) =
                batch.drain(..).flatten().unzip();
            let is_written = self.write(&rows);
            self.under_way.fetch_sub(entries, Ordering::AcqRel);
            for waiter in done {
                // A caller that has gone away needs no answer.
                let _ = waiter.send(is_written);
            }
        }
    }

    /// Writes rows and uses up the tokens that wait, in one transaction; whether that is durable.
    fn write(&self, rows: &[DecisionRow]) -> bool {
        let mut waiting = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let tokens = std::mem::take(&mut *waiting).into_iter();
        drop(waiting);
        let (calls, said): (Vec<NodeCall>, Vec<oneshot::Sender<bool>>) = tokens.unzip();
        if rows.is_empty() && calls.is_empty() {
            return true;
        }
        match again(|| self.store.record_and_use(rows, &calls, Utc::now())) {
            Ok(counted) => {
                for (waiter, counts) in said.into_iter().zip(counted) {
                    let _ = waiter.send(counts);
                }
                true
            }
            Err(error) => {
                self.healthy.store(false, Ordering::Release);
                tracing::error!(%error, decisions = rows.len(), "the record of decisions cannot be written");
                false
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;
    use hjemmel_store::Chain;
    use serde_json::json;

    struct Place {
        journal: Journal,
        store: Store,
        healthy: Arc<AtomicBool>,
        folder: tempfile::TempDir,
    }

    fn place() -> Place {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("store.db").display());
        let store = Store::open(&url, 4).unwrap();
        store.migrate().unwrap();
        let healthy = Arc::new(AtomicBool::new(true));
        let journal = Journal::start(store.clone(), Arc::clone(&healthy)).unwrap();
        Place { journal, store, healthy, folder }
    }

    fn event() -> DecisionRow {
        own_row(1, "test", "allowed", (&json!({}), &json!({})))
    }

    fn token() -> NodeCall {
        NodeCall { id: "a".repeat(64), until: Utc::now() + TimeDelta::minutes(1) }
    }

    #[actix_web::test]
    async fn a_token_counts_once_whether_anything_was_decided_or_not() {
        let Place { journal, store, .. } = &place();
        let first = journal.use_up(token());
        assert!(journal.counts(first).await.unwrap());
        let again = journal.use_up(token());
        journal.write(event()).await.unwrap();
        assert!(!journal.counts(again).await.unwrap());
        assert_eq!(
            store.chain_state().unwrap().seq,
            1,
            "what was decided is recorded all the same"
        );
    }

    #[test]
    fn rows_that_are_written_here_and_there_are_all_in_one_chain() {
        let Place { journal, store, .. } = &place();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        let handed = journal.hand_over(event()).unwrap();
                        journal.write_here(event()).unwrap();
                        assert!(handed.written.blocking_recv().unwrap());
                    }
                });
            }
        });
        assert!(matches!(store.verify_chain(&[]).unwrap(), Chain::Intact(end) if end.seq == 320));
    }

    #[actix_web::test]
    async fn where_nothing_can_be_written_no_token_counts_and_nothing_is_kept() {
        let Place { journal, healthy, folder, .. } = &place();
        std::fs::rename(folder.path().join("store.db"), folder.path().join("away.db")).unwrap();
        let using = journal.use_up(token());
        assert!(journal.write_here(event()).is_err());
        assert!(journal.counts(using).await.is_err());
        assert!(!healthy.load(Ordering::Acquire));
    }
}
