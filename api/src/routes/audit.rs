//! `/v1/audit`: the record of every decision and deed, its signed state, and proofs that it is what it was.

use crate::app::App;
use crate::grants::{self, missing};
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::record::Notary;
use crate::record::export::{End, Line};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse, get, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use hjemmel_policy::Actor;
use hjemmel_store::{DecisionFilter, Proof, Root, Store, StoredDecision};
use serde_json::{Value, json};
use uuid::Uuid;

/// Events a page.
const PAGE: u32 = 100;
/// Events an export reads at a time.
const TOGETHER: u32 = 2_000;

/// Events of the record, newest first: every decision, step, stop and change, by whoever took it. With
/// `format=ndjson` the whole record from the first event on, one a line, with the signed checkpoint at its end:
/// what `hjemmel audit verify` checks without this server.
#[utoipa::path(operation_id = "list_events", tag = "Audit", security(("bearer" = [])),
    params(
        ("organisation" = Option<String>, Query, description = "Only about this body.", example = "889640782"),
        ("action" = Option<String>, Query, description = "Only this action.", example = "microdata:read"),
        ("outcome" = Option<String>, Query, description = "`allowed`, `denied` or `done`.", example = "denied"),
        ("grant" = Option<String>, Query, description = "Only under this grant.", example = "nav-11-pseudonymised"),
        ("from" = Option<String>, Query, description = "From this moment on.", example = "2026-01-01T00:00:00Z"),
        ("until" = Option<String>, Query, description = "Before this moment.", example = "2027-01-01T00:00:00Z"),
        ("before" = Option<i64>, Query, description = "`next` of the page before.", example = 1000),
        ("format" = Option<String>, Query, description = "`json`, or `ndjson` for the whole record.", example = "json"),
    ),
    responses((status = 200, description = "The events.", content((Value = "application/json"), (String = "application/x-ndjson")))))]
#[get("/v1/audit/events")]
pub async fn list_events(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        reader(&app, &caller)?;
        let query = Query::of(&request);
        match query.first("format") {
            None | Some("json") => page(&request, &app, &query).await,
            Some("ndjson") => export(&app).await,
            Some(_) => Err(Problem::new(Kind::ParameterError)
                .detail("`format` er json eller ndjson", "`format` is json or ndjson")),
        }
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

async fn page(
    request: &HttpRequest,
    app: &web::Data<App>,
    query: &Query,
) -> Result<HttpResponse, Problem> {
    let text = |name: &str| query.first(name).map(str::to_owned);
    let filter = DecisionFilter {
        organisation: text("organisation"),
        outcome: text("outcome"),
        action: text("action"),
        grant_id: text("grant"),
        from: moment(query, "from")?,
        until: moment(query, "until")?,
    };
    let before = number(query, "before")?;
    let found = grants::on_disk(app, move |store| store.decisions(&filter, before, PAGE)).await?;
    let next = found.last().filter(|_| found.len() == PAGE as usize).map(|event| event.seq);
    let events: Vec<Value> = found.iter().map(told).collect();
    Reply::personal(request).json(&json!({ "events": events, "next": next }))
}

fn told(event: &StoredDecision) -> Value {
    let row = &event.row;
    json!({
        "seq": event.seq, "id": row.id, "at": row.at, "action": row.action,
        "outcome": row.outcome, "kind": row.subject_kind, "organisation": row.organisation,
        "supplier": row.supplier, "client": row.client, "grant": row.grant_id,
        "grantVersion": row.grant_version, "policyVersion": row.policy_version,
        "resource": serde_json::from_str::<Value>(&row.resource).ok(),
        "leaf": event.leaf, "href": format!("/v1/decisions/{}", row.id),
    })
}

/// The whole record as lines, a few at a time; a fault breaks the transfer, so that nobody takes a part for
/// the whole.
async fn export(app: &web::Data<App>) -> Result<HttpResponse, Problem> {
    let root = grants::on_disk(app, |store| store.record_root(None)).await?;
    let end = End { checkpoint: notary(app)?.sign(&root)? };
    let last = serde_json::to_vec(&end).map_err(|_| Problem::new(Kind::Internal))?;
    let state = (app.store().clone(), 0u64, root.size, Some(last));
    let lines = futures::stream::try_unfold(state, |(store, done, size, last)| async move {
        let Some(end) = last else { return Ok::<_, std::io::Error>(None) };
        if done == size {
            let mut bytes = end;
            bytes.push(b'\n');
            return Ok(Some((Bytes::from(bytes), (store, done, size, None))));
        }
        let (bytes, now, store) = web::block(move || {
            let (bytes, now) = lines(&store, done, size)?;
            Ok::<_, std::io::Error>((bytes, now, store))
        })
        .await
        .map_err(std::io::Error::other)??;
        Ok(Some((Bytes::from(bytes), (store, now, size, Some(end)))))
    });
    Ok(HttpResponse::Ok()
        .insert_header(("Content-Type", "application/x-ndjson"))
        .insert_header(("Cache-Control", "private, no-store"))
        .insert_header(("Hjemmel-Protection", "none-needed"))
        .insert_header(("Hjemmel-Basis", "none"))
        .insert_header(("Vary", crate::reply::VARY))
        .streaming(lines))
}

/// The next lines of an export, and how many events it holds then.
///
/// # Errors
/// When the record cannot be read on.
pub fn lines(store: &Store, done: u64, size: u64) -> std::io::Result<(Vec<u8>, u64)> {
    let from = i64::try_from(done).map_err(std::io::Error::other)?;
    let events = store.record_from(from, TOGETHER).map_err(std::io::Error::other)?;
    let (mut bytes, mut now) = (Vec::new(), done);
    for event in events.iter().take(usize::try_from(size - done).unwrap_or(usize::MAX)) {
        serde_json::to_writer(&mut bytes, &Line::from(event)).map_err(std::io::Error::other)?;
        bytes.push(b'\n');
        now += 1;
    }
    if now == done {
        return Err(std::io::Error::other("events are missing from the record"));
    }
    Ok((bytes, now))
}

/// The state of the record, signed (C2SP checkpoint): how many events there are and the root of the Merkle tree
/// over them. Note it somewhere else: a record rewritten afterwards does not lead to it. `cosigned` is the newest
/// state that witnesses have signed, too.
#[utoipa::path(operation_id = "read_checkpoint", tag = "Audit", security(("bearer" = [])),
    responses((status = 200, description = "The checkpoint as a signed note, and the key to check it with.", body = Value)))]
#[get("/v1/audit/checkpoint")]
pub async fn read_checkpoint(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        grants::actor(&app, caller.somebody()?)?;
        let root = grants::on_disk(&app, |store| store.record_root(None)).await?;
        let notary = notary(&app)?;
        Reply::personal(&request).json(&json!({
            "size": root.size, "root": STANDARD.encode(root.hash),
            "checkpoint": notary.sign(&root)?, "key": notary.key(),
            "cosigned": super::witnesses::newest(&app).await?,
        }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Proves that an event is in the record (`event` is the `Hjemmel-Decision` of an answer), or that the record of
/// `old` events is the beginning of the one of `size` events. A body proves its own events, and anyone signed in that
/// the record only grew; the proof is checked as RFC 6962 says, against the checkpoint that comes with it.
#[utoipa::path(operation_id = "read_proof", tag = "Audit", security(("bearer" = [])),
    params(
        ("event" = Option<String>, Query, description = "The event.", example = "0191c7b0-7f3e-7a52-8c59-2f1f6e0d8a11"),
        ("old" = Option<u64>, Query, description = "How many events the older record has.", example = 1),
        ("size" = Option<u64>, Query, description = "How many the newer has; all of them unless said.", example = 1),
    ),
    responses((status = 200, description = "The proof.", body = Value)))]
#[get("/v1/audit/proof")]
pub async fn read_proof(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    prove(&request, &app, &caller).await.map_err(|problem| problem.for_request(&request))
}

async fn prove(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let query = Query::of(request);
    let size = number(&query, "size")?.map(i64::unsigned_abs);
    let old = number(&query, "old")?.map(i64::unsigned_abs);
    let event = match query.first("event") {
        None => None,
        Some(text) => Some(text.parse::<Uuid>().map_err(|_| missing())?),
    };
    let told = match (event, old) {
        (Some(event), None) => {
            let stored = grants::on_disk(app, move |store| store.decision(event)).await?;
            let own = actor.organisation().map(|number| number.to_string());
            let sees = actor.sees_all() || (own.is_some() && own == stored.row.organisation);
            if !sees {
                return Err(missing());
            }
            let seq = stored.seq;
            let proof = grants::on_disk(app, move |store| store.prove_row(seq, size)).await?;
            json!({ "kind": "inclusion", "index": seq - 1, "leaf": stored.leaf,
                "event": serde_json::to_value(Line::from(&stored)).ok(),
                "hashes": hashes(&proof), "size": proof.root.size, "root": STANDARD.encode(proof.root.hash),
                "checkpoint": signed(app, &proof.root)? })
        }
        (None, Some(old)) => {
            let proof =
                grants::on_disk(app, move |store| store.prove_consistency(old, size)).await?;
            json!({ "kind": "consistency", "old": old, "hashes": hashes(&proof),
                "size": proof.root.size, "root": STANDARD.encode(proof.root.hash),
                "checkpoint": signed(app, &proof.root)? })
        }
        _ => {
            return Err(Problem::new(Kind::ParameterError)
                .detail("oppgi enten `event` eller `old`", "give either `event` or `old`"));
        }
    };
    Reply::personal(request).json(&told)
}

fn hashes(proof: &Proof) -> Vec<String> {
    proof.hashes.iter().map(|hash| STANDARD.encode(hash)).collect()
}

fn signed(app: &App, root: &Root) -> Result<String, Problem> {
    notary(app)?.sign(root)
}

/// Who signs states of the record.
///
/// # Errors
/// When the key cannot be used.
pub fn notary(app: &App) -> Result<Notary, Problem> {
    Notary::new(app.keys()).map_err(|error| {
        tracing::error!(%error, "the notary's key cannot be used");
        Problem::new(Kind::Internal)
    })
}

fn reader(app: &App, caller: &SignedIn) -> Result<Actor, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    if actor.sees_all() { Ok(actor) } else { Err(Problem::new(Kind::NotPermitted)) }
}

fn moment(query: &Query, name: &str) -> Result<Option<DateTime<Utc>>, Problem> {
    let Some(text) = query.first(name) else { return Ok(None) };
    text.parse().map(Some).map_err(|_| {
        Problem::new(Kind::ParameterError).detail(
            format!("`{name}` er et tidspunkt som 2026-01-01T00:00:00Z"),
            format!("`{name}` is a moment such as 2026-01-01T00:00:00Z"),
        )
    })
}

fn number(query: &Query, name: &str) -> Result<Option<i64>, Problem> {
    let Some(text) = query.first(name) else { return Ok(None) };
    text.parse().ok().filter(|number| *number >= 0).map(Some).ok_or_else(|| {
        Problem::new(Kind::ParameterError)
            .detail(format!("`{name}` er et tall"), format!("`{name}` is a number"))
    })
}
