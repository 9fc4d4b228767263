//! Rounds that go well, that end, and that somebody lies in.

use super::*;
use crate::mask::{Memory, Words};
use crate::repeats::{self, Attempt};
use crate::{Bytes, Joined, Member, Partial, Plan, Rule, Sent};
use ed25519_dalek::SigningKey;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::BTreeSet;

mod coalition;

/// Regions, one for each node.
const REGIONS: [&str; 6] = ["3107", "1103", "4601", "5001", "3301", "4204"];

#[derive(Default)]
struct Notes(Vec<Attempt>);

impl Memory for Notes {
    fn enter(&mut self, agreed: &Agreed) -> Result<(), Fault> {
        repeats::judge(&self.0, agreed)?;
        self.0.push(Attempt::of(agreed));
        Ok(())
    }
}

/// A memory whose disk is full.
struct Full;

impl Memory for Full {
    fn enter(&mut self, _: &Agreed) -> Result<(), Fault> {
        Err(Fault::Memory)
    }
}

fn id(at: usize) -> NodeId {
    NodeId::parse(&format!("{:09}", 100_000_000 + at)).unwrap()
}

fn key(at: usize) -> SigningKey {
    SigningKey::from_bytes(&[u8::try_from(at).unwrap() + 1; 32])
}

fn directory(nodes: usize) -> Directory {
    (0..nodes).map(|at| (id(at), key(at).verifying_key())).collect()
}

fn agreed(nodes: usize, cells: usize, nonce: u8) -> Agreed {
    let members = (0..nodes)
        .map(|at| Member { node: id(at), population: BTreeSet::from([REGIONS[at].to_owned()]) });
    let plan = Plan {
        nonce: Bytes([nonce; 16]),
        coordinator: id(99),
        dataset: "skjema-11".to_owned(),
        table: "S1101".to_owned(),
        year: 2024,
        definition: Bytes([2; 32]),
        cells: u32::try_from(cells).unwrap(),
        largest: 1 << 32,
        rule: Rule { threshold: 4, percent: 10 },
        recipient: None,
        trusted: false,
        members: members.collect(),
    };
    plan.check().unwrap()
}

/// A round whose nodes have said hello.
struct Begun {
    round: Round,
    joined: Vec<Joined>,
    hellos: Hellos,
    rng: ChaCha20Rng,
}

fn begin(parts: &[Vec<u64>], seed: u64) -> Begun {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let agreed = agreed(parts.len(), parts[0].len(), 1);
    let mut round = Round::invite(agreed.clone(), directory(parts.len()));
    let mut joined = Vec::new();
    for (at, part) in parts.iter().enumerate() {
        let partial = Partial::new(part.clone());
        let (node, hello) =
            Joined::new(agreed.clone(), id(at), partial, &key(at), &mut rng).unwrap();
        round.hello(hello).unwrap();
        joined.push(node);
    }
    let hellos = Hellos::gather(&agreed, &directory(parts.len()), round.hellos().unwrap());
    Begun { round, joined, hellos: hellos.unwrap(), rng }
}

fn mask_all(begun: &mut Begun) -> Vec<(Sent, Sealed<Masked>)> {
    let joined = std::mem::take(&mut begun.joined);
    let each = joined.into_iter().enumerate();
    each.map(|(at, node)| node.mask(&begun.hellos, &key(at), &mut Notes::default()).unwrap())
        .collect()
}

/// What is shown of each cell: nothing where it may not be.
fn shown(parts: &[Vec<u64>], seed: u64) -> Vec<Option<u64>> {
    let mut begun = begin(parts, seed);
    let masked = mask_all(&mut begun);
    for (_, message) in &masked {
        begun.round.masked(message).unwrap();
    }
    let totals = begun.round.sum().unwrap();
    let offer = totals.offer(&mut begun.rng);
    let verdicts: Vec<_> = masked
        .into_iter()
        .enumerate()
        .map(|(at, (node, _))| node.judge(&offer, &key(at)).unwrap())
        .collect();
    let settled = totals.settle(&verdicts, &directory(parts.len())).unwrap();
    let (cells, shown) = settled.into_unprotected();
    cells.iter().zip(shown).map(|(cell, shown)| shown.then_some(*cell)).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn the_masks_are_gone_in_the_sum_of_all(
        parts in (2_usize..=5, 1_usize..20).prop_flat_map(|(nodes, cells)| {
            let cell = prop_oneof![Just(0_u64), 1..5_u64, 0..=1_u64 << 32];
            proptest::collection::vec(proptest::collection::vec(cell, cells), nodes)
        }),
        seed: u64,
    ) {
        let mut begun = begin(&parts, seed);
        for (_, message) in mask_all(&mut begun) {
            begun.round.masked(&message).unwrap();
        }
        let totals = begun.round.sum().unwrap();
        for cell in 0..parts[0].len() {
            let sum: u64 = parts.iter().map(|part| part[cell]).sum();
            let has = parts.iter().filter(|part| part[cell] > 0).count();
            prop_assert_eq!(totals.cells[cell], sum);
            prop_assert_eq!(totals.contributors[cell], u64::try_from(has).unwrap());
        }
    }

    #[test]
    fn no_node_can_subtract_itself_down_to_few_or_to_one_part(
        parts in (2_usize..=4, 1_usize..12).prop_flat_map(|(nodes, cells)| {
            let cell = prop_oneof![Just(0_u64), 1..8_u64, 0..200_u64];
            proptest::collection::vec(proptest::collection::vec(cell, cells), nodes)
        }),
        seed: u64,
    ) {
        for (cell, total) in shown(&parts, seed).into_iter().enumerate() {
            let Some(total) = total else { continue };
            let own: Vec<u64> = parts.iter().map(|part| part[cell]).collect();
            let has = own.iter().filter(|own| **own > 0).count();
            prop_assert!(total == 0 || has >= 2, "one node alone");
            for own in own.into_iter().filter(|own| *own > 0) {
                prop_assert!(total - own >= 4, "{} of {}", own, total);
                prop_assert!((total - own) * 100 >= own * 10, "{} of {}", own, total);
            }
        }
    }
}

#[test]
fn what_is_large_and_spread_is_shown() {
    let parts = [vec![500, 0, 3, 900, 50], vec![400, 0, 3, 2, 0], vec![300, 0, 90, 1, 0]];
    let shown = shown(&parts, 1);
    // The rest beside 900 is three, beside 90 six of ninety; fifty is one node's.
    assert_eq!(shown, [Some(1200), Some(0), None, None, None]);
}

#[test]
fn an_offer_says_nothing_of_what_one_node_has_alone_and_is_never_above_the_total() {
    let parts = [vec![50, 7, 0, 900], vec![0, 5, 0, 800]];
    for seed in 0..50 {
        let mut begun = begin(&parts, seed);
        for (_, message) in mask_all(&mut begun) {
            begun.round.masked(&message).unwrap();
        }
        let totals = begun.round.sum().unwrap();
        let offer = serde_json::to_value(totals.offer(&mut begun.rng)).unwrap();
        let told = offer["atLeast"].as_array().unwrap();
        assert!(told[0].is_null() && told[2].is_null());
        assert!(told[1].as_u64().unwrap() <= 12 && told[3].as_u64().unwrap() <= 1700);
    }
}

#[test]
fn a_node_that_drops_out_ends_the_round_and_leaves_chance() {
    let parts = vec![vec![5, 6], vec![7, 8], vec![9, 10]];
    let mut begun = begin(&parts, 3);
    let masked = mask_all(&mut begun);
    begun.round.masked(&masked[0].1).unwrap();
    begun.round.masked(&masked[1].1).unwrap();
    assert_eq!(begun.round.sum().err(), Some(Fault::Step(State::Committed)));
    begun.round.end(End::DroppedOut(id(2)));
    assert_eq!(begun.round.state(), State::Ended(End::DroppedOut(id(2))));
    let late = begun.round.masked(&masked[2].1);
    assert_eq!(late, Err(Fault::Step(State::Ended(End::DroppedOut(id(2))))));
    assert!(begun.round.sum().is_err() && begun.round.hellos().is_err());
    let Words(first) = &masked[0].1.open(&directory(3)).unwrap().cells;
    let Words(second) = &masked[1].1.open(&directory(3)).unwrap().cells;
    assert!(first[0].wrapping_add(second[0]) > 1 << 32, "the third node's masks are still in it");
}

#[test]
fn a_new_round_has_new_masks() {
    let parts = vec![vec![5], vec![7]];
    let masked = |seed| {
        let mut begun = begin(&parts, seed);
        let all = mask_all(&mut begun);
        all[0].1.open(&directory(2)).unwrap().cells.clone()
    };
    assert_ne!(masked(1), masked(2));
}

#[test]
fn sums_out_of_range_are_not_sent_and_not_believed() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    for wrong in [vec![1], vec![1, 2, 3], vec![1, (1 << 32) + 1]] {
        let joined = Joined::new(agreed(2, 2, 1), id(0), Partial::new(wrong), &key(0), &mut rng);
        assert_eq!(joined.err(), Some(Fault::OutOfRange));
    }
    // A node that signs something else than it should.
    for change in [1_u64 << 40, u64::MAX, 1 << 63] {
        let mut begun = begin(&[vec![5, 6], vec![7, 8]], 5);
        let masked = mask_all(&mut begun);
        let mut lie = masked[1].1.open(&directory(2)).unwrap().clone();
        lie.cells.0[1] = lie.cells.0[1].wrapping_add(change);
        if change == u64::MAX {
            lie.nonzero.0[1] = lie.nonzero.0[1].wrapping_sub(3);
        }
        begun.round.masked(&masked[0].1).unwrap();
        begun.round.masked(&Sealed::sign(lie, &key(1))).unwrap();
        assert_eq!(begun.round.sum().err(), Some(Fault::OutOfRange));
        assert_eq!(begun.round.state(), State::Ended(End::OutOfRange));
    }
    let mut begun = begin(&[vec![5, 6], vec![7, 8]], 5);
    let masked = mask_all(&mut begun);
    let mut short = masked[0].1.open(&directory(2)).unwrap().clone();
    short.nonzero.0.pop();
    let refused = begun.round.masked(&Sealed::sign(short, &key(0)));
    assert_eq!(refused, Err(Fault::OutOfRange));
    assert_eq!(begun.round.state(), State::Ended(End::Broken(id(0))));
}

#[test]
fn messages_are_of_their_sender_round_and_kind_and_count_once() {
    let mut rng = ChaCha20Rng::seed_from_u64(6);
    let new = |at: usize, by: usize, nonce, rng: &mut ChaCha20Rng| {
        let partial = Partial::new(vec![1]);
        Joined::new(agreed(2, 1, nonce), id(at), partial, &key(by), rng).unwrap()
    };
    let mut round = Round::invite(agreed(2, 1, 1), directory(2));
    let (_, forged) = new(0, 1, 1, &mut rng);
    assert_eq!(round.hello(forged), Err(Fault::NotSigned(id(0))));
    let (_, replayed) = new(0, 0, 2, &mut rng);
    assert_eq!(round.hello(replayed), Err(Fault::OtherRound));
    let (_, first) = new(0, 0, 1, &mut rng);
    let (_, other) = new(0, 0, 1, &mut rng);
    round.hello(first.clone()).unwrap();
    assert_eq!(round.hello(other), Err(Fault::Twice(id(0))));
    let mut reflected = first.open(&directory(2)).unwrap().clone();
    reflected.node = id(1);
    let reflected = Sealed::sign(reflected, &key(1));
    assert_eq!(round.hello(reflected), Err(Fault::Twice(id(1))), "a key is one node's");
    assert_eq!(round.hellos().err(), Some(Fault::Step(State::Invited)));
    let stranger = Round::invite(agreed(2, 1, 1), directory(1)).hello(new(1, 1, 1, &mut rng).1);
    assert_eq!(stranger, Err(Fault::Stranger(id(1))));
}

#[test]
fn a_coordinator_cannot_take_a_nodes_place() {
    let mut begun = begin(&[vec![5], vec![7], vec![9]], 7);
    // It puts a key of its own in the place of the second node's, and signs with what it has: its own key.
    let mut messages = begun.round.hellos().unwrap().to_vec();
    let mut own = messages[1].open(&directory(3)).unwrap().clone();
    own.key = Bytes([9; 32]);
    messages[1] = Sealed::sign(own, &key(0));
    let gathered = Hellos::gather(begun.round.agreed(), &directory(3), &messages);
    assert_eq!(gathered.err(), Some(Fault::NotSigned(id(1))));
    // It leaves one out.
    let missing = Hellos::gather(begun.round.agreed(), &directory(3), &messages[..1]);
    assert_eq!(missing.err(), Some(Fault::Missing(id(1))));
    // It shows a node another hello of that node's than it sent.
    let partial = Partial::new(vec![5]);
    let agreed = begun.round.agreed().clone();
    let (again, _) = Joined::new(agreed, id(0), partial, &key(0), &mut begun.rng).unwrap();
    let refused = again.mask(&begun.hellos, &key(0), &mut Notes::default());
    assert_eq!(refused.err(), Some(Fault::NotMine));
}

#[test]
fn keys_that_give_no_secret_are_refused() {
    let mut begun = begin(&[vec![5], vec![7]], 8);
    let mut weak = begun.hellos.of(id(1)).unwrap().clone();
    weak.key = Bytes([0; 32]);
    let agreed = begun.round.agreed().clone();
    let messages = [begun.round.hellos().unwrap()[0].clone(), Sealed::sign(weak, &key(1))];
    let hellos = Hellos::gather(&agreed, &directory(2), &messages).unwrap();
    let refused = begun.joined.remove(0).mask(&hellos, &key(0), &mut Notes::default());
    assert_eq!(refused.err(), Some(Fault::WeakKey(id(1))));
}

#[test]
fn nothing_is_sent_that_is_not_remembered() {
    let mut begun = begin(&[vec![5], vec![7]], 9);
    let refused = begun.joined.remove(0).mask(&begun.hellos, &key(0), &mut Full);
    assert_eq!(refused.err(), Some(Fault::Memory));
    // Nor what repeats an earlier round with a node left out.
    let mut notes = Notes(vec![Attempt::of(&agreed(3, 1, 2))]);
    let refused =
        begin(&[vec![5], vec![7]], 9).joined.remove(0).mask(&begun.hellos, &key(0), &mut notes);
    assert_eq!(refused.err(), Some(Fault::Repeat(Repeat::OtherMembers)));
}

#[test]
fn every_node_is_heard_before_anything_is_shown() {
    let mut begun = begin(&[vec![500], vec![700]], 10);
    let masked = mask_all(&mut begun);
    for (_, message) in &masked {
        begun.round.masked(message).unwrap();
    }
    let totals = begun.round.sum().unwrap();
    let offer = totals.offer(&mut begun.rng);
    let (first, _) = masked.into_iter().next().unwrap();
    let verdict = first.judge(&offer, &key(0)).unwrap();
    let missing = totals.settle(std::slice::from_ref(&verdict), &directory(2));
    assert_eq!(missing.err(), Some(Fault::Missing(id(1))));
}
