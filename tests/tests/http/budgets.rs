//! Budgets as researchers and administrators meet them.

use crate::installation::{Installation, succeed};
use crate::questions::{QUERIES, about, rich};
use serde_json::{Value, json};

const BUDGETS: &str = "/v1/budgets";

fn budget<'a>(all: &'a Value, kind: &str, key: &str) -> &'a Value {
    let mut all = all["budgets"].as_array().unwrap().iter();
    all.find(|one| one["kind"] == kind && one["key"] == key)
        .unwrap_or_else(|| panic!("{kind} {key}"))
}

#[test]
fn an_exhausted_budget_is_named_and_answers_that_were_given_stay_free() {
    let installation =
        Installation::copy("exhausted").with("HJEMMEL_QUESTIONS_RHO_PER_PROJECT", "0.03");
    let node = installation.serve();
    let researcher = node.caller("researcher");
    let question = |rho: f64| about(&json!({ "rho": rho })).to_string();
    let first = researcher.post(QUERIES, &question(0.02)).ok();
    let refused = researcher.post(QUERIES, &question(0.025)).problem(403, "budget-exhausted");
    assert_eq!(refused["budget"], json!({ "kind": "project", "key": "kvp-effekt" }));
    assert!(refused["rhoLeft"].as_f64().unwrap() < 0.011 && refused["decision"].is_string());
    assert!(refused["detail"].as_str().unwrap().contains("administrator"));
    assert_eq!(researcher.post(QUERIES, &question(0.02)).ok().body, first.body);
    // Another project has its own purse, and the data's is shared.
    node.caller("researcher2").post(QUERIES, &question(0.025)).ok();
    let store = installation.store();
    assert_eq!(store.check_purses().unwrap(), []);
    assert_eq!(store.paid_and_answered().unwrap(), (2, 2));
}

#[test]
fn researchers_see_their_own_and_administrators_all() {
    let node = rich("budgets").serve();
    node.caller("researcher").post(QUERIES, &about(&json!({ "rho": 0.25 })).to_string()).ok();
    let own = node.caller("researcher").get(BUDGETS).ok().json();
    assert!(budget(&own, "project", "kvp-effekt")["rhoSpent"].as_f64().unwrap() > 0.2);
    assert!(budget(&own, "dataset-year", "skjema-11/2024")["rhoLeft"].as_f64().unwrap() < 89.8);
    assert!(own["budgets"].as_array().unwrap().iter().all(|one| one["key"] != "unge"));
    assert!(own.get("waiting").is_none());
    node.caller("bld").get(BUDGETS).problem(403, "may-not-ask");
    node.caller("researcher").get("/v1/budgets/spends").problem(403, "not-permitted");

    for name in ["admin", "auditor"] {
        let all = node.caller(name).get(BUDGETS).ok().json();
        assert!(budget(&all, "project", "unge")["rhoSpent"].as_f64().unwrap().abs() < 1e-12);
        let spent = budget(&all, "project", "kvp-effekt");
        assert_eq!(spent["byDay"].as_array().unwrap().len(), 1);
        assert!(spent["runsDry"].is_string());
        let spends = node.caller(name).get("/v1/budgets/spends").ok().json();
        assert_eq!(spends["byProject"][0]["questions"], 1);
        assert_eq!(spends["spends"][0]["charges"].as_array().unwrap().len(), 3);
        assert!(
            spends["spends"][0].get("layers").is_none() && !spends.to_string().contains("value")
        );
    }
}

#[test]
fn a_cap_is_lowered_by_one_administrator_and_raised_by_two() {
    let installation = Installation::copy("caps");
    let node = installation.serve();
    let cap = |name: &str, rho: f64| {
        let body = json!({ "kind": "dataset-year", "key": "skjema-11/2024", "rhoCap": rho, "reason": "a new year" });
        node.caller(name).put(BUDGETS, &body.to_string())
    };
    let now = || {
        let all = node.caller("admin").get(BUDGETS).ok().json();
        budget(&all, "dataset-year", "skjema-11/2024")["rhoCap"].as_f64().unwrap()
    };
    assert_eq!(cap("researcher", 1.0).status, 403);
    assert_eq!(cap("auditor", 1.0).status, 403);
    assert_eq!((cap("admin", 1.0).status, now()), (200, 1.0));
    assert_eq!((cap("admin", 5.0).status, now()), (202, 1.0));
    assert_eq!((cap("admin", 5.0).status, now()), (202, 1.0));
    let waiting = node.caller("admin2").get(BUDGETS).ok().json()["waiting"].clone();
    assert_eq!(waiting[0]["rhoCap"], 5.0);
    // A second account of the person who asked first.
    let folder = installation.path("").to_string_lossy().into_owned();
    let again = [
        "token",
        "--dir",
        &folder,
        "--person",
        "kari",
        "--person-behind",
        "admin",
        "--role",
        "admin",
    ];
    let token = succeed(&installation.run(&again));
    let body = json!({ "kind": "dataset-year", "key": "skjema-11/2024", "rhoCap": 5.0, "reason": "a new year" });
    let same = node.with_token(token.trim()).put(BUDGETS, &body.to_string());
    assert_eq!((same.status, now()), (202, 1.0));
    assert_eq!((cap("admin2", 5.0).status, now()), (200, 5.0));
    for (body, says) in [
        (
            json!({ "kind": "dataset-year", "key": "skjema-11/1066", "rhoCap": 1, "reason": "x" }),
            "1066",
        ),
        (json!({ "kind": "project", "key": "unge", "rhoCap": -1, "reason": "x" }), "rhoCap"),
        (json!({ "kind": "project", "key": "unge", "rhoCap": 1, "reason": " " }), "reason"),
        (json!({ "kind": "project", "key": "unge" }), "rhoCap"),
    ] {
        let answer = node.caller("admin").put(BUDGETS, &body.to_string());
        assert_eq!(answer.status, 400);
        assert!(answer.text().contains(says), "{}", answer.text());
    }
}
