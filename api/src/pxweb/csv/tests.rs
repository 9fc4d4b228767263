use super::*;
use crate::problem::Kind;
use crate::pxweb::cube::Cube;
use crate::pxweb::example::Example;
use crate::pxweb::selection::{Placement, Selected, VariableSelection, resolve};
use crate::pxweb::sheet::place;
use hjemmel_kostra::Language;

fn cube() -> Cube {
    Cube::new(hjemmel_kostra::table("S1101").unwrap(), vec![2016, 2024])
}

fn select(cube: &Cube, wanted: &[(&str, &str)]) -> Selected {
    let wanted: Vec<VariableSelection> = wanted
        .iter()
        .map(|(variable, values)| VariableSelection {
            variable_code: (*variable).to_owned(),
            codelist: None,
            value_codes: values.split(' ').map(ToOwned::to_owned).collect(),
        })
        .collect();
    resolve(cube, &wanted).unwrap()
}

fn placement(stub: &[&str], heading: &[&str]) -> Placement {
    let own = |codes: &[&str]| codes.iter().map(|code| (*code).to_owned()).collect();
    Placement { heading: own(heading), stub: own(stub) }
}

fn style(parameters: &[&str]) -> Style {
    let own: Vec<String> = parameters.iter().map(|name| (*name).to_owned()).collect();
    Style::parse("csv", &own).unwrap()
}

/// A document over two incomes and two years whose cells are one of each kind.
fn written(at: &Placement, style: &Style, language: Language) -> String {
    let cube = cube();
    let wanted =
        [("Region", "EAK"), ("HovedInntekt", "00 arbeid"), ("ContentsCode", "*"), ("Tid", "*")];
    let selected = select(&cube, &wanted);
    let cells = [Some(Cell::Shown(7)), Some(Cell::Withheld), Some(Cell::Missing), None];
    let sheet = Sheet::new(&cube, &selected, &cells, at, language).unwrap();
    let frame = Example::new();
    String::from_utf8(write(&sheet, &frame.frame(language), style)).unwrap()
}

#[test]
fn time_goes_across_unless_said() {
    let text = written(&Placement::default(), &style(&[]), Language::En);
    let expected = "\
\"Region\",\"HovedInntekt\",\"ContentsCode\",\"2016\",\"2024\"
\"EAK\",\"00\",\"Antall\",7,\":\"
\"EAK\",\"arbeid\",\"Antall\",\"..\",\".\"
";
    assert_eq!(text, expected);
}

#[test]
fn heading_variables_go_across_in_their_order() {
    let at = placement(&["Region", "ContentsCode"], &["Tid", "HovedInntekt"]);
    let text = written(&at, &style(&["SeparatorSemicolon"]), Language::En);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(
        lines[0],
        "\"Region\";\"ContentsCode\";\"2016 00\";\"2016 arbeid\";\"2024 00\";\"2024 arbeid\""
    );
    assert_eq!(lines[1], "\"EAK\";\"Antall\";7;\"..\";\":\";\".\"");
    assert_eq!(lines.len(), 2);
}

#[test]
fn everything_can_go_down() {
    let at = placement(&["Tid", "HovedInntekt", "Region", "ContentsCode"], &[]);
    let text = written(&at, &style(&[]), Language::Nb);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",\"Mottakere\""), "{}", lines[0]);
    assert_eq!(
        lines[1..],
        [
            "\"2016\",\"00\",\"EAK\",\"Antall\",7",
            "\"2016\",\"arbeid\",\"EAK\",\"Antall\",\"..\"",
            "\"2024\",\"00\",\"EAK\",\"Antall\",\":\"",
            "\"2024\",\"arbeid\",\"EAK\",\"Antall\",\".\"",
        ]
    );
}

#[test]
fn values_are_named_by_code_text_or_both() {
    let texts = written(&Placement::default(), &style(&["UseTexts"]), Language::En);
    assert!(texts.contains("\"Main source of income\"") && texts.contains("\"Earned income\""));
    assert!(!texts.contains("\"arbeid\""));
    let both = written(&Placement::default(), &style(&["usecodesandtexts"]), Language::Nb);
    assert!(both.contains("\"arbeid - Arbeidsinntekt\""), "{both}");
}

#[test]
fn the_title_comes_first_when_asked_for() {
    let text = written(&Placement::default(), &style(&["IncludeTitle"]), Language::En);
    let title = "\"Recipients of social assistance, by region and main source of income\"";
    assert_eq!(text.lines().next(), Some(title));
}

#[test]
fn each_separator_is_the_one_of_its_name() {
    for (name, separator) in
        [("SeparatorTab", '\t'), ("SeparatorSpace", ' '), ("SeparatorSemicolon", ';')]
    {
        let text = written(&Placement::default(), &style(&[name]), Language::En);
        assert!(text.starts_with(&format!("\"Region\"{separator}\"HovedInntekt\"")), "{text}");
    }
}

#[test]
fn a_parameter_that_does_not_exist_is_refused() {
    let refused = Style::parse("csv", &["UseTitles".to_owned()]).unwrap_err();
    assert!(refused.words(Language::En).starts_with("`UseTitles` is not a parameter"));
}

#[test]
fn half_a_layout_is_completed_with_the_other_variables() {
    let cube = cube();
    let selected = select(&cube, &[("Region", "*"), ("ContentsCode", "*"), ("Tid", "*")]);
    // HovedInntekt was left out and is in no layout.
    let at = |stub: &[&str], heading: &[&str]| place(&cube, &selected, &placement(stub, heading));
    assert_eq!(at(&[], &["Region"]).unwrap(), (vec![2, 3], vec![0]));
    assert_eq!(at(&["tid"], &[]).unwrap(), (vec![3], vec![0, 2]));
    assert_eq!(at(&[], &[]).unwrap(), (vec![0, 2], vec![3]));
    for (stub, heading) in [
        (&["Region"][..], &["Tid"][..]),
        (&["Region", "Tid"], &["ContentsCode", "Tid"]),
        (&["HovedInntekt"], &[]),
        (&["None"], &[]),
    ] {
        let refused = at(stub, heading).unwrap_err();
        assert_eq!(refused.kind(), Kind::ParameterError, "{stub:?} {heading:?}");
    }
}

#[test]
fn quotation_marks_in_a_name_are_doubled() {
    assert_eq!(quoted("a \"b\", c"), "\"a \"\"b\"\", c\"");
}

#[test]
fn signs_have_columns_of_their_own_when_asked_for_and_numbers_stay_numbers() {
    let example = Example::signs();
    let (sheet, frame) = (example.sheet("", "", Language::En), example.frame(Language::En));
    let written =
        |parameters: &[&str]| String::from_utf8(write(&sheet, &frame, &style(parameters))).unwrap();
    let expected = "\
\"Region\",\"HovedInntekt\",\"ContentsCode\",\"2016\",\"2016 symbol\",\"2024\",\"2024 symbol\"
\"EAK\",\"00\",\"Antall\",7,,12,\"*\"
\"EAK\",\"arbeid\",\"Antall\",0,\"-\",,\":\"
";
    assert_eq!(written(&["IncludeSymbols"]), expected);
    // Unasked for, a number is a number and nothing else.
    assert!(written(&[]).ends_with("\"Antall\",7,12\n\"EAK\",\"arbeid\",\"Antall\",0,\":\"\n"));
    assert!(Style::parse("html", &["IncludeSymbols".to_owned()]).is_err());
}
