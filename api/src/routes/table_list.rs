//! `/pxwebapi/v2/config` and the list of tables.

use crate::app::App;
use crate::federation::catalogue;
use crate::language::statbank_id;
use crate::problem::{Kind, Problem};
use crate::pxweb::frame;
use crate::pxweb::request::{Format, Query};
use crate::pxweb::subjects;
use crate::reply::Reply;
use crate::shelf::Published;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{TimeDelta, Utc};
use hjemmel_kostra::Language;
use serde_json::{Value, json};

/// Where the interface is mounted.
pub const PREFIX: &str = "/pxwebapi/v2";

pub(super) fn link(rel: &str, language: Language, href: &str) -> Value {
    json!({ "rel": rel, "hreflang": statbank_id(language), "href": href })
}

pub(super) fn address(app: &App, rest: &str) -> String {
    format!("{}{}{rest}", app.public_address(), app.settings().tables.prefix)
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
        "maxCallsPerTimeWindow": app.settings().limits.calls,
        "timeWindow": app.settings().limits.window_seconds,
        "license": "https://data.norge.no/nlod/no/2.0",
        "sourceReferences": [
            { "language": "no", "text": frame::source(Language::Nb) },
            { "language": "en", "text": frame::source(Language::En) },
        ],
        "defaultDataFormat": "json-stat2",
        "dataFormats": Format::NAMES,
        "features": [
            { "id": "CORS", "params": [{ "key": "enabled", "value": "True" }] },
            { "id": "hjemmel", "params": [
                { "key": "ranges", "value": "True" },
                { "key": "protection", "value": "extension.hjemmel" },
            ] },
        ],
    });
    Reply::open(&request).json(&config)
}

/// The tables, page by page; `query` searches ids, titles, variables, values and plain words, the best first.
#[utoipa::path(operation_id = "list_tables", tag = "Tables",
    params(
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
        ("query" = Option<String>, Query, description = "Words, all of which must be met: inflected, in compounds, misspelled, in bokmål, nynorsk or English.", example = "recipients"),
        ("pastDays" = Option<u64>, Query, description = "Only what was published in so many days, today among them.", example = 30),
        ("includeDiscontinued" = Option<bool>, Query, description = "Also tables that get no new figures; there are none yet."),
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
    let size = query.positive("pagesize")?.unwrap_or(20);
    let search = query.first("query").unwrap_or_default();
    let since = since(&query)?;
    let shelf = app.shelf()?;
    let found: Vec<&Published> = shelf
        .search(search)
        .into_iter()
        .filter(|published| since.is_none_or(|since| published.updated_at() >= since))
        .collect();
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
        for (name, shown) in [("query", "query"), ("pastdays", "pastDays")] {
            if let Some(value) = query.first(name).filter(|value| !value.is_empty()) {
                place.append_pair(shown, value);
            }
        }
        place.append_pair("pageNumber", &number.to_string());
        place.append_pair("pageSize", &size.to_string());
        link(rel, language, &address(app, &place.finish()))
    };
    let mut links = vec![page("self", number)];
    links.extend((number < pages).then(|| page("next", number + 1)));
    links.extend((number > 1).then(|| page("previous", number - 1)));
    links.push(page("last", pages));
    let mut body = json!({
        "language": statbank_id(language),
        "tables": tables,
        "page": { "pageNumber": number, "pageSize": size, "totalElements": total, "totalPages": pages, "links": links },
        "links": [link("self", language, &address(app, "/tables"))],
    });
    if let (Some(whose), Some(members)) =
        (catalogue::searched(app.federation()), body.as_object_mut())
    {
        members.insert("extension".to_owned(), json!({ "hjemmel": whose }));
    }
    Reply::open(request).in_language(language).json(&body)
}

/// The moment that `pastDays` reaches back to.
fn since(query: &Query) -> Result<Option<chrono::DateTime<Utc>>, Problem> {
    let Some(days) = query.number("pastdays")? else { return Ok(None) };
    let past = i64::try_from(days).ok().and_then(TimeDelta::try_days).filter(|_| days > 0);
    let since = past.and_then(|past| Utc::now().checked_sub_signed(past));
    since.map(Some).ok_or_else(|| {
        Problem::new(Kind::ParameterError).titled("Parameter error").detail(
            format!("`pastDays` må være et antall dager fra 1, ikke `{days}`"),
            format!("`pastDays` must be a number of days from 1, not `{days}`"),
        )
    })
}

pub(super) fn describe(app: &App, published: &Published, language: Language) -> Value {
    let cube = &published.cube;
    let id = &cube.table.id;
    let lang = statbank_id(language);
    let names: Vec<&str> =
        cube.variables.iter().map(|variable| variable.label.in_language(language)).collect();
    let path: Vec<Value> = subjects::of(cube.table)
        .iter()
        .map(|code| json!({ "id": code, "label": subjects::label(code, language), "sortCode": code }))
        .collect();
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
        "source": frame::source(language),
        "subjectCode": "sk",
        "timeUnit": "Annual",
        "paths": [path],
        "links": [
            link("self", language, &address(app, &format!("/tables/{id}?lang={lang}"))),
            link("metadata", language, &address(app, &format!("/tables/{id}/metadata?lang={lang}"))),
            link("data", language, &address(app, &format!("/tables/{id}/data?lang={lang}"))),
        ],
    })
}
