//! `/pxwebapi/v2/savedqueries`: selections kept under an address. Nobody owns them and they entitle nobody: each
//! is answered to whoever calls as if they had asked it themselves.

use super::table_list::{address, link};
use super::tables::selection_body;
use crate::app::App;
use crate::json_words::words_after;
use crate::language::{self, statbank_id};
use crate::problem::{Kind, Problem};
use crate::pxweb::choice::choose;
use crate::pxweb::request::{Format, Query};
use crate::pxweb::selection::{VariablesSelection, clip};
use crate::pxweb::sheet;
use crate::reply::Reply;
use crate::signin::SignedIn;
use crate::table_answer::{self, Question};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::Utc;
use hjemmel_kostra::{Language, Text};
use hjemmel_store::SavedQueryRow;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// How many are kept; the address of one is made of what it asks, so asking the same again adds none.
const MOST: u32 = 100_000;
/// The longest one may be, as it is kept.
const LONGEST: usize = 64 << 10;

/// A selection to keep.
#[derive(Debug, Clone, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SavedQuery {
    /// What is selected.
    #[serde(default)]
    pub selection: VariablesSelection,
    /// `no` or `en`.
    #[serde(default)]
    pub language: String,
    /// The table.
    pub table_id: String,
    /// The format; `json-stat2` unless said.
    #[serde(default)]
    pub output_format: Option<String>,
    /// Its parameters.
    #[serde(default)]
    pub output_format_params: Vec<String>,
}

fn wrong(title: &'static str, nb: String, en: String) -> Problem {
    Problem::new(Kind::ParameterError).titled(title).detail(nb, en)
}

/// There is no saved query of an id.
pub(super) fn not_found(id: &str) -> Problem {
    Problem::new(Kind::NotFound).titled("Saved query not found").detail(
        format!("det finnes ingen lagret spørring `{}`", clip(id)),
        format!("there is no saved query `{}`", clip(id)),
    )
}

/// The saved query of an id.
///
/// # Errors
/// 404 where there is none, 503 while the database cannot be reached.
pub(super) async fn read(app: &web::Data<App>, id: &str) -> Result<SavedQuery, Problem> {
    let (store, wanted) = (app.store().clone(), id.to_owned());
    let row = web::block(move || store.saved_query(&wanted)).await;
    match row.map_err(|_| Problem::new(Kind::Internal))? {
        Ok(row) => serde_json::from_str(&row.body).map_err(|_| Problem::new(Kind::Internal)),
        Err(hjemmel_store::Error::NotFound(_)) => Err(not_found(id)),
        Err(error) => {
            tracing::error!(%error, "a saved query could not be read");
            Err(Problem::new(Kind::Unavailable))
        }
    }
}

fn language_of(query: &SavedQuery) -> Result<Language, Problem> {
    let text = query.language.as_str();
    if text.is_empty() {
        return Ok(Language::Nb);
    }
    language::parse(text).ok_or_else(|| {
        wrong(
            "Unsupported language",
            format!("språket `{}` finnes ikke; bruk `no` eller `en`", clip(text)),
            format!("there is no language `{}`; use `no` or `en`", clip(text)),
        )
    })
}

/// Keeps a selection under an address made of what it asks: the same query has the same address for ever.
///
/// Only selections that can be answered now are kept. Whoever has the address sees what they are entitled to and
/// nothing of what the one who made it was.
#[utoipa::path(operation_id = "create_saved_query", tag = "Tables",
    request_body(content = SavedQuery, description = "The table, the selection, the language and the format.",
        example = json!({ "tableId": "S1101", "language": "en", "outputFormat": "csv", "outputFormatParams": ["UseTexts"],
            "selection": { "selection": [{ "variableCode": "Region", "valueCodes": ["EAK", "3107"] }, { "variableCode": "ContentsCode", "valueCodes": ["Antall"] }, { "variableCode": "Tid", "valueCodes": ["top(1)"] }] } })),
    responses((status = 201, description = "It is kept.", body = Value)))]
#[post("/pxwebapi/v2/savedqueries")]
pub async fn create_saved_query(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = create(&request, &app, &body).await;
    answer.map_err(|problem| problem.for_request(&request))
}

async fn create(
    request: &HttpRequest,
    app: &web::Data<App>,
    body: &[u8],
) -> Result<HttpResponse, Problem> {
    if body.iter().all(u8::is_ascii_whitespace) {
        return Err(wrong(
            "No query specified",
            "kroppen er tom; send tableId og selection".to_owned(),
            "the body is empty; send tableId and selection".to_owned(),
        ));
    }
    let mut query: SavedQuery = serde_json::from_slice(body).map_err(|error| {
        let (nb, en) = ("kroppen er ikke en spørring som JSON", "the body is not a query in JSON");
        let Text { nb, en } = words_after(nb, en, &error);
        wrong("Parameter error", nb, en)
    })?;
    let language = language_of(&query)?;
    statbank_id(language).clone_into(&mut query.language);
    let format = query.output_format.get_or_insert_with(|| "json-stat2".to_owned());
    Format::named(format, &query.output_format_params)?;
    {
        let shelf = app.shelf()?;
        let found = table_answer::find(&shelf, &query.table_id).map_err(Problem::in_a_selection)?;
        query.table_id.clone_from(&found.cube.table.id);
        let choice = choose(&found.cube, &query.selection.selection)?;
        let placement = query.selection.placement.clone().unwrap_or_default();
        sheet::place(&choice.cube, &choice.selected, &placement)?;
    }
    let body = serde_json::to_string(&query).map_err(|_| Problem::new(Kind::Internal))?;
    if body.len() > LONGEST {
        return Err(could_not(
            "spørringen er lengre enn 64 kB; bruk uttrykk som `*` og `range(…)`",
            "the query is longer than 64 kB; use expressions such as `*` and `range(…)`",
        ));
    }
    let id = name(&body);
    let row = SavedQueryRow { id: id.clone(), at: Utc::now(), table: query.table_id.clone(), body };
    let store = app.store().clone();
    let kept = web::block(move || store.keep_saved_query(&row, MOST)).await;
    match kept.map_err(|_| Problem::new(Kind::Internal))? {
        Ok(()) => {}
        Err(hjemmel_store::Error::Conflict(_)) => {
            return Err(could_not(
                "det er ikke plass til flere lagrede spørringer",
                "there is no room for more saved queries",
            ));
        }
        Err(error) => {
            tracing::error!(%error, "a saved query could not be kept");
            return Err(Problem::new(Kind::Unavailable));
        }
    }
    Reply::open(request)
        .in_language(language)
        .with_status(StatusCode::CREATED)
        .json(&body_of(app, &id, &query, language))
}

fn could_not(nb: &str, en: &str) -> Problem {
    wrong("Internal error! Could not create saved query", nb.to_owned(), en.to_owned())
}

/// The id of a query: what it says, in 80 bits.
fn name(body: &str) -> String {
    let mut id = hex::encode(Sha256::digest(body.as_bytes()));
    id.truncate(20);
    id
}

fn body_of(app: &App, id: &str, query: &SavedQuery, language: Language) -> Value {
    let at = |rest: &str| address(app, &format!("/savedqueries/{id}{rest}"));
    json!({
        "language": statbank_id(language),
        "id": id,
        "savedQuery": {
            "id": id,
            "selection": query.selection,
            "language": query.language,
            "tableId": query.table_id,
            "outputFormat": query.output_format,
            "outputFormatParams": query.output_format_params,
        },
        "links": [
            link("self", language, &at("")),
            link("data", language, &at("/data")),
        ],
    })
}

/// A saved query as it was kept.
#[utoipa::path(operation_id = "read_saved_query", tag = "Tables",
    params(("id" = String, Path, description = "The query.", example = "5a54dce2636b4bcbbe48")),
    responses((status = 200, description = "The query.", body = Value)))]
#[get("/pxwebapi/v2/savedqueries/{id}")]
pub async fn read_saved_query(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let query = read(&app, &id).await?;
        let language = language_of(&query)?;
        Reply::open(&request).in_language(language).json(&body_of(&app, &id, &query, language))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// What a saved query selects, every expression resolved to the codes of today.
#[utoipa::path(operation_id = "read_saved_query_selection", tag = "Tables",
    params(
        ("id" = String, Path, description = "The query.", example = "5a54dce2636b4bcbbe48"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
    ),
    responses((status = 200, description = "The selection.", body = Value)))]
#[get("/pxwebapi/v2/savedqueries/{id}/selection")]
pub async fn read_saved_query_selection(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let query = read(&app, &id).await?;
        let language = asked_language(&request, &query)?;
        let shelf = app.shelf()?;
        let published =
            table_answer::find(&shelf, &query.table_id).map_err(Problem::in_a_selection)?;
        let choice = choose(&published.cube, &query.selection.selection)?;
        let placement = query.selection.placement.clone().unwrap_or_default();
        let place = address(&app, &format!("/savedqueries/{id}/selection"));
        let body = selection_body(&choice, &placement, language, &place);
        Reply::open(&request).in_language(language).json(&body)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// The language asked for now, else the one the query was kept in.
fn asked_language(request: &HttpRequest, query: &SavedQuery) -> Result<Language, Problem> {
    let now = Query::of(request);
    match now.first("lang").filter(|text| !text.is_empty()) {
        Some(_) => now.language(request),
        None => language_of(query),
    }
}

/// The numbers of a saved query, to whoever calls: exact where their own grant covers every cell, protected
/// otherwise.
#[utoipa::path(operation_id = "read_saved_query_data", tag = "Tables",
    params(
        ("id" = String, Path, description = "The query.", example = "5a54dce2636b4bcbbe48"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
        ("outputFormat" = Option<String>, Query, description = "Another format than the one kept."),
        ("outputFormatParams" = Option<String>, Query, description = "Its parameters."),
    ),
    responses((status = 200, description = "The cells.", content((Value = "application/json"), (String = "text/csv"), (String = "text/html"), (String = "application/octet-stream"), (String = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"))), (status = 206, description = "The part asked for by Range.")))]
#[get("/pxwebapi/v2/savedqueries/{id}/data")]
pub async fn read_saved_query_data(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    if let Some(ready) = table_answer::ready(&app, &request, &caller)? {
        return Ok(ready);
    }
    let answer = async {
        let saved = read(&app, &id).await?;
        let now = Query::of(&request);
        let named = now.first("outputformat").filter(|name| !name.is_empty());
        let format = if named.is_some() {
            now.format(&request)?
        } else {
            let kept = saved.output_format.as_deref().unwrap_or("json-stat2");
            let asked = now.list("outputformatparams");
            let params = if asked.is_empty() { &saved.output_format_params } else { &asked };
            Format::named(kept, params)?
        };
        let question = Question {
            language: asked_language(&request, &saved)?,
            table: saved.table_id,
            format,
            selection: saved.selection.selection,
            placement: saved.selection.placement.unwrap_or_default(),
        };
        table_answer::answer(&app, &request, &caller, question).await
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_id_in_the_documentation_is_the_one_of_the_example() {
        let document = crate::openapi::document().unwrap();
        let operation = &document["paths"]["/pxwebapi/v2/savedqueries"]["post"];
        let example = &operation["requestBody"]["content"]["application/json"]["example"];
        let query: SavedQuery = serde_json::from_value(example.clone()).unwrap();
        let id = name(&serde_json::to_string(&query).unwrap());
        let shown = &document["paths"]["/pxwebapi/v2/savedqueries/{id}"]["get"]["parameters"][0];
        assert_eq!(shown["example"], id.as_str());
    }
}
