//! `/v1/grant-use`: how each grant is used, which are about to end, and what is unusual.

use crate::app::App;
use crate::grants::{self, usage};
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

/// The report on every grant in force or stopped: requests, when it was last used, the columns used and never
/// used (a hint to narrow it), the notice that is due before it ends, whether its review is overdue, and what is
/// unusual. Of the last quarter unless said. Legal, admin and auditor see everyone's, a body its own.
#[utoipa::path(operation_id = "read_grant_use", tag = "Grants", security(("bearer" = [])),
    params(
        ("from" = Option<String>, Query, description = "From this moment on.", example = "2026-01-01T00:00:00Z"),
        ("until" = Option<String>, Query, description = "Before this moment.", example = "2026-04-01T00:00:00Z"),
        ("recipient" = Option<String>, Query, description = "Only this recipient's.", example = "889640782"),
        ("format" = Option<String>, Query, description = "`json` or `csv`.", example = "json"),
    ),
    responses((status = 200, description = "One entry a grant.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/v1/grant-use")]
pub async fn read_grant_use(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    report(&request, &app, &caller).await.map_err(|problem| problem.for_request(&request))
}

async fn report(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let query = Query::of(request);
    let mut recipient = query.first("recipient").map(str::to_owned);
    if !actor.sees_all() {
        let own = actor.organisation().ok_or_else(|| Problem::new(Kind::NotPermitted))?.to_string();
        if recipient.is_some_and(|asked| asked != own) {
            return Err(Problem::new(Kind::NotPermitted));
        }
        recipient = Some(own);
    }
    let now = Utc::now();
    let until = moment(&query, "until")?.unwrap_or(now);
    let from = moment(&query, "from")?.unwrap_or(until - TimeDelta::days(91));
    let policy = app.policy()?;
    let read = grants::on_disk(app, move |store| usage::of_all(store, &policy, (from, until), now));
    let mut all = read.await?;
    all.retain(|one| recipient.as_ref().is_none_or(|recipient| one.recipient == *recipient));
    match query.first("format") {
        None | Some("json") => {
            Reply::personal(request).json(&json!({ "from": from, "until": until, "grants": all }))
        }
        Some("csv") => {
            let csv = usage::csv(&all);
            Ok(Reply::personal(request).send("text/csv; charset=utf-8", csv.into()))
        }
        Some(_) => Err(Problem::new(Kind::ParameterError)
            .detail("`format` er json eller csv", "`format` is json or csv")),
    }
}

fn moment(query: &Query, name: &str) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(text) = query.first(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Problem::new(Kind::ParameterError).detail(
            format!("`{name}` er et tidspunkt som 2026-01-01T00:00:00Z"),
            format!("`{name}` is a moment such as 2026-01-01T00:00:00Z"),
        )
    })
}
