//! Budgets as researchers and administrators meet them.

use crate::installation::{Installation, succeed};
use crate::questions::{QUERIES, about, rich};
use crate::tokens::Issuer;
use crate::truth::Truth;
use hjemmel_kostra::Form;
use hjemmel_store::DecisionFilter;
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
fn whoever_asks_for_a_project_takes_from_the_same_purses() {
    let installation = rich("one-purse");
    let settings = installation.path("hjemmel.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let more = "members = [\"researcher\"]\norganisations = [\"986128433\"]";
    std::fs::write(&settings, text.replacen("members = [\"researcher\"]", more, 1)).unwrap();
    let (node, issuer) = (installation.serve(), Issuer::of(&installation));
    let body = |number: &str| json!({ "authority": "iso6523-actorid-upis", "ID": format!("0192:{number}") });
    let token = |organisation: &str, client: &str, supplier: Option<&str>| {
        let mut claims = json!({ "scope": "ssb:kostra.questions", "client_id": client, "consumer": body(organisation) });
        if let Some(supplier) = supplier {
            claims["supplier"] = body(supplier);
            claims["delegation_source"] = "https://altinn.no/".into();
        }
        issuer.mint(&json!({}), &claims)
    };
    let callers = [
        token("971032146", "one", None),
        token("971032146", "another", None),
        token("971032146", "of-a-supplier", Some("889640782")),
        token("986128433", "one", None),
    ];
    let ask = |token: Option<&String>, number: usize| {
        let filter = json!([{ "variable": "ALDER", "from": 18, "to": 30 + number }]);
        let question = about(&json!({ "rho": 0.01, "filter": filter })).to_string();
        let caller =
            token.map_or_else(|| node.caller("researcher"), |token| node.with_token(token));
        let answer = caller.post(QUERIES, &question).ok().json();
        let left = |at: usize| answer["budgets"][at]["nanoLeft"].as_u64().unwrap();
        let keys: Vec<&str> = answer["budgets"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| one["key"].as_str().unwrap())
            .collect();
        assert_eq!(keys, ["skjema-11/2024", "kvp-effekt", "971032146"]);
        [left(0), left(1), left(2)]
    };
    let mut before = ask(None, 0);
    for (number, token) in (1..).zip(&callers) {
        let after = ask(Some(token), number);
        let gone: Vec<u64> =
            before.iter().zip(after).map(|(before, after)| before - after).collect();
        assert!(gone[0] > 9_000_000 && gone.iter().all(|one| *one == gone[0]), "{gone:?}");
        before = after;
    }
    // A body that only calls for another has no part of its own.
    let supplier = token("889640782", "of-a-supplier", None);
    let mut named = about(&json!({ "rho": 0.01 }));
    named["project"] = "kvp-effekt".into();
    node.with_token(&supplier).post(QUERIES, &named.to_string()).problem(403, "may-not-ask");
}

#[test]
fn a_new_edition_is_paid_from_the_purse_of_its_year() {
    let installation = rich("next-edition");
    let node = installation.serve();
    let question = about(&json!({ "year": 2025, "rho": 0.01 })).to_string();
    let ask = || node.caller("researcher").post(QUERIES, &question).ok();
    let first = ask();
    let fresh = Truth::generate(Form::F11, 2025, Some(20_000), 11);
    let file = fresh.file.to_string_lossy();
    succeed(&installation.run(&["import", &*file, "--form", "11F", "--year", "2025"]));
    // The server looks for editions once a second; until then the first answer is the answer.
    let next = (0..600)
        .map(|_| {
            std::thread::sleep(std::time::Duration::from_millis(100));
            ask()
        })
        .find(|answer| answer.body != first.body)
        .unwrap();
    let (before, after) = (first.json(), next.json());
    let edition = |answer: &Value| answer["editions"][0]["version"].as_u64().unwrap();
    assert_eq!((edition(&before), edition(&after)), (1, 2));
    for at in 0..3 {
        assert_eq!(before["budgets"][at]["key"], after["budgets"][at]["key"]);
        let left = |answer: &Value| answer["budgets"][at]["nanoLeft"].as_u64().unwrap();
        assert_eq!(left(&before) - left(&after), after["privacy"][0]["nanoRho"].as_u64().unwrap());
    }
    assert_eq!(ask().body, next.body);
    let kept = format!("{QUERIES}/{}", before["id"].as_str().unwrap());
    assert_eq!(node.caller("researcher").get(&kept).ok().body, first.body);
    assert_eq!(installation.store().paid_and_answered().unwrap(), (2, 2));
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
        let of_project = &spends["byProject"][0];
        assert_eq!(
            (&of_project["project"], &of_project["questions"]),
            (&json!("kvp-effekt"), &json!(1))
        );
        assert_eq!(of_project["byDay"].as_array().unwrap().len(), 1);
        assert_eq!(of_project["byDay"][0]["rho"], of_project["rho"]);
        assert_eq!(spends["spends"][0]["charges"].as_array().unwrap().len(), 3);
        assert!(
            spends["spends"][0].get("layers").is_none() && !spends.to_string().contains("value")
        );
    }
}

#[test]
fn a_cap_is_changed_as_the_list_was_that_it_was_made_from() {
    let node = Installation::copy("caps-as-listed").serve();
    let put = |tag: &str| {
        let body = json!({ "kind": "project", "key": "kvp-effekt", "rhoCap": 1, "reason": "less" });
        node.caller("admin").send("PUT", BUDGETS, &[("If-Match", tag)], &body.to_string())
    };
    let tag = || node.caller("admin").get(BUDGETS).ok().header("etag").to_owned();
    let first = tag();
    put(&first).ok();
    put(&first).problem(412, "stale");
    put("\"of another time\"").problem(412, "stale");
    put(&tag()).ok();
    put("*").ok();
}

#[test]
fn spends_are_listed_page_by_page() {
    let node = rich("pages-of-spends").serve();
    for to in 30..35 {
        let filter = json!([{ "variable": "ALDER", "from": 18, "to": to }]);
        let question = about(&json!({ "rho": 0.001, "filter": filter }));
        node.caller("researcher").post(QUERIES, &question.to_string()).ok();
    }
    let page = |path: &str| node.caller("admin").get(path).ok().json();
    let ids = |page: &Value| -> Vec<Value> {
        page["spends"].as_array().unwrap().iter().map(|one| one["id"].clone()).collect()
    };
    let all = page("/v1/budgets/spends");
    assert_eq!((ids(&all).len(), &all["next"]), (5, &Value::Null));
    let mut listed = Vec::new();
    let mut path = Some("/v1/budgets/spends?limit=2&project=kvp-effekt".to_owned());
    while let Some(at) = path {
        let page = page(&at);
        assert_eq!(page["byProject"], all["byProject"]);
        assert!(ids(&page).len() <= 2);
        listed.extend(ids(&page));
        path = page["next"].as_str().map(str::to_owned);
    }
    assert_eq!(listed, ids(&all));
    // A moment that is told bounds the list exactly.
    let at = all["spends"][2]["at"].as_str().unwrap();
    assert_eq!(ids(&page(&format!("/v1/budgets/spends?from={at}"))), ids(&all)[..3]);
    for after in ["x", "%00", "01890a5d-ac96-774b-bcce-b302099a8057"] {
        let path = format!("/v1/budgets/spends?after={after}");
        node.caller("admin").get(&path).problem(400, "parameter-error");
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
    let wanted = cap("admin", 5.0);
    assert_eq!((wanted.status, now()), (202, 1.0));
    let twice = cap("admin", 5.0);
    assert_eq!((twice.status, now()), (202, 1.0));
    let waiting = node.caller("admin2").get(BUDGETS).ok().json()["waiting"].clone();
    assert_eq!(waiting[0]["rhoCap"], 5.0);
    // One change, said the same way whenever it is said.
    assert_eq!(wanted.json()["change"], waiting[0]);
    assert_eq!(twice.json()["change"], waiting[0]);
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
    // The list says what came of it, and the record by whom, without a name.
    let settled = node.caller("auditor").get(BUDGETS).ok().json()["settled"].clone();
    assert_eq!((&settled[0]["rhoCap"], &settled[0]["id"]), (&json!(5.0), &waiting[0]["id"]));
    assert!(settled[0]["approvedBy"].as_str().unwrap().contains("admin2"));
    assert!(settled[0]["settledAt"].is_string() && settled.as_array().unwrap().len() == 2);
    let recorded = |action: &str| {
        let action = Some(action.to_owned());
        let filter = DecisionFilter { action, ..DecisionFilter::default() };
        installation.store().decisions(&filter, None, 10).unwrap()
    };
    let (proposed, changed) = (recorded("budget:propose"), recorded("budget:change"));
    assert_eq!((proposed.len(), changed.len()), (1, 2));
    for event in proposed.iter().chain(&changed) {
        assert!(event.row.resource.contains("skjema-11/2024"), "{event:?}");
        let body: Value = serde_json::from_str(&event.row.body).unwrap();
        assert!(body["change"].is_string() && body["rhoCap"].is_number(), "{body}");
        assert!(body["person"].is_string() && !event.row.body.contains("admin"), "{body}");
    }
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
