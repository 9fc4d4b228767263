use super::*;
use crate::Form;

/// A line of a layout with some fields filled.
fn line(layout: &Layout, values: &[(&str, &str)]) -> String {
    let mut line = " ".repeat(layout.record_length);
    for (name, value) in values {
        let field = layout.field(name).unwrap();
        line.replace_range(field.start..field.start + value.len(), value);
    }
    line
}

fn derived(year: u16, values: &[(&str, &str)]) -> Derived {
    let layout = Layout::of(Form::F11, year).unwrap();
    let kommune = [("KOMMUNE_NR", "3107")];
    let line = line(layout, &[&kommune, values].concat());
    derive(layout, &Record::new(&line)).unwrap()
}

#[test]
fn the_region_is_the_kommune_and_in_oslo_the_bydel() {
    for (kommune, bydel, region) in [
        ("3107", "", Some("3107")),
        ("3107", "01", Some("3107")),
        ("0301", "05", Some("030105")),
        ("0301", "030105", Some("030105")),
        ("0301", "", Some("030199")),
        ("0301", "5", None),
        ("0301", "ab", None),
        ("31", "", None),
        ("31a7", "", None),
        ("", "", None),
    ] {
        let made = Region::new(kommune, bydel);
        assert_eq!(made.as_ref().map(Region::as_str), region, "{kommune} {bydel}");
    }
}

#[test]
fn the_number_gives_kind_and_age() {
    let made = derived(2025, &[("PERSON_FODSELSNR", "01840699478")]);
    assert_eq!((made.number_kind, made.age), (NumberKind::Synthetic, Some(19)));
    assert_eq!(made.age_group, "18-24");
    let made = derived(2025, &[("PERSON_FODSELSNR", "01018000200")]);
    assert_eq!((made.number_kind, made.age), (NumberKind::StandIn, Some(45)));
}

#[test]
fn the_stated_birth_date_is_used_where_the_number_gives_none() {
    let made = derived(2025, &[("PERSON_DUF", "201017238203"), ("FODSELSDATO", "15061990")]);
    assert_eq!((made.number_kind, made.age), (NumberKind::Duf, Some(35)));
    let both = [("PERSON_FODSELSNR", "01018000200"), ("FODSELSDATO", "15061990")];
    assert_eq!(derived(2025, &both).age, Some(45));
    let wrong = [("PERSON_FODSELSNR", "01018012345"), ("FODSELSDATO", "15061990")];
    assert_eq!(derived(2025, &wrong).age, Some(35));
    assert_eq!(derived(2024, &[("PERSON_DUF", "201017238203")]).age_group, "UOPPG");
}

#[test]
fn an_impossible_age_is_not_stated() {
    assert_eq!(derived(2025, &[("FODSELSDATO", "01011899")]).age, None);
    assert_eq!(derived(2025, &[("FODSELSDATO", "01011900")]).age, Some(125));
    assert_eq!(derived(2025, &[("FODSELSDATO", "01012026")]).age, None);
}

#[test]
fn a_record_without_any_number_is_missing_one() {
    let made = derived(2023, &[]);
    assert_eq!((made.number_kind, made.age, made.months), (NumberKind::Missing, None, 0));
    assert_eq!((made.age_group, made.month_span), ("UOPPG", "UOPPG"));
    assert_eq!(derived(2023, &[("PERSON_DUF", "201012345678")]).number_kind, NumberKind::Missing);
}

#[test]
fn months_count_only_where_the_field_holds_its_own_code() {
    let made = derived(2020, &[("STMND_1", "01"), ("STMND_2", "00"), ("STMND_12", "12")]);
    assert_eq!((made.months, made.month_span), (2, "01-05"));
    assert_eq!(derived(2025, &[("STMND_3", "04")]).months, 0);
}

#[test]
fn groups_meet_at_their_limits() {
    let groups = [0, 17, 18, 24, 25, 44, 45, 66, 67, 125].map(|age| age_group(Some(age)));
    let expected = ["00-17", "00-17", "18-24", "18-24", "25-44", "25-44", "45-66", "45-66"];
    assert_eq!(groups[..8], expected);
    assert_eq!(groups[8..], ["67+", "67+"]);
    let spans = [0, 1, 5, 6, 9, 10, 12, 13].map(month_span);
    let expected = ["UOPPG", "01-05", "01-05", "06-09", "06-09", "10-12", "10-12", "UOPPG"];
    assert_eq!(spans, expected);
}

#[test]
fn stand_ins_give_no_link() {
    let layout = Layout::of(Form::F11, 2025).unwrap();
    let deriver = Deriver::new(layout).unwrap();
    for (values, link) in [
        (vec![("PERSON_FODSELSNR", "01840699478")], Some("01840699478")),
        (vec![("PERSON_FODSELSNR", "01018000200"), ("PERSON_DUF", "201017238203")], None),
        (vec![("PERSON_DUF", "201017238203")], Some("201017238203")),
        (vec![("PERSON_DUF", "201012345678")], None),
        (vec![], None),
    ] {
        let line = line(layout, &values);
        let record = Record::new(&line);
        // It belongs to no region, so that its kind is not derived with the rest.
        let number = record.named(layout, "PERSON_FODSELSNR").unwrap();
        assert_eq!(deriver.link(&record, identity::classify(number)), link);
    }
}

#[test]
fn every_year_of_both_forms_can_be_derived() {
    for layout in Layout::all().iter().filter(|layout| layout.form != Form::F11B) {
        assert!(Deriver::new(layout).is_some(), "{} {}", layout.form, layout.year);
    }
    assert!(Deriver::new(Layout::of(Form::F11B, 2017).unwrap()).is_none());
}
