//! `/pxwebapi/v2/tables`: published tables, exact for whoever has a legal basis and protected for everyone else.

use super::codelists::offered_links;
use super::saved_queries;
use super::table_list::{address, describe, link};
use crate::app::App;
use crate::json_words::words_after;
use crate::language::statbank_id;
use crate::problem::{Kind, Problem};
use crate::pxweb::choice::{Choice, choose};
use crate::pxweb::cube::TIME;
use crate::pxweb::frame::Frame;
use crate::pxweb::jsonstat;
use crate::pxweb::request::Query;
use crate::pxweb::selection::{Placement, Selected, VariableSelection, VariablesSelection};
use crate::reply::Reply;
use crate::signin::SignedIn;
use crate::table_answer::{self, Question};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use hjemmel_kostra::{Language, Text};
use serde_json::{Value, json};

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
///
/// With `codelist[Region]=agg_Fylker` as that list shows it; with `defaultSelection` or `savedQuery` only what
/// those select.
#[utoipa::path(operation_id = "read_table_metadata", tag = "Tables",
    params(
        ("id" = String, Path, description = "The table.", example = "S1101"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
        ("defaultSelection" = Option<bool>, Query, description = "Only what the default selection holds."),
        ("savedQuery" = Option<String>, Query, description = "Only what a saved query of the table selects."),
        ("codelist[Region]" = Option<String>, Query, description = "A code list in place of a variable's own values; one such parameter a variable.", example = "agg_Fylker"),
    ),
    responses((status = 200, description = "The metadata.", body = Value)))]
#[get("/pxwebapi/v2/tables/{id}/metadata")]
pub async fn read_table_metadata(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = metadata(&request, &app, &id).await;
    answer.map_err(|problem| problem.for_request(&request))
}

async fn metadata(
    request: &HttpRequest,
    app: &web::Data<App>,
    id: &str,
) -> Result<HttpResponse, Problem> {
    let query = Query::of(request);
    let language = query.language(request)?;
    let shelf = app.shelf()?;
    let published = table_answer::find(&shelf, id)?;
    let mut wanted = query.selection().selection;
    if let Some(saved) = query.first("savedquery").filter(|id| !id.is_empty()) {
        let saved = saved_queries::read(app, saved).await?;
        if !saved.table_id.eq_ignore_ascii_case(&published.cube.table.id) {
            return Err(saved_queries::not_found(&saved.table_id));
        }
        wanted = saved.selection.selection;
    }
    let mut choice = choose(&published.cube, &wanted)?;
    let only_selected = query.says_yes("defaultselection")
        || query.first("savedquery").is_some_and(|id| !id.is_empty());
    if !only_selected {
        choice.selected = jsonstat::everything(&choice.cube);
    }
    let id = &published.cube.table.id;
    let frame = Frame {
        cube: &choice.cube,
        language,
        updated: published.updated(),
        href: address(app, &format!("/tables/{id}/metadata?lang={}", statbank_id(language))),
        notes: published.notes(language),
        preliminary: published.preliminary(),
        next_update: published.next_update(),
    };
    let offered = offered_links(app, published, language);
    let document = jsonstat::metadata(&frame, &choice.selected, &offered);
    Reply::open(request)
        .in_language(language)
        .json_bytes(document.map_err(|_| Problem::new(Kind::Internal))?)
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
        let choice = choose(&table_answer::find(&shelf, &id)?.cube, &[])?;
        let place = format!("/tables/{}/defaultselection", choice.cube.table.id);
        let body = selection_body(&choice, &Placement::default(), language, &address(&app, &place));
        Reply::open(&request).in_language(language).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// A selection with every expression resolved to codes, as a client shows it.
pub(super) fn selection_body(
    choice: &Choice,
    placement: &Placement,
    language: Language,
    href: &str,
) -> Value {
    let (cube, selected) = (&choice.cube, &choice.selected);
    let mut selection = Vec::new();
    for (at, (variable, positions)) in cube.variables.iter().zip(&selected.positions).enumerate() {
        let codes = positions.iter().filter_map(|at| variable.values.get(*at));
        let list = choice.lists.iter().find(|(other, _)| *other == at).map(|(_, list)| &list.id);
        let kept = selected.kept.get(at) == Some(&true);
        selection.push(VariableSelection {
            variable_code: variable.code.clone(),
            codelist: list.cloned(),
            value_codes: codes.filter(|_| kept).map(|value| value.code.clone()).collect(),
        });
    }
    json!({
        "selection": selection,
        "placement": placed(choice, selected, placement),
        "language": statbank_id(language),
        "links": [link("self", language, href)],
    })
}

fn placed(choice: &Choice, selected: &Selected, placement: &Placement) -> Value {
    if !(placement.heading.is_empty() && placement.stub.is_empty()) {
        return json!(placement);
    }
    let kept = choice.cube.variables.iter().zip(&selected.kept).filter(|(_, kept)| **kept);
    let codes: Vec<&str> = kept.map(|(variable, _)| variable.code.as_str()).collect();
    let (heading, stub): (Vec<&str>, Vec<&str>) = codes.into_iter().partition(|code| *code == TIME);
    json!({ "heading": heading, "stub": stub })
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
        ("outputFormat" = Option<String>, Query, description = "`json-stat2`, `csv`, `px`, `xlsx`, `html`, `json-px` or `parquet`; else by Accept.", example = "json-stat2"),
        ("outputFormatParams" = Option<String>, Query, description = "For csv, html and xlsx: UseCodes, UseTexts, UseCodesAndTexts, IncludeTitle; for csv SeparatorTab, SeparatorSpace, SeparatorSemicolon; for csv and xlsx IncludeSymbols, which puts the sign of each number in a column of its own."),
        ("codelist[Region]" = Option<String>, Query, description = "A code list in place of a variable's own values: `agg_Fylker`, `agg_KostraGrupper`, `agg_today`. Every value of it is a cell that a release holds; nothing is added up.", example = "agg_Fylker"),
        ("heading" = Option<String>, Query, description = "Variables across the top (csv, html, xlsx, px)."),
        ("stub" = Option<String>, Query, description = "Variables down the side."),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv"), (String = "text/html"), (String = "application/octet-stream"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), (status = 206, description = "The part asked for by Range.")))]
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
        ("outputFormat" = Option<String>, Query, description = "`json-stat2`, `csv`, `px`, `xlsx`, `html`, `json-px` or `parquet`; else by Accept.", example = "csv"),
        ("outputFormatParams" = Option<String>, Query, description = "For csv, html and xlsx: UseCodes, UseTexts, UseCodesAndTexts, IncludeTitle; for csv SeparatorTab, SeparatorSpace, SeparatorSemicolon; for csv and xlsx IncludeSymbols, which puts the sign of each number in a column of its own."),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv"), (String = "text/html"), (String = "application/octet-stream"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), (status = 206, description = "The part asked for by Range.")))]
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
pub(super) fn read_body(body: &[u8]) -> Result<VariablesSelection, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Ok(VariablesSelection::default());
    }
    let (nb, en) = ("kroppen er ikke et utvalg som JSON", "the body is not a selection in JSON");
    let wrong = |nb: String, en: String| {
        Problem::new(Kind::ParameterError).titled("Parameter error").detail(nb, en)
    };
    // An empty list would otherwise be read as an object without members, and so as everything.
    if body.trim_ascii_start().first() != Some(&b'{') {
        return Err(wrong(format!("{nb}: {{ … }}"), format!("{en}: {{ … }}")));
    }
    serde_json::from_slice(body).map_err(|error| {
        let Text { nb, en } = words_after(nb, en, &error);
        wrong(nb, en)
    })
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
