//! Two nodes as real processes, with a wire between them that can be cut: questions brought to whoever holds the
//! answer.

use crate::grants::Grants;
use crate::installation::{Installation, succeed, words};
use crate::node::Node;
use crate::proxy::Proxy;
use crate::truth::Truth;
use crate::wire;
use hjemmel_kostra::Form;
use serde_json::Value;
use std::fs;
use std::io::{BufRead as _, BufReader, Read as _};
use std::time::Duration;
use uuid::Uuid;

/// The node that callers ask, by its number.
pub const ASKER: &str = "971526920";
/// The node that holds the records.
pub const HOLDER: &str = "987879696";
/// What the demonstration's tokens are made out to: the asker.
const AUDIENCE: &str = "https://hjemmel.invalid/demo";
const SOON: Duration = Duration::from_secs(30);
pub const ONE: &str = "datasets/skjema-11/microdata?year=2024&limit=3";

/// Two installations that know each other.
pub struct Pair {
    pub at_asker: Installation,
    pub at_holder: Installation,
    pub asker: Node,
    pub holder: Node,
    pub wire: Proxy,
}

pub fn at_holder(rest: &str) -> String {
    format!("/v1/nodes/{HOLDER}/{rest}")
}

/// Makes a node's key and gives the key set for others.
fn key(at: &Installation) -> String {
    let file = at.path("node.pem").to_string_lossy().into_owned();
    let set = succeed(&at.run(&["node-key", &file])).trim().to_owned();
    assert!(!at.run(&["node-key", &file]).status.success(), "it was written over");
    set
}

fn settings(at: &Installation, this: &str, address: &str, peer: &str) {
    let file = at.path("hjemmel.toml");
    let text = fs::read_to_string(&file).unwrap();
    let node = format!(
        "\n[federation]\norganisation = {this:?}\nname = \"Node {this}\"\naddress = {address:?}\nkey = \"node.pem\"\n"
    );
    fs::write(&file, format!("{text}{node}\n[[federation.peers]]\n{peer}\n")).unwrap();
}

impl Pair {
    pub fn new(name: &str, prepare: impl FnOnce(&Installation)) -> Self {
        let at_asker = Installation::copy(&format!("{name}-asker"));
        let at_holder = Installation::copy(&format!("{name}-holder"));
        prepare(&at_holder);
        let wire = Proxy::new();
        let (asks, holds) = (key(&at_asker), key(&at_holder));
        fs::write(at_asker.path("holder.json"), holds).unwrap();
        fs::write(at_holder.path("asker.json"), asks).unwrap();
        // Tokens that are made out to the asker are worth nothing at the holder.
        let file = at_holder.path("hjemmel.toml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(AUDIENCE));
        fs::write(&file, text.replace(AUDIENCE, "https://holder.invalid")).unwrap();
        settings(
            &at_holder,
            HOLDER,
            wire.address(),
            &format!(
                "organisation = {ASKER:?}\nname = \"Asker\"\naddress = \"http://127.0.0.1:1\"\n\
                 jwks = {{ file = \"asker.json\" }}\naudience = {AUDIENCE:?}\nthey_ask = [\"skjema-11\"]"
            ),
        );
        settings(
            &at_asker,
            ASKER,
            "http://127.0.0.1:1",
            &format!(
                "organisation = {HOLDER:?}\nname = \"Holder\"\naddress = {:?}\n\
                 jwks = {{ file = \"holder.json\" }}\nwe_ask = [\"skjema-11\", \"skjema-11C\"]",
                wire.address()
            ),
        );
        let holder = at_holder.serve();
        wire.lead_to(holder.host());
        let asker = at_asker.serve();
        Self { at_asker, at_holder, asker, holder, wire }
    }
}

/// Exports a record and gives the file and the key to check it with.
fn export(at: &Installation, name: &str) -> (String, String) {
    let file = at.path(name).to_string_lossy().into_owned();
    succeed(&at.run(&["audit", "export", &file]));
    let said = succeed(&at.run(&["audit", "checkpoint"]));
    let key = said.lines().find_map(|line| line.strip_prefix("key: ")).unwrap();
    (file, key.to_owned())
}

#[test]
fn what_both_sides_recorded_of_an_answer_is_held_together() {
    let pair = Pair::new("nodes-receipts", |_| ());
    let nav = pair.asker.caller("nav");
    let (early, key_of_holder) = export(&pair.at_holder, "early");
    for _ in 0..3 {
        nav.get(&at_holder(ONE)).ok();
    }
    pair.asker.caller("bld").get(&at_holder(ONE)).problem(403, "no-legal-basis");
    let (asked, key) = export(&pair.at_asker, "asked");
    let (held, _) = export(&pair.at_holder, "held");
    let keys = |name: &str| pair.at_asker.path(name).to_string_lossy().into_owned();
    let against = |export: &str, keys: &str| {
        let known = ["audit", "verify", &asked, "--key", &key, "--holder", export];
        pair.at_asker
            .run(&[&known[..], &["--holder-key", &key_of_holder, "--node-keys", keys]].concat())
    };
    let said = succeed(&against(&held, &keys("holder.json")));
    assert!(said.contains("4 receipts, each with its decision"), "{said}");
    // A holder whose record has no such decision, and one whose keys did not sign.
    let denied = against(&early, &keys("holder.json"));
    assert_eq!(denied.status.code(), Some(1));
    assert!(words(&denied).contains("its record does not have"), "{}", words(&denied));
    let other = pair.at_holder.path("asker.json").to_string_lossy().into_owned();
    assert!(succeed(&against(&held, &other)).contains("4 that other keys signed"));
}

fn decision(at: &Installation, id: &str) -> Value {
    let stored = at.store().decision(Uuid::parse_str(id).unwrap()).unwrap();
    serde_json::from_str(&stored.row.body).unwrap()
}

#[test]
fn a_question_is_brought_to_the_holder_which_decides_on_who_asks() {
    let pair = Pair::new("nodes", |_| ());
    let nav = pair.asker.caller("nav");
    // Both have the same records, so that an answer brought from there is the one that is given here.
    let here = nav.get(&format!("/v1/{ONE}")).ok();
    let brought = nav.get(&at_holder(ONE)).ok();
    assert_eq!(brought.records(), here.records());
    for header in
        ["hjemmel-protection", "hjemmel-basis", "hjemmel-columns-left-out", "content-type"]
    {
        assert_eq!(brought.header(header), here.header(header), "{header}");
    }
    assert_eq!(brought.header("hjemmel-holder"), HOLDER);
    let ours = decision(&pair.at_asker, brought.header("hjemmel-decision"));
    assert_eq!((&ours["action"], &ours["outcome"]), (&"dataset:relay".into(), &"allowed".into()));
    assert_eq!(ours["resource"]["holder"], HOLDER);
    let theirs = decision(&pair.at_holder, brought.header("hjemmel-holder-decision"));
    assert_eq!(theirs["action"], "microdata:read");
    assert_eq!(theirs["caller"]["relay"], ASKER);
    assert_eq!(theirs["caller"]["organisation"], ours["caller"]["organisation"]);
    // Both sign for it, and what the holder signed is in the asker's record.
    let receipt = brought.header("hjemmel-holder-receipt");
    assert_eq!(receipt.split('.').count(), 3);
    assert_eq!(brought.header("hjemmel-receipt").split('.').count(), 3);
    let kept = pair.at_asker.store().record_from(0, 10_000).unwrap();
    assert!(kept.iter().any(|one| one.row.body.contains(receipt)), "{}", kept.len());

    // A whole stream, and the next page, by the same parameters.
    let csv = "datasets/skjema-11/microdata?year=2024&format=csv&columns=REGION,VKLO";
    assert_eq!(nav.get(&at_holder(csv)).ok().body, nav.get(&format!("/v1/{csv}")).ok().body);
    let next = brought.json()["next"].as_str().unwrap().to_owned();
    let second = nav.get(&at_holder(&format!("{ONE}&cursor={next}"))).ok();
    assert_ne!(second.records(), brought.records());
    // What the caller holds already is not sent again.
    let tag = nav.get(&at_holder(csv)).ok().header("etag").to_owned();
    let known = nav.get_with(&at_holder(csv), &[("If-None-Match", &tag)]);
    assert_eq!((known.status, known.body.len()), (304, 0));

    // Whoever has no grant there gets nothing through here, in the holder's words.
    let refused = pair.asker.caller("bld").get(&at_holder(ONE));
    refused.problem(403, "no-legal-basis");
    let theirs = decision(&pair.at_holder, refused.header("hjemmel-holder-decision"));
    assert_eq!((&theirs["outcome"], &theirs["caller"]["relay"]), (&"denied".into(), &ASKER.into()));
    nav.get(&at_holder("datasets/skjema-11/microdata?year=2024&nothing=1"))
        .problem(400, "parameter-error");
    pair.asker.anyone().get(&at_holder(ONE)).problem(401, "not-signed-in");
    nav.get(&format!("/v1/nodes/889640782/{ONE}")).problem(404, "not-found");
    nav.get(&at_holder("datasets/skjema-11b/microdata?year=2024")).problem(404, "not-found");

    // The holder lets this node ask for one dataset; more is refused, whoever the caller is.
    nav.get(&at_holder("datasets/skjema-11c/microdata?year=2024")).problem(403, "not-permitted");
    // The token itself is good for nothing there.
    pair.holder.caller("nav").get(&format!("/v1/{ONE}")).problem(401, "invalid-token");

    let table = "tables/S1101/data?outputFormat=json-stat2";
    let at_home = table.replacen("tables", "/pxwebapi/v2/tables", 1);
    let brought = nav.get(&at_holder(table));
    assert_eq!(brought.clone().ok().json()["value"], nav.get(&at_home).ok().json()["value"]);
    assert!(!brought.header("hjemmel-holder-decision").is_empty());

    let sent = nav.get(&at_holder(&format!("{ONE}&via=redirect")));
    assert_eq!(sent.status, 307);
    assert_eq!(sent.header("location"), format!("{}/v1/{ONE}", pair.wire.address()));
    for log in [pair.asker.log(), pair.holder.log()] {
        assert!(!log.contains("panicked"), "{log}");
    }
}

#[test]
fn every_list_says_whose_data_it_is_and_whether_they_answer() {
    let pair = Pair::new("nodes-lists", |_| ());
    let nodes = |pair: &Pair| pair.asker.anyone().get("/v1/nodes").ok().json();
    pair.asker.wait_until(SOON, |node| {
        node.anyone().get("/v1/nodes").ok().json()["nodes"][0]["reachable"] == true
    });
    let all = nodes(&pair);
    assert_eq!(all["this"]["organisation"], ASKER);
    let holder = &all["nodes"][0];
    assert_eq!((&holder["organisation"], &holder["name"]), (&HOLDER.into(), &"Holder".into()));
    assert!(holder["asOf"].is_string() && holder["checkedAt"].is_string(), "{holder}");
    let list = pair.asker.anyone().get("/v1/datasets").ok().json();
    assert_eq!(list["holder"]["organisation"], ASKER);
    let elsewhere = list["elsewhere"].as_array().unwrap();
    let ids: Vec<&str> = elsewhere.iter().map(|one| one["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["skjema-11", "skjema-11C"], "only what is asked for from here");
    assert_eq!(elsewhere[0]["holder"]["organisation"], HOLDER);
    let link = elsewhere[0]["microdata"].as_str().unwrap();
    assert!(pair.asker.caller("nav").get(&format!("{link}?year=2024&limit=1")).status == 200);
    let page = pair.asker.anyone().get("/v1/datasets/skjema-11").ok().json();
    assert_eq!(page["elsewhere"].as_array().unwrap().len(), 1);
    let found = pair.asker.anyone().get("/pxwebapi/v2/tables?query=bolig").ok().json();
    let whose = &found["extension"]["hjemmel"];
    assert_eq!(whose["holder"]["organisation"], ASKER, "{found}");
    let other = &whose["notSearched"][0];
    assert_eq!(
        (&other["holder"]["organisation"], &other["reachable"]),
        (&HOLDER.into(), &true.into())
    );
    assert!(other["asOf"].is_string(), "{other}");
    let catalogue = pair.asker.anyone().get("/catalog").ok().text();
    assert!(catalogue.contains(ASKER) && !catalogue.contains(HOLDER), "whose data it is");
    let keys = pair.asker.anyone().get("/v1/node-keys").ok().json();
    assert_eq!(keys["keys"].as_array().unwrap().len(), 1);
    assert!(keys["keys"][0].get("d").is_none());
    // A node that is killed is said to be away, and what it held stays in the list with its moment.
    pair.holder.kill();
    pair.asker.wait_until(SOON, |node| {
        node.anyone().get("/v1/nodes").ok().json()["nodes"][0]["reachable"] == false
    });
    let away = nodes(&pair);
    assert_eq!(away["nodes"][0]["asOf"], holder["asOf"]);
    assert_eq!(away["nodes"][0]["datasets"], holder["datasets"]);
}

#[test]
fn what_is_stopped_on_either_side_is_not_brought() {
    let pair = Pair::new("nodes-stops", |_| ());
    let nav = pair.asker.caller("nav");
    nav.get(&at_holder(ONE)).ok();
    let legal = pair.asker.caller("legal");
    let made = legal.post("/v1/stops", r#"{"kind":"dataset","dataset":"11","reason":"a test"}"#);
    assert_eq!(made.status, 201, "{}", made.text());
    pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 403);
    nav.get(&at_holder(ONE)).problem(403, "not-permitted");
    let id = made.json()["id"].as_str().unwrap().to_owned();
    let lifted =
        pair.asker.caller("legal2").post(&format!("/v1/stops/{id}/lift"), r#"{"reason":"a test"}"#);
    assert!(matches!(lifted.status, 200 | 201), "{}", lifted.text());
    pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 200);
    Grants::of_the_demonstration().without("nav-11-pseudonymised").load(&pair.at_holder);
    pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 403);
    nav.get(&at_holder(ONE)).problem(403, "no-legal-basis");
}

#[test]
fn a_call_that_was_overheard_is_worth_nothing() {
    let pair = Pair::new("nodes-replay", |_| ());
    pair.asker.caller("nav").get(&at_holder(ONE)).ok();
    let overheard = pair.wire.overheard("/v1/datasets/skjema-11/microdata");
    assert!(overheard.contains("DPoP "), "{overheard}");
    let send = |text: &str| wire::exactly(pair.holder.host(), text.as_bytes());
    assert_eq!(send(&overheard).problem(401, "invalid-token")["node"], "node-token-replayed");
    // The same headers with another question: the proof is of the one that was asked.
    let other = overheard.replacen("limit=3", "limit=9", 1);
    assert_eq!(send(&other).problem(401, "invalid-token")["node"], "node-proof-invalid");
    let grants =
        overheard.replacen("/v1/datasets/skjema-11/microdata?year=2024&limit=3", "/v1/grants", 1);
    assert_eq!(send(&grants).problem(401, "invalid-token")["node"], "node-proof-invalid");
}

#[test]
fn a_holder_that_is_slow_cut_or_gone_gives_clear_words_and_never_a_shorter_answer() {
    let large = Truth::generate(Form::F11, 2025, Some(400_000), 10);
    let pair = Pair::new("nodes-faults", |holder| {
        let file = large.file.to_string_lossy();
        succeed(&holder.run(&["import", &file, "--form", "11F", "--year", "2025"]));
    });
    let nav = pair.asker.caller("nav");
    let year = at_holder("datasets/skjema-11/microdata?year=2025&format=csv");
    let read_on_after = |happens: &dyn Fn()| {
        let mut stream = BufReader::new(nav.open(&year));
        let mut first = String::new();
        stream.read_line(&mut first).unwrap();
        assert!(first.contains("REGION"), "{first}");
        happens();
        let mut rest = String::new();
        stream.read_to_string(&mut rest).map(|_| rest.matches('\n').count())
    };
    assert_eq!(read_on_after(&|| ()).unwrap(), large.records());
    // Revoked at the holder while it is under way.
    let cut = read_on_after(&|| {
        Grants::of_the_demonstration().without("nav-11-pseudonymised").load(&pair.at_holder);
        pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 403);
    });
    assert!(cut.is_err(), "{cut:?} lines of a grant that was taken away");
    Grants::of_the_demonstration().load(&pair.at_holder);
    pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 200);
    // Stopped at the asker.
    let cut = read_on_after(&|| {
        let stop = r#"{"kind":"dataset","dataset":"11","reason":"a test"}"#;
        assert_eq!(pair.asker.caller("legal").post("/v1/stops", stop).status, 201);
        pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 403);
    });
    assert!(cut.is_err(), "{cut:?} lines of what was stopped");
    let stops = pair.asker.caller("legal").get("/v1/stops").ok().json();
    let id = stops["stops"][0]["id"].as_str().unwrap().to_owned();
    pair.asker.caller("legal2").post(&format!("/v1/stops/{id}/lift"), r#"{"reason":"a test"}"#);
    pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 200);
    // The wire is cut.
    let cut = read_on_after(&|| pair.wire.cut());
    assert!(cut.is_err(), "{cut:?} lines of a broken transfer");
    let away = nav.get(&at_holder(ONE)).problem(502, "node-unavailable");
    assert_eq!(away["node"], HOLDER);
    // Mended, it is asked again by itself.
    pair.wire.mend();
    pair.asker.wait_until(SOON, |_| nav.get(&at_holder(ONE)).status == 200);
    // Killed.
    let cut = read_on_after(&|| pair.holder.kill());
    assert!(cut.is_err(), "{cut:?} lines of a holder that was killed");
    for _ in 0..5 {
        nav.get(&at_holder(ONE)).problem(502, "node-unavailable");
    }
    // What is held here is not touched by it.
    nav.get(&format!("/v1/{ONE}")).ok();
    assert!(!pair.asker.log().contains("panicked"), "{}", pair.asker.log());
}
