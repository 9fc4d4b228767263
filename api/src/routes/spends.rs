//! `/v1/budgets/spends`: what was paid.

use super::budgets::{blocking, date, has_role, written};
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::questions::settings::rho;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use hjemmel_policy::Role;
use hjemmel_store::{ProjectDay, PurseId, Spend, SpendFilter};
use serde_json::{Value, json};
use uuid::Uuid;

/// Spends in one list.
const MOST_SPENDS: u32 = 1_000;

/// What was paid, newest first, and what projects paid altogether and by day, which counts all that match, listed or
/// not: for administrators and auditors. Nothing here tells of the data.
#[utoipa::path(operation_id = "list_spends", tag = "Questions", security(("bearer" = [])),
    params(
        ("project" = Option<String>, Query, description = "Only this project's.", example = "kvp-effekt"),
        ("from" = Option<String>, Query, description = "From this time on (RFC 3339).", example = "2026-01-01T00:00:00Z"),
        ("until" = Option<String>, Query, description = "Before this time.", example = "2030-01-01T00:00:00Z"),
        ("limit" = Option<u64>, Query, description = "List at most so many, 1 to 1000.", example = 100),
        ("after" = Option<Uuid>, Query, description = "Go on after the spend with this id, as `next` says where there are more."),
    ),
    responses((status = 200, description = "The spends.", body = Value)))]
#[get("/v1/budgets/spends")]
pub async fn list_spends(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    spends(&request, &app, &caller).await.map_err(|problem| problem.for_request(&request))
}

async fn spends(
    request: &HttpRequest,
    app: &App,
    caller: &SignedIn,
) -> Result<HttpResponse, Problem> {
    if !has_role(caller.somebody()?, &[Role::Admin, Role::Auditor]) {
        return Err(Problem::new(Kind::NotPermitted));
    }
    let query = Query::of(request);
    let limit = query.number("limit")?.unwrap_or(100).clamp(1, MOST_SPENDS.into());
    let limit = usize::try_from(limit).unwrap_or(100);
    let unknown = || {
        Problem::new(Kind::ParameterError).detail(
            "`after` må være id-en til en betaling i listen",
            "`after` must be the id of a spend of the list",
        )
    };
    let after = query.first("after").map(|id| id.parse().map_err(|_| unknown())).transpose()?;
    let filter = SpendFilter {
        project: query.first("project").map(str::to_owned),
        from: moment(&query, "from")?,
        until: moment(&query, "until")?,
        after,
        // One more tells whether the list goes on.
        limit: u32::try_from(limit).unwrap_or(MOST_SPENDS) + 1,
    };
    let store = app.store().clone();
    let read = move || match store.spends(&filter) {
        Ok(found) => Ok(Some((found, store.spent_by_project(&filter)?))),
        Err(hjemmel_store::Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    };
    let (found, days) = blocking(read).await?.ok_or_else(unknown)?;
    let (shown, more) = found.split_at(limit.min(found.len()));
    let next = shown.last().filter(|_| !more.is_empty()).map(|last| next(request, last.id));
    let spends: Vec<Value> = shown.iter().map(told).collect();
    let body = json!({ "byProject": by_project(&days), "spends": spends, "next": next });
    Reply::personal(request).json(&body)
}

/// Where the list goes on: the same address after the last that is listed.
fn next(request: &HttpRequest, last: Uuid) -> String {
    let given = form_urlencoded::parse(request.query_string().as_bytes());
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(given.filter(|(name, _)| !name.eq_ignore_ascii_case("after")));
    query.append_pair("after", &last.to_string());
    format!("{}?{}", request.path(), query.finish())
}

/// What each project paid, altogether and by day.
fn by_project(days: &[ProjectDay]) -> Vec<Value> {
    let of_project = |days: &[ProjectDay]| {
        let sum = |of: fn(&ProjectDay) -> u64| days.iter().map(of).sum::<u64>();
        let by_day: Vec<Value> = days
            .iter()
            .filter_map(|one| {
                let day = date(one.day)?;
                Some(json!({ "day": day, "questions": one.questions, "rho": rho(one.nano) }))
            })
            .collect();
        json!({
            "project": days.first().map(|one| &one.project),
            "questions": sum(|one| one.questions),
            "rho": rho(sum(|one| one.nano)),
            "byDay": by_day,
        })
    };
    days.chunk_by(|one, next| one.project == next.project).map(of_project).collect()
}

fn told(spend: &Spend) -> Value {
    let question: Value = serde_json::from_str(&spend.question).unwrap_or_default();
    let charge = |(purse, nano): (&PurseId, &u64)| json!({ "kind": purse.kind.as_str(), "key": purse.key, "rho": rho(*nano) });
    json!({
        "id": spend.id,
        "at": written(spend.at),
        "project": spend.project,
        "sponsor": spend.sponsor,
        "decision": spend.decision,
        "question": question,
        "charges": spend.charges().iter().map(charge).collect::<Vec<_>>(),
    })
}

fn moment(query: &Query, name: &'static str) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(text) = query.first(name) else { return Ok(None) };
    let parsed = DateTime::parse_from_rfc3339(text).map(|at| Some(at.with_timezone(&Utc)));
    parsed.map_err(|_| {
        Problem::new(Kind::ParameterError).detail(
            format!("`{name}` må være et tidspunkt som 2026-01-01T00:00:00Z"),
            format!("`{name}` must be a time such as 2026-01-01T00:00:00Z"),
        )
    })
}
