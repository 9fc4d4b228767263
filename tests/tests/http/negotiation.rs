//! What is negotiated: formats, codings, what a caller holds already, and answers without a body.

use crate::node::{Caller, shared};
use crate::wire::send;
use std::collections::BTreeSet;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=REGION,VKLO,ANTMND";
const TABLE: &str = "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=EAK&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";
const JSON: &str = "application/json; charset=UTF-8";
const CSV: &str = "text/csv; charset=utf-8";
const PARQUET: &str = "application/vnd.apache.parquet";
const ARROW: &str = "application/vnd.apache.arrow.stream";

/// Status and media type of the answer to an `Accept`.
fn ask(caller: &Caller<'_>, address: &str, accept: &str) -> (u16, String) {
    let answer = caller.get_with(address, &[("Accept", accept)]);
    if answer.status == 406 {
        answer.problem(406, "not-acceptable");
    }
    (answer.status, answer.header("content-type").to_owned())
}

#[test]
fn records_come_in_the_accepted_format_of_the_highest_quality() {
    let nav = shared().caller("nav");
    let weighed = format!("{PARQUET};q=0.4, {ARROW};q=0.8, text/csv;q=0.6");
    let refused = "application/json;q=0, */*;q=0.1";
    for (accept, expected) in [
        ("application/json", JSON),
        ("text/csv", CSV),
        (PARQUET, PARQUET),
        (ARROW, ARROW),
        ("*/*", JSON),
        ("text/*", CSV),
        ("TEXT/CSV", CSV),
        ("text/csv, */*", CSV),
        (weighed.as_str(), ARROW),
        (refused, CSV),
        ("text/html, application/xhtml+xml, application/xml;q=0.9, */*;q=0.8", JSON),
    ] {
        assert_eq!(ask(&nav, RECORDS, accept), (200, expected.to_owned()), "{accept}");
    }
    for accept in ["image/png", "application/json;q=0", "text/html, application/xml"] {
        let (status, media_type) = ask(&nav, RECORDS, accept);
        assert_eq!((status, media_type.as_str()), (406, "application/problem+json"), "{accept}");
    }
    let named = nav.get_with(&format!("{RECORDS}&format=csv"), &[("Accept", PARQUET)]).ok();
    assert_eq!(named.header("content-type"), CSV);
}

#[test]
fn tables_come_in_the_accepted_format_unless_one_is_named() {
    let anyone = shared().anyone();
    for (accept, expected) in [
        ("*/*", JSON),
        ("application/json-stat+json", JSON),
        ("text/csv", CSV),
        ("application/json;q=0.3, text/csv;q=0.4", CSV),
        ("*/*;q=0.1, application/json;q=0", CSV),
        ("text/html, application/xhtml+xml, */*;q=0.8", "text/html; charset=utf-8"),
        (PARQUET, "application/octet-stream"),
    ] {
        assert_eq!(ask(&anyone, TABLE, accept), (200, expected.to_owned()), "{accept}");
    }
    assert_eq!(ask(&anyone, TABLE, "application/pdf").0, 406);
    let named = format!("{TABLE}&outputFormat=json-stat2");
    assert_eq!(ask(&anyone, &named, "text/csv"), (200, JSON.to_owned()));
}

#[test]
fn a_problem_is_in_the_language_asked_for() {
    let anyone = shared().anyone();
    let detail = |headers: &[(&str, &str)], query: &str| {
        let headers = [headers, &[("Accept", "image/png")]].concat();
        let answer = anyone.get_with(&format!("{TABLE}{query}"), &headers);
        (answer.header("content-language").to_owned(), answer.json()["detail"].to_string())
    };
    let (nb, en) = (detail(&[], ""), detail(&[("Accept-Language", "en-GB,nb;q=0.5")], ""));
    assert_eq!((nb.0.as_str(), en.0.as_str()), ("nb", "en"));
    assert!(nb.1.contains("kan hentes som") && en.1.contains("can be had as"));
    assert_eq!(detail(&[("Accept-Language", "en")], "&lang=no"), nb);
}

#[test]
fn what_a_caller_holds_is_not_sent_again() {
    let node = shared();
    for (caller, address) in [
        (node.anyone(), TABLE),
        (node.anyone(), "/pxwebapi/v2/tables"),
        (node.anyone(), "/pxwebapi/v2/tables/S1101/metadata"),
        (node.anyone(), "/pxwebapi/v2/config"),
        (node.anyone(), "/v1/datasets/skjema-11"),
        (node.anyone(), "/openapi.json"),
        (node.caller("nav"), TABLE),
        (node.caller("nav"), &format!("{RECORDS}&limit=5")),
        (node.caller("nav"), &format!("{RECORDS}&format=csv")),
        (node.caller("nav"), &format!("{RECORDS}&format=parquet")),
    ] {
        let first = send(&caller, "GET", address, &[]).ok();
        let tag = first.header("etag").to_owned();
        assert!(tag.ends_with('"') && tag.len() > 30, "{address}: {tag}");
        let bare = tag.trim_start_matches("W/").to_owned();
        for known in [tag.clone(), format!("\"x\", W/{bare}"), "*".to_owned()] {
            let again = send(&caller, "GET", address, &[("If-None-Match", &known)]);
            assert_eq!(again.status, 304, "{address} {known}");
            assert!(again.body.is_empty());
            assert_eq!(again.header("etag").trim_start_matches("W/"), bare);
            for name in ["vary", "cache-control", "hjemmel-protection", "hjemmel-basis"] {
                assert_eq!(again.header(name), first.header(name), "{address} {name}");
            }
        }
        let other = send(&caller, "GET", address, &[("If-None-Match", "\"x\"")]);
        assert_eq!(other.status, 200, "{address}");
    }
}

#[test]
fn another_question_has_another_tag() {
    let nav = shared().caller("nav");
    let tags: BTreeSet<String> = ["format=csv", "format=arrow", "format=csv&region=3107"]
        .iter()
        .map(|more| send(&nav, "GET", &format!("{RECORDS}&{more}"), &[]).ok())
        .map(|answer| answer.header("etag").to_owned())
        .collect();
    assert_eq!(tags.len(), 3, "{tags:?}");
}

#[test]
fn an_entitled_callers_tag_never_matches_a_protected_answer_even_of_equal_cells() {
    let (nav, anyone) = (shared().caller("nav"), shared().anyone());
    let address = format!("{TABLE}&outputFormat=csv");
    let exact = send(&nav, "GET", &address, &[]).ok();
    let open = send(&anyone, "GET", &address, &[]).ok();
    assert_eq!(exact.header("hjemmel-protection"), "exact");
    assert_eq!(open.header("hjemmel-protection"), "suppressed");
    assert_eq!(exact.body, open.body, "the country's cells are all large");
    assert_ne!(exact.header("etag"), open.header("etag"));
    for (caller, tag) in [(&anyone, exact.header("etag")), (&nav, open.header("etag"))] {
        let answer = send(caller, "GET", &address, &[("If-None-Match", tag)]);
        assert_eq!(answer.status, 200);
    }
    let bld = send(&shared().caller("bld"), "GET", &address, &[]).ok();
    assert_eq!(bld.header("etag"), open.header("etag"), "the protected answer is one for all");
}

#[test]
fn head_is_get_without_the_body() {
    let nav = shared().caller("nav");
    let csv = format!("{RECORDS}&format=csv");
    for address in [TABLE, &csv, "/v1/me", "/v1/datasets", "/v1/nothing", "/docs/"] {
        for coding in ["identity", "gzip"] {
            let headers = [("Accept-Encoding", coding)];
            let get = send(&nav, "GET", address, &headers);
            let head = send(&nav, "HEAD", address, &headers);
            assert_eq!(get.status, head.status, "{address}");
            assert!(!get.body.is_empty() && head.body.is_empty(), "{address} {coding}");
            let same = ["content-type", "content-length", "etag", "vary", "hjemmel-protection"];
            for name in same.into_iter().chain(["content-encoding", "hjemmel-basis"]) {
                assert_eq!(get.header(name), head.header(name), "{address} {coding} {name}");
            }
        }
    }
    let secret = send(&shared().anyone(), "HEAD", &csv, &[]);
    assert_eq!((secret.status, secret.body.len()), (401, 0));
}

#[test]
fn answers_are_compressed_for_whoever_takes_it_and_streams_stay_streams() {
    let nav = shared().caller("nav");
    let csv = format!("{RECORDS}&format=csv");
    for address in [TABLE, &csv, &format!("{RECORDS}&format=arrow"), "/pxwebapi/v2/tables"] {
        let plain = send(&nav, "GET", address, &[("Accept-Encoding", "identity")]).ok();
        assert_eq!(plain.header("content-encoding"), "");
        for (coding, start) in
            [("gzip", &[0x1f, 0x8b][..]), ("zstd", &[0x28, 0xb5, 0x2f, 0xfd][..])]
        {
            let answer = send(&nav, "GET", address, &[("Accept-Encoding", coding)]).ok();
            assert_eq!(answer.header("content-encoding"), coding, "{address}");
            assert!(answer.body.starts_with(start), "{address} {coding}");
            assert!(answer.body.len() < plain.body.len(), "{address} {coding}");
            assert_eq!(answer.header("transfer-encoding"), "chunked");
            let tag = answer.header("etag");
            assert!(tag.starts_with("W/"), "{address} {tag}");
            assert_eq!(tag.trim_start_matches("W/"), plain.header("etag").trim_start_matches("W/"));
            let held = [("Accept-Encoding", coding), ("If-None-Match", tag)];
            let again = send(&nav, "GET", address, &held);
            assert_eq!((again.status, again.header("etag")), (304, tag), "{address}");
        }
        // The client of the other tests asks for gzip and unpacks it.
        assert_eq!(nav.get(address).ok().body, plain.body, "{address}");
    }
    let parquet = format!("{RECORDS}&format=parquet");
    let packed = send(&nav, "GET", &parquet, &[("Accept-Encoding", "gzip")]).ok();
    assert_eq!(packed.header("content-encoding"), "");
    assert!(packed.body.starts_with(b"PAR1"));
    let impossible = [("Accept-Encoding", "compress, identity;q=0")];
    send(&nav, "GET", TABLE, &impossible).problem(406, "not-acceptable");
}
