//! How fast decisions become durable; run with `--ignored --nocapture`.

use crate::support::{Place, batch};
use std::time::{Duration, Instant};

fn measure(name: &str, place: &Place) {
    for size in [1, 32, 128, 1_000] {
        let mut times = Vec::new();
        let start = Instant::now();
        while start.elapsed() < Duration::from_secs(2) {
            let rows = batch(size);
            let begun = Instant::now();
            place.store.record_decisions(&rows).unwrap();
            times.push(begun.elapsed());
        }
        times.sort();
        let total: Duration = times.iter().sum();
        let written = f64::from(u32::try_from(times.len() * size).unwrap());
        let rate = written / total.as_secs_f64();
        let (p50, p99) = (times[times.len() / 2], times[times.len() * 99 / 100]);
        println!("{name}, batches of {size}: {rate:.0} decisions/s, p50 {p50:?}, p99 {p99:?}");
    }
    let begun = Instant::now();
    place.store.verify_chain(&[]).unwrap();
    let rows = place.store.chain_state().unwrap().seq;
    println!("{name}, checking {rows} rows: {:?}", begun.elapsed());
}

#[test]
#[ignore = "a measurement"]
fn durable_decisions_per_second() {
    measure("SQLite", &Place::sqlite());
    measure("PostgreSQL", &Place::postgres());
}
