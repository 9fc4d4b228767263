//! Faults planted on purpose, each of which the audit must find: or it would not find one that slipped in.

use super::audit::{Candidate, audit, worlds};
use super::*;
use crate::noise::contribution::Cells;
use crate::noise::mechanism::Additive;
use crate::noise::price::{Drawn, priced};

fn records() -> Plan {
    plan(Tree::flat(2), Measure::Records, 1, HALF)
}

fn found(candidate: &dyn Candidate) -> Vec<String> {
    let (with, without) = worlds();
    // A fault may hide behind chance once.
    let mut tried = (0..3).map(|_| audit(candidate, &with, &without));
    tried.find(|found| !found.is_empty()).unwrap_or_default()
}

fn paid(plan: &Plan, purse: &mut Purse) {
    drop(pay(vec![plan.clone()], purse).unwrap());
}

fn noise(plan: &Plan) -> Additive {
    match priced(plan).unwrap().drawn.remove(0) {
        Drawn::Numbers { levels, .. } => levels[0],
        Drawn::Quantiles { .. } => panic!("no additive noise"),
    }
}

fn exact(held: Contributions) -> Vec<i64> {
    match held.cells {
        Cells::Numbers(numbers) => numbers,
        _ => panic!("no numbers"),
    }
}

/// Draws half the noise that was paid for.
struct HalfTheScale(Plan);

impl Candidate for HalfTheScale {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>> {
        paid(&self.0, purse);
        let Additive::Gaussian { scale, sensitivity } = noise(&self.0) else { return None };
        let half = Additive::Gaussian { scale: scale / 2.0, sensitivity };
        half.draw(&exact(held)).ok()
    }
}

/// Counts everything a person has, and pays for one record.
struct NoBound(Plan);

impl Candidate for NoBound {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn held(&self, world: &[Row]) -> Contributions {
        let unlinked: Vec<Row> = world.iter().map(|row| (None, row.1, row.2)).collect();
        bounded(&self.0, &unlinked)
    }

    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>> {
        paid(&self.0, purse);
        noise(&self.0).draw(&exact(held)).ok()
    }
}

/// Draws the same noise every time.
struct Seeded(Plan);

impl Candidate for Seeded {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>> {
        paid(&self.0, purse);
        let mut state = 42_u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            i64::try_from(state >> 62).unwrap() - 1
        };
        Some(exact(held).into_iter().map(|count| count + draw()).collect())
    }
}

/// Answers for the cells that somebody is in.
struct KeysOfData(Plan);

impl Candidate for KeysOfData {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>> {
        paid(&self.0, purse);
        let seen: Vec<i64> = exact(held).into_iter().filter(|count| *count > 0).collect();
        noise(&self.0).draw(&seen).ok()
    }
}

/// Gives the price back when the answer could not be stored.
struct Refunding(Plan);

impl Candidate for Refunding {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>> {
        let before = purse.spent;
        paid(&self.0, purse);
        let answer = noise(&self.0).draw(&exact(held)).ok()?;
        let stored = purse.reservations.is_multiple_of(3);
        if !stored {
            purse.spent = before;
        }
        Some(answer)
    }
}

#[test]
fn half_the_noise_is_found() {
    assert!(!found(&HalfTheScale(records())).is_empty());
}

#[test]
fn a_bound_that_is_ignored_is_found() {
    assert!(!found(&NoBound(records())).is_empty());
}

#[test]
fn a_seeded_generator_is_found() {
    assert!(!found(&Seeded(records())).is_empty());
}

#[test]
fn keys_of_the_data_are_found() {
    let plan = plan(Tree::flat(3), Measure::Records, 1, HALF);
    let (_, without) = worlds();
    let with = [without.clone(), vec![(Some(0), 2, 0)]].concat();
    assert!(!audit(&KeysOfData(plan), &with, &without).is_empty());
}

#[test]
fn refunds_are_found() {
    let found = found(&Refunding(records()));
    assert!(found.iter().any(|one| one.starts_with("spent ")), "{found:?}");
}

/// The same ways to answer without the fault pass, so it is the fault that is found.
#[test]
fn noise_of_no_scale_or_no_number_is_refused() {
    for scale in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        for noise in [
            Additive::Gaussian { scale, sensitivity: 1.0 },
            Additive::Laplace { scale, sensitivity: 1.0 },
        ] {
            assert!(noise.cost().is_err(), "{noise:?}");
            assert!(noise.draw(&[1, 2, 3]).is_err(), "{noise:?}");
        }
    }
    let noise = Additive::Gaussian { scale: 1.0, sensitivity: f64::INFINITY };
    assert!(noise.cost().is_err());
}
