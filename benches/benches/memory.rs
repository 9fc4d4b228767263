//! How far a server's memory grows while it streams a year of 2.5 million records.
//!
//! `BENCH_PERSONS` sets another number of persons.

use hjemmel_benches::Result;
use hjemmel_benches::place::{Place, YEAR, bearer};
use hjemmel_benches::server::{Server, download};
use std::process::ExitCode;
use std::time::Instant;

const PERSONS: u32 = 2_400_000;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let persons = std::env::var("BENCH_PERSONS").map_or(Ok(PERSONS), |text| text.parse())?;
    let folder = Place::open()?.year_of(persons)?;
    let headers = [bearer(&folder, "nav")?];
    for format in ["csv", "parquet", "arrow"] {
        let server = Server::start(&folder)?;
        let before = server.resident_anew()?;
        let path = format!("/v1/datasets/skjema-11/microdata?year={YEAR}&format={format}");
        let started = Instant::now();
        let bytes = download(server.address, &path, &headers)?;
        println!(
            "{format} of {persons} persons: {} MB in {:.1} s, memory grew {} MB over {before} MB (goal below 100)",
            bytes / 1_000_000,
            started.elapsed().as_secs_f64(),
            server.most_resident()?.saturating_sub(before),
        );
    }
    Ok(())
}
