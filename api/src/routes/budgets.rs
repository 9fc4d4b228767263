//! `/v1/budgets`: what may be asked, what has been, and who may say how much.

use crate::app::App;
use crate::grants::event::{Deed, of_deed};
use crate::grants::{self, is_named, mark};
use crate::json_words::words_after;
use crate::problem::{Kind, Problem};
use crate::questions::purser::again;
use crate::questions::settings::{nano, rho};
use crate::reply::{Marks, Reply, entity_tag};
use crate::signin::SignedIn;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use chrono::{DateTime, NaiveDate, SecondsFormat, TimeDelta, Utc};
use hjemmel_kostra::Text;
use hjemmel_kostra::question::Vocabulary;
use hjemmel_policy::{Caller, Project, Role, Subject};
use hjemmel_store::{CapChange, CapOutcome, DecisionRow, Purse, PurseId, PurseKind, Store};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// How far back a forecast looks.
const DAYS: i64 = 30;
/// The highest cap, in ρ: beyond it no promise is left to speak of.
const MOST_RHO: f64 = 100.0;
/// Changes of caps that were made or overtaken, in one list.
const MOST_SETTLED: u32 = 100;

type Days = BTreeMap<PurseId, Vec<(i32, u64)>>;

pub(super) fn has_role(caller: &Caller, any: &[Role]) -> bool {
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

pub(super) async fn blocking<T: Send + 'static>(
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
/// and auditors see all, with what was spent by day, the changes that wait for a second person, and the last hundred that
/// were made, or overtaken by another, which nobody approved.
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
        let changes = (store.waiting_caps()?, store.settled_caps(MOST_SETTLED)?);
        Ok((store.purses()?, store.spent_by_day(since)?, changes))
    };
    let (known, days, (waiting, settled)) = blocking(move || gather(&store)).await?;
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
        for (name, changes) in [("waiting", waiting), ("settled", settled)] {
            members.insert(name.to_owned(), changes.iter().map(change).collect());
        }
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

/// As exactly as it is kept, so that it can be given back as `from` or `until`.
pub(super) fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Micros, true)
}

pub(super) fn date(day: i32) -> Option<NaiveDate> {
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
        "proposedAt": written(change.proposed_at),
        "approvedBy": change.approved_by,
        "settledAt": change.settled_at.map(written),
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
/// (202), and holds when another administrator asks for the same cap (200). Two accounts of one person are one. Both are
/// events of the record (`budget:propose`, `budget:change`). `If-Match` is the tag of the list that the change was made from.
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
        Ok(somebody) => put_cap(&request, &app, somebody, &bytes).await,
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

async fn put_cap(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &Caller,
    bytes: &[u8],
) -> Result<CapOutcome, Problem> {
    let by = person(app, caller).filter(|_| has_role(caller, &[Role::Admin]));
    let (by, marks) = by.ok_or_else(|| Problem::new(Kind::NotPermitted))?;
    let wrong = |nb: String, en: String| Problem::new(Kind::ParameterError).detail(nb, en);
    let wanted: Wanted = serde_json::from_slice(bytes).map_err(|error| {
        let Text { nb, en } =
            words_after("kroppen kan ikke leses", "the body cannot be read", &error);
        wrong(nb, en)
    })?;
    let policy = app.policy()?;
    let purse = PurseKind::parse(&wanted.kind)
        .map(|kind| PurseId { kind, key: wanted.key.clone() })
        .filter(|id| exists(policy.projects(), id))
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
    if request.headers().contains_key(header::IF_MATCH) {
        let listed = serde_json::to_vec(&list(app, caller).await?);
        let listed = listed.map_err(|_| Problem::new(Kind::Internal))?;
        let now = entity_tag(&Marks::OPEN, &listed);
        if !is_named(request, &now) {
            return Err(Problem::new(Kind::Stale).with("current", now));
        }
    }
    let actor = grants::actor(app, caller)?;
    let behind = grants::commitment(app, &actor).await?;
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
    let deed = Deed {
        action: "budget:change",
        resource: json!({ "budget": { "kind": change.purse.kind.as_str(), "key": change.purse.key } }),
        about: json!({}),
        grant: None,
    };
    let row = of_deed(&deed, &actor, behind.as_deref(), policy.version(), change.proposed_at)?;
    let store = app.store().clone();
    blocking(move || store.change_cap(&change, first_cap, |outcome| event(&row, outcome))).await
}

/// What came of wanting a cap, as an event of the record: names and reasons stand beside it, where they can be forgotten.
fn event(row: &DecisionRow, outcome: &CapOutcome) -> DecisionRow {
    let (action, change) = match outcome {
        CapOutcome::Made(change) => ("budget:change", change),
        CapOutcome::Waiting(change) => ("budget:propose", change),
    };
    let mut body: Value = serde_json::from_str(&row.body).unwrap_or_default();
    if let Some(members) = body.as_object_mut() {
        members.insert("change".to_owned(), json!(change.id));
        members.insert("rhoCap".to_owned(), json!(rho(change.cap)));
    }
    DecisionRow { action: action.to_owned(), body: body.to_string(), ..row.clone() }
}

/// Whether a purse belongs to something: a misspelt key must not make one.
fn exists(projects: &[Project], id: &PurseId) -> bool {
    match id.kind {
        PurseKind::DatasetYear => Vocabulary::forms().into_iter().any(|form| {
            Vocabulary::years(form).into_iter().any(|year| PurseId::of_data(form, year) == *id)
        }),
        PurseKind::Project => projects.iter().any(|project| project.id == id.key),
        PurseKind::Organisation => {
            projects.iter().any(|project| project.sponsor.to_string() == id.key)
        }
    }
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
