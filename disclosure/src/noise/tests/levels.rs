//! Levels that agree.

use super::*;
use crate::noise::tree::{self, Levels};
use proptest::prelude::*;

/// A tree of three levels and noisy numbers for every cell.
fn trees() -> impl Strategy<Value = (Tree, Levels<i64>, Vec<f64>)> {
    let shape = (1..3_usize, 1..4_usize, 1..5_usize, 1..4_usize);
    shape.prop_flat_map(|(coarsest, counties, municipalities, across)| {
        let wide = |above: usize, each: usize| -> Vec<u32> {
            (0..above).flat_map(|parent| vec![u32::try_from(parent).unwrap(); each]).collect()
        };
        let first = wide(coarsest, counties);
        let second = wide(first.len(), municipalities);
        let tree = Tree::crossed(coarsest, &[first, second], across).unwrap();
        let noisy: Vec<_> =
            tree.sizes().iter().map(|&size| prop::collection::vec(-50..5000_i64, size)).collect();
        (Just(tree), noisy, prop::collection::vec(0.1..100.0_f64, 3))
    })
}

fn adds_up(tree: &Tree, levels: &Levels<i64>) -> bool {
    (1..levels.len()).all(|level| {
        let mut sums = vec![0; levels[level - 1].len()];
        for (value, parent) in levels[level].iter().zip(tree.parents(level).unwrap()) {
            sums[*parent as usize] += value;
        }
        sums == levels[level - 1]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn children_add_to_parents_exactly((tree, drawn, noise) in trees()) {
        let estimates = tree::consistent(&tree, &drawn, &noise);
        let whole = tree::whole(&tree, &estimates, false);
        prop_assert!(adds_up(&tree, &whole));
        for (values, estimates) in whole.iter().flatten().zip(estimates.values.iter().flatten()) {
            prop_assert!((*values as f64 - estimates).abs() < 2.0, "rounding moved a value far");
        }
    }

    #[test]
    fn raised_children_add_to_parents_and_are_not_negative((tree, drawn, noise) in trees()) {
        let estimates = tree::consistent(&tree, &drawn, &noise);
        let whole = tree::whole(&tree, &estimates, true);
        prop_assert!(adds_up(&tree, &whole));
        prop_assert!(whole.iter().flatten().all(|value| *value >= 0));
    }

    /// What is left of the differences, weighted, must not point anywhere: the estimate is the least squares one.
    #[test]
    fn the_estimate_is_the_least_squares_one((tree, drawn, noise) in trees()) {
        let estimates = tree::consistent(&tree, &drawn, &noise).values;
        for leaf in 0..tree.leaves() {
            let (mut cell, mut pull) = (leaf, 0.0);
            for level in (0..noise.len()).rev() {
                pull += (drawn[level][cell] as f64 - estimates[level][cell]) / noise[level];
                cell = tree.parents(level).map_or(0, |parents| parents[cell] as usize);
            }
            prop_assert!(pull.abs() < 1e-6 * 5000.0, "{pull}");
        }
    }
}

#[test]
fn one_level_is_left_as_it_is() {
    let tree = Tree::flat(4);
    let estimates = tree::consistent(&tree, &[vec![3, -2, 0, 7]], &[4.0]);
    assert_eq!(tree::whole(&tree, &estimates, false), [[3, -2, 0, 7]]);
    assert_eq!(tree::whole(&tree, &estimates, true), [[3, 0, 0, 7]]);
    assert_eq!(estimates.variances, [[4.0; 4]]);
}

#[test]
fn the_spread_of_agreeing_levels_is_the_one_told() {
    let across = 1600;
    let plan = plan(country(across), Measure::Records, 1, HALF);
    let priced = price::priced(&plan).unwrap();
    let noisy = release::answer(&plan, &priced, bounded(&plan, &[])).unwrap();
    assert_eq!(noisy.post_processing, [PostProcessing::Consistent]);
    for (level, told) in noisy.levels.iter().zip(&priced.price.parts[0].levels) {
        let squares = level.cells.iter().map(|cell| {
            let Some(Number::Whole(value)) = cell.value else { panic!("no number") };
            (value * value) as f64
        });
        let spread = squares.sum::<f64>() / level.cells.len() as f64;
        // Rounding adds a little. A quarter is seven standard deviations of what is estimated from so many cells.
        let expected = told.standard_deviation.unwrap().powi(2) + 0.1;
        let ratio = spread / expected;
        assert!((0.75..1.25).contains(&ratio), "{spread} for {expected}");
    }
    let values: Vec<i64> = values(&noisy);
    let (top, rest) = values.split_at(across);
    let sums = (0..across).map(|cell| rest[cell] + rest[across + cell]);
    assert_eq!(sums.collect::<Vec<_>>(), top);
}

#[test]
fn agreement_makes_every_level_more_exact() {
    let plan = plan(country(1), Measure::Records, 1, HALF);
    let price = price(&plan).unwrap();
    for level in &price.parts[0].levels {
        assert!(level.standard_deviation.unwrap() < level.scale);
    }
    let sum_of_leaves = 2.0 * price.parts[0].levels[2].scale;
    assert!(price.parts[0].levels[0].standard_deviation.unwrap() < sum_of_leaves);
}

#[test]
fn a_region_outside_the_level_above_is_refused() {
    let outside = Tree::crossed(1, &[vec![0, 1]], 1);
    assert_eq!(outside, Err(PlanError::Tree { level: 1 }));
    let empty = Tree::crossed(2, &[vec![0, 0]], 1);
    assert_eq!(empty, Err(PlanError::Tree { level: 1 }));
    let large = Tree::crossed(1, &[vec![0; 400]], 1000);
    assert_eq!(large, Err(PlanError::TooManyCells { cells: 401_000, most: MAX_CELLS }));
}
