//! Controls of the whole file, the limit on findings, and files of another year.

use super::*;

fn check_bytes(layout: &'static Layout, lines: &[&[u8]], options: Options) -> Report {
    let mut checker = Checker::new(layout, options).unwrap();
    for (line, number) in lines.iter().zip(1..) {
        checker.check_line(number, line);
    }
    checker.finish()
}

fn layout() -> &'static Layout {
    Layout::of(Form::F11, 2025).unwrap()
}

#[test]
fn control_000_wants_records_where_they_are_expected() {
    for lines in [&[][..], &[&b" "[..]], &[&b""[..]]] {
        let report = check_bytes(layout(), lines, options());
        assert_eq!((report.findings[0].rule, report.findings[0].line), ("000", None));
        assert_eq!(report.findings[0].severity, Severity::Fatal);
        assert!(!report.accepted && report.hint.is_none());
        let none = Options { expects_records: false, ..options() };
        assert!(check_bytes(layout(), lines, none).accepted);
    }
    let none = Options { expects_records: false, ..options() };
    let report = check(&[Sample::new(Form::F11, 2025, 0)], none);
    assert_eq!(report.findings[0].rule, "000");
}

#[test]
fn control_001_tells_only_of_lines_that_are_no_records() {
    let right = Sample::new(Form::F11, 2025, 0);
    let wrong = right.clone().with("KJONN", "9");
    let long = format!("{} ", right.line);
    let tab = right.line.replacen(' ', "\t", 1);
    let lines = [&wrong.line, &long, &right.line, &tab, &wrong.line].map(String::as_bytes);
    let report = check_bytes(layout(), &lines, options());
    let rules: Vec<_> = report.findings.iter().map(|found| (found.rule, found.line)).collect();
    assert_eq!(rules, [("001", Some(2)), ("001", Some(4))]);
    assert_eq!((report.records, report.accepted), (5, false));
    assert!(report.findings.iter().all(|found| found.severity == Severity::Fatal));
}

#[test]
fn a_blank_line_before_records_is_no_record() {
    let right = Sample::new(Form::F11, 2025, 0);
    let report = check_bytes(layout(), &[b"", right.line.as_bytes()], options());
    assert_eq!((report.findings[0].rule, report.findings[0].line), ("001", Some(1)));
    let report = check_bytes(layout(), &[right.line.as_bytes(), b""], options());
    assert_eq!((report.findings[0].rule, report.findings[0].line), ("001", Some(2)));
}

#[test]
fn latin_1_and_utf_8_lines_are_as_long_as_their_characters() {
    let name = Sample::new(Form::F11, 2025, 0).with("SAKSBEHANDLER", "\u{c5}se");
    let latin: Vec<u8> =
        name.line.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    assert!(check_bytes(layout(), &[&latin], options()).accepted);
    assert!(check_bytes(layout(), &[name.line.as_bytes()], options()).accepted);
}

#[test]
fn a_clean_line_gives_its_record_and_a_wrong_one_does_not() {
    let mut checker = Checker::new(layout(), options()).unwrap();
    let right = Sample::new(Form::F11, 2025, 0);
    let record = checker.check_line(1, right.line.as_bytes()).unwrap();
    assert_eq!(record.named(layout(), "VKLO"), Some("5"));
    assert!(checker.is_accepted());
    assert!(checker.check_line(2, right.line.as_bytes()).is_none());
    assert!(!checker.is_accepted());
}

#[test]
fn findings_beyond_the_limit_are_counted() {
    let wrong =
        |index| Sample::new(Form::F11, 2025, index).with("VERSION", "99").with("BOSIT", "9");
    let samples: Vec<_> = (0..10).map(wrong).collect();
    let report = check(&samples, Options { max_findings: 3, ..options() });
    assert_eq!((report.findings.len(), report.omitted), (3, 17));
    let report = check(&samples, Options { max_findings: 0, ..options() });
    assert_eq!((report.findings.len(), report.omitted, report.accepted), (0, 20, false));
}

#[test]
fn a_file_of_another_year_with_the_same_length_is_recognised() {
    for (form, of, checked_as, years) in [
        (Form::F11, 2023, 2024, vec![2023]),
        (Form::F11, 2024, 2023, vec![2024]),
        (Form::F11, 2022, 2023, vec![2022]),
        (Form::F11, 2024, 2025, vec![2024]),
        (Form::F11C, 2023, 2024, vec![2023]),
        (Form::F11C, 2026, 2025, vec![2026]),
    ] {
        let lines: Vec<_> = (0..20).map(|index| Sample::new(form, of, index).line).collect();
        let lines: Vec<_> = lines.iter().map(String::as_bytes).collect();
        let report = check_bytes(Layout::of(form, checked_as).unwrap(), &lines, options());
        assert!(!report.accepted);
        let hint = report.hint.unwrap_or_else(|| panic!("{form} {of} as {checked_as}"));
        assert_eq!(hint.years, years, "{form} {of} as {checked_as}");
        assert!(hint.text.nb.contains(&of.to_string()));
    }
}

#[test]
fn a_few_faults_do_not_point_to_another_year() {
    let mut samples: Vec<_> = (0..20).map(|index| Sample::new(Form::F11, 2024, index)).collect();
    samples[3] = samples[3].clone().with("BOSIT", "9").with("VERSION", "23");
    let report = check(&samples, options());
    assert_eq!(report.hint, None);
    assert_eq!(report.findings.len(), 2);
}

#[test]
fn the_report_is_written_in_camel_case() {
    let report = check(&[Sample::new(Form::F11, 2025, 0).with("VERSION", "")], options());
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(json["form"], "11");
    assert_eq!(json["findings"][0]["severity"], "ERROR");
    assert_eq!(json["findings"][0]["line"], 1);
    assert_eq!(json["accepted"], false);
}

/// Prints how long a national file takes; run with `--ignored --nocapture`.
#[test]
#[ignore = "a measurement"]
fn a_national_file_is_checked_in_a_fraction_of_a_second() {
    let count = 130_000u32;
    let mut file = Vec::new();
    let sample = Sample::new(Form::F11, 2025, 0);
    let born = NaiveDate::from_ymd_opt(1941, 1, 1).unwrap();
    let days = born.iter_days().flat_map(|day| (100..150).filter_map(move |n| synthetic(day, n)));
    for (index, number) in (0..count).zip(days) {
        let kommune = format!("{}", 3000 + index / 365);
        let record = sample.clone().with("KOMMUNE_NR", &kommune).with("PERSON_FODSELSNR", &number);
        let record = record.with("PERSON_JOURNALNR", &index.to_string()).with("BIDRAG_JAN", "4500");
        file.extend_from_slice(record.line.as_bytes());
        file.push(b'\n');
    }
    let best = |run: &dyn Fn() -> u64| {
        let timed = |_| {
            let start = std::time::Instant::now();
            assert_eq!(run(), u64::from(count));
            start.elapsed()
        };
        (0..5).map(timed).min().unwrap()
    };
    let read = best(&|| {
        let mut lines = crate::record::Lines::new(file.as_slice());
        let mut read = 0;
        while let Some(line) = lines.next().unwrap() {
            read += u64::from(!line.bytes.is_empty());
        }
        read
    });
    let checked = best(&|| {
        let mut checker = Checker::new(layout(), options()).unwrap();
        let mut lines = crate::record::Lines::new(file.as_slice());
        while let Some(line) = lines.next().unwrap() {
            checker.check_line(line.number, line.bytes);
        }
        let report = checker.finish();
        assert!(report.accepted);
        report.records
    });
    eprintln!("{} MB: read {read:?}, read and checked {checked:?}", file.len() / 1_000_000);
    assert!(checked.as_millis() < 1000);
}

#[test]
fn what_stands_in_the_fields_is_kept_beside_each_finding_where_it_is_asked_for() {
    let right = Sample::new(Form::F11, 2025, 0);
    let wrong = Sample::new(Form::F11, 2025, 1).with("KJONN", "9").with("BYDELSNR", "07");
    let lines = [&right.line, &wrong.line].map(String::as_bytes);
    let run = |lines: &[&[u8]], options| {
        let mut checker = Checker::new(layout(), options).unwrap();
        for (line, number) in lines.iter().zip(1..) {
            checker.check_line(number, line);
        }
        checker.finish_quoted()
    };
    let asked = Options { quotes: true, contents: true, ..options() };
    let (report, quotes) = run(&lines, asked.clone());
    assert_eq!(report.findings.len(), quotes.len());
    let of = |rule| report.findings.iter().position(|found| found.rule == rule).unwrap();
    assert_eq!((quotes[of("008")].journal(), quotes[of("008")].value(0)), ("J1", Some("9")));
    let bydel = &quotes[of("003B")];
    assert_eq!((bydel.value(0), bydel.value(1), bydel.value(2)), (Some("3107"), Some("07"), None));
    assert_eq!(format!("{bydel:?}"), "Quote(…)");
    // A line that is no record has nothing to quote, and what was found before it is forgotten.
    let (report, quotes) = run(&[lines[1], b"short"], asked.clone());
    assert_eq!((report.findings.len(), quotes.len()), (1, 1));
    assert_eq!((quotes[0].journal(), quotes[0].value(0)), ("", None));
    let few = Options { max_findings: 1, ..asked };
    assert_eq!(run(&lines, few).1.len(), 1);
    assert!(run(&lines, options()).1.is_empty());
}

#[test]
fn what_was_sent_in_the_place_of_a_record_file_is_told_once() {
    let record = Sample::new(Form::F11, 2025, 0).line;
    let next = Sample::new(Form::F11, 2025, 1).line;
    let wide: Vec<u8> =
        format!("\u{feff}{record}").encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bare: Vec<u8> = record.encode_utf16().flat_map(u16::to_be_bytes).collect();
    for (lines, word) in [
        (&[&b"\x1f\x8b\x08\x00\xff"[..], b"\x02"][..], "gzip"),
        (&[b"PK\x03\x04\x14\x00"], "regneark"),
        (&[&wide, b"\0"], "UTF-16"),
        (&[&bare], "UTF-16"),
        (&[b"{\"KOMMUNE_NR\":\"3107\"}"], "JSON"),
        (&[format!("{record}{next}").as_bytes()], "--data-binary"),
        (&[format!("{record}\r{next}\r").as_bytes()], "linjeskift"),
    ] {
        let report = check_bytes(layout(), lines, options());
        let [finding] = report.findings.as_slice() else { panic!("{word}: {report:?}") };
        assert_eq!((finding.rule, finding.severity, finding.alike), ("001", Severity::Fatal, 0));
        assert!(finding.text.nb.contains(word), "{word}: {}", finding.text.nb);
        assert!(!report.accepted && report.hint.is_none());
    }
    // A line that is merely too long is told of as such.
    let long = format!("{record}  ");
    let report = check_bytes(layout(), &[long.as_bytes(), next.as_bytes()], options());
    assert_eq!((report.findings[0].rule, report.findings[0].line), ("001", Some(1)));
}
