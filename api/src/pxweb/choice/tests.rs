use super::*;
use hjemmel_kostra::Language;

fn cube(table: &str, years: &[u16]) -> Arc<Cube> {
    Arc::new(Cube::new(hjemmel_kostra::table(table).unwrap(), years.to_vec()))
}

fn part(variable: &str, list: &str, values: &[&str]) -> VariableSelection {
    VariableSelection {
        variable_code: variable.to_owned(),
        codelist: Some(list.to_owned()),
        value_codes: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

fn codes(choice: &Choice, at: usize) -> Vec<&str> {
    let values = &choice.cube.variables[at].values;
    choice.selected.positions[at].iter().map(|&value| values[value].code.as_str()).collect()
}

#[test]
fn the_values_of_a_list_stand_in_for_the_variables_own() {
    let cube = cube("S1101", &[2023, 2024]);
    let rest = [part("ContentsCode", "", &["*"]), part("Tid", "", &["2024"])];
    let ask = |list: &str, values: &[&str]| {
        choose(&cube, &[&[part("region", list, values)], &rest[..]].concat())
    };
    assert_eq!(codes(&ask("agg_Landet", &["*"]).unwrap(), 0), ["EAK", "EAKUO"]);
    assert_eq!(codes(&ask("agg_Fylker", &["eka31", "EKA03"]).unwrap(), 0), ["EKA03", "EKA31"]);
    assert_eq!(codes(&ask("vs_Kommuner", &["310?"]).unwrap(), 0), ["3101", "3103", "3105", "3107"]);
    assert_eq!(codes(&ask("agg_KostraGrupper", &[]).unwrap(), 0).len(), 17);
    let outside = ask("agg_Fylker", &["3107"]).unwrap_err();
    assert!(outside.words(Language::En).contains("has no value `3107`"));
}

#[test]
fn lists_without_values_show_the_default_by_them() {
    let cube = cube("S1101", &[2023, 2024]);
    let choice = choose(&cube, &[part("Region", "agg_Landet", &[])]).unwrap();
    assert_eq!(codes(&choice, 0), ["EAK", "EAKUO"]);
    assert_eq!(codes(&choice, 3), ["2024"]);
    assert!(choice.selected.kept.iter().all(|kept| *kept));
}

#[test]
fn what_no_release_holds_is_refused_with_the_reason_and_the_nearest() {
    let recent = cube("S1104", &[2024]);
    let rest = [part("ContentsCode", "", &["*"]), part("Tid", "", &["*"])];
    let refused = |variable: &str, list: &str, values: &[&str]| {
        let asked = [&[part(variable, list, values)], &rest[..]].concat();
        choose(&recent, &asked).unwrap_err().words(Language::En)
    };
    for (variable, list, values, says) in [
        ("Region", "agg_Fylker_2020", &["*"][..], "no published release"),
        ("Alder", "agg_AlderNokkeltall", &["25-66"], "nearest value is `45-66`"),
        ("Alder", "agg_AlderNokkeltall", &["*"], "never added up"),
        ("Region", "agg_fylker", &["*"], "did you mean `agg_Fylker`?"),
        ("Alder", "agg_Fylker", &["*"], "does not exist for `Alder`"),
        ("Tid", "agg_Fylker", &["*"], "does not exist for `Tid`"),
    ] {
        let words = refused(variable, list, values);
        assert!(words.contains(says), "{list}: {words}");
    }
    let sizes = [&[part("Region", "agg_Folkemengde", &["*"])], &rest[..]].concat();
    assert_eq!(codes(&choose(&recent, &sizes).unwrap(), 0).len(), 7);
    let held = [&[part("Alder", "agg_AlderNokkeltall", &["18-24"])], &rest[..]].concat();
    assert_eq!(codes(&choose(&recent, &held).unwrap(), 2), ["18-24"]);
}

#[test]
fn a_series_in_todays_municipalities_says_what_it_cannot_carry() {
    let cube = cube("S1101", &[2023, 2024]);
    let asked = [
        part("Region", "agg_today", &["1508", "3107"]),
        part("ContentsCode", "", &["*"]),
        part("Tid", "", &["*"]),
    ];
    let choice = choose(&cube, &asked).unwrap();
    assert_eq!(codes(&choice, 0), ["1508", "3107"]);
    let told: Vec<(&str, u16, &str)> =
        choice.not_carried.iter().map(|one| (one.code.as_str(), one.year, one.why)).collect();
    assert_eq!(told, [("1508", 2023, "split")]);
}
