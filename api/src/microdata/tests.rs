use super::*;
use actix_web::test::TestRequest;
use hjemmel_kostra::Language;

const YEARS: [u16; 2] = [2023, 2024];

fn ask(query: &str) -> Result<Ask, Problem> {
    let uri = format!("/v1/datasets/skjema-11/microdata?{query}");
    Ask::read(&TestRequest::with_uri(&uri).to_http_request(), Form::F11, &YEARS)
}

fn refusal(query: &str) -> String {
    let problem = ask(query).unwrap_err();
    assert_eq!(problem.kind(), Kind::ParameterError, "{query}");
    problem.words(Language::En)
}

fn format(query: &str, accept: Option<&str>) -> Result<Format, Kind> {
    let mut request = TestRequest::get();
    if let Some(accept) = accept {
        request = request.insert_header(("Accept", accept));
    }
    Format::of(&Query::parse(query), &request.to_http_request()).map_err(|problem| problem.kind())
}

fn set(codes: &[&str]) -> BTreeSet<String> {
    codes.iter().map(|code| (*code).to_owned()).collect()
}

#[test]
fn a_year_must_be_named_and_have_records() {
    assert_eq!(ask("year=2024").unwrap().year, 2024);
    assert!(refusal("").contains("choose a year with `year`: 2023, 2024"));
    assert!(refusal("year=2016").contains("no records for the year `2016`"));
    assert!(refusal("year=next").contains("`next`"));
}

#[test]
fn nothing_said_is_every_column_and_a_first_page() {
    let ask = ask("year=2024").unwrap();
    assert_eq!((ask.columns, ask.regions, ask.cursor, ask.purpose), (None, None, None, None));
    assert!(ask.filters.is_empty() && ask.filtered.is_empty());
    assert_eq!((ask.format, ask.limit), (Format::Json, PAGE));
}

#[test]
fn columns_are_named_in_any_case_of_letters_and_known_ones_only() {
    let ask = ask("year=2024&columns=region,%20VKLO").unwrap();
    assert_eq!(ask.columns, Some(set(&["REGION", "VKLO"])));
    let words = refusal("year=2024&columns=REGIONN");
    assert!(words.contains("no column `REGIONN` in 2024; did you mean `REGION`?"), "{words}");
}

#[test]
fn codes_become_a_condition_that_is_also_asked_for() {
    let ask = ask("year=2024&filter[vklo]=1,5").unwrap();
    let codes = vec!["1".to_owned(), "5".to_owned()];
    assert_eq!(ask.filters, [Filter::Codes { column: "VKLO".to_owned(), codes }]);
    assert_eq!(ask.filtered, set(&["VKLO"]));
    assert!(refusal("year=2024&filter[VKLO]=x").contains("`VKLO` has no code `x`"));
    assert!(refusal("year=2024&filter[VKLO]=").contains("cannot be read"));
    assert!(refusal("year=2024&filter[VKL]=1").contains("did you mean `VKLO`?"));
}

#[test]
fn numbers_are_ranges_with_either_end_open() {
    for (text, from, to) in [
        ("10..20", Some(10), Some(20)),
        ("10..", Some(10), None),
        ("..20", None, Some(20)),
        ("15", Some(15), Some(15)),
        ("-5..5", Some(-5), Some(5)),
    ] {
        let ask = ask(&format!("year=2024&filter[BIDRAG]={text}")).unwrap();
        let column = "BIDRAG".to_owned();
        assert_eq!(ask.filters, [Filter::Integers { column, from, to }], "{text}");
    }
    for bad in ["20..10", "..", "a..b", "1.5", "10...20"] {
        assert!(refusal(&format!("year=2024&filter[BIDRAG]={bad}")).contains("`BIDRAG`"), "{bad}");
    }
}

#[test]
fn identifiers_cannot_be_conditions() {
    for column in ["PERSON_FODSELSNR", "PERSON_PSEUDONYM", "FODSELSDATO"] {
        let known = hjemmel_kostra::columns(Form::F11, 2024);
        if !known.iter().any(|other| other.name == column) {
            continue;
        }
        let words = refusal(&format!("year=2024&filter[{column}]=1"));
        assert!(words.contains("is an identifier"), "{words}");
    }
    assert!(refusal("year=2024&filter[PERSON_FODSELSNR]=1").contains("is an identifier"));
}

#[test]
fn regions_are_those_of_the_years_division() {
    let ask = ask("year=2024&region=3107,030101").unwrap();
    assert_eq!(ask.regions, Some(set(&["3107", "030101"])));
    assert_eq!(ask.filtered, set(&["REGION"]));
    assert!(ask.filters.is_empty());
    let again = self::ask("year=2024&filter[REGION]=3107").unwrap();
    assert_eq!(again.regions, Some(set(&["3107"])));
    // 0106 was Fredrikstad until 2019; EAK is a sum, not a region of records.
    for code in ["0106", "EAK", "31"] {
        let words = refusal(&format!("year=2024&region={code}"));
        assert!(words.contains(&format!("`{code}` is no kommune or bydel in 2024")), "{words}");
    }
}

#[test]
fn a_page_has_one_to_ten_thousand_records() {
    assert_eq!(ask("year=2024&limit=10000").unwrap().limit, 10_000);
    for bad in ["0", "10001", "-1", "many"] {
        assert!(refusal(&format!("year=2024&limit={bad}")).contains("`limit`"), "{bad}");
    }
}

#[test]
fn the_format_is_named_or_accepted() {
    assert_eq!(format("format=PARQUET", Some("text/csv")), Ok(Format::Parquet));
    assert_eq!(format("format=xml", None), Err(Kind::ParameterError));
    for (accept, expected) in [
        ("*/*", Ok(Format::Json)),
        ("text/*", Ok(Format::Csv)),
        ("application/vnd.apache.parquet", Ok(Format::Parquet)),
        ("application/vnd.apache.arrow.stream;q=0.9, application/json;q=0.5", Ok(Format::Arrow)),
        ("application/json;q=0", Err(Kind::NotAcceptable)),
        ("image/png", Err(Kind::NotAcceptable)),
    ] {
        assert_eq!(format("", Some(accept)), expected, "{accept}");
    }
    assert_eq!(format("", None), Ok(Format::Json));
}

#[test]
fn a_dataset_is_named_in_any_case_of_letters_or_missed_with_the_nearest() {
    assert_eq!(dataset("SKJEMA-11c").unwrap(), Form::F11C);
    let missed = dataset("skjema-1l").unwrap_err();
    assert_eq!(missed.kind(), Kind::NotFound);
    assert!(missed.words(Language::En).contains("did you mean `skjema-1"));
}
