//! A case from application to deletion, as the people in it meet the API, and everything they may not do.

use crate::answer::Answer;
use crate::installation::{Installation, succeed};
use crate::node::{Caller, Node};
use serde_json::{Value, json};
use std::time::Duration;

const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=REGION,BOSIT&limit=2";
const BFD: &str = "972417793";
const SOON: Duration = Duration::from_secs(1);
/// How long to wait for it on a machine that has much else to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// What BFD applies for.
pub fn application(id: &str) -> Value {
    let lift = json!({ "act": "statistikkloven", "lov": "LOV-2019-06-21-32", "section": "§ 14",
        "clause": "tilgang til opplysninger for statistiske resultater", "url": "https://lovdata.no/" });
    json!({
        "id": id,
        "title": { "nb": "Boligsituasjon", "en": "Housing situation" },
        "recipient": { "organisation": BFD, "name": "Barne- og familiedepartementet" },
        "product": "11", "statutes": [lift], "confidentialityLift": lift,
        "gdpr": { "art6": "e", "art9": "j", "art89": true }, "chain": "statistics",
        "purpose": { "code": "housing-analysis", "class": "planning",
            "text": { "nb": "Analyse", "en": "Analysis" } },
        "columns": ["REGION", "BOSIT"], "population": "all", "years": [2024], "tier": "pseudonymised",
        "validFrom": "2024-01-01T00:00:00Z", "validTo": "2029-01-01T00:00:00Z",
        "reviewDue": "2027-12-01", "deleteBy": "2029-03-01", "deletionAttestedBy": "2029-04-01",
        "caseReference": "EKSEMPEL-2026/1",
    })
}

pub fn open(who: &Caller<'_>, terms: &Value) -> Answer {
    let answer = who.post("/v1/grants", &terms.to_string());
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = terms["id"].as_str().unwrap();
    assert_eq!(answer.header("location"), format!("/v1/grants/{id}"));
    answer
}

fn tag(who: &Caller<'_>, id: &str) -> String {
    who.get(&format!("/v1/grants/{id}")).ok().header("etag").to_owned()
}

/// Takes a step on the case as it is now.
pub fn step(who: &Caller<'_>, id: &str, word: &str) -> Answer {
    let tag = tag(who, id);
    let body = json!({ "reason": "because" }).to_string();
    who.send("POST", &format!("/v1/grants/{id}/{word}"), &[("If-Match", &tag)], &body)
}

#[track_caller]
pub fn take(who: &Caller<'_>, id: &str, word: &str) -> Value {
    let answer = step(who, id, word);
    assert_eq!(answer.status, 200, "{word}: {}", answer.text());
    answer.json()
}

/// Takes a case to the brink of force.
pub fn accepted(node: &Node, id: &str) {
    accept(node, &application(id));
}

/// The same with other terms.
fn accept(node: &Node, terms: &Value) {
    let (bld, legal, legal2) = (node.caller("bld"), node.caller("legal"), node.caller("legal2"));
    let id = terms["id"].as_str().unwrap();
    open(&bld, terms);
    for (who, word) in [
        (&bld, "submit"),
        (&legal, "complete"),
        (&legal, "review"),
        (&legal2, "approve"),
        (&bld, "accept"),
    ] {
        take(who, id, word);
    }
}

fn is_open(node: &Node) -> bool {
    node.caller("bld").get(RECORDS).status == 200
}

#[test]
fn an_application_becomes_a_grant_and_ends_with_deletion_attested() {
    let installation = Installation::copy("case-life");
    let node = installation.serve();
    let (bld, legal, legal2) = (node.caller("bld"), node.caller("legal"), node.caller("legal2"));
    let before = installation.store().policy_version().unwrap();
    accepted(&node, "bld-housing");
    assert_eq!(installation.store().policy_version().unwrap(), before, "nothing is in force yet");
    assert!(!is_open(&node));
    let active = take(&legal, "bld-housing", "activate");
    assert_eq!(active["state"], "active");
    assert_eq!(active["terms"]["approver"], "legal2 (urn:hjemmel:development:people)");
    // The process that took the step decides by it at once.
    assert!(is_open(&node));
    let basis = bld.get(RECORDS).ok();
    assert_eq!(basis.header("hjemmel-basis"), "bld-housing;version=1");
    let suspended = legal.post("/v1/grants/bld-housing/suspend", r#"{"reason":"a leak"}"#).ok();
    assert_eq!(suspended.json()["state"], "suspended");
    let denied = bld.get(RECORDS).problem(403, "no-legal-basis");
    assert_eq!(denied["failed"][0]["state"], "suspended");
    assert_eq!(
        step(&legal, "bld-housing", "resume").problem(403, "not-permitted")["rule"],
        "four-eyes"
    );
    take(&legal2, "bld-housing", "resume");
    assert_eq!(bld.get(RECORDS).ok().header("hjemmel-basis"), "bld-housing;version=1");
    take(&legal2, "bld-housing", "revoke");
    assert!(!is_open(&node));
    let closed = take(&bld, "bld-housing", "attest");
    assert_eq!(
        (&closed["state"], &closed["deletion"]["text"]),
        (&json!("closed"), &json!("because"))
    );
    let history = bld.get("/v1/grants/bld-housing/history").ok().json();
    let words: Vec<&str> =
        history["steps"].as_array().unwrap().iter().map(|s| s["step"].as_str().unwrap()).collect();
    assert_eq!(
        words,
        [
            "draft", "submit", "complete", "review", "approve", "accept", "activate", "suspend",
            "resume", "revoke", "attest"
        ]
    );
    assert!(!history.to_string().contains("\"person\""), "{history}");
}

#[test]
fn nobody_decides_alone_and_nobody_decides_their_own() {
    let installation = Installation::copy("case-eyes");
    let node = installation.serve();
    let (bld, legal) = (node.caller("bld"), node.caller("legal"));
    open(&bld, &application("bld-eyes"));
    take(&bld, "bld-eyes", "submit");
    for word in ["complete", "review", "approve", "reject"] {
        step(&bld, "bld-eyes", word).problem(403, "not-permitted");
    }
    take(&legal, "bld-eyes", "complete");
    take(&legal, "bld-eyes", "review");
    assert_eq!(
        step(&legal, "bld-eyes", "approve").problem(403, "not-permitted")["rule"],
        "four-eyes"
    );
    let dir = installation.path("").to_string_lossy().into_owned();
    let token = |name: &str, more: &[&str]| {
        let base = ["token", "--dir", &dir, "--role", "legal", "--role", "admin", "--person", name];
        succeed(&installation.run(&[&base, more].concat())).trim().to_owned()
    };
    // A second account of the same person, and an employee of the applicant with every role.
    let again = token("legal-admin", &["--person-behind", "legal"]);
    let refused = step(&node.with_token(&again), "bld-eyes", "approve");
    assert_eq!(refused.problem(403, "not-permitted")["rule"], "four-eyes");
    let inside = token("insider", &["--organisation", BFD]);
    step(&node.with_token(&inside), "bld-eyes", "approve").problem(403, "not-permitted");
    for name in ["auditor", "admin"] {
        let word = if name == "admin" { "review" } else { "approve" };
        let answer = step(&node.caller(name), "bld-eyes", word);
        answer.problem(403, "not-permitted");
    }
    for name in ["nav", "researcher"] {
        node.caller(name).get("/v1/grants/bld-eyes").problem(404, "not-found");
        let body = r#"{"reason":"x"}"#;
        node.caller(name).post("/v1/grants/bld-eyes/suspend", body).problem(404, "not-found");
    }
    take(&node.caller("legal2"), "bld-eyes", "approve");
    let own = node.caller("legal");
    open(&own, &application("legal-own"));
    take(&own, "legal-own", "submit");
    assert_eq!(
        step(&own, "legal-own", "complete").problem(403, "not-permitted")["rule"],
        "four-eyes"
    );
}

#[test]
fn state_version_and_people_are_not_an_applicants_to_say() {
    let installation = Installation::copy("case-assignment");
    let node = installation.serve();
    let bld = node.caller("bld");
    for (field, value) in [
        ("state", json!("active")),
        ("version", json!(7)),
        ("approver", json!("x")),
        ("reviewer", json!("x")),
        ("applicant", json!("x")),
        ("approvedBy", json!("x")),
        ("revision", json!(9)),
        ("authors", json!([])),
    ] {
        let mut body = application("bld-mass");
        body[field] = value;
        let problem = bld.post("/v1/grants", &body.to_string()).problem(400, "parameter-error");
        assert!(problem["detail"].as_str().unwrap().contains(field), "{problem}");
    }
    let mut other = application("bld-mass");
    other["recipient"]["organisation"] = json!("889640782");
    bld.post("/v1/grants", &other.to_string()).problem(403, "not-permitted");
    let mut endless = application("bld-mass");
    endless.as_object_mut().unwrap().remove("validTo");
    let problem = bld.post("/v1/grants", &endless.to_string()).problem(422, "hard-rule");
    assert_eq!(problem["rules"][0]["rule"], "dates");
    open(&bld, &application("bld-mass"));
    bld.post("/v1/grants", &application("bld-mass").to_string()).problem(409, "wrong-state");
    // Words that come with a step are words and nothing else.
    let tag = tag(&bld, "bld-mass");
    let body = r#"{"reason":"x","state":"active"}"#;
    bld.send("POST", "/v1/grants/bld-mass/submit", &[("If-Match", &tag)], body)
        .problem(400, "parameter-error");
    let long = json!({ "reason": "x".repeat(200_000) }).to_string();
    bld.send("POST", "/v1/grants/bld-mass/submit", &[("If-Match", &tag)], &long)
        .problem(413, "too-large");
    bld.send("POST", "/v1/grants/bld-mass/sumbit", &[("If-Match", &tag)], "")
        .problem(404, "not-found");
    let forged = json!({ "reason": "x\r\nINFO approved \u{1b}[31m" }).to_string();
    let taken =
        bld.send("POST", "/v1/grants/bld-mass/withdraw", &[("If-Match", &tag)], &forged).ok();
    assert_eq!(taken.json()["state"], "withdrawn");
    assert!(!node.log().contains("INFO approved"), "{}", node.log());
}

#[test]
fn an_old_version_is_not_acted_on_and_editing_voids_what_was_decided() {
    let installation = Installation::copy("case-stale");
    let node = installation.serve();
    let (bld, legal) = (node.caller("bld"), node.caller("legal"));
    let old = open(&bld, &application("bld-stale")).header("etag").to_owned();
    // Compressed on its way, the tag is a weak one.
    assert_eq!(old.trim_start_matches("W/"), "\"v1.r1\"");
    bld.post("/v1/grants/bld-stale/submit", "").problem(428, "version-needed");
    bld.send("POST", "/v1/grants/bld-stale/submit", &[("If-Match", "*")], "")
        .problem(428, "version-needed");
    take(&bld, "bld-stale", "submit");
    bld.send("POST", "/v1/grants/bld-stale/submit", &[("If-Match", &old)], "")
        .problem(412, "stale");
    take(&legal, "bld-stale", "complete");
    take(&legal, "bld-stale", "review");
    let reviewed = tag(&legal, "bld-stale");
    take(&node.caller("legal2"), "bld-stale", "approve");
    let approved = tag(&bld, "bld-stale");
    let mut body = application("bld-stale");
    body["columns"] = json!(["REGION", "BOSIT", "KJONN"]);
    let edited =
        bld.send("PUT", "/v1/grants/bld-stale", &[("If-Match", &approved)], &body.to_string());
    let edited = edited.ok().json();
    assert_eq!((&edited["state"], &edited["approver"]), (&json!("draft"), &Value::Null));
    let late = legal.send("POST", "/v1/grants/bld-stale/approve", &[("If-Match", &reviewed)], "");
    late.problem(412, "stale");
    step(&bld, "bld-stale", "accept").problem(409, "wrong-state");
    let history = legal.get("/v1/grants/bld-stale/history").ok().json();
    let last = history["steps"].as_array().unwrap().last().unwrap();
    assert!(last["changes"].to_string().contains("KJONN"), "{last}");
}

#[test]
fn hard_rules_refuse_by_name_and_a_change_of_law_asks_for_a_new_review() {
    let installation = Installation::copy("case-law");
    let node = installation.serve();
    let (bld, legal) = (node.caller("bld"), node.caller("legal"));
    for (at, value, rule) in [
        ("/purpose/class", json!("case-handling"), "statistics-for-statistics"),
        ("/gdpr/art9", Value::Null, "special-categories"),
        ("/tier", json!("identified"), "impact-assessment"),
        ("/columns", json!(["NO_SUCH"]), "known-columns"),
        ("/recipient/name", json!("Utkant kommune"), "own-population"),
        ("/confidentialityLift", Value::Null, "confidentiality"),
    ] {
        let id = format!("bld-{rule}");
        let mut body = application(&id);
        if rule == "special-categories" {
            body["columns"] = json!(["REGION", "TRYGDESIT"]);
        }
        *body.pointer_mut(at).unwrap() = value;
        assert_eq!(bld.post("/v1/grants", &body.to_string()).status, 201, "{rule}");
        let problem = step(&bld, &id, "submit").problem(422, "hard-rule");
        let rules: Vec<&Value> =
            problem["rules"].as_array().unwrap().iter().map(|r| &r["rule"]).collect();
        assert!(rules.contains(&&json!(rule)), "{problem}");
    }
    let text = |text: &str| {
        json!({ "act": "statistikkloven", "lov": "LOV-2019-06-21-32", "section": "§ 14",
            "url": "https://lovdata.no/", "text": text, "note": "x" })
        .to_string()
    };
    bld.post("/v1/statutes", &text("one")).problem(403, "not-permitted");
    assert_eq!(legal.post("/v1/statutes", &text("one")).status, 201);
    accepted(&node, "bld-law");
    let changed = legal.post("/v1/statutes", &text("two"));
    assert_eq!(changed.status, 201, "{}", changed.text());
    let resting = changed.json()["grants"].clone();
    let own = resting.as_array().unwrap().iter().find(|grant| grant["id"] == "bld-law").unwrap();
    assert_eq!(own["outdated"], true);
    assert!(resting.to_string().contains("nav-11-pseudonymised"), "{resting}");
    let problem = step(&legal, "bld-law", "activate").problem(422, "hard-rule");
    assert_eq!(problem["rules"][0]["rule"], "legal-basis");
    let seen = bld.get("/v1/statutes/LOV-2019-06-21-32/14").ok().json();
    assert!(!seen.to_string().contains("nav-11"), "{seen}");
    assert_eq!(
        seen["versions"].as_array().unwrap().last().unwrap()["textSha256"].as_str().unwrap().len(),
        64
    );
}

#[test]
fn a_new_version_takes_the_place_of_the_old_when_it_comes_into_force() {
    let installation = Installation::copy("case-amend");
    let node = installation.serve();
    let (bld, legal, legal2) = (node.caller("bld"), node.caller("legal"), node.caller("legal2"));
    accepted(&node, "bld-amend");
    take(&legal, "bld-amend", "activate");
    let amended = take(&bld, "bld-amend", "amend");
    assert_eq!((&amended["version"], &amended["state"]), (&json!(2), &json!("draft")));
    assert_eq!(amended["inForce"]["version"], 1);
    let active = amended["inForce"]["etag"].as_str().unwrap().to_owned();
    bld.send("POST", "/v1/grants/bld-amend/amend", &[("If-Match", &active)], "")
        .problem(409, "wrong-state");
    for (who, word) in [
        (&bld, "submit"),
        (&legal, "complete"),
        (&legal, "review"),
        (&legal2, "approve"),
        (&bld, "accept"),
    ] {
        take(who, "bld-amend", word);
        assert_eq!(bld.get(RECORDS).ok().header("hjemmel-basis"), "bld-amend;version=1");
    }
    take(&legal2, "bld-amend", "activate");
    assert_eq!(bld.get(RECORDS).ok().header("hjemmel-basis"), "bld-amend;version=2");
    let first = bld.get("/v1/grants/bld-amend?version=1").ok().json();
    assert_eq!(first["state"], "superseded");
    let listed = bld.get("/v1/grants").ok().json();
    let own = listed["grants"].as_array().unwrap().iter();
    assert_eq!(own.filter(|grant| grant["id"] == "bld-amend").count(), 2);
    let all = legal.get("/v1/grants?state=active").ok().json();
    assert!(all["grants"].as_array().unwrap().len() >= 8, "{all}");
    node.caller("bld").get("/v1/grants?state=alive").problem(400, "parameter-error");
}

#[test]
fn a_stop_takes_one_person_and_holds_for_everyone_until_another_lifts_it() {
    let installation = Installation::copy("case-stops");
    let nodes = [installation.serve(), installation.serve()];
    let nav = |node: &Node| {
        node.caller("nav").get("/v1/datasets/skjema-11/microdata?year=2024&limit=1").status
    };
    let (legal, legal2) = (nodes[0].caller("legal"), nodes[0].caller("legal2"));
    for body in [
        json!({ "kind": "recipient", "recipient": "889640782", "reason": "leak" }),
        json!({ "kind": "dataset", "dataset": "11", "reason": "wrong figures" }),
        json!({ "kind": "all", "reason": "break-in" }),
    ] {
        nodes[0].caller("nav").post("/v1/stops", &body.to_string()).problem(403, "not-permitted");
        nodes[0]
            .caller("auditor")
            .post("/v1/stops", &body.to_string())
            .problem(403, "not-permitted");
        let made = legal.post("/v1/stops", &body.to_string());
        assert_eq!(made.status, 201, "{}", made.text());
        assert_eq!(nav(&nodes[0]), 403, "at once where it was made");
        nodes[1].wait_until(PATIENCE, |node| nav(node) == 403);
        let said = nodes[0].caller("nav").get(RECORDS).problem(403, "no-legal-basis");
        assert_eq!(said["failed"][0]["reason"], "stopped");
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let lift = format!("/v1/stops/{id}/lift");
        let own = legal.post(&lift, r#"{"reason":"mended"}"#).problem(403, "not-permitted");
        assert_eq!(own["rule"], "four-eyes");
        legal2.post(&lift, r#"{"reason":" "}"#).problem(400, "parameter-error");
        legal2.post(&lift, r#"{"reason":"mended"}"#).ok();
        assert_eq!(nav(&nodes[0]), 200);
        nodes[1].wait_until(PATIENCE, |node| nav(node) == 200);
        legal2.post(&lift, r#"{"reason":"mended"}"#).problem(404, "not-found");
    }
    legal.post("/v1/stops", r#"{"kind":"recipient","reason":"x"}"#).problem(400, "parameter-error");
    let all = nodes[0].caller("auditor").get("/v1/stops").ok().json();
    assert_eq!(all["stops"].as_array().unwrap().len(), 3);
}

#[test]
fn a_grant_of_a_file_can_be_stopped_like_any_other_and_files_leave_it_alone_then() {
    let installation = Installation::copy("case-file");
    let node = installation.serve();
    let legal = node.caller("legal");
    let shown = legal.get("/v1/grants/nav-11-pseudonymised").ok().json();
    assert_eq!((&shown["state"], &shown["revision"]), (&json!("active"), &json!(0)));
    legal.post("/v1/grants/nav-11-pseudonymised/suspend", r#"{"reason":"leak"}"#).ok();
    node.caller("nav").get(RECORDS).problem(403, "no-legal-basis");
    crate::grants::Grants::of_the_demonstration().load(&installation);
    std::thread::sleep(SOON);
    node.caller("nav").get(RECORDS).problem(403, "no-legal-basis");
    take(&node.caller("legal2"), "nav-11-pseudonymised", "resume");
    node.caller("nav").get(RECORDS).ok();
}

#[test]
fn a_grant_that_nobody_looked_at_in_time_is_suspended_and_whoever_resumes_it_has_looked() {
    let installation = Installation::copy("case-review");
    let node = installation.serve();
    let (bld, legal, legal2) = (node.caller("bld"), node.caller("legal"), node.caller("legal2"));
    let now = chrono::Utc::now();
    let day = |days: i64| (now - chrono::TimeDelta::days(days)).format("%Y-%m-%d").to_string();
    let apply = |id: &str, due: String| {
        let mut terms = application(id);
        terms["reviewDue"] = json!(due);
        accept(&node, &terms);
        take(&legal, id, "activate");
    };
    let state = |id: &str| legal.get(&format!("/v1/grants/{id}")).ok().json()["state"].clone();
    apply("bld-late", day(29));
    apply("bld-forgotten", day(32));
    node.wait_until(PATIENCE, |_| state("bld-forgotten") == "suspended");
    assert_eq!(state("bld-late"), "active", "there is a day left");
    let shown = legal.get("/v1/grants/bld-forgotten").ok().json();
    assert!(shown["reason"].as_str().unwrap().contains(&day(32)), "{shown}");
    let history = legal.get("/v1/grants/bld-forgotten/history").ok().json();
    let last = history["steps"].as_array().unwrap().last().unwrap().clone();
    assert_eq!(
        (&last["step"], &last["by"]["name"]),
        (&json!("suspend"), &json!("hjemmel")),
        "{last}"
    );
    let overdue = |id: &str| {
        let used = legal.get("/v1/grant-use").ok().json();
        let all = used["grants"].as_array().unwrap();
        all.iter().find(|grant| grant["grant"] == id).unwrap()["reviewOverdue"].clone()
    };
    assert_eq!(overdue("bld-late"), true);
    step(&bld, "bld-late", "recertify").problem(403, "not-permitted");
    let kept = take(&legal, "bld-late", "recertify");
    assert_eq!(kept["state"], "active");
    assert_eq!(overdue("bld-late"), false);
    let resumed = take(&legal2, "bld-forgotten", "resume");
    assert_eq!(resumed["state"], "active");
    std::thread::sleep(2 * SOON);
    assert_eq!(state("bld-forgotten"), "active");
}
