//! Form 11B, whose variables have numbers and no names.

use super::*;

pub(super) fn record(changes: &[(&str, &str)]) -> Sample {
    let layout = Layout::of(Form::F11B, 2017).unwrap();
    let born = NaiveDate::from_ymd_opt(1984, 5, 6).unwrap();
    let number = (0..500).find_map(|n| synthetic(born, n)).unwrap();
    let clean = [
        ("felt_1", "3107"),
        ("felt_2", "17"),
        ("felt_5", "J1"),
        ("felt_6", &number),
        ("felt_8", "2"),
        ("felt_9", "1"),
        ("felt_10", "010216"),
        ("felt_11", "2"),
        ("felt_12_2", "02"),
        ("felt_13", "06"),
        ("felt_15_1", "01"),
        ("felt_15_12", "12"),
        ("felt_16_1", "0015000"),
    ];
    let start = Sample { layout, line: " ".repeat(layout.record_length) };
    let all = clean.iter().chain(changes);
    all.fold(start, |sample, (name, value)| sample.with(name, value))
}

fn rules(changes: &[(&str, &str)]) -> Vec<&'static str> {
    let report = check(&[record(changes)], Options { contents: true, ..options() });
    report.findings.into_iter().map(|finding| finding.rule).collect()
}

#[test]
fn a_record_without_faults_passes() {
    assert_eq!(rules(&[]), Vec::<&str>::new());
    let ended = [("felt_13", "01"), ("felt_14", "150617"), ("felt_15_12", "00")];
    assert_eq!(rules(&ended), Vec::<&str>::new());
}

#[test]
fn each_control_finds_what_it_is_for() {
    for (changes, expected) in [
        (&[("felt_8", "x")][..], &["K2", "K7"][..]),
        (&[("felt_2", "16")], &["004"]),
        (&[("felt_1", "31x7")], &["003", "K2"]),
        (&[("felt_6", "01840612345")], &["005", "K22"]),
        (&[("felt_6", "")], &["005"]),
        (&[("felt_7", "201012345678")], &["K6"]),
        (&[("felt_7", "201017238203")], &[]),
        (&[("felt_8", "3")], &["K7"]),
        (&[("felt_9", "6")], &["K8"]),
        (&[("felt_10", "310216")], &["K9"]),
        (&[("felt_11", "")], &["K10"]),
        (&[("felt_12_2", "")], &["K11"]),
        (&[("felt_12_5", "05")], &["K11"]),
        (&[("felt_12_5", "00")], &[]),
        (&[("felt_13", "11")], &["K12"]),
        (&[("felt_13", "01")], &["K13"]),
        (&[("felt_13", "01"), ("felt_14", "150616")], &["K13", "K17"]),
        (&[("felt_15_1", "02")], &["K14"]),
        (
            &[("felt_15_1", ""), ("felt_15_12", ""), ("felt_13", "01"), ("felt_14", "010317")],
            &["K14"],
        ),
        (&[("felt_16_1", "0")], &["K15", "K20"]),
        (&[("felt_16_1", "350000")], &["K15", "K19", "K23"]),
        (&[("felt_14", "010116")], &["K16", "K17"]),
        (&[("felt_15_12", "")], &["K18"]),
        (&[("felt_16_1", "40000")], &["K19"]),
        (&[("felt_16_1", "39999")], &[]),
        (&[("felt_16_1", "8000")], &["K20"]),
        (&[("felt_16_1", "8001")], &[]),
    ] {
        assert_eq!(rules(changes), expected, "{changes:?}");
    }
    let born = |year| {
        let born = NaiveDate::from_ymd_opt(year, 5, 6).unwrap();
        stand_in(born, Sex::Woman)
    };
    assert_eq!(rules(&[("felt_6", &born(2001))]), ["K21"]);
    assert_eq!(rules(&[("felt_6", &born(1999))]), Vec::<&str>::new());
    let short = Sample { line: " ".repeat(110), ..record(&[]) };
    let report = check(&[short], options());
    assert_eq!((report.findings[0].rule, report.accepted), ("001", false));
    let warned = check(&[record(&[("felt_8", "3")])], Options { contents: true, ..options() });
    assert!(warned.accepted, "the original lets it through");
}
