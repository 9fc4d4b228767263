//! Two registers compared.

use super::set::hashed;
use super::*;
use chrono_free::numbers;
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::BTreeSet;

mod dictionary;
mod elements;

/// Synthetic numbers without a calendar of our own.
mod chrono_free {
    use hjemmel_kostra::identity::{NumberKind, classify};
    use std::sync::LazyLock;

    /// Numbers of persons that are nobody: month + 80 and right check digits.
    pub static ALL: LazyLock<Vec<String>> = LazyLock::new(|| {
        let digits = |individual: u32, rest: u32| format!("018170{individual:03}{rest:02}");
        let all = (0..500).flat_map(|one| (0..100).map(move |rest| digits(one, rest)));
        all.filter(|number| classify(number) == NumberKind::Synthetic).collect()
    });

    pub fn numbers(range: std::ops::Range<usize>) -> Vec<&'static str> {
        ALL[range].iter().map(String::as_str).collect()
    }
}

fn node(number: &str) -> NodeId {
    NodeId::parse(number).unwrap()
}

fn strata() -> BTreeSet<String> {
    BTreeSet::from(["0301".to_owned(), "3107".to_owned()])
}

fn comparison(stratum: &str) -> Comparison {
    Comparison {
        nonce: Bytes([7; 16]),
        pair: [node("100000001"), node("200000002")],
        datasets: ["skjema-11b".to_owned(), "nir".to_owned()],
        year: 2024,
        partition: partition(&strata()),
        stratum: stratum.to_owned(),
        element: Element::Person,
    }
}

fn sides(here: &Persons, there: &Persons, seed: u64) -> (Set, Set, ChaCha20Rng) {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let comparison = comparison("3107");
    let [first, second] = comparison.pair;
    let here = Set::new(comparison.clone(), first, here, &mut rng).unwrap();
    let there = Set::new(comparison, second, there, &mut rng).unwrap();
    (here, there, rng)
}

fn compared(here: &Persons, there: &Persons, seed: u64) -> (u64, u64, u64) {
    let (here, there, mut rng) = sides(here, there, seed);
    let back = there.answer(here.points(), here.commitment(), &mut rng).unwrap();
    let made = here.answer(there.points(), there.commitment(), &mut rng).unwrap();
    let ours = here.compare(&back, &made).unwrap().into_unprotected();
    let theirs = there.compare(&made, &back).unwrap().into_unprotected();
    assert_eq!(ours, (theirs.0, theirs.2, theirs.1), "both sides count the same");
    ours
}

#[test]
fn numbers_for_the_tests_are_enough_and_none_is_a_living_persons() {
    assert!(chrono_free::ALL.len() > 300, "{}", chrono_free::ALL.len());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn what_is_counted_is_the_overlap(a in 0_usize..60, b in 0_usize..60, both in 0_usize..60, seed: u64) {
        let here = Persons::of(numbers(0..a + both));
        let there = Persons::of(numbers(a..a + both + b));
        let expected = (u64::try_from(both).unwrap(), u64::try_from(a).unwrap(), u64::try_from(b).unwrap());
        prop_assert_eq!(compared(&here, &there, seed), expected);
    }
}

#[test]
fn stand_ins_are_counted_apart_and_never_linked() {
    let numbers = ["01017000100", "01017000100", "02027000200", "", "12345678901"];
    let (here, there, _) = sides(&Persons::of(numbers), &Persons::of(numbers), 1);
    for side in [&here, &there] {
        let said = side.commitment();
        assert_eq!((said.persons, said.stand_ins, said.unlinkable), (0, 3, 2));
    }
    assert_eq!(compared(&Persons::of(numbers), &Persons::of(numbers), 1), (0, 0, 0));
}

#[test]
fn a_person_with_two_records_is_one_person() {
    let one = numbers(0..1)[0];
    assert_eq!(compared(&Persons::of([one, one]), &Persons::of([one]), 2), (1, 0, 0));
}

#[test]
fn no_digest_of_a_number_leaves() {
    let persons = Persons::of(numbers(0..40));
    let (here, _, _) = sides(&persons, &persons, 3);
    let told = format!(
        "{}{}",
        serde_json::to_string(here.points()).unwrap(),
        serde_json::to_string(here.commitment()).unwrap()
    );
    let sent: BTreeSet<[u8; 32]> = here.points().0.iter().copied().collect();
    for number in numbers(0..40) {
        assert!(!told.contains(number));
        // Whoever hashes every number there is to a point, as this crate does, finds none of those that were sent.
        let uniform = hashed(&comparison("3107").digest().0, number.as_bytes()).finalize();
        let point = curve25519_dalek::RistrettoPoint::map_to_curve(uniform.into());
        assert!(!sent.contains(&point.compress().to_bytes()));
        let plain: [u8; 32] = Sha256::digest(number.as_bytes()).into();
        assert!(!sent.contains(&plain));
    }
}

#[test]
fn two_comparisons_of_the_same_persons_share_no_point() {
    let persons = Persons::of(numbers(0..20));
    let (first, _, _) = sides(&persons, &persons, 4);
    let (second, _, _) = sides(&persons, &persons, 5);
    assert!(first.points().0.iter().all(|point| !second.points().0.contains(point)));
}

#[test]
fn points_that_were_not_committed_to_are_refused() {
    let (here, there, mut rng) = sides(&Persons::of(numbers(0..5)), &Persons::of(numbers(0..6)), 6);
    let mut other = there.points().clone();
    other.0.swap(0, 1);
    let refused = here.answer(&other, there.commitment(), &mut rng);
    assert_eq!(refused, Err(Broken::NotCommitted));
    // A commitment to what is no set of points does not help either.
    for wrong in [vec![[0; 32]], vec![[0xff; 32]], vec![there.points().0[0]; 2]] {
        let points = Points(wrong);
        let committed = Commitment {
            persons: u64::try_from(points.len()).unwrap(),
            points: points.digest(&comparison("3107"), there.commitment().node),
            ..there.commitment().clone()
        };
        assert_eq!(here.answer(&points, &committed, &mut rng), Err(Broken::NotPoints));
    }
}

#[test]
fn what_comes_back_must_be_as_many_points_and_all_different() {
    let (here, there, mut rng) = sides(&Persons::of(numbers(0..5)), &Persons::of(numbers(0..6)), 7);
    let made = here.answer(there.points(), there.commitment(), &mut rng).unwrap();
    let mut back = there.answer(here.points(), here.commitment(), &mut rng).unwrap();
    back.0.pop();
    assert_eq!(here.compare(&back, &made).err(), Some(Broken::Count));
    back.0.push(back.0[0]);
    assert_eq!(here.compare(&back, &made).err(), Some(Broken::NotPoints));
}

#[test]
fn a_second_comparison_of_a_stratum_is_refused_whatever_the_sets() {
    let first = comparison("3107");
    let remembered = [Run::of(&first)];
    assert_eq!(pairs::judge(&[], &first, &strata()), Ok(()));
    let again = Comparison { nonce: Bytes([8; 16]), ..first.clone() };
    assert_eq!(pairs::judge(&remembered, &again, &strata()), Err(PairFault::Again));
    assert_eq!(pairs::judge(&remembered, &comparison("0301"), &strata()), Ok(()));
    let finer = BTreeSet::from(["3107".to_owned()]);
    let other = Comparison { partition: partition(&finer), ..first.clone() };
    assert_eq!(pairs::judge(&remembered, &other, &finer), Err(PairFault::OtherStrata));
    assert_eq!(pairs::judge(&[], &other, &strata()), Err(PairFault::Stratum));
    let alone = Comparison { pair: [first.pair[0]; 2], ..first };
    assert_eq!(pairs::judge(&[], &alone, &strata()), Err(PairFault::Pair));
}
