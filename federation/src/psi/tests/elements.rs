//! Persons compared together with what is said of them.

use super::*;
use hjemmel_kostra::agreement::{Spell, Variable};
use hjemmel_kostra::sheet;

fn spell(start: &str, end: &str, kroner: i64) -> Spell {
    Spell { start: sheet::day(start), end: sheet::day(end), kroner }
}

/// How many are in both sets of an element.
fn both(here: &Persons, there: &Persons, element: Element) -> u64 {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    let comparison = Comparison { element, ..comparison("3107") };
    let [first, second] = comparison.pair;
    let here = Set::new(comparison.clone(), first, here, &mut rng).unwrap();
    let there = Set::new(comparison, second, there, &mut rng).unwrap();
    assert_eq!(here.commitment().persons, 6, "one point for each person");
    let back = there.answer(here.points(), here.commitment(), &mut rng).unwrap();
    let made = here.answer(there.points(), there.commitment(), &mut rng).unwrap();
    here.compare(&back, &made).unwrap().into_unprotected().0
}

#[test]
fn what_is_alike_of_the_persons_in_both_is_counted_and_no_date_is_a_saying() {
    let all = numbers(0..8);
    let say = |spells: [Spell; 6], numbers: &[&'static str], variables: &[Variable]| {
        let records: Vec<_> = numbers.iter().copied().zip(spells).collect();
        Persons::with(records, variables.iter().copied().collect())
    };
    let one = spell("2016-02-01", "", 15_000);
    let here = [one, one, one, one, spell("", "", 15_000), one];
    let there = [
        one,
        spell("2016-03-01", "", 15_000),
        spell("2016-02-01", "2017-02-01", 14_000),
        Spell { kroner: 14_000, ..one },
        spell("", "", 15_000),
        one,
    ];
    // The last of each is in that register alone.
    let mut of_there = all[..5].to_vec();
    of_there.push(all[7]);
    let (here, there) =
        (say(here, &all[..6], &Variable::ALL), say(there, &of_there, &Variable::ALL));
    let found: Vec<u64> =
        Element::of(&Variable::ALL.into()).into_iter().map(|e| both(&here, &there, e)).collect();
    assert_eq!(found, [5, 3, 3, 2], "persons, dates, benefit, dates and benefit");
}

#[test]
fn records_of_one_person_say_one_thing_together() {
    let all = numbers(0..6);
    let others = || all[1..].iter().map(|number| (*number, spell("2016-01-01", "", 1)));
    let halves = [spell("2016-02-01", "2016-08-01", 7_000), spell("2016-08-02", "", 8_000)];
    let here = halves.into_iter().map(|half| (all[0], half)).chain(others());
    let there = [(all[0], spell("2016-02-01", "", 15_000))].into_iter().chain(others());
    let here = Persons::with(here, Variable::ALL.into());
    let there = Persons::with(there, Variable::ALL.into());
    assert_eq!(both(&here, &there, Element::DatesAndBenefit), 6);
}

#[test]
fn what_may_not_be_compared_is_not_there_to_be_compared() {
    let dates = Persons::with(
        [(numbers(0..1)[0], spell("2016-02-01", "", 15_000))],
        [Variable::Dates].into(),
    );
    let mut rng = ChaCha20Rng::seed_from_u64(12);
    let mut set = |persons: &Persons, element| {
        let comparison = Comparison { element, ..comparison("3107") };
        Set::new(comparison.clone(), comparison.pair[0], persons, &mut rng).err()
    };
    assert_eq!(set(&dates, Element::Dates), None);
    assert_eq!(set(&dates, Element::Benefit), Some(Broken::NotHeld));
    assert_eq!(set(&dates, Element::DatesAndBenefit), Some(Broken::NotHeld));
    assert_eq!(set(&Persons::of(numbers(0..1)), Element::Dates), Some(Broken::NotHeld));
    assert_eq!(Element::of(&[].into()), [Element::Person]);
    assert_eq!(Element::of(&[Variable::Benefit].into()), [Element::Person, Element::Benefit]);
}

#[test]
fn sets_of_the_same_persons_share_no_point_and_are_bound_to_what_they_are_of() {
    let persons = Persons::with(
        numbers(0..20).into_iter().map(|number| (number, Spell::default())),
        Variable::ALL.into(),
    );
    let mut rng = ChaCha20Rng::seed_from_u64(13);
    let mut seen = BTreeSet::new();
    let mut digests = BTreeSet::new();
    for element in Element::of(&Variable::ALL.into()) {
        let comparison = Comparison { element, ..comparison("3107") };
        digests.insert(comparison.digest());
        let set = Set::new(comparison.clone(), comparison.pair[0], &persons, &mut rng).unwrap();
        seen.extend(set.points().0.iter().copied());
    }
    assert_eq!((seen.len(), digests.len()), (80, 4));
    // Whatever is compared of the persons, it is one comparison.
    let dates = Comparison { element: Element::Dates, ..comparison("3107") };
    let judged = pairs::judge(&[Run::of(&comparison("3107"))], &dates, &strata());
    assert_eq!(judged, Err(PairFault::Again));
}
