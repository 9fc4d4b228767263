//! `/pxwebapi/v2/codelists`: groupings and choices of values.

use super::table_list::{address, link};
use crate::app::App;
use crate::language::statbank_id;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::pxweb::selection::{clip, hint_en, hint_nb, nearest};
use crate::reply::Reply;
use crate::shelf::{Published, Shelf};
use actix_web::{HttpRequest, HttpResponse, get, web};
use hjemmel_kostra::codelists::Kind as ListKind;
use hjemmel_kostra::{CodeList, Language, code_list, code_lists};
use serde_json::{Value, json};

const fn kind(list: &CodeList) -> &'static str {
    match list.kind {
        ListKind::Aggregation => "Aggregation",
        ListKind::Valueset => "Valueset",
    }
}

fn place(app: &App, list: &CodeList, language: Language) -> String {
    address(app, &format!("/codelists/{}?lang={}", list.id, statbank_id(language)))
}

/// The code lists of each variable of a table, as its metadata names them.
pub(super) fn offered_links(
    app: &App,
    published: &Published,
    language: Language,
) -> Vec<Vec<Value>> {
    let one = |list: &&CodeList| {
        json!({
            "id": list.id,
            "label": list.label.in_language(language),
            "type": kind(list),
            "links": [link("metadata", language, &place(app, list, language))],
        })
    };
    published.offered.iter().map(|lists| lists.iter().map(one).collect()).collect()
}

/// A code list: its values, and which of a variable's own each of them gathers.
///
/// `hjemmel.tables` are the tables whose releases hold every value of it. Where there are none, asking a table
/// for it is refused: protected cells are not added up.
#[utoipa::path(operation_id = "read_codelist", tag = "Tables",
    params(
        ("id" = String, Path, description = "The list, letter by letter.", example = "agg_Fylker"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
    ),
    responses((status = 200, description = "The list.", body = Value)))]
#[get("/pxwebapi/v2/codelists/{id}")]
pub async fn read_codelist(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let list = code_list(&id).ok_or_else(|| not_found(&id))?;
        let body = describe(&app, &*app.shelf()?, list, language);
        Reply::open(&request).in_language(language).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

fn not_found(id: &str) -> Problem {
    let near = nearest(id, code_lists().iter().map(|list| list.id.as_str()));
    Problem::new(Kind::NotFound).titled("Non-existent codelist").detail(
        format!("kodelisten `{}` finnes ikke{}", clip(id), hint_nb(near)),
        format!("there is no code list `{}`{}", clip(id), hint_en(near)),
    )
}

fn describe(app: &App, shelf: &Shelf, list: &CodeList, language: Language) -> Value {
    let values: Vec<Value> = list
        .items
        .iter()
        .map(|item| {
            json!({
                "code": item.code,
                "label": item.label.in_language(language),
                "valueMap": item.members,
            })
        })
        .collect();
    let holds = |published: &&Published| {
        published.offered.iter().flatten().any(|offered| offered.id == list.id)
    };
    let tables: Vec<&str> =
        shelf.tables().filter(holds).map(|published| published.cube.table.id.as_str()).collect();
    json!({
        "id": list.id,
        "label": list.label.in_language(language),
        "language": statbank_id(language),
        "languages": ["no", "en"],
        "elimination": false,
        "type": kind(list),
        "values": values,
        "links": [link("self", language, &place(app, list, language))],
        "hjemmel": {
            "tables": tables,
            "validFrom": list.valid.map(|(from, _)| from),
            "validTo": list.valid.and_then(|(_, to)| to),
        },
    })
}
