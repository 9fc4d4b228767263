//! `/v1/grants`: applying, following a case, and deciding it.

use crate::app::{App, columns_of};
use crate::grants::force::{self, Step};
use crate::grants::{self, Held, gate, view, written};
use crate::notices;
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::pxweb::selection::clip;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, put, web};
use chrono::Utc;
use hjemmel_policy::case::{Law, Words};
use hjemmel_policy::{Act, Actor, Case, State};
use hjemmel_store::{CaseFilter, Store};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// What comes with a step.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct StepBody {
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    memo: Option<hjemmel_policy::terms::Document>,
}

/// The cases you may see: your own body's, or all of them for legal, admin and auditor. Grants that a file put
/// into force are among them.
#[utoipa::path(operation_id = "list_grants", tag = "Grants", security(("bearer" = [])),
    params(
        ("state" = Option<String>, Query, description = "Only those in this state, such as `submitted`.", example = "active"),
        ("recipient" = Option<String>, Query, description = "Only this recipient's, by organisation number.", example = "889640782"),
        ("after" = Option<String>, Query, description = "The last id of the page before."),
    ),
    responses((status = 200, description = "The cases.", body = Value)))]
#[get("/v1/grants")]
pub async fn list_grants(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    list(&request, &app, &caller).await.map_err(|problem| problem.for_request(&request))
}

/// How many cases a page holds.
const PAGE: usize = 100;

async fn list(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let query = Query::of(request);
    let state = match query.first("state") {
        None => None,
        Some(text) => Some(State::parse(text).ok_or_else(|| unknown_state(text))?),
    };
    let recipient = query.first("recipient").map(str::to_owned);
    let after = query.first("after").unwrap_or_default().to_owned();
    let language = requested_language(request);
    let all = grants::on_disk(app, all_cases).await?;
    let mut seen: Vec<&Case> = all
        .iter()
        .filter(|case| case.is_visible_to(&actor) && case.terms.id > after)
        .filter(|case| state.is_none_or(|state| case.terms.state == state))
        .filter(|case| {
            let of = case.terms.recipient.organisation.to_string();
            recipient.as_ref().is_none_or(|recipient| *recipient == of)
        })
        .collect();
    seen.sort_by(|a, b| (&a.terms.id, a.terms.version).cmp(&(&b.terms.id, b.terms.version)));
    // Versions of one grant stay on one page.
    let mut page: Vec<&Case> = Vec::new();
    let mut more = false;
    for case in seen {
        let same = page.last().is_some_and(|last| last.terms.id == case.terms.id);
        if page.len() >= PAGE && !same {
            more = true;
            break;
        }
        page.push(case);
    }
    let next = page.last().filter(|_| more).map(|case| &case.terms.id);
    let lines: Vec<Value> = page.iter().map(|case| view::line(case, language)).collect();
    Reply::personal(request).in_language(language).json(&json!({ "grants": lines, "next": next }))
}

/// Every case, and the grants of files that have none.
fn all_cases(store: &Store) -> Result<Vec<Case>, hjemmel_store::Error> {
    let rows = store.cases(&CaseFilter::default(), 1_000_000)?;
    let mut cases = rows.iter().map(grants::read).collect::<Result<Vec<_>, _>>()?;
    let known: std::collections::BTreeSet<(String, u32)> =
        cases.iter().map(|case| (case.terms.id.clone(), case.terms.version)).collect();
    for row in store.active_grants()?.1 {
        if !known.contains(&(row.id.clone(), row.version)) {
            cases.push(grants::loaded(&row)?);
        }
    }
    Ok(cases)
}

fn unknown_state(text: &str) -> Problem {
    let known = State::ALL.map(State::code).join(", ");
    let text = clip(text);
    Problem::new(Kind::ParameterError).detail(
        format!("tilstanden `{text}` finnes ikke; det er: {known}"),
        format!("there is no state `{text}`; there are: {known}"),
    )
}

/// Opens a case: a draft of what you apply for. A body applies for itself; state, version and people are the
/// case's own to say. Nothing opens before a lawyer has reviewed it, a second person approved it, you have
/// accepted the terms, and it has been put into force.
#[utoipa::path(operation_id = "create_grant", tag = "Grants", security(("bearer" = [])),
    request_body(content = Value, description = "The terms, as `terms` of a case shows them; without `id` the case is given one.",
        example = json!({ "title": { "nb": "Sosialhjelp etter bosituasjon", "en": "Social assistance by housing" },
            "recipient": { "organisation": "972417793", "name": "BFD" }, "product": "11", "columns": ["REGION", "BOSIT"], "tier": "exact" })),
    responses((status = 201, description = "The case, with its address in `Location` and its version in `ETag`.", body = Value)))]
#[post("/v1/grants")]
pub async fn create_grant(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    create(&request, &app, &caller, &body).await.map_err(|problem| problem.for_request(&request))
}

async fn create(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    body: &[u8],
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    if actor.organisation().is_none() && !actor.is_house() {
        return Err(Problem::new(Kind::NotPermitted).detail(
            "du må opptre for en virksomhet for å søke",
            "you must act for a body to apply",
        ));
    }
    let short: String = Uuid::new_v4().simple().to_string().chars().take(10).collect();
    let terms = written::terms(body, &format!("sak-{short}"))?;
    let case = Case::draft(terms, 1, actor.clone()).map_err(|why| grants::refused(&why))?;
    check_id(&case)?;
    let id = case.terms.id.clone();
    if !grants::on_disk(app, move |store| grants::versions(store, &id)).await?.is_empty() {
        return Err(Problem::new(Kind::WrongState).detail(
            "det finnes en sak med denne id-en; velg en annen",
            "there is a case of this id; choose another",
        ));
    }
    let now = Utc::now();
    let step =
        Step { act: Act::Edit, before: None, after: case, stored: None, beside_another: false };
    let case = step.after.clone();
    force::take(app, step, None, &actor, now).await?;
    show(request, &Held { case, stored: None }, &[], &actor, StatusCode::CREATED)
}

/// An id is part of addresses, headers and records for good, so its shape is held from the first draft on.
fn check_id(case: &Case) -> Result<(), Problem> {
    let broken = case.violations(&columns_of).into_iter().filter(|one| one.field == "id");
    let broken: Vec<_> = broken.collect();
    if broken.is_empty() {
        return Ok(());
    }
    Err(grants::refused(&hjemmel_policy::Refused::Rules(broken)))
}

/// One case: its terms, the people, which hard rules it breaks as it stands, and the steps open to you.
#[utoipa::path(operation_id = "read_grant", tag = "Grants", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The grant.", example = "nav-11-pseudonymised"),
        ("version" = Option<u32>, Query, description = "Another version than the newest.", example = 1),
    ),
    responses((status = 200, description = "The case; `ETag` names the version a step acts on.", body = Value)))]
#[get("/v1/grants/{id}")]
pub async fn read_grant(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        let versions = visible(&app, &actor, &id).await?;
        let wanted = match Query::of(&request).first("version") {
            None => None,
            Some(text) => Some(text.parse::<u32>().map_err(|_| {
                Problem::new(Kind::ParameterError)
                    .detail("`version` er et tall", "`version` is a number")
            })?),
        };
        let held = versions
            .iter()
            .find(|held| wanted.is_none_or(|wanted| held.case.terms.version == wanted))
            .ok_or_else(grants::missing)?;
        show(&request, held, &versions, &actor, StatusCode::OK)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Other terms in the place of these. Whatever had been decided is void: the case is a draft again.
#[utoipa::path(operation_id = "edit_grant", tag = "Grants", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The grant.", example = "nav-11-pseudonymised"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the case as you read it; needed."),
    ),
    request_body(content = Value, description = "All the terms anew.", example = json!({ "title": { "nb": "…", "en": "…" } })),
    responses((status = 200, description = "The case.", body = Value)))]
#[put("/v1/grants/{id}")]
pub async fn edit_grant(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        let versions = visible(&app, &actor, &id).await?;
        let held = versions.first().ok_or_else(grants::missing)?;
        grants::check_tag(&request, &held.case)?;
        let terms = written::terms(&body, &id)?;
        let after =
            held.case.edit(terms, actor.clone()).map_err(|refused| grants::refused(&refused))?;
        carry_out(&request, &app, &versions, held, (Act::Edit, after), &actor).await
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Every step of every version, with who, why, and what it changed.
#[utoipa::path(operation_id = "read_grant_history", tag = "Grants", security(("bearer" = [])),
    params(("id" = String, Path, description = "The grant.", example = "nav-11-pseudonymised")),
    responses((status = 200, description = "The steps, oldest first.", body = Value)))]
#[get("/v1/grants/{id}/history")]
pub async fn read_grant_history(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        visible(&app, &actor, &id).await?;
        let name = id.to_string();
        let steps = grants::on_disk(&app, move |store| store.steps(&name)).await?;
        let language = requested_language(&request);
        Reply::personal(&request)
            .in_language(language)
            .json(&json!({ "id": id.as_str(), "steps": view::history(&steps, language) }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Takes a step: `submit`, `complete`, `return`, `review`, `approve`, `reject`, `accept`, `activate`,
/// `break-glass`, `suspend`, `resume`, `recertify`, `amend`, `revoke`, `withdraw`, `attest`.
///
/// A lawyer: what opens takes an author, a reviewer and an approver who are three persons, and the recipient's
/// acceptance; what stops takes one, and is in force when the answer comes. A programmer: `If-Match` is needed
/// for all but `suspend` and `revoke`, which nothing may hold up; `reason` is needed where a case says so.
#[utoipa::path(operation_id = "take_step", tag = "Grants", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The grant.", example = "nav-11-pseudonymised"),
        ("step" = String, Path, description = "The step.", example = "suspend"),
        ("If-Match" = Option<String>, Header, description = "The `ETag` of the case as you read it."),
    ),
    request_body(content = Value, description = "Why, and with a review where the memo is kept; empty where no reason is needed.",
        example = json!({ "reason": "…", "memo": { "reference": "2026/123-4" } })),
    responses((status = 200, description = "The case after the step.", body = Value)))]
#[post("/v1/grants/{id}/{step}")]
pub async fn take_step(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let (id, word) = path.into_inner();
    step(&request, &app, &caller, (&id, &word), &body)
        .await
        .map_err(|problem| problem.for_request(&request))
}

async fn step(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    (id, word): (&str, &str),
    body: &[u8],
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let versions = visible(app, &actor, id).await?;
    let act = Act::parse(word).ok_or_else(|| unknown_step(word))?;
    let held = grants::subject_of(act, &versions).ok_or_else(grants::missing)?;
    if !act.only_closes() {
        grants::check_tag(request, &held.case)?;
    }
    let words: StepBody = if body.is_empty() { StepBody::default() } else { written::read(body)? };
    let words = Words { reason: words.reason, memo: words.memo };
    if act == Act::Amend {
        return amend(request, app, &versions, held, &actor).await;
    }
    let mut case = held.case.clone();
    let law = if matches!(act, Act::Review | Act::Approve | Act::Activate) {
        gate::law(app).await?
    } else {
        Law::new()
    };
    if act == Act::Review {
        case.bind(&law);
    }
    let after = case
        .take(act, &actor, words, Utc::now(), &columns_of)
        .map_err(|refused| grants::refused(&refused))?;
    let changed = after.changed_law(&law);
    if !changed.is_empty() {
        return Err(grants::refused(&hjemmel_policy::Refused::Rules(changed)));
    }
    if after.terms.state == State::Active && act != Act::Recertify {
        gate::check_tests(app, &after).await?;
    }
    if act == Act::BreakGlass {
        if versions.iter().any(|other| other.case.terms.state.is_in_force()) {
            return Err(Problem::new(Kind::WrongState).detail(
                "en annen versjon av tilgangen gjelder; be om en endring i stedet",
                "another version of the grant is in force; ask for an amendment instead",
            ));
        }
        // Told before it opens, so that nobody can open without its being told.
        notices::alarm(app, &after).await?;
    }
    carry_out(request, app, &versions, held, (act, after), &actor).await
}

/// A draft of the next version beside the one in force; one at a time.
async fn amend(
    request: &HttpRequest,
    app: &web::Data<App>,
    versions: &[Held],
    held: &Held,
    actor: &Actor,
) -> Result<HttpResponse, Problem> {
    if let Some(pending) = versions.iter().find(|held| held.case.terms.state.is_pending()) {
        let version = pending.case.terms.version;
        return Err(Problem::new(Kind::WrongState).detail(
            format!("versjon {version} er allerede under behandling"),
            format!("version {version} is already under way"),
        ));
    }
    let mut after = held.case.amend(actor.clone()).map_err(|refused| grants::refused(&refused))?;
    let newest = versions.iter().map(|held| held.case.terms.version).max().unwrap_or_default();
    after.terms.version = newest + 1;
    let step = Step {
        act: Act::Amend,
        before: None,
        after: after.clone(),
        stored: None,
        beside_another: true,
    };
    force::take(app, step, None, actor, Utc::now()).await?;
    show(request, &Held { case: after, stored: None }, versions, actor, StatusCode::OK)
}

async fn carry_out(
    request: &HttpRequest,
    app: &web::Data<App>,
    versions: &[Held],
    held: &Held,
    (act, after): (Act, Case),
    actor: &Actor,
) -> Result<HttpResponse, Problem> {
    let other = versions.iter().find(|other| {
        other.case.terms.version != after.terms.version && other.case.terms.state.is_in_force()
    });
    let step = Step {
        act,
        before: Some(held.case.terms.state),
        after: after.clone(),
        stored: held.stored.clone(),
        beside_another: other.is_some(),
    };
    let superseded = other.filter(|_| act == Act::Activate);
    force::take(app, step, superseded, actor, Utc::now()).await?;
    show(request, &Held { case: after, stored: None }, versions, actor, StatusCode::OK)
}

async fn visible(app: &web::Data<App>, actor: &Actor, id: &str) -> Result<Vec<Held>, Problem> {
    let name = id.to_owned();
    let mut versions = grants::on_disk(app, move |store| grants::versions(store, &name)).await?;
    versions.retain(|held| held.case.is_visible_to(actor));
    if versions.is_empty() { Err(grants::missing()) } else { Ok(versions) }
}

fn show(
    request: &HttpRequest,
    held: &Held,
    versions: &[Held],
    actor: &Actor,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    // What is shown is the case after the step, in the place it had before.
    let own = held.case.terms.version;
    let mut all: Vec<Held> =
        versions.iter().filter(|other| other.case.terms.version != own).cloned().collect();
    all.push(held.clone());
    all.sort_by_key(|held| std::cmp::Reverse(held.case.terms.version));
    let language = requested_language(request);
    let mut reply = Reply::personal(request)
        .in_language(language)
        .tagged(grants::tag(&held.case))
        .with_status(status);
    if status == StatusCode::CREATED {
        reply = reply.found_at(format!("/v1/grants/{}", held.case.terms.id));
    }
    reply.json(&view::whole(held, &all, actor, language))
}

fn unknown_step(word: &str) -> Problem {
    let known: Vec<&str> =
        Act::ALL.into_iter().map(Act::code).filter(|code| Act::parse(code).is_some()).collect();
    let (word, known) = (clip(word), known.join(", "));
    Problem::new(Kind::NotFound).detail(
        format!("steget `{word}` finnes ikke; det er: {known}"),
        format!("there is no step `{word}`; there are: {known}"),
    )
}
