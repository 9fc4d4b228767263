//! `/pxwebapi/v2`: published tables, exact for whoever has a legal basis and protected for everyone else.

use crate::app::App;
use crate::language::statbank_id;
use crate::problem::{Kind, Problem};
use crate::pxweb::cube::{Cube, TIME};
use crate::pxweb::jsonstat::{self, Frame};
use crate::pxweb::request::{Format, Query};
use crate::pxweb::selection::{VariablesSelection, default_selection};
use crate::reply::Reply;
use crate::shelf::Published;
use crate::signin::SignedIn;
use crate::table_answer::{self, Question};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use hjemmel_kostra::{Language, Text};
use serde_json::{Value, json};

/// Where the interface is mounted.
pub const PREFIX: &str = "/pxwebapi/v2";

fn link(rel: &str, language: Language, href: &str) -> Value {
    json!({ "rel": rel, "hreflang": statbank_id(language), "href": href })
}

fn address(app: &App, rest: &str) -> String {
    format!("{}{PREFIX}{rest}", app.public_address())
}

/// How this interface is set up: limits, languages, formats, licence.
#[utoipa::path(operation_id = "read_config", tag = "Tables",
    responses((status = 200, description = "The configuration.", body = Value)))]
#[get("/pxwebapi/v2/config")]
pub async fn read_config(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let config = json!({
        "apiVersion": "2.1.0",
        "appVersion": env!("CARGO_PKG_VERSION"),
        "languages": [{ "id": "no", "label": "Norsk" }, { "id": "en", "label": "English" }],
        "defaultLanguage": "no",
        "maxDataCells": app.settings().tables.max_cells,
        "maxCallsPerTimeWindow": 100_000,
        "timeWindow": 1,
        "license": "https://data.norge.no/nlod/no/2.0",
        "sourceReferences": [
            { "language": "no", "text": jsonstat::source(Language::Nb) },
            { "language": "en", "text": jsonstat::source(Language::En) },
        ],
        "defaultDataFormat": "json-stat2",
        "dataFormats": Format::NAMES,
        "features": [{ "id": "CORS", "params": [{ "key": "enabled", "value": "True" }] }],
    });
    Reply::open(&request).json(&config)
}

/// The tables, page by page; `query` searches ids, titles and variables.
#[utoipa::path(operation_id = "list_tables", tag = "Tables",
    params(
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
        ("query" = Option<String>, Query, description = "Words that must all occur.", example = "recipients"),
        ("pageNumber" = Option<u64>, Query, description = "From 1.", example = 1),
        ("pageSize" = Option<u64>, Query, description = "Tables a page, 20 unless said.", example = 20),
    ),
    responses((status = 200, description = "One page of tables.", body = Value)))]
#[get("/pxwebapi/v2/tables")]
pub async fn list_tables(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    page_of_tables(&request, &app).map_err(|problem| problem.for_request(&request))
}

fn page_of_tables(request: &HttpRequest, app: &App) -> Result<HttpResponse, Problem> {
    let query = Query::of(request);
    let language = query.language(request)?;
    let number = query.number("pagenumber")?.unwrap_or(1).max(1);
    let size = query.number("pagesize")?.filter(|size| *size > 0).unwrap_or(20);
    let search = query.first("query").unwrap_or_default();
    let words = search.to_lowercase();
    let shelf = app.shelf()?;
    let found: Vec<&Published> =
        shelf.tables().filter(|published| matches(published, &words)).collect();
    let total = found.len() as u64;
    let pages = total.div_ceil(size).max(1);
    if number > pages {
        return Err(Problem::new(Kind::NotFound).titled("Non-existent page").detail(
            format!("det er {pages} side(r), ikke {number}"),
            format!("there are {pages} page(s), not {number}"),
        ));
    }
    let skip = usize::try_from((number - 1).saturating_mul(size)).unwrap_or(usize::MAX);
    let take = usize::try_from(size).unwrap_or(usize::MAX);
    let tables: Vec<Value> = found
        .into_iter()
        .skip(skip)
        .take(take)
        .map(|published| describe(app, published, language))
        .collect();
    let page = |rel: &str, number: u64| {
        let start = String::from("/tables?");
        let end = start.len();
        let mut place = form_urlencoded::Serializer::for_suffix(start, end);
        place.append_pair("lang", statbank_id(language));
        if !search.is_empty() {
            place.append_pair("query", search);
        }
        place.append_pair("pageNumber", &number.to_string());
        place.append_pair("pageSize", &size.to_string());
        link(rel, language, &address(app, &place.finish()))
    };
    let mut links = vec![page("self", number)];
    links.extend((number < pages).then(|| page("next", number + 1)));
    links.extend((number > 1).then(|| page("previous", number - 1)));
    let body = json!({
        "language": statbank_id(language),
        "tables": tables,
        "page": { "pageNumber": number, "pageSize": size, "totalElements": total, "totalPages": pages, "links": links },
        "links": [link("self", language, &address(app, "/tables"))],
    });
    Reply::open(request).in_language(language).json(&body)
}

fn matches(published: &Published, words: &str) -> bool {
    let table = published.cube.table;
    let mut text =
        format!("{} {} {} {}", table.id, table.form.dataset(), table.title.nb, table.title.en);
    for variable in &published.cube.variables {
        text.extend([" ", &variable.code, " ", &variable.label.nb, " ", &variable.label.en]);
    }
    let text = text.to_lowercase();
    words.split_whitespace().all(|word| text.contains(word))
}

fn describe(app: &App, published: &Published, language: Language) -> Value {
    let cube = &published.cube;
    let id = &cube.table.id;
    let lang = statbank_id(language);
    let names: Vec<&str> =
        cube.variables.iter().map(|variable| variable.label.in_language(language)).collect();
    let subject = Text::new("Sosiale tjenester", "Social services");
    json!({
        "id": id,
        "label": cube.title(language),
        "description": cube.table.measure.in_language(language),
        "sortCode": id,
        "updated": published.updated(),
        "firstPeriod": cube.years.first().map(ToString::to_string),
        "lastPeriod": cube.years.last().map(ToString::to_string),
        "category": "public",
        "variableNames": names,
        "discontinued": false,
        "source": jsonstat::source(language),
        "subjectCode": "sk",
        "timeUnit": "Annual",
        "paths": [[{ "id": "sk", "label": subject.in_language(language), "sortCode": "sk" }]],
        "links": [
            link("self", language, &address(app, &format!("/tables/{id}?lang={lang}"))),
            link("metadata", language, &address(app, &format!("/tables/{id}/metadata?lang={lang}"))),
            link("data", language, &address(app, &format!("/tables/{id}/data?lang={lang}"))),
        ],
    })
}

/// One table: its title, years, variables and links.
#[utoipa::path(operation_id = "read_table", tag = "Tables",
    params(
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
    ),
    responses((status = 200, description = "The table.", body = Value)))]
#[get("/pxwebapi/v2/tables/{id}")]
pub async fn read_table(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let shelf = app.shelf()?;
        let mut body = describe(&app, table_answer::find(&shelf, &id)?, language);
        if let Some(object) = body.as_object_mut() {
            object.insert("language".to_owned(), statbank_id(language).into());
        }
        Reply::open(&request).in_language(language).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// Every variable and value of a table, as a JSON-stat 2.0 dataset without numbers.
#[utoipa::path(operation_id = "read_table_metadata", tag = "Tables",
    params(
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
    ),
    responses((status = 200, description = "The metadata.", body = Value)))]
#[get("/pxwebapi/v2/tables/{id}/metadata")]
pub async fn read_table_metadata(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let shelf = app.shelf()?;
        let published = table_answer::find(&shelf, &id)?;
        let frame = Frame {
            cube: &published.cube,
            language,
            updated: published.updated(),
            href: address(
                &app,
                &format!(
                    "/tables/{}/metadata?lang={}",
                    published.cube.table.id,
                    statbank_id(language)
                ),
            ),
            notes: published.notes(language),
        };
        Reply::open(&request)
            .in_language(language)
            .json_bytes(jsonstat::metadata(&frame).map_err(|_| Problem::new(Kind::Internal))?)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// What a table's data are when nothing is selected: every value of the latest year.
#[utoipa::path(operation_id = "read_default_selection", tag = "Tables",
    params(
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
    ),
    responses((status = 200, description = "The selection.", body = Value)))]
#[get("/pxwebapi/v2/tables/{id}/defaultselection")]
pub async fn read_default_selection(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let shelf = app.shelf()?;
        let cube = &table_answer::find(&shelf, &id)?.cube;
        Reply::open(&request).in_language(language).json(&selection_body(&app, cube, language))
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

fn selection_body(app: &App, cube: &Cube, language: Language) -> Value {
    let selected = default_selection(cube);
    let selection: Vec<Value> = cube
        .variables
        .iter()
        .zip(&selected.positions)
        .map(|(variable, positions)| {
            let codes: Vec<&str> = positions
                .iter()
                .filter_map(|at| variable.values.get(*at).map(|value| value.code.as_str()))
                .collect();
            json!({ "variableCode": variable.code, "valueCodes": codes })
        })
        .collect();
    let stub: Vec<&str> = cube
        .variables
        .iter()
        .map(|variable| variable.code.as_str())
        .filter(|code| *code != TIME)
        .collect();
    json!({
        "selection": selection,
        "placement": { "heading": [TIME], "stub": stub },
        "language": statbank_id(language),
        "links": [link("self", language, &address(app, &format!("/tables/{}/defaultselection", cube.table.id)))],
    })
}

/// The numbers.
///
/// The same address gives exact cells to a caller whose grant covers every selected cell, and otherwise the
/// protected release: counts of 1, 2 or 3 and whatever would give them away are withheld (null, status `:`).
/// `Hjemmel-Protection` says which it was and `Hjemmel-Basis` under which grant.
#[utoipa::path(operation_id = "read_table_data", tag = "Tables",
    params(
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
        ("valueCodes[Region]" = Option<String>, Query, description = "Values or expressions of a variable, comma separated; one such parameter a variable: `0301,EKA*`, `top(2)`, `from(2023)`, `[range(2016,2024)]`, `*`.", example = "EAK,3107"),
        ("valueCodes[Tid]" = Option<String>, Query, description = "Years.", example = "top(2)"),
        ("outputFormat" = Option<String>, Query, description = "`json-stat2` or `csv`; else by Accept.", example = "json-stat2"),
        ("outputFormatParams" = Option<String>, Query, description = "For csv: UseCodes, UseTexts, UseCodesAndTexts, IncludeTitle, SeparatorTab, SeparatorSpace, SeparatorSemicolon."),
        ("heading" = Option<String>, Query, description = "Variables across the top (csv)."),
        ("stub" = Option<String>, Query, description = "Variables down the side (csv)."),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/pxwebapi/v2/tables/{id}/data")]
pub async fn read_table_data(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    if let Some(ready) = table_answer::ready(&app, &request, &caller)? {
        return Ok(ready);
    }
    let query = Query::of(&request);
    let question = question(&request, &query, &id, query.selection());
    let answer = match question {
        Ok(question) => table_answer::answer(&app, &request, &caller, question).await,
        Err(problem) => Err(problem),
    };
    answer.map_err(|problem| problem.for_request(&request))
}

/// The numbers, for selections too long for an address.
#[utoipa::path(operation_id = "query_table_data", tag = "Tables",
    request_body(content = VariablesSelection, description = "One entry a variable; an empty body is the default selection.",
        example = json!({ "selection": [{ "variableCode": "Region", "valueCodes": ["EAK", "3107"] }, { "variableCode": "ContentsCode", "valueCodes": ["Antall"] }, { "variableCode": "Tid", "valueCodes": ["top(2)"] }] })),
    params(
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
        ("outputFormat" = Option<String>, Query, description = "`json-stat2` or `csv`; else by Accept.", example = "csv"),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv")))))]
#[post("/pxwebapi/v2/tables/{id}/data")]
pub async fn query_table_data(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(&request);
    let question =
        read_body(&body).and_then(|selection| question(&request, &query, &id, selection));
    let answer = match question {
        Ok(question) => table_answer::answer(&app, &request, &caller, question).await,
        Err(problem) => Err(problem),
    };
    answer.map_err(|problem| problem.for_request(&request))
}

/// The body is JSON whatever its Content-Type says: clients send none.
fn read_body(body: &[u8]) -> Result<VariablesSelection, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(VariablesSelection::default());
    }
    let wrong = |why: &dyn std::fmt::Display| {
        Problem::new(Kind::ParameterError).titled("Parameter error").detail(
            format!("kroppen er ikke et utvalg som JSON: {why}"),
            format!("the body is not a selection in JSON: {why}"),
        )
    };
    // An empty list would otherwise be read as an object without members, and so as everything.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(wrong(&"{ … }"));
    }
    serde_json::from_slice(body).map_err(|error| wrong(&error))
}

fn question(
    request: &HttpRequest,
    query: &Query,
    id: &str,
    selection: VariablesSelection,
) -> Result<Question, Problem> {
    Ok(Question {
        table: id.to_owned(),
        language: query.language(request)?,
        format: query.format(request)?,
        selection: selection.selection,
        placement: selection.placement.unwrap_or_default(),
    })
}
