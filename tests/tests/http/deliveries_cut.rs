//! Deliveries that are cut, killed, too large or meet a full disk: nothing half accepted, and the repeat succeeds.

use crate::deliveries::{ADDRESS, FORM, YEAR, counting, deliver, file};
use crate::installation::Installation;
use crate::node::Node;
use crate::truth::Truth;
use std::fs;
use std::io::Write as _;
use std::net::{Shutdown, TcpStream};
use std::time::{Duration, Instant};

const SOON: Duration = Duration::from_secs(20);
/// What the server may hold more for a delivery, however large.
const ROOM: u64 = 96 << 20;

/// Every file that rests or is under way.
fn files(installation: &Installation) -> Vec<String> {
    let folder = installation.path(&format!("registers/inbox/form={FORM}/year={YEAR}"));
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Begins to send a file and gives the line.
fn begin(node: &Node, size: usize, sent: &[u8]) -> TcpStream {
    let caller = node.caller("fredrikstad");
    let (host, token) = caller.line();
    let mut line = TcpStream::connect(host).unwrap();
    let head = format!(
        "POST {ADDRESS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Length: {size}\r\n\r\n",
        token.unwrap()
    );
    line.write_all(head.as_bytes()).unwrap();
    line.write_all(sent).unwrap();
    line
}

#[test]
fn a_connection_that_is_cut_leaves_nothing() {
    let installation = Installation::copy("deliver-cut");
    let node = installation.serve();
    let whole = file(1_500);
    for at in [0, 1, 339, 340, 100_000, whole.len() - 1] {
        let line = begin(&node, whole.len(), &whole[..at]);
        // A moment in which the server has begun, where there is anything to begin with.
        std::thread::sleep(Duration::from_millis(30));
        line.shutdown(Shutdown::Both).unwrap();
    }
    node.wait_until(SOON, |_| files(&installation).is_empty());
    assert_eq!(counting(&installation), None);
    let listed = node.caller("fredrikstad").get("/v1/deliveries").ok().json();
    assert_eq!(listed["deliveries"].as_array().unwrap().len(), 0, "{listed}");
    assert_eq!(deliver(&node.caller("fredrikstad"), "", &whole).status, 201);
    assert_eq!(files(&installation).len(), 1);
}

#[test]
fn a_server_that_is_killed_has_all_or_nothing_and_the_repeat_succeeds() {
    let installation = Installation::copy("deliver-killed");
    let whole = file(1_500);
    for milliseconds in [0, 5, 10, 20, 40, 80, 160] {
        let node = installation.serve();
        let cut = whole.len() - usize::from(milliseconds < 20);
        let line = begin(&node, whole.len(), &whole[..cut]);
        std::thread::sleep(Duration::from_millis(milliseconds));
        node.kill();
        drop((line, node));
        let counting = installation.store().counting_deliveries(FORM, YEAR).unwrap();
        let is_whole = |records: u64| records == 1_500;
        assert!(counting.values().all(|delivery| is_whole(delivery.records)), "{counting:?}");
    }
    let node = installation.serve();
    let sent = deliver(&node.caller("fredrikstad"), "", &whole);
    assert!(matches!(sent.status, 200 | 201), "{}", sent.text());
    let id = sent.json()["id"].as_str().unwrap().to_owned();
    assert_eq!(counting(&installation), Some(id.clone()));
    assert!(files(&installation).contains(&format!("{id}.sealed")));
    let left = files(&installation).iter().filter(|name| name.starts_with('.')).count();
    assert_eq!(left, 0, "what was under way is cleared by the next delivery");
}

#[test]
fn a_disk_that_fills_refuses_and_a_file_that_is_too_large_is_not_read_to_its_end() {
    let whole = Truth::generate(FORM, YEAR, Some(40_000), 12).of_one("3107").join("\n");
    let installation = Installation::copy("deliver-disk");
    let database = fs::metadata(installation.path("hjemmel.db")).unwrap().len();
    let room = database / 512 + 4_096;
    assert!(whole.len() as u64 > room * 512 + (1 << 20), "the file would fit");
    {
        let node = Node::start(installation.with_a_disk_of(room), &installation.path(""));
        let fredrikstad = node.caller("fredrikstad");
        let full = deliver(&fredrikstad, "", whole.as_bytes());
        full.problem(503, "unavailable");
        assert_eq!((counting(&installation), files(&installation).len()), (None, 0));
        assert_eq!(deliver(&fredrikstad, "", &file(50)).status, 201);
    }
    let installation = installation.with("HJEMMEL_DELIVERIES_MAX_MEGABYTES", "2");
    let node = installation.serve();
    let fredrikstad = node.caller("fredrikstad");
    // The rest is not waited for; the client may meet a closed door while it still sends.
    let large = fredrikstad.file(ADDRESS, &[], whole.as_bytes());
    assert!(large.is_err() || large.unwrap().status == 413);
    assert_eq!(files(&installation).len(), 1);
    assert_eq!(deliver(&fredrikstad, "", &file(51)).status, 201);
}

#[test]
fn a_national_number_of_records_is_delivered_in_moderate_memory() {
    let whole = Truth::generate(FORM, YEAR, None, 13).of_one("3107").join("\n");
    let installation = Installation::copy("deliver-large");
    let node = installation.serve();
    assert_eq!(deliver(&node.caller("fredrikstad"), "", &file(1_000)).status, 201);
    let before = node.peak_memory();
    let started = Instant::now();
    let sent = deliver(&node.caller("fredrikstad"), "&confirm=true", whole.as_bytes());
    assert_eq!(sent.status, 201, "{}", sent.text());
    let (taken, grown) = (started.elapsed(), node.peak_memory().saturating_sub(before));
    eprintln!(
        "{} records of {} bytes delivered in {taken:.2?}, {grown} bytes of memory more",
        sent.json()["records"],
        whole.len()
    );
    assert!(grown < ROOM, "{grown} bytes more");
}
