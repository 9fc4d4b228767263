use super::super::rules::Rules;
use super::super::{Checker, Findings};
use super::*;
use crate::{Form, generate};
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

/// What the controls say of the bytes of a line, and what they read, with and without the quick look.
fn both(layout: &'static Layout, line: &[u8], contents: bool) -> Option<[String; 2]> {
    let record = Record::decode(line, layout.record_length);
    let rules = rules(layout, contents);
    rules.quick.as_ref()?;
    Some([true, false].map(|is_quick| {
        let (mut findings, mut summing) = (Findings::new(100), rules.summing());
        let looked = rules.look(line, line).filter(|_| is_quick);
        let keys = match &looked {
            Some(looked) => rules.passed(1, looked, summing.as_mut()),
            None => rules.control(1, &record, &mut findings, summing.as_mut()),
        };
        let keys = keys.map(|keys| (keys.sender, keys.person, keys.journal));
        let summed = summing.map(super::super::summary::Summing::finish);
        format!("{:?} {keys:?} {summed:?}", findings.kept)
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
            looked += usize::from(quick.look((line.as_bytes(), line.as_bytes()), parts).is_some());
        }
        assert!(
            clean > 20 && looked * 100 >= clean * 98,
            "{} {}: {looked} of {clean}",
            layout.form,
            layout.year
        );
    }
}

fn sums(rows: Vec<usize>, length: usize, kinds: (bool, bool), line: &str) -> Option<[i64; 2]> {
    small::Columns::new(rows, length, kinds, line.len()).unwrap().sums(line.as_bytes())
}

#[test]
fn amounts_are_read_as_they_are_written() {
    for (text, expected) in [
        ("0012345", Some(12_345)),
        ("  12345", Some(12_345)),
        ("12345  ", Some(12_345)),
        ("   9   ", Some(9)),
        ("99999999", Some(99_999_999)),
        ("123", Some(123)),
        ("       ", Some(0)),
        ("0000000", Some(0)),
        ("12 45", None),
        ("1 3 5", None),
    ] {
        let (length, is_blank) = (text.len(), text.trim().is_empty());
        let (one, two) =
            (format!("7{text}7777777777777777"), format!("7{text}{text}77777777777777"));
        for may_be_blank in [true, false] {
            let read = sums(vec![1], length, (false, may_be_blank), &one);
            let expected = expected.filter(|_| may_be_blank || !is_blank);
            assert_eq!(read.map(|[own, _]| own), expected, "{text:?}");
            let read = sums(vec![1], length, (true, may_be_blank), &two);
            assert_eq!(read, expected.map(|own| [own; 2]), "{text:?} twice");
        }
    }
}

#[test]
fn the_most_amounts_are_added_up_and_carry() {
    let line = format!(" {}", "9999999988888888".repeat(27));
    let rows: Vec<usize> = (0..27).map(|row| 1 + row * 16).collect();
    assert_eq!(
        sums(rows.clone(), 8, (true, true), &line),
        Some([99_999_999 * 27, 88_888_888 * 27])
    );
    let line = line.replacen("99999999", "    1   ", 1);
    assert_eq!(sums(rows, 8, (true, true), &line), Some([99_999_999 * 26 + 1, 88_888_888 * 27]));
}

#[test]
fn characters_are_packed_without_their_blanks() {
    for (text, expected) in [("        ", ""), ("12345678", "12345678"), ("  1 b   ", "1 b")] {
        let key = expected.bytes().fold(0, |key, byte| key << 8 | u64::from(byte));
        assert_eq!(packed(eight(text.as_bytes(), 0).unwrap()), key, "{text:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 300 } else { 6_000 }))]
    #[test]
    fn with_the_look_the_same_is_said_and_read(
        which in any::<prop::sample::Index>(),
        of in any::<prop::sample::Index>(),
        changes in prop::collection::vec(
            (any::<prop::sample::Index>(), "[0-9 ]{1,8}|[ -~]{1,3}|[ -\u{ff}]{1,8}|0{1,8}| {1,8}|[ ]{0,5}[0-9]{1,3}"), 0..3),
        copies in prop::collection::vec(
            (any::<prop::sample::Index>(), any::<prop::sample::Index>()), 0..3),
        contents in any::<bool>(),
    ) {
        let (layout, lines) = &CLEAN[which.index(CLEAN.len())];
        let mut line = lines[of.index(lines.len())].clone().into_bytes();
        let field = |field: prop::sample::Index| layout.fields[field.index(layout.fields.len())].range();
        // What stands in another record may stand here, but perhaps not beside the rest.
        for (at, other) in copies {
            let (places, other) = (field(at), lines[other.index(lines.len())].as_bytes());
            line[places.clone()].copy_from_slice(&other[places]);
        }
        for (at, value) in changes {
            let places = field(at);
            let value = value.chars().map(|own| u8::try_from(u32::from(own)).unwrap());
            let value: Vec<u8> = value.chain(std::iter::repeat(b' ')).take(places.len()).collect();
            line[places].copy_from_slice(&value);
        }
        if let Some([with, without]) = both(layout, &line, contents) {
            prop_assert_eq!(with, without);
        }
    }
}
