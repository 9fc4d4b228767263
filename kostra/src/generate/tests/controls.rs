//! The controls the files must pass: those of the checker, and those on contents, restated here.

use super::*;
use crate::{Checker, controls, regions::Division};

fn kommuner(year: u16) -> BTreeSet<String> {
    let division = Division::of(year).expect("a division");
    division.kommuner.iter().map(|kommune| kommune.code.clone()).collect()
}

/// What the checker says of what a sender, or everybody, has sent.
fn report(file: &File, sender: Option<&str>, lines: &[&str]) -> controls::Report {
    let options = controls::Options {
        sender: sender.map(str::to_owned),
        kommuner: Some(kommuner(file.year)),
        allow_synthetic: true,
        contents: true,
        ..controls::Options::default()
    };
    let mut checker = Checker::new(file.layout, options).expect("a checker");
    for (number, line) in (1..).zip(lines) {
        checker.check_line(number, line.as_bytes());
    }
    checker.finish()
}

#[test]
fn the_checker_finds_nothing_in_what_any_municipality_sends() {
    for (form, year, persons) in FILES {
        let file = File::of(form, year, persons);
        let mut by_sender: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for line in &file.lines {
            by_sender.entry(&line[..4]).or_default().push(line);
        }
        for (sender, lines) in by_sender {
            let report = report(&file, Some(sender), &lines);
            assert_eq!(report.findings, [], "{form} {year} {sender}");
        }
    }
}

#[test]
fn the_checker_refuses_nothing_in_a_full_national_file() {
    for (form, year) in [(Form::F11, 2023), (Form::F11, 2025), (Form::F11C, 2024)] {
        let file = File::with(form, year, &Options { seed: 1, ..Options::default() });
        let lines: Vec<_> = file.lines.iter().map(String::as_str).collect();
        let report = report(&file, None, &lines);
        assert!(report.accepted, "{form} {year} {:?}", report.findings);
    }
}

/// The first control on contents that a record of form 11 breaks, warnings among them.
fn broken_11(r: &BTreeMap<&str, &str>, year: u16) -> Option<&'static str> {
    let number = |name: &str| r[name].parse::<u64>().unwrap_or_default();
    let in_list = |name: &str, list: &str| list.split(' ').any(|code| code == r[name]);
    let age = u64::from(year) - birth_year(r, year);
    let parent = r["BU18"] == "1" && number("ANTBU18") > 0;
    let (source, benefit, work) = (r["VKLO"], r["TRYGDESIT"], r["ARBSIT"]);
    let has = |list: &str| list.split(' ').any(|code| code == work);
    let ticked = (1..=12).any(|m| r[format!("STMND_{m}").as_str()] == format!("{m:02}"));
    let months = ["JAN", "FEB", "MARS", "APRIL", "MAI", "JUNI", "JULI", "AUG", "SEPT", "OKT"];
    let sum = |what: &str| -> u64 {
        let months = months.iter().chain(&["NOV", "DES"]);
        months.map(|month| number(&format!("{what}_{month}"))).sum()
    };
    let conditions = r.iter().filter(|(name, value)| {
        name.starts_with("VILKAR")
            && !["VILKARSOSLOV", "VILKARSAMEKT"].contains(name)
            && !value.is_empty()
    });
    let total = number("BIDRAG") + number("LAAN");
    let binding = r["VILKARSOSLOV"] == "1";
    let rules = [
        ("006", (18..96).contains(&age)),
        ("008", in_list("KJONN", "1 2")),
        ("009", in_list("EKTSTAT", "1 2 3 4 5")),
        ("010-012", parent == (r["BU18"] == "1") && (parent || r["BU18"] == "2")),
        ("012", parent || number("ANTBU18") == 0),
        ("013", number("ANTBU18") < 14),
        ("014", in_list("VKLO", "1 2 3 4 5 6 7 8 9")),
        ("015", source != "1" || has("01 02")),
        ("016", source != "2" || has("03 05 06")),
        ("017", source != "4" || has("03")),
        ("018", source != "6" || has("09")),
        ("019", source != "8" || has("10")),
        ("020B", source != "3" || benefit != "12"),
        ("021", source != "5" || has("02 03 04 05 06 07 08")),
        ("022", in_list("TRYGDESIT", "01 02 04 05 06 07 09 10 11 12 13")),
        ("022", year >= 2024 || benefit != "13"),
        ("023A", benefit != "07" || age >= 62),
        ("023B", benefit != "05" || parent),
        ("023C", benefit != "13" || parent),
        ("024", !["04", "07"].contains(&benefit) || has("02 03 04 05 06 07")),
        ("024B", source != "3" || benefit != "11" || work != "08"),
        ("025", has("01 02 03 04 05 06 07 08 09 10")),
        ("026", ticked),
        ("027-031", total > 200 && total <= 1_000_000),
        ("032-033", in_list("GITT_OKONOMIRAD", "1 2") && in_list("FAAT_INDIVIDUELL_PLAN", "1 2")),
        ("035", in_list("BOSIT", "1 2 3 4 5 6")),
        ("036", sum("BIDRAG") == number("BIDRAG")),
        ("037", sum("LAAN") == number("LAAN")),
        ("039-040", in_list("VILKARSOSLOV", "1 2") && in_list("VILKARSAMEKT", "1 2")),
        ("041-042", !binding || (!r["UTBETDATO"].is_empty() && !r["UTBETTOMDATO"].is_empty())),
        ("043", (conditions.count() > 0) == binding),
    ];
    rules.into_iter().find(|(_, holds)| !holds).map(|(rule, _)| rule)
}

fn birth_year(record: &BTreeMap<&str, &str>, year: u16) -> u64 {
    use chrono::Datelike;
    let birth = identity::birth_date(record["PERSON_FODSELSNR"], year).expect("a birth date");
    u64::try_from(birth.year()).expect("a year")
}

#[test]
fn social_assistance_records_pass_every_control_on_contents() {
    for (_, year, persons) in FILES.into_iter().filter(|(form, ..)| *form == Form::F11) {
        let file = File::of(Form::F11, year, persons);
        for record in file.records() {
            assert_eq!(broken_11(&record, file.year), None, "{year} {record:?}");
        }
    }
}

/// The first control on contents that a record of form 11C breaks, warnings among them.
fn broken_11c(
    r: &BTreeMap<&str, &str>,
    year: u16,
    dates: impl Fn(&str) -> chrono::NaiveDate,
) -> Option<&'static str> {
    use chrono::Datelike;
    let any = |names: &[&str]| names.iter().any(|name| !r[*name].is_empty());
    let age = u64::from(year) - birth_year(r, year);
    let within = |name| {
        let years = i32::from(year) - dates(name).year();
        (0..=4).contains(&years)
    };
    let parent = r["BU18"] == "1";
    let children: u32 = r["ANTBU18"].parse().unwrap_or_default();
    let beside = any(&[
        "KVP_MED_KOMMBOS",
        "KVP_MED_HUSBANKBOS",
        "KVP_MED_SOSHJ_ENGANG",
        "KVP_MED_SOSHJ_PGM",
        "KVP_MED_SOSHJ_SUP",
    ]);
    let afterwards = r.iter().any(|(name, value)| {
        name.starts_with("AVSL_")
            && !["AVSL_DATO", "AVSL_VIKTIGSTE_INNTEKT"].contains(name)
            && !value.is_empty()
    });
    let ticked = (1..=12).any(|m| r[format!("STMND_{m}").as_str()] == format!("{m:02}"));
    let amount: u32 = r["KVP_STONAD"].parse().unwrap_or_default();
    let status = r["STATUS"];
    let ended = ["3", "4", "5", "7"].contains(&status);
    let from = r["KOMMNR_KVP_KOMM"];
    let rules = [
        ("006-007", (18..=68).contains(&age)),
        ("010-013", parent == (children > 0) && children < 14),
        ("014-016", ["REG_DATO", "VEDTAK_DATO", "BEGYNT_DATO"].into_iter().all(within)),
        ("order", dates("REG_DATO") <= dates("VEDTAK_DATO")),
        ("order", dates("VEDTAK_DATO") <= dates("BEGYNT_DATO")),
        ("019", ["1", "2"].contains(&r["KVP_KOMM"])),
        ("020", (r["KVP_KOMM"] == "1") == kommuner(year).contains(from)),
        ("021", r["YTELSE_SOSHJELP"].is_empty() == r["YTELSE_TYPE_SOSHJ"].is_empty()),
        ("026-027", r["KVP_MED_ASTONAD"] == if beside { "1" } else { "2" }),
        ("028", ticked),
        ("029-032", amount > 0 && amount <= 600_000),
        ("036", ["1", "2", "3", "4", "5", "6", "7"].contains(&status)),
        ("036", status != "6" || r["KOMMUNE_NR"] == "0301"),
        ("037", !ended || i32::from(year) == dates("AVSL_DATO").year()),
        ("037", !ended || dates("AVSL_DATO") >= dates("BEGYNT_DATO")),
        ("038", !["3", "7"].contains(&status) || afterwards),
        ("039", status != "3" || !r["AVSL_VIKTIGSTE_INNTEKT"].is_empty()),
    ];
    rules.into_iter().find(|(_, holds)| !holds).map(|(rule, _)| rule)
}

#[test]
fn programme_records_pass_every_control_on_contents() {
    for (_, year, persons) in FILES.into_iter().filter(|(form, ..)| *form == Form::F11C) {
        let file = File::of(Form::F11C, year, persons);
        for record in file.records() {
            let date = |name: &str| {
                let field = file.layout.field(name).expect("a field");
                let crate::FieldKind::Date(format) = field.kind else { panic!("{name}") };
                format.parse(record[name]).expect("a date")
            };
            assert_eq!(broken_11c(&record, year, date), None, "{year} {record:?}");
        }
    }
}

#[test]
fn every_code_is_in_the_list_of_its_year() {
    for (form, year, persons) in FILES {
        let file = File::of(form, year, persons);
        for record in file.records() {
            for field in file.layout.fields.iter().filter(|field| !field.codes.is_empty()) {
                let value = record[field.name.as_str()];
                assert!(value.is_empty() || field.has_code(value), "{year} {}", field.name);
            }
        }
    }
}
