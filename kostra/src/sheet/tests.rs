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
fn what_is_no_record_file_has_a_sheet() {
    for form in Form::ALL {
        let has = !matches!(form, Form::F11 | Form::F11B | Form::F11C);
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

fn record(pairs: &[(&str, &str)]) -> Record {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[test]
fn accounts_are_a_record_a_kind_of_account_of_the_one_function() {
    let account = |function, kind, amount| {
        record(&[
            ("KOMMUNE_NR", "3107"),
            ("AAR", "2025"),
            ("FUNKSJON", function),
            ("ART", kind),
            ("BELOP", amount),
        ])
    };
    let sound = [account("281", "470", "81000000"), account("281", "520", "-1200")];
    assert_eq!(rules(Form::F0A, &sound), Vec::<&str>::new());
    for (function, kind, amount) in [
        ("242", "470", "1"),
        ("281", "47", "1"),
        ("281", "47x", "1"),
        ("281", "470", "1.5"),
        ("281", "470", "--1"),
        ("281", "470", "999999999999"),
    ] {
        assert_eq!(rules(Form::F0A, &[account(function, kind, amount)]), ["002"], "{amount}");
    }
    assert_eq!(rules(Form::F0A, &[sound[0].clone(), sound[0].clone()]), ["005B"]);
    // The accounts of Oslo are those of the whole municipality.
    let oslo = |bydel: Option<&str>| {
        let mut one = account("281", "470", "1");
        one.insert("KOMMUNE_NR".to_owned(), "0301".to_owned());
        one.extend(bydel.map(|bydel| ("BYDELSNR".to_owned(), bydel.to_owned())));
        let options = Options { sender: Some("0301".to_owned()), ..Options::default() };
        Sheet::of(Form::F0A).unwrap().check(2025, &[one], &options).accepted
    };
    assert!(oslo(None) && !oslo(Some("01")));
}

#[test]
fn a_month_holds_together_and_is_the_month_it_is_sent_as() {
    let month = |changes: &[(&str, &str)], month| {
        let clean = [
            ("KOMMUNE_NR", "3107"),
            ("AAR", "2025"),
            ("MAANED", "3"),
            ("MOTTAKERE", "812"),
            ("MED_BARN", "230"),
            ("HOVEDKILDE", "400"),
            ("UNDER_30", "301"),
            ("KRONER", "9100000"),
            ("KVP_DELTAKERE", "40"),
        ];
        let all: Vec<_> = clean.into_iter().chain(changes.iter().copied()).collect();
        let sheet = Sheet::of(Form::F11M).unwrap();
        let report = sheet.check_month((2025, Some(month)), &[record(&all)], &options());
        report.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    assert_eq!(month(&[], 3), Vec::<&str>::new());
    assert_eq!(month(&[], 4), ["004"]);
    for (field, control) in [("MED_BARN", "11M-1"), ("HOVEDKILDE", "11M-2"), ("UNDER_30", "11M-3")]
    {
        assert_eq!(month(&[(field, "813")], 3), [control]);
    }
    let nobody = [("MOTTAKERE", "0"), ("MED_BARN", "0"), ("HOVEDKILDE", "0"), ("UNDER_30", "0")];
    assert_eq!(month(&nobody, 3), ["11M-4"]);
    assert_eq!(month(&[("KRONER", "0")], 3), ["11M-5"]);
}

#[test]
fn an_extract_has_each_person_once_in_a_municipality_and_no_number_is_repeated_in_what_is_said() {
    let birth = chrono::NaiveDate::from_ymd_opt(1990, 5, 4).unwrap();
    let mut numbers = (0..500).filter_map(|of| crate::identity::synthetic(birth, of));
    let (one, other) = (numbers.next().unwrap(), numbers.next().unwrap());
    let line = |number: &str, kommune, end| {
        record(&[
            ("KOMMUNE_NR", kommune),
            ("AAR", "2017"),
            ("PERSON_FODSELSNR", number),
            ("STARTDATO", "2016-02-01"),
            ("SLUTTDATO", end),
            ("STONAD", "150000"),
        ])
    };
    let sheet = Sheet::of(Form::Nir).unwrap();
    let check = |records: &[Record], allow_synthetic| {
        let report = sheet.check(2017, records, &Options { allow_synthetic, ..Options::default() });
        let said = serde_json::to_string(&report).unwrap();
        assert!(!said.contains(&one) && !said.contains(&other), "{said}");
        report.findings.iter().map(|finding| finding.rule).collect::<Vec<_>>()
    };
    let sound =
        [line(&one, "0106", ""), line(&one, "0104", "2017-06-15"), line(&other, "0106", "")];
    assert_eq!(check(&sound, true), Vec::<&str>::new());
    assert_eq!(check(&sound, false), ["005", "005", "005"], "test persons");
    assert_eq!(check(&[sound[0].clone(), sound[0].clone()], true), ["005B"]);
    assert_eq!(check(&[line("", "0106", "")], true), ["005"]);
    assert_eq!(check(&[line(&one, "0106", "15.06.2017")], true), ["002"]);
    assert_eq!(check(&[line("01018000100", "0106", "")], true), ["005"], "nobody's own number");
}

#[test]
fn decimals_are_taken_with_a_comma_and_findings_are_quoted_to_the_sender() {
    let sheet = Sheet::of(Form::F7).unwrap();
    let record = |years: &str| -> Record {
        let all = [
            ("KOMMUNE_NR", "3107"),
            ("AAR", "2025"),
            ("ANSVARLIG", "Kari"),
            ("EPOST", "kari@example.no"),
            ("TELEFON", "1"),
            ("ARSVERK_OKRAD", years),
            ("SAKER_OKRAD", "9"),
        ];
        let all = all.iter();
        sheet.tidied(all.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    };
    assert_eq!(record("2,5")["ARSVERK_OKRAD"], "2.5");
    for right in ["2,5", "2.5", "2,50", "2"] {
        assert_eq!(sheet.check(2025, &[record(right)], &options()).findings, [], "{right}");
    }
    for wrong in ["1.000,5", "2,5,5", "1 000", ",5", "2,505"] {
        let records = [record("1"), record(wrong)];
        let report = sheet.check(2025, &records, &options());
        let finding = report.findings.iter().find(|one| one.line == Some(2)).unwrap();
        assert!(finding.text.nb.contains("2,5"), "{wrong}: {finding:?}");
        let quotes = Sheet::quotes(&records, &report.findings);
        assert_eq!(quotes.len(), report.findings.len());
        let at = report.findings.iter().position(|one| one.line == Some(2)).unwrap();
        assert_eq!(quotes[at].value(0), Some(records[1]["ARSVERK_OKRAD"].as_str()));
        assert_eq!(quotes[at].journal(), "");
    }
}
