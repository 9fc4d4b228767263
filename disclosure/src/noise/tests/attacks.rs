//! Attacks that beat bounded noise, on answers to several questions: the error never falls below what was paid for.

use super::*;
use crate::noise::price::priced;

/// Answers that are put together, many times over.
const RUNS: usize = 1600;

/// Twenty persons in each of four cells, then one more in the first whom the attacker is after.
fn town() -> Vec<Row> {
    (0..81).map(|person| (Some(person), person % 4, 0)).collect()
}

/// One answer to a question about the cells an attacker chooses.
fn asked(plan: &Plan, purse: &mut Purse, cells: &[u32]) -> Vec<i64> {
    let rows: Vec<Row> = town().into_iter().filter(|row| cells.contains(&row.1)).collect();
    let paid = pay(vec![plan.clone()], purse).unwrap();
    values(&draw(sealed(plan, &rows), paid).unwrap().content()[0])
}

/// The root mean square error of an estimate, against the standard deviation it cannot beat.
fn held(estimate: impl Fn(&mut Purse) -> f64, truth: f64, declared: f64) {
    let mut purse = Purse::of(u64::MAX);
    let squares = (0..RUNS).map(|_| (estimate(&mut purse) - truth).powi(2));
    let error = (squares.sum::<f64>() / RUNS as f64).sqrt();
    // Eight standard deviations of a spread that is estimated from so many runs.
    assert!(error > declared * 0.86, "{error} is below the declared {declared}");
    assert!(error < declared * 1.14, "{error} is above the declared {declared}");
}

fn number(values: &[i64]) -> f64 {
    values.iter().sum::<i64>() as f64
}

fn deviation(plan: &Plan) -> f64 {
    price(plan).unwrap().parts[0].levels[0].standard_deviation.unwrap()
}

#[test]
fn differences_and_trackers_carry_the_noise_of_every_answer() {
    let plan = plan(Tree::flat(4), Measure::Persons, 1, HALF / 50);
    let one = deviation(&plan);
    let all = [0, 1, 2, 3];
    // A pair that differs in one cell.
    let pair = |purse: &mut Purse| {
        number(&asked(&plan, purse, &all)[..1]) - number(&asked(&plan, purse, &all[1..])[..1])
    };
    held(pair, 21.0, one * 2.0_f64.sqrt());
    // Schlörer's tracker: q(C) = q(C ∪ T) + q(C ∪ ¬T) - n, each summed over four cells.
    let tracker = |purse: &mut Purse| {
        let mut of = |cells: &[u32]| number(&asked(&plan, purse, cells));
        of(&[0, 1]) + of(&[0, 2, 3]) - of(&all)
    };
    held(tracker, 21.0, one * 12.0_f64.sqrt());
}

#[test]
fn splitting_a_number_into_parts_makes_it_less_exact() {
    let parts = plan(Tree::flat(4), Measure::Persons, 1, HALF / 50);
    let whole = plan(Tree::flat(1), Measure::Persons, 1, HALF / 50);
    held(|purse| number(&asked(&parts, purse, &[0, 1, 2, 3])), 81.0, 2.0 * deviation(&whole));
}

#[test]
fn asking_again_buys_what_one_dearer_answer_buys() {
    let again = plan(Tree::flat(4), Measure::Persons, 1, HALF / 50);
    let dear = again.clone().costing(10 * again.nano_rho()).unwrap();
    let mean = |purse: &mut Purse| {
        (0..10).map(|_| number(&asked(&again, purse, &[0])[..1])).sum::<f64>() / 10.0
    };
    held(mean, 21.0, deviation(&dear));
    let mut purse = Purse::of(u64::MAX);
    mean(&mut purse);
    let price = priced(&again).unwrap().price.nano_rho;
    assert_eq!(purse.spent, 10 * price, "each is paid for");
}
