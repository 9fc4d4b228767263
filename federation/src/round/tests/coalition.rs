//! What all nodes but two see, together with the coordinator, does not depend on how those two's total is split.

use super::*;

/// Rounds a split is played.
const ROUNDS: u64 = 400;
/// Equal parts of the range of a word.
const PARTS: usize = 16;
/// What chi-square with 15 degrees of freedom exceeds once in a million.
const CHI_SQUARE: f64 = 56.5;

/// What the coalition knows of the two nodes' cell once it has taken away every mask it shares with them: two words,
/// whose sum is the total.
fn view(first: u64, second: u64, seed: u64) -> (u64, u64) {
    let parts = [vec![first], vec![second], vec![40], vec![50]];
    let mut begun = begin(&parts, seed);
    let hello = |begun: &Begun, at: usize| begun.hellos.of(id(at)).unwrap().clone();
    let honest = [hello(&begun, 0), hello(&begun, 1)];
    let shared: Vec<u64> = honest
        .iter()
        .map(|honest| {
            let streams = begun.joined[2..].iter().map(|one| one.first_mask(honest));
            streams.fold(0, u64::wrapping_add)
        })
        .collect();
    let masked = mask_all(&mut begun);
    let word = |at: usize| masked[at].1.open(&directory(4)).unwrap().cells.0[0];
    // The two have the lowest numbers, so that they added what they share with the others.
    (word(0).wrapping_sub(shared[0]), word(1).wrapping_sub(shared[1]))
}

fn histogram(split: (u64, u64)) -> [u64; PARTS] {
    let mut counts = [0; PARTS];
    for seed in 0..ROUNDS {
        // Other seeds for each split: the masks are fresh.
        let (first, second) = view(split.0, split.1, seed * 7919 + split.0);
        assert_eq!(first.wrapping_add(second), split.0 + split.1, "the coalition learns the total");
        counts[usize::try_from(first >> 60).unwrap()] += 1;
    }
    counts
}

#[test]
fn the_view_of_a_coalition_is_the_same_however_the_total_is_split() {
    let splits = [(0, 100), (50, 50), (100, 0)].map(histogram);
    let expected = f64::from(u32::try_from(ROUNDS).unwrap()) / 16.0;
    for counts in splits {
        let terms =
            counts.map(|count| (f64::from(u32::try_from(count).unwrap()) - expected).powi(2));
        let uniform: f64 = terms.iter().sum::<f64>() / expected;
        assert!(uniform < CHI_SQUARE, "{counts:?}: {uniform}");
    }
    for pair in splits.windows(2) {
        let both = pair[0].iter().zip(&pair[1]);
        let same: f64 = both
            .map(|(one, other)| {
                let whole = |count: u64| f64::from(u32::try_from(count).unwrap());
                let (one, other) = (whole(*one), whole(*other));
                (one - other).powi(2) / (one + other).max(1.0)
            })
            .sum();
        assert!(same < CHI_SQUARE, "{pair:?}: {same}");
    }
}
