//! `/api/v0`: the tables for the clients that still speak Statbank's first interface.
//!
//! The same answers as `/pxwebapi/v2` gives: a question here becomes one there.

use crate::app::App;
use crate::json_words::words_after;
use crate::language;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::pxweb::selection::{Placement, VariableSelection, clip};
use crate::pxweb::subjects;
use crate::pxweb::v1::{TableQuery, format, part, wrong};
use crate::reply::Reply;
use crate::shelf::{Published, Shelf};
use crate::signin::SignedIn;
use crate::table_answer::{self, Question};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use hjemmel_kostra::{Language, Text};
use serde_json::{Value, json};

/// The only database.
const DATABASE: &str = "table";

fn language_of(text: &str) -> Result<Language, Problem> {
    language::parse(text).ok_or_else(|| {
        Problem::new(Kind::NotFound).titled("Unsupported language").detail(
            format!("språket `{}` finnes ikke; bruk `no` eller `en`", clip(text)),
            format!("there is no language `{}`; use `no` or `en`", clip(text)),
        )
    })
}

/// A problem as its clients read it: they look for `error`.
fn told(problem: Problem, request: &HttpRequest) -> Problem {
    let word = match problem.kind() {
        Kind::TooManyCells => "Too many values selected",
        Kind::ParameterError => "Parameter error",
        _ => return problem.for_request(request),
    };
    problem.with("error", word).for_request(request)
}

/// What is found at a place: a level of subjects, or a table.
enum Place<'a> {
    Level(Vec<String>),
    Table(&'a Published),
}

fn find<'a>(shelf: &'a Shelf, path: &[&str]) -> Result<Place<'a>, Problem> {
    let path: Vec<&str> = path.iter().copied().filter(|part| !part.is_empty()).collect();
    let Some((last, _)) = path.split_last() else { return Ok(Place::Level(Vec::new())) };
    if let Some(published) = shelf.table(last) {
        return Ok(Place::Table(published));
    }
    let level: Vec<String> = path.iter().map(|part| part.to_ascii_lowercase()).collect();
    if shelf.tables().any(|published| subjects::of(published.cube.table).starts_with(&level)) {
        return Ok(Place::Level(level));
    }
    table_answer::find(shelf, last).map(Place::Table)
}

/// The tables and subjects right below a level.
fn list(shelf: &Shelf, level: &[String], language: Language) -> Value {
    let mut all: Vec<Value> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for published in shelf.tables() {
        let subjects = subjects::of(published.cube.table);
        if !subjects.starts_with(level) {
            continue;
        }
        match subjects.get(level.len()) {
            Some(next) if !seen.contains(next) => {
                seen.push(next.clone());
                let text = subjects::label(next, language);
                all.push(json!({ "id": next, "type": "l", "text": text }));
            }
            Some(_) => {}
            None => all.push(json!({
                "id": published.cube.table.id,
                "type": "t",
                "text": published.cube.title(language),
                "updated": published.updated(),
            })),
        }
    }
    Value::Array(all)
}

fn search(shelf: &Shelf, words: &str, language: Language) -> Value {
    let rows = shelf.search(words).into_iter().map(|published| {
        let path = subjects::of(published.cube.table).join("/");
        json!({
            "id": published.cube.table.id,
            "path": format!("/{path}"),
            "title": published.cube.title(language),
            "score": 1.0,
            "published": published.updated(),
        })
    });
    Value::Array(rows.collect())
}

fn describe(published: &Published, language: Language) -> Value {
    let cube = &published.cube;
    let variables: Vec<Value> = cube
        .variables
        .iter()
        .map(|variable| {
            let codes: Vec<&str> =
                variable.values.iter().map(|value| value.code.as_str()).collect();
            let texts: Vec<&str> =
                variable.values.iter().map(|value| value.label.in_language(language)).collect();
            let mut object = json!({
                "code": variable.code,
                "text": variable.label.in_language(language),
                "values": codes,
                "valueTexts": texts,
            });
            if let Some(object) = object.as_object_mut() {
                if variable.elimination.is_some() {
                    object.insert("elimination".to_owned(), true.into());
                }
                if variable.role == crate::pxweb::cube::Role::Time {
                    object.insert("time".to_owned(), true.into());
                }
            }
            object
        })
        .collect();
    json!({ "title": cube.title(language), "variables": variables })
}

/// The limits, at every level.
fn config(app: &App) -> Value {
    let cells = app.settings().tables.max_cells;
    let limits = &app.settings().limits;
    json!({ "maxValues": cells, "maxCells": cells, "maxCalls": limits.calls, "timeWindow": limits.window_seconds, "CORS": true })
}

fn answer_get(
    request: &HttpRequest,
    app: &App,
    language: &str,
    path: &[&str],
) -> Result<HttpResponse, Problem> {
    let language = language_of(language)?;
    let query = Query::of(request);
    let body = if query.first("config").is_some() {
        config(app)
    } else {
        let shelf = app.shelf()?;
        match (query.first("query"), find(&shelf, path)?) {
            (Some(words), Place::Level(_)) => search(&shelf, words, language),
            (None, Place::Level(level)) => list(&shelf, &level, language),
            (_, Place::Table(published)) => describe(published, language),
        }
    };
    Reply::open(request).in_language(language).json(&body)
}

async fn answer_post(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    (language, path): (&str, &[&str]),
    body: &[u8],
) -> Result<HttpResponse, Problem> {
    let language = language_of(language)?;
    // The body is JSON whatever its Content-Type says: clients send none.
    let asked: TableQuery = serde_json::from_slice(body).map_err(|error| {
        let (nb, en) = ("kroppen er ikke en spørring som JSON", "the body is not a query in JSON");
        let Text { nb, en } = words_after(nb, en, &error);
        wrong(nb, en)
    })?;
    let (format, all_down) = format(&asked.response.format)?;
    let mut selection = asked.query.into_iter().map(part).collect::<Result<Vec<_>, _>>()?;
    let (table, placement) = {
        let shelf = app.shelf()?;
        let last = path.last().copied().unwrap_or_default();
        let published = table_answer::find(&shelf, last)?;
        let mut stub = Vec::new();
        for variable in &published.cube.variables {
            let same =
                |part: &VariableSelection| part.variable_code.eq_ignore_ascii_case(&variable.code);
            let is_named = selection.iter().any(same);
            if !is_named && variable.elimination.is_none() {
                selection.push(VariableSelection {
                    variable_code: variable.code.clone(),
                    codelist: None,
                    value_codes: vec!["*".to_owned()],
                });
            }
            if is_named || variable.elimination.is_none() {
                stub.push(variable.code.clone());
            }
        }
        let placement = Placement { stub, heading: Vec::new() };
        let placement = if all_down { placement } else { Placement::default() };
        (published.cube.table.id.clone(), placement)
    };
    let question = Question { table, language, format, selection, placement };
    table_answer::answer(app, request, caller, question).await
}

/// The databases: one; with `config` the limits.
#[utoipa::path(operation_id = "list_v1_databases", tag = "Tables",
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("config" = Option<String>, Query, description = "The limits instead."),
    ),
    responses((status = 200, description = "The databases.", body = Value)))]
#[get("/api/v0/{language}")]
pub async fn list_v1_databases(
    request: HttpRequest,
    app: web::Data<App>,
    language: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = language_of(&language)?;
        let text = if language == Language::En { "Tables" } else { "Tabeller" };
        let body = match Query::of(&request).first("config") {
            Some(_) => config(&app),
            None => json!([{ "dbid": DATABASE, "text": text }]),
        };
        Reply::open(&request).in_language(language).json(&body)
    };
    answer().map_err(|problem| told(problem, &request))
}

/// The subjects; with `query` the tables that fit, and with `config` the limits.
#[utoipa::path(operation_id = "list_v1_subjects", tag = "Tables",
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("query" = Option<String>, Query, description = "Words that must all occur."),
        ("filter" = Option<String>, Query, description = "Ignored: titles, variables and codes are always searched."),
        ("config" = Option<String>, Query, description = "The limits instead."),
    ),
    responses((status = 200, description = "The level.", body = Value)))]
#[get("/api/v0/{language}/table")]
pub async fn list_v1_subjects(
    request: HttpRequest,
    app: web::Data<App>,
    language: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    answer_get(&request, &app, &language, &[]).map_err(|problem| told(problem, &request))
}

/// A table's variables and values, or what is below a subject.
#[utoipa::path(operation_id = "read_v1_table", tag = "Tables",
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("id" = String, Path, description = "The table, or a subject.", example = "S1101"),
    ),
    responses((status = 200, description = "The variables, or the level.", body = Value)))]
#[get("/api/v0/{language}/table/{id}")]
pub async fn read_v1_table(
    request: HttpRequest,
    app: web::Data<App>,
    place: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let (language, id) = place.into_inner();
    answer_get(&request, &app, &language, &[&id]).map_err(|problem| told(problem, &request))
}

/// The same below a subject.
#[utoipa::path(operation_id = "read_v1_table_of_subject", tag = "Tables",
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("subject" = String, Path, description = "The subject.", example = "sk"),
        ("id" = String, Path, description = "The table, or a subject.", example = "S1101"),
    ),
    responses((status = 200, description = "The variables, or the level.", body = Value)))]
#[get("/api/v0/{language}/table/{subject}/{id}")]
pub async fn read_v1_table_of_subject(
    request: HttpRequest,
    app: web::Data<App>,
    place: web::Path<(String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (language, subject, id) = place.into_inner();
    answer_get(&request, &app, &language, &[&subject, &id])
        .map_err(|problem| told(problem, &request))
}

/// The same below a subject of a subject.
#[utoipa::path(operation_id = "read_v1_table_of_group", tag = "Tables",
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("subject" = String, Path, description = "The subject.", example = "sk"),
        ("group" = String, Path, description = "A subject of it.", example = "sk09"),
        ("id" = String, Path, description = "The table.", example = "S1101"),
    ),
    responses((status = 200, description = "The variables.", body = Value)))]
#[get("/api/v0/{language}/table/{subject}/{group}/{id}")]
pub async fn read_v1_table_of_group(
    request: HttpRequest,
    app: web::Data<App>,
    place: web::Path<(String, String, String, String)>,
) -> Result<HttpResponse, Problem> {
    let (language, subject, group, id) = place.into_inner();
    answer_get(&request, &app, &language, &[&subject, &group, &id])
        .map_err(|problem| told(problem, &request))
}

/// The numbers, as the first interface asks for them.
#[utoipa::path(operation_id = "query_v1_table", tag = "Tables",
    request_body(content = TableQuery, description = "One entry a variable, and the format.",
        example = json!({ "query": [{ "code": "Region", "selection": { "filter": "item", "values": ["EAK", "3107"] } }, { "code": "Tid", "selection": { "filter": "top", "values": ["2"] } }], "response": { "format": "json-stat2" } })),
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("id" = String, Path, description = "The table.", example = "S1101"),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv"), (String = "application/octet-stream"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[post("/api/v0/{language}/table/{id}")]
pub async fn query_v1_table(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    place: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (language, id) = place.into_inner();
    let answer = answer_post(&request, &app, &caller, (&language, &[&id]), &body).await;
    answer.map_err(|problem| told(problem, &request))
}

/// The same below a subject of a subject.
#[utoipa::path(operation_id = "query_v1_table_of_group", tag = "Tables",
    request_body(content = TableQuery, description = "One entry a variable, and the format.",
        example = json!({ "query": [{ "code": "Tid", "selection": { "filter": "top", "values": ["1"] } }], "response": { "format": "json-stat2" } })),
    params(
        ("language" = String, Path, description = "`no` or `en`.", example = "no"),
        ("subject" = String, Path, description = "The subject.", example = "sk"),
        ("group" = String, Path, description = "A subject of it.", example = "sk09"),
        ("id" = String, Path, description = "The table.", example = "S1101"),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv"), (String = "application/octet-stream"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")))))]
#[post("/api/v0/{language}/table/{subject}/{group}/{id}")]
pub async fn query_v1_table_of_group(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    place: web::Path<(String, String, String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (language, subject, group, id) = place.into_inner();
    let path: &[&str] = &[&subject, &group, &id];
    let answer = answer_post(&request, &app, &caller, (&language, path), &body).await;
    answer.map_err(|problem| told(problem, &request))
}
