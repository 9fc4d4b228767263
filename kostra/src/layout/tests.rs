use super::{read::SOURCES, *};

#[test]
fn every_description_is_read() {
    assert_eq!(Layout::all().len(), SOURCES.len());
    assert_eq!(Layout::years(Form::F11), (2020..=2026).collect::<Vec<_>>());
    assert_eq!(Layout::years(Form::F11C), (2020..=2026).collect::<Vec<_>>());
    assert_eq!(Layout::years(Form::F11B), [2017]);
    assert!(Layout::of(Form::F11, 2019).is_none());
    assert!(Layout::of(Form::F13, 2024).is_none());
}

#[test]
fn fields_cover_the_line_without_gaps() {
    for layout in Layout::all() {
        let mut end = 0;
        for field in &layout.fields {
            assert_eq!(field.start, end, "{} {} {}", layout.form, layout.year, field.name);
            end = field.range().end;
        }
        assert_eq!(end, layout.record_length, "{} {}", layout.form, layout.year);
    }
}

#[test]
fn lengths_are_those_of_the_years() {
    let lengths = |form| {
        Layout::years(form)
            .into_iter()
            .map(move |year| Layout::of(form, year).unwrap().record_length)
    };
    assert!(lengths(Form::F11).eq([324, 324, 324, 324, 324, 338, 338]));
    assert!(lengths(Form::F11C).eq([167, 139, 139, 138, 136, 152, 152]));
}

#[test]
fn every_field_and_code_of_recent_years_has_an_english_text() {
    let names: std::collections::BTreeMap<String, toml::Value> =
        toml::from_str(include_str!("../../data/labels_en.toml")).unwrap();
    let fields = names["fields"].as_table().unwrap();
    let codes = names["codes"].as_table().unwrap();
    for layout in Layout::all().iter().filter(|layout| layout.year >= 2020) {
        for field in &layout.fields {
            let at = format!("{} {} {}", layout.form, layout.year, field.name);
            let title = fields.get(&field.name).and_then(toml::Value::as_str);
            assert_eq!(title, Some(field.title.en.as_str()), "{at}");
            if field.name == "KOMMNR_KVP_KOMM" {
                continue;
            }
            for code in field.codes.iter().filter(|code| code.label.nb != "Uoppgitt") {
                let listed = codes.get(&field.name).and_then(|list| list.get(&code.code));
                assert!(listed.is_some(), "{at} {}", code.code);
                assert!(!code.label.en.is_empty() && !code.label.nb.is_empty());
            }
        }
    }
}

#[test]
fn a_code_renamed_in_2024_has_both_names_in_their_years() {
    let label = |year| {
        let field = Layout::of(Form::F11, year).unwrap().field("TRYGDESIT").unwrap();
        field.codes.iter().find(|code| code.code == "06").unwrap().label.clone()
    };
    assert_eq!(label(2023), Text::new("Etterlattepensjon", "Survivor's pension"));
    assert_eq!(label(2024).en, "Adjustment allowance (formerly survivor's pension)");
}

#[test]
fn lists_missing_in_2022_are_those_of_2021() {
    for (form, name) in [
        (Form::F11, "VKLO"),
        (Form::F11, "TRYGDESIT"),
        (Form::F11, "ARBSIT"),
        (Form::F11C, "KVP_OSLO"),
    ] {
        let codes = |year| &Layout::of(form, year).unwrap().field(name).unwrap().codes;
        assert!(!codes(2022).is_empty());
        assert_eq!(codes(2021), codes(2022));
    }
}

#[test]
fn the_bydel_is_never_mandatory_in_the_layout_itself() {
    let bydel = |layout: &Layout| layout.field("BYDELSNR").is_some_and(|field| field.mandatory);
    assert!(!Layout::all().iter().any(bydel));
    let mandatory = Layout::of(Form::F11, 2025).unwrap().fields.iter().filter(|f| f.mandatory);
    assert_eq!(mandatory.count(), 18);
}

#[test]
fn zeros_say_nothing_unless_they_are_a_code() {
    let month = |year| Layout::of(Form::F11, year).unwrap().field("STMND_1").unwrap();
    assert_eq!(month(2023).stated("00"), None);
    assert_eq!(month(2020).stated("00"), Some("00"));
    assert_eq!(month(2023).stated("  "), None);
    assert_eq!(month(2023).stated("01"), Some("01"));
    let amount = Layout::of(Form::F11, 2023).unwrap().field("BIDRAG").unwrap();
    assert_eq!(amount.stated("     0"), Some("0"));
}

#[test]
fn dates_are_real_ones() {
    let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d);
    assert_eq!(DateFormat::DdMmYy.parse("290224"), date(2024, 2, 29));
    assert_eq!(DateFormat::DdMmYyyy.parse("29022024"), date(2024, 2, 29));
    for bad in ["290223", "310424", "000024", "29022024", "29 224", "", "+90224"] {
        assert_eq!(DateFormat::DdMmYy.parse(bad), None, "{bad}");
    }
    for bad in ["29022023", "00000000", "01010000", "290224"] {
        assert_eq!(DateFormat::DdMmYyyy.parse(bad), None, "{bad}");
    }
    let day = date(2025, 12, 1).unwrap();
    assert_eq!(DateFormat::DdMmYyyy.parse(&DateFormat::DdMmYyyy.write(day)), Some(day));
}
