//! One person counts as declared, whatever they have.

use super::*;
use crate::noise::contribution::Cells;
use proptest::prelude::*;

/// A thousand records of person 0 in two municipalities and twelve months: 24 cells.
fn busy() -> Vec<Row> {
    (0..1000).map(|record| (Some(0), record % 24, i64::from(record) * 100)).collect()
}

fn others() -> Vec<Row> {
    (1..40).map(|person| (Some(person), person % 24, 500)).collect()
}

fn numbers(held: Contributions) -> Vec<i64> {
    match held.cells {
        Cells::Numbers(numbers) => numbers,
        Cells::Means(counts, _) => counts,
        Cells::Values(values) => {
            values.iter().map(|values| i64::try_from(values.len()).unwrap()).collect()
        }
    }
}

fn difference(plan: &Plan, rows: &[Row], without: &[Row]) -> Vec<i64> {
    let (all, less) = (numbers(bounded(plan, rows)), numbers(bounded(plan, without)));
    all.iter().zip(less).map(|(all, less)| all - less).collect()
}

#[test]
fn a_thousand_records_count_as_the_bound_says() {
    let all = [others(), busy()].concat();
    for bound in [1, 2, 12, 100] {
        let records = plan(Tree::flat(24), Measure::Records, bound, HALF);
        let change = difference(&records, &all, &others());
        assert!(change.iter().all(|change| *change >= 0));
        assert_eq!(change.iter().sum::<i64>(), i64::from(bound));

        let persons = plan(Tree::flat(24), Measure::Persons, bound, HALF);
        let change = difference(&persons, &all, &others());
        assert!(change.iter().all(|change| (0..=1).contains(change)));
        assert_eq!(change.iter().sum::<i64>(), i64::from(bound.min(24)));

        let sum = plan(Tree::flat(24), Measure::Sum(clamp(0, 300)), bound, HALF);
        let change = difference(&sum, &all, &others()).iter().sum::<i64>();
        assert!((0..=300 * i64::from(bound)).contains(&change));

        for measure in [
            Measure::Mean(clamp(0, 300)),
            Measure::Quantile { clamp: clamp(0, 300), ten_thousandths: 5000, candidates: 7 },
        ] {
            let plan = plan(Tree::flat(24), measure, bound, HALF);
            let change = difference(&plan, &all, &others());
            assert_eq!(change.iter().sum::<i64>(), i64::from(bound));
        }
    }
}

#[test]
fn the_price_of_a_bound_is_the_square_of_it() {
    let of_cells = |cells: usize, bound: u32, measure: Measure| {
        let plan = plan(Tree::flat(cells), measure, bound, HALF);
        price(&plan).unwrap().parts[0].levels[0].scale
    };
    let priced = |bound, measure| of_cells(24, bound, measure);
    assert!((priced(1, Measure::Records) - 1.0).abs() < 0.005);
    assert!((priced(12, Measure::Records) - 12.0).abs() < 0.05);
    // At most one a cell, so twelve cells change by one each.
    let distinct = priced(12, Measure::Persons);
    assert!((12.0_f64.sqrt()..12.0_f64.sqrt() + 0.02).contains(&distinct), "{distinct}");
    // No more cells than there are.
    assert!((of_cells(1, 12, Measure::Persons) - 1.0).abs() < 0.005);
    assert!((of_cells(4, 12, Measure::Persons) - 2.0).abs() < 0.01);
    assert!((of_cells(1, 12, Measure::Records) - 12.0).abs() < 0.05);
    assert!((priced(2, Measure::Sum(clamp(-10, 5))) - 20.0).abs() < 0.1);
}

#[test]
fn who_cannot_be_linked_counts_record_by_record() {
    let plan = plan(Tree::flat(2), Measure::Persons, 1, HALF);
    let rows = [(None, 0, 0), (None, 0, 0), (Some(7), 1, 0), (Some(7), 1, 0)];
    assert_eq!(numbers(bounded(&plan, &rows)), [2, 1]);
}

#[test]
fn which_records_count_is_not_always_the_same_cell() {
    let plan = plan(Tree::flat(2), Measure::Records, 1, HALF);
    let rows: Vec<Row> = (0..200).flat_map(|one| [(Some(one), 0, 0), (Some(one), 1, 0)]).collect();
    let counts = numbers(bounded(&plan, &rows));
    assert_eq!(counts.iter().sum::<i64>(), 200);
    assert!(counts.iter().all(|count| (60..140).contains(count)), "{counts:?}");
}

#[test]
fn without_a_salt_or_a_cell_nothing_is_counted() {
    let plan = plan(Tree::flat(2), Measure::Records, 1, HALF);
    let twice = [(Some(3), 0, 0), (Some(3), 1, 0)];
    let no_salt = gathered(&plan, &twice).bound(&plan, &HashMap::new());
    assert!(matches!(no_salt, Err(NoiseError::Mismatch(_))));
    let outside = gathered(&plan, &[(None, 2, 0)]).bound(&plan, &HashMap::new());
    assert!(matches!(outside, Err(NoiseError::Mismatch(_))));
    assert_eq!(gathered(&plan, &twice).over(&plan), [3]);
}

fn worlds() -> impl Strategy<Value = Vec<Row>> {
    let row = (prop::option::weighted(0.9, 0..6_u32), 0..5_u32, 0..400_i64);
    prop::collection::vec(row, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Leaving out one person changes numbers by no more than that person may contribute, in any order of records.
    #[test]
    fn leaving_one_out_changes_what_it_may((rows, bound) in (worlds(), 1..4_u32), shuffled in any::<u64>()) {
        let tree = || Tree::flat(5);
        let mut other: Vec<Row> = rows.iter().filter(|row| row.0 != Some(0)).copied().collect();
        let turn = usize::try_from(shuffled % 7).unwrap().min(other.len());
        other.rotate_left(turn);
        let reach = i64::from(bound);
        for measure in [Measure::Persons, Measure::Records] {
            let plan = plan(tree(), measure, bound, HALF);
            let change = difference(&plan, &rows, &other);
            prop_assert!(change.iter().all(|change| *change >= 0));
            prop_assert!(change.iter().sum::<i64>() <= reach);
        }
        let sum = plan(tree(), Measure::Sum(clamp(-100, 300)), bound, HALF);
        let change = difference(&sum, &rows, &other);
        prop_assert!(change.iter().map(|change| change.abs()).sum::<i64>() <= 300 * reach);
    }

    /// Gathered from a scan or held one person after the other: the same records of everybody count.
    #[test]
    fn one_after_the_other_or_gathered_is_the_same((rows, bound) in (worlds(), 1..4_u32)) {
        for measure in [
            Measure::Persons,
            Measure::Records,
            Measure::Sum(clamp(-100, 300)),
            Measure::Mean(clamp(10, 300)),
            Measure::Quantile { clamp: clamp(0, 300), ten_thousandths: 5000, candidates: 7 },
        ] {
            let plan = plan(Tree::flat(5), measure, bound, HALF);
            let apart = exact(by_person(&plan, &rows).unwrap());
            prop_assert_eq!(apart, exact(bounded(&plan, &rows)));
        }
    }
}

#[test]
fn many_alike_or_one_after_the_other_is_the_same() {
    let salts: HashMap<u32, [u8; 32]> = (0..5).map(|person| (person, [7; 32])).collect();
    for (measure, bound) in [(Measure::Persons, 1), (Measure::Records, 1), (Measure::Records, 3)] {
        let plan = plan(Tree::flat(2), measure, bound, HALF);
        let (mut each, mut all) = (Bounding::of(&plan, &salts), Bounding::of(&plan, &salts));
        for person in 0..5 {
            each.add(person, [(1, 0); 4].into_iter()).unwrap();
        }
        all.add_same(1, 4, 5).unwrap();
        let [each, all] = [each, all].map(|held| exact(held.beside(Vec::new()).unwrap()));
        assert_eq!(each, all);
    }
    let counted = plan(Tree::flat(2), Measure::Records, 1, HALF);
    assert!(Bounding::of(&counted, &salts).add_same(2, 1, 1).is_err());
    let sums = plan(Tree::flat(2), Measure::Sum(clamp(0, 1)), 1, HALF);
    assert!(Bounding::of(&sums, &salts).add_same(0, 1, 1).is_err());
}

#[test]
fn nobody_comes_twice() {
    let plan = plan(Tree::flat(2), Measure::Records, 1, HALF);
    let salts = HashMap::new();
    for after in [6, 7, u32::MAX] {
        let mut bounding = Bounding::of(&plan, &salts);
        bounding.add(7, [(0, 0)].into_iter()).unwrap();
        assert!(matches!(bounding.add(after, [(1, 0)].into_iter()), Err(NoiseError::Mismatch(_))));
    }
    let mut bounding = Bounding::of(&plan, &salts);
    let unsalted = bounding.add(7, [(0, 0), (1, 0)].into_iter());
    assert!(matches!(unsalted, Err(NoiseError::Mismatch(_))));
}

/// Whoever has one record in the edition is added up apart, and counts as if gathered with the rest.
#[test]
fn added_up_alone_or_gathered_with_others_is_the_same() {
    let rows: Vec<Row> = (0..99).map(|one| (Some(one), one % 6, i64::from(one) * 7)).collect();
    for measure in [
        Measure::Persons,
        Measure::Records,
        Measure::Sum(clamp(10, 300)),
        Measure::Mean(clamp(10, 300)),
        Measure::Quantile { clamp: clamp(0, 300), ten_thousandths: 5000, candidates: 7 },
    ] {
        let plan = plan(Tree::flat(6), measure, 1, HALF);
        let (apart, together) = rows.split_at(60);
        let mut alone = [Alone::of(&plan), Alone::of(&plan)];
        for (alone, rows) in alone.iter_mut().zip(apart.chunks(30)) {
            // What lies in no cell is looked at and left out.
            let cells: Vec<u32> =
                rows.iter().map(|row| row.1).chain([6, 1 << 31, u32::MAX]).collect();
            let values: Vec<i64> = rows.iter().map(|row| row.2).chain([i64::MIN, 5, 5]).collect();
            alone.add(&cells, &values).unwrap();
        }
        let salts = HashMap::new();
        let mut others = Bounding::of(&plan, &salts);
        for &(person, cell, value) in together {
            others.add(person.unwrap(), [(cell, value)].into_iter()).unwrap();
        }
        let joined = others.beside(alone.into()).unwrap();
        assert_eq!(exact(joined), exact(bounded(&plan, &rows)));
    }
    let counted = plan(Tree::flat(6), Measure::Records, 1, HALF);
    let mut alone = Alone::of(&counted);
    alone.add_same(2, 40);
    let other = plan(Tree::flat(6), Measure::Records, 2, HALF);
    let wrong = Bounding::of(&other, &HashMap::new()).beside(vec![alone]);
    assert!(matches!(wrong, Err(NoiseError::Mismatch(_))));
    let sums = plan(Tree::flat(6), Measure::Sum(clamp(0, 1)), 1, HALF);
    assert!(Alone::of(&sums).add(&[0, 1], &[7]).is_err());
}

/// All numbers of contributions, to compare.
fn exact(held: Contributions) -> Vec<Vec<i64>> {
    match held.cells {
        Cells::Numbers(numbers) => vec![numbers],
        Cells::Means(counts, sums) => vec![counts, sums],
        Cells::Values(mut values) => {
            for values in &mut values {
                values.sort_unstable();
            }
            values
        }
    }
}
