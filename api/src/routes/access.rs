//! What a caller may know about its own access: who am I, and why was it decided so.

use crate::app::App;
use crate::grants::on_disk;
use crate::problem::{Kind, Problem, requested_language};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::Utc;
use hjemmel_policy::{Caller, Decision, Role, Subject};
use hjemmel_store::StoredDecision;
use serde_json::{Value, json};
use uuid::Uuid;

/// Who the token says you are, and the grants that apply to you now.
#[utoipa::path(operation_id = "read_me", tag = "Access", security(("bearer" = [])),
    responses((status = 200, description = "You.", body = Value)))]
#[get("/v1/me")]
pub async fn read_me(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let somebody = caller.somebody()?;
        let policy = app.policy()?;
        let (now, language) = (Utc::now(), requested_language(&request));
        let grants: Vec<Value> = policy
            .grants()
            .filter(|grant| Some(grant.recipient.organisation) == somebody.organisation())
            .map(|grant| {
                json!({
                    "id": grant.id, "version": grant.version,
                    "title": grant.title.in_language(language),
                    "dataset": grant.product.dataset(), "tier": grant.tier, "years": grant.years,
                    "population": grant.population(), "purpose": grant.purpose.code,
                    "basis": grant.basis(), "state": grant.state,
                    "validFrom": grant.valid_from, "validTo": grant.valid_to,
                    "inForce": grant.holds_at(now),
                })
            })
            .collect();
        Reply::personal(&request).in_language(language).json(&json!({
            "subject": somebody.subject(),
            "scopes": somebody.scopes(),
            "supplier": somebody.supplier(),
            "grants": grants,
        }))
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// One recorded decision, with the reasons in words; your own, or any for legal, admin and auditor.
#[utoipa::path(operation_id = "read_decision", tag = "Access", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The `Hjemmel-Decision` of an answer.")),
    responses((status = 200, description = "The decision.", body = Value)))]
#[get("/v1/decisions/{id}")]
pub async fn read_decision(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    decision(&request, &app, &caller, &id).await.map_err(|problem| problem.for_request(&request))
}

async fn decision(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    id: &str,
) -> Result<HttpResponse, Problem> {
    let somebody = caller.somebody()?;
    let missing = || {
        Problem::new(Kind::NotFound).detail(
            "det finnes ingen slik avgjørelse blant dem du kan se",
            "there is no such decision among those you may see",
        )
    };
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let store = app.store().clone();
    let stored = match web::block(move || store.decision(id)).await {
        Ok(Ok(stored)) => stored,
        Ok(Err(hjemmel_store::Error::NotFound(_))) => return Err(missing()),
        _ => return Err(Problem::new(Kind::Unavailable)),
    };
    let organisation = somebody.organisation().map(|number| number.to_string());
    let of_body = organisation.is_some() && organisation == stored.row.organisation;
    let seen = of_body || may_see_all(somebody) || is_own(app, somebody, &stored).await?;
    if !seen {
        return Err(missing());
    }
    let language = requested_language(request);
    let body: Value = serde_json::from_str(&stored.row.body).unwrap_or_default();
    let explanation = serde_json::from_str::<Decision>(&stored.row.body)
        .ok()
        .map(|decision| decision.explain(language));
    Reply::personal(request).in_language(language).json(&json!({
        "id": stored.row.id, "seq": stored.seq, "hash": stored.hash,
        "at": stored.row.at, "action": stored.row.action, "outcome": stored.row.outcome,
        "explanation": explanation, "decision": body,
    }))
}

/// Whether a person asked by this account for what was decided. The record holds a commitment in the place of the
/// name, so a person who was forgotten owns nothing.
async fn is_own(
    app: &web::Data<App>,
    caller: &Caller,
    stored: &StoredDecision,
) -> Result<bool, Problem> {
    let Subject::Person { issuer, subject, .. } = caller.subject() else { return Ok(false) };
    let decided = serde_json::from_str::<Decision>(&stored.row.body);
    let Some(commitment) = decided.ok().and_then(|decision| decision.caller.person) else {
        return Ok(false);
    };
    let name = format!("{subject} ({issuer})");
    let known = on_disk(app, move |store| store.committed_person(&commitment)).await?;
    Ok(known == Some(name))
}

fn may_see_all(caller: &Caller) -> bool {
    match caller.subject() {
        Subject::Person { roles, .. } => {
            [Role::Legal, Role::Admin, Role::Auditor].iter().any(|role| roles.contains(role))
        }
        Subject::Anonymous | Subject::Organisation { .. } => false,
    }
}
