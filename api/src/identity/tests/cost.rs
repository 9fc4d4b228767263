//! What a verification costs; run with `--ignored --nocapture cost`.

use super::*;
use std::time::Instant;

fn best_micros(mut work: impl FnMut()) -> f64 {
    let round = |work: &mut dyn FnMut()| {
        let start = Instant::now();
        (0..100).for_each(|_| work());
        start.elapsed().as_secs_f64() * 10_000.0
    };
    (0..20).map(|_| round(&mut work)).fold(f64::MAX, f64::min)
}

#[test]
#[ignore = "measures, and asserts nothing"]
fn cost_of_a_verification() {
    let (_dir, verifier) = verifier();
    for alg in ["RS256", "PS256", "ES256", "EdDSA"] {
        let header = format!("Bearer {}", signer(alg).mint(&machine()));
        let cached = best_micros(|| assert!(verifier.verify(&[&header], now()).is_ok()));
        let fresh = best_micros(|| {
            verifier.forget();
            assert!(verifier.verify(&[&header], now()).is_ok());
        });
        println!("{alg}: cached {cached:.2} µs, uncached {fresh:.1} µs, {} bytes", header.len());
    }
}
