use super::*;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn ask(value: Json) -> Result<Question, Mistake> {
    serde_json::from_value::<Ask>(value).unwrap().resolve()
}

#[expect(clippy::needless_pass_by_value, reason = "tests write it in place")]
fn counted(extra: Json) -> Json {
    let mut question = json!({ "dataset": "skjema-11", "year": 2024, "measure": { "count": "persons" }, "rho": 0.1 });
    question.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
    question
}

fn wrong(extra: Json) -> String {
    ask(counted(extra)).unwrap_err().text().en
}

#[test]
fn spellings_of_one_question_have_one_form() {
    let plain = ask(counted(json!({
        "groupBy": [{ "variable": "REGION", "levels": ["county"] }, "KJONN"],
        "filter": [{ "variable": "VKLO", "codes": ["5", "1"] }, { "variable": "ALDER", "from": 0, "to": 40 }],
    })));
    let other = ask(json!({
        "rho": 1e-1, "years": [2024, 2024], "year": 2024, "dataset": "11F",
        "measure": { "count": "persons" },
        "groupBy": ["kjonn", { "variable": "KJONN", "levels": ["detailed"] }, { "variable": "region", "levels": ["county"] }],
        "filter": [
            { "variable": "ALDER", "from": -5, "to": 40 },
            { "variable": "ALDER", "to": 99 },
            { "variable": "VKLO", "codes": ["1", "soshjelp", "5", "1"] },
            { "variable": "KJONN", "codes": ["1", "2", "UOPPG"] },
            { "variable": "REGION", "codes": ["EAK"] },
        ],
    }));
    assert_eq!(plain.unwrap().canonical(), other.unwrap().canonical());
}

#[test]
fn the_form_is_stable_over_versions_of_the_program() {
    let question = ask(counted(json!({
        "groupBy": ["MNDSPENN"], "filter": [{ "variable": "VKLO", "codes": ["5"] }],
    })));
    assert_eq!(
        question.unwrap().canonical(),
        r#"{"dataset":"skjema-11","years":[2024],"measure":{"kind":"countPersons"},"groupBy":[{"variable":"MNDSPENN","levels":["detailed"]}],"filter":[{"variable":"VKLO","codes":{"2024":["5"]}}],"precision":{"nanoRho":100000000},"nonNegative":false,"pure":false}"#
    );
}

#[test]
fn cells_are_the_cross_of_public_lists_whatever_the_data_hold() {
    let question = ask(counted(json!({
        "groupBy": ["KJONN", { "variable": "REGION", "levels": ["municipality", "country", "county"] }],
    })))
    .unwrap();
    let layers = question.layers();
    let lists: Vec<&str> = layers.iter().map(|layer| layer.dimensions[0].list.as_str()).collect();
    assert_eq!(lists, ["country", "county", "municipality"], "coarsest first, regions slowest");
    assert_eq!(layers.iter().map(Layer::len).collect::<Vec<_>>(), [3, 15 * 3, 357 * 3]);
    assert_eq!(question.cell_count(), 3 + 45 + 1071);
    let last = layers[2].cells().last().unwrap().values();
    assert_eq!(last.iter().map(|value| value.code.as_str()).collect::<Vec<_>>(), ["5636", "UOPPG"]);
}

#[test]
fn lists_part_the_leaves_and_levels_of_regions_add_up() {
    for form in Vocabulary::forms() {
        for year in Vocabulary::years(form) {
            let vocabulary = Vocabulary::of(form, year).unwrap();
            assert!(vocabulary.variable("REGION").is_some(), "{form} {year}");
            for variable in vocabulary.variables() {
                for list in &variable.lists {
                    let mut leaves: Vec<&String> =
                        list.values.iter().flat_map(|value| &value.leaves).collect();
                    let many = leaves.len();
                    leaves.sort_unstable();
                    leaves.dedup();
                    assert_eq!(leaves.len(), many, "{} {} {year}", variable.column, list.id);
                    if list.id != "kostra-group" {
                        assert_eq!(many, variable.leaves.len(), "{} {}", variable.column, list.id);
                    }
                }
            }
        }
    }
}

#[test]
fn a_condition_on_a_grouped_variable_leaves_only_values_that_meet_it() {
    let question = ask(counted(json!({
        "groupBy": [{ "variable": "REGION", "levels": ["county"] }],
        "filter": [{ "variable": "REGION", "codes": ["3107", "EKA31", "0301"] }],
    })))
    .unwrap();
    let codes: Vec<String> =
        question.layers()[0].cells().map(|cell| cell.values()[0].code.clone()).collect();
    assert_eq!(codes, ["EKA03", "EKA31"]);
}

#[test]
fn a_histogram_has_its_intervals_and_what_is_outside_them() {
    let question = ask(json!({ "dataset": "skjema-11", "year": 2024, "accuracy": 20,
        "measure": { "histogram": "BIDRAG", "edges": [50_000, 10_000] } }));
    let layers = question.unwrap().layers();
    let codes: Vec<&str> =
        layers[0].dimensions[0].values.iter().map(|value| value.code.as_str()).collect();
    assert_eq!(codes, ["..10000", "10000..50000", "50000..", "UOPPG"]);
}

#[test]
fn what_does_not_exist_is_told_with_what_is_near() {
    assert!(wrong(json!({ "groupBy": ["KJØNN"] })).contains("`KJONN`"));
    assert!(
        wrong(json!({ "groupBy": [{ "variable": "REGION", "levels": ["countys"] }] }))
            .contains("`county`")
    );
    assert!(
        wrong(json!({ "filter": [{ "variable": "VKLO", "codes": ["soshjlp"] }] }))
            .contains("`soshjelp`")
    );
    assert!(wrong(json!({ "measure": { "sum": "BIDRAGG" } })).contains("`BIDRAG`"));
    assert!(wrong(json!({ "measure": { "count": "person" } })).contains("`persons`"));
    assert!(wrong(json!({ "dataset": null })).contains("lacks `dataset`"));
    assert!(wrong(json!({ "dataset": "skjema-111" })).contains("`skjema-11`"));
    assert!(wrong(json!({ "dataset": "skjema-12" })).contains("skjema-11C"));
    assert!(wrong(json!({ "year": 1999 })).contains("2024"));
}

#[test]
fn what_cannot_be_used_that_way_is_told_how_it_can() {
    let number = [
        wrong(json!({ "groupBy": ["ALDER"] })),
        wrong(json!({ "filter": [{ "variable": "alder", "codes": ["20"] }] })),
    ];
    assert!(number.iter().all(|text| text.starts_with("`ALDER` is a number")), "{number:?}");
    let coded = [
        wrong(json!({ "measure": { "mean": "VKLO" } })),
        wrong(json!({ "filter": [{ "variable": "vklo", "from": 1 }] })),
    ];
    assert!(coded.iter().all(|text| text.starts_with("`VKLO` has a code list")), "{coded:?}");
}

#[test]
fn numbers_out_of_range_are_refused() {
    for rho in [0.0, -1.0, 10.1, 1e300] {
        assert!(wrong(json!({ "rho": rho })).contains("`rho`"), "{rho}");
    }
    assert!(wrong(json!({ "accuracy": 3 })).contains("either"));
    assert!(
        wrong(json!({ "filter": [{ "variable": "ALDER", "from": 40, "to": 20 }] }))
            .contains("above")
    );
    assert!(wrong(json!({ "filter": [{ "variable": "ALDER", "from": 400 }] })).contains("above"));
    for at in [-0.1, 1.1, 0.12345] {
        let text = wrong(json!({ "measure": { "quantile": "BIDRAG", "at": at } }));
        assert!(text.contains("`at`"), "{at}: {text}");
    }
    assert!(wrong(json!({ "measure": { "sum": "BIDRAG", "from": -1 } })).contains("bounds"));
    assert!(
        wrong(json!({ "measure": { "count": "persons", "sum": "BIDRAG" } }))
            .contains("exactly one")
    );
}

#[test]
fn a_cross_that_is_too_large_says_how_large_it_is() {
    let text = wrong(json!({ "groupBy": ["REGION", "ALDERSGRUPPE", "VKLO", "TRYGDESIT"] }));
    assert!(text.contains("20000") && text.contains("cells"), "{text}");
}

#[test]
fn rho_and_accuracy_are_read_exactly_and_rounded_down() {
    for (rho, nano) in [
        (0.1, 100_000_000),
        (0.3, 300_000_000),
        (1e-9, 1),
        (0.000_000_001_5, 1),
        (10.0, MOST_NANO_RHO),
    ] {
        let question = ask(counted(json!({ "rho": rho }))).unwrap();
        assert_eq!(question.precision(), Precision::NanoRho(nano), "{rho}");
    }
    assert!(wrong(json!({ "rho": 9e-10 })).contains("0.000000001"));
    let within = |width: f64| ask(counted(json!({ "rho": null, "accuracy": width })));
    assert_eq!(within(25.000_9).unwrap().precision(), Precision::MilliHalfWidth(25_000));
    assert!(within(0.0009).unwrap_err().text().en.contains("0.001"));
}

#[test]
fn a_range_over_all_of_what_is_measured_says_nothing() {
    let form = |measure: Json, filter: Json| {
        ask(counted(json!({ "measure": measure, "filter": filter }))).unwrap().canonical()
    };
    let all = json!([{ "variable": "BIDRAG", "from": 0 }]);
    for measure in
        [json!({ "sum": "BIDRAG" }), json!({ "mean": "BIDRAG" }), json!({ "median": "BIDRAG" })]
    {
        assert_eq!(form(measure.clone(), all.clone()), form(measure, json!([])));
    }
    // Elsewhere it leaves out whoever does not state the number.
    for measure in [
        json!({ "count": "records" }),
        json!({ "sum": "LAAN" }),
        json!({ "histogram": "BIDRAG", "edges": [9] }),
    ] {
        assert_ne!(form(measure.clone(), all.clone()), form(measure, json!([])));
    }
}

#[test]
fn members_have_names() {
    let refused =
        |extra: Json| serde_json::from_value::<Ask>(counted(extra)).unwrap_err().to_string();
    for extra in [
        json!({ "measure": ["persons"] }),
        json!({ "filter": [["VKLO", ["5"]]] }),
        json!({ "groupBy": [["REGION", ["county"]]] }),
        json!({ "groupBy": [7] }),
    ] {
        assert!(refused(extra.clone()).contains("map"), "{}", refused(extra));
    }
    let misspelt = refused(json!({ "groupBy": [{ "varible": "REGION" }] }));
    assert!(
        misspelt.contains("unknown field `varible`, expected `variable` or `levels`"),
        "{misspelt}"
    );
}

proptest! {
    #[test]
    fn order_and_repetition_never_change_the_form(
        mut groups in proptest::sample::subsequence(vec!["KJONN", "MNDSPENN", "BOSIT", "ALDERSGRUPPE"], 0..=4).prop_shuffle(),
        codes in proptest::collection::vec(proptest::sample::select(vec!["1", "2", "3", "5", "9"]), 1..6),
        from in 0_i64..60,
    ) {
        let question = |groups: &[&str], codes: &[&str], twice: bool| {
            let mut filter = vec![json!({ "variable": "ALDER", "from": from }), json!({ "variable": "VKLO", "codes": codes })];
            if twice {
                filter.reverse();
                filter.push(filter[0].clone());
            }
            ask(counted(json!({ "groupBy": groups, "filter": filter }))).unwrap().canonical()
        };
        let one = question(&groups, &codes, false);
        groups.reverse();
        groups.extend(groups.clone());
        let mut backwards = codes.clone();
        backwards.reverse();
        prop_assert_eq!(one, question(&groups, &backwards, true));
    }
}
