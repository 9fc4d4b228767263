use super::*;
use hjemmel_kostra::Language;

fn cube() -> Cube {
    Cube::new(hjemmel_kostra::table("S1101").unwrap(), vec![2016, 2023, 2024, 2025])
}

fn part(variable: &str, values: &[&str]) -> VariableSelection {
    VariableSelection {
        variable_code: variable.to_owned(),
        codelist: None,
        value_codes: values.iter().map(|value| (*value).to_owned()).collect(),
    }
}

/// The codes one variable's expressions stand for, in publishing order.
fn codes(variable: &str, values: &[&str]) -> Vec<String> {
    let cube = cube();
    let mut wanted = vec![part(variable, values)];
    for (other, value) in [("Region", "EAK"), ("ContentsCode", "Antall"), ("Tid", "2024")] {
        if !variable.eq_ignore_ascii_case(other) {
            wanted.push(part(other, &[value]));
        }
    }
    let selected = resolve(&cube, &wanted).unwrap();
    let at = cube.variable(variable).unwrap();
    let values = &cube.variables[at].values;
    selected.positions[at].iter().map(|&value| values[value].code.clone()).collect()
}

/// The English words of the refusal of one variable's expression.
fn refusal(variable: &str, value: &str) -> String {
    let wanted = [part(variable, &[value]), part("Tid", &["2024"]), part("ContentsCode", &["*"])];
    resolve(&cube(), &wanted).unwrap_err().words(Language::En)
}

const INCOMES: [&str; 5] = ["00", "arbeid", "trygd", "soshjelp", "annet"];

#[test]
fn codes_are_taken_in_any_case_of_letters_once_and_in_publishing_order() {
    assert_eq!(codes("HovedInntekt", &["annet", "ARBEID", "annet"]), ["arbeid", "annet"]);
    assert_eq!(codes("hovedinntekt", &[" trygd "]), ["trygd"]);
    assert_eq!(codes("Region", &["eak"]), ["EAK"]);
}

#[test]
fn a_star_is_everything() {
    assert_eq!(codes("HovedInntekt", &["*"]), INCOMES);
    assert_eq!(codes("Tid", &["*"]), ["2016", "2023", "2024", "2025"]);
}

#[test]
fn masks_have_stars_at_the_ends_and_question_marks_anywhere() {
    assert_eq!(codes("HovedInntekt", &["a*"]), ["arbeid", "annet"]);
    assert_eq!(codes("HovedInntekt", &["*d"]), ["arbeid", "trygd"]);
    assert_eq!(codes("HovedInntekt", &["*JEL*"]), ["soshjelp"]);
    assert_eq!(codes("HovedInntekt", &["??"]), ["00"]);
    assert_eq!(codes("HovedInntekt", &["?r*"]), ["arbeid", "trygd"]);
    assert_eq!(codes("Tid", &["202?"]), ["2023", "2024", "2025"]);
    let bydeler = codes("Region", &["0301??"]);
    assert!(bydeler.len() >= 15 && bydeler.iter().all(|code| code.len() == 6), "{bydeler:?}");
    assert!(codes("Region", &["EKG*"]).iter().all(|code| code.starts_with("EKG")));
}

#[test]
fn an_expression_nothing_fits_is_refused_and_never_answered_with_the_total() {
    for expression in ["x*", "???", "top(1,5)"] {
        let words = refusal("HovedInntekt", expression);
        assert_eq!(words, format!("no value of `HovedInntekt` fits `{expression}`"));
    }
    assert_eq!(refusal("Tid", "19??"), "no value of `Tid` fits `19??`");
    assert_eq!(codes("HovedInntekt", &["x*", "annet"]), ["annet"]);
    let empty = [part("HovedInntekt", &[]), part("Tid", &["2024"]), part("ContentsCode", &["*"])];
    assert!(!resolve(&cube(), &empty).unwrap().kept[1]);
}

#[test]
fn top_is_the_latest_years_and_the_first_of_anything_else() {
    assert_eq!(codes("Tid", &["top(2)"]), ["2024", "2025"]);
    assert_eq!(codes("Tid", &["TOP(2,1)"]), ["2023", "2024"]);
    assert_eq!(codes("Tid", &["bottom(1)"]), ["2016"]);
    assert_eq!(codes("Tid", &["bottom( 2 , 1 )"]), ["2023", "2024"]);
    assert_eq!(codes("Tid", &["top(99)"]).len(), 4);
    assert_eq!(codes("HovedInntekt", &["top(2)"]), ["00", "arbeid"]);
    assert_eq!(codes("HovedInntekt", &["top(1,1)"]), ["arbeid"]);
    assert_eq!(codes("HovedInntekt", &["bottom(2)"]), ["soshjelp", "annet"]);
}

#[test]
fn range_from_and_to_include_their_ends() {
    assert_eq!(codes("Tid", &["range(2023,2024)"]), ["2023", "2024"]);
    assert_eq!(codes("Tid", &["range(2024,2023)"]), ["2023", "2024"]);
    assert_eq!(codes("Tid", &["from(2024)"]), ["2024", "2025"]);
    assert_eq!(codes("Tid", &["to(2023)"]), ["2016", "2023"]);
    assert_eq!(codes("HovedInntekt", &["RANGE(arbeid, soshjelp)"]), INCOMES[1..4]);
    assert_eq!(codes("Tid", &["to(2016)", "top(1)"]), ["2016", "2025"]);
}

#[test]
fn what_does_not_exist_is_refused_with_what_is_nearest() {
    assert!(refusal("HovedInntekt", "arbeit").contains("did you mean `arbeid`?"));
    assert!(refusal("Tid", "from(2032)").contains("has no value `2032`; did you mean `20"));
    assert!(refusal("Hovedinntkt", "00").contains("did you mean `HovedInntekt`?"));
    assert_eq!(refusal("Zzzzzz", "00"), "the table has no variable `Zzzzzz`");
}

#[test]
fn expressions_that_mean_nothing_are_refused() {
    let bad = ["top(0)", "top(x)", "top(1,2,3)", "range(2023)", "last(1)", "2*2*", "*0*1*", "-1"];
    for expression in bad {
        let words = refusal("Tid", expression);
        assert!(words.contains(&format!("`{expression}`")), "{expression}: {words}");
    }
    assert!(refusal("Region", "").contains("has no value ``"));
}

#[test]
fn what_is_left_out_is_replaced_by_its_total_if_it_has_one() {
    let cube = cube();
    let selected =
        resolve(&cube, &[part("Tid", &["2024"]), part("ContentsCode", &["Antall"])]).unwrap();
    assert_eq!(selected.kept, [false, false, true, true]);
    assert_eq!(selected.cells(), 1);
    for mandatory in ["Tid", "ContentsCode"] {
        let other = if mandatory == "Tid" { "ContentsCode" } else { "Tid" };
        let refused = resolve(&cube, &[part(other, &["*"])]).unwrap_err();
        assert!(refused.words(Language::En).contains(&format!("`{mandatory}`")));
    }
}

#[test]
fn nothing_selected_is_everything_of_the_latest_year() {
    let cube = cube();
    let selected = resolve(&cube, &[]).unwrap();
    assert_eq!(selected, default_selection(&cube));
    assert_eq!(selected.positions[3], [3]);
    let regions = cube.variables[0].values.iter().filter(|region| region.occurs_in(3)).count();
    assert!(regions < cube.variables[0].values.len());
    assert_eq!(selected.cells(), regions * 5);
}

#[test]
fn values_are_split_on_commas_outside_brackets_and_parentheses() {
    assert_eq!(split_values("a,b"), ["a", "b"]);
    assert_eq!(
        split_values("0301,[range(2016,2024)],top(2,1)"),
        ["0301", "range(2016,2024)", "top(2,1)"]
    );
    assert_eq!(split_values("[a,b],c"), ["a,b", "c"]);
    assert_eq!(split_values("a,,b, "), ["a", "b"]);
    assert!(split_values("").is_empty());
    assert_eq!(split_values("a)),b"), ["a))", "b"]);
}

#[test]
fn a_callers_words_are_repeated_short_and_without_control_characters() {
    assert_eq!(clip("a\u{1b}[31m\nb"), "a[31mb");
    assert_eq!(clip(&"å".repeat(100)).chars().count(), 60);
}

#[test]
fn ten_thousand_codes_are_read_and_as_many_masks_are_refused() {
    let codes: Vec<String> = (0..10_000).map(|at| format!("{}AK", ["E", "e"][at % 2])).collect();
    let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
    let rest = [part("ContentsCode", &["*"]), part("Tid", &["2024"])];
    let chosen = resolve(&cube(), &[&[part("Region", &codes)], &rest[..]].concat()).unwrap();
    assert_eq!(chosen.positions[0].len(), 1);
    let masks: Vec<String> = (0..10_000).map(|at| format!("*{at}*")).collect();
    let masks: Vec<VariableSelection> =
        masks.iter().map(|mask| part("Region", &["EAK", mask])).collect();
    let refused = resolve(&cube(), &[&masks[..], &rest].concat()).unwrap_err();
    assert!(refused.words(Language::En).contains("more than 1000 expressions"));
}
