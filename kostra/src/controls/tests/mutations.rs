//! A change of any one field of a clean file is found, by the control that should find it.

use super::*;
use crate::generate;
use proptest::prelude::*;
use std::sync::LazyLock;

/// Clean files of every form and year with controls, a few records each.
static CLEAN: LazyLock<Vec<(&'static Layout, Vec<String>)>> = LazyLock::new(|| {
    let all = Layout::all().iter().filter(|layout| layout.form != Form::F11B);
    let file = |layout: &'static Layout| {
        let options = generate::Options { persons: Some(60), ..generate::Options::default() };
        let mut bytes = Vec::new();
        generate::write(layout.form, layout.year, &options, &mut bytes, |_| {}).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let is_clean = |line: &&str| {
            let options = Options { contents: true, ..super::options() };
            let mut checker = Checker::new(layout, options).unwrap();
            checker.check_line(1, line.as_bytes());
            checker.finish().findings.is_empty()
        };
        (layout, text.lines().filter(is_clean).take(30).map(str::to_owned).collect())
    };
    all.map(file).collect()
});

/// What can stand in no field of a kind: the control that must find it, and the value.
fn wrong(
    field: &crate::layout::Field,
    form: Form,
    seed: &str,
) -> Option<(&'static [&'static str], String)> {
    match &*field.name {
        "KOMMUNE_NR" => return Some((&["003"], "9x".to_owned())),
        "VERSION" => return Some((&["004"], "99".to_owned())),
        "FODSELSDATO" => return Some((&["004A", "002"], "99999999".to_owned())),
        "PERSON_FODSELSNR" => return Some((&["005"], "12345678901".to_owned())),
        "BYDELSNR" => return Some((&["003B"], "77".to_owned())),
        _ => {}
    }
    let value = match field.kind {
        FieldKind::Integer if field.codes.is_empty() => "x".to_owned(),
        FieldKind::Date(_) => "9".repeat(field.length),
        _ if field.codes.is_empty() => return None,
        _ => {
            // A code that is on no list.
            let width = field.length.min(seed.len());
            let code = &seed[..width];
            if field.codes.iter().any(|known| known.code.trim() == code.trim()) {
                return None;
            }
            code.to_owned()
        }
    };
    // Every control that names the field with its own number, or the general one.
    let all: &'static [&'static str] = match form {
        Form::F11 => &[
            "002", "008", "009", "010", "014", "022", "025", "032", "033", "035", "039", "040",
            "041", "042",
        ],
        _ => &["002", "008", "009", "010", "019", "026", "036"],
    };
    Some((all, value))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 200 } else { 3_000 }))]

    #[test]
    fn a_change_of_any_single_field_is_found_by_the_control_that_should_find_it(
        file in any::<prop::sample::Index>(),
        line in any::<prop::sample::Index>(),
        field in any::<prop::sample::Index>(),
        seed in "[x-zX-Z!?]{4}",
    ) {
        let (layout, lines) = &CLEAN[file.index(CLEAN.len())];
        let field = &layout.fields[field.index(layout.fields.len())];
        let Some((rules, value)) = wrong(field, layout.form, &seed) else { return Ok(()) };
        let at = line.index(lines.len());
        let mut lines = lines.clone();
        let padded = format!("{value:width$}", width = field.length);
        lines[at].replace_range(field.range(), &padded);
        let mut checker =
            Checker::new(layout, Options { contents: true, ..options() }).unwrap();
        for (line, number) in lines.iter().zip(1..) {
            checker.check_line(number, line.as_bytes());
        }
        let report = checker.finish();
        let found = report.findings.iter().any(|finding| {
            finding.line == Some(at as u64 + 1)
                && rules.contains(&finding.rule)
                && finding.fields.contains(&field.name)
        });
        prop_assert!(
            found && !report.accepted,
            "{} {} `{}` in {}: {:?}",
            layout.form,
            layout.year,
            value,
            field.name,
            report.findings
        );
    }
}

#[test]
fn the_clean_files_are_clean() {
    for (layout, lines) in &*CLEAN {
        let options = Options { contents: true, ..super::options() };
        let mut checker = Checker::new(layout, options).unwrap();
        for (line, number) in lines.iter().zip(1..) {
            checker.check_line(number, line.as_bytes());
        }
        let report = checker.finish();
        assert_eq!(report.findings, [], "{} {}", layout.form, layout.year);
        assert!(lines.len() > 10, "{} {}", layout.form, layout.year);
    }
}
