use super::super::rules::Rules;
use super::super::{Checker, Findings};
use super::small::text;
use super::*;
use crate::generate;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Clean records of each form and year that has a quick look.
static CLEAN: LazyLock<Vec<(&'static Layout, Vec<String>)>> = LazyLock::new(|| {
    let all = Layout::all().iter().filter(|layout| layout.form != Form::F11B);
    all.map(|layout| {
        let options = generate::Options { persons: Some(80), ..generate::Options::default() };
        let mut bytes = Vec::new();
        generate::write(layout.form, layout.year, &options, &mut bytes, |_| {}).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        (layout, text.lines().map(str::to_owned).collect())
    })
    .collect()
});

fn options(contents: bool) -> Options {
    Options { allow_synthetic: true, contents, ..Options::default() }
}

fn rules(layout: &'static Layout, contents: bool) -> Rules {
    Rules::new(layout, options(contents)).unwrap()
}

/// What the controls say of a line, and what they read, with and without the quick look.
fn both(layout: &'static Layout, line: &str, contents: bool) -> Option<[(usize, String); 2]> {
    let record = Record::new(line);
    let with = rules(layout, contents);
    with.quick.as_ref()?;
    let mut without = rules(layout, contents);
    without.quick = None;
    Some([with, without].map(|rules| {
        let (mut findings, mut summing) = (Findings::new(100), rules.summing());
        let keys = rules.check(1, &record, &mut findings, summing.as_mut());
        // Journal numbers that are hashed are hashed under a secret of each.
        let keys = keys.map(|keys| (keys.sender, keys.person, keys.journal.is_some()));
        let summed = summing.map(super::super::summary::Summing::finish);
        (findings.kept.len(), format!("{:?} {keys:?} {summed:?}", findings.kept))
    }))
}

#[test]
fn nearly_every_clean_record_is_told_by_the_look_alone() {
    for (layout, lines) in CLEAN.iter() {
        let rules = rules(layout, true);
        let quick = rules.quick.as_ref().unwrap();
        let parts = (&rules.plan, rules.contents.as_ref(), &rules.options);
        let mut clean = 0;
        let mut looked = 0;
        for line in lines {
            let mut checker = Checker::new(layout, options(true)).unwrap();
            if checker.check_line(1, line.as_bytes()).is_none() {
                continue;
            }
            clean += 1;
            let record = Record::new(line);
            looked += usize::from(quick.look(&record, line.as_bytes(), parts).is_some());
        }
        // Those without a number of their own are left to the controls.
        assert!(
            clean > 20 && looked * 10 >= clean * 8,
            "{} {}: {looked} of {clean}",
            layout.form,
            layout.year
        );
    }
}

#[test]
fn amounts_are_read_as_they_are_written() {
    let amount = |length| Amount { end: 20, length, may_be_blank: true };
    for (text, length, expected) in [
        ("0012345", 7, Some(12_345)),
        ("  12345", 7, Some(12_345)),
        ("12345  ", 7, Some(12_345)),
        ("   9   ", 7, Some(9)),
        ("99999999", 8, Some(99_999_999)),
        ("123", 3, Some(123)),
        ("       ", 7, Some(0)),
        ("0000000", 7, Some(0)),
        ("12 45", 5, None),
        ("-12", 3, None),
        ("+12", 3, None),
        ("1x3", 3, None),
        ("/12", 3, None),
        (":12", 3, None),
    ] {
        let line = format!("{:>20}{}", format!("7777777777{text}"), "88888");
        assert_eq!(amount(length).read(line.as_bytes()), expected, "{text:?}");
        let needed = Amount { may_be_blank: false, ..amount(length) };
        let is_blank = text.trim().is_empty();
        assert_eq!(needed.read(line.as_bytes()), expected.filter(|_| !is_blank), "{text:?}");
    }
}

#[test]
fn small_numbers_are_what_they_say() {
    for of in (0..SINGLE + 10).filter(|of| *of != BLANK) {
        let own = text(of);
        assert_eq!(pair(format!("{own:<2}").as_bytes(), 0), of);
        assert_eq!(pair(format!("{own:>2}").as_bytes(), 0), of);
    }
    assert_eq!(pair(b"  ", 0), BLANK);
    for odd in [&b"x1"[..], b"1x", b"-1", b"\x7f1", b"/0", b":0", b"a ", b" z"] {
        assert_eq!(pair(odd, 0), ODD, "{odd:?}");
    }
    assert_eq!((single(b"7", 0), single(b" ", 0), single(b"x", 0)), (SINGLE + 7, BLANK, ODD));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]
    #[test]
    fn with_the_look_the_same_is_said_and_read(
        which in any::<prop::sample::Index>(),
        of in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), "[0-9 ]{1,8}|[ -~]{1,3}|0{1,8}| {1,8}|[ ]{0,5}[0-9]{1,3}"), 0..3),
        contents in any::<bool>(),
    ) {
        let (layout, lines) = &CLEAN[which.index(CLEAN.len())];
        let mut line = lines[of.index(lines.len())].clone();
        for (field, value) in changes {
            let field = &layout.fields[field.index(layout.fields.len())];
            let value: String = format!("{value:<width$}", width = field.length).chars().take(field.length).collect();
            line.replace_range(field.range(), &value);
        }
        if let Some([with, without]) = both(layout, &line, contents) {
            prop_assert_eq!(with, without);
        }
    }
}
