//! Two registers of 150 000 persons compared, against the bare multiplications on the same cores; and how many bytes are
//! sent for each person.

use curve25519_dalek::ristretto::RistrettoPoint;
use curve25519_dalek::scalar::Scalar;
use hjemmel_federation::psi::{Comparison, Element, Set, partition};
use hjemmel_federation::{Bytes, NodeId, Persons};
use hjemmel_kostra::identity::{NumberKind, classify};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng as _;
use std::collections::BTreeSet;
use std::hint::black_box;
use std::time::{Duration, Instant};

const PERSONS: usize = 150_000;
const COMMON: usize = 100_000;

/// Synthetic numbers, which are nobody's.
fn numbers(count: usize) -> Vec<String> {
    let dates = (81..93).flat_map(|month| (1..29).map(move |day| (day, month)));
    let people = dates.flat_map(|(day, month)| (0..500).map(move |own| (day, month, own)));
    let years =
        people.flat_map(|(day, month, own)| (60..63).map(move |year| (day, month, year, own)));
    let all = years.flat_map(|(day, month, year, own)| {
        (0..100).map(move |check| format!("{day:02}{month:02}{year:02}{own:03}{check:02}"))
    });
    all.filter(|number| classify(number) == NumberKind::Synthetic).take(count).collect()
}

/// The same number of multiplications as the comparison needs, and nothing else.
fn bare(count: usize) -> Duration {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let secret = Scalar::from_bytes_mod_order([7; 32]);
    let point = RistrettoPoint::from_uniform_bytes(&[9; 64]);
    let start = Instant::now();
    std::thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(|| {
                let mut at = point;
                (0..count / cores).for_each(|_| at *= secret);
                black_box(at)
            });
        }
    });
    start.elapsed()
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let all = numbers(2 * PERSONS - COMMON);
    let texts: Vec<&str> = all.iter().map(String::as_str).collect();
    let here = Persons::of(texts.iter().take(PERSONS).copied());
    let there = Persons::of(texts.iter().skip(PERSONS - COMMON).copied());
    let pair = [NodeId::parse("971526920")?, NodeId::parse("987879696")?];
    let strata = BTreeSet::from(["EAK".to_owned()]);
    let comparison = Comparison {
        nonce: Bytes([1; 16]),
        pair,
        datasets: ["skjema-11b".to_owned(), "nir".to_owned()],
        year: 2024,
        partition: partition(&strata),
        stratum: "EAK".to_owned(),
        element: Element::Person,
    };
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let start = Instant::now();
    let ours = Set::new(comparison.clone(), pair[0], &here, &mut rng)?;
    let theirs = Set::new(comparison, pair[1], &there, &mut rng)?;
    let back = theirs.answer(ours.points(), ours.commitment(), &mut rng)?;
    let made = ours.answer(theirs.points(), theirs.commitment(), &mut rng)?;
    let (both, ..) = ours.compare(&back, &made)?.into_unprotected();
    let took = start.elapsed();
    assert_eq!(both, u64::try_from(COMMON)?);
    let bare = bare(4 * PERSONS);
    let sent = serde_json::to_string(ours.points())?.len() + serde_json::to_string(&back)?.len();
    println!("{PERSONS} x {PERSONS} persons compared: {took:?}; bare multiplications: {bare:?}");
    println!("ratio {:.2}", took.as_secs_f64() / bare.as_secs_f64());
    println!("bytes sent for each person of a side: {}", sent / PERSONS);
    Ok(())
}
