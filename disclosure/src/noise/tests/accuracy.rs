//! Answers are as exact as they say.

use super::*;
use crate::noise::price::priced;

/// How many of the cells of an answer to nothing lie within their interval.
fn hits(noisy: &Noisy) -> (usize, usize) {
    let cells: Vec<_> = noisy.levels.iter().flat_map(|level| &level.cells).collect();
    let hit =
        |cell: &&&NoisyCell| cell.interval95.is_some_and(|[low, high]| low <= 0.0 && 0.0 <= high);
    (cells.iter().filter(hit).count(), cells.len())
}

#[test]
fn intervals_hold_the_truth_as_often_as_they_say() {
    for tree in [Tree::flat(12_000), country(1600)] {
        for guarantee in [Guarantee::Concentrated, Guarantee::Pure] {
            let plan = plan(tree.clone(), Measure::Records, 4, HALF).under(guarantee);
            let priced = priced(&plan).unwrap();
            let noisy = release::answer(&plan, &priced, bounded(&plan, &[])).unwrap();
            let (hit, cells) = hits(&noisy);
            // Ten standard deviations below 95 %, and six where levels agree, so that seven cells share their noise.
            assert!(hit as f64 > 0.93 * cells as f64, "{hit} of {cells}");
            let widest = noisy.levels.iter().flat_map(|level| {
                let within = level.simultaneous_half_width.unwrap();
                level.cells.iter().map(move |cell| match cell.value {
                    Some(Number::Whole(value)) => (value as f64).abs() - within,
                    _ => f64::INFINITY,
                })
            });
            let out = widest.filter(|over| *over > 0.0).count();
            // One answer in twenty has one; with seven levels and what they share, this is one in ten thousand million.
            assert!(out <= 20, "{out} cells lie outside the interval for all at once");
        }
    }
}

/// A region with many persons beside one with none: what the second is raised by is taken from the first.
#[test]
fn intervals_hold_the_truth_where_negative_values_were_raised() {
    let across = 1600;
    let plan = plan(country(across), Measure::Records, 1, HALF / 50).non_negative().unwrap();
    let regions = u32::try_from(across).unwrap();
    let rows: Vec<Row> = (0..regions).flat_map(|cell| vec![(None, cell, 0); 50]).collect();
    let noisy = release::answer(&plan, &priced(&plan).unwrap(), bounded(&plan, &rows)).unwrap();
    let done = [PostProcessing::Consistent, PostProcessing::NonNegative];
    assert_eq!(noisy.post_processing, done);
    for level in &noisy.levels {
        for (region, cells) in level.cells.chunks(across).enumerate() {
            // The first region of each level has everybody.
            let truth = if region == 0 { 50.0 } else { 0.0 };
            let holds = |cell: &&NoisyCell| {
                let [low, high] = cell.interval95.unwrap();
                (low..=high).contains(&truth)
            };
            let hit = cells.iter().filter(holds).count();
            // Six standard deviations of so many at 95 in 100 are 0.033.
            assert!(hit as f64 > 0.917 * across as f64, "{hit} of {across} in {region}");
        }
    }
}

#[test]
fn a_plan_for_an_accuracy_reaches_it_at_the_least_price() {
    for within in [5.0, 50.0, 1000.0] {
        let asked = plan(Tree::flat(10), Measure::Records, 1, 1);
        let found = for_accuracy(&asked, within).unwrap();
        let width = price(&found).unwrap().parts[0].levels[0].half_width95;
        assert!(width <= within, "{width} {within}");
        let cheaper = found.clone().costing(found.nano_rho() * 4 / 5).unwrap();
        let width = price(&cheaper).unwrap().parts[0].levels[0].half_width95;
        assert!(width > within, "{width} {within}");
    }
    let exact = for_accuracy(&plan(Tree::flat(10), Measure::Records, 1000, 1), 0.0);
    assert!(matches!(exact, Err(NoiseError::TooExact)));
    let mean = for_accuracy(&plan(Tree::flat(1), Measure::Mean(clamp(0, 9)), 1, 1), 5.0);
    assert!(matches!(mean, Err(NoiseError::Plan(PlanError::MeanAccuracy))));
}

fn rows(count: u32) -> Vec<Row> {
    (0..count).map(|person| (Some(person), 0, i64::from(person % 1000))).collect()
}

fn one(measure: Measure, tree: Tree, rows: &[Row]) -> Noisy {
    let plan = plan(tree, measure, 1, HALF);
    release::answer(&plan, &priced(&plan).unwrap(), bounded(&plan, rows)).unwrap()
}

#[test]
fn means_and_sums_are_near_the_truth() {
    let noisy = one(Measure::Mean(clamp(0, 999)), Tree::flat(401), &rows(20_000));
    assert_eq!(noisy.post_processing, [PostProcessing::Ratio]);
    let [full, empty @ ..] = &noisy.levels[0].cells[..] else { panic!("no cells") };
    let Some(Number::Real(mean)) = full.value else { panic!("no mean") };
    assert!((mean - 499.5).abs() < 6.0 * full.standard_deviation.unwrap(), "{mean}");
    assert!(full.standard_deviation.unwrap() < 0.1);
    // Noise alone makes one in forty look like somebody: 10 of 400. Of Poisson's numbers of that mean, one in a million
    // millions is above 40.
    let made_up = empty.iter().filter(|cell| cell.value.is_some()).count();
    assert!(made_up <= 40, "{made_up} of 400 empty cells have a mean");
    assert!(empty.iter().all(|cell| cell.value.is_some() == cell.interval95.is_some()));

    let noisy = one(Measure::Sum(clamp(100, 200)), Tree::flat(1), &rows(1000));
    let cell = noisy.levels[0].cells[0];
    let Some(Number::Whole(sum)) = cell.value else { panic!("no sum") };
    let truth: i64 = (0..1000).map(|value: i64| value.clamp(100, 200)).sum();
    assert!((sum - truth).abs() as f64 <= 6.0 * cell.standard_deviation.unwrap());
}

#[test]
fn quantiles_are_near_the_truth_on_every_level() {
    let measure =
        Measure::Quantile { clamp: clamp(0, 1000), ten_thousandths: 2500, candidates: 101 };
    let noisy = one(measure, country(1), &rows(20_000));
    assert_eq!(noisy.mechanism.name, "private-quantile");
    for level in [0, 1, 2] {
        let level = &noisy.levels[level];
        let Some(Number::Whole(quantile)) = level.cells[0].value else { panic!("no quantile") };
        // Twenty values share each number, and candidates are ten apart.
        let away = level.rank_half_widths.unwrap()[0] / 20.0 + 10.0;
        assert!((quantile as f64 - 250.0).abs() <= away, "{quantile} {away}");
    }
}

#[test]
fn answers_are_written_as_documented() {
    let noisy = one(Measure::Records, Tree::flat(1), &[]);
    let text = serde_json::to_value(&noisy).unwrap();
    assert_eq!(text["mechanism"]["name"], "discrete-gaussian");
    assert_eq!(text["lineage"]["year"], 2024);
    assert!(text["levels"][0]["cells"][0]["value"].is_i64());
    assert_eq!(text["levels"][0]["cells"][0]["interval95"].as_array().unwrap().len(), 2);
    assert!(text.get("clamp").is_none());
}
