//! Protecting crossed tables: proofs by crossings against the same engine without them, and the growth over five sizes.
//!
//! Nothing is read from anywhere: the tables cross regions in counties and groups with age and income, some persons in
//! each inner cell.

use hjemmel_benches::Result;
use hjemmel_benches::clock::{by_turns, ratio};
use hjemmel_disclosure::suppress::{self, Terms};
use hjemmel_disclosure::{Rule, Status, System};
use std::process::ExitCode;
use std::time::Instant;

/// Regions of each size; the cells are about 56 times as many.
const SIZES: [usize; 5] = [50, 100, 200, 400, 800];
/// Regions of the comparison.
const COMPARED: usize = 150;
const ROUNDS: usize = 1;
const AGES: usize = 8;
const SOURCES: usize = 5;
/// Draws who is another in the second year.
const YEAR_SEED: u64 = 2_027;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let (crossed, plain) = (tables(COMPARED, true)?, tables(COMPARED, false)?);
    let times = by_turns(
        ROUNDS,
        &mut [
            ("with crossings", Box::new(|| protect(&crossed).map(drop))),
            ("algebra and simplex alone", Box::new(|| protect(&plain).map(drop))),
        ],
    )?;
    if let [ours, alone] = times.as_slice() {
        ratio("with crossings against without", ours, alone, "below 1");
    }
    println!("growth:");
    let mut before: Option<(f64, f64)> = None;
    let mut points = Vec::new();
    for regions in SIZES {
        let system = tables(regions, true)?;
        let started = Instant::now();
        let secondary = protect(&system)?;
        let now = (to_f64(system.cells()).ln(), started.elapsed().as_secs_f64().ln());
        let slope = before.map_or_else(String::new, |before| {
            format!(", {:.2} on the log-log line", (now.1 - before.1) / (now.0 - before.0))
        });
        let (cells, seconds) = (system.cells(), now.1.exp());
        println!("  {cells} cells, {secondary} secondary: {seconds:.3} s{slope}");
        before = Some(now);
        points.push(now);
    }
    println!("  {:.2} over all sizes (least squares on the log-log line)", slope(&points));
    years()
}

/// Two years of the same regions: how many of the cells withheld in the first are withheld in the second too, by itself
/// and where last year's cells are preferred, and what that costs.
fn years() -> Result<()> {
    let (first, second) = (tables(COMPARED, true)?, tables_of(COMPARED, true, YEAR_SEED)?);
    let rule = Rule::default();
    let statuses = |system: &System, terms: &Terms| -> Result<Vec<Status>> {
        Ok(suppress::system(system, terms, &rule)?.statuses().to_vec())
    };
    let last = statuses(&first, &Terms::default())?;
    let secondary: Vec<bool> = last.iter().map(|was| *was == Status::Secondary).collect();
    let preferred = last.iter().map(|was| *was != Status::Shown).collect();
    let wished = Terms { preferred, ..Terms::default() };
    println!("two years of {} cells, 1 in 10 persons another:", first.cells());
    for (name, terms) in [("by itself", Terms::default()), ("like last year", wished)] {
        let now = statuses(&second, &terms)?;
        let count = |wanted| now.iter().filter(|status| **status == wanted).count();
        let pairs = || secondary.iter().zip(&now).filter(|(was, _)| **was);
        let again = pairs().filter(|(_, is)| **is != Status::Shown).count();
        println!(
            "  {name}: {again} of last year's {} secondary cells are withheld again; {} primary, {} secondary",
            pairs().count(),
            count(Status::Primary),
            count(Status::Secondary),
        );
    }
    Ok(())
}

/// The slope of the line through points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let count = to_f64(points.len());
    let mean = points.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0 / count, sum.1 + p.1 / count));
    let spread = |point: &(f64, f64)| (point.0 - mean.0, point.1 - mean.1);
    let both =
        points.iter().map(spread).fold((0.0, 0.0), |sum, (x, y)| (sum.0 + x * y, sum.1 + x * x));
    both.0 / both.1
}

/// Protects, and counts what is withheld for the sake of others.
fn protect(system: &System) -> Result<usize> {
    let done = suppress::system(system, &Terms::default(), &Rule::default())?;
    Ok(done.statuses().iter().filter(|status| **status == Status::Secondary).count())
}

#[expect(clippy::cast_precision_loss, reason = "numbers of cells")]
fn to_f64(count: usize) -> f64 {
    count as f64
}

/// Regions, counties and groups by age and source, all margins; `crossed` tells the engine how atoms are made up.
fn tables(regions: usize, crossed: bool) -> Result<System> {
    tables_of(regions, crossed, 0)
}

/// The same; a `year` other than zero has one in ten persons of each inner cell replaced, by chance more or fewer.
fn tables_of(regions: usize, crossed: bool, year: u64) -> Result<System> {
    let mut state = 20_260_105_u64;
    let mut draw = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state >> 33) % below
    };
    let count = |region: usize| 20 + 40_000 / (region as u64 + 10);
    let atoms = regions * AGES * SOURCES;
    let mut values: Vec<i64> =
        (0..atoms).map(|atom| draw(count(atom / (AGES * SOURCES))).cast_signed()).collect();
    let mut state = year;
    let mut lot = |below: u64| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (state >> 33) % below
    };
    for value in values.iter_mut().filter(|_| year > 0) {
        let persons = value.cast_unsigned();
        let gone = (0..persons).filter(|_| lot(10) == 0).count();
        let come = (0..=persons).filter(|_| lot(10) == 0).count();
        *value = *value - i64::try_from(gone)? + i64::try_from(come)?;
    }
    let mut builder = System::builder(values);
    if crossed {
        builder.cross(0, vec![regions, AGES, SOURCES], 0);
    }
    let every = |size: usize| (0..size).map(|one| vec![one]).chain([(0..size).collect()]);
    let counties = (0..15).map(|c| (0..regions).filter(|r| r % 15 == c).collect());
    let groups = (0..16).map(|g| (0..regions).filter(|r| r * 16 / regions == g).collect());
    let places: Vec<Vec<usize>> = every(regions).chain(counties).chain(groups).collect();
    for place in &places {
        for ages in every(AGES) {
            for sources in every(SOURCES) {
                let inner = place.iter().flat_map(|&region| {
                    let sources = &sources;
                    ages.iter().flat_map(move |&age| {
                        sources.iter().map(move |&s| (region * AGES + age) * SOURCES + s)
                    })
                });
                builder.cell(inner.map(u32::try_from).collect::<std::result::Result<Vec<_>, _>>()?);
            }
        }
    }
    Ok(builder.build()?)
}
