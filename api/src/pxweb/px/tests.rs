use super::*;
use crate::pxweb::example::Example;

#[test]
fn the_file_names_everything_and_its_cells_are_in_rows() {
    let example = Example::new();
    let sheet = example.sheet("", "", Language::En);
    let text = String::from_utf8(write(&sheet, &example.frame(Language::En))).unwrap();
    for line in [
        "LANGUAGE=\"en\";",
        "MATRIX=\"S1101\";",
        "STUB=\"Region\",\"Main source of income\",\"contents\";",
        "HEADING=\"year\";",
        "CODES(\"Main source of income\")=\"00\",\"arbeid\";",
        "VALUES(\"Main source of income\")=\"Total\",\"Earned income\";",
        "TIMEVAL(\"year\")=TLIST(A1),\"2016\",\"2024\";",
        "CONTVARIABLE=\"contents\";",
        "UNITS=\"persons\";",
        "LAST-UPDATED=\"20260615 06:00\";",
        "NEXT-UPDATE=\"20270315 08:00\";",
        "ELIMINATION(\"Region\")=\"The whole country\";",
        "NOTEX=\"a <note>\";",
    ] {
        assert!(text.lines().any(|other| other == line), "{line} is not in {text}");
    }
    assert!(text.ends_with("DATA=\n7 \":\"\n\"..\" \".\";\n"), "{text}");
}

#[test]
fn long_lists_go_on_in_the_next_line_and_quotation_marks_are_none() {
    let mut text = String::new();
    list(&mut text, "VALUES(\"x\")", (0..100).map(|at| quoted(&format!("value {at}"))));
    assert!(text.lines().all(|line| line.len() <= LINE + 20) && text.lines().count() > 4);
    assert_eq!(quoted("a \"b\"\nc"), "\"a 'b' c\"");
}

#[test]
fn preliminary_years_have_their_sign_and_the_numbers_stay_numbers() {
    let example = Example::signs();
    let written = |stub: &str, heading: &str| {
        let sheet = example.sheet(stub, heading, Language::En);
        String::from_utf8(write(&sheet, &example.frame(Language::En))).unwrap()
    };
    let text = written("", "");
    let sign = "\nDATANOTECELL(\"*\",\"*\",\"*\",\"2024\")=\"*\";\nDATA=\n7 12\n0 \":\";\n";
    assert!(text.ends_with(sign), "{text}");
    assert!(written("Tid", "").contains("DATANOTECELL(\"2024\",\"*\",\"*\",\"*\")=\"*\";"));
    assert!(!text.contains("\"2016\")="), "{text}");
}
