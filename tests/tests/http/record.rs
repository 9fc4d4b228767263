//! The record as an auditor and an agency meet it: events, proofs, an export that is checked without the server.

use crate::cases::{accepted, take};
use crate::installation::{Installation, succeed, words};
use serde_json::json;
use std::fs;

#[test]
fn every_step_is_an_event_without_a_name_and_the_export_is_checked_anywhere() {
    let installation = Installation::copy("record");
    let node = installation.serve();
    let (auditor, legal) = (node.caller("auditor"), node.caller("legal"));
    accepted(&node, "bld-record");
    take(&legal, "bld-record", "activate");
    legal.post("/v1/stops", r#"{"kind":"all","reason":"a secret reason"}"#);
    let events = auditor.get("/v1/audit/events?grant=bld-record").ok().json();
    let actions: Vec<&str> = events["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["action"].as_str().unwrap())
        .collect();
    assert_eq!(
        actions,
        [
            "grant:activate",
            "grant:accept",
            "grant:approve",
            "grant:review",
            "grant:complete",
            "grant:submit",
            "grant:draft"
        ]
    );
    let stop = auditor.get("/v1/audit/events?action=stop:make").ok().json();
    assert_eq!(stop["events"][0]["resource"]["kind"], "all");
    node.caller("nav").get("/v1/audit/events").problem(403, "not-permitted");
    auditor.get("/v1/audit/events?from=then").problem(400, "parameter-error");
    auditor.get("/v1/audit/events?format=xml").problem(400, "parameter-error");

    let noted = auditor.get("/v1/audit/checkpoint").ok().json();
    let key = noted["key"].as_str().unwrap().to_owned();
    let paper = installation.path("noted");
    fs::write(&paper, noted["checkpoint"].as_str().unwrap()).unwrap();
    node.caller("nav")
        .get("/v1/datasets/skjema-11/microdata?year=2024&limit=1")
        .problem(403, "no-legal-basis");
    let export = auditor.get("/v1/audit/events?format=ndjson").ok();
    let text = export.text();
    for secret in ["legal2", "a secret reason", "because", "auditor", "urn:hjemmel"] {
        assert!(!text.contains(secret), "{secret} is in the record");
    }
    let file = installation.path("export");
    fs::write(&file, &export.body).unwrap();
    let (file, paper) = (file.to_string_lossy().into_owned(), paper.to_string_lossy().into_owned());
    let verify = |file: &str| {
        installation.run(&["audit", "verify", file, "--key", &key, "--checkpoint", &paper])
    };
    let said = succeed(&verify(&file));
    assert!(said.contains("as recorded; 2 checkpoints agree"), "{said}");
    let forged = installation.path("forged");
    fs::write(&forged, text.replacen("\"outcome\":\"done\"", "\"outcome\":\"gone\"", 1)).unwrap();
    let said = verify(&forged.to_string_lossy());
    assert_eq!(said.status.code(), Some(1), "{}", words(&said));
    let first = text.lines().position(|line| line.contains("\"outcome\":\"done\"")).unwrap() + 1;
    assert!(words(&said).contains(&format!("from event {first} on")), "{}", words(&said));

    let own = installation.path("own").to_string_lossy().into_owned();
    succeed(&installation.run(&["audit", "export", &own]));
    succeed(&verify(&own));
    let printed = succeed(&installation.run(&["audit", "checkpoint"]));
    assert!(printed.contains(&key));
    // What was printed may be kept as it is; what is no checkpoint or no key is a slip and accuses nobody.
    fs::write(&paper, printed).unwrap();
    succeed(&verify(&own));
    let slips =
        [["--key", &key, "--checkpoint", &own], ["--key", "nonsense", "--checkpoint", &paper]];
    for slip in slips {
        let said = installation.run(&[&["audit", "verify", &own][..], &slip].concat());
        assert_eq!(said.status.code(), Some(2), "{}", words(&said));
        assert!(!words(&said).contains("not as recorded"), "{}", words(&said));
    }
    let person = "legal2 (urn:hjemmel:development:people)";
    succeed(&installation.run(&["audit", "forget", person]));
    assert_eq!(installation.run(&["audit", "forget", person]).status.code(), Some(2));
    let again = installation.path("again").to_string_lossy().into_owned();
    succeed(&installation.run(&["audit", "export", &again]));
    succeed(&verify(&again));
}

#[test]
fn a_receipt_is_proved_to_whom_it_is_about_and_to_nobody_else() {
    let node = crate::node::shared();
    let nav = node.caller("nav");
    let answer = nav.get("/v1/datasets/skjema-11/microdata?year=2024&limit=1").ok();
    let id = answer.header("hjemmel-decision").to_owned();
    let proof = nav.get(&format!("/v1/audit/proof?event={id}")).ok().json();
    assert_eq!((&proof["kind"], &proof["event"]["id"]), (&json!("inclusion"), &json!(id)));
    assert!(proof["checkpoint"].as_str().unwrap().starts_with("hjemmel/record/"), "{proof}");
    let depth = proof["hashes"].as_array().unwrap().len();
    let size = proof["size"].as_u64().unwrap();
    assert!(depth as u64 <= u64::from(u64::BITS - size.leading_zeros()), "{proof}");
    node.caller("husbanken").get(&format!("/v1/audit/proof?event={id}")).problem(404, "not-found");
    node.caller("auditor").get(&format!("/v1/audit/proof?event={id}")).ok();
    let path = format!("/v1/audit/proof?old=1&size={size}");
    assert_eq!(node.caller("auditor").get(&path).ok().json()["kind"], "consistency");
    assert_eq!(nav.get(&path).ok().json()["kind"], "consistency");
    for wrong in ["", "?event=x", "?old=0", "?old=-1", "?old=x", "?old=1&size=999999999"] {
        let answer = node.caller("auditor").get(&format!("/v1/audit/proof{wrong}"));
        assert!(matches!(answer.status, 400 | 404), "{wrong}: {}", answer.status);
    }
}
