//! What happens when the database, the disk or the process itself goes away.

use crate::support::{Place, batch, current_editions, delivery, edition, soon};
use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use hjemmel_kostra::Form;
use hjemmel_store::{Chain, Error, Store};
use hjemmel_tests::postgres::Cluster;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BATCH: usize = 20;

/// Runs one of the ignored tests below in a process of its own, which prints `acked N` as it goes on.
fn child(test: &str, url: &str, limit: &str) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(format!("trap '' XFSZ; {limit} exec \"$0\" \"$@\""));
    command.arg(std::env::current_exe().unwrap());
    command.args(["--exact", test, "--ignored", "--nocapture", "--test-threads=1"]);
    command.env("STORE_URL", url).stdout(Stdio::piped());
    command
}

fn acknowledged(lines: impl Iterator<Item = std::io::Result<String>>) -> i64 {
    lines
        .map_while(Result::ok)
        .filter_map(|line| line.strip_prefix("acked ")?.parse().ok())
        .last()
        .unwrap_or(0)
}

fn intact(store: &Store) -> i64 {
    match store.verify_chain(&[]).unwrap() {
        Chain::Intact(state) => state.seq,
        broken @ Chain::Broken { .. } => panic!("{broken:?}"),
    }
}

#[test]
#[ignore = "a process that is killed, started by the tests"]
fn child_that_writes() {
    let store = Store::open(&std::env::var("STORE_URL").unwrap(), 2).unwrap();
    let mut lock = soon(|| store.lock_import(Form::F11, 2024));
    for _ in 0..2_000 {
        store.record_decisions(&batch(BATCH)).unwrap();
        println!("\nacked {}", store.chain_state().unwrap().seq);
        let version = store.next_edition(&mut lock, Form::F11, 2024).unwrap();
        store.add_edition(&mut lock, &delivery(version.into()), &edition(version)).unwrap();
    }
}

#[test]
#[ignore = "a process whose disk is full, started by the tests"]
fn child_that_fills_its_disk() {
    let store = Store::open(&std::env::var("STORE_URL").unwrap(), 1).unwrap();
    for _ in 0..2_000 {
        match store.record_decisions(&batch(BATCH)) {
            Ok(()) => println!("\nacked {}", store.chain_state().unwrap().seq),
            Err(error) => {
                assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
                assert!(store.record_decisions(&batch(2_000)).unwrap_err().is_temporary());
                println!("\nfull");
                return;
            }
        }
    }
    panic!("the disk never filled");
}

on_both! {
    fn a_process_killed_while_committing_leaves_all_or_nothing(place) {
        let mut total = 0;
        for round in 1..=4 {
            let mut process = child("faults::child_that_writes", &place.url, "").spawn().unwrap();
            let lines = BufReader::new(process.stdout.take().unwrap()).lines();
            let killer = std::thread::spawn(move || {
                std::thread::sleep(Duration::from_millis(150 + 37 * round));
                process.kill().unwrap();
                process.wait().unwrap();
            });
            let acknowledged = acknowledged(lines);
            killer.join().unwrap();
            drop(soon(|| place.store.lock_import(Form::F11, 2024)));
            let stored = intact(&place.store);
            assert!(stored >= acknowledged && stored % 20 == 0, "{stored} {acknowledged}");
            total = total.max(acknowledged);
            let editions = current_editions(&place.store);
            assert!(editions.len() <= 1);
            for current in editions {
                let sha256 = format!("{:064x}", current.version);
                let delivery = place.store.accepted_delivery(Form::F11, 2024, &sha256).unwrap().unwrap();
                assert_eq!(delivery.edition, Some(current.id));
            }
        }
        assert!(total > 0, "the processes never got to work");
    }
}

#[test]
fn a_full_disk_refuses_and_leaves_nothing_half_written() {
    let place = Place::sqlite();
    let mut process =
        child("faults::child_that_fills_its_disk", &place.url, "ulimit -f 1500;").spawn().unwrap();
    let lines: Vec<_> = BufReader::new(process.stdout.take().unwrap()).lines().collect();
    assert!(lines.iter().any(|line| line.as_deref().unwrap() == "full"));
    assert!(process.wait().unwrap().success());
    assert_eq!(intact(&place.store), acknowledged(lines.into_iter()));
    place.store.record_decisions(&batch(BATCH)).unwrap();
    intact(&place.store);
}

#[test]
fn a_server_that_was_gone_is_found_again() {
    let cluster = Cluster::start();
    let store = Store::open(&cluster.database("gone"), 3).unwrap();
    store.migrate().unwrap();
    store.record_decisions(&batch(3)).unwrap();
    let mut lock = store.lock_import(Form::F11, 2024).unwrap();
    cluster.stop();
    for _ in 0..2 {
        let start = Instant::now();
        let error = store.record_decisions(&batch(1)).unwrap_err();
        assert!(matches!(error, Error::Unavailable(_)), "{error:?}");
        assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    }
    assert!(store.ping().unwrap_err().is_temporary());
    cluster.restart();
    soon(|| store.ping());
    store.record_decisions(&batch(1)).unwrap();
    assert_eq!(intact(&store), 4);
    let lost = store.add_edition(&mut lock, &delivery(1), &edition(1));
    assert!(matches!(lost, Err(Error::Busy(_))), "a lock of the old server counts no longer");
}

#[test]
fn a_file_somebody_else_holds_is_busy_until_it_is_let_go() {
    let place = Place::sqlite();
    let mut other =
        SqliteConnection::establish(place.url.strip_prefix("sqlite:").unwrap()).unwrap();
    other.batch_execute("BEGIN IMMEDIATE").unwrap();
    let store = place.store.clone();
    let beat = std::thread::spawn(move || store.ping());
    let refused = place.store.record_decisions(&batch(1)).unwrap_err();
    assert!(matches!(refused, Error::Busy(_)), "{refused:?}");
    assert!(beat.join().unwrap().unwrap_err().is_temporary());
    other.batch_execute("ROLLBACK").unwrap();
    place.store.ping().unwrap();
    place.store.record_decisions(&batch(1)).unwrap();
    assert_eq!(intact(&place.store), 1);
}

#[test]
fn nothing_is_recorded_in_a_file_that_no_longer_has_its_name() {
    let directory = tempfile::TempDir::new().unwrap();
    let (path, away) = (directory.path().join("store.db"), directory.path().join("away.db"));
    let store = Store::open(&path.to_string_lossy(), 2).unwrap();
    store.migrate().unwrap();
    store.record_decisions(&batch(1)).unwrap();
    std::fs::rename(&path, &away).unwrap();
    for _ in 0..2 {
        let refused = store.record_decisions(&batch(1)).unwrap_err();
        assert!(matches!(refused, Error::Unavailable(_)), "{refused:?}");
        assert!(matches!(store.ping().unwrap_err(), Error::Unavailable(_)));
        assert!(!path.exists(), "an empty database was made in its place");
        assert!(Store::open_existing(&path.to_string_lossy(), 1).is_err());
        // Another one under its name is not it either.
        std::fs::copy(&away, &path).unwrap();
        assert!(store.ping().unwrap_err().to_string().contains("replaced"));
        std::fs::remove_file(&path).unwrap();
    }
    std::fs::rename(&away, &path).unwrap();
    store.ping().unwrap();
    store.record_decisions(&batch(1)).unwrap();
    assert_eq!(intact(&store), 2);
}

#[test]
fn a_file_that_is_no_database_is_refused_and_kept() {
    let directory = tempfile::TempDir::new().unwrap();
    let path = directory.path().join("notes.txt");
    std::fs::write(&path, "not a database, but long enough to be looked at".repeat(100)).unwrap();
    let before = std::fs::read(&path).unwrap();
    assert!(Store::open(&path.to_string_lossy(), 1).is_err());
    assert_eq!(std::fs::read(&path).unwrap(), before);
    assert!(Store::open(&directory.path().join("no/such/folder.db").to_string_lossy(), 1).is_err());
}

#[test]
fn nobody_else_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::sqlite();
    let path = place.url.strip_prefix("sqlite:").unwrap();
    for suffix in ["", "-wal"] {
        let mode = std::fs::metadata(format!("{path}{suffix}")).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{suffix}");
    }
}
