//! `/v1/queries`: questions answered with noise, at the cost of a budget.

use crate::accept;
use crate::app::App;
use crate::language;
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::pxweb::selection::clip;
use crate::questions::answer::protection;
use crate::questions::asking::{self, Leaving};
use crate::questions::{body, csv, given, jsonstat, preview};
use crate::reply::{Marks, Reply, entity_tag, is_known};
use crate::signin::SignedIn;
use actix_web::http::Method;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use uuid::Uuid;

/// What an answer can be had as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Json,
    Csv,
    JsonStat,
}

const MEDIA_TYPES: [(&str, Format); 3] = [
    ("application/json", Format::Json),
    ("text/csv", Format::Csv),
    ("application/vnd.json-stat2", Format::JsonStat),
];

/// Parameters of the address. What belongs into the body and stands here would go unheeded.
fn only(query: &Query, known: &[&str]) -> Result<(), Problem> {
    let stray = query.pairs().map(|(name, _)| name).find(|name| !known.contains(name));
    stray.map_or(Ok(()), |name| {
        let (name, known) = (clip(name), known.join("`, `"));
        Err(Problem::new(Kind::ParameterError).detail(
            format!("adressen har ingen parameter `{name}` her; den tar `{known}`, og spørsmålet står i kroppen"),
            format!("the address has no parameter `{name}` here; it takes `{known}`, and the question is the body"),
        ))
    })
}

fn format(request: &HttpRequest) -> Result<Format, Problem> {
    let query = Query::of(request);
    only(&query, &["format", "lang"])?;
    match query.first("format") {
        Some("json") => return Ok(Format::Json),
        Some("csv") => return Ok(Format::Csv),
        Some("json-stat2") => return Ok(Format::JsonStat),
        Some(_) => {
            return Err(Problem::new(Kind::ParameterError).detail(
                "`format` må være json, csv eller json-stat2",
                "`format` must be json, csv or json-stat2",
            ));
        }
        None => {}
    }
    let offers = MEDIA_TYPES.map(|(media_type, _)| media_type);
    let chosen = accept::preferred(request, &offers);
    let found = MEDIA_TYPES.iter().find(|(media_type, _)| Some(*media_type) == chosen);
    found.map(|(_, format)| *format).ok_or_else(|| Problem::new(Kind::NotAcceptable))
}

/// Asks a question and gets an answer with calibrated noise.
///
/// For a lawyer: no legal basis is needed, since the answer is protected by differential privacy: it would be
/// nearly the same if any one person's records of that form and year were not there. Every question is paid for
/// from budgets that are shared and never refilled. For a programmer: the grammar is closed and cells come from
/// public code lists; the same question in any spelling gives the very same bytes again and costs nothing; say
/// `"dummy": true` to try a script on made-up rows for nothing, with or without a token.
#[utoipa::path(operation_id = "ask_question", tag = "Questions", security(("bearer" = []), ()),
    params(("format" = Option<String>, Query, description = "`json`, `csv` or `json-stat2`; else by Accept.", example = "json")),
    request_body(content = Value, description = "The question. `rho` is what each form and year may be charged; `accuracy` instead asks for ± so much in 95 of 100 cells.",
        example = json!({ "dataset": "skjema-11", "year": 2024, "measure": { "count": "persons" },
            "groupBy": [{ "variable": "REGION", "levels": ["county"] }, "KJONN"],
            "filter": [{ "variable": "ALDER", "from": 18, "to": 29 }, { "variable": "VKLO", "codes": ["soshjelp"] }],
            "rho": 0.01 })),
    responses((status = 200, description = "The answer.", content((Value = "application/json"), (String = "text/csv"), (Value = "application/vnd.json-stat2")))))]
#[post("/v1/queries")]
pub async fn ask_question(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    bytes: web::Bytes,
) -> Result<HttpResponse, Problem> {
    answer(&request, &app, &caller, &bytes).await.map_err(|problem| problem.for_request(&request))
}

async fn answer(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    bytes: &[u8],
) -> Result<HttpResponse, Problem> {
    let format = format(request)?;
    let asked = body::read(bytes)?;
    if asked.dummy {
        return send(request, asking::rehearse(app, asked).await?, format);
    }
    let somebody = caller.somebody()?;
    send(request, asking::ask(app, somebody, asked).await?, format)
}

/// What a question would cost and how exact its answer would be, for nothing and without touching any data.
///
/// Says the canonical form, the number of cells, the price in ρ and ε, the expected error, what would be left, and
/// which coarser question would reach `relativeAccuracy` (half an interval as a share of a cell, 0.1 unless said)
/// for cells of the expected size (`expectedTotal` over the cells; the published total unless said).
#[utoipa::path(operation_id = "preview_question", tag = "Questions",
    request_body(content = Value, description = "The question, as for `POST /v1/queries`.",
        example = json!({ "dataset": "skjema-11C", "year": 2024, "measure": { "count": "persons" },
            "groupBy": [{ "variable": "REGION", "levels": ["municipality"] }],
            "filter": [{ "variable": "STATUS", "codes": ["3"] }], "rho": 0.01, "relativeAccuracy": 0.2 })),
    responses((status = 200, description = "The preview.", body = Value)))]
#[post("/v1/queries/preview")]
pub async fn preview_question(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    bytes: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let read = only(&Query::of(&request), &["lang"]).and_then(|()| body::read(&bytes));
    let worked = match read {
        Ok(asked) => preview::preview(&app, caller.caller(), asked).await,
        Err(problem) => Err(problem),
    };
    worked
        .and_then(|preview| Reply::personal(&request).json(&preview))
        .map_err(|problem| problem.for_request(&request))
}

/// An answer that was given, in the very same bytes for ever. The record says who read it.
#[utoipa::path(operation_id = "read_answer", tag = "Questions", security(("bearer" = [])),
    params(
        ("id" = Uuid, Path, description = "The answer's `id`."),
        ("format" = Option<String>, Query, description = "`json`, `csv` or `json-stat2`; else by Accept.", example = "json"),
    ),
    responses((status = 200, description = "The answer.", content((Value = "application/json"), (String = "text/csv"), (Value = "application/vnd.json-stat2")))))]
#[get("/v1/queries/{id}")]
pub async fn read_answer(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    stored(&request, &app, &caller, &id).await.map_err(|problem| problem.for_request(&request))
}

async fn stored(
    request: &HttpRequest,
    app: &App,
    caller: &SignedIn,
    id: &str,
) -> Result<HttpResponse, Problem> {
    let somebody = caller.somebody()?;
    let id: Uuid = id.parse().map_err(|_| given::missing())?;
    let format = format(request)?;
    send(request, given::give(app, somebody, id).await?, format)
}

/// Sends an answer, never compressed: its length would tell of the numbers.
fn send(request: &HttpRequest, leaving: Leaving, format: Format) -> Result<HttpResponse, Problem> {
    let protection = protection(leaving.dummy);
    let marks = Marks { protection, basis: None, decision: leaving.decision };
    let (media_type, language, bytes) = match format {
        Format::Json => ("application/json; charset=UTF-8", None, leaving.bytes),
        Format::Csv => {
            let written = csv::write(&asking::read(&leaving.bytes)?);
            ("text/csv; charset=utf-8", None, written.into_bytes())
        }
        Format::JsonStat => {
            let language = requested_language(request);
            let written = jsonstat::write(&asking::read(&leaving.bytes)?, language);
            let bytes = written.map_err(|_| Problem::new(Kind::Internal))?;
            ("application/vnd.json-stat2; charset=UTF-8", Some(language), bytes)
        }
    };
    let tag = entity_tag(&marks, &bytes);
    // What is asked is answered, whatever the caller holds.
    let known = request.method() == Method::GET && is_known(request, &tag);
    let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    marks.put(&mut response);
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, "private, no-cache"))
        .insert_header(ContentEncoding::Identity);
    if let Some(language) = language {
        response.insert_header((header::CONTENT_LANGUAGE, language::tag(language)));
    }
    if known {
        return Ok(response.finish());
    }
    Ok(response.insert_header((header::CONTENT_TYPE, media_type)).body(bytes))
}

/// The public key that receipts are checked with.
#[utoipa::path(operation_id = "read_receipt_key", tag = "Questions",
    responses((status = 200, description = "The key, as a JWK.", body = Value)))]
#[get("/v1/receipt-key")]
pub async fn read_receipt_key(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    Reply::open(&request)
        .json(&app.receipts().public())
        .map_err(|problem| problem.for_request(&request))
}
