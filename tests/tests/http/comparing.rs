//! Two registers of two bodies compared over the network: what comes out is what the records say, or withheld, and no number
//! of anybody crosses the wire in any form that can be guessed at.

use crate::crosschecks::{CSV, numbers, participant, registered};
use crate::installation::{Installation, succeed};
use crate::node::Node;
use crate::proxy::Proxy;
use crate::wire;
use hjemmel_kostra::identity;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256, Sha512};
use std::fs;
use std::time::Duration;

/// The one with form 11B.
pub const HERE: &str = "971526920";
/// The one with the register.
pub const THERE: &str = "987879696";
pub const SOON: Duration = Duration::from_mins(3);
const ASKED: &str = r#"{"dataset":"skjema-11B","node":"987879696","with":"nir","year":2017}"#;

pub struct Pair {
    pub here: Node,
    pub there: Node,
    pub of_asker: Installation,
    pub of_other: Installation,
    /// What leads there.
    pub wire: Proxy,
    /// What leads here.
    _back: Proxy,
}

/// Two installations that compare with each other.
pub fn pair(name: &str) -> Pair {
    let copy = |number: &str| Installation::copy(&format!("{name}-{number}"));
    let (of_asker, of_other) = (copy(HERE), copy(THERE));
    let (wire, back) = (Proxy::new(), Proxy::new());
    let make_key = |installation: &Installation| {
        let file = installation.path("node.pem").to_string_lossy().into_owned();
        succeed(&installation.run(&["node-key", &file])).trim().to_owned()
    };
    let (keys_here, other_keys) = (make_key(&of_asker), make_key(&of_other));
    let sides = [
        (&of_asker, HERE, &back, "skjema-11B", THERE, &wire, other_keys),
        (&of_other, THERE, &wire, "nir", HERE, &back, keys_here),
    ];
    for (side, own, own_wire, dataset, other, other_wire, keys) in sides {
        fs::write(side.path("other.json"), keys).unwrap();
        let file = side.path("hjemmel.toml");
        let text = fs::read_to_string(&file).unwrap();
        let (own_address, other_address) = (own_wire.address(), other_wire.address());
        let more = format!(
            "\n[federation]\norganisation = {own:?}\nname = \"Own\"\naddress = {own_address:?}\nkey = \"node.pem\"\n\
             [federation.compare]\n{dataset:?} = [{other:?}]\n\
             [[federation.peers]]\norganisation = {other:?}\nname = \"Other\"\naddress = {other_address:?}\n\
             jwks = {{ file = \"other.json\" }}\n"
        );
        fs::write(&file, text + more.as_str()).unwrap();
    }
    let (here, there) = (of_asker.serve(), of_other.serve());
    wire.lead_to(there.host());
    back.lead_to(here.host());
    Pair { here, there, of_asker, of_other, wire, _back: back }
}

impl Pair {
    /// Takes in what each has: 33 in both, 4 here alone, 2 there alone, and six stand-ins here.
    fn deliver(&self, numbers: &[String]) {
        let stand_in = identity::stand_in(
            chrono::NaiveDate::from_ymd_opt(1987, 3, 9).unwrap(),
            identity::Sex::Man,
        );
        let stand_ins = std::iter::repeat_n(&stand_in, 6);
        let lines = numbers[..37].iter().chain(stand_ins).enumerate();
        let lines: String = lines
            .map(|(at, number)| {
                participant(number, "010216", 15_000 + u32::try_from(at).unwrap()) + "\n"
            })
            .collect();
        let rows = numbers[..33].iter().chain(&numbers[38..40]);
        self.send(&lines, rows.map(|number| registered(number, "2016-02-01", 15_000)));
    }

    /// Delivers form 11B here and the register's extract there.
    pub fn send(&self, lines: &str, rows: impl Iterator<Item = String>) {
        let address = "/v1/deliveries?form=11B&year=2017";
        let sent = self.here.caller("fredrikstad").file(address, &[], lines.as_bytes()).unwrap();
        assert_eq!(sent.status, 201, "{}", sent.text());
        let head = "KOMMUNE_NR;AAR;PERSON_FODSELSNR;STARTDATO;SLUTTDATO;STONAD".to_owned();
        let extract = [head].into_iter().chain(rows).collect::<Vec<_>>().join("\n");
        let address = "/v1/deliveries?form=NIR&year=2017";
        let sent = self.there.caller("imdi").file(address, &CSV, extract.as_bytes()).unwrap();
        assert_eq!(sent.status, 201, "{}", sent.text());
    }

    fn compare(&self) -> Value {
        let address = self.ask();
        self.ended(&address)
    }

    /// Asks, and gives where what comes of it is to be found.
    fn ask(&self) -> String {
        let asked = self.here.caller("admin").post("/v1/comparisons", ASKED);
        assert_eq!(asked.status, 202, "{}", asked.text());
        asked.header("location").to_owned()
    }

    /// What became of it.
    pub fn ended(&self, address: &str) -> Value {
        let admin = self.here.caller("admin");
        self.here.wait_until(SOON, |_| admin.get(address).ok().json()["state"] != "running");
        admin.get(address).ok().json()
    }

    /// Kills the other with -9 while something is on its way there, and starts it anew.
    fn killed_at(&mut self, words: &str) -> Value {
        let address = self.wire.hold_at(words, || self.ask(), || self.there.kill_and_wait());
        let ended = self.ended(&address);
        self.there = self.of_other.serve();
        self.wire.lead_to(self.there.host());
        self.here.wait_until(SOON, |node| {
            node.anyone().get("/v1/nodes").ok().json()["nodes"][0]["reachable"] == true
        });
        ended
    }
}

#[test]
fn form_11b_and_the_register_are_compared_between_their_holders() {
    let pair = pair("compare");
    let numbers = numbers();
    pair.deliver(&numbers);
    let made = pair.compare();
    assert_eq!(made["state"], "published", "{made}");
    assert_eq!((&made["first"], &made["second"]), (&HERE.into(), &THERE.into()));
    let rows = made["rows"].as_array().unwrap();
    let of = |region: &str| rows.iter().find(|row| row["region"] == region).unwrap();
    let fredrikstad = of("0106");
    // Two persons are in the register alone: withheld, with something beside it that would give it away.
    assert_eq!(fredrikstad["onlySecond"], Value::Null);
    let truth = [
        ("both", 33),
        ("onlyFirst", 4),
        ("first", 37),
        ("second", 35),
        ("standInsFirst", 6),
        ("standInsSecond", 0),
        ("unlinkableFirst", 0),
        ("unlinkableSecond", 0),
    ];
    for row in [fredrikstad, of("EAK")] {
        for (name, count) in truth {
            assert!(row[name].is_null() || row[name] == count, "{name} is {}", row[name]);
        }
        assert!(row["both"].is_null() || row["second"].is_null(), "the withheld two would follow");
        assert_eq!(row["standInsFirst"], 6, "counted apart: {row}");
    }
    assert_eq!(of("0105")["both"], 0, "nobody");
    let address = made["href"].as_str().unwrap();
    let answer = pair.here.caller("nav").get(address).ok();
    assert_eq!(answer.header("hjemmel-protection"), "suppressed");
    assert_eq!(answer.header("hjemmel-decision").len(), 36);
    pair.here.anyone().get(address).problem(401, "not-signed-in");

    // No number, and no plain digest of one, in what crossed the wire: a dictionary of all numbers finds nothing.
    let heard = pair.wire.both_ways();
    assert!(heard.contains("/v1/node-comparisons/points"));
    for number in &numbers {
        let digests = [hex::encode(Sha256::digest(number)), hex::encode(Sha512::digest(number))];
        assert!(!heard.contains(number.as_str()), "a number");
        assert!(!digests.iter().any(|digest| heard.contains(&digest[..32])), "a digest");
        for log in [pair.here.log(), pair.there.log()] {
            assert!(!log.contains(number.as_str()) && !log.contains("panicked"), "{log}");
        }
    }

    // One person more, and again: the difference would be that person.
    let again = pair.compare();
    assert_eq!(again["why"]["reason"], "refused", "{again}");
    // Whoever has forgotten is refused by the other.
    let store = pair.of_asker.path("hjemmel.db");
    drop(pair.here);
    for end in ["", "-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{end}", store.display()));
    }
    succeed(&pair.of_asker.run(&["migrate"]));
    let here = pair.of_asker.serve();
    let forgetful = Pair { here, ..pair };
    let lines: String =
        numbers[..36].iter().map(|n| participant(n, "010216", 15_000) + "\n").collect();
    let address = "/v1/deliveries?form=11B&year=2017";
    let sent = forgetful.here.caller("fredrikstad").file(address, &[], lines.as_bytes()).unwrap();
    assert_eq!(sent.status, 201, "{}", sent.text());
    let refused = forgetful.compare();
    assert_eq!(
        (&refused["why"]["reason"], &refused["why"]["node"]),
        (&"vetoed".into(), &THERE.into())
    );
    assert!(refused["rows"].is_null(), "{refused}");
}

#[test]
fn who_compares_what_with_whom_is_the_holders_to_say() {
    let pair = pair("compare-not");
    // Nothing was delivered to either.
    let other = json!({ "dataset": "nir", "node": THERE, "with": "skjema-11B", "year": 2017 });
    let admin = pair.here.caller("admin");
    let asked = admin.post("/v1/comparisons", &other.to_string());
    let address = asked.header("location").to_owned();
    pair.here.wait_until(SOON, |_| admin.get(&address).ok().json()["state"] != "running");
    assert_eq!(admin.get(&address).ok().json()["why"]["reason"], "refused", "not by the settings");
    let unknown = json!({ "dataset": "skjema-11", "node": THERE, "with": "nir", "year": 2017 });
    admin.post("/v1/comparisons", &unknown.to_string()).problem(400, "parameter-error");
    pair.here.caller("nav").post("/v1/comparisons", ASKED).problem(403, "not-permitted");
    let unknown = json!({ "dataset": "skjema-11B", "node": THERE, "with": "nir", "year": 2016 });
    admin.post("/v1/comparisons", &unknown.to_string()).problem(400, "parameter-error");
    // With nobody there is no comparison, and none is spent.
    let early = pair.compare();
    assert_eq!(early["why"]["reason"], "refused", "{early}");
    assert!(early["why"]["words"].as_str().unwrap().contains("ikke levert noe"), "{early}");
    // What is changed on the way is not what was committed to.
    pair.wire.corrupt_once("\"points\":[\"");
    pair.deliver(&numbers());
    let changed = pair.compare();
    assert_eq!(
        (&changed["why"]["reason"], &changed["why"]["node"]),
        (&"broken".into(), &THERE.into())
    );
    assert!(changed["rows"].is_null());
}

#[test]
fn what_breaks_off_before_a_point_was_sent_may_be_asked_again_and_nothing_else() {
    let mut pair = pair("compare-broken");
    pair.deliver(&numbers());
    let gone = |ended: &Value| {
        assert_eq!(ended["state"], "ended", "{ended}");
        assert_eq!(ended["why"]["reason"], "dropped-out", "{ended}");
        assert_eq!(ended["why"]["node"], THERE);
        assert!(ended["rows"].is_null(), "{ended}");
    };
    gone(&pair.killed_at("/v1/node-comparisons/proposal"));
    // Two who ask each other at once do not spoil it for both.
    let mirrored =
        json!({ "dataset": "nir", "node": HERE, "with": "skjema-11B", "year": 2017 }).to_string();
    let there = pair.there.caller("admin");
    let mut other = None;
    let own = pair.wire.hold_at(
        "/v1/node-comparisons/proposal",
        || pair.ask(),
        || {
            let asked = there.post("/v1/comparisons", &mirrored);
            assert_eq!(asked.status, 202, "{}", asked.text());
            let address = asked.header("location").to_owned();
            pair.there.wait_until(SOON, |_| there.get(&address).ok().json()["state"] != "running");
            other = Some(there.get(&address).ok().json());
            // A wire that breaks off once or twice is asked again: what is under way now cannot be made twice.
            pair.wire.break_off("/v1/node-comparisons/points", 3);
        },
    );
    let other = other.unwrap();
    assert_eq!(other["why"]["reason"], "vetoed", "{other}");
    assert!(other["why"]["words"].as_str().unwrap().contains("er i gang"), "{other}");
    let made = pair.ended(&own);
    assert_eq!(made["state"], "published", "{made}");
    assert_eq!(there.post("/v1/comparisons", &mirrored).status, 202);
    assert_eq!(pair.compare()["why"]["reason"], "refused");
}

#[test]
fn what_breaks_off_among_the_points_is_spent_on_both_sides() {
    let mut pair = pair("compare-spent");
    pair.deliver(&numbers());
    // The asker has sent points, and the other may have.
    let ended = pair.killed_at("/v1/node-comparisons/points");
    assert_eq!(ended["why"]["reason"], "dropped-out", "{ended}");
    assert!(ended["rows"].is_null(), "{ended}");
    assert_eq!(pair.compare()["why"]["reason"], "refused");
    // A word that was overheard is worth nothing, to nobody.
    let overheard = pair.wire.overheard("/v1/node-comparisons/proposal");
    let refused = wire::exactly(pair.there.host(), overheard.as_bytes());
    assert_eq!(refused.problem(401, "invalid-token")["node"], "node-token-replayed");
    for log in [pair.here.log(), pair.there.log()] {
        assert!(!log.contains("panicked"), "{log}");
    }
}
