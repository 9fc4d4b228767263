//! `/v1/notices`: what somebody must be told about a grant.

use crate::app::App;
use crate::grants;
use crate::notices::told;
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::{Value, json};
use uuid::Uuid;

/// Notices a page, and the most of them.
const PAGE: u32 = 100;

/// Notices, newest first: `ends-90`, `ends-30` and `ends-7` before a grant ends, `review-` and the day when nobody has
/// looked at it in time, `break-glass` when it was opened in an emergency. A body sees those of its own grants,
/// staff and the auditor all.
#[utoipa::path(operation_id = "list_notices", tag = "Grants", security(("bearer" = [])),
    params(
        ("before" = Option<Uuid>, Query, description = "`next` of the page before.", example = "0191c7b0-7f3e-7a52-8c59-2f1f6e0d8a11"),
        ("limit" = Option<u32>, Query, description = "Notices a page, 1 to 100.", example = 10),
    ),
    responses((status = 200, description = "The notices.", body = Value)))]
#[get("/v1/notices")]
pub async fn list_notices(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        let query = Query::of(&request);
        let wrong = |nb: &str, en: &str| Problem::new(Kind::ParameterError).detail(nb, en);
        let before = query.first("before").map(str::parse::<Uuid>).transpose();
        let before = before.map_err(|_| {
            wrong("`before` er `next` fra siden før", "`before` is `next` of the page before")
        })?;
        let limit = query.first("limit").map_or(Ok(PAGE), str::parse);
        let limit = limit.ok().filter(|limit| (1..=PAGE).contains(limit)).ok_or_else(|| {
            wrong("`limit` er et tall fra 1 til 100", "`limit` is a number from 1 to 100")
        })?;
        let all = actor.sees_all();
        let own = actor.organisation().map(|number| number.to_string());
        let found = match (all, own) {
            (false, None) => Vec::new(),
            (all, own) => {
                let own = own.filter(|_| !all);
                grants::on_disk(&app, move |store| store.notices(own.as_deref(), before, limit))
                    .await?
            }
        };
        let next = found.last().filter(|_| found.len() == limit as usize).map(|last| last.id);
        let language = requested_language(&request);
        let notices: Vec<Value> = found.iter().map(|one| told(one, Some(language))).collect();
        Reply::personal(&request)
            .in_language(language)
            .json(&json!({ "notices": notices, "next": next }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}
