//! Every word a control says exists in nynorsk.

use super::*;
use crate::text::nynorsk;
use std::collections::BTreeSet;

/// What the controls can say, as far as they can be made to say it: every text of the tables, and of the general ones.
fn texts() -> Vec<String> {
    let mut texts = Vec::new();
    for (form, year) in
        [(Form::F11, 2026), (Form::F11, 2020), (Form::F11C, 2026), (Form::F11B, 2017)]
    {
        let layout = Layout::of(form, year).unwrap();
        texts.extend(super::super::contents::texts(layout).into_iter().map(|text| text.nb));
    }
    let bad = [
        Sample::new(Form::F11, 2025, 0)
            .with("KOMMUNE_NR", "99x")
            .with("VERSION", "11")
            .with("FODSELSDATO", "x")
            .with("PERSON_FODSELSNR", "1")
            .with("BYDELSNR", "77")
            .with("EKTSTAT", "x")
            .with("BIDRAG", "x")
            .with("UTBETDATO", "x")
            .with("KJONN", ""),
        Sample::new(Form::F11, 2025, 1).with("KOMMUNE_NR", "0301"),
        Sample::new(Form::F11, 2025, 1).with("KOMMUNE_NR", "0301"),
        Sample::new(Form::F11C, 2025, 1).with("PERSON_FODSELSNR", "1"),
    ];
    let same = Sample::new(Form::F11, 2025, 3);
    for samples in [&bad[..1], &bad[1..3], &bad[3..], &[same.clone(), same][..]] {
        let given = Options { sender: Some("3107".to_owned()), ..Options::default() };
        texts.extend(check(samples, given).findings.into_iter().map(|one| one.text.nb));
    }
    let short = |line: &str| {
        let mut checker = Checker::new(Layout::of(Form::F11, 2025).unwrap(), options()).unwrap();
        checker.check_line(1, line.as_bytes());
        checker.finish().findings.into_iter().map(|one| one.text.nb)
    };
    texts.extend(short("x").chain(short(&"\t".repeat(338))));
    let glued = format!("{0}{0}", Sample::new(Form::F11, 2025, 0).line);
    for first in ["\u{1f}\u{8b}", "PK\u{3}\u{4}", "ÿþ", "{", &glued] {
        texts.extend(short(first));
    }
    let empty = |expects_records, line: Option<&str>| {
        let options = Options { expects_records, ..options() };
        let mut checker = Checker::new(Layout::of(Form::F11, 2025).unwrap(), options).unwrap();
        if let Some(line) = line {
            checker.check_line(1, line.as_bytes());
        }
        checker.finish().findings.into_iter().map(|one| one.text.nb)
    };
    texts.extend(empty(true, None).chain(empty(false, Some("x"))));
    let old = generate_lines(2022);
    let mut checker = Checker::new(Layout::of(Form::F11, 2025).unwrap(), options()).unwrap();
    for (line, number) in old.lines().zip(1..) {
        checker.check_line(number, line.as_bytes());
    }
    texts.extend(checker.finish().findings.into_iter().map(|one| one.text.nb));
    texts
}

fn generate_lines(year: u16) -> String {
    let options =
        crate::generate::Options { persons: Some(90), ..crate::generate::Options::default() };
    let mut bytes = Vec::new();
    crate::generate::write(Form::F11, year, &options, &mut bytes, |_| {}).unwrap();
    String::from_utf8(bytes).unwrap()
}

#[test]
fn every_word_is_known_to_be_the_same_in_nynorsk_or_has_another() {
    let alike: BTreeSet<&str> = nynorsk::ALIKE.split(' ').collect();
    let mut unknown = BTreeSet::new();
    for text in texts() {
        let without_names: String =
            text.split('«')
                .enumerate()
                .map(|(at, part)| {
                    if at == 0 { part } else { part.split_once('»').map_or("", |(_, rest)| rest) }
                })
                .collect();
        // Code lists of the forms are names too.
        let without_lists = without_names
            .split_once(": 1 (")
            .or_else(|| without_names.split_once(": 01 ("))
            .map_or(without_names.as_str(), |(before, _)| before);
        for word in without_lists.split(|letter: char| !(letter.is_alphanumeric() || letter == '_'))
        {
            let is_code = word.is_empty()
                || word.chars().any(|l| l.is_numeric() || l == '_')
                || (word.len() > 2 && word.chars().all(char::is_uppercase));
            let lower = word.to_lowercase();
            if !is_code
                && nynorsk::of(&lower) == lower
                && !alike.contains(&*lower)
                && !["desember", "linjene", "sivilstand"].contains(&&*lower)
            {
                unknown.insert(lower);
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}

#[test]
fn sentences_keep_their_shape_and_names_stay() {
    for (nb, nn) in [
        (
            "Mottakeren er under 18 år, eller alderen kan ikke leses av fødselsnummeret.",
            "Mottakaren er under 18 år, eller alderen kan ikkje lesast av fødselsnummeret.",
        ),
        ("Feltet «Mottakeren» (A_1) må fylles ut.", "Feltet «Mottakeren» (A_1) må fyllast ut."),
        ("Hva? Bare én.", "Kva? Berre én."),
    ] {
        assert_eq!(nynorsk::of(nb), nn);
    }
}
