//! Releases over HTTP: made by one, followed, looked at, published by another, and never before their edition.

use super::*;
use serde_json::json;
use std::time::{Duration, Instant};

async fn post(place: &Place, uri: &str, who: &str, body: &Value) -> Answer {
    let request = http::TestRequest::post().uri(uri).set_payload(body.to_string());
    place.ask(request.insert_header(place.token(who))).await
}

async fn get(place: &Place, uri: &str, who: &str) -> Answer {
    place.ask(http::TestRequest::get().uri(uri).insert_header(place.token(who))).await
}

/// Waits for the end of the work; the server's own clock would give it minutes.
async fn end(place: &Place, address: &str) -> Value {
    let started = Instant::now();
    loop {
        let told = get(place, address, "auditor").await.json();
        if told["state"] != "running" {
            return told;
        }
        assert!(started.elapsed() < Duration::from_mins(5), "{told}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn a_release_is_made_by_one_and_published_by_another() {
    let place = std::thread::spawn(Place::make).join().unwrap();
    let year = json!({ "dataset": "skjema-11c", "year": 2024 });
    for who in ["legal", "auditor", "nav", "researcher"] {
        post(&place, "/v1/releases", who, &year).await.is_problem(403, "not-permitted");
    }
    let none = json!({ "dataset": "skjema-11c", "year": 1999 });
    post(&place, "/v1/releases", "admin", &none).await.is_problem(409, "wrong-state");
    let begun = post(&place, "/v1/releases", "admin", &year).await;
    assert_eq!(begun.status, 202, "{}", String::from_utf8_lossy(&begun.body));
    let address = begun.header("location").to_owned();
    let publish = format!("{address}/publish");
    let events = get(&place, &format!("{address}/progress"), "admin").await;
    assert_eq!(events.header("content-type"), "text/event-stream; charset=utf-8");
    let events = String::from_utf8_lossy(&events.body).into_owned();
    assert!(events.contains("event: done\ndata: {"), "{events}");
    let told = end(&place, &address).await;
    assert_eq!((&told["state"], &told["publishedFrom"]), (&"done".into(), &Value::Null));
    let table = &told["report"]["tables"][0];
    assert!(table["all"]["primary"].is_u64() && table["levels"]["kommune"]["cells"].is_u64());
    assert!(table["all"]["withheldShareOfCells"].is_f64(), "{table}");
    assert!(told["report"]["evidence"].is_object());

    let at_once = json!({});
    post(&place, &publish, "admin", &at_once).await.is_problem(403, "not-permitted");
    post(&place, &publish, "legal", &at_once).await.is_problem(403, "not-permitted");
    // Another that is made meanwhile does not know of the first, and cannot follow it unseen.
    let other = post(&place, "/v1/releases", "admin", &year).await.header("location").to_owned();
    assert_eq!(end(&place, &other).await["state"], "done");
    let before = place.app.shelf().unwrap().stamp;
    let published = post(&place, &publish, "admin2", &at_once).await;
    assert_eq!(published.status, 200, "{}", String::from_utf8_lossy(&published.body));
    assert!(place.app.shelf().unwrap().stamp > before, "it is served when the answer comes");
    let again = post(&place, &publish, "admin2", &at_once).await.json();
    assert_eq!(again["publishedFrom"], published.json()["publishedFrom"]);
    let late = post(&place, &format!("{other}/publish"), "admin2", &at_once).await;
    late.is_problem(409, "wrong-state");
    let list = get(&place, "/v1/releases", "auditor").await.json();
    assert_eq!(list["releases"].as_array().unwrap().len(), 2);
    let events = get(&place, "/v1/audit/events", "auditor").await;
    let events = String::from_utf8_lossy(&events.body).into_owned();
    assert!(events.contains("release:make") && events.contains("release:publish"), "{events}");
    get(&place, "/v1/releases/none", "admin").await.is_problem(404, "not-found");
    is_called_off(&place, &year, &publish).await;
}

/// A later release is scheduled and called off: it is not public at its moment, and another can be.
async fn is_called_off(place: &Place, year: &Value, public: &str) {
    let scheduled = || async {
        let made = post(place, "/v1/releases", "admin", year).await.header("location").to_owned();
        assert_eq!(end(place, &made).await["state"], "done");
        made
    };
    let (first, call_off) = (scheduled().await, public.replace("/publish", "/call-off"));
    let moment = place.app.clock().now() + chrono::TimeDelta::days(9);
    let at = json!({ "at": moment.to_rfc3339() });
    let publish = |address: &str| format!("{address}/publish");
    let planned = post(place, &publish(&first), "admin2", &at).await;
    assert_eq!(planned.status, 200, "{}", String::from_utf8_lossy(&planned.body));
    let ahead = place.app.ahead().unwrap().stamp;
    let why = json!({ "reason": "Moss found a fault in its file." });
    post(place, &call_off, "admin", &why).await.is_problem(409, "wrong-state");
    let call_off = format!("{first}/call-off");
    for who in ["legal", "auditor", "nav", "fredrikstad"] {
        post(place, &call_off, who, &why).await.is_problem(403, "not-permitted");
    }
    let blank = json!({ "reason": " " });
    post(place, &call_off, "admin", &blank).await.is_problem(400, "parameter-error");
    // Whoever made it calls it off alone: nothing opens by that.
    let called = post(place, &call_off, "admin", &why).await.json();
    assert_eq!(
        (&called["publishedFrom"], &called["calledOff"]["reason"]),
        (&Value::Null, &why["reason"])
    );
    assert!(place.app.ahead().unwrap().stamp > ahead, "no picture of it is left");
    assert_eq!(get(place, &first, "auditor").await.json()["calledOff"], called["calledOff"]);
    post(place, &publish(&first), "admin2", &at).await.is_problem(409, "wrong-state");
    let events = get(place, "/v1/audit/events", "auditor").await;
    assert!(String::from_utf8_lossy(&events.body).contains("release:call-off"));
    let second = scheduled().await;
    assert_eq!(post(place, &publish(&second), "admin2", &at).await.status, 200);
}
