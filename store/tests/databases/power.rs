//! What is left when the power goes, or the server falls: a payment is waited for together with its answer, so it may be
//! lost as long as nobody has one, and never afterwards.

use crate::purses::{answer, data, spend, spent, terms};
use crate::support::{Place, batch, decision, soon};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use diesel::sql_types::Bool;
use hjemmel_store::{Chain, Reserved, Round, Settled, Spend, Store};
use hjemmel_tests::postgres::Cluster;
use std::path::Path;

/// What a question costs: of its budgets a hundredth each.
const PRICE: u64 = 10;

fn question(number: usize) -> Spend {
    spend(&number.to_string(), "kvp", PRICE)
}

/// Pays for a question and records the decision on it.
fn pay(store: &Store, spend: &Spend) -> Reserved {
    let round = Round {
        decisions: vec![decision(1)],
        spends: vec![spend.clone()],
        terms: terms(0),
        ..Round::default()
    };
    let Settled { mut reserved, .. } = soon(|| store.settle(&round));
    reserved.remove(0)
}

fn keep(store: &Store, spend: &Spend) {
    store.keep_answers(&[answer(spend, "{}")]).unwrap();
}

fn ask(store: &Store, number: usize) -> Spend {
    let spend = question(number);
    assert!(matches!(pay(store, &spend), Reserved::Paid(_)));
    keep(store, &spend);
    spend
}

/// The books agree, the record is whole, and all of these were answered; how many more were paid for.
fn whole(store: &Store, answered: &[Spend]) -> usize {
    assert_eq!(store.check_purses().unwrap(), []);
    assert!(matches!(store.verify_chain(&[]).unwrap(), Chain::Intact(_)));
    let (paid, kept) = store.paid_and_answered().unwrap();
    assert_eq!(kept, answered.len() as u64);
    for spend in answered {
        assert_eq!(store.answer_of(&spend.question_key).unwrap().unwrap().id, spend.id);
    }
    assert_eq!(spent(store, &data()), paid * PRICE);
    usize::try_from(paid).unwrap() - answered.len()
}

#[test]
fn a_power_cut_leaves_every_answer_paid_for_on_sqlite() {
    let place = Place::sqlite();
    let file = Path::new(place.url.strip_prefix("sqlite:").unwrap());
    let log = |file: &Path| file.with_extension("db-wal");
    let mut answered: Vec<Spend> = (0..3).map(|number| ask(&place.store, number)).collect();
    let on_disk = std::fs::metadata(log(file)).unwrap().len();
    assert!(matches!(pay(&place.store, &question(3)), Reserved::Paid(_)));
    let written = std::fs::read(log(file)).unwrap();
    let on_disk = usize::try_from(on_disk).unwrap();
    assert!(written.len() > on_disk);
    // Of what was written since, any beginning may have reached the disk.
    let (mut lost, mut there) = (0, 0);
    for reached in (on_disk..=written.len()).step_by(1_373).chain([written.len()]) {
        let folder = tempfile::tempdir().unwrap();
        let after = folder.path().join("after.db");
        std::fs::copy(file, &after).unwrap();
        std::fs::write(log(&after), &written[..reached]).unwrap();
        let store = Store::open(after.to_str().unwrap(), 1).unwrap();
        match whole(&store, &answered) {
            0 => lost += 1,
            more => there += more,
        }
        answered.push(ask(&store, 4));
        whole(&store, &answered);
        answered.pop();
    }
    assert!(lost > 5 && there == 1, "{lost} {there}");
}

/// A server of one's own, its database, and a store there.
fn server() -> (Cluster, String, Store) {
    let cluster = Cluster::start();
    let url = cluster.database("power");
    let store = Store::open(&url, 2).unwrap();
    store.migrate().unwrap();
    // Whoever connects after tables were dropped clears away what is left of them, which is written down too.
    PgConnection::establish(&url).unwrap().batch_execute("VACUUM").unwrap();
    (cluster, url, store)
}

#[test]
fn a_server_that_falls_loses_no_answer() {
    let (cluster, _, store) = server();
    let mut answered = Vec::new();
    for number in 0..5 {
        answered.push(ask(&store, number));
        assert!(matches!(pay(&store, &question(100 + number)), Reserved::Paid(_)));
        cluster.fall();
        cluster.restart();
        assert!(soon(|| store.ping().map(|()| whole(&store, &answered))) <= number + 1);
    }
}

/// Whether all that was written is on the disk.
fn is_on_disk(url: &str) -> bool {
    #[derive(QueryableByName)]
    struct Flushed {
        #[diesel(sql_type = Bool)]
        all: bool,
    }
    let sql = "SELECT pg_current_wal_flush_lsn() >= pg_current_wal_insert_lsn() AS all";
    let mut conn = PgConnection::establish(url).unwrap();
    diesel::sql_query(sql).get_result::<Flushed>(&mut conn).unwrap().all
}

#[test]
fn whatever_is_told_is_on_the_disk_on_postgres() {
    let (_cluster, url, store) = server();
    for number in 0..60 {
        let spend = question(number);
        assert!(matches!(pay(&store, &spend), Reserved::Paid(_)));
        keep(&store, &spend);
        assert!(is_on_disk(&url), "an answer");
        assert!(matches!(pay(&store, &spend), Reserved::Answered(_)));
        assert!(is_on_disk(&url), "an answer that was there");
    }
    for number in 60..100 {
        assert!(matches!(pay(&store, &question(number)), Reserved::Paid(_)));
        store.record_root(None).unwrap();
        assert!(is_on_disk(&url), "the record");
        store.record_decisions(&batch(1)).unwrap();
        assert!(is_on_disk(&url), "a decision");
    }
    assert!(matches!(pay(&store, &question(100)), Reserved::Exhausted { .. }));
    assert!(is_on_disk(&url), "a refusal");
}
