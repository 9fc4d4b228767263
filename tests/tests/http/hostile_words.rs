//! What a caller writes stays words: it ends no line of the log, starts no header, and moves no reader's terminal; and
//! what is far too long is refused and leaves nothing.

use crate::cases::{application, open, take};
use crate::installation::{Installation, succeed};
use serde_json::json;

/// Ends of lines, a line as the server logs it, a header, and what clears a terminal.
const FORGED: &str =
    "grunn\r\n2026-01-01T00:00:00Z ERROR forged\r\nSet-Cookie: a=b\u{1b}[2J\u{7}\u{0}\u{9b}";
const LONG: usize = 10 << 20;

#[test]
fn words_with_ends_of_lines_and_escapes_stay_words() {
    let installation = Installation::copy("hostile-words");
    let node = installation.serve();
    let (bld, legal) = (node.caller("bld"), node.caller("legal"));
    let mut terms = application("ord");
    terms["title"] = json!({ "nb": FORGED, "en": FORGED });
    terms["caseReference"] = FORGED.into();
    open(&bld, &terms);
    take(&bld, "ord", "submit");
    take(&legal, "ord", "complete");
    let case = legal.get("/v1/grants/ord").ok();
    let tag = case.header("etag").to_owned();
    let body = json!({ "reason": FORGED, "memo": { "reference": FORGED } }).to_string();
    let reviewed = legal.send("POST", "/v1/grants/ord/review", &[("If-Match", &tag)], &body).ok();
    assert_eq!(reviewed.json()["reason"], FORGED);
    let history = legal.get("/v1/grants/ord/history").ok().json();
    let steps = history["steps"].as_array().unwrap();
    // No database keeps a letter zero in a text.
    let kept = FORGED.replace('\0', "\u{fffd}");
    assert!(steps.iter().any(|step| step["reason"] == *kept), "{history}");

    let path = "/v1/datasets/skjema-11/microdata?year=2024&purpose=a%0d%0aSet-Cookie:%20a=b";
    let refused = node.caller("nav").get(path);
    assert_eq!(refused.status, 403);
    for answer in [&refused, &reviewed, &case] {
        assert!(!answer.headers.iter().any(|(name, _)| name.eq_ignore_ascii_case("set-cookie")));
    }
    let header = [("X-Request-Id", "a b"), ("Accept-Language", "nb\t,en")];
    assert_eq!(node.anyone().get_with("/v1/datasets", &header).status, 200);

    let log = node.log();
    assert!(!log.lines().any(|line| line.contains("ERROR forged")), "{log}");
    assert!(!log.contains("Set-Cookie"), "{log}");
    // The record has none of it either, and each event is still a line.
    let file = installation.path("record.ndjson");
    succeed(&installation.run(&["audit", "export", &file.to_string_lossy()]));
    let record = std::fs::read_to_string(file).unwrap();
    assert!(record.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));
    assert!(!record.contains("forged") || !record.contains("grunn"), "a reason is in the record");

    let url = format!("http://{}", node.address().trim_start_matches("http://"));
    let token = installation.path("tokens/legal.jwt");
    for what in [&["list"][..], &["show", "ord"], &["history", "ord"]] {
        let asked = [&["grant"], what, &["--url", &url, "--token", &token.to_string_lossy()]];
        let said = succeed(&installation.run(&asked.concat()));
        let moves = |letter: char| letter.is_control() && letter != '\n';
        assert!(!said.contains(moves), "{said:?}");
        assert!(!said.lines().any(|line| line.starts_with("2026-01-01T00:00:00Z")), "{said}");
    }
}

#[test]
fn texts_of_ten_megabytes_are_refused_and_leave_nothing() {
    let installation = Installation::copy("long-words");
    let node = installation.serve();
    let (bld, legal) = (node.caller("bld"), node.caller("legal"));
    let before = installation.store().chain_state().unwrap().seq;
    let long = "å".repeat(LONG / 2);
    let mut terms = application("lang");
    terms["title"] = json!({ "nb": long, "en": "long" });
    bld.post("/v1/grants", &terms.to_string()).problem(413, "too-large");
    assert_eq!(legal.get("/v1/grants/lang").status, 404);
    let reason = json!({ "reason": long }).to_string();
    legal.post("/v1/grants/nav-11-pseudonymised/suspend", &reason).problem(413, "too-large");
    let stop = json!({ "kind": "all", "reason": long }).to_string();
    legal.post("/v1/stops", &stop).problem(413, "too-large");
    legal.post("/v1/decisions", &json!({ "dataset": long }).to_string()).problem(413, "too-large");
    assert_eq!(node.caller("nav").get("/v1/me").ok().json()["grants"][0]["state"], "active");
    assert_eq!(installation.store().chain_state().unwrap().seq, before);
    // Short of that, what is longer than anybody writes is refused too.
    let longer = json!({ "kind": "all", "reason": "a".repeat(200 << 10) }).to_string();
    legal.post("/v1/stops", &longer).problem(413, "too-large");
}
