//! Questions that cannot be answered: each is told what is wrong in the caller's language, with what comes
//! nearest, and releases nothing.

use crate::answer::Answer;
use crate::installation::Installation;
use crate::node::{Caller, shared};
use serde_json::Value;

const DATA: &str = "/pxwebapi/v2/tables/S1101/data";
const RECORDS: &str = "/v1/datasets/skjema-11/microdata";
/// Every mandatory variable of S1101.
const REST: &str = "valueCodes[Region]=EAK&valueCodes[ContentsCode]=Antall&valueCodes[Tid]=2024";

/// A failure said in one language, holding nothing but the failure.
#[track_caller]
fn problem(answer: &Answer, path: &str, language: &str, status: u16, slug: &str) -> Value {
    let body = answer.problem(status, slug);
    assert_eq!(answer.header("content-language"), language, "{path}");
    assert_eq!(answer.header("cache-control"), "no-store", "{path}");
    assert_eq!(body["instance"], path.split('?').next().unwrap());
    for given in ["hjemmel-protection", "hjemmel-basis", "hjemmel-decision", "etag"] {
        assert_eq!(answer.header(given), "", "{given} {path}");
    }
    for member in ["records", "value", "dimension", "tables", "datasets", "grants"] {
        assert!(body.get(member).is_none(), "{member} {path}");
    }
    body
}

/// The failure in bokmål, which is what nobody needs to ask for, and in English; both must say the words.
#[track_caller]
fn refused(caller: &Caller<'_>, path: &str, status: u16, slug: &str, says: &[&str]) -> [Value; 2] {
    let said = [("nb", caller.get(path)), ("en", in_english(caller, path))];
    let bodies = said
        .map(|(language, answer)| problem(&answer, path, language, status, slug)["detail"].clone());
    assert_ne!(bodies[0], bodies[1], "{path} says the same in both languages");
    for detail in &bodies {
        let detail = detail.as_str().unwrap();
        for word in says {
            assert!(detail.contains(word), "{path}: {detail} does not say {word}");
        }
    }
    bodies
}

fn in_english(caller: &Caller<'_>, path: &str) -> Answer {
    caller.get_with(path, &[("Accept-Language", "en-GB,en;q=0.9,nb;q=0.5")])
}

#[test]
fn what_does_not_exist_is_said_with_what_comes_nearest() {
    let (anyone, nav) = (shared().anyone(), shared().caller("nav"));
    for (caller, path, says) in [
        (&anyone, "/v1/datasets/skjema_11", ["skjema_11", "`skjema-11`"]),
        (&nav, "/v1/datasets/skjema_11/microdata?year=2024", ["skjema_11", "`skjema-11`"]),
        (&nav, "/v1/datasets/11cf/microdata?year=2024", ["`11cf`", "`skjema-11C`"]),
        (&anyone, "/pxwebapi/v2/tables/S1101X", ["S1101X", "`S1101`"]),
        (&anyone, "/pxwebapi/v2/tables/S1101X/metadata", ["S1101X", "`S1101`"]),
        (&anyone, "/pxwebapi/v2/tables/S1101X/defaultselection", ["S1101X", "`S1101`"]),
        (&anyone, "/pxwebapi/v2/codelists/agg_fylker", ["agg_fylker", "`agg_Fylker`"]),
        (&anyone, "/pxwebapi/v2/savedqueries/0123456789abcdef0123", ["0123456789abcdef0123", ""]),
        (&anyone, "/problems/no-such-thing", ["no-such-thing", "problem"]),
        (&anyone, "/pxwebapi/v1/tables", ["/docs", ""]),
    ] {
        refused(caller, path, 404, "not-found", &says);
    }
}

#[test]
fn a_selection_that_is_wrong_is_told_which_word_is() {
    let anyone = shared().anyone();
    for (query, says) in [
        (format!("{REST}&valueCodes[HovedInntekt]=*&valueCodes[Tid]=2042"), ["`Tid`", "`2042`"]),
        (format!("{REST}&valueCodes[Region]=310"), ["`310`", "`310"]),
        (format!("{REST}&valueCodes[Region]=Kvits%C3%B8y"), ["`Kvitsøy`", "`1144`"]),
        (format!("{REST}&valueCodes[HovedInntekt]=99"), ["`HovedInntekt`", "`99`"]),
        (format!("{REST}&valueCodes[HovedIntekt]=*"), ["`hovedintekt`", "`HovedInntekt`"]),
        (format!("{REST}&valueCodes[Tid]=top(two)"), ["`top(two)`", "`Tid`"]),
        (format!("{REST}&codelist[Region]=agg_fylker"), ["`agg_fylker`", "`agg_Fylker`"]),
        ("valueCodes[Tid]=2024".to_owned(), ["`ContentsCode`", ""]),
        (format!("{REST}&outputFormat=cvs"), ["`cvs`", "csv"]),
        (format!("{REST}&outputFormat=csv&outputFormatParams=UseWords"), ["UseWords", "UseTexts"]),
        (format!("{REST}&lang=de"), ["`de`", "`en`"]),
    ] {
        refused(&anyone, &format!("{DATA}?{query}"), 400, "parameter-error", &says);
    }
    for caller in [&anyone, &shared().caller("nav")] {
        let says = ["S1101X", "`S1101`"];
        refused(caller, "/pxwebapi/v2/tables/S1101X/data", 400, "parameter-error", &says);
    }
    refused(&anyone, "/pxwebapi/v2/tables?lang=sv", 400, "parameter-error", &["`sv`", "`no`"]);
    refused(&anyone, "/pxwebapi/v2/tables?pageSize=many", 400, "parameter-error", &["`many`"]);
    refused(&anyone, "/pxwebapi/v2/tables?pageNumber=9", 404, "not-found", &["9"]);
    refused(&anyone, "/v1/datasets?lang=sv", 400, "parameter-error", &["`sv`", "`no`"]);
    refused(&anyone, "/v1/datasets/skjema-11?lang=sv", 400, "parameter-error", &["`sv`"]);
}

#[test]
fn a_language_in_the_address_wins_over_the_header() {
    let path = format!("{DATA}?{REST}&valueCodes[Tid]=2042&lang=en");
    let answer = shared().anyone().get_with(&path, &[("Accept-Language", "nb")]);
    let body = problem(&answer, &path, "en", 400, "parameter-error");
    assert!(body["detail"].as_str().unwrap().contains("has no value"), "{body}");
}

#[test]
fn a_question_for_records_that_is_wrong_is_told_which_word_is() {
    let nav = shared().caller("nav");
    for (query, says) in [
        ("", ["`year`", "2023, 2024, 2025"]),
        ("year=2042", ["`2042`", "2023, 2024, 2025"]),
        ("year=next", ["`next`", "2023, 2024, 2025"]),
        ("year=2024&columns=REGOIN", ["`REGOIN`", "`REGION`"]),
        ("year=2024&colums=REGION", ["`colums`", "`columns`"]),
        ("year=2024&filters[VKLO]=1", ["`filters[vklo]`", "`filter["]),
        ("year=2024&year=2025", ["`year`", ""]),
        ("year=2024&filter[VKL0]=1", ["`vkl0`", "`VKLO`"]),
        ("year=2024&filter[VKLO]=19", ["`VKLO`", "`19`"]),
        ("year=2024&filter[BIDRAG]=9..1", ["`BIDRAG`", ".."]),
        ("year=2024&filter[PERSON_FODSELSNR]=1", ["`PERSON_FODSELSNR`", "identifi"]),
        ("year=2024&region=310", ["`310`", "2024"]),
        ("year=2024&format=parket", ["`parket`", "parquet"]),
        ("year=2024&limit=0", ["`limit`", "10000"]),
        ("year=2024&limit=10001", ["`limit`", "10000"]),
        ("year=2024&cursor=AAAA", ["`cursor`", ""]),
        ("year=2024&lang=de", ["`de`", "`en`"]),
    ] {
        refused(&nav, &format!("{RECORDS}?{query}"), 400, "parameter-error", &says);
    }
    // Whoever has no token is not told what is wrong with the question.
    refused(&shared().anyone(), &format!("{RECORDS}?year=2042"), 401, "not-signed-in", &[]);
}

#[test]
fn a_format_that_cannot_be_made_is_not_acceptable() {
    let (anyone, nav) = (shared().anyone(), shared().caller("nav"));
    for (caller, path, says) in [
        (&anyone, DATA.to_owned(), "text/csv"),
        (&nav, format!("{RECORDS}?year=2024"), "application/vnd.apache.parquet"),
    ] {
        for language in ["nb", "en"] {
            let headers = [("Accept", "application/pdf"), ("Accept-Language", language)];
            let answer = caller.get_with(&path, &headers);
            let body = problem(&answer, &path, language, 406, "not-acceptable");
            assert!(body["detail"].as_str().unwrap().contains(says), "{body}");
        }
    }
}

#[test]
fn a_body_that_is_no_selection_is_told_so() {
    let anyone = shared().anyone();
    for body in [
        "{",
        "[]",
        r#"{"selection":{}}"#,
        r#"{"selection":[{"valueCodes":["EAK"]}]}"#,
        r#"{"selection":[{"variableCode":"Regoin","valueCodes":["EAK"]}]}"#,
        "\u{feff}<selection/>",
    ] {
        problem(&anyone.post(DATA, body), DATA, "nb", 400, "parameter-error");
    }
    let answer = anyone.post("/v1/datasets", "{}");
    problem(&answer, "/v1/datasets", "nb", 405, "method-not-allowed");
    assert_eq!(answer.header("allow"), "GET, HEAD, OPTIONS");
}

#[test]
fn a_workbook_over_the_limit_is_refused_whoever_asks() {
    let installation = Installation::copy("limited").with("HJEMMEL_TABLES_MAX_CELLS", "12");
    let node = installation.serve();
    let config = node.anyone().get("/pxwebapi/v2/config").ok().json();
    assert_eq!(config["maxDataCells"], 12);
    let cells = |regions: &str| {
        let rest = "valueCodes[ContentsCode]=*&valueCodes[Tid]=2024,2025";
        format!("{DATA}?outputFormat=xlsx&valueCodes[Region]={regions}&{rest}")
    };
    for name in ["", "nav", "bld"] {
        let caller = if name.is_empty() { node.anyone() } else { node.caller(name) };
        caller.get(&cells("EAK,3107,3105,3103,3301,3907")).ok();
        let path = cells("EAK,3107,3105,3103,3301,3907,3905");
        for (language, answer) in [("nb", caller.get(&path)), ("en", in_english(&caller, &path))] {
            let body = problem(&answer, &path, language, 403, "too-many-cells");
            assert_eq!(body["title"], "Too many cells selected");
            assert_eq!((&body["selectedCells"], &body["maxDataCells"]), (&14.into(), &12.into()));
        }
        let all = r#"{"selection":[{"variableCode":"Region","valueCodes":["*"]},{"variableCode":"ContentsCode","valueCodes":["*"]},{"variableCode":"Tid","valueCodes":["*"]}]}"#;
        let workbook = format!("{DATA}?outputFormat=xlsx");
        problem(&caller.post(&workbook, all), DATA, "nb", 403, "too-many-cells");
        // Nothing selected means everything of the latest year, which is too much here as well.
        problem(&caller.get(&workbook), DATA, "nb", 403, "too-many-cells");
        // What is written in parts has no limit.
        caller.post(DATA, all).ok();
    }
}

#[test]
fn a_token_that_is_none_is_refused_in_both_languages_wherever_it_is_sent() {
    for token in ["x", "a.b.c", "e30.e30.", "Bearer"] {
        let caller = shared().with_token(token);
        for path in ["/v1/me", DATA, &format!("{RECORDS}?year=2024")] {
            refused(&caller, path, 401, "invalid-token", &["oken"]);
        }
    }
}

#[test]
fn whoever_asks_too_often_is_told_how_long_to_wait() {
    let installation = Installation::copy("busy")
        .with("HJEMMEL_LIMITS_CALLS", "20")
        .with("HJEMMEL_LIMITS_WINDOW_SECONDS", "600");
    let node = installation.serve();
    let anyone = node.anyone();
    let config = anyone.get("/pxwebapi/v2/config").ok();
    assert_eq!(config.json()["maxCallsPerTimeWindow"], 20);
    assert_eq!(config.json()["timeWindow"], 600);
    assert_eq!(config.header("ratelimit-policy"), "\"calls\";q=20;w=600");
    let refused = (0..40).map(|_| anyone.get("/v1/datasets")).find(|answer| answer.status != 200);
    let refused = refused.unwrap();
    problem(&refused, "/v1/datasets", "nb", 429, "too-many-requests");
    let wait: u64 = refused.header("retry-after").parse().unwrap();
    assert!((1..=31).contains(&wait), "{wait}");
    assert!(refused.header("ratelimit").starts_with("\"calls\";r=0;t="));
}
