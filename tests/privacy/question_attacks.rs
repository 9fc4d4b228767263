//! Attacks on budgets and answers over HTTP. Small unless `HJEMMEL_ATTACKS=full`.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::node::Node;
use crate::postgres;
use crate::questions::{QUERIES, about, rich};
use hjemmel_store::Store;
use hjemmel_tests::postgres::Cluster;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

/// How much is tried.
pub fn size(small: usize, full: usize) -> usize {
    if std::env::var("HJEMMEL_ATTACKS").is_ok_and(|size| size == "full") { full } else { small }
}

/// The ways to write one question that this rewriter knows, a different one for each number.
fn rewritten(number: usize) -> Value {
    let bit = |at: usize| number >> at & 1 == 1;
    let mut group = vec![json!("KJONN"), json!({ "variable": "REGION", "levels": ["county"] })];
    let mut filter = vec![
        json!({ "variable": "VKLO", "codes": if bit(0) { json!(["1", "soshjelp"]) } else { json!(["5", "1", "arbeid"]) } }),
        json!({ "variable": "ALDER", "from": 18, "to": if bit(1) { 900 } else { 125 } }),
    ];
    if bit(2) {
        group.reverse();
    }
    if bit(3) {
        filter.reverse();
    }
    if bit(4) {
        filter.push(json!({ "variable": "KJONN", "codes": ["UOPPG", "2", "1"] }));
    }
    if bit(5) {
        filter.push(json!({ "variable": "ALDER", "from": 18 }));
    }
    if bit(6) {
        group.push(json!({ "variable": "kjonn", "levels": ["detailed", "detailed"] }));
    }
    if bit(7) {
        filter.push(json!({ "variable": "REGION", "codes": ["EAK"] }));
    }
    let mut question = about(&json!({ "groupBy": group, "filter": filter, "rho": 0.05 }));
    if bit(8) {
        question["dataset"] = "11F".into();
    }
    if bit(9) {
        question["years"] = json!([2024, 2024]);
    }
    if bit(10) {
        question["project"] = "kvp-effekt".into();
    }
    question
}

#[test]
fn ten_thousand_rewrites_of_a_question_are_one_answer_at_one_price() {
    let installation = rich("averaging");
    let node = installation.serve();
    let researcher = node.caller("researcher");
    let first = researcher.post(QUERIES, &rewritten(0).to_string()).ok();
    for number in 1..size(150, 10_000) {
        let path = if number % 3 == 0 { "/v1/queries?lang=en&format=json" } else { QUERIES };
        let again = researcher.post(path, &rewritten(number).to_string()).ok();
        assert_eq!(again.body, first.body, "{}", rewritten(number));
    }
    assert_eq!(installation.store().paid_and_answered().unwrap(), (1, 1));
}

/// A question that no other number below 3600 gives, at a price.
fn numbered(number: usize, rho: f64) -> Value {
    let (from, to) = (number % 60, 60 + number / 60 % 60);
    about(&json!({ "rho": rho, "filter": [{ "variable": "ALDER", "from": from, "to": to }] }))
}

/// A price that tells apart questions that are the same but for their number.
fn price(number: usize) -> f64 {
    0.0002 + f64::from(u32::try_from(number / 3600).unwrap()) * 1e-9
}

/// Two hundred questions at once, by two researchers of one body's two projects, over these servers.
fn race(nodes: &[&Node], store: &Store) {
    let next = AtomicUsize::new(0);
    let outcomes: Vec<Answer> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..20)
            .map(|thread| {
                let (next, node) = (&next, nodes[thread % nodes.len()]);
                scope.spawn(move || -> Vec<Answer> {
                    let ask = |number| {
                        node.caller("researcher").post(QUERIES, &numbered(number, 0.1).to_string())
                    };
                    std::iter::from_fn(|| Some(next.fetch_add(1, Ordering::Relaxed)))
                        .take_while(|number| *number < 200)
                        .map(ask)
                        .collect()
                })
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert_eq!(outcomes.len(), 200);
    let answered = outcomes.iter().filter(|answer| answer.status == 200).count();
    assert_eq!(answered, 10);
    for answer in outcomes.iter().filter(|answer| answer.status != 200) {
        answer.problem(403, "budget-exhausted");
    }
    assert_eq!(store.check_purses().unwrap(), []);
    assert_eq!(store.paid_and_answered().unwrap(), (10, 10));
}

#[test]
fn two_hundred_at_once_get_exactly_as_many_answers_as_there_is_budget_for() {
    let installation =
        Installation::copy("race").with("HJEMMEL_QUESTIONS_RHO_PER_DATASET_YEAR", "1.0");
    race(&[&installation.serve()], &installation.store());
}

#[test]
fn two_servers_on_postgresql_share_one_budget() {
    let url = Cluster::shared().database("race_of_two");
    let installation = postgres::installed("race-postgres", &url)
        .with("HJEMMEL_QUESTIONS_RHO_PER_DATASET_YEAR", "1.0");
    race(&[&installation.serve(), &installation.serve()], &installation.store());
}

#[test]
fn one_question_asked_by_many_at_once_is_paid_once() {
    let installation = rich("same-at-once");
    let node = installation.serve();
    let question = numbered(7, 0.1).to_string();
    let bodies: Vec<Vec<u8>> = std::thread::scope(|scope| {
        let ask = |name| node.caller(name).post(QUERIES, &question).ok().body;
        let threads: Vec<_> = (0..12)
            .map(|n| scope.spawn(move || ask(["researcher", "researcher2"][n % 2])))
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(bodies.iter().all(|body| *body == bodies[0]));
    assert_eq!(installation.store().paid_and_answered().unwrap(), (1, 1));
}

#[test]
fn killed_at_any_moment_what_was_answered_was_paid_and_is_kept() {
    killed(&rich("killed"), size(4, 1_000));
}

#[test]
fn killed_at_any_moment_on_postgresql_too() {
    let url = Cluster::shared().database("killed");
    let installation = ["DATASET_YEAR", "PROJECT", "ORGANISATION"]
        .iter()
        .fold(postgres::installed("killed-postgres", &url), |made, purse| {
            made.with(&format!("HJEMMEL_QUESTIONS_RHO_PER_{purse}"), "90")
        });
    killed(&installation, size(2, 1_000));
}

/// Servers under load, each killed at a moment of its own.
fn killed(installation: &Installation, rounds: usize) {
    let mut answered: BTreeMap<usize, Vec<u8>> = BTreeMap::new();
    let mut next = 0;
    for round in 0..rounds {
        let node = installation.serve();
        let given = std::sync::Mutex::new(Vec::new());
        let (over, number) = (AtomicBool::new(false), AtomicUsize::new(next));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while !over.load(Ordering::Relaxed) {
                        let number = number.fetch_add(1, Ordering::Relaxed);
                        let question = numbered(number, price(number)).to_string();
                        let answer = node.caller("researcher").ask(QUERIES, &[], Some(&question));
                        if let Ok(answer) = answer.as_ref().map_err(|_| ())
                            && answer.status == 200
                        {
                            given.lock().unwrap().push((number, answer.body.clone()));
                        }
                    }
                });
            }
            std::thread::sleep(Duration::from_millis(60 + 97 * (round as u64 % 7)));
            // Somebody must have been answered at last, however slow the machine.
            let mut patience = if round + 1 == rounds { 400 } else { 0 };
            while patience > 0 && answered.is_empty() && given.lock().unwrap().is_empty() {
                std::thread::sleep(Duration::from_millis(50));
                patience -= 1;
            }
            node.kill();
            over.store(true, Ordering::Relaxed);
        });
        drop(node);
        next = number.load(Ordering::Relaxed);
        answered.extend(given.into_inner().unwrap());
        let store = installation.store();
        let (paid, kept) = store.paid_and_answered().unwrap();
        assert!(paid >= kept && kept >= answered.len() as u64, "{paid} {kept} {}", answered.len());
        assert_eq!(store.check_purses().unwrap(), []);
        assert!(store.purses().unwrap().iter().all(|purse| purse.spent <= purse.cap));
    }
    assert!(!answered.is_empty(), "no answer came before a kill");
    let node = installation.serve();
    let (paid, _) = installation.store().paid_and_answered().unwrap();
    for (number, body) in answered.iter().take(size(20, usize::MAX)) {
        let again = node
            .caller("researcher")
            .post(QUERIES, &numbered(*number, price(*number)).to_string())
            .ok();
        assert_eq!(again.body, *body);
    }
    assert_eq!(
        installation.store().paid_and_answered().unwrap().0,
        paid,
        "asking again cost something"
    );
}

/// Asks a question and goes away without its answer. What is left unread of an answer before makes the line break at once
/// and not only end.
fn hang_up(node: &Node, question: &Value, after: Duration) {
    let (caller, body) = (node.caller("researcher"), question.to_string());
    let (host, token) = caller.line();
    let (token, length) = (token.unwrap(), body.len());
    let mut line = TcpStream::connect(host).unwrap();
    let both = format!(
        "GET /health/live HTTP/1.1\r\nHost: {host}\r\n\r\nPOST {QUERIES} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    line.write_all(both.as_bytes()).unwrap();
    std::thread::sleep(after);
}

#[test]
fn whoever_hangs_up_leaves_nothing_that_is_paid_and_never_answered() {
    let installation = rich("hang-up");
    let node = installation.serve();
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let node = &node;
            scope.spawn(move || {
                for number in (thread..200).step_by(8) {
                    let after = Duration::from_micros(500 * (number as u64 % 9));
                    hang_up(node, &numbered(number, price(number)), after);
                }
            });
        }
    });
    let store = installation.store();
    node.wait_until(Duration::from_secs(10), |_| {
        let (paid, kept) = store.paid_and_answered().unwrap();
        paid > 0 && paid == kept
    });
    assert_eq!(store.check_purses().unwrap(), []);
}

#[test]
fn a_reply_is_as_long_and_has_the_same_headers_whether_anybody_matches_or_nobody() {
    let node = rich("sizes").serve();
    let ask = |region: &str, format: &str| {
        let question = about(&json!({ "groupBy": ["KJONN"], "rho": 0.02,
            "filter": [{ "variable": "REGION", "codes": [region] }] }));
        node.caller("researcher")
            .post(&format!("{QUERIES}?format={format}"), &question.to_string())
            .ok()
    };
    for format in ["json", "csv", "json-stat2"] {
        // The first has delivered, the second has not; in both the noise is another.
        let [many, nobody] = ["3107", "1144"].map(|region| ask(region, format));
        assert_eq!(
            many.body.len(),
            nobody.body.len(),
            "{format}\n{}\n{}",
            many.text(),
            nobody.text()
        );
        let names = |answer: &Answer| {
            let mut names: Vec<(String, usize)> =
                answer.headers.iter().map(|(name, value)| (name.clone(), value.len())).collect();
            names.sort();
            names
        };
        assert_eq!(names(&many), names(&nobody), "{format}");
    }
}
