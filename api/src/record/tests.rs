//! Ten thousand ways to tamper with an export: each is found, and the first event that is not as recorded is named.

use super::export::{End, Line};
use super::verify::{Found, verify};
use super::*;
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use tlog_tiles::tlog::node_hash;

const EVENTS: usize = 48;
const NOTED: usize = 32;

fn notary() -> Notary {
    Notary::of([7; 32]).unwrap()
}

fn line(seq: usize) -> Line<'static> {
    let mut line = Line {
        seq: i64::try_from(seq).unwrap(),
        id: uuid::Uuid::from_u128(seq as u128),
        at: 1_795_608_000_000_000 + i64::try_from(seq).unwrap(),
        policy_version: 3,
        subject_kind: "organisation".into(),
        organisation: Some("889640782".into()),
        supplier: None,
        client: Some(format!("client-{seq}").into()),
        action: "microdata:read".into(),
        resource: r#"{"form":"11","years":[2024]}"#.into(),
        outcome: if seq.is_multiple_of(3) { "denied" } else { "allowed" }.into(),
        grant_id: Some("nav-11".into()),
        grant_version: Some(2),
        body: format!(r#"{{"number":{seq},"text":"æøå"}}"#).into(),
        leaf: "".into(),
    };
    line.leaf = hex::encode(line.computed()).into();
    line
}

/// RFC 6962 as it is written there.
fn root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::default(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
            node_hash(root(left), root(right))
        }
    }
}

fn checkpoint(notary: &Notary, lines: &[Line<'_>]) -> String {
    let leaves: Vec<Hash> = lines.iter().map(|line| Hash(line.computed())).collect();
    notary.sign(&Root { size: lines.len() as u64, hash: root(&leaves).0 }).unwrap()
}

fn export(lines: &[Line<'_>]) -> Vec<String> {
    let mut all: Vec<String> =
        lines.iter().map(|line| serde_json::to_string(line).unwrap()).collect();
    let end = End { checkpoint: checkpoint(&notary(), lines) };
    all.push(serde_json::to_string(&end).unwrap());
    all
}

fn check(lines: &[String], noted: &[String]) -> Found {
    let text = lines.join("\n") + "\n";
    verify(text.as_bytes(), notary().key(), noted).unwrap()
}

#[track_caller]
fn first_bad(lines: &[String], noted: &[String]) -> u64 {
    match check(lines, noted) {
        Found::Broken { first_bad, .. } => first_bad,
        Found::Intact { .. } => panic!("not found"),
    }
}

#[test]
fn an_export_as_it_was_recorded_is_intact_at_every_size() {
    for size in 0..=EVENTS {
        let lines: Vec<Line<'_>> = (1..=size).map(line).collect();
        let intact = Found::Intact { events: size as u64, checkpoints: 1 };
        assert_eq!(check(&export(&lines), &[]), intact);
    }
    let lines: Vec<Line<'_>> = (1..=EVENTS).map(line).collect();
    let noted = checkpoint(&notary(), &lines[..NOTED]);
    let intact = Found::Intact { events: EVENTS as u64, checkpoints: 2 };
    assert_eq!(check(&export(&lines), &[noted]), intact);
}

#[test]
fn ten_thousand_ways_to_tamper_are_all_found_and_the_first_bad_event_named() {
    let mut rng = StdRng::seed_from_u64(20_261_128);
    let lines: Vec<Line<'_>> = (1..=EVENTS).map(line).collect();
    let whole = export(&lines);
    let noted = vec![checkpoint(&notary(), &lines[..NOTED])];
    for round in 0..10_000 {
        let mut all = whole.clone();
        let at = rng.random_range(0..EVENTS);
        let expected = match round % 8 {
            0 => {
                // A character of a value becomes another.
                let places: Vec<usize> = all[at]
                    .char_indices()
                    .filter(|(_, c)| c.is_ascii_alphanumeric())
                    .map(|(place, _)| place)
                    .collect();
                let place = places[rng.random_range(0..places.len())];
                let was = all[at].as_bytes()[place];
                let other = if was == b'0' { "1" } else { "0" };
                all[at].replace_range(place..=place, other);
                at
            }
            1 => {
                all.remove(at);
                at
            }
            2 => {
                let other = rng.random_range(0..EVENTS);
                if other == at {
                    continue;
                }
                all.swap(at, other);
                at.min(other)
            }
            3 => {
                // Cut off behind, the checkpoint kept.
                all.drain(at..EVENTS);
                at
            }
            4 => {
                all.truncate(at);
                at
            }
            5 => {
                let twice = all[at].clone();
                all.insert(at, twice);
                at + 1
            }
            6 => {
                // A fork: an event told otherwise, its leaf made anew. It is among those after the last
                // checkpoint that still agrees.
                let mut forged = line(at + 1);
                forged.outcome = "forged".into();
                forged.leaf = hex::encode(forged.computed()).into();
                all[at] = serde_json::to_string(&forged).unwrap();
                if at < NOTED { 0 } else { NOTED }
            }
            _ => {
                // The checkpoint itself.
                let end = &mut all[EVENTS];
                let places: Vec<usize> = end
                    .char_indices()
                    .filter(|(_, c)| c.is_ascii_alphanumeric())
                    .map(|(place, _)| place)
                    .collect();
                let place = places[rng.random_range(0..places.len())];
                let other = if end.as_bytes()[place] == b'A' { "B" } else { "A" };
                end.replace_range(place..=place, other);
                let bad = first_bad(&all, &noted);
                assert!(bad > NOTED as u64, "{round} {bad}");
                continue;
            }
        };
        assert_eq!(first_bad(&all, &noted), expected as u64 + 1, "round {round}: {}", round % 8);
    }
}

#[test]
fn a_record_rewritten_whole_is_caught_by_a_checkpoint_noted_before() {
    let lines: Vec<Line<'_>> = (1..=EVENTS).map(line).collect();
    let noted = vec![checkpoint(&notary(), &lines[..NOTED])];
    let mut other = lines.clone();
    other[4].outcome = "allowed, of course".into();
    other[4].leaf = hex::encode(other[4].computed()).into();
    // The notary's own key signs the rewritten record: without a checkpoint from before it looks sound.
    assert!(matches!(check(&export(&other), &[]), Found::Intact { .. }));
    assert_eq!(first_bad(&export(&other), &noted), 1);
    // So does a shorter record.
    assert!(matches!(check(&export(&lines[..20]), &[]), Found::Intact { .. }));
    assert_eq!(first_bad(&export(&lines[..20]), &noted), 21);
}

#[test]
fn nothing_may_follow_the_checkpoint() {
    let lines: Vec<Line<'_>> = (1..=EVENTS).map(line).collect();
    let mut all = export(&lines);
    all.push(serde_json::to_string(&line(EVENTS + 1)).unwrap());
    assert_eq!(first_bad(&all, &[]), EVENTS as u64 + 1);
}

#[test]
fn an_event_is_a_line_of_its_own() {
    let lines: Vec<Line<'_>> = (1..=EVENTS).map(line).collect();
    let whole = export(&lines);
    let checked = |at: usize, with: String| {
        let mut all = whole.clone();
        all[at] = with;
        all
    };
    for at in [0, 1, EVENTS - 1] {
        let event = &whole[at];
        assert_eq!(first_bad(&checked(at, format!("\n{event}")), &[]), at as u64 + 1);
        assert_eq!(first_bad(&checked(at, format!("{event}\n")), &[]), at as u64 + 2);
        assert_eq!(first_bad(&checked(at, format!("{event}{{}}")), &[]), at as u64 + 1);
        let two = format!("{event} {}", whole[at + 1]);
        assert_eq!(first_bad(&checked(at, two), &[]), at as u64 + 1);
        // Blanks around an event change nothing about it.
        let blank = check(&checked(at, format!(" {event} ")), &[]);
        assert!(matches!(blank, Found::Intact { .. }), "{blank:?}");
    }
}

#[test]
fn a_checkpoint_of_somebody_else_is_none() {
    let lines: Vec<Line<'_>> = (1..=EVENTS).map(line).collect();
    let mut all = export(&lines);
    let end = End { checkpoint: checkpoint(&Notary::of([8; 32]).unwrap(), &lines) };
    all[EVENTS] = serde_json::to_string(&end).unwrap();
    assert_eq!(first_bad(&all, &[]), 1);
}
