//! A stream of records that is under way when its grant ends, or when nothing can be recorded any more, is cut:
//! its reader sees a broken transfer and never a shorter answer.

use crate::grants::Grants;
use crate::installation::{Installation, succeed};
use crate::node::Node;
use crate::truth::Truth;
use crate::validity;
use chrono::{TimeDelta, Utc};
use hjemmel_kostra::Form;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;

const GRANT: &str = "nav-11-pseudonymised";
const YEAR: &str = "/v1/datasets/skjema-11/microdata?year=2025";
const SOON: Duration = Duration::from_secs(20);

fn is_open(node: &Node) -> bool {
    node.caller("nav").get(&format!("{YEAR}&limit=1")).status == 200
}

/// Begins to read a whole year, lets something happen, and reads on.
#[track_caller]
fn read_on_after(node: &Node, happens: impl FnOnce()) -> std::io::Result<u64> {
    let mut stream = BufReader::new(node.caller("nav").open(&format!("{YEAR}&format=csv")));
    let mut first = String::new();
    stream.read_line(&mut first).unwrap();
    assert!(first.contains("REGION"), "{first}");
    happens();
    let mut lines = 0;
    let mut line = Vec::new();
    while stream.read_until(b'\n', &mut line)? > 0 {
        lines += 1;
        line.clear();
    }
    Ok(lines)
}

#[test]
fn a_stream_is_cut_when_its_grant_ends_or_nothing_can_be_recorded() {
    let installation = Installation::copy("cut");
    // Some 80 megabytes: far more than the buffers of a connection may grow to hold, 32 on Linux.
    let large = Truth::generate(Form::F11, 2025, Some(400_000), 9);
    let file = large.file.to_string_lossy();
    succeed(&installation.run(&["import", &file, "--form", "11F", "--year", "2025"]));
    let node = installation.serve();
    let whole = read_on_after(&node, || ()).unwrap();
    assert_eq!(whole, large.records() as u64);

    let cut = read_on_after(&node, || {
        Grants::of_the_demonstration().without(GRANT).load(&installation);
        node.wait_until(SOON, |node| !is_open(node));
    });
    assert!(cut.is_err(), "{cut:?} lines of a grant that was taken away");

    let end = Utc::now() + TimeDelta::seconds(5);
    let (end, today) =
        (validity::text(end), format!("{:?}", Utc::now().format("%Y-%m-%d").to_string()));
    let dates = [
        ("valid_to", end.as_str()),
        ("review_due", &today),
        ("delete_by", &today),
        ("deletion_attested_by", &today),
    ];
    Grants::of_the_demonstration().with(GRANT, 2, &dates).load(&installation);
    node.wait_until(SOON, is_open);
    let cut = read_on_after(&node, || {
        node.wait_until(SOON, |node| !is_open(node));
    });
    assert!(cut.is_err(), "{cut:?} lines of a grant that had ended");

    Grants::of_the_demonstration().load(&installation);
    node.wait_until(SOON, is_open);
    let (database, away) = (installation.path("hjemmel.db"), installation.path("away.db"));
    let cut = read_on_after(&node, || {
        fs::rename(&database, &away).unwrap();
        node.wait_until(SOON, |node| node.anyone().get("/health/ready").status == 503);
    });
    assert!(cut.is_err(), "{cut:?} lines that nothing could be recorded of");
    fs::rename(&away, &database).unwrap();
    node.wait_until(SOON, is_open);

    // Parquet has its footer last: what was cut cannot be read at all.
    let mut stream = node.caller("nav").open(&format!("{YEAR}&format=parquet"));
    let mut start = [0; 4];
    stream.read_exact(&mut start).unwrap();
    assert_eq!(&start, b"PAR1");
    Grants::of_the_demonstration().without(GRANT).load(&installation);
    node.wait_until(SOON, |node| !is_open(node));
    assert!(stream.read_to_end(&mut Vec::new()).is_err());
    assert!(!node.log().contains("panicked"), "{}", node.log());
}
