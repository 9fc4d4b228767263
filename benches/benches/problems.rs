//! The crossed tables that other programs were timed with: 150 000 drawn persons, region by up to four variables, every
//! margin. Processor time of reading, protecting and attacking each.
//!
//! The persons are drawn as the generator of those timings draws them, number for number.

use hjemmel_benches::Result;
use hjemmel_benches::own::{most_resident, processor_seconds};
use hjemmel_disclosure::case::{self, Case, Specification};
use std::fmt::Write as _;
use std::process::ExitCode;

const PERSONS: usize = 150_000;
const SEED: u64 = 20_260_105;
const REGIONS: u64 = 357;
const COUNTIES: u64 = 15;
const GROUPS: u64 = 16;

/// Name, formula of the margins, and the goal in seconds of processor time.
const PROBLEMS: [(&str, &str, f64); 5] = [
    ("A2", "~(kommune+fylke+kostragr)*kjonn*inntekt", 1.0),
    ("A3", "~(kommune+fylke+kostragr)*alder*inntekt", 5.0),
    ("B1", "~(kommune+fylke+kostragr)*(kjonn+alder+inntekt+familie)", 5.0),
    ("A4", "~(kommune+fylke+kostragr)*kjonn*alder*inntekt", 30.0),
    ("A5", "~(kommune+fylke+kostragr)*kjonn*alder*inntekt*familie", 60.0),
];

const SEXES: [(&str, u64); 2] = [("k", 48), ("m", 52)];
const AGES: [(&str, u64); 8] = [
    ("0-19", 6),
    ("20-24", 14),
    ("25-29", 17),
    ("30-39", 22),
    ("40-49", 18),
    ("50-59", 12),
    ("60-66", 7),
    ("67+", 4),
];
const SOURCES: [&str; 5] = ["arbeid", "soshjelp", "trygd", "kvalstonad", "annet"];
/// Shares of the sources of income, by age.
const SOURCE_OF_AGE: [[u64; 5]; 8] = [
    [10, 60, 10, 5, 15],
    [25, 45, 12, 6, 12],
    [28, 40, 16, 6, 10],
    [26, 36, 22, 6, 10],
    [22, 32, 30, 6, 10],
    [18, 26, 40, 6, 10],
    [12, 16, 58, 4, 10],
    [6, 8, 74, 2, 10],
];
const FAMILIES: [&str; 3] = ["enslig", "par", "forsorger"];
/// Shares of the kinds of family, by age.
const FAMILY_OF_AGE: [[u64; 3]; 8] = [
    [80, 15, 5],
    [62, 20, 18],
    [48, 22, 30],
    [46, 20, 34],
    [52, 24, 24],
    [60, 28, 12],
    [66, 32, 2],
    [70, 29, 1],
];

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let persons = persons()?;
    for (name, formula, goal) in PROBLEMS {
        let specification = serde_json::json!({
            "schema": "sdc-case/1",
            "id": name,
            "measure": {"kind": "count", "var": null},
            "dimensions": {
                "region": ["kommune", "fylke", "kostragr"],
                "inntekt": ["inntekt"],
                "kjonn": ["kjonn"],
                "alder": ["alder"],
                "familie": ["familie"],
            },
            "tables": [{"name": name, "formula": formula}],
            "extend_zeros": true,
            "rule": {"type": "small_count", "max_n": 3},
        });
        let before = processor_seconds()?;
        let case =
            Case::new(Specification::parse(&specification.to_string())?, persons.as_bytes())?;
        let done = case::protect(&case)?;
        let seconds = processor_seconds()? - before;
        let report = done.report();
        println!(
            "{name}: {} cells over {} inner cells, {} primary, {} secondary: {seconds:.2} s (goal {goal} s), memory so far {} MB",
            report.cells,
            report.inner,
            report.primary,
            report.secondary,
            most_resident()? / 1_000,
        );
    }
    Ok(())
}

/// Splitmix64, so that every machine draws the same.
struct Draws(u64);

impl Draws {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        // Fifty-three random bits times a limit do not fit in 64.
        u64::try_from((u128::from(self.next() >> 11) * u128::from(limit)) >> 53).unwrap_or(0)
    }

    /// A place among weights.
    fn among(&mut self, weights: impl IntoIterator<Item = u64> + Clone) -> usize {
        let drawn = self.below(weights.clone().into_iter().sum());
        let ends = weights.into_iter().scan(0, |end, weight| {
            *end += weight;
            Some(*end)
        });
        ends.take_while(|end| drawn >= *end).count()
    }
}

/// A line for each person, with a header.
fn persons() -> Result<String> {
    let mut draws = Draws(SEED);
    let mut counties: Vec<u64> = (0..REGIONS).map(|_| draws.below(COUNTIES)).collect();
    let groups: Vec<u64> = (0..REGIONS)
        .map(|rank| (rank * GROUPS / REGIONS + draws.below(5)).saturating_sub(2).min(GROUPS - 1))
        .collect();
    // Every county occurs.
    counties.iter_mut().zip(0..COUNTIES).for_each(|(county, own)| *county = own);
    let ends: Vec<u64> = (0..REGIONS)
        .scan(0, |end, rank| {
            *end += 10_000_000 / (rank + 3);
            Some(*end)
        })
        .collect();
    let all = ends.last().copied().unwrap_or(0);
    let mut text = "kommune,fylke,kostragr,kjonn,alder,inntekt,familie\n".to_owned();
    let missing = || "a code is missing";
    for _ in 0..PERSONS {
        let place = draws.below(all);
        let region = ends.partition_point(|end| place >= *end);
        let sex = draws.among(SEXES.map(|(_, weight)| weight));
        let age = draws.among(AGES.map(|(_, weight)| weight));
        let source = draws.among(*SOURCE_OF_AGE.get(age).ok_or_else(missing)?);
        let family = draws.among(*FAMILY_OF_AGE.get(age).ok_or_else(missing)?);
        // The amount that follows is not counted here.
        for _ in 0..4 {
            let _ = draws.below(1_000);
        }
        writeln!(
            text,
            "{:04},F{:02},EKG{:02},{},{},{},{}",
            1_000 + 7 * region,
            counties.get(region).ok_or_else(missing)? + 1,
            groups.get(region).ok_or_else(missing)? + 1,
            SEXES.get(sex).ok_or_else(missing)?.0,
            AGES.get(age).ok_or_else(missing)?.0,
            SOURCES.get(source).ok_or_else(missing)?,
            FAMILIES.get(family).ok_or_else(missing)?,
        )?;
    }
    Ok(text)
}
