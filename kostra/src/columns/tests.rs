use super::*;

fn names(form: Form, year: u16) -> Vec<String> {
    columns(form, year).into_iter().map(|column| column.name).collect()
}

#[test]
fn a_year_has_its_fields_without_the_version_and_then_the_derived_columns() {
    for (form, year, fields) in
        [(Form::F11, 2023, 77), (Form::F11, 2025, 78), (Form::F11C, 2026, 52)]
    {
        let names = names(form, year);
        assert_eq!(names.len(), fields + DERIVED.len());
        assert!(!names.contains(&"VERSION".to_owned()));
        assert_eq!(names[fields..], DERIVED);
    }
    assert!(names(Form::F11, 2023).contains(&"DISTRIKTSNR".to_owned()));
    assert!(!names(Form::F11, 2024).contains(&"DISTRIKTSNR".to_owned()));
}

#[test]
fn the_fictitious_year_has_five_columns() {
    let expected = ["KOMMUNE_NR", "BYDELSNR", "REGION", "VKLO", "MNDSPENN"];
    assert_eq!(names(Form::F11, 2016), expected);
    let columns = columns(Form::F11, 2016);
    assert!(columns.iter().all(|column| column.role == ColumnRole::Content));
    assert_eq!(columns[3].codes.len(), 9);
    assert_eq!(columns[4].codes.len(), 4);
}

#[test]
fn there_are_no_columns_where_no_records_are_kept() {
    for (form, year) in
        [(Form::F11, 2019), (Form::F11C, 2016), (Form::F11B, 2017), (Form::F13, 2024)]
    {
        assert!(columns(form, year).is_empty(), "{form} {year}");
    }
}

#[test]
fn who_a_record_is_about_is_never_content() {
    for (form, year) in
        [(Form::F11, 2023), (Form::F11, 2025), (Form::F11C, 2020), (Form::F11C, 2026)]
    {
        for column in columns(form, year) {
            let role = match column.name.as_str() {
                "PERSON_FODSELSNR" | "PERSON_DUF" | "PERSON_JOURNALNR" | "SAKSBEHANDLER"
                | "FODSELSDATO" | "AVSL_ANNET_SPES" => ColumnRole::Identifier,
                "PERSON_PSEUDONYM" => ColumnRole::Pseudonym,
                _ => ColumnRole::Content,
            };
            assert_eq!(column.role, role, "{}", column.name);
        }
    }
}

#[test]
fn no_content_column_holds_free_text_but_the_old_district_number() {
    for year in 2020..=2026 {
        for column in columns(Form::F11, year).into_iter().chain(columns(Form::F11C, year)) {
            let is_text = column.kind == ColumnKind::Text && column.role == ColumnRole::Content;
            assert!(!is_text || column.name == "DISTRIKTSNR", "{year} {}", column.name);
        }
    }
}

#[test]
fn coded_columns_have_lists_in_both_languages() {
    for column in columns(Form::F11, 2025).into_iter().chain(columns(Form::F11C, 2025)) {
        let in_division = ["KOMMUNE_NR", "BYDELSNR", "REGION"].contains(&column.name.as_str());
        let has_list = column.kind == ColumnKind::Code && !in_division;
        assert_eq!(!column.codes.is_empty(), has_list, "{}", column.name);
        assert!(!column.label.nb.is_empty() && !column.label.en.is_empty());
        let labelled = |code: &Code| !code.label.nb.is_empty() && !code.label.en.is_empty();
        assert!(column.codes.iter().all(labelled), "{}", column.name);
    }
}

#[test]
fn dates_and_amounts_have_their_kinds() {
    let columns = columns(Form::F11, 2025);
    let kind = |name: &str| columns.iter().find(|column| column.name == name).unwrap().kind;
    assert_eq!(kind("FODSELSDATO"), ColumnKind::Date);
    assert_eq!(kind("BIDRAG"), ColumnKind::Integer);
    assert_eq!(kind("ALDER"), ColumnKind::Integer);
    assert_eq!(kind("KOMMUNE_NR"), ColumnKind::Code);
    assert_eq!(kind("PERSON_PSEUDONYM"), ColumnKind::Text);
}
