//! `/v1/releases`: tables of a form and year protected together, looked at, and published by a second person.

use crate::app::App;
use crate::grants::event::{Deed, of_deed};
use crate::grants::{self, missing, on_disk, written};
use crate::microdata::dataset;
use crate::problem::{Kind, Problem};
use crate::releases::{self, Fault, work};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use hjemmel_policy::{Actor, Role};
use hjemmel_store::{Protection, ProtectionState, ReleaseStanding, Store};
use serde::Deserialize;
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

/// How many releases a list has.
const PAGE: u32 = 100;
/// How long before its moment a publication can be called off at the latest: every server must have heard of it.
const LATEST: TimeDelta = TimeDelta::seconds(10);
/// The longest a reason may be, in characters.
const REASON: usize = 2_000;
/// How often a follower is told.
const TELL: Duration = Duration::from_millis(500);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    dataset: String,
    year: u16,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct When {
    #[serde(default)]
    at: Option<DateTime<Utc>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Why {
    reason: String,
}

/// Protects all tables of a form and year together, with everything that was published of them before, the preliminary
/// figures among it. It takes from seconds to minutes: the answer comes at once and says where to follow the work.
#[utoipa::path(operation_id = "make_release", tag = "Releases", security(("bearer" = [])),
    request_body(content = Value, description = "The dataset and the reporting year; its newest edition is protected.",
        example = json!({ "dataset": "skjema-11", "year": 2025 })),
    responses((status = 202, description = "The work has begun.", body = Value)))]
#[post("/v1/releases")]
pub async fn make_release(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::administrator(&app, &caller)?;
        let asked: Written = written::read(&body)?;
        let (form, year) = (dataset(&asked.dataset)?, asked.year);
        let by = serde_json::to_string(&actor).map_err(|_| Problem::new(Kind::Internal))?;
        let store = app.store().clone();
        let found = web::block(move || releases::of_year(&store, form, year)).await;
        let found = found.map_err(|_| Problem::new(Kind::Unavailable))?;
        let (edition, _) = found.map_err(|fault| refused(&fault))?;
        let protection = work::asked(&edition, by, Utc::now());
        let about = json!({ "release": protection.id, "form": form.number(), "year": year });
        let event = event(&app, "release:make", about, &actor).await?;
        let kept = protection.clone();
        on_disk(&app, move |store| store.begin_protection(&kept, &event)).await?;
        work::begin(app.clone(), &protection).map_err(|_| Problem::new(Kind::Unavailable))?;
        Reply::personal(&request)
            .with_status(StatusCode::ACCEPTED)
            .found_at(format!("/v1/releases/{}", protection.id))
            .tagged(format!("\"{}\"", protection.id))
            .json(&told(&protection, None, None))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// The newest releases and how far each has come.
#[utoipa::path(operation_id = "list_releases", tag = "Releases", security(("bearer" = [])),
    responses((status = 200, description = "The releases, the newest first.", body = Value)))]
#[get("/v1/releases")]
pub async fn list_releases(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        house(&app, &caller)?;
        let all = on_disk(&app, |store| {
            let all = store.protections(PAGE)?.into_iter();
            all.map(|one| Ok((standing(store, &one)?, one))).collect::<Result<Vec<_>, _>>()
        });
        let all = all.await?;
        let all: Vec<Value> = all.into_iter().map(|(made, one)| told(&one, made, None)).collect();
        Reply::personal(&request).json(&json!({ "releases": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// How far a release has come; and once it is made, the report of its audit: what is withheld for its own sake and for
/// the sake of others by table and level, and what the attacks on it found. For those who look after the installation.
#[utoipa::path(operation_id = "read_release", tag = "Releases", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The release.")),
    responses((status = 200, description = "The release.", body = Value)))]
#[get("/v1/releases/{id}")]
pub async fn read_release(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        house(&app, &caller)?;
        let protection = known(&app, &id).await?;
        if protection.state != ProtectionState::Done {
            return Reply::personal(&request).json(&told(&protection, None, None));
        }
        let id = protection.id;
        let made = on_disk(&app, move |store| {
            Ok((store.release_standing(id)?, store.release(id)?.report))
        });
        let (standing, report) = made.await?;
        Reply::personal(&request).json(&told(&protection, Some(standing), Some(report)))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Follows the work as it goes on: server-sent events `progress`, and at last `done`, `failed` or `lost`.
#[utoipa::path(operation_id = "follow_release", tag = "Releases", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The release.")),
    responses((status = 200, description = "The events.", content((Value = "text/event-stream")))))]
#[get("/v1/releases/{id}/progress")]
pub async fn follow_release(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        house(&app, &caller)?;
        let protection = known(&app, &id).await?;
        let events =
            futures::stream::unfold(Some((app.clone(), protection.id, false)), |next| async {
                let (app, id, waits) = next?;
                if waits {
                    tokio::time::sleep(TELL).await;
                }
                let found = on_disk(&app, move |store| store.protection(id)).await;
                let (text, goes_on) = match found {
                    Ok(protection) => told_of(&protection),
                    // What cannot be read now may be there again: the follower comes back by itself.
                    Err(_) => (": unavailable\n\n".to_owned(), false),
                };
                let next = goes_on.then_some((app, id, true));
                Some((Ok::<_, actix_web::Error>(web::Bytes::from(text)), next))
            });
        Ok(HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
            .insert_header((header::CACHE_CONTROL, "private, no-store"))
            .insert_header((header::CONTENT_ENCODING, "identity"))
            .insert_header((header::VARY, crate::reply::VARY))
            .streaming(events))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// One event, and whether there are more to come.
fn told_of(protection: &Protection) -> (String, bool) {
    let standing = work::standing(protection, Utc::now());
    let name = if standing == "running" { "progress" } else { standing };
    (format!("event: {name}\ndata: {}\n\n", told(protection, None, None)), standing == "running")
}

/// Publishes a release, at once or from a moment on, and never before its edition is public. It takes another person
/// than the one who had it made. What was published of the form and year since it was made must be reckoned with, so
/// then it has to be made anew.
#[utoipa::path(operation_id = "publish_release", tag = "Releases", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The release.")),
    request_body(content = Value, description = "`at` where it is not to be at once.",
        example = json!({ "at": "2026-03-15T07:00:00Z" })),
    responses((status = 200, description = "The release and from when it is public.", body = Value)))]
#[post("/v1/releases/{id}/publish")]
pub async fn publish_release(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::administrator(&app, &caller)?;
        let protection = known(&app, &id).await?;
        let when: When = if body.is_empty() { When::default() } else { written::read(&body)? };
        let maker: Option<Actor> = serde_json::from_str(&protection.asked_by).ok();
        if maker.is_none_or(|maker| maker.is_same_person(&actor)) {
            return Err(Problem::new(Kind::NotPermitted)
                .detail(
                    "en annen enn den som lagde utgivelsen, må publisere den",
                    "somebody else than who made the release must publish it",
                )
                .with("rule", "four-eyes"));
        }
        if protection.state != ProtectionState::Done {
            return Err(Problem::new(Kind::WrongState)
                .detail("utgivelsen er ikke ferdig laget", "the release is not finished"));
        }
        let now = app.clock().now();
        let from = when.at.map_or(now, |at| at.max(now));
        let about = json!({ "release": protection.id, "from": from });
        let event = event(&app, "release:publish", about, &actor).await?;
        let (id, known_to_it) = (protection.id, protection.known.clone());
        let published =
            on_disk(&app, move |store| store.publish_release(id, from, &known_to_it, &event));
        published.await?;
        grants::follow(&app).await?;
        let made = on_disk(&app, move |store| store.release_standing(id)).await?;
        decided(&request, &protection, made, "published")
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Calls off a publication that is scheduled and whose moment has not come. One person can do it, whoever made or
/// scheduled it, since it opens nothing. The release is never public after that; what is to be published instead is made
/// anew and takes two persons as ever. With less than ten seconds to go it is too late.
#[utoipa::path(operation_id = "call_off_release", tag = "Releases", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The release.")),
    request_body(content = Value, description = "Why.",
        example = json!({ "reason": "A municipality found a fault in its file." })),
    responses((status = 200, description = "The release and that it was called off.", body = Value)))]
#[post("/v1/releases/{id}/call-off")]
pub async fn call_off_release(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::administrator(&app, &caller)?;
        let protection = known(&app, &id).await?;
        let Why { reason } = written::read(&body)?;
        let reason = reason.trim().to_owned();
        if reason.is_empty() || reason.chars().count() > REASON {
            return Err(Problem::new(Kind::ParameterError).detail(
                format!("si hvorfor i `reason`, med høyst {REASON} tegn"),
                format!("say why in `reason`, in at most {REASON} characters"),
            ));
        }
        let by = serde_json::to_string(&actor).map_err(|_| Problem::new(Kind::Internal))?;
        let about = json!({ "release": protection.id });
        let event = event(&app, "release:call-off", about, &actor).await?;
        let (id, moment) = (protection.id, (app.clock().now(), LATEST));
        let after = on_disk(&app, move |store| {
            store.call_off_release(id, (&reason, &by), moment, &event)?;
            store.release_standing(id)
        });
        let standing = after.await.map_err(|problem| match problem.kind() {
            Kind::WrongState => problem.detail(
                "utgivelsen er ikke tidfestet, eller den er offentlig eller blir det om få sekunder",
                "the release is not scheduled, or it is public or will be within seconds",
            ),
            _ => problem,
        })?;
        grants::follow(&app).await?;
        decided(&request, &protection, standing, "called-off")
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// A release after a decision about its publication.
fn decided(
    request: &HttpRequest,
    protection: &Protection,
    standing: ReleaseStanding,
    how: &str,
) -> Result<HttpResponse, Problem> {
    let tag = format!("\"{}.{how}\"", protection.id);
    Reply::personal(request).tagged(tag).json(&told(protection, Some(standing), None))
}

async fn event(
    app: &web::Data<App>,
    action: &str,
    resource: Value,
    actor: &Actor,
) -> Result<hjemmel_store::DecisionRow, Problem> {
    let person = grants::commitment(app, actor).await?;
    let deed = Deed { action, resource, about: json!({}), grant: None };
    of_deed(&deed, actor, person.as_deref(), app.policy()?.version(), Utc::now())
}

fn house(app: &App, caller: &SignedIn) -> Result<(), Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let sees = actor.has(Role::Admin) || actor.is_auditor();
    if sees { Ok(()) } else { Err(Problem::new(Kind::NotPermitted)) }
}

async fn known(app: &web::Data<App>, id: &str) -> Result<Protection, Problem> {
    let id: Uuid = id.parse().map_err(|_| missing())?;
    on_disk(app, move |store| store.protection(id)).await
}

/// How the release of a protection stands; none before it is made.
fn standing(
    store: &Store,
    protection: &Protection,
) -> Result<Option<ReleaseStanding>, hjemmel_store::Error> {
    match protection.state {
        ProtectionState::Done => store.release_standing(protection.id).map(Some),
        _ => Ok(None),
    }
}

fn told(protection: &Protection, made: Option<ReleaseStanding>, report: Option<Value>) -> Value {
    let moment = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut told = json!({
        "id": protection.id, "dataset": protection.form.dataset(), "year": protection.year,
        "edition": protection.edition, "askedAt": moment(protection.asked_at),
        "state": work::standing(protection, Utc::now()),
        "progress": { "stage": protection.stage, "done": protection.done, "total": protection.total },
    });
    let Some(members) = told.as_object_mut() else { return told };
    if let Some(made) = made {
        members.insert("version".to_owned(), made.version.into());
        members.insert("publishedFrom".to_owned(), json!(made.published_at.map(moment)));
        if let Some(called) = made.called_off {
            let called = json!({ "at": moment(called.at), "plannedFor": moment(called.planned_for),
                                 "reason": called.reason });
            members.insert("calledOff".to_owned(), called);
        }
    }
    if let Some(report) = report {
        members.insert("report".to_owned(), report);
    }
    told
}

fn refused(fault: &Fault) -> Problem {
    let wrong = |nb: String, en: String| Problem::new(Kind::WrongState).detail(nb, en);
    match fault {
        Fault::NoTables(form, year, _) => wrong(
            format!("skjema {form} har ingen tabeller for {year}"),
            format!("form {form} has no tables for {year}"),
        ),
        Fault::NoEdition(form, year) => wrong(
            format!("skjema {form} har ingen utgave for {year}"),
            format!("form {form} has no edition for {year}"),
        ),
        Fault::NothingBeside(form, year) => wrong(
            format!(
                "utgaven av skjema {form} for {year} har ikke noe uttrekk av registeret å sammenliknes med; lever det og lag utgaven på nytt"
            ),
            format!(
                "the edition of form {form} for {year} has no extract of the register to be compared with; deliver it and make the edition anew"
            ),
        ),
        Fault::Store(error) => grants::refused_by_store(error),
        _ => Problem::new(Kind::Unavailable),
    }
}
