use super::*;
use actix_web::test::TestRequest;

fn request(accept: Option<&str>, language: Option<&str>) -> HttpRequest {
    let mut request = TestRequest::get();
    if let Some(accept) = accept {
        request = request.insert_header(("Accept", accept));
    }
    if let Some(language) = language {
        request = request.insert_header(("Accept-Language", language));
    }
    request.to_http_request()
}

fn extension(query: &str, accept: Option<&str>) -> Result<&'static str, Kind> {
    let format = Query::parse(query).format(&request(accept, None));
    format.map(|format| format.extension()).map_err(|problem| problem.kind())
}

#[test]
fn names_are_read_in_any_case_of_letters_and_encoding() {
    let query = Query::parse("valuecodes%5BRegion%5D=EAK%2C3107&VALUECODES[tid]=top(2)&unknown=1");
    let selection = query.selection().selection;
    let read: Vec<(&str, Vec<&str>)> = selection
        .iter()
        .map(|part| {
            let values = part.value_codes.iter().map(String::as_str).collect();
            (part.variable_code.as_str(), values)
        })
        .collect();
    assert_eq!(read, [("region", vec!["EAK", "3107"]), ("tid", vec!["top(2)"])]);
}

#[test]
fn a_variable_named_twice_has_the_values_of_both() {
    let query = Query::parse("valueCodes[Tid]=2023&codelist[Tid]=x&valueCodes[Tid]=2024");
    let selection = query.selection().selection;
    assert_eq!(selection.len(), 1);
    assert_eq!(selection[0].value_codes, ["2023", "2024"]);
    assert_eq!(selection[0].codelist.as_deref(), Some("x"));
}

#[test]
fn layout_is_read_from_heading_and_stub() {
    let query = Query::parse("heading=Tid,Region&stub=Kjonn&stub=Alder");
    let placement = query.selection().placement.unwrap();
    assert_eq!(placement.heading, ["Tid", "Region"]);
    assert_eq!(placement.stub, ["Kjonn", "Alder"]);
}

#[test]
fn a_number_is_whole_and_not_negative() {
    assert_eq!(Query::parse("pageSize=%2010").number("pagesize").unwrap(), Some(10));
    assert_eq!(Query::parse("").number("pagesize").unwrap(), None);
    for bad in ["pageSize=-1", "pageSize=ti", "pageSize=1.5", "pageSize="] {
        let refused = Query::parse(bad).number("pagesize").unwrap_err();
        assert_eq!(refused.kind(), Kind::ParameterError, "{bad}");
    }
}

#[test]
fn the_language_is_the_one_named_else_the_one_preferred() {
    let english = request(None, Some("en"));
    let language = |query| Query::parse(query).language(&english);
    assert_eq!(language("lang=no").unwrap(), Language::Nb);
    assert_eq!(language("LANG=NB").unwrap(), Language::Nb);
    assert_eq!(language("").unwrap(), Language::En);
    assert_eq!(language("lang=").unwrap(), Language::En);
    assert_eq!(language("lang=de").unwrap_err().kind(), Kind::ParameterError);
}

#[test]
fn the_format_named_wins_over_what_is_accepted() {
    assert_eq!(extension("outputFormat=csv", Some("application/json")), Ok("csv"));
    assert_eq!(extension("outputformat=JSON-STAT2", Some("text/csv")), Ok("json"));
    for (name, end) in [("xlsx", "xlsx"), ("PX", "px"), ("html", "html"), ("json-px", "json")] {
        assert_eq!(extension(&format!("outputFormat={name}"), None), Ok(end));
    }
    assert_eq!(extension("outputFormat=parquet", None), Ok("parquet"));
    for bad in ["sdmx", "px&outputFormatParams=UseTexts", "html&outputFormatParams=SeparatorTab"] {
        let query = format!("outputFormat={bad}");
        assert_eq!(extension(&query, None), Err(Kind::ParameterError), "{bad}");
    }
    assert_eq!(
        extension("outputFormat=json-stat2&outputFormatParams=UseTexts", None),
        Err(Kind::ParameterError)
    );
    assert_eq!(
        extension("outputFormat=csv&outputFormatParams=UseTexts,SeparatorTab", None),
        Ok("csv")
    );
}

#[test]
fn accept_is_weighed_and_anything_will_do_as_json() {
    for (accept, expected) in [
        ("*/*", Ok("json")),
        ("application/json", Ok("json")),
        ("text/csv", Ok("csv")),
        ("text/html, application/xhtml+xml, */*;q=0.8", Ok("html")),
        ("application/json;q=0.5, text/csv", Ok("csv")),
        ("text/csv;q=0, application/json;q=0.1", Ok("json")),
        ("text/csv;q=0", Err(Kind::NotAcceptable)),
        ("image/png", Err(Kind::NotAcceptable)),
    ] {
        assert_eq!(extension("", Some(accept)), expected, "{accept}");
    }
    assert_eq!(extension("", None), Ok("json"));
}
