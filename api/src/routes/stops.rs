//! `/v1/stops`: what stops sharing at once, for a recipient, a dataset, or altogether.

use crate::app::App;
use crate::grants::event::Deed;
use crate::grants::{self, view, written};
use crate::problem::{Kind, Problem, requested_language};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::Utc;
use hjemmel_kostra::{Form, Language};
use hjemmel_policy::{Actor, OrganisationNumber};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    kind: String,
    #[serde(default)]
    recipient: Option<OrganisationNumber>,
    #[serde(default)]
    dataset: Option<Form>,
    reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Lift {
    reason: String,
}

/// The newest stops, those that hold and those that were lifted.
#[utoipa::path(operation_id = "list_stops", tag = "Grants", security(("bearer" = [])),
    responses((status = 200, description = "The stops, newest first.", body = Value)))]
#[get("/v1/stops")]
pub async fn list_stops(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        if !actor.sees_all() {
            return Err(Problem::new(Kind::NotPermitted));
        }
        let stops = grants::on_disk(&app, |store| store.all_stops(1_000)).await?;
        let language = requested_language(&request);
        let all: Vec<Value> = stops.iter().map(|stop| told(stop, language)).collect();
        Reply::personal(&request).in_language(language).json(&json!({ "stops": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Stops sharing on every grant of a recipient, of a dataset, or altogether. One person can do it, and it holds
/// in this process when the answer comes and in every other within a second; streams under way are cut.
#[utoipa::path(operation_id = "make_stop", tag = "Grants", security(("bearer" = [])),
    request_body(content = Value, description = "`kind` is `recipient`, `dataset` or `all`.",
        example = json!({ "kind": "recipient", "recipient": "889640782", "reason": "…" })),
    responses((status = 201, description = "The stop.", body = Value)))]
#[post("/v1/stops")]
pub async fn make_stop(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = deciding(&app, &caller)?;
        let written: Written = written::read(&body)?;
        let stop = stop(&written)?;
        let reason = reason(&written.reason)?;
        let by = serde_json::to_string(&actor).map_err(|_| Problem::new(Kind::Internal))?;
        let stored = hjemmel_store::Stop {
            id: Uuid::now_v7(),
            kind: stop.kind().to_owned(),
            target: stop.target(),
            reason,
            made_at: Utc::now(),
            made_by: by,
            lifted: None,
        };
        let (author, made) = (actor.to_string(), stored.clone());
        grants::on_disk(&app, move |store| store.make_stop(&made, &author)).await?;
        let about = json!({ "stop": stored.id, "kind": stored.kind, "target": stored.target });
        let made = Deed { action: "stop:make", resource: about, about: json!({}), grant: None };
        let recorded = grants::record(&app, &made, &actor).await;
        grants::follow(&app).await?;
        // The stop holds whatever becomes of its record; an answer without one says that something is wrong.
        recorded?;
        let language = requested_language(&request);
        Reply::personal(&request)
            .in_language(language)
            .with_status(StatusCode::CREATED)
            .json(&told(&stored, language))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Lifts a stop. It opens again what was stopped, so it takes another person than the one who made it.
#[utoipa::path(operation_id = "lift_stop", tag = "Grants", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The stop.")),
    request_body(content = Value, description = "Why.", example = json!({ "reason": "…" })),
    responses((status = 200, description = "The stop as it was lifted.", body = Value)))]
#[post("/v1/stops/{id}/lift")]
pub async fn lift_stop(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = deciding(&app, &caller)?;
        let missing = || {
            Problem::new(Kind::NotFound)
                .detail("det er ingen slik stans som gjelder", "there is no such stop that holds")
        };
        let id: Uuid = id.parse().map_err(|_| missing())?;
        let written: Lift = written::read(&body)?;
        let reason = reason(&written.reason)?;
        let stops = grants::on_disk(&app, hjemmel_store::Store::stops).await?;
        let held = stops.into_iter().find(|stop| stop.id == id).ok_or_else(missing)?;
        let maker: Option<Actor> = serde_json::from_str(&held.made_by).ok();
        if maker.is_none_or(|maker| maker.is_same_person(&actor)) {
            return Err(Problem::new(Kind::NotPermitted)
                .detail(
                    "en annen enn den som stanset, må oppheve stansen",
                    "somebody else than who made the stop must lift it",
                )
                .with("rule", "four-eyes"));
        }
        let by = serde_json::to_string(&actor).map_err(|_| Problem::new(Kind::Internal))?;
        let (author, why, now) = (actor.to_string(), reason.clone(), Utc::now());
        let lifted = (now, by.clone(), reason);
        // What opens is recorded before it opens.
        let about = json!({ "stop": id });
        let deed = Deed { action: "stop:lift", resource: about, about: json!({}), grant: None };
        grants::record(&app, &deed, &actor).await?;
        grants::on_disk(&app, move |store| store.lift_stop(id, (&by, &why), &author, now)).await?;
        grants::follow(&app).await?;
        let language = requested_language(&request);
        let stop = hjemmel_store::Stop { lifted: Some(lifted), ..held };
        Reply::personal(&request)
            .in_language(language)
            .tagged(format!("\"{id}\""))
            .json(&told(&stop, language))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn deciding(app: &App, caller: &SignedIn) -> Result<Actor, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    if actor.is_house() { Ok(actor) } else { Err(Problem::new(Kind::NotPermitted)) }
}

fn stop(written: &Written) -> Result<hjemmel_policy::Stop, Problem> {
    let wrong = || {
        Problem::new(Kind::ParameterError).detail(
            "`kind` er `all`, `recipient` med `recipient`, eller `dataset` med `dataset`",
            "`kind` is `all`, `recipient` with `recipient`, or `dataset` with `dataset`",
        )
    };
    match (written.kind.as_str(), written.recipient, written.dataset) {
        ("all", None, None) => Ok(hjemmel_policy::Stop::All),
        ("recipient", Some(organisation), None) => {
            Ok(hjemmel_policy::Stop::Recipient { organisation })
        }
        ("dataset", None, Some(form)) => Ok(hjemmel_policy::Stop::Dataset { form }),
        _ => Err(wrong()),
    }
}

fn reason(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::new(Kind::ParameterError)
            .detail("skriv hvorfor i `reason`", "say why in `reason`"));
    }
    Ok(text.to_owned())
}

fn told(stop: &hjemmel_store::Stop, language: Language) -> Value {
    let person = |json: &str| serde_json::from_str::<Actor>(json).ok().map(|a| view::person(&a));
    let known = hjemmel_policy::Stop::parse(&stop.kind, &stop.target);
    json!({
        "id": stop.id, "kind": stop.kind, "target": stop.target,
        "text": known.map(|stop| stop.text().in_language(language).to_owned()),
        "reason": stop.reason, "madeAt": stop.made_at, "madeBy": person(&stop.made_by),
        "holds": stop.lifted.is_none(),
        "liftedAt": stop.lifted.as_ref().map(|(at, _, _)| at),
        "liftedBy": stop.lifted.as_ref().map(|(_, by, _)| person(by)),
        "liftReason": stop.lifted.as_ref().map(|(_, _, why)| why),
    })
}
