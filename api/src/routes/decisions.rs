//! Why and why not: what would be decided, now or at a moment in the past, without getting anything.

use crate::app::{App, policy_of};
use crate::grants::{self, written};
use crate::problem::{Kind, Problem, requested_language};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, post, web};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Language;
use hjemmel_policy::question::Question;
use serde_json::{Value, json};

/// Tries a question: who could see what, with the grant and clause that carries it, or the grant that came
/// nearest and each condition that failed. `at` asks about the past: the policy of that moment decides.
///
/// Legal, admin and auditor ask about anyone, everyone else about the body they act for. Nothing is given and
/// nothing is read.
#[utoipa::path(operation_id = "try_decision", tag = "Access", security(("bearer" = [])),
    request_body(content = Value, description = "`what` is `microdata` or `table`; `form`, `years`, and as you like `columns`, `regions`, `purpose`, `organisation`, `supplier`, `at`.",
        example = json!({ "organisation": "889640782", "what": "microdata", "form": "11", "years": [2024],
            "columns": ["REGION", "VKLO"], "at": "2025-03-01T12:00:00Z" })),
    responses((status = 200, description = "What would be decided.", body = Value)))]
#[post("/v1/decisions")]
pub async fn try_decision(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    answer(&request, &app, &caller, &body).await.map_err(|problem| problem.for_request(&request))
}

async fn answer(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    body: &[u8],
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let sees_all = actor.sees_all();
    if !sees_all && actor.organisation().is_none() {
        return Err(Problem::new(Kind::NotPermitted));
    }
    let mut members = written::object(body)?;
    let at = match members.remove("at") {
        None | Some(Value::Null) => None,
        Some(text) => Some(moment(&text)?),
    };
    let mut question: Question = serde_json::from_value(Value::Object(members))
        .map_err(|error| written::unreadable(&error))?;
    if !sees_all {
        if question.organisation.is_some_and(|asked| Some(asked) != actor.organisation()) {
            return Err(Problem::new(Kind::NotPermitted).detail(
                "du kan bare spørre om din egen virksomhet",
                "you can ask about your own body alone",
            ));
        }
        question.organisation = actor.organisation();
    }
    let now = Utc::now();
    let decision = match at {
        None => app.policy()?.would(&question, now),
        Some(at) => {
            let stored = grants::on_disk(app, move |store| store.policy_at(Some(at))).await?;
            let policy = policy_of(stored).map_err(|error| {
                tracing::error!(%error, "the policy of the past cannot be read");
                Problem::new(Kind::Unavailable)
            })?;
            policy.would(&question, at)
        }
    };
    let language = requested_language(request);
    Reply::personal(request).in_language(language).json(&json!({
        "at": at.unwrap_or(now),
        "policyVersion": decision.policy_version,
        "outcome": decision.outcome,
        "grant": decision.grant, "nearest": decision.nearest,
        "tier": decision.tier, "columns": decision.columns, "years": decision.years,
        "population": decision.population,
        "failed": decision.failures().map(|failure| json!({
            "reason": failure, "text": failure.text().in_language(language) })).collect::<Vec<_>>(),
        "explanation": { "nb": decision.explain(Language::Nb), "en": decision.explain(Language::En) },
        "dryRun": true,
    }))
}

/// Reads a moment, or a day, which stands for its noon.
fn moment(text: &Value) -> Result<DateTime<Utc>, Problem> {
    let wrong = || {
        Problem::new(Kind::ParameterError).detail(
            "`at` er et tidspunkt som 2025-03-01T12:00:00Z",
            "`at` is a moment such as 2025-03-01T12:00:00Z",
        )
    };
    let text = text.as_str().ok_or_else(wrong)?;
    if let Ok(at) = text.parse::<DateTime<Utc>>() {
        return Ok(at);
    }
    let day: chrono::NaiveDate = text.parse().map_err(|_| wrong())?;
    Ok(day.and_hms_opt(12, 0, 0).ok_or_else(wrong)?.and_utc())
}
