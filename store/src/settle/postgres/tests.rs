//! That a guess is written where everything is as it was, and only there.

use super::*;
use crate::{CapChange, Chain, Reserved, Spend};
use chrono::TimeDelta;
use hjemmel_kostra::Form;
use hjemmel_tests::postgres::Cluster;
use std::io::{Read as _, Write as _};
use std::net::Shutdown;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::{Arc, Barrier, Mutex};
use uuid::Uuid;

/// Two servers with one database.
fn servers(name: &str) -> [Store; 2] {
    let url = Cluster::shared().database(name);
    let servers = [(); 2].map(|()| Store::open(&url, 2).unwrap());
    servers[0].migrate().unwrap();
    servers
}

fn pay(store: &Store, number: u32) -> Reserved {
    store.settle(&Round::paying(number)).unwrap().reserved.remove(0)
}

fn left(store: &Store) -> Left {
    store.ledger.left.lock().unwrap().clone().unwrap()
}

/// Whether it is paid for from what the last round left.
fn guessed(store: &Store, round: &Round) -> bool {
    store.guess(&left(store), round, &Asked::of(round)).unwrap().is_some()
}

fn whole(store: &Store, paid: u64) {
    assert_eq!(store.check_purses().unwrap(), []);
    assert_eq!(store.paid_and_answered().unwrap().0, paid);
    assert!(matches!(store.verify_chain(&[]).unwrap(), Chain::Intact(_)));
}

#[test]
fn what_nobody_else_has_touched_is_paid_from_in_one_journey() {
    let [store, other] = servers("guessed");
    pay(&store, 1);
    assert!(!left(&store).undisturbed);
    pay(&store, 2);
    assert!(left(&store).undisturbed);
    assert!(guessed(&store, &Round::paying(3)));
    whole(&store, 3);
    // The next round finds it and pays in spite of it, and guesses no more until it has found its own.
    assert!(matches!(pay(&store, 4), Reserved::Paid(_)));
    assert!(!left(&store).undisturbed);
    pay(&store, 5);
    assert!(left(&store).undisturbed);
    pay(&other, 6);
    pay(&store, 7);
    assert!(!left(&store).undisturbed);
    whole(&store, 7);
}

#[test]
fn payments_and_decisions_of_one_server_begin_with_what_the_other_left() {
    let [store, other] = servers("both");
    let record = |store: &Store, number| {
        store.record_decisions(&Round::paying(number).decisions).unwrap();
    };
    pay(&store, 0);
    record(&store, 1);
    for number in (2..200).step_by(2) {
        pay(&store, number);
        record(&store, number + 1);
        assert!(left(&store).undisturbed, "{number}");
    }
    record(&other, 200);
    record(&store, 201);
    assert!(!left(&store).undisturbed);
    std::thread::scope(|scope| {
        scope.spawn(|| (300..400).for_each(|number| drop(pay(&store, number))));
        scope.spawn(|| (400..500).for_each(|number| record(&store, number)));
        scope.spawn(|| (500..600).for_each(|number| record(&other, number)));
    });
    whole(&store, 200);
    assert_eq!(store.chain_state().unwrap().seq, 502);
}

#[test]
fn nodes_of_the_tree_are_finished_all_the_same() {
    let [store, _] = servers("finished");
    for number in 0..600 {
        assert!(matches!(pay(&store, number), Reserved::Paid(_)));
    }
    whole(&store, 600);
    assert_eq!(store.prove_consistency(300, None).unwrap().root.size, 600);
}

#[test]
fn whatever_has_changed_nothing_is_paid_by_a_guess() {
    let [store, other] = servers("changed");
    let lower = |number: u32| {
        let purse = PurseId::of_data(Form::F11, 2024);
        let (reason, proposed_by) = (String::new(), "kari".to_owned());
        let (id, proposed_at) = (Uuid::from_u128(number.into()), Spend::example(number).at);
        let (cap, marks, approved_by, settled_at) = (900, Vec::new(), None, None);
        let change = CapChange {
            id,
            purse,
            cap,
            reason,
            proposed_by,
            marks,
            proposed_at,
            approved_by,
            settled_at,
        };
        let event = |_: &_| Round::paying(number + 5).decisions.remove(0);
        other.change_cap(&change, 0, event).map(drop)
    };
    let record = |number| other.record_decisions(&Round::paying(number).decisions);
    let spend = |number| {
        let round = Round { decisions: Vec::new(), ..Round::paying(number) };
        other.settle(&round).map(drop)
    };
    let changes: [&dyn Fn(u32) -> Result<(), Error>; 3] = [&lower, &record, &spend];
    let mut paid = 0;
    for (first, change) in (0..).step_by(10).zip(changes) {
        for number in first..first + 3 {
            pay(&store, number);
        }
        assert!(left(&store).undisturbed);
        change(first + 3).unwrap();
        let before = store.paid_and_answered().unwrap().0;
        assert!(!guessed(&store, &Round::paying(first + 4)));
        whole(&store, before);
        assert!(matches!(pay(&store, first + 4), Reserved::Paid(_)));
        paid = before + 1;
    }
    whole(&store, paid);
}

/// One that asks the same later.
fn again(number: u32, hours: i64) -> Round {
    let mut round = Round::paying(number);
    round.decisions[0].id = Uuid::now_v7();
    round.spends[0].id = Uuid::now_v7();
    round.spends[0].at += TimeDelta::hours(hours);
    round
}

#[test]
fn a_question_is_paid_once_by_guesses_too() {
    let [store, _] = servers("once");
    for number in 0..3 {
        pay(&store, number);
    }
    assert!(!guessed(&store, &again(2, 0)));
    assert_eq!(store.settle(&again(2, 0)).unwrap().reserved, [Reserved::UnderWay]);
    // Nobody answers for so long: it is paid again.
    assert!(guessed(&store, &again(2, 1)));
    store.settle(&Round::keeping(2)).unwrap();
    for number in 4..6 {
        pay(&store, number);
    }
    assert!(left(&store).undisturbed && !guessed(&store, &again(2, 2)));
    let reserved = store.settle(&again(2, 2)).unwrap().reserved;
    assert!(matches!(reserved[..], [Reserved::Answered(_)]));
    whole(&store, 6);
}

#[test]
fn of_two_that_guess_at_the_same_time_one_is_wrong() {
    let servers = &servers("race");
    for (number, server) in (1_000..).zip(servers) {
        pay(server, number);
    }
    for number in 0..200 {
        pay(&servers[0], number);
        let (left, together) = (left(&servers[0]), Barrier::new(2));
        let guess = |server: &Store, number| {
            // Where no decision moves the record, the purses alone tell that somebody was faster.
            let round = Round { decisions: Vec::new(), ..again(number, 1) };
            together.wait();
            server.guess(&left, &round, &Asked::of(&round)).unwrap().is_some()
        };
        let paid = std::thread::scope(|scope| {
            // The same question, and two of their own.
            let asked = [number, number + 2_000 * (number % 2)];
            let guess = &guess;
            let threads = [0, 1].map(|n| scope.spawn(move || guess(&servers[n], asked[n])));
            threads.map(|thread| thread.join().unwrap())
        });
        assert_ne!(paid[0], paid[1], "{number}");
    }
    whole(&servers[0], 402);
}

/// A wire to a database's socket, which is cut once before something is told.
struct Wire {
    folder: tempfile::TempDir,
    before: Arc<Mutex<Option<&'static [u8]>>>,
}

impl Wire {
    const SOCKET: &str = ".s.PGSQL.5432";

    fn to(folder: &str) -> Self {
        let target = Path::new(folder).join(Self::SOCKET);
        let (folder, before) = (tempfile::tempdir().unwrap(), Arc::new(Mutex::new(None)));
        let listener = UnixListener::bind(folder.path().join(Self::SOCKET)).unwrap();
        let shared = before.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let server = UnixStream::connect(&target).unwrap();
                let (mut asking, mut asked) =
                    (client.try_clone().unwrap(), server.try_clone().unwrap());
                std::thread::spawn(move || {
                    let _ = std::io::copy(&mut asking, &mut asked);
                    let _ = asked.shutdown(Shutdown::Both);
                });
                let shared = shared.clone();
                std::thread::spawn(move || answer(&server, &client, &shared));
            }
        });
        Self { folder, before }
    }

    fn cut_before(&self, told: &'static [u8]) {
        *self.before.lock().unwrap() = Some(told);
    }

    fn is_cut(&self) -> bool {
        self.before.lock().unwrap().is_none()
    }
}

fn answer(mut server: &UnixStream, mut client: &UnixStream, before: &Mutex<Option<&[u8]>>) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(read @ 1..) = server.read(&mut buffer) {
        let told = &buffer[..read];
        let holds = |what: &mut &[u8]| told.windows(what.len()).any(|window| window == *what);
        if before.lock().unwrap().take_if(holds).is_some() || client.write_all(told).is_err() {
            break;
        }
    }
    let _ = client.shutdown(Shutdown::Both);
}

#[test]
fn what_is_written_and_not_heard_of_is_written_once() {
    let url = Cluster::shared().database("unheard");
    let folder = url.split("host=").nth(1).and_then(|rest| rest.split('&').next()).unwrap();
    let wire = Wire::to(folder);
    let store = Store::open(&url.replace(folder, wire.folder.path().to_str().unwrap()), 2).unwrap();
    store.migrate().unwrap();
    pay(&store, 1);
    pay(&store, 2);
    assert!(left(&store).undisturbed);
    // First in one journey, and then, since the connection is a new one, with everything locked before.
    for (number, told) in [(3, &b"SELECT 1\0"[..]), (4, b"COMMIT\0")] {
        wire.cut_before(told);
        assert!(matches!(pay(&store, number), Reserved::Paid(_)));
        assert!(wire.is_cut());
        whole(&store, number.into());
    }
    pay(&store, 5);
    assert!(guessed(&store, &Round::paying(6)));
    whole(&store, 6);
    // The same of decisions alone; one that is there already is still told so.
    pay(&store, 7);
    pay(&store, 8);
    for (number, told) in [(9, &b"SELECT 1\0"[..]), (10, b"COMMIT\0")] {
        let decisions = Round::paying(number).decisions;
        wire.cut_before(told);
        store.record_decisions(&decisions).unwrap();
        assert!(wire.is_cut());
        assert_eq!(store.chain_state().unwrap().seq, i64::from(number));
        assert!(matches!(store.record_decisions(&decisions), Err(Error::Conflict(_))));
    }
    // By a guess, too, whatever else it would record.
    for number in 11..13 {
        store.record_decisions(&Round::paying(number).decisions).unwrap();
    }
    assert!(left(&store).undisturbed);
    let both = [12, 13].map(|number| Round::paying(number).decisions.remove(0));
    assert!(matches!(store.record_decisions(&both), Err(Error::Conflict(_))));
    assert_eq!(store.chain_state().unwrap().seq, 12);
    whole(&store, 8);
}
