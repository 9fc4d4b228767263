//! Every row of the reference server's table of errors, with its status, title and a detail that says what to do; and
//! questions as large as they may be.

use crate::answer::Answer;
use crate::node::{Caller, shared};
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const V2: &str = "/pxwebapi/v2";
const CHOSEN: &str = "valueCodes[Region]=EAK&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024";

#[track_caller]
fn refused(answer: &Answer, status: u16, title: &str, name: &str) {
    assert_eq!(answer.status, status, "{name}: {}", answer.text());
    assert_eq!(answer.header("content-type"), "application/problem+json", "{name}");
    let problem = answer.json();
    assert_eq!(problem["title"], title, "{name}");
    assert_eq!(problem["status"], status, "{name}");
    for member in ["type", "detail", "instance"] {
        assert!(problem[member].as_str().is_some_and(|text| !text.is_empty()), "{name}: {problem}");
    }
}

#[test]
fn what_is_wrong_with_an_address_is_said_as_the_reference_says_it() {
    let anyone = shared().anyone();
    let data = |rest: &str| format!("{V2}/tables/S1101/data?{rest}");
    let rows: &[(u16, &str, String)] = &[
        (400, "Non-existent variable", data("valueCodes[Regio]=EAK")),
        (
            400,
            "Non-existent value",
            data("valueCodes[Region]=9999&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024"),
        ),
        (
            400,
            "Missing selection for mandantory variable",
            data("valueCodes[Region]=EAK&valueCodes[Tid]=2024"),
        ),
        (
            400,
            "Missing selection for mandantory variable",
            data("valueCodes[Region]=EAK&valueCodes[ContentsCode]=*"),
        ),
        // A mask without hits selects nothing of a mandatory variable.
        (
            400,
            "Missing selection for mandantory variable",
            data("valueCodes[Region]=EAK&valueCodes[ContentsCode]=x*&valueCodes[Tid]=2024"),
        ),
        (
            400,
            "Illegal selection expression",
            data("valueCodes[Region]=EAK&valueCodes[ContentsCode]=*&valueCodes[Tid]=top(x)"),
        ),
        (
            400,
            "Illegal selection expression",
            data("valueCodes[Region]=*A*B*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024"),
        ),
        (
            400,
            "Illegal selection expression",
            data("valueCodes[Region]=EAK&valueCodes[ContentsCode]=*&valueCodes[Tid]=[range(2023)]"),
        ),
        (400, "Illegal placment", data(&format!("{CHOSEN}&heading=Tid&stub=Tid"))),
        (400, "Illegal placment", data(&format!("{CHOSEN}&heading=Nothing"))),
        (400, "Unsupported output format", data(&format!("{CHOSEN}&outputFormat=xls"))),
        (
            400,
            "Unsupported output format parameter",
            data(&format!("{CHOSEN}&outputFormat=px&outputFormatParams=UseCodes")),
        ),
        (
            400,
            "Unsupported output format parameter",
            data(&format!("{CHOSEN}&outputFormat=json-stat2&outputFormatParams=UseTexts")),
        ),
        (
            400,
            "Unsupported output format parameter",
            data(&format!("{CHOSEN}&outputFormat=json-px&outputFormatParams=UseCodes")),
        ),
        (
            400,
            "Unsupported output format parameter",
            data(&format!("{CHOSEN}&outputFormat=parquet&outputFormatParams=IncludeTitle")),
        ),
        (
            400,
            "Unsupported output format parameter",
            data(&format!("{CHOSEN}&outputFormat=xlsx&outputFormatParams=SeparatorTab")),
        ),
        (
            400,
            "Unsupported output format parameter",
            data(&format!("{CHOSEN}&outputFormat=csv&outputFormatParams=UseNothing")),
        ),
        (400, "Non-existent codelist", data(&format!("{CHOSEN}&codelist[Region]=agg_None"))),
        (400, "Non-existent table", format!("{V2}/tables/S9999/data?{CHOSEN}")),
        (404, "Non-existent table", format!("{V2}/tables/S9999")),
        (404, "Non-existent table", format!("{V2}/tables/S9999/metadata")),
        (404, "Non-existent table", format!("{V2}/tables/S9999/defaultselection")),
        (404, "Non-existent codelist", format!("{V2}/codelists/agg_None")),
        (404, "Non-existent page", format!("{V2}/tables?pageNumber=99")),
        (404, "Saved query not found", format!("{V2}/savedqueries/none")),
        (404, "Saved query not found", format!("{V2}/savedqueries/none/data")),
        (404, "Saved query not found", format!("{V2}/savedqueries/none/selection")),
        (400, "Parameter error", format!("{V2}/tables?pageNumber=one")),
        (400, "Parameter error", format!("{V2}/tables?pastDays=0")),
    ];
    for (status, title, path) in rows {
        refused(&anyone.get(path), *status, title, path);
    }
    for path in [
        "tables",
        "tables/S1101",
        "tables/S1101/metadata",
        "tables/S1101/defaultselection",
        "tables/S1101/data",
        "codelists/agg_Landet",
    ] {
        let path = format!("{V2}/{path}?lang=xx");
        refused(&anyone.get(&path), 400, "Unsupported language", &path);
    }
}

#[test]
fn what_is_wrong_with_a_body_is_said_as_the_reference_says_it() {
    let anyone = shared().anyone();
    let part =
        |variable: &str, codes: &[&str]| json!({ "variableCode": variable, "valueCodes": codes });
    let of = |parts: &[Value]| json!({ "selection": parts }).to_string();
    let rest = [part("ContentsCode", &["*"]), part("Tid", &["2024"])];
    let with = |one: Value| of(&[vec![one], rest.to_vec()].concat());
    for (title, query, body) in [
        ("Non-existent variable", "", with(part("Nothing", &["1"]))),
        ("Non-existent value", "", with(part("Region", &["9999"]))),
        ("Missing selection for mandantory variable", "", of(&[part("Region", &["EAK"])])),
        ("Illegal selection expression", "", with(part("Region", &["top(0)"]))),
        ("Unsupported output format", "?outputFormat=none", with(part("Region", &["EAK"]))),
        (
            "Unsupported output format parameter",
            "?outputFormat=px&outputFormatParams=UseCodes",
            with(part("Region", &["EAK"])),
        ),
        ("Unsupported language", "?lang=xx", with(part("Region", &["EAK"]))),
        (
            "Non-existent codelist",
            "",
            with(json!({ "variableCode": "Region", "codelist": "agg_None", "valueCodes": ["*"] })),
        ),
    ] {
        let answer = anyone.post(&format!("{V2}/tables/S1101/data{query}"), &body);
        refused(&answer, 400, title, &body);
    }
    let answer = anyone.post(&format!("{V2}/tables/S9999/data"), &with(part("Region", &["EAK"])));
    refused(&answer, 400, "Non-existent table", "another table");
    refused(&anyone.post(&format!("{V2}/savedqueries"), ""), 400, "No query specified", "nothing");
    for body in
        ["{", "[]", "\"x\"", "{\"selection\":3}", "{\"selection\":[{\"valueCodes\":[\"*\"]}]}"]
    {
        let answer = anyone.post(&format!("{V2}/tables/S1101/data"), body);
        answer.problem(400, "parameter-error");
    }
}

/// Asks and sees that nobody waits for it.
fn quickly(caller: &Caller<'_>, body: &str) -> Answer {
    let started = Instant::now();
    let answer = caller.post(&format!("{V2}/tables/S1101/data"), body);
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
    answer
}

#[test]
fn the_largest_questions_are_answered_or_refused_at_once() {
    let anyone = shared().anyone();
    let ask = |codes: &[String]| {
        json!({ "selection": [
            { "variableCode": "Region", "valueCodes": codes },
            { "variableCode": "ContentsCode", "valueCodes": ["*"] },
            { "variableCode": "Tid", "valueCodes": ["2024"] },
        ] })
        .to_string()
    };
    // Ten thousand codes: each known one is said many times, and counts once.
    let known: Vec<String> =
        ["EAK", "0301", "3107"].iter().cycle().take(10_000).map(ToString::to_string).collect();
    assert_eq!(quickly(&anyone, &ask(&known)).ok().json()["size"][0], 3);
    let unknown: Vec<String> = (0..10_000).map(|number| format!("X{number}")).collect();
    refused(
        &quickly(&anyone, &ask(&unknown)),
        400,
        "Non-existent value",
        "ten thousand unknown codes",
    );
    let masks: Vec<String> = (0..10_000).map(|number| format!("*{number}?")).collect();
    assert_eq!(quickly(&anyone, &ask(&masks)).status, 400);
    // Nearly two megabytes are read; more is too much.
    let many: Vec<String> =
        ["EAK", "0301"].iter().cycle().take(280_000).map(ToString::to_string).collect();
    let large = ask(&many);
    assert!((1_500_000..2 << 20).contains(&large.len()), "{}", large.len());
    assert_eq!(quickly(&anyone, &large).ok().json()["size"][0], 2);
    let one_word = ask(&["9".repeat(1_900_000)]);
    let problem = quickly(&anyone, &one_word);
    refused(&problem, 400, "Non-existent value", "one code of two megabytes");
    assert!(problem.body.len() < 2_000, "what was sent is not sent back");
    let too_large = ask(&["9".repeat(3 << 20)]);
    // Whoever is still writing may find the connection closed before the answer is read.
    let refused = anyone.ask(&format!("{V2}/tables/S1101/data"), &[], Some(&too_large));
    assert!(refused.as_ref().map_or(true, |answer| answer.status == 413), "{refused:?}");
}

#[test]
fn a_page_of_nought_or_less_is_one_as_it_comes() {
    let anyone = shared().anyone();
    let plain = anyone.get(&format!("{V2}/tables")).ok().json();
    for query in ["pageSize=0", "pageSize=-4", "pageNumber=0"] {
        let page = anyone.get(&format!("{V2}/tables?{query}")).ok().json();
        assert_eq!((&page["tables"], &page["page"]), (&plain["tables"], &plain["page"]), "{query}");
    }
    for query in ["pageSize=many", "pastDays=-1"] {
        let answer = anyone.get(&format!("{V2}/tables?{query}"));
        refused(&answer, 400, "Parameter error", query);
    }
}

#[test]
fn an_address_may_end_in_a_slash() {
    let anyone = shared().anyone();
    for path in [
        format!("{V2}/tables"),
        format!("{V2}/tables/S1101"),
        "/api/v0/no".to_owned(),
        "/api/v0/no/table".to_owned(),
        "/api/v0/en/table/sk/sk09/S1101".to_owned(),
        "/api/klass/v1/classifications".to_owned(),
    ] {
        let (plain, ended) = (anyone.get(&path).ok(), anyone.get(&format!("{path}/")).ok());
        assert_eq!(plain.text(), ended.text(), "{path}");
    }
    anyone.get("/v1/datasets/").problem(404, "not-found");
}

#[test]
fn parameters_that_nobody_knows_are_left_alone() {
    let anyone = shared().anyone();
    let plain = anyone.get(&format!("{V2}/tables/S1101/data?{CHOSEN}")).ok();
    let with = anyone.get(&format!("{V2}/tables/S1101/data?{CHOSEN}&unknown=1&x[y]=z")).ok();
    assert_eq!(plain.body, with.body);
    for path in
        ["config", "tables", "tables/S1101", "tables/S1101/metadata", "codelists/agg_Landet"]
    {
        anyone.get(&format!("{V2}/{path}?outputFormat=json-stat2&unknown=1")).ok();
    }
}
