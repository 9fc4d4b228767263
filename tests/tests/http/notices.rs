//! What is told about grants: before they end, and when one is opened in an emergency.

use crate::cases::{application, open, step, take};
use crate::grants::Grants;
use crate::installation::Installation;
use crate::node::{Caller, Node};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::Value;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpListener;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

const GRANT: &str = "nav-11-pseudonymised";
const PATIENCE: Duration = Duration::from_secs(30);
const RECORDS: &str = "/v1/datasets/skjema-11/microdata?year=2024&columns=REGION,BOSIT&limit=2";

fn notices(who: &Caller<'_>) -> Vec<Value> {
    let all = who.get_with("/v1/notices", &[("Accept-Language", "en")]).ok().json();
    all["notices"].as_array().unwrap().clone()
}

fn kinds(who: &Caller<'_>) -> Vec<String> {
    notices(who).iter().map(|notice| notice["kind"].as_str().unwrap().to_owned()).collect()
}

/// Somebody who takes notices: the first time badly, then well.
fn mailbox() -> (String, Receiver<Value>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/", listener.local_addr().unwrap());
    let (to, from) = channel();
    std::thread::spawn(move || {
        let mut status = "500 Internal Server Error";
        for stream in listener.incoming() {
            let mut reader = BufReader::new(stream.unwrap());
            let mut length = 0;
            loop {
                let mut line = String::new();
                reader.read_line(&mut line).unwrap();
                if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                    length = value.trim().parse().unwrap();
                }
                if line.trim().is_empty() {
                    break;
                }
            }
            let mut body = vec![0; length];
            reader.read_exact(&mut body).unwrap();
            let answer =
                format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            reader.get_mut().write_all(answer.as_bytes()).unwrap();
            if status.starts_with("200") && to.send(serde_json::from_slice(&body).unwrap()).is_err()
            {
                return;
            }
            status = "200 OK";
        }
    });
    (address, from)
}

fn ends_in(installation: &Installation, days: i64) -> DateTime<Utc> {
    let end = Utc::now() + TimeDelta::days(days);
    let text =
        |time: DateTime<Utc>| format!("{:?}", time.to_rfc3339_opts(SecondsFormat::Secs, true));
    let day = format!("{:?}", end.format("%Y-%m-%d").to_string());
    let changes = [
        ("valid_to", text(end)),
        ("review_due", day.clone()),
        ("delete_by", day.clone()),
        ("deletion_attested_by", day),
    ];
    let changes: Vec<_> = changes.iter().map(|(key, value)| (*key, value.as_str())).collect();
    Grants::of_the_demonstration().with(GRANT, 2, &changes).load(installation);
    end
}

#[test]
fn a_recipient_is_told_before_its_grant_ends_and_the_house_takes_it_by_post() {
    let (address, mail) = mailbox();
    let installation = Installation::copy("notices").with("HJEMMEL_NOTICES_WEBHOOK", &address);
    let end = ends_in(&installation, 20);
    let node = installation.serve();
    let (nav, bld, legal) = (node.caller("nav"), node.caller("bld"), node.caller("legal"));
    node.wait_until(PATIENCE, |node| !notices(&node.caller("nav")).is_empty());
    let told = notices(&nav).into_iter().find(|notice| notice["grant"] == GRANT).unwrap();
    assert_eq!((&told["kind"], &told["grantVersion"]), (&"ends-30".into(), &2.into()));
    assert!(told["text"].as_str().unwrap().contains(&end.date_naive().to_string()), "{told}");
    assert!(kinds(&bld).is_empty());
    assert!(notices(&legal).iter().any(|notice| notice["id"] == told["id"]));
    let sent = mail.recv_timeout(PATIENCE).unwrap();
    assert_eq!(sent["id"], told["id"]);
    assert!(sent["text"]["nb"].as_str().unwrap().contains("tar slutt"), "{sent}");
    node.wait_until(PATIENCE, |node| {
        notices(&node.caller("nav")).iter().all(|one| !one["sentAt"].is_null())
    });
    let first = nav.get("/v1/notices?limit=1").ok().json();
    let next = first["next"].as_str().unwrap();
    let rest = nav.get(&format!("/v1/notices?before={next}")).ok().json();
    assert!(
        rest["notices"]
            .as_array()
            .unwrap()
            .iter()
            .all(|one| one["id"] != first["notices"][0]["id"])
    );
    for wrong in ["?limit=0", "?limit=x", "?before=x"] {
        nav.get(&format!("/v1/notices{wrong}")).problem(400, "parameter-error");
    }
    drop(node);
    // Another start writes nothing again.
    let node = installation.serve();
    let count =
        |node: &Node| kinds(&node.caller("nav")).iter().filter(|kind| *kind == "ends-30").count();
    std::thread::sleep(Duration::from_secs(3));
    assert_eq!(count(&node), 1);
}

#[test]
fn in_an_emergency_two_persons_open_for_a_day_and_everyone_concerned_is_told() {
    let installation = Installation::copy("break-glass");
    let node = installation.serve();
    let (bld, legal) = (node.caller("bld"), node.caller("legal"));
    open(&bld, &application("bld-emergency"));
    take(&bld, "bld-emergency", "submit");
    step(&bld, "bld-emergency", "break-glass").problem(403, "not-permitted");
    assert!(kinds(&bld).is_empty());
    let case = take(&legal, "bld-emergency", "break-glass");
    assert_eq!((&case["state"], &case["terms"]["emergency"]), (&"active".into(), &true.into()));
    assert_eq!(case["reason"], "because");
    assert_eq!(bld.get(RECORDS).ok().header("hjemmel-basis"), "bld-emergency;version=1");
    let end: DateTime<Utc> = case["terms"]["validTo"].as_str().unwrap().parse().unwrap();
    let left = end - Utc::now();
    assert!(left <= TimeDelta::hours(24) && left > TimeDelta::hours(23), "{left}");
    assert_eq!(kinds(&bld), ["break-glass"]);
    assert_eq!(kinds(&node.caller("auditor")).first().map(String::as_str), Some("break-glass"));
    assert!(node.log().contains("in an emergency"), "{}", node.log());
    let events =
        node.caller("auditor").get("/v1/audit/events?action=grant:break-glass").ok().json();
    assert_eq!(events["events"].as_array().unwrap().len(), 1);

    // Nobody opens what is their own application, and nothing that breaks a hard rule.
    let mut own = application("legal-emergency");
    open(&legal, &own);
    take(&legal, "legal-emergency", "submit");
    let alone = step(&legal, "legal-emergency", "break-glass").problem(403, "not-permitted");
    assert_eq!(alone["rule"], "four-eyes");
    own["id"] = "asked-for".into();
    own["emergency"] = true.into();
    let asked = bld.post("/v1/grants", &own.to_string()).problem(400, "parameter-error");
    assert_eq!(asked["field"], "emergency");
    assert!(step(&legal, "bld-emergency", "break-glass").status == 409);
}
