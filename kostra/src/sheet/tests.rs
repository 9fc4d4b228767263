use super::*;

fn options() -> Options {
    Options { sender: Some("3107".to_owned()), ..Options::default() }
}

fn housing(changes: &[(&str, &str)]) -> Record {
    let clean = [
        ("KOMMUNE_NR", "3107"),
        ("AAR", "2025"),
        ("EIDE", "900"),
        ("INNLEIDE", "80"),
        ("PRIVATE", "20"),
        ("DISPONERTE", "1000"),
        ("TILGJENGELIGE", "480"),
        ("SOKNADER", "310"),
        ("VENTELISTE", "45"),
        ("MIDLERTIDIGE", "60"),
        ("NATTHJEM", "0"),
    ];
    let all = clean.iter().chain(changes);
    all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn rules(form: Form, records: &[Record]) -> Vec<&'static str> {
    let report = Sheet::of(form).unwrap().check(2025, records, &options());
    report.findings.iter().map(|finding| finding.rule).collect()
}

#[test]
fn every_form_of_a_municipality_has_a_sheet_and_the_others_none() {
    for form in Form::ALL {
        let has = matches!(form, Form::F7 | Form::F7B | Form::F12 | Form::F13);
        assert_eq!(Sheet::of(form).is_some(), has, "{form}");
    }
}

#[test]
fn housing_is_controlled_field_by_field_and_against_itself() {
    for (changes, expected) in [
        (&[][..], &[][..]),
        (&[("EIDE", "")], &["002"]),
        (&[("EIDE", "nine")], &["002"]),
        (&[("EIDE", "-9")], &["002"]),
        (&[("EIDE", "900.5")], &["002", "13-1"]),
        (&[("DISPONERTE", "1001")], &["13-1"]),
        (&[("TILGJENGELIGE", "1001")], &["13-2"]),
        (&[("KOMMUNE_NR", "3105")], &["003K"]),
        (&[("AAR", "2024")], &["004"]),
        (&[("BYDELSNR", "01")], &["003B"]),
        (&[("UKJENT", "1")], &["002"]),
        (&[("SOKNADER", "99999999")], &["002"]),
    ] {
        assert_eq!(rules(Form::F13, &[housing(changes)]), expected, "{changes:?}");
    }
    assert_eq!(rules(Form::F13, &[housing(&[]), housing(&[])]), ["005B"]);
    assert_eq!(rules(Form::F13, &[]), ["000"]);
    let high = Sheet::of(Form::F13).unwrap();
    let high = high.check(2025, &[housing(&[("SOKNADER", "99999999")])], &options());
    assert!(high.accepted, "a warning lets it through");
}

#[test]
fn oslo_sends_a_record_for_each_bydel() {
    let oslo = |bydel| housing(&[("KOMMUNE_NR", "0301"), ("BYDELSNR", bydel)]);
    let sheet = Sheet::of(Form::F13).unwrap();
    let options = Options { sender: Some("0301".to_owned()), ..Options::default() };
    assert_eq!(sheet.check(2025, &[oslo("01"), oslo("15")], &options).findings, []);
    for wrong in ["", "16"] {
        assert!(!sheet.check(2025, &[oslo(wrong)], &options).accepted);
    }
}

#[test]
fn the_other_forms_ask_what_is_known_of_them() {
    let record = |pairs: &[(&str, &str)]| -> Record {
        let all = [("KOMMUNE_NR", "3107"), ("AAR", "2025")];
        let all = all.iter().chain(pairs);
        all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    let contact = [("ANSVARLIG", "Kari"), ("EPOST", "k@k.no"), ("TELEFON", "1")];
    assert_eq!(rules(Form::F7B, &[record(&contact)]), Vec::<&str>::new());
    assert_eq!(rules(Form::F7B, &[record(&contact[..2])]), ["002"]);
    let advice = |years, cases| {
        let mut all = contact.to_vec();
        all.extend([("ARSVERK_OKRAD", years), ("SAKER_OKRAD", cases)]);
        rules(Form::F7, &[record(&all)])
    };
    assert_eq!(advice("2.5", "120"), Vec::<&str>::new());
    assert_eq!(advice("0", "120"), ["7-1"]);
    assert_eq!(advice("2.555", "120"), ["002"]);
    let rates = |alone, couple, outside| {
        rules(
            Form::F12,
            &[record(&[
                ("SATS_ENSLIG", alone),
                ("SATS_PAR", couple),
                ("BARNETRYGD_UTENFOR", outside),
                ("KONTANTSTOTTE_UTENFOR", "2"),
                ("BARNS_INNTEKT_UTENFOR", "1"),
            ])],
        )
    };
    assert_eq!(rates("7500", "12500", "1"), Vec::<&str>::new());
    assert_eq!(rates("12500", "7500", "1"), ["12-1"]);
    assert_eq!(rates("7500", "12500", "3"), ["002"]);
}
