//! `/v1/statutes`: the provisions grants rest on, so that a change in one lists the grants it touches.

use crate::app::App;
use crate::grants::event::Deed;
use crate::grants::{self, written};
use crate::problem::{Kind, Problem, requested_language};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{NaiveDate, Utc};
use hjemmel_kostra::Language;
use hjemmel_policy::terms::statute_key;
use hjemmel_policy::{Actor, Case, State};
use hjemmel_store::{CaseFilter, StatuteRow, Store};
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    act: String,
    lov: String,
    section: String,
    url: String,
    /// The text as it was read; only its hash is kept.
    #[serde(default)]
    text: Option<String>,
    #[serde(default)]
    valid_from: Option<NaiveDate>,
    #[serde(default)]
    valid_to: Option<NaiveDate>,
    #[serde(default)]
    note: String,
}

/// Every provision in the register, with how many grants rest on it.
#[utoipa::path(operation_id = "list_statutes", tag = "Grants", security(("bearer" = [])),
    responses((status = 200, description = "The provisions.", body = Value)))]
#[get("/v1/statutes")]
pub async fn list_statutes(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        let (rows, cases) =
            grants::on_disk(&app, |store| Ok((store.statutes(None)?, living_cases(store)?)))
                .await?;
        let mut newest: BTreeMap<String, StatuteRow> = BTreeMap::new();
        for row in rows {
            newest.insert(row.id.clone(), row);
        }
        let language = requested_language(&request);
        let all: Vec<Value> = newest
            .values()
            .map(|row| {
                let mut told = told(row);
                if let Some(members) = told.as_object_mut() {
                    let resting = resting(row, &cases, &actor, language);
                    members.insert("grants".to_owned(), resting.len().into());
                }
                told
            })
            .collect();
        Reply::personal(&request).in_language(language).json(&json!({ "statutes": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// One provision: every version of it, and the grants that rest on it among those you may see. `outdated`
/// marks those that were reviewed on another text.
#[utoipa::path(operation_id = "read_statute", tag = "Grants", security(("bearer" = [])),
    params(
        ("lov" = String, Path, description = "Lovdata's id.", example = "LOV-1814-05-17"),
        ("section" = String, Path, description = "The section, without its sign and spaces.", example = "112"),
    ),
    responses((status = 200, description = "The provision.", body = Value)))]
#[get("/v1/statutes/{lov}/{section}")]
pub async fn read_statute(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    path: web::Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        let id = statute_key(&path.0, &path.1);
        let (rows, cases) = grants::on_disk(&app, move |store| {
            Ok((store.statutes(Some(&id))?, living_cases(store)?))
        })
        .await?;
        let language = requested_language(&request);
        show(&request, &rows, &cases, &actor, language, StatusCode::OK)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Records a provision, or a change in one, and lists the grants that rest on it. Of the text only its hash is
/// kept; a grant reviewed on another text cannot come into force before it has been reviewed again.
#[utoipa::path(operation_id = "add_statute", tag = "Grants", security(("bearer" = [])),
    request_body(content = Value, description = "The provision.", example = json!({ "act": "statistikkloven",
        "lov": "LOV-2019-06-21-32", "section": "§ 14", "url": "https://lovdata.no/lov/2019-06-21-32/§14",
        "text": "…", "validFrom": "2021-01-01", "note": "…" })),
    responses((status = 201, description = "The provision with the grants that rest on it.", body = Value)))]
#[post("/v1/statutes")]
pub async fn add_statute(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::actor(&app, caller.somebody()?)?;
        if !actor.has(hjemmel_policy::Role::Legal) {
            return Err(Problem::new(Kind::NotPermitted));
        }
        let statute: Written = written::read(&body)?;
        check(&statute)?;
        let by = serde_json::to_string(&actor).map_err(|_| Problem::new(Kind::Internal))?;
        let resource = json!({ "statute": statute_key(&statute.lov, &statute.section) });
        let deed = Deed { action: "statute:add", resource, about: json!({}), grant: None };
        grants::record(&app, &deed, &actor).await?;
        let (rows, cases) = grants::on_disk(&app, move |store| add(store, statute, by)).await?;
        let language = requested_language(&request);
        show(&request, &rows, &cases, &actor, language, StatusCode::CREATED)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn check(statute: &Written) -> Result<(), Problem> {
    let blank = [&statute.act, &statute.lov, &statute.url].into_iter().any(|t| t.trim().is_empty());
    if blank || !statute.section.starts_with('§') || !statute.lov.starts_with("LOV-") {
        return Err(Problem::new(Kind::ParameterError).detail(
            "act, lov (LOV-…), section (§ …) og url må være utfylt",
            "act, lov (LOV-…), section (§ …) and url must be filled in",
        ));
    }
    Ok(())
}

type Found = (Vec<StatuteRow>, Vec<Case>);

fn add(store: &Store, statute: Written, by: String) -> Result<Found, hjemmel_store::Error> {
    let id = statute_key(&statute.lov, &statute.section);
    let mut rows = store.statutes(Some(&id))?;
    let row = StatuteRow {
        version: rows.last().map_or(1, |row| row.version + 1),
        id,
        act: statute.act,
        lov: statute.lov,
        section: statute.section,
        url: statute.url,
        text_sha256: statute.text.map(|text| hex::encode(Sha256::digest(text.as_bytes()))),
        valid_from: statute.valid_from.map(|date| date.to_string()),
        valid_to: statute.valid_to.map(|date| date.to_string()),
        note: statute.note,
        recorded_at: Utc::now(),
        recorded_by: by,
    };
    store.add_statute(&row)?;
    rows.push(row);
    Ok((rows, living_cases(store)?))
}

/// The cases that are not over: pending, in force, or stopped.
fn living_cases(store: &Store) -> Result<Vec<Case>, hjemmel_store::Error> {
    let rows = store.cases(&CaseFilter::default(), 1_000_000)?;
    let mut cases = rows.iter().map(grants::read).collect::<Result<Vec<_>, _>>()?;
    for row in store.active_grants()?.1 {
        let known = |case: &Case| case.terms.id == row.id && case.terms.version == row.version;
        if !cases.iter().any(known) {
            cases.push(grants::loaded(&row)?);
        }
    }
    cases.retain(|case| case.terms.state.is_pending() || case.terms.state.is_in_force());
    Ok(cases)
}

fn show(
    request: &HttpRequest,
    rows: &[StatuteRow],
    cases: &[Case],
    actor: &Actor,
    language: Language,
    status: StatusCode,
) -> Result<HttpResponse, Problem> {
    let newest = rows.last().ok_or_else(|| {
        Problem::new(Kind::NotFound)
            .detail("bestemmelsen er ikke i registeret", "the provision is not in the register")
    })?;
    Reply::personal(request).in_language(language).with_status(status).json(&json!({
        "id": newest.id,
        "versions": rows.iter().map(told).collect::<Vec<_>>(),
        "grants": resting(newest, cases, actor, language),
    }))
}

fn told(row: &StatuteRow) -> Value {
    json!({
        "id": row.id, "version": row.version, "act": row.act, "lov": row.lov,
        "section": row.section, "url": row.url, "textSha256": row.text_sha256,
        "validFrom": row.valid_from, "validTo": row.valid_to, "note": row.note,
        "recordedAt": row.recorded_at, "href": format!("/v1/statutes/{}", row.id),
    })
}

/// The cases that rest on a provision, among those the reader may see.
fn resting(row: &StatuteRow, cases: &[Case], actor: &Actor, language: Language) -> Vec<Value> {
    let law = BTreeMap::from([(row.id.clone(), row.text_sha256.clone())]);
    let rests =
        |case: &&Case| case.provisions().any(|id| id == row.id) && case.is_visible_to(actor);
    cases
        .iter()
        .filter(rests)
        .map(|case| {
            let terms = &case.terms;
            json!({ "id": terms.id, "version": terms.version, "state": terms.state,
                "title": terms.title.in_language(language), "recipient": terms.recipient.name,
                "outdated": !case.changed_law(&law).is_empty(),
                "inForce": terms.state == State::Active, "href": format!("/v1/grants/{}", terms.id) })
        })
        .collect()
}
