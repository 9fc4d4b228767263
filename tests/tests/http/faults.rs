//! What a server does when something under it goes away: it refuses, says so, and recovers by itself.

use crate::answer::Answer;
use crate::installation::{Installation, succeed};
use crate::node::Node;
use crate::postgres;
use hjemmel_kostra::Form;
use hjemmel_store::{Chain, Store};
use hjemmel_tests::postgres::Cluster;
use std::fs;
use std::time::Duration;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024";
const DATA: &str = "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=EAK,3107&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";

/// Until a server knows what happened.
const SOON: Duration = Duration::from_secs(20);
/// Until it is all right again.
const RECOVERED: Duration = Duration::from_mins(1);

/// Everything that holds data or rests on the database, and who asks for it.
const ASKED: [(&str, &str); 15] = [
    ("", "/pxwebapi/v2/tables"),
    ("", "/pxwebapi/v2/tables/S1101"),
    ("", "/pxwebapi/v2/tables/S1101/metadata"),
    ("", "/pxwebapi/v2/tables/S1101/defaultselection"),
    ("", DATA),
    ("", "/v1/datasets"),
    ("", "/v1/datasets/skjema-11"),
    ("bld", DATA),
    ("nav", DATA),
    ("nav", "/v1/datasets/skjema-11/microdata?year=2024&limit=1"),
    ("nav", "/v1/datasets/skjema-11/microdata?year=2024&format=csv"),
    ("nav", "/v1/datasets/skjema-11/microdata?year=2024&format=parquet"),
    ("nav", "/v1/datasets/skjema-11/microdata?year=2024&format=arrow"),
    ("bld", RECORDS),
    ("nav", "/v1/me"),
];

fn ask(node: &Node, who: &str, path: &str) -> Answer {
    let caller = if who.is_empty() { node.anyone() } else { node.caller(who) };
    caller.get(path)
}

/// A refusal and nothing else.
#[track_caller]
fn assert_refused(answer: &Answer, path: &str) {
    let body = answer.problem(503, "unavailable");
    assert_eq!(answer.header("retry-after"), "2", "{path}");
    assert_eq!(answer.header("hjemmel-protection"), "", "{path}");
    let members: Vec<&String> = body.as_object().unwrap().keys().collect();
    assert_eq!(members, ["detail", "instance", "status", "title", "type"], "{path}");
}

#[track_caller]
fn assert_refuses_everything(node: &Node) {
    for (who, path) in ASKED {
        assert_refused(&ask(node, who, path), path);
    }
}

/// A token that is refused is a matter for the record too.
#[track_caller]
fn assert_refuses_a_bad_token(node: &Node) {
    assert_refused(
        &node.with_token("a.b.c").get("/v1/me"),
        "a token nobody can record the refusal of",
    );
}

fn is_ready(node: &Node) -> bool {
    let answer = node.anyone().get("/health/ready");
    if answer.status != 200 {
        assert_refused(&answer, "/health/ready");
    }
    answer.status == 200
}

fn intact(store: &Store) -> i64 {
    match store.verify_chain(&[]).unwrap() {
        Chain::Intact(state) => state.seq,
        broken @ Chain::Broken { .. } => panic!("{broken:?}"),
    }
}

/// A server whose database goes and comes back.
fn assert_survives(installation: &Installation, gone: impl FnOnce(), back: impl FnOnce()) {
    let node = installation.serve();
    let open = ask(&node, "", DATA).ok();
    assert_eq!(ask(&node, "", DATA).ok().body, open.body);
    let exact = ask(&node, "nav", DATA).ok();
    assert_eq!(exact.header("hjemmel-protection"), "exact");
    let recorded = intact(&installation.store());
    gone();
    // What needs a decision is refused from the first moment, known or not.
    for path in [DATA, RECORDS] {
        assert_refused(&ask(&node, "nav", path), path);
    }
    node.wait_until(SOON, |node| !is_ready(node));
    for (who, path) in ASKED {
        assert_refused(&ask(&node, who, path), path);
        let english = node.anyone().get_with("/v1/datasets", &[("Accept-Language", "en")]);
        assert!(english.json()["detail"].as_str().unwrap().contains("Nothing was released"));
    }
    assert_refuses_a_bad_token(&node);
    for path in ["/health/live", "/openapi.json", "/docs/", "/problems/unavailable"] {
        node.anyone().get(path).ok();
    }
    let unknown = "/v1/decisions/0191c7b0-7f3e-7a52-8c59-2f1f6e0d8a11";
    assert_refused(&ask(&node, "auditor", unknown), unknown);
    back();
    node.wait_until(RECOVERED, is_ready);
    assert_eq!(ask(&node, "", DATA).ok().body, open.body);
    assert_eq!(ask(&node, "nav", DATA).ok().body, exact.body);
    ask(&node, "nav", RECORDS).ok();
    // The record holds what was answered and is in one piece.
    assert_eq!(intact(&installation.store()), recorded + 2);
    let log = node.log();
    assert!(log.contains("answers are refused") || log.contains("record of decisions"), "{log}");
    assert!(log.contains("the database is back") && !log.contains("panicked"), "{log}");
}

#[test]
fn while_postgresql_is_gone_nothing_leaves_and_it_is_found_again() {
    let cluster = Cluster::start();
    let installation = postgres::installed("outage-pg", &cluster.database("outage"));
    assert_survives(&installation, || cluster.stop(), || cluster.restart());
}

#[test]
fn while_the_sqlite_file_is_elsewhere_nothing_leaves_and_it_is_found_again() {
    let installation = Installation::copy("outage-sqlite");
    let (file, away) = (installation.path("hjemmel.db"), installation.path("away.db"));
    assert_survives(
        &installation,
        || fs::rename(&file, &away).unwrap(),
        || fs::rename(&away, &file).unwrap(),
    );
}

#[test]
fn while_the_database_is_of_another_version_nothing_leaves() {
    const MIGRATED: &str =
        "INSERT INTO __diesel_schema_migrations (version) VALUES ('99991231000000')";
    const TAKEN_BACK: &str =
        "DELETE FROM __diesel_schema_migrations WHERE version = '99991231000000'";
    let cluster = Cluster::shared();
    let installation = postgres::installed("newer-pg", &cluster.database("newer"));
    let node = installation.serve();
    let exact = ask(&node, "nav", DATA).ok();
    let written = || {
        let store = installation.store();
        (intact(&store), store.events(1_000).unwrap())
    };
    let before = written();
    cluster.sql("newer", MIGRATED);
    node.wait_until(SOON, |node| !is_ready(node));
    assert_refuses_everything(&node);
    assert_refuses_a_bad_token(&node);
    assert_eq!(written(), before);
    cluster.sql("newer", TAKEN_BACK);
    node.wait_until(RECOVERED, is_ready);
    assert_eq!(ask(&node, "nav", DATA).ok().body, exact.body);
    let log = node.log();
    assert!(log.contains("belongs to a newer version") && log.contains("99991231000000"), "{log}");
}

#[test]
fn decisions_are_never_written_to_a_file_that_was_removed_or_replaced() {
    let installation = Installation::copy("replaced");
    let node = installation.serve();
    ask(&node, "nav", DATA).ok();
    let (file, backup) = (installation.path("hjemmel.db"), installation.path("backup.db"));
    fs::copy(&file, &backup).unwrap();
    fs::remove_file(&file).unwrap();
    assert_refused(&ask(&node, "nav", DATA), DATA);
    node.wait_until(SOON, |node| !is_ready(node));
    assert!(!file.exists(), "an empty database was made in its place");
    // What has the name of the old file is another: only an operator can say whether it is the right one.
    fs::rename(&backup, &file).unwrap();
    node.wait_until(SOON, |node| node.log().contains("was replaced while in use"));
    assert_refuses_everything(&node);
    drop(node);
    ask(&installation.serve(), "nav", DATA).ok();
}

#[test]
fn while_the_disk_is_full_nothing_leaves_that_cannot_be_recorded() {
    let installation = Installation::copy("full");
    let node = Node::start(installation.with_a_disk_of(600), &installation.path(""));
    let (mut given, mut refused) = (0, None);
    for _ in 0..5_000 {
        let answer = ask(&node, "nav", "/v1/datasets/skjema-11/microdata?year=2024&limit=1");
        if answer.status != 200 {
            refused = Some(answer);
            break;
        }
        given += 1;
    }
    assert_refused(&refused.expect("the disk never filled"), RECORDS);
    node.wait_until(SOON, |node| !is_ready(node));
    assert_refuses_everything(&node);
    assert!(given > 0, "{}", node.log());
    assert!(!node.log().contains("panicked"), "{}", node.log());
    drop(node);
    let before = intact(&installation.store());
    assert!(before >= given, "{given} answers rest on {before} decisions");
    ask(&installation.serve(), "nav", RECORDS).ok();
    assert!(intact(&installation.store()) > before);
}

/// Changes the bytes of a file.
type Spoil = fn(&mut Vec<u8>);

/// Damage to an edition's file, by what is done to its bytes.
const DAMAGE: [(&str, Spoil); 5] = [
    ("emptied", |bytes| bytes.clear()),
    ("cut", |bytes| bytes.truncate(bytes.len() / 2)),
    ("overwritten", |bytes| {
        bytes.iter_mut().skip(1_000).take(5_000).for_each(|byte| *byte ^= 0xA5);
    }),
    ("footer", |bytes| {
        let end = bytes.len();
        bytes[end - 300..end - 8].fill(0xFF);
    }),
    ("not Parquet", |bytes| *bytes = b"KOMMUNE_NR;VKLO\n0301;1\n".repeat(1_000)),
];

#[test]
fn records_that_are_damaged_are_refused_and_the_rest_goes_on() {
    let installation = Installation::copy("damaged");
    let file = installation.path("registers/form=11/year=2024/edition=1/part-0.parquet");
    let sound = fs::read(&file).unwrap();
    let node = installation.serve();
    let first = ask(&node, "nav", &format!("{RECORDS}&limit=5")).ok();
    let other = installation.path("registers/form=11/year=2025/edition=1/part-0.parquet");
    let mut damage: Vec<(&str, Option<Vec<u8>>)> = DAMAGE
        .iter()
        .map(|(name, spoil)| {
            let mut bytes = sound.clone();
            spoil(&mut bytes);
            (*name, Some(bytes))
        })
        .collect();
    damage.push(("another year's", Some(fs::read(other).unwrap())));
    damage.push(("removed", None));
    for (name, bytes) in damage {
        match bytes {
            Some(bytes) => fs::write(&file, bytes).unwrap(),
            None => fs::remove_file(&file).unwrap(),
        }
        for rest in ["&limit=5", "&format=csv", "&format=parquet", "&format=arrow"] {
            let path = format!("{RECORDS}{rest}");
            let answer = node.caller("nav").get_with(&path, &[("Accept-Language", "en")]);
            assert_refused(&answer, name);
            let detail = answer.json()["detail"].as_str().unwrap().to_owned();
            assert!(detail.contains("form 11 for 2024 cannot be read"), "{name}: {detail}");
        }
        assert_refused(&ask(&node, "nav", DATA), name);
        // What does not rest on the file is as it was.
        assert!(is_ready(&node), "{name}");
        assert_eq!(ask(&node, "", DATA).ok().header("hjemmel-protection"), "suppressed");
        ask(&node, "nav", "/v1/datasets/skjema-11/microdata?year=2025&limit=5").ok();
        let release = installation.run(&["release", "--form", "11", "--year", "2024"]);
        let words = crate::installation::words(&release);
        assert_eq!(release.status.code(), Some(2), "{name}: {words}");
        assert!(words.contains("edition") && !words.contains("panicked"), "{name}: {words}");
    }
    let log = node.log();
    assert!(log.contains("digest") && !log.contains("panicked"), "{log}");
    fs::write(&file, &sound).unwrap();
    let again = ask(&node, "nav", &format!("{RECORDS}&limit=5")).ok();
    assert_eq!(again.records(), first.records());
    succeed(&installation.run(&["release", "--form", Form::F11.number(), "--year", "2024"]));
}

#[test]
fn records_that_rot_after_they_were_verified_are_cut_and_never_shorter() {
    let installation = Installation::copy("rotten");
    let file = installation.path("registers/form=11/year=2024/edition=1/part-0.parquet");
    let sound = fs::read(&file).unwrap();
    let node = installation.serve();
    let whole = ask(&node, "nav", &format!("{RECORDS}&format=csv")).ok();
    // As a disk does it: neither the length nor the time of change says anything.
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    let mut rotten = sound.clone();
    rotten[4..sound.len() / 2].fill(0);
    fs::write(&file, rotten).unwrap();
    fs::File::options().write(true).open(&file).unwrap().set_modified(modified).unwrap();
    for rest in ["&limit=5", "&format=csv", "&format=parquet", "&format=arrow"] {
        // What had begun is a broken transfer, what had not is a problem.
        if let Ok(answer) = node.caller("nav").ask(&format!("{RECORDS}{rest}"), &[], None) {
            assert_refused(&answer, rest);
        }
    }
    assert_refused(&ask(&node, "nav", DATA), DATA);
    assert!(!node.log().contains("panicked"), "{}", node.log());
    fs::write(&file, &sound).unwrap();
    assert_eq!(ask(&node, "nav", &format!("{RECORDS}&format=csv")).ok().body, whole.body);
}
