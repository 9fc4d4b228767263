use super::*;
use hjemmel_kostra::Language;

fn of(filter: &str, values: &[&str]) -> Result<VariableSelection, String> {
    let values = values.iter().map(|value| (*value).to_owned()).collect();
    let asked = QueryPart {
        code: "Region".to_owned(),
        selection: Filter { filter: filter.to_owned(), values },
    };
    part(asked).map_err(|problem| problem.words(Language::En))
}

#[test]
fn every_filter_has_its_expression() {
    let codes = |filter: &str, values: &[&str]| of(filter, values).unwrap().value_codes;
    assert_eq!(codes("item", &["0301", "EAK"]), ["0301", "EAK"]);
    assert_eq!(codes("all", &["EKA*"]), ["EKA*"]);
    assert_eq!(codes("Top", &["3"]), ["top(3)"]);
    let lists = [
        ("agg:Fylker", "agg_Fylker"),
        ("agg:agg_Fylker", "agg_Fylker"),
        ("vs:Kommuner", "vs_Kommuner"),
    ];
    for (filter, id) in lists {
        assert_eq!(of(filter, &["EKA03"]).unwrap().codelist.as_deref(), Some(id), "{filter}");
    }
}

#[test]
fn a_filter_that_cannot_be_read_is_refused() {
    for (filter, values) in
        [("top", &[][..]), ("top", &["1", "2"]), ("agg:Fylker", &["*"]), ("each", &["1"])]
    {
        let words = of(filter, values).unwrap_err();
        assert!(words.contains("`Region`"), "{filter}: {words}");
    }
}

#[test]
fn every_format_is_one_of_ours_and_the_two_flat_ones_go_down() {
    for (name, end, down) in [
        ("", "px", false),
        ("JSON-stat2", "json", false),
        ("json-stat", "json", false),
        ("json", "json", false),
        ("csv", "csv", false),
        ("csv2", "csv", true),
        ("csv3", "csv", true),
        ("xlsx", "xlsx", false),
    ] {
        let (found, all_down) = format(name).unwrap();
        assert_eq!((found.extension(), all_down), (end, down), "{name}");
    }
    assert_eq!(format("sdmx").unwrap_err().kind(), Kind::ParameterError);
}
