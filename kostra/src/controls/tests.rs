use chrono::NaiveDate;

use super::*;
use crate::{
    identity::{Sex, stand_in, synthetic},
    layout::{FieldKind, Layout},
};

mod contents;
mod every;
mod fields;
mod files;
mod introduction;
mod mutations;
mod words;

/// A line under construction.
#[derive(Clone)]
struct Sample {
    layout: &'static Layout,
    line: String,
}

impl Sample {
    /// A record without faults; its numbers differ by `index`.
    fn new(form: Form, year: u16, index: u16) -> Self {
        let layout = Layout::of(form, year).unwrap();
        let mut sample = Self { layout, line: " ".repeat(layout.record_length) };
        for field in layout.fields.iter().filter(|field| field.mandatory) {
            let code = field.codes.first().map(|code| code.code.clone());
            let value = match field.kind {
                FieldKind::Integer => "1".to_owned(),
                FieldKind::Date(format) => {
                    format.write(NaiveDate::from_ymd_opt(i32::from(year), 3, 1).unwrap())
                }
                FieldKind::Text => code.unwrap_or_else(|| "7".to_owned()),
            };
            sample = sample.with(&field.name, &value);
        }
        let born = NaiveDate::from_ymd_opt(1984, 5, 6).unwrap();
        let number = (0..500).filter_map(|n| synthetic(born, n)).nth(index.into()).unwrap();
        let sample = sample
            .with("KOMMUNE_NR", "3107")
            .with("VERSION", &format!("{:02}", year % 100))
            .with("PERSON_FODSELSNR", &number)
            .with("PERSON_JOURNALNR", &format!("J{index}"))
            .with("KJONN", "2");
        match form {
            Form::F11C => sample.with("STATUS", "1"),
            _ => sample.with("VKLO", "5").with("STMND_2", "02"),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        let field = self.layout.field(name).unwrap();
        let value = format!("{value:width$}", width = field.length);
        self.line.replace_range(field.range(), &value);
        self
    }
}

fn options() -> Options {
    Options { allow_synthetic: true, ..Options::default() }
}

/// Checks samples as a file of the first one's layout.
fn check(samples: &[Sample], options: Options) -> Report {
    let layout = samples[0].layout;
    let mut checker = Checker::new(layout, options).unwrap();
    for (sample, number) in samples.iter().zip(1..) {
        checker.check_line(number, sample.line.as_bytes());
    }
    checker.finish()
}

/// The rules and lines of what was found.
fn found(samples: &[Sample]) -> Vec<(&'static str, Option<u64>)> {
    let report = check(samples, options());
    assert_eq!(report.accepted, report.findings.is_empty());
    report.findings.into_iter().map(|finding| (finding.rule, finding.line)).collect()
}

/// The rules one changed record of a year breaks.
fn broken(form: Form, year: u16, changes: &[(&str, &str)]) -> Vec<&'static str> {
    let start = Sample::new(form, year, 0);
    let sample = changes.iter().fold(start, |sample, (name, value)| sample.with(name, value));
    found(&[sample]).into_iter().map(|(rule, _)| rule).collect()
}

fn form_11(year: u16, changes: &[(&str, &str)]) -> Vec<&'static str> {
    broken(Form::F11, year, changes)
}

fn form_11c(year: u16, changes: &[(&str, &str)]) -> Vec<&'static str> {
    broken(Form::F11C, year, changes)
}

#[test]
fn a_record_without_faults_passes_in_every_year() {
    for form in [Form::F11, Form::F11C] {
        for year in 2020..=2026 {
            assert!(broken(form, year, &[]).is_empty(), "{form} {year}");
        }
    }
}

#[test]
fn control_003_knows_the_municipalities_of_the_year() {
    for kommune in ["310", "31A7"] {
        assert_eq!(form_11(2025, &[("KOMMUNE_NR", kommune)]), ["003"]);
    }
    let known = Some(BTreeSet::from(["3107".to_owned()]));
    let with = |kommune| {
        let sample = Sample::new(Form::F11, 2025, 0).with("KOMMUNE_NR", kommune);
        check(&[sample], Options { kommuner: known.clone(), ..options() })
    };
    assert!(with("3107").accepted);
    assert_eq!(with("3199").findings[0].rule, "003");
}

#[test]
fn control_003k_compares_with_the_sender() {
    let sample = [Sample::new(Form::F11, 2025, 0)];
    let sent_by = |sender: &str| Options { sender: Some(sender.into()), ..options() };
    assert!(check(&sample, sent_by("3107")).accepted);
    let report = check(&sample, sent_by("3101"));
    assert_eq!(report.findings[0].rule, "003K");
    assert_eq!(report.findings[0].fields, ["KOMMUNE_NR"]);
}

#[test]
fn control_003b_wants_a_bydel_in_oslo_only() {
    for form in [Form::F11, Form::F11C] {
        for year in [2020, 2023, 2025] {
            let bydel = |kommune, bydel| {
                broken(form, year, &[("KOMMUNE_NR", kommune), ("BYDELSNR", bydel)])
            };
            for right in [("0301", "01"), ("0301", "15"), ("3107", "")] {
                assert!(bydel(right.0, right.1).is_empty(), "{form} {year} {right:?}");
            }
            for wrong in
                [("0301", ""), ("0301", "00"), ("0301", "16"), ("0301", "1"), ("3107", "01")]
            {
                assert_eq!(bydel(wrong.0, wrong.1), ["003B"], "{form} {year} {wrong:?}");
            }
        }
    }
}

#[test]
fn control_004_wants_the_reporting_year() {
    for wrong in ["", "24", "26", "00", "5", "xx"] {
        assert_eq!(form_11(2025, &[("VERSION", wrong)]), ["004"], "{wrong}");
        assert_eq!(form_11c(2025, &[("VERSION", wrong)]), ["004"], "{wrong}");
    }
}

#[test]
fn control_004a_wants_a_real_birth_date_from_2025() {
    for wrong in ["", "00000000", "30022000", "010280", "1 022000"] {
        assert_eq!(form_11(2025, &[("FODSELSDATO", wrong)]), ["004A"], "{wrong}");
        assert_eq!(form_11c(2026, &[("FODSELSDATO", wrong)]), ["004A"], "{wrong}");
    }
    assert!(form_11(2025, &[("FODSELSDATO", "29022000")]).is_empty());
}

#[test]
fn control_005_wants_a_valid_number_in_the_wide_sense() {
    let born = NaiveDate::from_ymd_opt(1990, 2, 28).unwrap();
    let (man, woman) = (stand_in(born, Sex::Man), stand_in(born, Sex::Woman));
    for right in ["01840699478", &man, &woman, "05012999999"] {
        assert!(form_11(2025, &[("PERSON_FODSELSNR", right)]).is_empty(), "{right}");
        assert!(form_11c(2025, &[("PERSON_FODSELSNR", right)]).is_empty(), "{right}");
    }
    for wrong in ["", "01840612345", "30029000100", "0184069947", "280290 0100"] {
        assert_eq!(form_11(2025, &[("PERSON_FODSELSNR", wrong)]), ["005"], "{wrong}");
        assert_eq!(form_11c(2025, &[("PERSON_FODSELSNR", wrong)]), ["005"], "{wrong}");
    }
}

#[test]
fn control_005_takes_a_duf_number_where_there_is_no_other() {
    let duf = |number, duf| form_11(2023, &[("PERSON_FODSELSNR", number), ("PERSON_DUF", duf)]);
    assert!(duf("", "201017238203").is_empty());
    assert_eq!(duf("", "201012345678"), ["005"]);
    assert_eq!(duf("01840612345", "201017238203"), ["005"]);
    assert!(duf("01840699478", "201012345678").is_empty());
}

#[test]
fn control_005t_refuses_test_persons_unless_they_are_expected() {
    let sample = [Sample::new(Form::F11, 2025, 0)];
    let report = check(&sample, Options::default());
    assert_eq!(report.findings[0].rule, "005T");
    assert!(!report.accepted);
}

#[test]
fn control_005a_finds_the_same_person_in_one_municipality() {
    let first = Sample::new(Form::F11, 2025, 0);
    let again = first.clone().with("PERSON_JOURNALNR", "X");
    let other = Sample::new(Form::F11, 2025, 1);
    let file = [first.clone(), other, again.clone()];
    assert_eq!(found(&file), [("005A", Some(3))]);
    let report = check(&file, options());
    assert!(report.findings[0].text.en.contains("line 1"));
    assert!(found(&[first, again.with("KOMMUNE_NR", "3101")]).is_empty());
}

#[test]
fn control_005a_leaves_stand_ins_out_in_form_11() {
    let stand_in =
        |index| Sample::new(Form::F11, 2025, index).with("PERSON_FODSELSNR", "28029000100");
    assert!(found(&[stand_in(0), stand_in(1)]).is_empty());
}

#[test]
fn control_005a_and_005b_look_within_each_bydel_in_form_11() {
    let oslo =
        |bydel| Sample::new(Form::F11, 2025, 0).with("KOMMUNE_NR", "0301").with("BYDELSNR", bydel);
    assert!(found(&[oslo("01"), oslo("02")]).is_empty());
    assert_eq!(found(&[oslo("01"), oslo("01")]), [("005A", Some(2)), ("005B", Some(2))]);
}

#[test]
fn control_005a_in_the_programme_is_person_and_status_outside_oslo() {
    let person = |journal, status| {
        Sample::new(Form::F11C, 2025, 0).with("PERSON_JOURNALNR", journal).with("STATUS", status)
    };
    assert!(found(&[person("A", "1"), person("B", "2")]).is_empty());
    assert_eq!(found(&[person("A", "1"), person("B", "1")]), [("005A", Some(2))]);
    let oslo = |journal| person(journal, "1").with("KOMMUNE_NR", "0301").with("BYDELSNR", "04");
    assert!(found(&[oslo("A"), oslo("A")]).is_empty());
}

#[test]
fn control_005b_finds_the_same_journal_number_in_one_municipality() {
    for form in [Form::F11, Form::F11C] {
        let record = |index| Sample::new(form, 2025, index).with("PERSON_JOURNALNR", " 12-3");
        let elsewhere = record(1).with("KOMMUNE_NR", "3101");
        assert_eq!(found(&[record(0), elsewhere, record(2)]), [("005B", Some(3))]);
    }
    let blank = |index| Sample::new(Form::F11, 2023, index).with("PERSON_JOURNALNR", "");
    assert!(found(&[blank(0), blank(1)]).is_empty());
}
