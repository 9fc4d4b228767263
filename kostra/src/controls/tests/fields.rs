//! Control 002 and those that demand a code in every year.

use super::*;

#[test]
fn a_mandatory_field_may_not_be_blank_from_2025() {
    let layout = Layout::of(Form::F11, 2025).unwrap();
    let own = ["KOMMUNE_NR", "VERSION", "FODSELSDATO"];
    for field in layout.fields.iter().filter(|field| field.mandatory) {
        let rules = form_11(2025, &[(&field.name, "")]);
        if !own.contains(&field.name.as_str()) {
            assert_eq!(rules, ["002"], "{}", field.name);
        }
        assert_eq!(rules.len(), 1, "{}", field.name);
    }
}

#[test]
fn a_finding_names_field_and_codes_in_both_languages() {
    let report = check(&[Sample::new(Form::F11, 2025, 0).with("BOSIT", "8")], options());
    let finding = &report.findings[0];
    assert_eq!((finding.rule, finding.severity), ("002", Severity::Error));
    assert_eq!(finding.fields, ["BOSIT"]);
    assert!(finding.text.nb.starts_with("Feltet «Bosituasjon» (BOSIT) har ikke en gyldig kode."));
    assert!(finding.text.en.contains("4 (Without dwelling)"), "{}", finding.text.en);
}

#[test]
fn fields_hold_numbers_dates_and_codes() {
    for (field, wrong) in [
        ("BIDRAG", "12.5"),
        ("BIDRAG", "1 000"),
        ("LAAN_JAN", "x"),
        ("LAAN_JAN", "-"),
        ("UTBETDATO", "31022025"),
        ("UTBETDATO", "010225"),
        ("UTBETDATO", "00000000"),
        ("KJONN", "3"),
        ("VKLO", "0"),
        ("TRYGDESIT", "3"),
        ("TRYGDESIT", "03"),
        ("STMND_1", "02"),
        ("STMND_1", "00"),
        ("STMND_1", "1"),
        ("VILKARANNET", "99"),
    ] {
        assert_eq!(form_11(2025, &[(field, wrong)]), ["002"], "{field} {wrong}");
    }
    for (field, right) in [
        ("BIDRAG", "  12000"),
        ("BIDRAG", "0012000"),
        ("LAAN_JAN", "-200"),
        ("UTBETDATO", "28022025"),
        ("TRYGDESIT", "13"),
        ("STMND_12", "12"),
    ] {
        assert!(form_11(2025, &[(field, right)]).is_empty(), "{field} {right}");
    }
}

#[test]
fn before_2025_blanks_and_zeros_pass_but_wrong_values_do_not() {
    for (field, right) in [
        ("BOSIT", ""),
        ("BOSIT", "0"),
        ("STMND_1", "00"),
        ("UTBETDATO", "000000"),
        ("BIDRAG", ""),
        ("SAKSBEHANDLER", ""),
    ] {
        assert!(form_11(2023, &[(field, right)]).is_empty(), "{field} {right}");
    }
    for (field, wrong) in
        [("BOSIT", "7"), ("TRYGDESIT", "13"), ("UTBETDATO", "310223"), ("BIDRAG", "1,5")]
    {
        assert_eq!(form_11(2023, &[(field, wrong)]), ["002"], "{field} {wrong}");
    }
}

#[test]
fn what_tables_rest_on_is_demanded_in_every_year() {
    for wrong in ["", "0", "3"] {
        assert_eq!(form_11(2023, &[("KJONN", wrong)]), ["008"], "{wrong}");
        assert_eq!(form_11(2025, &[("KJONN", wrong)]), ["002"], "{wrong}");
    }
    assert_eq!(form_11(2022, &[("VKLO", "")]), ["014"]);
    assert_eq!(form_11c(2021, &[("STATUS", "")]), ["036"]);
    assert_eq!(form_11c(2022, &[("STATUS", "7")]), ["002"]);
    assert!(form_11c(2023, &[("STATUS", "7")]).is_empty());
}

#[test]
fn the_programmes_dates_are_demanded_outside_oslo() {
    for field in ["REG_DATO", "VEDTAK_DATO", "BEGYNT_DATO"] {
        assert_eq!(form_11c(2025, &[(field, "")]), ["002"], "{field}");
        assert_eq!(form_11c(2025, &[(field, "00000000")]), ["002"], "{field}");
        let oslo = [("KOMMUNE_NR", "0301"), ("BYDELSNR", "03"), (field, "")];
        assert!(form_11c(2025, &oslo).is_empty(), "{field}");
        let oslo = [("KOMMUNE_NR", "0301"), ("BYDELSNR", "03"), (field, "31132025")];
        assert_eq!(form_11c(2025, &oslo), ["002"], "{field}");
    }
}

#[test]
fn a_former_municipality_is_one_of_its_year() {
    assert!(form_11c(2024, &[("KOMMNR_KVP_KOMM", "1508")]).is_empty());
    assert_eq!(form_11c(2024, &[("KOMMNR_KVP_KOMM", "1507")]), ["002"]);
    assert!(form_11c(2023, &[("KOMMNR_KVP_KOMM", "1507")]).is_empty());
}

#[test]
fn no_finding_tells_a_value_of_the_record() {
    let mut sample = Sample::new(Form::F11, 2025, 0);
    let layout = sample.layout;
    for field in layout.fields.iter().filter(|field| field.name != "VERSION") {
        sample = sample.with(&field.name, &"~".repeat(field.length));
    }
    let report = check(&[sample.clone(), sample], options());
    assert!(report.findings.len() > 120);
    let told = serde_json::to_string(&report).unwrap();
    assert!(!told.contains('~'));
    for finding in &report.findings {
        assert!(finding.text.nb.ends_with('.') && finding.text.en.ends_with('.'));
        assert_ne!(finding.text.nb, finding.text.en);
        assert!(!finding.fields.is_empty() && finding.line.is_some());
    }
}
