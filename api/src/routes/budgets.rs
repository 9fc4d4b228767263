//! `/v1/budgets`: what may be asked, what has been, and who may say how much.

use crate::app::App;
use crate::grants::mark;
use crate::json_words::words_after;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::questions::purser::again;
use crate::questions::settings::{nano, rho};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use hjemmel_kostra::Text;
use hjemmel_kostra::question::Vocabulary;
use hjemmel_policy::{Caller, Role, Subject};
use hjemmel_store::{
    CapChange, CapOutcome, ProjectDay, Purse, PurseId, PurseKind, Spend, SpendFilter, Store,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How far back a forecast looks.
const DAYS: i64 = 30;
/// The highest cap, in ρ: beyond it no promise is left to speak of.
const MOST_RHO: f64 = 100.0;
/// Spends in one list.
const MOST_SPENDS: u64 = 1_000;

type Days = BTreeMap<PurseId, Vec<(i32, u64)>>;

fn has_role(caller: &Caller, any: &[Role]) -> bool {
    match caller.subject() {
        Subject::Person { roles, .. } => any.iter().any(|role| roles.contains(role)),
        Subject::Anonymous | Subject::Organisation { .. } => false,
    }
}

/// The account a person acts by, and marks by which further accounts of the same person are known.
fn person(app: &App, caller: &Caller) -> Option<(String, Vec<String>)> {
    let Subject::Person { issuer, subject, .. } = caller.subject() else { return None };
    let mark = |text: &str| mark(app.keys().archive_key(), text);
    let account = mark(&format!("account {}", subject.trim().to_lowercase()));
    let marks = std::iter::once(account).chain(caller.person().map(mark));
    Some((format!("{subject} ({issuer})"), marks.collect()))
}

async fn blocking<T: Send + 'static>(
    work: impl Fn() -> Result<T, hjemmel_store::Error> + Send + 'static,
) -> Result<T, Problem> {
    match web::block(move || again(work)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => {
            tracing::error!(%error, "the budgets cannot be reached");
            Err(Problem::new(Kind::Unavailable))
        }
        Err(_) => Err(Problem::new(Kind::Internal)),
    }
}

/// The budgets you may ask from: those of the data, which everybody shares, and those of your projects. Administrators
/// and auditors see all, with what was spent by day and the changes that wait for a second person.
#[utoipa::path(operation_id = "list_budgets", tag = "Questions", security(("bearer" = [])),
    responses((status = 200, description = "The budgets.", body = Value)))]
#[get("/v1/budgets")]
pub async fn list_budgets(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let listed = match caller.somebody() {
        Ok(somebody) => list(&app, somebody).await,
        Err(problem) => Err(problem),
    };
    listed
        .and_then(|body| Reply::personal(&request).json(&body))
        .map_err(|problem| problem.for_request(&request))
}

async fn list(app: &App, caller: &Caller) -> Result<Value, Problem> {
    let sees_all = has_role(caller, &[Role::Admin, Role::Auditor]);
    let policy = app.policy()?;
    let own: BTreeSet<PurseId> = policy
        .projects()
        .iter()
        .filter(|project| sees_all || project.has(caller))
        .flat_map(|project| {
            let sponsor = project.sponsor.to_string();
            [(PurseKind::Project, project.id.clone()), (PurseKind::Organisation, sponsor)]
        })
        .map(|(kind, key)| PurseId { kind, key })
        .collect();
    if own.is_empty() && !sees_all {
        return Err(Problem::new(Kind::MayNotAsk));
    }
    let shelf = app.shelf()?;
    let of_data = Vocabulary::forms().into_iter().flat_map(|form| {
        shelf.years(form).into_iter().map(move |year| PurseId::of_data(form, year))
    });
    let mut wanted: BTreeSet<PurseId> = of_data.chain(own).collect();
    let store = app.store().clone();
    let since = Utc::now() - TimeDelta::days(DAYS);
    let gather = move |store: &Store| {
        Ok((store.purses()?, store.spent_by_day(since)?, store.waiting_caps()?))
    };
    let (known, days, waiting) = blocking(move || gather(&store)).await?;
    if sees_all {
        wanted.extend(known.iter().map(|purse| purse.id.clone()));
    }
    let purses = wanted.into_iter().map(|id| {
        let found = known.iter().find(|purse| purse.id == id).cloned();
        let cap = app.settings().questions.first_caps().of(id.kind);
        found.unwrap_or(Purse { id, cap, spent: 0 })
    });
    let told: Vec<Value> = purses.map(|purse| tell(&purse, &days, sees_all)).collect();
    let mut body = json!({ "budgets": told });
    if let Some(members) = body.as_object_mut().filter(|_| sees_all) {
        let waiting: Vec<Value> = waiting.iter().map(change).collect();
        members.insert("waiting".to_owned(), waiting.into());
    }
    Ok(body)
}

fn tell(purse: &Purse, days: &Days, by_day: bool) -> Value {
    let spent = days.get(&purse.id).map_or(&[][..], Vec::as_slice);
    let mut told = json!({
        "kind": purse.id.kind.as_str(),
        "key": purse.id.key,
        "rhoCap": rho(purse.cap),
        "rhoSpent": rho(purse.spent),
        "rhoLeft": rho(purse.left()),
        "runsDry": runs_dry(purse, spent, Utc::now()).map(|date| date.to_string()),
    });
    if let Some(members) = told.as_object_mut().filter(|_| by_day) {
        let days: Vec<Value> = spent
            .iter()
            .filter_map(|(day, nano)| Some(json!({ "day": date(*day)?, "rho": rho(*nano) })))
            .collect();
        members.insert("byDay".to_owned(), days.into());
    }
    told
}

fn date(day: i32) -> Option<NaiveDate> {
    DateTime::from_timestamp(i64::from(day) * 86_400, 0).map(|at| at.date_naive())
}

/// The day on which a purse is empty if spending goes on as in the days the forecast looks back on; none while
/// nothing is spent, or where that day is not of our time.
fn runs_dry(purse: &Purse, spent: &[(i32, u64)], now: DateTime<Utc>) -> Option<NaiveDate> {
    let lately: u64 = spent.iter().map(|(_, nano)| nano).sum();
    if purse.left() == 0 {
        return Some(now.date_naive());
    }
    let days = u64::try_from(DAYS).ok()?;
    let left = purse.left().checked_mul(days)?.checked_div(lately)?;
    let days = TimeDelta::try_days(i64::try_from(left).ok()?)?;
    now.checked_add_signed(days).map(|at| at.date_naive())
}

fn change(change: &CapChange) -> Value {
    json!({
        "id": change.id,
        "kind": change.purse.kind.as_str(),
        "key": change.purse.key,
        "rhoCap": rho(change.cap),
        "reason": change.reason,
        "proposedBy": change.proposed_by,
        "proposedAt": change.proposed_at.to_rfc3339_opts(SecondsFormat::Millis, true),
        "approvedBy": change.approved_by,
    })
}

/// A cap that is wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    kind: String,
    key: String,
    rho_cap: f64,
    reason: String,
}

/// Sets the cap of a budget. One administrator may lower it. To raise it takes two: the first request waits
/// (202), and holds when another administrator asks for the same cap (200). Two accounts of one person are one.
#[utoipa::path(operation_id = "change_budget", tag = "Questions", security(("bearer" = [])),
    request_body(content = Value, description = "The budget, its new cap in ρ, and why.",
        example = json!({ "kind": "dataset-year", "key": "skjema-11/2024", "rhoCap": 5, "reason": "the final edition is out" })),
    responses(
        (status = 200, description = "The cap holds.", body = Value),
        (status = 202, description = "The cap waits for a second administrator.", body = Value)))]
#[put("/v1/budgets")]
pub async fn change_budget(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    bytes: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let changed = match caller.somebody() {
        Ok(somebody) => put_cap(&app, somebody, &bytes).await,
        Err(problem) => Err(problem),
    };
    let answer = changed.and_then(|outcome| {
        let (made, one) = match &outcome {
            CapOutcome::Made(one) => (true, one),
            CapOutcome::Waiting(one) => (false, one),
        };
        let mut response =
            Reply::personal(&request).json(&json!({ "made": made, "change": change(one) }))?;
        if !made {
            *response.status_mut() = actix_web::http::StatusCode::ACCEPTED;
        }
        Ok(response)
    });
    answer.map_err(|problem: Problem| problem.for_request(&request))
}

async fn put_cap(app: &App, caller: &Caller, bytes: &[u8]) -> Result<CapOutcome, Problem> {
    let by = person(app, caller).filter(|_| has_role(caller, &[Role::Admin]));
    let (by, marks) = by.ok_or_else(|| Problem::new(Kind::NotPermitted))?;
    let wrong = |nb: String, en: String| Problem::new(Kind::ParameterError).detail(nb, en);
    let wanted: Wanted = serde_json::from_slice(bytes).map_err(|error| {
        let Text { nb, en } =
            words_after("kroppen kan ikke leses", "the body cannot be read", &error);
        wrong(nb, en)
    })?;
    let purse = PurseKind::parse(&wanted.kind)
        .map(|kind| PurseId { kind, key: wanted.key.clone() })
        .filter(|id| exists(app, id))
        .ok_or_else(|| {
            wrong(
                format!("det finnes ikke noe budsjett {} {}", wanted.kind, wanted.key),
                format!("there is no budget {} {}", wanted.kind, wanted.key),
            )
        })?;
    if !(0.0..=MOST_RHO).contains(&wanted.rho_cap) || wanted.reason.trim().is_empty() {
        return Err(wrong(
            format!("`rhoCap` må være fra 0 til {MOST_RHO}, og `reason` må si hvorfor"),
            format!("`rhoCap` must be from 0 to {MOST_RHO}, and `reason` must say why"),
        ));
    }
    let first_cap = app.settings().questions.first_caps().of(purse.kind);
    let change = CapChange {
        id: Uuid::now_v7(),
        purse,
        cap: nano(wanted.rho_cap),
        reason: wanted.reason.chars().take(500).collect(),
        proposed_by: by,
        marks,
        proposed_at: Utc::now(),
        approved_by: None,
        settled_at: None,
    };
    let store = app.store().clone();
    blocking(move || store.change_cap(&change, first_cap)).await
}

/// Whether a purse belongs to something: a misspelt key must not make one.
fn exists(app: &App, id: &PurseId) -> bool {
    let of_project = |matches: &dyn Fn(&hjemmel_policy::Project) -> bool| {
        app.policy().is_ok_and(|policy| policy.projects().iter().any(matches))
    };
    match id.kind {
        PurseKind::DatasetYear => Vocabulary::forms().into_iter().any(|form| {
            Vocabulary::years(form).into_iter().any(|year| PurseId::of_data(form, year) == *id)
        }),
        PurseKind::Project => of_project(&|project| project.id == id.key),
        PurseKind::Organisation => of_project(&|project| project.sponsor.to_string() == id.key),
    }
}

/// What was paid, newest first, and what projects paid altogether and by day, which counts all that match, listed or
/// not: for administrators and auditors. Nothing here tells of the data.
#[utoipa::path(operation_id = "list_spends", tag = "Questions", security(("bearer" = [])),
    params(
        ("project" = Option<String>, Query, description = "Only this project's.", example = "kvp-effekt"),
        ("from" = Option<String>, Query, description = "From this time on (RFC 3339).", example = "2026-01-01T00:00:00Z"),
        ("until" = Option<String>, Query, description = "Before this time.", example = "2030-01-01T00:00:00Z"),
        ("limit" = Option<u64>, Query, description = "List at most so many, 1 to 1000.", example = 100),
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
    let limit = query.number("limit")?.unwrap_or(100).clamp(1, MOST_SPENDS);
    let filter = SpendFilter {
        project: query.first("project").map(str::to_owned),
        from: moment(&query, "from")?,
        until: moment(&query, "until")?,
        limit: u32::try_from(limit).unwrap_or(100),
    };
    let store = app.store().clone();
    let read = move || Ok((store.spends(&filter)?, store.spent_by_project(&filter)?));
    let (found, days) = blocking(read).await?;
    let spends: Vec<Value> = found.iter().map(told).collect();
    Reply::personal(request).json(&json!({ "byProject": by_project(&days), "spends": spends }))
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
        "at": spend.at.to_rfc3339_opts(SecondsFormat::Millis, true),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purse_runs_dry_when_spending_goes_on() {
        let purse = |cap| {
            let id = PurseId { kind: PurseKind::Project, key: "kvp".to_owned() };
            Purse { id, cap, spent: 300 }
        };
        let now: DateTime<Utc> = "2026-06-01T12:00:00Z".parse().unwrap();
        let day = |text: &str| Some(text.parse::<NaiveDate>().unwrap());
        assert_eq!(runs_dry(&purse(600), &[(1, 100), (2, 200)], now), day("2026-07-01"));
        assert_eq!(runs_dry(&purse(600), &[], now), None);
        assert_eq!(runs_dry(&purse(300), &[], now), day("2026-06-01"));
    }
}
