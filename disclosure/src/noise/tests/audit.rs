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

pub(super) fn runs() -> usize {
    std::env::var("HJEMMEL_AUDIT_RUNS").map_or(RUNS, |runs| runs.parse().unwrap())
}

/// What an attacker looks at in one run.
type Seen = [i64; 7];

/// A way to answer that is put to the test.
pub(super) trait Candidate: Sync {
    /// What it promises.
    fn plan(&self) -> &Plan;

    /// What the records of a world come to. It is the same every time, so it is made once.
    fn held(&self, world: &[Row]) -> Contributions {
        bounded(self.plan(), world)
    }

    /// One answer, paid for from the purse; none where answering failed.
    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>>;
}

/// What is really shipped.
pub(super) struct Shipped(pub Plan);

impl Candidate for Shipped {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn answer(&self, held: Contributions, purse: &mut Purse) -> Option<Vec<i64>> {
        let paid = pay(vec![self.0.clone()], purse).ok()?;
        let sealed = Sealed::new(grant(self.0.lineage().year), vec![held]);
        draw(sealed, paid).ok()?.content().first().map(values)
    }
}

/// Everything that tells the worlds apart better than promised; empty for a sound candidate. The worlds are tried side
/// by side.
pub(super) fn audit(candidate: &dyn Candidate, with: &[Row], without: &[Row]) -> Vec<String> {
    let runs = runs();
    let seen = |world: &[Row]| -> (Vec<Seen>, u64) {
        let (held, mut purse) = (candidate.held(world), Purse::of(u64::MAX));
        let mut run = |_| statistics(candidate.answer(copied(&held), &mut purse));
        ((0..runs).map(&mut run).collect(), purse.spent)
    };
    let ((present, one), (absent, other)) = std::thread::scope(|scope| {
        let present = scope.spawn(|| seen(with));
        let absent = seen(without);
        (present.join().unwrap(), absent)
    });
    let mut found = told_apart(candidate.plan(), &present, &absent);
    // Every run touched data, so every run must have been paid for in full.
    let price = priced(candidate.plan()).unwrap().price.nano_rho;
    if one + other < price * 2 * u64::try_from(runs).unwrap() {
        found.push(format!("spent {} for {} answers of {price}", one + other, 2 * runs));
    }
    found
}

/// Whether there was an answer, how many cells it had, the sum, each of the first cells.
fn statistics(answer: Option<Vec<i64>>) -> Seen {
    let Some(cells) = answer else { return [0; 7] };
    let count = i64::try_from(cells.len()).unwrap();
    let sum = cells.iter().fold(0_i64, |sum, cell| sum.saturating_add(*cell));
    let cell = |at: usize| cells.get(at).copied().unwrap_or_default();
    [1, count, sum, cell(0), cell(1), cell(2), cell(3)]
}

fn told_apart(plan: &Plan, present: &[Seen], absent: &[Seen]) -> Vec<String> {
    let price = price(plan).unwrap();
    let promises: Vec<(f64, f64)> = match plan.guarantee() {
        Guarantee::Pure => vec![(price.epsilon, 0.0)],
        Guarantee::Concentrated => [0.3, 0.1, 0.01, 0.0001]
            .map(|delta| (epsilon(price.nano_rho, delta).unwrap(), delta))
            .to_vec(),
    };
    let mut found = Vec::new();
    for at in 0..present[0].len() {
        let sorted = |runs: &[Seen]| -> Vec<i64> {
            let mut column: Vec<i64> = runs.iter().map(|run| run[at]).collect();
            column.sort_unstable();
            column
        };
        let (present, absent) = (sorted(present), sorted(absent));
        let mut thresholds = [present.clone(), absent.clone()].concat();
        thresholds.sort_unstable();
        thresholds.dedup();
        for threshold in thresholds {
            let runs = present.len();
            let below = |sorted: &[i64]| sorted.partition_point(|one| *one < threshold);
            let (a, b) = (below(&present), below(&absent));
            for (likely, unlikely) in [(a, b), (b, a), (runs - a, runs - b), (runs - b, runs - a)] {
                let told = |promise: &&(f64, f64)| exceeds(likely, unlikely, runs, **promise);
                if let Some((epsilon, delta)) = promises.iter().find(told) {
                    found.push(format!(
                        "statistic {at} at {threshold}: {likely} against {unlikely} of {runs}, \
                         beyond e^{epsilon} and {delta}"
                    ));
                }
            }
        }
    }
    found
}

/// Whether an event was seen so often in one world and so seldom in the other that chance does not explain it.
fn exceeds(likely: usize, unlikely: usize, runs: usize, (epsilon, delta): (f64, f64)) -> bool {
    let most = |unlikely: f64| epsilon.exp() * unlikely + delta;
    let share = |seen: usize| seen as f64 / runs as f64;
    // The bounds lie around the shares, and finding them takes long.
    share(likely) > most(share(unlikely))
        && clopper_pearson(likely, runs).0 > most(clopper_pearson(unlikely, runs).1)
}

/// Somebody else in the first cell, and person 0 with records in two cells and all months of a year.
pub(super) fn worlds() -> (Vec<Row>, Vec<Row>) {
    let without = vec![(Some(1), 0, 250), (Some(2), 0, 20), (None, 1, 90)];
    let busy = (0..1000).map(|record| (Some(0), record % 2, i64::from(record % 12) * 30));
    ([without.clone(), busy.collect()].concat(), without)
}

fn sound(plan: Plan) {
    let (with, without) = worlds();
    sound_between(plan, &with, &without);
}

fn sound_between(plan: Plan, with: &[Row], without: &[Row]) {
    let shipped = Shipped(plan);
    let tried = || audit(&shipped, with, without);
    let mut found = tried();
    if !found.is_empty() {
        // So many events are looked at that chance alone finds one in a thousand audits or so; never twice.
        found = tried();
    }
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

/// Whatever may count of one person: in a single cell they count once.
#[test]
fn numbers_of_persons_in_one_cell_are_private() {
    let without = vec![(Some(1), 0, 0), (Some(2), 0, 0), (None, 0, 0)];
    let with = [without.clone(), vec![(Some(0), 0, 0); 1000]].concat();
    let chain = Tree::crossed(1, &[vec![0]], 1).unwrap();
    for (tree, guarantee) in [
        (Tree::flat(1), Guarantee::Concentrated),
        (Tree::flat(1), Guarantee::Pure),
        (chain, Guarantee::Concentrated),
    ] {
        sound_between(plan(tree, Measure::Persons, 2, HALF).under(guarantee), &with, &without);
    }
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

/// Where nearly all values are alike, one person decides which share lies below.
#[test]
fn quantiles_of_many_alike_are_private() {
    let measure = Measure::Quantile { clamp: clamp(0, 10), ten_thousandths: 9000, candidates: 11 };
    let alike: Vec<Row> = (1..10).map(|person| (Some(person), 0, 0)).collect();
    let with = [alike.clone(), vec![(Some(0), 0, 10); 3]].concat();
    for guarantee in [Guarantee::Concentrated, Guarantee::Pure] {
        let plan = plan(Tree::flat(2), measure, 3, HALF).under(guarantee);
        sound_between(plan, &with, &alike);
    }
}

#[test]
fn levels_that_agree_are_private() {
    sound(plan(country(1), Measure::Persons, 2, HALF));
    sound(plan(country(1), Measure::Records, 1, HALF).non_negative().unwrap());
}
