//! The published figures the files aim at.

use super::*;

fn number(text: &str) -> u64 {
    if text.is_empty() { 0 } else { text.parse().expect("a number") }
}

/// The months ticked in a record.
fn months(record: &BTreeMap<&str, &str>) -> u64 {
    (1..=12).filter(|month| !record[format!("STMND_{month}").as_str()].is_empty()).count() as u64
}

/// Whether `found` is within so many percent of `aim`.
fn is_near(found: f64, aim: f64, percent: f64) -> bool {
    (found / aim - 1.0).abs() * 100.0 <= percent
}

#[test]
fn social_assistance_follows_the_figures_of_2019() {
    for year in [2023, 2024, 2025] {
        let file = File::of(Form::F11, year, 10_000);
        let (mut main, mut ticked, mut kroner, mut parents) = (0, 0, 0, 0);
        for record in file.records() {
            main += u64::from(record["VKLO"] == "5");
            parents += u64::from(record["BU18"] == "1");
            ticked += months(&record);
            kroner += number(record["BIDRAG"]) + number(record["LAAN"]);
        }
        let records = file.lines.len() as f64;
        let share = main as f64 / records;
        assert!(is_near(share, 53_294.0 / 129_894.0, 4.0), "main income {year}: {share}");
        let length = ticked as f64 / records;
        assert!(is_near(length, 5.533, 4.0), "months {year}: {length}");
        let a_month = kroner as f64 / ticked as f64;
        assert!(is_near(a_month, 9_718.0, 4.0), "kroner a month {year}: {a_month}");
        let each = kroner as f64 / records;
        assert!(is_near(each, 6_983_800_000.0 / 129_894.0, 5.0), "kroner {year}: {each}");
        let parents = parents as f64 / records;
        assert!((0.24..0.36).contains(&parents), "parents {year}: {parents}");
    }
}

#[test]
fn the_programme_follows_the_figures_of_2022() {
    let file = File::of(Form::F11C, 2024, 5_000);
    let count = |wanted: &[&str]| {
        file.records().filter(|record| wanted.contains(&record["STATUS"])).count() as f64
    };
    let all = file.lines.len() as f64;
    let (still, completed) = (count(&["1", "2"]) / all, count(&["3"]) / all);
    assert!(is_near(still, 0.68, 5.0), "{still}");
    assert!(is_near(completed, 0.23, 10.0), "{completed}");
    let done = file.records().filter(|record| record["STATUS"] == "3");
    let women = done.filter(|record| record["KJONN"] == "2").count() as f64 / count(&["3"]);
    assert!(is_near(women, 0.54, 10.0), "{women}");
}

#[test]
fn a_full_year_has_the_national_number_of_persons() {
    for (form, full) in [(Form::F11, RECIPIENTS), (Form::F11C, PARTICIPANTS)] {
        let mut nowhere = std::io::sink();
        let summary = write(form, 2024, &Options::default(), &mut nowhere, |_| {}).expect("a file");
        assert!(is_near(summary.persons as f64, full as f64, 1.0), "{form}: {summary:?}");
        assert!(summary.records > summary.persons);
        assert!(summary.municipalities > 300, "{form}: {summary:?}");
    }
}

#[test]
fn records_are_spread_as_people_are_and_small_municipalities_have_few() {
    let options = Options::default();
    let file = File::with(Form::F11, 2024, &options);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for record in file.records() {
        *counts.entry(record["KOMMUNE_NR"].to_owned()).or_default() += 1;
    }
    let oslo = counts["0301"] as f64 / file.lines.len() as f64;
    assert!(is_near(oslo, 584_622.0 / 4_436_234.0, 25.0), "{oslo}");
    let small = counts.values().filter(|count| **count < 30).count();
    assert!((5..60).contains(&small), "{small}");
    assert!(*counts.get("1151").unwrap_or(&0) < 20);
}
