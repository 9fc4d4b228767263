//! Plans that can be and cannot be.

use super::*;
use crate::repeats::{self, Attempt, MOST_ATTEMPTS, Repeat};
use crate::{Stance, Veto};

fn node(number: &str) -> NodeId {
    NodeId::parse(number).unwrap()
}

fn regions(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

fn plan() -> Plan {
    let member = |number, codes: &[&str]| Member { node: node(number), population: regions(codes) };
    Plan {
        nonce: Bytes([1; 16]),
        coordinator: node("400000004"),
        dataset: "skjema-11".to_owned(),
        table: "S1101".to_owned(),
        year: 2024,
        definition: Bytes([2; 32]),
        cells: 10,
        largest: 1_000_000,
        rule: Rule { threshold: 4, percent: 10 },
        recipient: None,
        trusted: false,
        members: vec![
            member("100000001", &["3107", "1103"]),
            member("200000002", &["030101"]),
            member("300000003", &["030102", "4601"]),
        ],
    }
}

fn refused(change: impl FnOnce(&mut Plan)) -> PlanError {
    let mut plan = plan();
    change(&mut plan);
    plan.check().unwrap_err()
}

#[test]
fn a_sound_plan_is_agreed_and_its_digest_names_all_of_it() {
    let agreed = plan().check().unwrap();
    assert_eq!(agreed.cells(), 10);
    let changes: [fn(&mut Plan); 8] = [
        |plan| plan.nonce = Bytes([9; 16]),
        |plan| plan.coordinator = node("200000002"),
        |plan| plan.table.push('x'),
        |plan| plan.definition = Bytes([9; 32]),
        |plan| plan.rule.percent = 11,
        |plan| plan.recipient = Some(String::new()),
        |plan| plan.largest += 1,
        |plan| {
            plan.members[0].population.remove("1103");
        },
    ];
    for change in changes {
        let mut other = plan();
        change(&mut other);
        assert_ne!(other.check().unwrap().digest(), agreed.digest());
    }
}

#[test]
fn one_node_alone_is_no_round() {
    assert_eq!(refused(|plan| plan.members.truncate(1)), PlanError::Members);
    assert_eq!(refused(|plan| plan.members.swap(0, 1)), PlanError::Order);
    assert_eq!(refused(|plan| plan.members[1].node = plan.members[0].node), PlanError::Order);
}

#[test]
fn a_coordinator_is_not_one_of_two() {
    let of_two = |coordinator: &str| {
        let mut plan = plan();
        plan.members.pop();
        plan.coordinator = node(coordinator);
        plan.check().map(|_| ())
    };
    assert_eq!(of_two("100000001"), Err(PlanError::Coordinator));
    assert_eq!(of_two("300000003"), Ok(()));
    let mut of_three = plan();
    of_three.coordinator = node("100000001");
    assert!(of_three.check().is_ok());
}

#[test]
fn a_coordinator_is_shown_sums_by_whoever_trusts_it_and_nobody_else() {
    let mut trusted = plan();
    trusted.trusted = true;
    let masked = plan().check().unwrap();
    let agreed = trusted.clone().check().unwrap();
    assert_ne!(agreed.digest(), masked.digest());
    let written = |plan: &Plan| serde_json::to_string(plan).unwrap();
    assert!(written(&trusted).contains("trusted") && !written(masked.plan()).contains("trusted"));
    assert_eq!(serde_json::from_str::<Plan>(&written(&trusted)).unwrap(), trusted);
    let mut stance = Stance {
        tables: BTreeMap::from([("S1101".to_owned(), regions(&["*"]))]),
        coordinators: BTreeSet::from([node("400000004")]),
        threshold: 4,
        percent: 10,
        members: 3,
        ..Stance::default()
    };
    let judge = |stance: &Stance, agreed: &Agreed| {
        stance.judge(agreed, node("200000002"), &regions(&["030101"]))
    };
    assert_eq!(judge(&stance, &masked), Ok(()));
    assert_eq!(judge(&stance, &agreed), Err(Veto::Trust(node("400000004"))));
    stance.trusts.insert(node("400000004"));
    assert_eq!(judge(&stance, &agreed), Ok(()));
    // With a part of its own it needs no more than one other.
    trusted.members.pop();
    trusted.coordinator = node("100000001");
    assert!(trusted.check().is_ok());
}

#[test]
fn populations_are_disjoint_and_told_by_municipality() {
    let add = |at: usize, code: &'static str| {
        move |plan: &mut Plan| {
            plan.members[at].population.insert(code.to_owned());
        }
    };
    let overlap = |region: &str, first, second| PlanError::Overlap {
        region: region.to_owned(),
        first: node(first),
        second: node(second),
    };
    assert_eq!(refused(add(1, "3107")), overlap("3107", "100000001", "200000002"));
    // Oslo is all of its bydeler, so this counts one of them twice.
    assert_eq!(refused(add(0, "0301")), overlap("030101", "100000001", "200000002"));
    for wrong in ["EKA31", "EAK", "EKG01", "0101", "", "9999"] {
        let region = PlanError::Region { region: wrong.to_owned(), year: 2024 };
        assert_eq!(refused(add(0, wrong)), region);
    }
    let empty = refused(|plan| plan.members[2].population.clear());
    assert_eq!(empty, PlanError::NoPopulation(node("300000003")));
    assert_eq!(refused(|plan| plan.year = 1890), PlanError::Year(1890));
}

#[test]
fn weak_rules_and_sums_that_could_wrap_around_are_refused() {
    assert_eq!(refused(|plan| plan.rule.threshold = 3), PlanError::Rule);
    assert_eq!(refused(|plan| plan.rule.percent = 0), PlanError::Rule);
    assert_eq!(refused(|plan| plan.largest = 0), PlanError::Largest);
    assert_eq!(refused(|plan| plan.largest = u64::MAX / 4), PlanError::Largest);
    assert_eq!(refused(|plan| plan.cells = 0), PlanError::Cells);
}

#[test]
fn the_same_dataset_and_year_over_one_node_less_is_refused() {
    let first = plan().check().unwrap();
    let remembered = [Attempt::of(&first)];
    let judge = |change: &dyn Fn(&mut Plan)| {
        let mut other = plan();
        other.nonce = Bytes([9; 16]);
        change(&mut other);
        repeats::judge(&remembered, &other.check().unwrap())
    };
    assert_eq!(judge(&|_| ()), Ok(()), "a round that ended can be tried again");
    let one_less = |plan: &mut Plan| {
        plan.members.pop();
    };
    assert_eq!(judge(&one_less), Err(Repeat::OtherMembers));
    assert_eq!(
        judge(&|plan| {
            one_less(plan);
            plan.table = "S1102".to_owned();
        }),
        Err(Repeat::OtherMembers),
        "another table of the dataset shares sums with it"
    );
    let other_table = |plan: &mut Plan| plan.table = "S1102".to_owned();
    assert_eq!(
        judge(&other_table),
        Err(Repeat::OtherTable),
        "they would have to be protected together"
    );
    let smaller = |plan: &mut Plan| {
        plan.members[0].population.remove("1103");
    };
    assert_eq!(judge(&smaller), Err(Repeat::OtherMembers));
    assert_eq!(judge(&|plan| plan.cells = 11), Ok(()), "cells without another definition");
    assert_eq!(judge(&|plan| plan.definition = Bytes([3; 32])), Err(Repeat::OtherDefinition));
    assert_eq!(judge(&|plan| plan.year = 2025), Ok(()));
    assert_eq!(repeats::judge(&remembered, &first), Err(Repeat::SameRound));
}

#[test]
fn masked_sums_of_one_table_are_sent_a_few_times_only() {
    let attempt = |number: usize| {
        let mut plan = plan();
        plan.nonce = Bytes([u8::try_from(number).unwrap(); 16]);
        plan.check().unwrap()
    };
    let remembered: Vec<Attempt> =
        (0..MOST_ATTEMPTS).map(|number| Attempt::of(&attempt(number))).collect();
    assert_eq!(repeats::judge(&remembered[1..], &attempt(9)), Ok(()));
    assert_eq!(repeats::judge(&remembered, &attempt(9)), Err(Repeat::TooOften));
}

#[test]
fn a_node_says_no_by_table_recipient_coordinator_rule_and_number() {
    let agreed = plan().check().unwrap();
    let own = regions(&["030101"]);
    let stance = || Stance {
        tables: BTreeMap::from([("S1101".to_owned(), regions(&["*"]))]),
        coordinators: BTreeSet::from([node("400000004")]),
        threshold: 4,
        percent: 10,
        members: 3,
        ..Stance::default()
    };
    let judge = |change: &dyn Fn(&mut Stance)| {
        let mut stance = stance();
        change(&mut stance);
        stance.judge(&agreed, node("200000002"), &own)
    };
    assert_eq!(judge(&|_| ()), Ok(()));
    assert!(matches!(judge(&|stance| *stance = Stance::default()), Err(Veto::Table(_))));
    let for_one = |stance: &mut Stance| {
        stance.tables.insert("S1101".to_owned(), regions(&["974760673"]));
    };
    assert!(matches!(judge(&for_one), Err(Veto::Recipient(_))));
    assert!(matches!(judge(&|stance| stance.coordinators.clear()), Err(Veto::Coordinator(_))));
    let rule = Err(Veto::Rule { threshold: 5, percent: 10 });
    assert_eq!(judge(&|stance| stance.threshold = 5), rule);
    let rule = Err(Veto::Rule { threshold: 4, percent: 20 });
    assert_eq!(judge(&|stance| stance.percent = 20), rule);
    assert_eq!(judge(&|stance| stance.members = 4), Err(Veto::Members(4)));
    let lied = stance().judge(&agreed, node("200000002"), &regions(&["030103"]));
    assert_eq!(lied, Err(Veto::Population), "the plan tells another population");
}
