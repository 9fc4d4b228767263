//! The controls on contents: for each a record that passes and records that do not.

use super::*;

/// A record nothing can be said about.
pub(super) fn clean(form: Form, year: u16) -> Sample {
    let sample = Sample::new(form, year, 0).with("BU18", "2").with("ANTBU18", "0");
    let coded = ["EKTSTAT", "GITT_OKONOMIRAD", "FAAT_INDIVIDUELL_PLAN", "BOSIT", "VILKARSAMEKT"];
    let coded = coded.into_iter().filter(|name| sample.layout.field(name).is_some());
    let sample = coded.fold(sample.clone(), |sample, name| sample.with(name, "2"));
    match form {
        Form::F11C => ["REG_DATO", "VEDTAK_DATO", "BEGYNT_DATO"]
            .into_iter()
            .fold(sample, |sample, name| sample.with(name, &date(year, 2, 1)))
            .with("KVP_KOMM", "2")
            .with("KVP_MED_ASTONAD", "2")
            .with("STMND_2", "02")
            .with("KVP_STONAD", "200000"),
        _ => sample
            .with("TRYGDESIT", "12")
            .with("ARBSIT", "07")
            .with("BIDRAG", "12000")
            .with("BIDRAG_FEB", "12000")
            .with("LAAN", "0")
            .with("VILKARSOSLOV", "2"),
    }
}

/// A date as the year writes dates.
fn date(year: u16, month: u32, day: u32) -> String {
    let field = Layout::of(Form::F11C, year).unwrap().field("REG_DATO").unwrap();
    let FieldKind::Date(format) = field.kind else { panic!("no date") };
    format.write(NaiveDate::from_ymd_opt(year.into(), month, day).unwrap())
}

fn all() -> Options {
    Options {
        contents: true,
        kommuner: Some(["0301", "3107"].map(str::to_owned).into()),
        ..options()
    }
}

/// What a clean record breaks once it is changed, with how grave it is.
fn after(form: Form, year: u16, changes: &[(&str, &str)]) -> Vec<(&'static str, Severity)> {
    let sample =
        changes.iter().fold(clean(form, year), |sample, (name, value)| sample.with(name, value));
    let report = check(&[sample], all());
    let grave = report.findings.iter().any(|finding| finding.severity > Severity::Warning);
    assert_eq!(report.accepted, !grave);
    report.findings.iter().map(|finding| (finding.rule, finding.severity)).collect()
}

const E: Severity = Severity::Error;
const W: Severity = Severity::Warning;

/// A change to a clean record, and all that it breaks.
type Case = (&'static [(&'static str, &'static str)], &'static [(&'static str, Severity)]);

fn try_all(form: Form, year: u16, cases: &[Case]) {
    for (changes, expected) in cases {
        assert_eq!(after(form, year, changes), *expected, "{form} {year} {changes:?}");
    }
}

#[test]
fn a_clean_record_passes_every_control_of_every_year() {
    for form in [Form::F11, Form::F11C] {
        for year in 2020..=2026 {
            assert_eq!(after(form, year, &[]), [], "{form} {year}");
        }
    }
}

#[test]
fn form_11_codes() {
    let coded = [
        ("KJONN", "008"),
        ("EKTSTAT", "009"),
        ("BU18", "010"),
        ("VKLO", "014"),
        ("TRYGDESIT", "022"),
        ("ARBSIT", "025"),
        ("GITT_OKONOMIRAD", "032"),
        ("FAAT_INDIVIDUELL_PLAN", "033"),
        ("BOSIT", "035"),
        ("VILKARSOSLOV", "039"),
        ("VILKARSAMEKT", "040"),
    ];
    for year in [2023, 2026] {
        for (field, rule) in coded {
            for wrong in ["", "X"] {
                let found = after(Form::F11, year, &[(field, wrong)]);
                assert!(found.contains(&(rule, E)), "{field} {wrong:?} {found:?}");
                assert!(!found.contains(&("002", E)), "{field} {found:?}");
            }
        }
    }
}

#[test]
fn form_11_age() {
    // Born 2008, 1929 and 1930: stand-in numbers tell the century by the reporting year.
    try_all(
        Form::F11,
        2026,
        &[
            (&[("PERSON_FODSELSNR", "01010800100")], &[]),
            (&[("PERSON_FODSELSNR", "01010900100")], &[("006", W)]),
            (&[("PERSON_FODSELSNR", "01013000100")], &[("007", W)]),
            (&[("PERSON_FODSELSNR", "01013100100")], &[]),
            (&[("TRYGDESIT", "07"), ("PERSON_FODSELSNR", "01016400100")], &[]),
            (&[("TRYGDESIT", "07"), ("PERSON_FODSELSNR", "01016500100")], &[("023A", E)]),
        ],
    );
    let unreadable = after(Form::F11, 2026, &[("PERSON_FODSELSNR", "01840612345")]);
    assert!(unreadable.contains(&("005", E)));
}

#[test]
fn form_11_a_person_with_a_duf_number_has_the_age_stated_beside_it() {
    let duf = ("PERSON_DUF", "201017238203");
    let of = |born| after(Form::F11, 2026, &[("PERSON_FODSELSNR", ""), duf, ("FODSELSDATO", born)]);
    assert_eq!(of("01011990"), []);
    assert_eq!(of("01012012"), [("006", W)]);
    let wrong =
        [("PERSON_FODSELSNR", ""), ("PERSON_DUF", "201012345678"), ("FODSELSDATO", "01011990")];
    assert_eq!(after(Form::F11, 2026, &wrong), [("005", E), ("038", W)]);
}

#[test]
fn form_11_children() {
    try_all(
        Form::F11,
        2026,
        &[
            (&[("BU18", "1"), ("ANTBU18", "2")], &[]),
            (&[("BU18", "1"), ("ANTBU18", "0")], &[("011", E)]),
            (&[("BU18", "1"), ("ANTBU18", "")], &[("011", E)]),
            (&[("BU18", "2"), ("ANTBU18", "1")], &[("012", E)]),
            (&[("BU18", "1"), ("ANTBU18", "13")], &[]),
            (&[("BU18", "1"), ("ANTBU18", "14")], &[("013", E)]),
            (&[("TRYGDESIT", "05")], &[("023B", E)]),
            (&[("TRYGDESIT", "05"), ("BU18", "1"), ("ANTBU18", "1")], &[]),
            (&[("TRYGDESIT", "13")], &[("023C", E)]),
            (&[("TRYGDESIT", "13"), ("BU18", "1"), ("ANTBU18", "1")], &[]),
        ],
    );
}

#[test]
fn form_11_main_source_benefit_and_work() {
    try_all(
        Form::F11,
        2026,
        &[
            (&[("VKLO", "1"), ("ARBSIT", "01")], &[]),
            (&[("VKLO", "1")], &[("015", E)]),
            (&[("VKLO", "2"), ("ARBSIT", "06")], &[]),
            (&[("VKLO", "2")], &[("016", E)]),
            (&[("VKLO", "4"), ("ARBSIT", "03")], &[]),
            (&[("VKLO", "4")], &[("017", E)]),
            (&[("VKLO", "6"), ("ARBSIT", "09")], &[]),
            (&[("VKLO", "6")], &[("018", E)]),
            (&[("VKLO", "8"), ("ARBSIT", "10")], &[]),
            (&[("VKLO", "8")], &[("019", E)]),
            (&[("VKLO", "3"), ("TRYGDESIT", "02")], &[]),
            (&[("VKLO", "3")], &[("020B", E)]),
            (&[("VKLO", "3"), ("TRYGDESIT", "03")], &[("022", E), ("020B", E)]),
            (&[("ARBSIT", "01")], &[("021", W)]),
            (&[("ARBSIT", "08")], &[]),
            (&[("TRYGDESIT", "04")], &[]),
            (&[("TRYGDESIT", "04"), ("ARBSIT", "08")], &[("024", W)]),
            (&[("VKLO", "3"), ("TRYGDESIT", "11")], &[]),
            (&[("VKLO", "3"), ("TRYGDESIT", "11"), ("ARBSIT", "08")], &[("024B", E)]),
        ],
    );
}

#[test]
fn form_11_months_and_amounts() {
    try_all(
        Form::F11,
        2026,
        &[
            (&[("STMND_2", "")], &[("026", E)]),
            (&[("STMND_2", ""), ("STMND_12", "12")], &[]),
            (&[("BIDRAG", "0"), ("BIDRAG_FEB", "")], &[("027", E), ("031", W)]),
            (&[("BIDRAG", "0"), ("BIDRAG_FEB", ""), ("LAAN", "900"), ("LAAN_MAI", "900")], &[]),
            (&[("BIDRAG", "1000000"), ("BIDRAG_FEB", "1000000")], &[]),
            (&[("BIDRAG", "1000001"), ("BIDRAG_FEB", "1000001")], &[("030", W)]),
            (&[("BIDRAG", "200"), ("BIDRAG_FEB", "200")], &[("031", W)]),
            (&[("BIDRAG", "201"), ("BIDRAG_FEB", "201")], &[]),
            (&[("BIDRAG_FEB", "11999")], &[("036", W)]),
            (&[("BIDRAG_FEB", "11999"), ("BIDRAG_DES", "1")], &[]),
            (&[("LAAN_JULI", "1")], &[("037", W)]),
        ],
    );
}

#[test]
fn form_11_conditions() {
    const SET: (&str, &str) = ("VILKARSOSLOV", "1");
    const FROM: (&str, &str) = ("UTBETDATO", "01022026");
    const TO: (&str, &str) = ("UTBETTOMDATO", "01032026");
    try_all(
        Form::F11,
        2026,
        &[
            (&[SET, FROM, TO, ("VILKARNORSKSAMISKOPPL", "20")], &[]),
            (&[SET, FROM, TO, ("VILKARARBEID", "16")], &[]),
            (&[SET, TO, ("VILKARARBEID", "16")], &[("041", E)]),
            (&[SET, FROM, ("VILKARARBEID", "16")], &[("042", E)]),
            (&[SET, FROM, TO], &[("043", E)]),
        ],
    );
    assert_eq!(
        after(Form::F11, 2023, &[SET, ("UTBETDATO", "010223"), ("UTBETTOMDATO", "010323")]),
        [("043", E)]
    );
}

#[test]
fn form_11c_codes_and_children() {
    for (field, rule) in [
        ("KJONN", "008"),
        ("EKTSTAT", "009"),
        ("BU18", "010"),
        ("KVP_KOMM", "019"),
        ("KVP_MED_ASTONAD", "026"),
        ("STATUS", "036"),
    ] {
        for wrong in ["", "9"] {
            let found = after(Form::F11C, 2026, &[(field, wrong)]);
            assert!(found.contains(&(rule, E)), "{field} {wrong:?} {found:?}");
        }
    }
    try_all(
        Form::F11C,
        2026,
        &[
            (&[("BU18", "1")], &[("011", E)]),
            (&[("ANTBU18", "1")], &[("012", E)]),
            (&[("BU18", "1"), ("ANTBU18", "14")], &[("013", E)]),
            (&[("BU18", "1"), ("ANTBU18", "13")], &[]),
        ],
    );
}

#[test]
fn form_11c_age() {
    try_all(
        Form::F11C,
        2026,
        &[
            (&[("PERSON_FODSELSNR", "01010800100")], &[]),
            (&[("PERSON_FODSELSNR", "01010900100")], &[("006", E)]),
            (&[("PERSON_FODSELSNR", "01015800100")], &[]),
            (&[("PERSON_FODSELSNR", "01015700100")], &[("007", W)]),
        ],
    );
}

#[test]
fn form_11c_dates() {
    const OSLO: [(&str, &str); 2] = [("KOMMUNE_NR", "0301"), ("BYDELSNR", "04")];
    for (field, rule) in [("REG_DATO", "014"), ("VEDTAK_DATO", "015"), ("BEGYNT_DATO", "016")] {
        let with = |value| after(Form::F11C, 2026, &[(field, value)]);
        assert_eq!(with("31122022"), [], "{field}");
        assert_eq!(with("31122021"), [(rule, E)], "{field}");
        assert!(with("").contains(&(rule, E)), "{field}");
        assert_eq!(after(Form::F11C, 2026, &[OSLO[0], OSLO[1], (field, "31122021")]), []);
    }
    assert_eq!(after(Form::F11C, 2026, &[("BEGYNT_DATO", "01012027")]), [("016", E)]);
}

#[test]
fn form_11c_other_municipalities_and_support() {
    try_all(
        Form::F11C,
        2026,
        &[
            (&[("KVP_KOMM", "1"), ("KOMMNR_KVP_KOMM", "0301")], &[]),
            (&[("KVP_KOMM", "1")], &[("020", E)]),
            (&[("YTELSE_SOSHJELP", "1"), ("YTELSE_TYPE_SOSHJ", "3")], &[]),
            (&[("YTELSE_SOSHJELP", "1")], &[("021", E)]),
            (&[("KVP_MED_ASTONAD", "1"), ("KVP_MED_KOMMBOS", "4")], &[]),
            (&[("KVP_MED_ASTONAD", "1")], &[("027", E)]),
            (&[("KVP_MED_KOMMBOS", "4")], &[("027", E)]),
        ],
    );
}

#[test]
fn form_11c_months_and_amounts() {
    try_all(
        Form::F11C,
        2026,
        &[
            (&[("STMND_2", "")], &[("028", W), ("031", W)]),
            (&[("STATUS", "2"), ("STMND_2", "")], &[]),
            (&[("KVP_STONAD", "0")], &[("029", W)]),
            (&[("KVP_STONAD", "")], &[("029", W), ("030", W)]),
            (&[("KVP_STONAD", "600000")], &[]),
            (&[("KVP_STONAD", "600001")], &[("032", W)]),
        ],
    );
}

#[test]
fn form_11c_ends() {
    const LEFT: (&str, &str) = ("AVSL_DATO", "30062026");
    const WORK: (&str, &str) = ("AVSL_ORDINAERTARB", "01");
    const INCOME: (&str, &str) = ("AVSL_VIKTIGSTE_INNTEKT", "01");
    try_all(
        Form::F11C,
        2026,
        &[
            (&[("STATUS", "3"), LEFT, WORK, INCOME], &[]),
            (&[("STATUS", "3"), WORK, INCOME], &[("037", E)]),
            (&[("STATUS", "4"), ("AVSL_DATO", "30062025")], &[("037", E)]),
            (&[("STATUS", "7"), LEFT, WORK], &[]),
            (&[("STATUS", "7"), LEFT], &[("038", E)]),
            (&[("STATUS", "3"), LEFT, WORK], &[("039", E)]),
        ],
    );
}

#[test]
fn any_coded_field_with_a_code_of_no_list_is_told_of() {
    for form in [Form::F11, Form::F11C] {
        for year in 2020..=2026 {
            let sample = clean(form, year);
            for field in sample.layout.fields.iter().filter(|field| !field.codes.is_empty()) {
                let wrong = sample.clone().with(&field.name, &"9".repeat(field.length));
                if field.has_code(&"9".repeat(field.length)) {
                    continue;
                }
                let report = check(&[wrong], all());
                let told = |finding: &Finding| finding.fields.contains(&field.name);
                assert!(
                    report.findings.iter().any(told),
                    "{form} {year} {} {:?}",
                    field.name,
                    report.findings
                );
                assert!(!report.accepted);
            }
        }
    }
}

#[test]
fn without_contents_only_shape_and_identity_count() {
    let sample = clean(Form::F11, 2026).with("BU18", "1").with("STMND_2", "");
    assert!(check(std::slice::from_ref(&sample), options()).accepted);
    assert!(!check(&[sample], all()).accepted);
}
