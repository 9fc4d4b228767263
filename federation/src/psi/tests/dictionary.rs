//! Somebody with a list of every number there is, who hashes all of them and looks for the digests among what was sent.

use super::{Element, Persons, comparison, hashed, numbers, sides};
use sha2::{Digest as _, Sha256, Sha512};
use std::collections::HashSet;

/// Every number with right check digits born in a year, as given out (`month + 0`) or synthetic (`month + 80`).
fn every_number(year: u32, try_one: &mut impl FnMut(&[u8; 11])) -> u32 {
    let mut tried = 0;
    for (day, month) in (1..=31).flat_map(|day| (1..=12).map(move |month| (day, month))) {
        for (month, individual) in [0, 80]
            .into_iter()
            .flat_map(|more| (0..1000_u32).map(move |individual| (month + more, individual)))
        {
            let mut digits = [0; 11];
            let parts = [day / 10, day % 10, month / 10, month % 10, year / 10, year % 10];
            digits[..6].copy_from_slice(&parts);
            digits[6..9].copy_from_slice(&[
                individual / 100,
                individual / 10 % 10,
                individual % 10,
            ]);
            let weighted = |digits: &[u32], weights: &[u32]| -> Option<u32> {
                let sum: u32 =
                    digits.iter().zip(weights).map(|(digit, weight)| digit * weight).sum();
                // The digit that makes the sum a multiple of eleven; ten is no digit.
                Some((11 - sum % 11) % 11).filter(|digit| *digit < 10)
            };
            let Some(first) = weighted(&digits[..9], &[3, 7, 6, 1, 8, 9, 4, 5, 2]) else {
                continue;
            };
            digits[9] = first;
            let Some(second) = weighted(&digits[..10], &[5, 4, 3, 2, 7, 6, 5, 4, 3, 2]) else {
                continue;
            };
            digits[10] = second;
            try_one(&digits.map(|digit| b'0' + u8::try_from(digit).unwrap()));
            tried += 1;
        }
    }
    tried
}

#[test]
fn a_dictionary_of_every_number_finds_nobody_in_what_was_sent() {
    let persons = Persons::of(numbers(0..40));
    let (here, there, mut rng) = sides(&persons, &persons, 8);
    let back = there.answer(here.points(), here.commitment(), &mut rng).unwrap();
    let made = here.answer(there.points(), there.commitment(), &mut rng).unwrap();
    // Everything of 32 bytes that either side ever sends.
    let mut sent: HashSet<[u8; 32]> = HashSet::new();
    for points in [here.points(), there.points(), &back, &made] {
        sent.extend(&points.0);
    }
    sent.extend([here.commitment().points.0, there.commitment().points.0]);
    let bound = comparison("3107").digest().0;
    let all = persons.linkable(Element::Person).unwrap();
    let mut known = 0;
    let mut try_one = |number: &[u8; 11]| {
        let made = hashed(&bound, number).finalize();
        let wide = Sha512::digest(number);
        let halves = wide.as_slice().as_chunks().0.iter();
        let with = Sha256::new().chain_update(bound).chain_update(number).finalize();
        let whole: [[u8; 32]; 3] = [made.into(), Sha256::digest(number).into(), with.into()];
        for digest in halves.chain(&whole) {
            assert!(!sent.contains(digest), "somebody is found");
        }
        known += usize::from(all.iter().any(|(one, _)| one.as_bytes() == number));
    };
    // Whoever runs the attack whole looks through a hundred years of numbers.
    let is_whole = std::env::var("HJEMMEL_ATTACKS").is_ok_and(|how| how == "full");
    let years = if is_whole { 0..100 } else { 70..71 };
    let tried: u32 = years.map(|year| every_number(year, &mut try_one)).sum();
    assert!(tried > 500_000, "{tried}");
    assert_eq!(known, 40, "the dictionary has everybody who was compared");
}

#[test]
fn a_set_with_one_person_more_shares_nothing_with_the_one_before() {
    let (first, with_one_more) = (Persons::of(numbers(0..20)), Persons::of(numbers(0..21)));
    let (one, _, _) = sides(&first, &first, 9);
    let (other, _, _) = sides(&with_one_more, &first, 10);
    let before: HashSet<_> = one.points().0.iter().collect();
    assert!(!other.points().0.iter().any(|point| before.contains(point)));
    assert_ne!(one.commitment().points, other.commitment().points);
}
