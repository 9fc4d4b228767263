//! Payments on their way to the disk. Questions that come together share a transaction, so that many cost about
//! as much as one, and wait in line instead of being refused. Whoever comes alone pays in their own thread.

use super::teller::Teller;
use hjemmel_disclosure::noise::{Charge, Ledger, Refusal, Reservation};
use hjemmel_store::{
    DecisionRow, Error, NewAnswer, Purse, Reserved, Round, Settled, Spend, Store, StoredAnswer,
    Terms,
};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::{Duration, Instant};
use uuid::Uuid;

/// How many payments and answers may wait.
const WAITING: usize = 10_000;
/// How many one transaction takes.
const TOGETHER: usize = 256;
/// How long a busy database is asked again before questions are refused.
const BUSY: Duration = Duration::from_secs(30);

/// What is done with what came of an order, in a thread that must not be held up. Where that cannot be known it is dropped:
/// what was paid counts as paid, and nothing is answered.
pub type Then<T> = Box<dyn FnOnce(T) + Send>;

enum Order {
    Reserve(Box<Spend>, Option<Box<DecisionRow>>, Then<Reserved>),
    Keep(NewAnswer, Then<StoredAnswer>),
}

/// The way to the budgets.
#[derive(Clone)]
pub struct Purser {
    paying: Counter,
    /// The same one where the database writes for one at a time.
    keeping: Counter,
}

/// Somebody whose question is under way.
pub struct Customer(Arc<AtomicUsize>);

impl Drop for Customer {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Where orders are handed in.
#[derive(Clone)]
struct Counter {
    orders: SyncSender<Order>,
    desk: Arc<Desk>,
}

/// Where rounds are settled, one at a time.
struct Desk {
    store: Store,
    healthy: Arc<AtomicBool>,
    terms: Terms,
    turn: Mutex<()>,
    /// How many ask just now, at whichever desk.
    under_way: Arc<AtomicUsize>,
    teller: Teller,
}

/// What came of it to settle a round by oneself.
enum Alone {
    Settled(Settled),
    Failed,
    /// Others are served too.
    InCompany,
}

impl Desk {
    fn is_crowded(&self) -> bool {
        self.under_way.load(Ordering::Acquire) > 1
    }

    /// Settles the round of somebody who is alone, without a word to anybody else.
    fn alone(&self, round: &Round) -> Alone {
        if self.is_crowded() {
            return Alone::InCompany;
        }
        let turn = match self.turn.try_lock() {
            Ok(turn) => turn,
            Err(TryLockError::Poisoned(turn)) => turn.into_inner(),
            Err(TryLockError::WouldBlock) => return Alone::InCompany,
        };
        let settled = again(|| self.store.settle_soon(round));
        drop(turn);
        let waited = settled.and_then(|settled| {
            again(|| self.store.wait_for(&settled))?;
            Ok(settled)
        });
        waited.map_or_else(
            |error| {
                failed(&error, 1, &self.healthy);
                Alone::Failed
            },
            Alone::Settled,
        )
    }

    /// Settles a round and has everybody told what came of it.
    fn settle(
        &self,
        mut round: Round,
        payers: Vec<Then<Reserved>>,
        keepers: Vec<Then<StoredAnswer>>,
    ) {
        match again(|| self.store.settle_soon(&round)) {
            Ok(settled) => self.teller.tell(settled, payers, keepers),
            // What is wrong with the one need not be wrong with the other.
            Err(_) if !payers.is_empty() && !keepers.is_empty() => {
                let answers = std::mem::take(&mut round.answers);
                self.settle(Round { answers, ..Round::default() }, Vec::new(), keepers);
                self.settle(round, payers, Vec::new());
            }
            Err(error) => failed(&error, keepers.len() + payers.len(), &self.healthy),
        }
    }
}

impl Counter {
    /// Starts the thread that serves those who come together.
    fn open(
        store: &Store,
        healthy: &Arc<AtomicBool>,
        terms: Terms,
        under_way: &Arc<AtomicUsize>,
        teller: Teller,
        name: &str,
    ) -> std::io::Result<Self> {
        let (orders, waiting) = sync_channel(WAITING);
        let (store, healthy) = (store.clone(), healthy.clone());
        let (turn, under_way) = (Mutex::default(), under_way.clone());
        let desk = Arc::new(Desk { store, healthy, terms, turn, under_way, teller });
        let its = desk.clone();
        let thread = std::thread::Builder::new().name(name.to_owned());
        thread.spawn(move || serve(&its, &waiting))?;
        Ok(Self { orders, desk })
    }

    /// Hands an order in. Where that cannot be it is dropped.
    fn order(&self, order: Order) {
        let _ = self.orders.try_send(order);
    }
}

impl Purser {
    /// Starts the threads that serve those who come together, and that say so when they cannot: `healthy` turns false.
    ///
    /// # Errors
    /// When no thread can be started.
    pub fn start(store: &Store, healthy: &Arc<AtomicBool>, terms: Terms) -> std::io::Result<Self> {
        let (flushed, under_way) = (store.clone(), Arc::default());
        let teller = Teller::start(healthy, move || flushed.flush())?;
        let open = |name| Counter::open(store, healthy, terms, &under_way, teller.clone(), name);
        let paying = open("purser")?;
        let keeping = if store.keeps_beside() { open("keeper")? } else { paying.clone() };
        Ok(Self { paying, keeping })
    }

    /// Somebody asks, until what this gives is dropped.
    #[must_use]
    pub fn enter(&self) -> Customer {
        let under_way = &self.paying.desk.under_way;
        under_way.fetch_add(1, Ordering::AcqRel);
        Customer(under_way.clone())
    }

    /// Pays for a question, and records the decision on it. Whoever is alone is served at once, which blocks, and has it; for
    /// threads that may wait. Others are told `later`. Where it is not known whether it was paid, whoever waits is dropped.
    pub fn reserve<W: Send + 'static>(
        &self,
        spend: Spend,
        decision: Option<DecisionRow>,
        waits: W,
        later: fn(W, Reserved),
    ) -> Option<(W, Reserved)> {
        let desk = &self.paying.desk;
        let (spends, terms) = (vec![spend], desk.terms);
        let decisions = decision.into_iter().collect();
        let mut round = Round { spends, decisions, terms, ..Round::default() };
        match desk.alone(&round) {
            Alone::Settled(mut settled) => settled.reserved.pop().map(|said| (waits, said)),
            Alone::Failed => None,
            Alone::InCompany => {
                self.queue(round.spends.pop()?, round.decisions.pop(), waits, later);
                None
            }
        }
    }

    /// The same for whoever is not alone; blocks nobody.
    pub fn queue<W: Send + 'static>(
        &self,
        spend: Spend,
        decision: Option<DecisionRow>,
        waits: W,
        later: fn(W, Reserved),
    ) {
        let then = Box::new(move |said| later(waits, said));
        self.paying.order(Order::Reserve(Box::new(spend), decision.map(Box::new), then));
    }

    /// Keeps an answer and gives the one that may leave; like [`Purser::reserve`].
    pub fn keep<W: Send + 'static>(
        &self,
        answer: NewAnswer,
        waits: W,
        later: fn(W, StoredAnswer),
    ) -> Option<(W, StoredAnswer)> {
        let mut round = Round { answers: vec![answer], ..Round::default() };
        match self.keeping.desk.alone(&round) {
            Alone::Settled(mut settled) => settled.kept.pop().map(|kept| (waits, kept)),
            Alone::Failed => None,
            Alone::InCompany => {
                let then = Box::new(move |kept| later(waits, kept));
                self.keeping.order(Order::Keep(round.answers.pop()?, then));
                None
            }
        }
    }

    /// Whether several ask just now.
    #[must_use]
    pub fn is_crowded(&self) -> bool {
        self.paying.desk.is_crowded()
    }
}

fn serve(desk: &Desk, waiting: &Receiver<Order>) {
    while let Ok(first) = waiting.recv() {
        // Whoever is about to come goes first, and shares this round: it is the same work for many as for one. Where nobody
        // has anything to do this takes no time. To wait for more would only make those wait who are there.
        std::thread::yield_now();
        let _turn = desk.turn.lock().unwrap_or_else(PoisonError::into_inner);
        let batch: Vec<Order> =
            std::iter::once(first).chain(waiting.try_iter()).take(TOGETHER).collect();
        let mut round = Round { terms: desk.terms, ..Round::default() };
        let (mut payers, mut keepers) = (Vec::new(), Vec::new());
        for order in batch {
            match order {
                Order::Reserve(spend, decision, done) => {
                    round.spends.push(*spend);
                    round.decisions.extend(decision.map(|decision| *decision));
                    payers.push(done);
                }
                Order::Keep(answer, done) => {
                    round.answers.push(answer);
                    keepers.push(done);
                }
            }
        }
        desk.settle(round, payers, keepers);
    }
}

/// Says that nothing is known of some questions. Whoever waits is told nothing and dropped, which says so.
pub fn failed(error: &Error, questions: usize, healthy: &AtomicBool) {
    healthy.store(false, Ordering::Release);
    tracing::error!(%error, questions, "the budgets cannot be written");
}

/// Waits for a database that is busy, which is not one that is gone.
///
/// # Errors
/// What else is wrong with it, or that it was busy for too long.
pub fn again<T>(work: impl Fn() -> Result<T, Error>) -> Result<T, Error> {
    let started = Instant::now();
    loop {
        match work() {
            Err(Error::Busy(_)) if started.elapsed() < BUSY => {
                std::thread::sleep(Duration::from_millis(20));
            }
            outcome => return outcome,
        }
    }
}

/// What the ledger said of a question, to be shown with the bill that its charges were made of.
pub struct Slip<'a> {
    /// The payment's number.
    pub id: Uuid,
    /// What the ledger said.
    pub said: &'a Reserved,
}

impl Ledger for Slip<'_> {
    fn reserve(&mut self, _charges: &[Charge]) -> Result<Reservation, Refusal> {
        match self.said {
            Reserved::Paid(_) => Ok(Reservation(self.id.to_string())),
            Reserved::Exhausted { purse, .. } => Err(short(purse)),
            // Answered, or about to be: this one must not be drawn a second time.
            Reserved::Answered(_) | Reserved::UnderWay => {
                Err(Refusal::Unavailable("the question is another's".into()))
            }
        }
    }
}

fn short(purse: &Purse) -> Refusal {
    Refusal::Exhausted {
        budget: format!("{}/{}", purse.id.kind.as_str(), purse.id.key),
        remaining_nano_rho: purse.left(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{TimeDelta, Utc};
    use hjemmel_kostra::Form;
    use hjemmel_store::FirstCaps;
    use std::collections::BTreeMap;
    use std::sync::mpsc::{Sender, channel};

    fn spend(question: &str) -> Spend {
        Spend {
            id: Uuid::now_v7(),
            at: Utc::now(),
            // A key is a digest.
            question_key: format!("{question:x>64}"),
            question: question.to_owned(),
            project: "kvp".to_owned(),
            sponsor: "971032146".to_owned(),
            decision: Uuid::now_v7(),
            of_data: BTreeMap::from([((Form::F11, 2024), 1)]),
        }
    }

    /// Waits in a thread for what is said now or later.
    fn said<T>(order: impl FnOnce(Sender<T>, fn(Sender<T>, T)) -> Option<(Sender<T>, T)>) -> T {
        let (waits, said) = channel();
        let now = order(waits, |waits, said| waits.send(said).unwrap());
        now.map_or_else(|| said.recv().unwrap(), |(_, said)| said)
    }

    #[test]
    fn alone_or_in_a_crowd_everybody_is_served_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("purses.db");
        let store = Store::open(path.to_str().unwrap(), 2).unwrap();
        store.migrate().unwrap();
        let healthy = Arc::new(AtomicBool::new(true));
        let first_caps = FirstCaps { dataset_year: 60, project: 100, organisation: 100 };
        let terms = Terms { patience: TimeDelta::seconds(30), first_caps };
        let purser = Purser::start(&store, &healthy, terms).unwrap();
        let ask = |question: &str| {
            let (_customer, spend) = (purser.enter(), spend(question));
            let body = question.as_bytes().to_vec();
            let (question_key, id, at) = (spend.question_key.clone(), spend.id, spend.at);
            match said(|waits, later| purser.reserve(spend, None, waits, later)) {
                Reserved::Paid(_) => {
                    let answer = NewAnswer { question_key, id, at, body };
                    let kept = said(|waits, later| purser.keep(answer, waits, later));
                    assert_eq!(kept.id, id);
                    1_u64
                }
                Reserved::Exhausted { .. } => 0,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((0..5).map(|number| ask(&format!("alone {number}"))).sum::<u64>(), 5);
        let (one, other) = (purser.enter(), purser.enter());
        assert!(purser.is_crowded());
        drop(other);
        assert!(!purser.is_crowded());
        drop(one);
        let crowd: u64 = std::thread::scope(|scope| {
            let ask = &ask;
            let of = move |thread: u64| (0..10).map(|n| ask(&format!("{thread} {n}"))).sum::<u64>();
            let threads: Vec<_> = (0..8).map(|thread| scope.spawn(move || of(thread))).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(crowd, 55);
        assert_eq!(ask("too late"), 0);
        assert_eq!(store.paid_and_answered().unwrap(), (60, 60));
        assert_eq!(store.check_purses().unwrap(), []);
        assert_eq!(purser.paying.desk.under_way.load(Ordering::Acquire), 0);
        assert!(healthy.load(Ordering::Acquire));
    }
}
