//! `/v1/policy-tests`: what must be allowed and what must be denied, saved; a grant that would break one does not
//! come into force.

use crate::app::App;
use crate::grants::event::Deed;
use crate::grants::{self, trial, view, written};
use crate::problem::{Kind, Problem, requested_language};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::Utc;
use hjemmel_policy::Actor;
use hjemmel_policy::question::Question;
use hjemmel_store::PolicyTest;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    name: String,
    expected: Expected,
    question: Question,
    reason: String,
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Expected {
    Allowed,
    Denied,
}

/// The saved tests, each with whether the policy in force keeps it.
#[utoipa::path(operation_id = "list_policy_tests", tag = "Grants", security(("bearer" = [])),
    responses((status = 200, description = "The tests.", body = Value)))]
#[get("/v1/policy-tests")]
pub async fn list_policy_tests(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        if !actor.is_house() && !actor.is_auditor() {
            return Err(Problem::new(Kind::NotPermitted));
        }
        let tests = grants::on_disk(&app, hjemmel_store::Store::policy_tests).await?;
        let failed = trial::failed(&*app.policy()?, &tests, Utc::now());
        let all: Vec<Value> = tests
            .iter()
            .map(|test| {
                let kept = !failed.iter().any(|failed| failed.name == test.name);
                told(test, kept)
            })
            .collect();
        Reply::personal(&request).json(&json!({ "tests": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Saves a test. It must hold of the policy in force, so that what it blocks is what comes later.
#[utoipa::path(operation_id = "add_policy_test", tag = "Grants", security(("bearer" = [])),
    request_body(content = Value, description = "The question is one of `POST /v1/decisions`.",
        example = json!({ "name": "NAV never sees case workers", "expected": "denied", "reason": "…",
            "question": { "organisation": "889640782", "what": "microdata", "form": "11", "years": [2024], "columns": ["SAKSBEHANDLER"] } })),
    responses((status = 201, description = "The test.", body = Value)))]
#[post("/v1/policy-tests")]
pub async fn add_policy_test(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = deciding(&app, &caller)?;
        let written: Written = written::read(&body)?;
        let internal = |_| Problem::new(Kind::Internal);
        let test = PolicyTest {
            id: Uuid::now_v7(),
            name: written.name,
            expected: match written.expected {
                Expected::Allowed => "allowed",
                Expected::Denied => "denied",
            }
            .to_owned(),
            question: serde_json::to_string(&written.question).map_err(internal)?,
            reason: written.reason,
            made_at: Utc::now(),
            made_by: serde_json::to_string(&actor).map_err(internal)?,
        };
        let failed = trial::failed(&*app.policy()?, std::slice::from_ref(&test), Utc::now());
        if let Some(failed) = failed.first() {
            return Err(Problem::new(Kind::WrongState).detail(
                format!("testen holder ikke i dag: {}", failed.explanation),
                format!("the test does not hold today: {}", failed.explanation),
            ));
        }
        record(&app, "policy-test:add", test.id, &actor).await?;
        let saved = test.clone();
        grants::on_disk(&app, move |store| store.add_policy_test(&saved)).await?;
        Reply::personal(&request).with_status(StatusCode::CREATED).json(&told(&test, true))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Retire {
    reason: String,
}

/// Lets a test count no more. It takes another person than the one who made it.
#[utoipa::path(operation_id = "retire_policy_test", tag = "Grants", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The test.")),
    request_body(content = Value, description = "Why.", example = json!({ "reason": "…" })),
    responses((status = 200, description = "It counts no more.", body = Value)))]
#[post("/v1/policy-tests/{id}/retire")]
pub async fn retire_policy_test(
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
                .detail("det er ingen slik test som gjelder", "there is no such test that counts")
        };
        let id: Uuid = id.parse().map_err(|_| missing())?;
        let retire: Retire = written::read(&body)?;
        let tests = grants::on_disk(&app, hjemmel_store::Store::policy_tests).await?;
        let test = tests.into_iter().find(|test| test.id == id).ok_or_else(missing)?;
        let maker: Option<Actor> = serde_json::from_str(&test.made_by).ok();
        if maker.is_none_or(|maker| maker.is_same_person(&actor)) {
            return Err(Problem::new(Kind::NotPermitted).with("rule", "four-eyes"));
        }
        let by = serde_json::to_string(&actor).map_err(|_| Problem::new(Kind::Internal))?;
        let now = Utc::now();
        record(&app, "policy-test:retire", id, &actor).await?;
        grants::on_disk(&app, move |store| {
            store.retire_policy_test(id, (&by, &retire.reason), now)
        })
        .await?;
        let language = requested_language(&request);
        Reply::personal(&request)
            .in_language(language)
            .tagged(format!("\"{id}\""))
            .json(&json!({ "id": id, "counts": false }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

async fn record(
    app: &web::Data<App>,
    action: &str,
    id: Uuid,
    actor: &Actor,
) -> Result<(), Problem> {
    let deed = Deed { action, resource: json!({ "test": id }), about: json!({}), grant: None };
    grants::record(app, &deed, actor).await
}

fn deciding(app: &App, caller: &SignedIn) -> Result<Actor, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    if actor.is_house() { Ok(actor) } else { Err(Problem::new(Kind::NotPermitted)) }
}

fn told(test: &PolicyTest, kept: bool) -> Value {
    let by = serde_json::from_str::<Actor>(&test.made_by).ok();
    json!({
        "id": test.id, "name": test.name, "expected": test.expected, "reason": test.reason,
        "question": serde_json::from_str::<Value>(&test.question).ok(),
        "madeAt": test.made_at, "madeBy": by.as_ref().map(view::person), "kept": kept,
    })
}
