//! Two registers compared, from records to what may leave.

use super::*;
use crate::entitled::tests::{now, policy};
use hjemmel_federation::psi::{Comparison, Element, Set, partition};
use hjemmel_federation::{Bytes, NodeId};
use hjemmel_kostra::{Form, sheet};
use hjemmel_policy::{
    Comparing, DEMO_NODE_GRANTS, Decided, GrantTerms, OrganisationNumber, Policy, ProtectTables,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;

type Record = (String, Spell);

fn grant() -> Grant<Protect> {
    policy().permit_protection(ProtectTables { form: Form::F11B, year: 2017 }, now())
}

/// The basis of these variables; in one test of another year.
fn basis(variables: &BTreeSet<Variable>, year: u16) -> Option<Grant<Compare>> {
    let mut grants = GrantTerms::from_toml(DEMO_NODE_GRANTS).unwrap();
    for grant in &mut grants {
        grant.years = [2016, 2017].into();
    }
    let none = |_: Form, _: u16| Vec::<(String, bool)>::new();
    let policy = Policy::build(grants, 1, &none).unwrap();
    let with = OrganisationNumber::parse("987879696").unwrap();
    let asked = Comparing::new((Form::F11B, year), variables, with);
    match policy.decide_comparison(asked, now()) {
        Decided::Allowed(grant, _) => Some(grant),
        Decided::Denied(_) => None,
    }
}

/// Synthetic numbers, which are nobody's, each with the same said of it.
fn records(range: std::ops::Range<u16>) -> Vec<Record> {
    let birth = chrono::NaiveDate::from_ymd_opt(1987, 3, 9).unwrap();
    let all = (0..500).filter_map(|of| hjemmel_kostra::identity::synthetic(birth, of));
    let kept = all.skip(range.start.into()).take(range.len());
    let spell = Spell { start: sheet::day("2016-02-01"), end: None, kroner: 15_000 };
    kept.map(|number| (number, spell)).collect()
}

fn sealed(region: &str, all: &[Record]) -> Sealed<Protect, Numbers> {
    let mut numbers = Numbers::default();
    for (number, spell) in all {
        numbers.add(region, number, *spell);
    }
    Sealed::new(grant(), numbers)
}

fn compared(
    region: &str,
    (here, there): (&[Record], &[Record]),
    variables: &BTreeSet<Variable>,
) -> Compared {
    let basis = basis(variables, 2017);
    let of = |all| persons(sealed(region, all), basis.as_ref()).remove(region).unwrap_or_default();
    let (here, there) = (of(here), of(there));
    let mut rng = ChaCha20Rng::seed_from_u64(3);
    let pair = [NodeId::parse("971526920").unwrap(), NodeId::parse("987879696").unwrap()];
    let mut found = Vec::new();
    let mut said = Vec::new();
    for element in Element::of(variables) {
        let comparison = Comparison {
            nonce: Bytes([1; 16]),
            pair,
            datasets: ["skjema-11B".to_owned(), "nir".to_owned()],
            year: 2017,
            partition: partition(&[region.to_owned()].into()),
            stratum: region.to_owned(),
            element,
        };
        let ours = Set::new(comparison.clone(), pair[0], &here, &mut rng).unwrap();
        let theirs = Set::new(comparison, pair[1], &there, &mut rng).unwrap();
        let back = theirs.answer(ours.points(), ours.commitment(), &mut rng).unwrap();
        let made = ours.answer(theirs.points(), theirs.commitment(), &mut rng).unwrap();
        found.push(ours.compare(&back, &made).unwrap());
        said.push((ours.commitment().clone(), theirs.commitment().clone()));
    }
    let overlap = found.remove(0);
    let (first, second) = said.remove(0);
    Compared {
        region: region.to_owned(),
        overlap,
        alike: found,
        stand_ins: [first.stand_ins, second.stand_ins],
        unlinkable: [first.unlinkable, second.unlinkable],
    }
}

fn at(cells: &[Cell], variables: &BTreeSet<Variable>, region: usize, what: &str) -> Cell {
    let names = counted(variables);
    cells[region * names.len() + names.iter().position(|one| *one == what).unwrap()]
}

#[test]
fn few_persons_are_withheld_and_cannot_be_computed() {
    let none = BTreeSet::new();
    let there = [records(0..33), records(38..40)].concat();
    let first = compared("0106", (&records(0..37), &there), &none);
    let stand_ins = vec![("09038700100".to_owned(), Spell::default()); 6];
    let here = [records(50..90), stand_ins].concat();
    let second = compared("0105", (&here, &records(60..100)), &none);
    let release = overlaps(&grant(), "11B-NIR", &none, vec![first, second]).unwrap();
    let cells = &release.content()[0].cells;
    let at = |region, what| at(cells, &none, region, what);
    assert!(matches!(at(1, "both"), Cell::Shown(30) | Cell::Withheld));
    assert!(cells.iter().filter(|cell| **cell != Cell::Withheld).count() >= 15, "{cells:?}");
    assert_eq!(at(1, "standInsFirst"), Cell::Shown(6));
    assert_eq!(at(0, "onlySecond"), Cell::Withheld, "two persons");
    let (whole, in_second) = (at(2, "onlySecond"), at(0, "second"));
    assert!(whole == Cell::Withheld || at(1, "onlySecond") == Cell::Withheld);
    assert!(in_second == Cell::Withheld || at(0, "both") == Cell::Withheld);
    assert_eq!(release.protection(), Protection::Suppressed);
}

/// What the register says of forty persons: so many with other dates, another benefit, and both.
fn disagreeing(dates: usize, benefit: usize, both: usize) -> Vec<Record> {
    let mut all = records(0..40);
    for (at, (_, spell)) in all.iter_mut().enumerate() {
        if at < dates + both {
            spell.end = sheet::day("2017-03-01");
        }
        if (dates..dates + both + benefit).contains(&at) {
            spell.kroner = 14_000;
        }
    }
    all
}

#[test]
fn few_who_differ_are_withheld_and_never_had_by_subtraction() {
    let all: BTreeSet<Variable> = Variable::ALL.into();
    let here = records(0..40);
    let of = |region, register: Vec<Record>| compared(region, (&here, &register), &all);
    // In the first two differ by dates and one by both: three have other dates. In the second nobody is few.
    let regions = vec![of("0106", disagreeing(2, 5, 1)), of("0105", disagreeing(8, 7, 6))];
    let release = overlaps(&grant(), "11B-NIR", &all, regions).unwrap();
    let cells = &release.content()[0].cells;
    let at = |region, what| at(cells, &all, region, what);
    for small in ["datesDiffer", "datesAndBenefitDiffer", "otherDates"] {
        assert_eq!(at(0, small), Cell::Withheld, "{small}");
    }
    // The three follow from those in both less those with the same dates, and from all who differ less the five.
    for pair in [["both", "sameDates"], ["differ", "benefitDiffers"]] {
        assert!(pair.iter().any(|what| at(0, what) == Cell::Withheld), "{pair:?}");
    }
    let true_of_second = [
        ("both", 40),
        ("alike", 19),
        ("datesDiffer", 8),
        ("benefitDiffers", 7),
        ("datesAndBenefitDiffer", 6),
        ("differ", 21),
        ("sameDates", 26),
        ("otherDates", 14),
        ("sameBenefit", 27),
        ("otherBenefit", 13),
        ("onlyFirst", 0),
    ];
    let mut shown = 0;
    for (what, count) in true_of_second {
        let cell = at(1, what);
        assert!(matches!(cell, Cell::Withheld) || cell == Cell::Shown(count), "{what}: {cell:?}");
        shown += usize::from(cell != Cell::Withheld);
    }
    assert!(shown >= 5, "{cells:?}");
    for value in
        cells.iter().filter_map(|cell| if let Cell::Shown(v) = cell { Some(*v) } else { None })
    {
        assert!(value == 0 || value > 3, "{value}");
    }
}

#[test]
fn one_variable_alone_splits_those_in_both_in_two() {
    let here = records(0..40);
    for (variable, names) in [
        (Variable::Dates, ["sameDates", "otherDates"]),
        (Variable::Benefit, ["sameBenefit", "otherBenefit"]),
    ] {
        let only: BTreeSet<Variable> = [variable].into();
        let one = compared("0106", (&here, &disagreeing(8, 7, 6)), &only);
        let release = overlaps(&grant(), "11B-NIR", &only, vec![one]).unwrap();
        let cells = &release.content()[0].cells;
        let other = if variable == Variable::Dates { 14 } else { 13 };
        assert_eq!(at(cells, &only, 0, names[0]), Cell::Shown(40 - other));
        assert_eq!(at(cells, &only, 0, names[1]), Cell::Shown(other));
        assert_eq!(cells.len(), 2 * counted(&only).len());
    }
}

#[test]
fn what_contradicts_itself_is_no_comparison_and_releases_nothing() {
    let all: BTreeSet<Variable> = Variable::ALL.into();
    let (here, register) = (records(0..40), disagreeing(8, 7, 6));
    let one = compared("0106", (&here, &register), &all);
    // A side that gave its persons twice, and not what it says of them, has more alike than there are in both.
    let fewer = compared("0106", (&here, &records(0..4)), &BTreeSet::new());
    let lie = Compared { overlap: fewer.overlap, ..one };
    let refused = overlaps(&grant(), "11B-NIR", &all, vec![lie]).err();
    assert_eq!(refused, Some(Error::Contradictory));
    let short = compared("0106", (&here, &register), &BTreeSet::new());
    assert_eq!(overlaps(&grant(), "11B-NIR", &all, vec![short]).err(), Some(Error::Contradictory));
}

#[test]
fn what_no_basis_names_is_not_there_to_be_compared() {
    let dates: BTreeSet<Variable> = [Variable::Dates].into();
    let set = |basis: Option<&Grant<Compare>>, element| {
        let persons = persons(sealed("0106", &records(0..4)), basis).remove("0106").unwrap();
        let node = NodeId::parse("971526920").unwrap();
        let comparison = Comparison {
            nonce: Bytes([1; 16]),
            pair: [node, NodeId::parse("987879696").unwrap()],
            datasets: ["skjema-11B".to_owned(), "nir".to_owned()],
            year: 2017,
            partition: partition(&["0106".to_owned()].into()),
            stratum: "0106".to_owned(),
            element,
        };
        Set::new(comparison, node, &persons, &mut ChaCha20Rng::seed_from_u64(4)).is_ok()
    };
    assert!(set(None, Element::Person) && !set(None, Element::Dates));
    let held = basis(&dates, 2017).unwrap();
    assert!(set(Some(&held), Element::Dates) && !set(Some(&held), Element::DatesAndBenefit));
    let of_another_year = basis(&dates, 2016).unwrap();
    assert!(!set(Some(&of_another_year), Element::Dates));
}
