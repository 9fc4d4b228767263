//! Protecting a national set of linked tables of the size and shape of form 11: over 200 000 cells.
//!
//! Nothing is read from anywhere. 130 000 drawn persons are counted in eight tables that share the region and nothing
//! else: each region, county, group and the country by two or three variables with all their sums.

use hjemmel_benches::Result;
use hjemmel_benches::own::{most_resident, processor_seconds};
use hjemmel_disclosure::suppress::{self, Keep, Terms};
use hjemmel_disclosure::{Rule, Status, System};
use std::process::ExitCode;

const REGIONS: usize = 400;
const COUNTIES: usize = 15;
const GROUPS: usize = 17;
const PERSONS: usize = 130_000;
/// The codes of the variables of each table.
const TABLES: [&[usize]; 8] =
    [&[2, 8], &[9, 8], &[9, 5], &[5, 8], &[12, 9], &[3, 9, 2], &[4, 5, 2], &[6, 12]];

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let (system, kept) = system()?;
    let terms = Terms { kept, atoms_a_person: TABLES.len(), ..Terms::default() };
    let before = processor_seconds()?;
    let done = suppress::system(&system, &terms, &Rule::default())?;
    let seconds = processor_seconds()? - before;
    let count = |wanted| done.statuses().iter().filter(|status| **status == wanted).count();
    println!(
        "{} cells over {} inner cells, {} primary, {} secondary: {seconds:.1} s of processor time",
        system.cells(),
        system.atoms(),
        count(Status::Primary),
        count(Status::Secondary),
    );
    for (name, keep) in
        [("totals of country and counties", Keep::Total), ("other sums of the country", Keep::Sum)]
    {
        let wished = || terms.kept.iter().zip(done.statuses()).filter(|(kept, _)| **kept == keep);
        let lost = wished().filter(|(_, status)| **status == Status::Secondary).count();
        println!("{name}: {lost} of {} withheld for others' sake", wished().count());
    }
    let evidence = done.evidence();
    println!(
        "{} of {} withheld cells proved open, {} primary ones against insiders; memory at most {} MB",
        evidence.intervals_proved,
        evidence.withheld,
        evidence.insiders_proved,
        most_resident()? / 1_000,
    );
    Ok(())
}

/// The persons of every region, each in one inner cell of every table.
fn counts() -> Vec<i64> {
    let mut state = 20_260_105_u64;
    let mut draw = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        usize::try_from(state >> 33).unwrap_or(0) % below
    };
    let weight = |region: usize| 1_000_000 / (region + 4);
    let weights: usize = (0..REGIONS).map(weight).sum();
    let mut counts = Vec::new();
    for sizes in TABLES {
        let inner: usize = sizes.iter().product();
        for region in 0..REGIONS {
            let mut of_region = vec![0; inner];
            for _ in 0..PERSONS * weight(region) / weights + 5 {
                let at = sizes.iter().fold(0, |at, &size| at * size + draw(size).min(draw(size)));
                if let Some(count) = of_region.get_mut(at) {
                    *count += 1;
                }
            }
            counts.extend(of_region);
        }
    }
    counts
}

/// The tables as one system, and what should stay shown of it.
fn system() -> Result<(System, Vec<Keep>)> {
    let mut builder = System::builder(counts());
    let mut kept = Vec::new();
    let list = |from: usize, size: usize| -> std::result::Result<Vec<u32>, _> {
        (from..from + size).map(u32::try_from).collect()
    };
    let first: usize = TABLES.first().map_or(0, |sizes| sizes.iter().product());
    let mut start = 0;
    for (number, sizes) in TABLES.into_iter().enumerate() {
        let inner: usize = sizes.iter().product();
        builder.cross(start, [&[REGIONS], sizes].concat(), 1);
        for (of_total, of_sums, place) in places() {
            for chosen in choices(sizes) {
                let total = chosen.len() == inner;
                // What is the same number in every table is the same cell in all of them.
                let (start, inner) = if total { (0, first) } else { (start, inner) };
                let chosen = if total { (0..inner).collect() } else { chosen };
                let atoms = place.iter().flat_map(|region| {
                    chosen.iter().map(move |at| u32::try_from(start + region * inner + at))
                });
                builder.cell(atoms.collect::<std::result::Result<Vec<_>, _>>()?);
                kept.push(if total { of_total } else { of_sums });
            }
        }
        for region in (0..REGIONS).filter(|_| number > 0) {
            builder.link(list(region * first, first)?, list(start + region * inner, inner)?);
        }
        start += REGIONS * inner;
    }
    Ok((builder.build()?, kept))
}

/// Regions, counties, groups and the country: how much their totals and other sums should stay, and their regions.
fn places() -> Vec<(Keep, Keep, Vec<usize>)> {
    let all = 0..REGIONS;
    let some = |belongs: &dyn Fn(usize) -> bool| all.clone().filter(|&r| belongs(r)).collect();
    let regions = all.clone().map(|region| (Keep::No, Keep::No, vec![region]));
    let mut places: Vec<(Keep, Keep, Vec<usize>)> = regions.collect();
    for county in 0..COUNTIES {
        places.push((Keep::Total, Keep::No, some(&|region| region % COUNTIES == county)));
    }
    for group in 0..GROUPS {
        places.push((Keep::No, Keep::No, some(&|region| region * GROUPS / REGIONS == group)));
    }
    places.push((Keep::Total, Keep::Sum, some(&|_| true)));
    places
}

/// For every combination of codes and sums of the variables its inner cells.
fn choices(sizes: &[usize]) -> Vec<Vec<usize>> {
    sizes.iter().fold(vec![vec![0]], |choices, &size| {
        let with = |code: usize| if code == size { 0..size } else { code..code + 1 };
        let more = choices.iter().flat_map(|choice| {
            (0..=size).map(move |code| {
                choice.iter().flat_map(|at| with(code).map(move |one| at * size + one)).collect()
            })
        });
        more.collect()
    })
}
