#![expect(
    clippy::cast_precision_loss,
    reason = "shares of counts far below what f64 holds exactly"
)]

mod controls;
mod figures;

use super::*;
use crate::{Record, identity};
use std::collections::{BTreeMap, BTreeSet};

/// A file's records, read back by the layout.
struct File {
    year: u16,
    layout: &'static Layout,
    lines: Vec<String>,
    summary: Summary,
}

impl File {
    fn of(form: Form, year: u16, persons: u64) -> Self {
        Self::with(form, year, &Options { seed: 7, persons: Some(persons), sender: None })
    }

    fn with(form: Form, year: u16, options: &Options) -> Self {
        let mut bytes = Vec::new();
        let summary = write(form, year, options, &mut bytes, |_| {}).expect("a file");
        assert_eq!(summary.bytes, bytes.len() as u64);
        let text = String::from_utf8(bytes).expect("text");
        assert!(text.is_ascii() && text.ends_with('\n') && !text.contains('\r'));
        let lines = text.lines().map(str::to_owned).collect();
        Self { year, layout: Layout::of(form, year).expect("a layout"), lines, summary }
    }

    /// Each record as its trimmed values by field name.
    fn records(&self) -> impl Iterator<Item = BTreeMap<&str, &str>> {
        self.lines.iter().map(|line| {
            let fields = self.layout.fields.iter();
            fields.map(|field| (field.name.as_str(), line[field.range()].trim())).collect()
        })
    }

    /// The numbers that stand for one person.
    fn numbers(&self) -> BTreeSet<String> {
        let numbers = self.records().map(|record| record["PERSON_FODSELSNR"].to_owned());
        numbers.filter(|number| !identity::has_stand_in_ending(number)).collect()
    }
}

const FILES: [(Form, u16, u64); 8] = [
    (Form::F11, 2023, 6_000),
    (Form::F11, 2024, 6_000),
    (Form::F11, 2025, 6_000),
    (Form::F11, 2026, 6_000),
    (Form::F11C, 2023, 2_500),
    (Form::F11C, 2024, 2_500),
    (Form::F11C, 2025, 2_500),
    (Form::F11C, 2026, 2_500),
];

#[test]
fn a_seed_gives_the_same_bytes_and_another_seed_others() {
    let lines = |seed| {
        let options = Options { seed, persons: Some(500), sender: None };
        File::with(Form::F11, 2024, &options).lines
    };
    assert_eq!(lines(1), lines(1));
    assert_ne!(lines(1), lines(2));
}

#[test]
fn every_line_has_the_length_of_its_layout() {
    for (form, year, persons) in FILES {
        let file = File::of(form, year, persons);
        assert!(file.lines.iter().all(|line| line.len() == file.layout.record_length));
        assert_eq!(file.summary.records, file.lines.len() as u64);
        let off = file.summary.persons.abs_diff(persons);
        assert!(off * 20 <= persons, "{form} {year}: {}", file.summary.persons);
    }
}

#[test]
fn what_is_written_is_read_back_at_the_positions_of_the_layout() {
    let file = File::of(Form::F11, 2025, 2_000);
    for (line, values) in file.lines.iter().zip(file.records()) {
        let record = Record::new(line);
        for field in &file.layout.fields {
            assert_eq!(record.value(field), values[field.name.as_str()]);
        }
        assert_eq!(values["VERSION"], "25");
        let birth = identity::birth_date(values["PERSON_FODSELSNR"], 2025).expect("a birth date");
        assert_eq!(birth.format("%d%m%Y").to_string(), values["FODSELSDATO"]);
    }
}

#[test]
fn only_synthetic_numbers_and_stand_ins_are_made() {
    let file = File::of(Form::F11, 2024, 10_000);
    let mut stand_ins = 0;
    for record in file.records() {
        match identity::classify(record["PERSON_FODSELSNR"]) {
            identity::NumberKind::Synthetic => {}
            identity::NumberKind::StandIn => stand_ins += 1,
            other => panic!("{other:?}"),
        }
        let duf = record["PERSON_DUF"];
        assert!(duf.is_empty() || (identity::is_valid_duf(duf) && &duf[4..5] == "9"));
    }
    let share = f64::from(stand_ins) / file.lines.len() as f64;
    assert!((0.006..0.014).contains(&share), "{share}");
}

#[test]
fn no_two_persons_share_a_number() {
    let file = File::of(Form::F11, 2025, 20_000);
    let numbers = file.records().map(|record| record["PERSON_FODSELSNR"]);
    let stand_ins = numbers.filter(|number| identity::has_stand_in_ending(number)).count();
    let persons = file.summary.persons - stand_ins as u64;
    // Stand-ins of persons in two municipalities are counted twice above.
    assert!((file.numbers().len() as u64).abs_diff(persons) <= 10);
}

#[test]
fn about_55_percent_are_found_again_with_the_same_number() {
    let [first, second] = [2024, 2025].map(|year| File::of(Form::F11, year, 8_000).numbers());
    let share = first.intersection(&second).count() as f64 / first.len() as f64;
    assert!((0.53..0.57).contains(&share), "{share}");
}

#[test]
fn most_participants_of_the_programme_receive_social_assistance_too() {
    let assistance = File::of(Form::F11, 2024, 26_000).numbers();
    let programme = File::of(Form::F11C, 2024, 1_000).numbers();
    let share = programme.intersection(&assistance).count() as f64 / programme.len() as f64;
    assert!((0.6..0.8).contains(&share), "{share}");
}

#[test]
fn some_persons_are_found_in_two_municipalities_but_none_twice_in_one() {
    let file = File::of(Form::F11, 2024, 20_000);
    let mut places: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for record in file.records() {
        let number = record["PERSON_FODSELSNR"].to_owned();
        if !identity::has_stand_in_ending(&number) {
            places.entry(number).or_default().push(record["KOMMUNE_NR"].to_owned());
        }
    }
    let twice: Vec<_> = places.values().filter(|places| places.len() > 1).collect();
    assert!((60..400).contains(&twice.len()), "{}", twice.len());
    assert!(twice.iter().all(|places| places.len() == 2 && places[0] != places[1]));
}

#[test]
fn one_municipality_sends_what_it_has_in_the_national_file() {
    let options = Options { seed: 7, persons: Some(6_000), sender: Some("3107".to_owned()) };
    let own = File::with(Form::F11, 2024, &options);
    let national = File::of(Form::F11, 2024, 6_000);
    let there: Vec<_> = national.lines.iter().filter(|line| line.starts_with("3107")).collect();
    assert!(!there.is_empty());
    assert_eq!(own.lines.iter().collect::<Vec<_>>(), there);
}

#[test]
fn forms_and_years_without_person_records_are_refused() {
    for (form, year) in [(Form::F11, 2016), (Form::F12, 2024), (Form::F11B, 2017)] {
        let refused = write(form, year, &Options::default(), &mut Vec::new(), |_| {});
        assert!(matches!(refused, Err(Error::NoRecords { .. })), "{form} {year}");
    }
}

#[test]
fn progress_reaches_the_number_of_records() {
    let (mut told, mut last) = (0, 0);
    let options = Options { persons: Some(3_000), ..Options::default() };
    let summary = write(Form::F11, 2024, &options, &mut std::io::sink(), |records| {
        assert!(records >= last);
        (told, last) = (told + 1, records);
    });
    assert_eq!(last, summary.expect("a file").records);
    assert!(told >= 3);
}

#[test]
#[ignore = "a measurement"]
fn a_national_file_is_written_in_less_than_a_second() {
    for (form, year) in [(Form::F11, 2024), (Form::F11C, 2024)] {
        let start = std::time::Instant::now();
        let mut bytes = Vec::new();
        let summary = write(form, year, &Options::default(), &mut bytes, |_| {}).expect("a file");
        println!("{form} {year}: {summary:?} in {:?}", start.elapsed());
        assert!(start.elapsed().as_secs_f64() < 1.0);
    }
}
