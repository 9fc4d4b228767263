//! Whether the server lives and can answer, and what its problems mean.

use crate::app::App;
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::selection::clip;
use crate::reply::Reply;
use actix_web::{HttpRequest, HttpResponse, get, web};
use serde_json::{Value, json};

/// The process runs.
#[utoipa::path(operation_id = "read_liveness", tag = "Health",
    responses((status = 200, description = "It runs.", body = Value, example = json!({ "status": "live" }))))]
#[get("/health/live")]
pub async fn read_liveness() -> HttpResponse {
    HttpResponse::Ok().json(json!({ "status": "live" }))
}

/// The process can answer: database, policy and record are within reach.
#[utoipa::path(operation_id = "read_readiness", tag = "Health",
    responses((status = 200, description = "It can answer.", body = Value, example = json!({ "status": "ready" }))))]
#[get("/health/ready")]
pub async fn read_readiness(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    if app.is_healthy() {
        Ok(HttpResponse::Ok().json(json!({ "status": "ready" })))
    } else {
        Err(Problem::new(Kind::Unavailable).for_request(&request))
    }
}

/// What a kind of problem means: the page behind a problem's `type`.
#[utoipa::path(operation_id = "read_problem", tag = "Health",
    params(("slug" = String, Path, description = "The end of `type`.", example = "no-legal-basis")),
    responses((status = 200, description = "What it means.", body = Value)))]
#[get("/problems/{slug}")]
pub async fn read_problem(
    request: HttpRequest,
    slug: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let language = requested_language(&request);
    let Some(kind) = Kind::ALL.into_iter().find(|kind| kind.slug() == slug.as_str()) else {
        let slug = clip(&slug);
        return Err(Problem::new(Kind::NotFound)
            .detail(
                format!("det finnes ingen problemtype `{slug}`"),
                format!("there is no problem type `{slug}`"),
            )
            .for_request(&request));
    };
    Reply::open(&request).json(&json!({
        "type": format!("/problems/{}", kind.slug()),
        "title": kind.title().in_language(language),
        "status": kind.status().as_u16(),
        "meaning": kind.meaning().in_language(language),
    }))
}
