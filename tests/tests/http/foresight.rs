//! What would be decided, what a case would change, and the tests that keep it from coming into force.

use crate::cases::{accepted, step, take};
use crate::installation::{Installation, succeed, words};
use crate::node;
use serde_json::{Value, json};

fn ask(organisation: &str, columns: &[&str]) -> Value {
    json!({ "organisation": organisation, "what": "microdata", "form": "11", "years": [2024], "columns": columns })
}

#[test]
fn what_would_be_decided_is_told_with_the_reason_and_gives_nothing() {
    let node = node::shared();
    let (auditor, bld) = (node.caller("auditor"), node.caller("bld"));
    let told =
        auditor.post("/v1/decisions", &ask("889640782", &["REGION", "VKLO"]).to_string()).ok();
    let told = told.json();
    assert_eq!(told["outcome"], "allowed");
    assert_eq!(told["grant"]["id"], "nav-11-pseudonymised");
    assert!(told["explanation"]["nb"].as_str().unwrap().contains("statistikkloven § 14"), "{told}");
    assert!(told.get("records").is_none());
    let told =
        auditor.post("/v1/decisions", &ask("972417793", &["REGION"]).to_string()).ok().json();
    assert_eq!(
        (&told["outcome"], &told["failed"][0]["reason"]["reason"]),
        (&json!("denied"), &json!("noGrant"))
    );
    // A body asks about itself, and needs not say so.
    let mut own = ask("972417793", &["REGION"]);
    bld.post("/v1/decisions", &own.to_string()).ok();
    own.as_object_mut().unwrap().remove("organisation");
    assert_eq!(bld.post("/v1/decisions", &own.to_string()).ok().json()["outcome"], "denied");
    bld.post("/v1/decisions", &ask("889640782", &["REGION"]).to_string())
        .problem(403, "not-permitted");
    node.caller("researcher").post("/v1/decisions", &own.to_string()).problem(403, "not-permitted");
    // Before the first policy nobody could see anything.
    let mut past = ask("889640782", &["REGION"]);
    past["at"] = json!("2020-03-01T12:00:00Z");
    let told = auditor.post("/v1/decisions", &past.to_string()).ok().json();
    assert_eq!((&told["outcome"], &told["policyVersion"]), (&json!("denied"), &json!(0)));
    for wrong in [json!({ "at": "yesterday" }), json!({ "years": ["x"] }), json!({ "sudo": true })]
    {
        let mut body = ask("889640782", &["REGION"]);
        body.as_object_mut().unwrap().extend(wrong.as_object().unwrap().clone());
        auditor.post("/v1/decisions", &body.to_string()).problem(400, "parameter-error");
    }
}

#[test]
fn the_matrix_is_whole_for_the_house_and_ones_own_for_a_body() {
    let node = node::shared();
    let all = node.caller("auditor").get("/v1/access-matrix").ok().json();
    let recipients = |all: &Value| {
        all["rows"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["recipient"].clone())
            .collect::<Vec<_>>()
    };
    assert!(
        recipients(&all).contains(&json!("889640782"))
            && recipients(&all).contains(&json!("942114184"))
    );
    let own = node.caller("husbanken").get("/v1/access-matrix").ok().json();
    assert!(recipients(&own).iter().all(|one| one == "942114184") && !recipients(&own).is_empty());
    assert!(recipients(&node.caller("bld").get("/v1/access-matrix").ok().json()).is_empty());
    node.caller("bld").get("/v1/access-matrix?recipient=889640782").problem(403, "not-permitted");
    node.caller("researcher").get("/v1/access-matrix").problem(403, "not-permitted");
    let csv =
        node.caller("husbanken").get("/v1/access-matrix?format=csv&dataset=skjema-11").ok().text();
    assert!(
        csv.lines()
            .any(|line| line == "942114184,skjema-11,2024,exact,BOSIT,all,husbanken-11-housing,1"),
        "{csv}"
    );
    node.caller("auditor").get("/v1/access-matrix?at=then").problem(400, "parameter-error");
}

#[test]
fn the_impact_of_a_case_is_told_and_a_saved_test_keeps_it_from_coming_into_force() {
    let installation = Installation::copy("foresight");
    let node = installation.serve();
    let (bld, legal, legal2) = (node.caller("bld"), node.caller("legal"), node.caller("legal2"));
    bld.get("/v1/datasets/skjema-11/microdata?year=2024&columns=REGION")
        .problem(403, "no-legal-basis");
    // Before anybody has approved it, since that is when it must be known.
    let early = legal.get("/v1/grants/bfd-komplett/impact").ok().json();
    assert!(!early["shifts"].as_array().unwrap().is_empty(), "{early}");
    assert_eq!(early["brokenRules"], json!([]), "{early}");
    accepted(&node, "bld-impact");
    let impact = legal.get("/v1/grants/bld-impact/impact").ok().json();
    let gained: Vec<&Value> = impact["shifts"].as_array().unwrap().iter().collect();
    assert!(
        gained.iter().all(|shift| shift["recipient"] == "972417793" && shift["before"].is_null()),
        "{impact}"
    );
    assert!(gained.iter().any(|shift| shift["columns"] == json!(["BOSIT", "REGION"])), "{impact}");
    assert!(impact["replay"]["changed"].as_u64().unwrap() >= 1, "{impact}");
    assert_eq!(impact["replay"]["listed"][0]["after"], "allowed");
    bld.get("/v1/grants/bld-impact/impact").problem(403, "not-permitted");

    let test = json!({ "name": "BFD sees no housing", "expected": "denied", "reason": "agreed",
        "question": ask("972417793", &["BOSIT"]) });
    let made = legal.post("/v1/policy-tests", &test.to_string());
    assert_eq!(made.status, 201, "{}", made.text());
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let mut untrue = test.clone();
    untrue["expected"] = json!("allowed");
    legal.post("/v1/policy-tests", &untrue.to_string()).problem(409, "wrong-state");
    bld.post("/v1/policy-tests", &test.to_string()).problem(403, "not-permitted");
    let impact = legal.get("/v1/grants/bld-impact/impact?days=0").ok().json();
    assert_eq!(impact["testsFailed"][0]["name"], "BFD sees no housing");
    let refused = step(&legal, "bld-impact", "activate").problem(422, "hard-rule");
    assert_eq!(refused["tests"][0]["name"], "BFD sees no housing");
    assert_eq!(legal.get("/v1/policy-tests").ok().json()["tests"][0]["kept"], true);

    let retire = format!("/v1/policy-tests/{id}/retire");
    legal.post(&retire, r#"{"reason":"x"}"#).problem(403, "not-permitted");
    legal2.post(&retire, r#"{"reason":"no longer agreed"}"#).ok();
    take(&legal, "bld-impact", "activate");
    bld.get("/v1/datasets/skjema-11/microdata?year=2024&columns=REGION&limit=1").ok();
}

#[test]
fn the_commands_say_who_can_see_what_and_why() {
    let installation = Installation::copy("foresight-commands");
    let matrix = succeed(&installation.run(&["policy", "matrix", "--recipient", "942114184"]));
    assert!(matrix.contains("husbanken-11-housing v1") && !matrix.contains("nav-11"), "{matrix}");
    let csv = succeed(&installation.run(&["policy", "matrix", "--csv", "--form", "11"]));
    assert!(csv.lines().count() > 100 && csv.contains(",BOSIT,all,"), "{csv}");
    let file = crate::grants::Grants::of_the_demonstration()
        .without("husbanken-11-housing")
        .write(&installation);
    let diff = succeed(&installation.run(&["policy", "matrix", "--diff", &file.to_string_lossy()]));
    assert!(diff.contains("942114184 sees BOSIT, REGION of form 11"), "{diff}");
    assert!(diff.contains("the whole country → nothing"), "{diff}");
    let why = installation.run(&[
        "policy",
        "explain",
        "--organisation",
        "889640782",
        "--years",
        "2024",
        "--english",
    ]);
    assert!(succeed(&why).contains("Allowed: the body 889640782"), "{}", words(&why));
    let why =
        installation.run(&["policy", "explain", "--organisation", "972417793", "--years", "2024"]);
    assert_eq!(why.status.code(), Some(1));
    assert!(words(&why).contains("har ingen tilgang"), "{}", words(&why));
}

#[test]
fn the_report_says_how_a_grant_was_used_and_a_body_sees_its_own() {
    let installation = Installation::copy("grant-use");
    let node = installation.serve();
    let nav = node.caller("nav");
    let records = "/v1/datasets/skjema-11/microdata?year=2024&limit=1";
    nav.get(&format!("{records}&columns=REGION,VKLO")).ok();
    nav.get(&format!("{records}&columns=REGION")).ok();
    nav.get(&format!("{records}&columns=NO_SUCH")).problem(400, "parameter-error");
    nav.get(&format!("{records}&columns=PERSON_FODSELSNR")).problem(403, "outside-grant");
    let report = node.caller("auditor").get("/v1/grant-use?recipient=889640782").ok().json();
    let of = |id: &str| {
        report["grants"].as_array().unwrap().iter().find(|one| one["grant"] == id).unwrap().clone()
    };
    let used = of("nav-11-pseudonymised");
    assert_eq!((&used["allowed"], &used["refused"]), (&json!(2), &json!(1)), "{used}");
    assert_eq!(used["columnsUsed"]["REGION"], 2);
    assert!(used["columnsNeverUsed"].to_string().contains("BOSIT"), "{used}");
    assert!(of("nav-11c-pseudonymised")["lastUsed"].is_null());
    let husbanken = node.caller("husbanken");
    let own = husbanken.get("/v1/grant-use").ok().json();
    assert!(own["grants"].as_array().unwrap().iter().all(|one| one["recipient"] == "942114184"));
    husbanken.get("/v1/grant-use?recipient=889640782").problem(403, "not-permitted");
    let csv = husbanken.get("/v1/grant-use?format=csv").ok().text();
    assert!(csv.contains("942114184,husbanken-11-housing,1,0,0,0,"), "{csv}");
    node.caller("auditor").get("/v1/grant-use?from=then").problem(400, "parameter-error");
}
