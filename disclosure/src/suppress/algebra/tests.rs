//! Galloping decides what deciding one by one does.

use super::*;
use proptest::prelude::*;

const ROWS: usize = 7;

/// Columns of zeros and ones, none of them empty.
fn columns(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Column>> {
    let column = prop::collection::btree_set(0..ROWS, 1..4);
    let column = column.prop_map(|rows| rows.into_iter().map(|r| (u32::try_from(r).unwrap(), 1)));
    prop::collection::vec(column.prop_map(Iterator::collect), count)
}

/// The same decisions, taken by asking after every candidate whether anything protected is in the span.
fn one_by_one(given: &[Column], protected: &[Column], candidates: &[Column]) -> Option<Vec<u32>> {
    let mut accepted = given.to_vec();
    if in_span(ROWS, accepted.clone(), protected).contains(&true) {
        return None;
    }
    let mut refused = Vec::new();
    for (position, candidate) in (0..).zip(candidates) {
        accepted.push(candidate.clone());
        if in_span(ROWS, accepted.clone(), protected).contains(&true) {
            accepted.pop();
            refused.push(position);
        }
    }
    Some(refused)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn galloping_decides_what_deciding_one_by_one_does(
        given in columns(0..3),
        protected in columns(1..5),
        candidates in columns(0..80),
    ) {
        let slow = one_by_one(&given, &protected, &candidates);
        for threads in 1..=3 {
            let (given, protected) = (given.clone(), protected.clone());
            let fast = refuse(ROWS, given, protected, candidates.clone(), threads).ok();
            prop_assert_eq!(fast.as_ref(), slow.as_ref());
        }
    }
}

#[test]
fn what_is_a_difference_of_given_columns_is_in_their_span() {
    let given = vec![vec![(0, 1), (1, 1), (2, 1)], vec![(2, 1)]];
    let asked = [vec![(0, 1), (1, 1)], vec![(0, 1)], vec![(2, 1), (3, 1)]];
    assert_eq!(in_span(4, given, &asked), [true, false, false]);
}
