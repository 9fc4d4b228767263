//! A node's call, and everything that can be wrong with one.

use super::*;
use crate::identity::{DevIssuer, KeySource, OrganisationToken, TestIssuers};
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_policy::{OrganisationNumber, SCOPE_MICRODATA};
use rand::SeedableRng as _;
use rand::rngs::StdRng;

const HERE: &str = "https://holder.example.no";
const THERE: &str = "https://asker.example.no";
const PATH: &str = "/v1/datasets/skjema-11/microdata";
const QUERY: &str = "year=2024&limit=3";

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn body(number: &str) -> OrganisationNumber {
    OrganisationNumber::parse(number).unwrap()
}

struct World {
    outgoing: Outgoing,
    peering: Peering,
    issuer: DevIssuer,
    _folder: tempfile::TempDir,
}

fn world() -> World {
    let folder = tempfile::tempdir().unwrap();
    let mut rng = StdRng::seed_from_u64(1);
    let key = NodeKey::create(&folder.path().join("node.pem"), &mut rng).unwrap();
    let set = folder.path().join("peer.json");
    std::fs::write(&set, key.key_set().to_string()).unwrap();
    let issuer = DevIssuer::create(folder.path(), &mut rng).unwrap();
    // Our own callers' tokens are made out to us; the peer's callers' to the peer.
    let peering = Peering::new(
        body("987879696"),
        KeySource::File(set),
        THERE,
        &issuer.configs(HERE),
        TestIssuers::Allowed,
    );
    let outgoing = Outgoing::new(body("987879696"), key, &mut rng);
    World { outgoing, peering: peering.unwrap(), issuer, _folder: folder }
}

impl World {
    fn token(&self, audience: &str) -> String {
        let token = OrganisationToken {
            consumer: body("889640782"),
            supplier: None,
            client: "test".to_owned(),
            scopes: vec![SCOPE_MICRODATA.to_owned()],
            audience: audience.to_owned(),
            lifetime_seconds: 3_600,
            jti: uuid::Uuid::new_v4(),
        };
        self.issuer.organisation(&token, now()).unwrap()
    }

    fn call(&self, holder: &str, subject: &str, at: DateTime<Utc>) -> Incoming {
        let call = Call { holder, path: PATH, query: QUERY, subject };
        let Credentials { authorization, proof, .. } = self.outgoing.credentials(&call, at);
        Incoming {
            authorization: vec![authorization],
            proof: vec![proof],
            subject: vec![subject.to_owned()],
            method: "GET".to_owned(),
            path: PATH.to_owned(),
            query: QUERY.to_owned(),
        }
    }

    fn fine(&self) -> Incoming {
        self.call(HERE, &self.token(THERE), now())
    }

    fn refused(&self, call: &Incoming) -> NodeRefusal {
        self.peering.check(call, HERE, now()).err().unwrap()
    }
}

#[test]
fn the_first_caller_stays_the_one_who_asks_and_the_node_is_named() {
    let world = world();
    let call = world.fine();
    assert!(world.peering.is_of(&call));
    let at_hand = |call| world.peering.check_at_hand(call, HERE, now());
    assert!(at_hand(&call).is_none(), "its keys were not fetched yet");
    let relayed = world.peering.check(&call, HERE, now()).unwrap();
    assert_eq!(at_hand(&call).unwrap().unwrap().id, relayed.id);
    assert_eq!(relayed.caller.organisation(), Some(body("889640782")));
    assert!(relayed.caller.has_scope(SCOPE_MICRODATA));
    assert_eq!(relayed.caller.relay(), Some(body("987879696")));
    assert_eq!(relayed.id.len(), 64);
    assert!(relayed.until <= now() + TimeDelta::seconds(90));
    let again = world.fine();
    assert_ne!(world.peering.check(&again, HERE, now()).unwrap().id, relayed.id);
}

#[test]
fn a_stolen_token_is_worth_nothing_without_its_key() {
    let world = world();
    let stolen = world.fine();
    let other = Outgoing::new(
        body("987879696"),
        NodeKey::draw(&mut StdRng::seed_from_u64(2)),
        &mut StdRng::seed_from_u64(3),
    );
    let call = Call { holder: HERE, path: PATH, query: QUERY, subject: &stolen.subject[0] };
    let forged = Incoming { proof: vec![other.credentials(&call, now()).proof], ..stolen.clone() };
    assert_eq!(world.refused(&forged), NodeRefusal::Proof);
    // Nor is it good for another question than the one it was made for.
    let query = Incoming { query: "year=2024".to_owned(), ..stolen.clone() };
    assert_eq!(world.refused(&query), NodeRefusal::Proof);
    let path = Incoming { path: "/v1/me".to_owned(), ..stolen.clone() };
    assert_eq!(world.refused(&path), NodeRefusal::Proof);
    let method = Incoming { method: "POST".to_owned(), ..stolen.clone() };
    assert_eq!(world.refused(&method), NodeRefusal::Proof);
    let other = world.fine();
    let mixed = Incoming { proof: other.proof, ..stolen };
    assert_eq!(world.refused(&mixed), NodeRefusal::Proof, "the proof is of one token");
}

#[test]
fn a_token_is_for_one_holder_and_a_minute() {
    let world = world();
    let token = world.token(THERE);
    let elsewhere = world.call("https://other.example.no", &token, now());
    assert_eq!(world.refused(&elsewhere), NodeRefusal::Audience);
    let at = |seconds| world.call(HERE, &token, now() + TimeDelta::seconds(seconds));
    // Clocks may be half a minute apart.
    assert!(world.peering.check(&at(29), HERE, now()).is_ok());
    assert!(world.peering.check(&at(-80), HERE, now()).is_ok());
    assert_eq!(world.refused(&at(31)), NodeRefusal::Times);
    assert_eq!(world.refused(&at(-91)), NodeRefusal::Times);
}

#[test]
fn no_node_speaks_for_a_caller_who_did_not_ask_it() {
    let world = world();
    // A token that was sent to somebody else than the node that brings it.
    for audience in [HERE, "https://other.example.no"] {
        let call = world.call(HERE, &world.token(audience), now());
        assert_eq!(world.refused(&call), NodeRefusal::Subject, "{audience}");
    }
    let made_up = world.call(HERE, "no.token.this", now());
    assert_eq!(world.refused(&made_up), NodeRefusal::Subject);
    // Another caller's token put in afterwards.
    let swapped = Incoming { subject: vec![world.token(THERE)], ..world.fine() };
    assert_eq!(world.refused(&swapped), NodeRefusal::Subject);
    let nobody = Incoming { subject: Vec::new(), ..world.fine() };
    assert_eq!(world.refused(&nobody), NodeRefusal::Headers);
}

#[test]
fn a_node_that_is_no_peer_is_nobody() {
    let world = world();
    let mut rng = StdRng::seed_from_u64(4);
    let token = world.token(THERE);
    let question = Call { holder: HERE, path: PATH, query: QUERY, subject: &token };
    // Somebody with a key of their own under the peer's name.
    let forger = Outgoing::new(body("987879696"), NodeKey::draw(&mut rng), &mut rng);
    let sent = |outgoing: &Outgoing| {
        let Credentials { authorization, proof, .. } = outgoing.credentials(&question, now());
        Incoming { authorization: vec![authorization], proof: vec![proof], ..world.fine() }
    };
    let mut call = sent(&forger);
    call.subject = vec![token.clone()];
    assert_eq!(world.refused(&call), NodeRefusal::Signature);
    let stranger = Outgoing::new(body("942114184"), NodeKey::draw(&mut rng), &mut rng);
    assert!(!world.peering.is_of(&sent(&stranger)));
}

#[test]
fn headers_come_once_and_the_scheme_is_dpop() {
    let world = world();
    let fine = world.fine();
    let twice = |all: &Vec<String>| [all.clone(), all.clone()].concat();
    let bearer = fine.authorization[0].replacen("DPoP", "Bearer", 1);
    for wrong in [
        Incoming { authorization: twice(&fine.authorization), ..fine.clone() },
        Incoming { proof: twice(&fine.proof), ..fine.clone() },
        Incoming { proof: Vec::new(), ..fine.clone() },
        Incoming { subject: twice(&fine.subject), ..fine.clone() },
        Incoming { authorization: vec![bearer], ..fine.clone() },
    ] {
        assert_eq!(world.refused(&wrong), NodeRefusal::Headers);
    }
    for wrong in ["", "a.b.c", "..", "x"] {
        let call = Incoming { proof: vec![wrong.to_owned()], ..fine.clone() };
        assert_eq!(world.refused(&call), NodeRefusal::Proof, "{wrong}");
        let call = Incoming { authorization: vec![format!("DPoP {wrong}")], ..fine.clone() };
        assert_eq!(world.refused(&call), NodeRefusal::Token, "{wrong}");
    }
}

#[test]
fn peers_one_version_behind_are_understood() {
    assert!(understands(&version()));
    assert!(understands("1.0") && understands("1.7"), "newer ones say what older ones said");
    for wrong in ["0.9", "2.0", "1", "", "1.x", "-1.0", "1.0.0"] {
        assert!(!understands(wrong), "{wrong}");
    }
}

#[test]
fn what_a_node_says_itself_is_bound_to_its_words_and_to_nobody_elses_token() {
    let world = world();
    let path = "/v1/node-rounds/hello";
    let say = |body: &str| {
        let said = Word { to: HERE, path, body };
        let Credentials { authorization, proof, .. } = world.outgoing.own(&said, now());
        Incoming {
            authorization: vec![authorization],
            proof: vec![proof],
            subject: Vec::new(),
            method: "POST".to_owned(),
            path: path.to_owned(),
            query: String::new(),
        }
    };
    let check = |call: &Incoming, body| world.peering.check_own(call, body, HERE, now());
    let fine = say("{}");
    assert!(check(&fine, "{}").is_ok());
    assert_eq!(check(&fine, "{ }"), Err(NodeRefusal::Subject));
    assert_eq!(world.peering.check_own(&fine, "{}", THERE, now()), Err(NodeRefusal::Audience));
    let brought = Incoming { subject: vec![world.token(THERE)], ..fine.clone() };
    assert_eq!(check(&brought, "{}"), Err(NodeRefusal::Headers));
    assert_eq!(world.refused(&brought), NodeRefusal::Subject, "it says nothing of a caller");
    let elsewhere = Incoming { path: "/v1/node-rounds/masked".to_owned(), ..fine };
    assert_eq!(check(&elsewhere, "{}"), Err(NodeRefusal::Proof));
    // A question of a caller's is no word of the node's own.
    let question = Incoming { subject: Vec::new(), ..world.fine() };
    assert_eq!(check(&question, ""), Err(NodeRefusal::Subject));
    assert!(world.peering.signs_with(now()).is_some());
}
