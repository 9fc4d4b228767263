//! The guarantee, tried from outside: can anybody tell whether a person is there?
//!
//! Answers are drawn for two neighbouring worlds many times. For every event an attacker could wait for, of the form
//! "this statistic is at least t" or "at most t", the share of runs it is seen in must keep
//! P(seen with) ≤ e^ε·P(seen without) + δ, both ways, beyond what chance explains (Clopper and Pearson, 99.9 %).
//!
//! `HJEMMEL_AUDIT_RUNS=100000 cargo test --release -p hjemmel-disclosure noise::tests::audit` is the full size.

use super::*;
use crate::noise::price::priced;
use statistics::clopper_pearson;

/// Runs for each world unless told otherwise.
const RUNS: usize = 300;
/// Thresholds that are tried of each statistic.
const THRESHOLDS: usize = 24;

pub(super) fn runs() -> usize {
    std::env::var("HJEMMEL_AUDIT_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// A way to answer that is put to the test.
pub(super) trait Candidate {
    /// What it promises.
    fn plan(&self) -> &Plan;
    /// One answer, paid for from the purse; none where answering failed.
    fn answer(&self, world: &[Row], purse: &mut Purse) -> Option<Vec<i64>>;
}

/// What is really shipped.
pub(super) struct Shipped(pub Plan);

impl Candidate for Shipped {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn answer(&self, world: &[Row], purse: &mut Purse) -> Option<Vec<i64>> {
        let paid = pay(vec![self.0.clone()], purse).ok()?;
        let released = draw(sealed(&self.0, world), paid).ok()?;
        released.content().first().map(values)
    }
}

/// Everything that tells the worlds apart better than promised; empty for a sound candidate.
pub(super) fn audit(candidate: &dyn Candidate, with: &[Row], without: &[Row]) -> Vec<String> {
    let (runs, mut purse) = (runs(), Purse::of(u64::MAX));
    let mut seen = |world: &[Row]| -> Vec<Vec<i64>> {
        (0..runs).map(|_| statistics(candidate.answer(world, &mut purse))).collect()
    };
    let (present, absent) = (seen(with), seen(without));
    let mut found = told_apart(candidate.plan(), &present, &absent);
    // Every run touched data, so every run must have been paid for in full.
    let price = priced(candidate.plan()).unwrap().price.nano_rho;
    if purse.spent < price * 2 * u64::try_from(runs).unwrap() {
        found.push(format!("spent {} for {} answers of {price}", purse.spent, 2 * runs));
    }
    found
}

/// What an attacker looks at: whether there was an answer, how many cells it had, each of the first cells, the sum.
fn statistics(answer: Option<Vec<i64>>) -> Vec<i64> {
    let Some(cells) = answer else { return vec![0; 7] };
    let count = i64::try_from(cells.len()).unwrap();
    let sum = cells.iter().fold(0_i64, |sum, cell| sum.saturating_add(*cell));
    let first = (0..4).map(|at| cells.get(at).copied().unwrap_or_default());
    [1, count, sum].into_iter().chain(first).collect()
}

fn told_apart(plan: &Plan, present: &[Vec<i64>], absent: &[Vec<i64>]) -> Vec<String> {
    let price = price(plan).unwrap();
    let promises: Vec<(f64, f64)> = match plan.guarantee() {
        Guarantee::Pure => vec![(price.epsilon, 0.0)],
        Guarantee::Concentrated => [0.3, 0.1, 0.01, 0.0001]
            .map(|delta| (epsilon(price.nano_rho, delta).unwrap(), delta))
            .to_vec(),
    };
    let mut found = Vec::new();
    for at in 0..present[0].len() {
        let column = |runs: &[Vec<i64>]| -> Vec<i64> { runs.iter().map(|run| run[at]).collect() };
        let (present, absent) = (column(present), column(absent));
        let mut pooled = [present.clone(), absent.clone()].concat();
        pooled.sort_unstable();
        pooled.dedup();
        let step = pooled.len().div_ceil(THRESHOLDS).max(1);
        for threshold in pooled.iter().step_by(step) {
            let at_least = |runs: &[i64]| runs.iter().filter(|one| *one >= threshold).count();
            let (a, b, runs) = (at_least(&present), at_least(&absent), present.len());
            for (likely, unlikely) in [(a, b), (b, a), (runs - a, runs - b), (runs - b, runs - a)] {
                let (likely, unlikely) =
                    (clopper_pearson(likely, runs), clopper_pearson(unlikely, runs));
                for (epsilon, delta) in &promises {
                    if likely.0 > epsilon.exp() * unlikely.1 + delta {
                        found.push(format!(
                            "statistic {at} at {threshold}: {} > e^{epsilon}·{} + {delta}",
                            likely.0, unlikely.1
                        ));
                    }
                }
            }
        }
    }
    found
}

/// Somebody else in the first cell, and person 0 with records in two cells and all months of a year.
pub(super) fn worlds() -> (Vec<Row>, Vec<Row>) {
    let without = vec![(Some(1), 0, 250), (Some(2), 0, 20), (None, 1, 90)];
    let busy = (0..1000).map(|record| (Some(0), record % 2, i64::from(record % 12) * 30));
    ([without.clone(), busy.collect()].concat(), without)
}

fn sound(plan: Plan) {
    let (with, without) = worlds();
    let found = audit(&Shipped(plan), &with, &without);
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn numbers_of_persons_are_private() {
    sound(plan(Tree::flat(2), Measure::Persons, 1, HALF));
}

#[test]
fn numbers_of_persons_in_several_cells_are_private() {
    sound(plan(Tree::flat(2), Measure::Persons, 2, HALF));
}

#[test]
fn numbers_of_records_are_private() {
    sound(plan(Tree::flat(2), Measure::Records, 12, HALF));
}

#[test]
fn numbers_under_a_pure_promise_are_private() {
    sound(plan(Tree::flat(2), Measure::Records, 1, HALF).under(Guarantee::Pure));
}

#[test]
fn sums_are_private() {
    sound(plan(Tree::flat(2), Measure::Sum(clamp(0, 300)), 2, HALF));
}

#[test]
fn means_are_private() {
    sound(plan(Tree::flat(2), Measure::Mean(clamp(0, 300)), 2, HALF));
}

#[test]
fn medians_are_private() {
    let median = Measure::Quantile { clamp: clamp(0, 300), ten_thousandths: 5000, candidates: 11 };
    sound(plan(Tree::flat(2), median, 3, HALF));
    sound(plan(Tree::flat(2), median, 3, HALF).under(Guarantee::Pure));
}

#[test]
fn levels_that_agree_are_private() {
    sound(plan(country(1), Measure::Persons, 2, HALF));
    sound(plan(country(1), Measure::Records, 1, HALF).non_negative().unwrap());
}
