//! Tables over several nodes where nodes die, lie and are overheard: every round ends in a clear state, and what is made in the
//! end is made with new masks.

use crate::joint::{
    Circle, FIRST, MAKER, OF_FIRST, OF_SECOND, OF_THIRD, Part, SECOND, THIRD, masked, part,
};
use crate::wire;
use serde_json::{Value, json};
use std::time::Duration;

#[test]
fn whoever_is_killed_at_whatever_step_ends_the_round_and_the_next_one_is_made() {
    let mut circle = Circle::new(
        "joint-killed",
        &[part(MAKER, &[]), part(FIRST, &OF_FIRST), part(SECOND, &OF_SECOND)],
    );
    // Slow wires change nothing.
    circle.wires.values().for_each(|wire| wire.delay(Duration::from_millis(20)));
    for step in ["hello", "masked"] {
        let words = format!("/v1/node-rounds/{step}");
        let address = circle.wires[SECOND].hold_at(
            &words,
            || circle.begin(MAKER, &[FIRST, SECOND]),
            || circle.nodes[SECOND].kill_and_wait(),
        );
        let ended = circle.ended(MAKER, &address);
        assert_eq!(ended["state"], "ended", "{step}: {ended}");
        assert_eq!(ended["why"]["reason"], "dropped-out", "{step}: {ended}");
        assert_eq!(ended["why"]["node"], SECOND, "{step}");
        assert!(ended["data"].is_null() && ended["members"].is_null(), "{step}: {ended}");
        circle.restart(SECOND);
    }
    // The coordinator, when it knows the totals and nobody has judged them: nothing is published, and it says so itself
    // when it is there again.
    let address = circle.wires[SECOND].hold_at(
        "/v1/node-rounds/verdict",
        || circle.begin(MAKER, &[FIRST, SECOND]),
        || circle.nodes[MAKER].kill_and_wait(),
    );
    circle.restart(MAKER);
    let lost = circle.ended(MAKER, &address);
    assert_eq!(lost["state"], "lost", "{lost}");
    assert!(lost["data"].is_null(), "{lost}");
    let made = circle.make(MAKER, &[FIRST, SECOND]);
    assert_eq!(made["state"], "published", "{made}");
    // The nodes have sent sums of the year three times, with masks of their own each time.
    let heard = circle.wires[FIRST].heard();
    let sums: Vec<&str> =
        heard.split("\"cells\":\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    let long: Vec<&&str> = sums.iter().filter(|sums| sums.len() > 100).collect();
    assert_eq!(long.len(), 3, "{} texts", sums.len());
    assert!(long[0] != long[1] && long[1] != long[2] && long[0] != long[2]);
    circle.sound();
}

#[test]
fn whoever_lies_about_whom_it_answers_for_takes_no_part() {
    // One says it answers for a municipality of another; one has records of others than it says.
    const AND_ONE_MORE: [&str; 9] =
        ["3107", "3103", "3110", "3114", "3301", "3907", "4001", "030101", "3105"];
    let circle = Circle::new(
        "joint-liars",
        &[
            part(MAKER, &[]),
            Part { records: &OF_FIRST, ..part(FIRST, &AND_ONE_MORE) },
            part(SECOND, &OF_SECOND),
            Part { records: &OF_THIRD, ..part(THIRD, &["3120", "3911"]) },
        ],
    );
    let why = |ended: &Value| {
        assert_eq!(ended["state"], "ended", "{ended}");
        assert!(ended["data"].is_null() && ended["members"].is_null(), "{ended}");
        let word = |name: &str| ended["why"][name].as_str().unwrap_or_default().to_owned();
        (word("reason"), word("node"), word("words"))
    };
    let (reason, _, words) = why(&circle.make(MAKER, &[FIRST, SECOND]));
    assert_eq!(reason, "refused", "{words}");
    let (reason, node, words) = why(&circle.make(MAKER, &[SECOND, THIRD]));
    assert_eq!((reason.as_str(), node.as_str()), ("vetoed", THIRD), "{words}");
    assert!(words.contains("sine egne poster"), "{words}");

    // What was said to one node is worth nothing when it is said again, nor when it is said to another.
    let overheard = circle.wires[THIRD].overheard("/v1/node-rounds/hello");
    assert!(overheard.contains("DPoP ") && overheard.ends_with('}'), "{overheard}");
    let say = |number: &str, text: &str| {
        let node = circle.nodes[number].anyone();
        wire::exactly(node.line().0, text.as_bytes()).problem(401, "invalid-token")["node"].clone()
    };
    assert_eq!(say(THIRD, &overheard), "node-token-replayed");
    assert_ne!(say(SECOND, &overheard), Value::Null);
    // And its proof is of these words and of this address alone.
    let other = overheard.replacen("\"percent\":10", "\"percent\":11", 1);
    assert_ne!(other, overheard);
    assert_eq!(say(THIRD, &other), "node-subject-invalid");
    let elsewhere = overheard.replacen("/node-rounds/hello", "/node-rounds/masked", 1);
    assert_ne!(elsewhere, overheard);
    assert_eq!(say(THIRD, &elsewhere), "node-proof-invalid");
    circle.sound();
}

#[test]
fn a_coordinator_that_is_trusted_is_shown_sums_and_the_answer_says_so() {
    let trusts = |part: Part| {
        let stance =
            part.stance.replacen("threshold", &format!("trusts = [{MAKER:?}]\nthreshold"), 1);
        Part { stance, ..part }
    };
    let circle = Circle::new(
        "joint-trusted",
        &[trusts(part(MAKER, &OF_THIRD)), trusts(part(FIRST, &OF_FIRST)), part(SECOND, &OF_SECOND)],
    );
    let admin = circle.nodes[MAKER].caller("admin");
    let ask = |other: &str| {
        let body =
            json!({ "table": "S1101", "year": 2024, "nodes": [MAKER, other], "trusted": true });
        let asked = admin.post("/v1/joint-tables", &body.to_string());
        assert_eq!(asked.status, 202, "{}", asked.text());
        circle.ended(MAKER, asked.header("location"))
    };
    let refused = ask(SECOND);
    assert_eq!(refused["why"]["reason"], "vetoed", "{refused}");
    assert!(refused["why"]["words"].as_str().unwrap().contains("sine egne summer"), "{refused}");
    let made = ask(FIRST);
    assert_eq!(made["state"], "published", "{made}");
    assert_eq!(made["protection"]["coordinator"], "trusted");
    let sums = masked(&circle.wires[FIRST].heard());
    assert!(sums.iter().all(|sum| *sum < 1 << 40) && sums.iter().any(|sum| *sum > 0));
    circle.sound();
}
