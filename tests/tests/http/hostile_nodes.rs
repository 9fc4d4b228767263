//! Nodes that do not keep to the rules, speak another version, or say things in another order: what they say is worth nothing,
//! and whoever is asked says why.

use crate::comparing::{self, THERE};
use crate::joint::{Circle, FIRST, MAKER, OF_FIRST, OF_SECOND, SECOND, THIRD, part};
use crate::nodes::{ASKER, HOLDER, ONE, Pair, at_holder};
use crate::speaker::{Liar, Said, Speaker, key_of, masked_otherwise, send};
use hjemmel::identity::node::PROTOCOL;
use serde_json::{Value, json};

const RECORDS: &str = "/v1/datasets/skjema-11/microdata";

/// A version as tokens tell it.
fn version(major: u16, minor: u16) -> String {
    format!("{major}.{minor}")
}

/// The token of a caller, as it was sent to the node that asks.
fn token(pair: &Pair, name: &str) -> String {
    let caller = pair.asker.caller(name);
    caller.line().1.unwrap().to_owned()
}

/// A question that the asker's node brings to the holder, to be changed.
fn brought<'a>(pair: &'a Pair, subject: &'a str) -> Said<'a> {
    let host = pair.holder.host();
    let query = "year=2024&limit=3";
    Said { to: pair.wire.address(), host, path: RECORDS, query, subject: Some(subject), body: "" }
}

#[test]
fn a_peer_one_version_behind_is_answered_and_an_older_one_refused_in_words() {
    let pair = Pair::new("hostile-version", |_| ());
    let speaker = Speaker::of(ASKER, &pair.at_asker);
    let subject = token(&pair, "nav");
    let said = brought(&pair, &subject);
    let as_version = |text: String| move |claims: &mut Value| claims["protocol"] = text.into();
    let (major, minor) = PROTOCOL;
    let before = minor.checked_sub(1).unwrap();
    for understood in [(major, minor), (major, before), (major, minor + 3)] {
        let answer = speaker.say(&said, as_version(version(understood.0, understood.1)));
        assert_eq!(answer.status, 200, "{understood:?}: {}", answer.text());
        assert_eq!(answer.json()["count"], 3);
    }
    let older = before.checked_sub(1).map_or((major - 1, 9), |older| (major, older));
    for refused in [older, (major + 1, 0)] {
        let text = version(refused.0, refused.1);
        let answer = speaker.say(&said, as_version(text.clone()));
        let problem = answer.problem(401, "invalid-token");
        assert_eq!(problem["node"], "node-version", "{text}");
        let words = problem["detail"].as_str().unwrap();
        assert!(words.contains(&version(major, minor)) && words.contains("upgrade"), "{words}");
        let answer = speaker.say_in_norwegian(&said, as_version(text));
        let words = answer.problem(401, "invalid-token")["detail"].as_str().unwrap().to_owned();
        assert!(words.contains("oppgrader"), "{words}");
    }
    // What the node says itself is held to the same.
    let word = Said { path: "/v1/node-rounds/hello", query: "", subject: None, body: "{}", ..said };
    speaker.say(&word, as_version(version(major, before))).problem(400, "parameter-error");
    let refused = speaker.say(&word, as_version(version(older.0, older.1)));
    assert_eq!(refused.problem(401, "invalid-token")["node"], "node-version");

    // And a caller is told when it is the other that is too old to understand this one.
    let liar = Liar::new(pair.holder.host(), |path, answer| {
        if path == RECORDS {
            answer.status = 401;
            answer.body = json!({ "type": "/problems/invalid-token", "status": 401,
                "node": "node-version" })
            .to_string()
            .into_bytes();
        }
    });
    pair.wire.lead_all_to(liar.host());
    let told = pair.asker.caller("nav").get_with(&at_holder(ONE), &[("Accept-Language", "en")]);
    let told = told.problem(502, "node-unavailable");
    assert_eq!(told["node"], HOLDER);
    assert!(told["detail"].as_str().unwrap().contains("version"), "{told}");
}

#[test]
fn a_token_counts_for_one_holder_a_minute_and_with_its_key() {
    let pair = Pair::new("hostile-token", |_| ());
    let speaker = Speaker::of(ASKER, &pair.at_asker);
    let subject = token(&pair, "nav");
    let said = brought(&pair, &subject);
    let now = chrono::Utc::now().timestamp();
    assert_eq!(speaker.say(&said, |_| ()).status, 200);
    let refused = |change: &dyn Fn(&mut Value)| {
        let answer = speaker.say(&said, change);
        answer.problem(401, "invalid-token")["node"].as_str().unwrap().to_owned()
    };
    // For another holder, though the proof is of this one.
    let elsewhere = "https://elsewhere.invalid";
    assert_eq!(refused(&|claims| claims["aud"] = elsewhere.into()), "node-audience-foreign");
    // For longer than two minutes, from long ago, and from the future: beyond what clocks may differ by.
    let times = |from: i64, until: i64| {
        move |claims: &mut Value| {
            claims["iat"] = (now + from).into();
            claims["exp"] = (now + until).into();
        }
    };
    assert_eq!(refused(&times(0, 3_600)), "node-times");
    assert_eq!(refused(&times(-600, -540)), "node-times");
    assert_eq!(refused(&times(600, 660)), "node-times");
    assert_eq!(speaker.say(&said, times(20, 80)).status, 200, "a clock that is fast by less");
    // A node's own name, and no other's.
    assert_eq!(refused(&|claims| claims["act"]["sub"] = "0192:889640782".into()), "node-unknown");
    // Somebody else's token, with one's own proof.
    pair.asker.caller("nav").get(&at_holder(ONE)).ok();
    let overheard = pair.wire.overheard(RECORDS);
    let stolen = overheard.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("authorization").then(|| value.trim_start_matches("DPoP "))
    });
    let stolen = stolen.unwrap();
    let answer = send(&said, stolen, &speaker.proof(&said, "GET", stolen), "en");
    assert_eq!(answer.problem(401, "invalid-token")["node"], "node-proof-invalid");
    // A caller who did not ask this node: a token made out to the holder is not brought.
    let other = speaker.say(&Said { subject: Some("no.token.this"), ..said }, |_| ());
    assert_eq!(other.problem(401, "invalid-token")["node"], "node-subject-invalid");
    assert!(!pair.holder.log().contains("panicked"));
}

#[test]
fn a_node_that_sends_sums_that_cannot_be_ends_the_round_and_nothing_is_shown() {
    let circle = Circle::new(
        "hostile-sums",
        &[part(MAKER, &[]), part(FIRST, &OF_FIRST), part(SECOND, &OF_SECOND)],
    );
    let honest = circle.nodes[SECOND].host().to_owned();
    let lying = |lie: fn(&mut Vec<u64>)| {
        let key = key_of(&circle.installations[SECOND]);
        let liar = Liar::new(&honest, move |path, answer| {
            if path == "/v1/node-rounds/masked" && answer.status == 200 {
                masked_otherwise(answer, &key, lie);
            }
        });
        circle.wires[SECOND].lead_all_to(liar.host());
        circle.make(MAKER, &[FIRST, SECOND])
    };
    let nothing = |ended: &Value| {
        assert_eq!(ended["state"], "ended", "{ended}");
        assert!(ended["data"].is_null() && ended["members"].is_null(), "{ended}");
        ended["why"]["reason"].as_str().unwrap().to_owned()
    };
    // Larger than any cell may be.
    let ended = lying(|cells| cells[0] = cells[0].wrapping_add(1 << 50));
    assert_eq!(nothing(&ended), "out-of-range");
    // Another number of cells: it is known who it was.
    let ended = lying(|cells| cells.truncate(3));
    assert_eq!((nothing(&ended).as_str(), &ended["why"]["node"]), ("broken", &SECOND.into()));
    // Within the range, and in contradiction to the others.
    let ended = lying(|cells| cells[0] = cells[0].wrapping_add(1 << 20));
    assert_eq!(nothing(&ended), "out-of-range");
    circle.sound();
}

#[test]
fn words_of_a_round_in_another_order_are_not_answered() {
    let circle = Circle::new(
        "hostile-order",
        &[part(MAKER, &[]), part(FIRST, &OF_FIRST), part(SECOND, &OF_SECOND)],
    );
    // A round that ended early leaves a plan that was joined, and nothing that was sent.
    circle.wires[SECOND].cut_at("/v1/node-rounds/hello");
    assert_eq!(circle.make(MAKER, &[FIRST, SECOND])["why"]["reason"], "dropped-out");
    let overheard = circle.wires[FIRST].overheard("/v1/node-rounds/hello");
    let plan: Value = serde_json::from_str(overheard.split_once("\r\n\r\n").unwrap().1).unwrap();
    let speaker = Speaker::of(MAKER, &circle.installations[MAKER]);
    let at = (circle.wires[FIRST].address(), circle.nodes[FIRST].host());
    let say = |step: &str, body: &Value| speaker.tell(at, &format!("/v1/node-rounds/{step}"), body);
    let refusal = |answer: crate::answer::Answer| {
        let problem = answer.problem(409, "wrong-state");
        assert!(problem["words"]["nb"].is_string() && problem["words"]["en"].is_string());
        problem["refusal"].as_str().unwrap().to_owned()
    };
    // A new round, joined; the same word again is answered with the same.
    let mut fresh = plan.clone();
    fresh["nonce"] = "0123456789abcdef0123456789abcdef".into();
    let hello = say("hello", &fresh).ok().json();
    assert_eq!(say("hello", &fresh).ok().json(), hello);
    let round = &hello["message"]["round"];
    // The third word before the second, and a round that nobody joined.
    assert_eq!(refusal(say("verdict", &json!({ "round": round, "atLeast": [] }))), "unknown");
    let nobody = "00".repeat(32);
    assert_eq!(refusal(say("masked", &json!({ "round": nobody, "hellos": [] }))), "unknown");
    // The second without the other's first word; the round is over here then.
    let alone = json!({ "round": round, "hellos": [hello] });
    assert_eq!(refusal(say("masked", &alone)), "fault");
    assert_eq!(refusal(say("masked", &alone)), "unknown");
    // Another coordinator's round is not this one's to go on with.
    let mut others = plan;
    others["coordinator"] = THIRD.into();
    say("hello", &others).problem(403, "not-permitted");
    circle.sound();
}

#[test]
fn points_before_a_proposal_and_proposals_that_do_not_fit_are_not_answered() {
    let pair = comparing::pair("hostile-points");
    let speaker = Speaker::of(comparing::HERE, &pair.of_asker);
    let at = (pair.wire.address(), pair.there.host());
    let say =
        |step: &str, body: &Value| speaker.tell(at, &format!("/v1/node-comparisons/{step}"), body);
    let early = json!({ "comparison": "00".repeat(32), "first": 0, "points": [] });
    assert_eq!(say("points", &early).problem(409, "wrong-state")["refusal"], "unknown");
    let proposal = json!({ "nonce": "00".repeat(16), "pair": [comparing::HERE, THERE],
        "datasets": ["skjema-11B", "nir"], "year": 2017, "strata": ["0106"], "commitments": [] });
    let refused = say("proposal", &proposal).problem(400, "parameter-error");
    assert_eq!(refused["refusal"], "strata", "not all regions of the year: {refused}");
    assert!(refused["words"]["nb"].as_str().unwrap().contains("regionene"), "{refused}");
    let mut swapped = proposal;
    swapped["datasets"] = json!(["nir", "skjema-11B"]);
    let refused = say("proposal", &swapped).problem(403, "not-permitted");
    assert_eq!(refused["refusal"], "no-part", "{refused}");
    assert!(!pair.there.log().contains("panicked"), "{}", pair.there.log());
}
