//! `/jsonstat`: every table as one JSON-stat 2.0 collection.

use super::table_list::address;
use crate::app::App;
use crate::language::statbank_id;
use crate::problem::Problem;
use crate::pxweb::frame::source;
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::shelf::Published;
use actix_web::{HttpRequest, HttpResponse, get, web};
use hjemmel_kostra::Language;
use serde_json::{Value, json};

/// The tables as a JSON-stat 2.0 collection: each item is a dataset that can be read as it stands.
#[utoipa::path(operation_id = "read_jsonstat_collection", tag = "Tables",
    params(("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en")),
    responses((status = 200, description = "The collection.", body = Value)))]
#[get("/jsonstat")]
pub async fn read_jsonstat_collection(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let shelf = app.shelf()?;
        let lang = statbank_id(language);
        let items: Vec<Value> = shelf
            .tables()
            .map(|published| {
                let id = &published.cube.table.id;
                let place = format!("/tables/{id}/data?lang={lang}&outputFormat=json-stat2");
                json!({
                    "class": "dataset",
                    "href": address(&app, &place),
                    "label": published.cube.title(language),
                })
            })
            .collect();
        let updated = shelf.tables().map(Published::updated).max();
        let body = json!({
            "version": "2.0",
            "class": "collection",
            "label": match language {
                Language::Nb => "Publiserte tabeller",
                Language::En => "Published tables",
            },
            "source": source(language),
            "updated": updated.unwrap_or_else(|| "1970-01-01T00:00:00Z".to_owned()),
            "href": format!("{}/jsonstat?lang={lang}", app.public_address()),
            "link": { "item": items },
        });
        Reply::open(&request).in_language(language).json(&body)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}
