//! What is not published yet is nowhere, to the second, but for grants that give it before.

use super::*;
use crate::command::{deliver_all, policy_apply, policy_parse, release};
use crate::editions::{Made, Wanted, freeze};
use chrono::{DateTime, SecondsFormat, SubsecRound as _, TimeDelta};
use hjemmel_kostra::{Form, calendar};
use hjemmel_policy::GrantTerms;
use hjemmel_store::EditionKind;

const FORM: Form = Form::F11C;
const YEAR: u16 = 2025;
const EXACT: &str =
    "/pxwebapi/v2/tables/S11C1/data?valueCodes[ContentsCode]=*&valueCodes[Tid]=2025";
const ROWS: &str = "/v1/datasets/skjema-11c/microdata?year=2025&limit=3";
const QUESTION: &str = r#"{"dataset":"skjema-11C","year":2025,"measure":{"count":"persons"},"groupBy":["STATUS"],"rho":0.01}"#;

/// What anybody can ask for that could tell of an edition.
const OPEN: [&str; 17] = [
    "/pxwebapi/v2/tables",
    "/pxwebapi/v2/tables?query=kvalifisering",
    "/pxwebapi/v2/tables?pastDays=9999",
    "/pxwebapi/v2/tables/S11C1",
    "/pxwebapi/v2/tables/S11C1/metadata",
    "/pxwebapi/v2/tables/S11C1/defaultselection",
    TABLE,
    EXACT,
    "/pxwebapi/v2/codelists/vs_Kommuner",
    "/feed",
    "/catalog",
    "/jsonstat",
    "/v1/datasets",
    "/v1/datasets/skjema-11c",
    "/api/v0/no/table",
    "/api/v0/no/table/S11C1",
    "/pxwebapi/v2/config",
];

/// Everything of which only the figures depend on what is published; nonces and moments are left out.
async fn seen(place: &Place) -> Vec<(String, u16, String)> {
    let mut seen = Vec::new();
    let callers = [None, Some("nav"), Some("admin"), Some("researcher"), Some("imdi")];
    for caller in callers {
        let asked = OPEN.iter().copied().chain([ROWS, "/v1/budgets"]);
        for uri in asked {
            let mut request = http::TestRequest::get().uri(uri);
            if let Some(caller) = caller {
                request = request.insert_header(place.token(caller));
            }
            let answer = place.ask(request).await;
            let body = String::from_utf8_lossy(&answer.body).into_owned();
            seen.push((format!("{caller:?} {uri}"), answer.status, without_ids(&body)));
        }
    }
    for (uri, caller) in [("/v1/queries/preview", None), ("/v1/queries", Some("researcher"))] {
        let mut request = http::TestRequest::post().uri(uri).set_payload(QUESTION);
        if let Some(caller) = caller {
            request = request.insert_header(place.token(caller));
        }
        let answer = place.ask(request).await;
        let body = String::from_utf8_lossy(&answer.body).into_owned();
        seen.push((uri.to_owned(), answer.status, without_ids(&body)));
    }
    seen
}

/// A body without decision ids, which are new for each request of somebody signed in.
fn without_ids(body: &str) -> String {
    let Ok(mut value) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    forget(&mut value);
    value.to_string()
}

fn forget(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|name, _| !matches!(&**name, "decision" | "decisionId" | "explanation"));
            members.values_mut().for_each(forget);
        }
        Value::Array(all) => all.iter_mut().for_each(forget),
        _ => {}
    }
}

/// Promises one body its exact cells, and another its records, before they are published.
fn promise(place: &Place) {
    let grants: Vec<GrantTerms> = policy_parse(hjemmel_policy::DEMO_GRANTS).unwrap();
    let promised = grants.into_iter().map(|terms| {
        let ahead = matches!(&*terms.id, "imdi-11c-exact" | "nav-11c-pseudonymised");
        let version = terms.version + u32::from(ahead);
        GrantTerms { pre_release: ahead, version, ..terms }
    });
    let promised: Vec<GrantTerms> = promised.collect();
    policy_apply(place.app.store(), &promised, "test", None).unwrap();
    place.app.refresh().unwrap();
}

/// Delivers a year for every municipality, freezes it and publishes it from a moment on.
fn frozen(place: &Place, persons: u64, at: DateTime<Utc>) {
    let app = &place.app;
    deliver_all(app.store(), app.registers(), (FORM, YEAR, persons)).unwrap();
    let kind = EditionKind::Preliminary;
    let wanted = Wanted { form: FORM, year: YEAR, kind, reason: None, public_from: Some(at) };
    let now = at - TimeDelta::days(9);
    let event = |edition: &hjemmel_store::NewEdition| {
        Some(hjemmel_store::published(edition.id, Utc::now()))
    };
    let made = freeze((app.store(), app.registers()), &wanted, now, event).unwrap();
    assert!(matches!(made, Made::New(_)));
    let again = freeze((app.store(), app.registers()), &wanted, now, |_| None).unwrap();
    assert!(matches!(again, Made::Already(_)), "nothing has come since");
    let installation = place.installation();
    std::thread::spawn(move || release(&installation, FORM, YEAR).unwrap()).join().unwrap();
    app.refresh().unwrap();
}

async fn years(place: &Place, caller: Option<&str>) -> (u16, Value) {
    let mut request = http::TestRequest::get().uri(EXACT);
    if let Some(caller) = caller {
        request = request.insert_header(place.token(caller));
    }
    let answer = place.ask(request).await;
    (answer.status, answer.json()["dimension"]["Tid"]["category"]["index"].clone())
}

#[actix_web::test]
async fn nothing_tells_of_an_edition_before_its_second_and_everything_does_from_then_on() {
    let place = std::thread::spawn(Place::make).join().unwrap();
    // What is published already was published at the machine's own time, so the moment is after that.
    let soon = (Utc::now() + TimeDelta::days(30)).trunc_subsecs(0);
    let moment = calendar::preliminary(YEAR).max(soon);
    let before = moment - TimeDelta::microseconds(1);
    place.app.clock().hold(before);
    let without = seen(&place).await;
    frozen(&place, 400, moment);
    let with = seen(&place).await;
    for (one, other) in without.iter().zip(&with) {
        assert_eq!(one, other, "an embargoed edition shows");
    }
    let rows =
        |caller| place.ask(http::TestRequest::get().uri(ROWS).insert_header(place.token(caller)));
    assert_eq!(years(&place, Some("imdi")).await.0, 400);
    assert_ne!(rows("nav").await.status, 200);

    promise(&place);
    let (status, index) = years(&place, Some("imdi")).await;
    assert_eq!((status, index), (200, serde_json::json!({ "2025": 0 })));
    assert_eq!(rows("nav").await.status, 200);
    assert_eq!(years(&place, Some("ks")).await.0, 400, "it has no grant of the form");
    assert_eq!(years(&place, None).await.0, 400);
    let anybody = seen(&place).await;
    let open = |all: &[(String, u16, String)]| -> Vec<(String, u16, String)> {
        all.iter().filter(|(what, ..)| what.starts_with("None")).cloned().collect()
    };
    assert_eq!(open(&without), open(&anybody));

    place.app.clock().hold(moment);
    assert_eq!(years(&place, None).await.0, 200, "without waiting for a refresh");
    let feed = place.ask(http::TestRequest::get().uri("/feed")).await;
    let feed = String::from_utf8_lossy(&feed.body).into_owned();
    assert!(
        feed.contains("2025 (foreløpige tall)")
            && feed.contains(&moment.to_rfc3339_opts(SecondsFormat::Secs, true)),
        "{feed}"
    );
    let dataset = place.ask(http::TestRequest::get().uri("/v1/datasets/skjema-11c")).await.json();
    assert!(dataset["editions"].to_string().contains("\"preliminary\""), "{dataset}");
    let coverage = "/v1/datasets/skjema-11c/coverage?year=2025";
    let coverage = place.ask(http::TestRequest::get().uri(coverage)).await.json();
    assert_eq!(coverage["missing"], serde_json::json!([]), "{coverage}");
    place.app.clock().hold(before);
    assert_eq!(years(&place, None).await.0, 400, "a clock that is set back closes again");
}
