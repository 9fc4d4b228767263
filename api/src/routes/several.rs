//! What tables over several nodes and comparisons of two registers have in common where they are asked for and read.

use crate::app::App;
use crate::federation::joint::{self, Why};
use crate::grants::event::{Deed, of_deed};
use crate::grants::{commitment, on_disk};
use crate::problem::{Kind, Problem};
use crate::reply::{Marks, Reply};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use chrono::Utc;
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::{Release, TableCells};
use hjemmel_kostra::Language;
use hjemmel_policy::{Actor, Caller};
use hjemmel_store::JointTable;
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// What is asked for, as it is written down.
pub(super) fn asked(
    actor: &Actor,
    (table, year, recipient): (String, u16, Option<String>),
    asked: &impl Serialize,
) -> Result<JointTable, Problem> {
    let now = Utc::now();
    Ok(JointTable {
        id: Uuid::now_v7(),
        table,
        year,
        recipient,
        asked_at: now,
        beaten_at: now,
        asked_by: serde_json::to_string(actor).map_err(|_| Problem::new(Kind::Internal))?,
        body: serde_json::to_value(asked).map_err(|_| Problem::new(Kind::Internal))?,
        end: None,
    })
}

/// Writes it down, with the event of the record.
pub(super) async fn keep(
    app: &web::Data<App>,
    actor: &Actor,
    row: &JointTable,
    deed: &Deed<'_>,
) -> Result<(), Problem> {
    let person = commitment(app, actor).await?;
    let event = of_deed(deed, actor, person.as_deref(), app.policy()?.version(), Utc::now())?;
    let kept = row.clone();
    on_disk(app, move |store| store.begin_joint(&kept, &event)).await
}

/// That the work has begun, and where it is followed.
pub(super) fn accepted(
    request: &HttpRequest,
    place: &str,
    id: Uuid,
    told: &Value,
) -> Result<HttpResponse, Problem> {
    Reply::personal(request)
        .with_status(StatusCode::ACCEPTED)
        .found_at(format!("{place}/{id}"))
        .tagged(format!("\"{id}\""))
        .json(told)
}

/// The one of an id; none where there is none.
pub(super) async fn found(app: &web::Data<App>, id: &str) -> Result<Option<JointTable>, Problem> {
    let Ok(id) = Uuid::parse_str(id) else { return Ok(None) };
    on_disk(app, move |store| match store.joint(id) {
        Err(hjemmel_store::Error::NotFound(_)) => Ok(None),
        other => other.map(Some),
    })
    .await
}

/// What was published of it; none where nothing was.
pub(super) fn published(
    app: &App,
    row: &JointTable,
) -> Result<Option<Release<Vec<TableCells>>>, Problem> {
    let Some(archive) = row.end.as_ref().and_then(|end| end.archive.as_ref()) else {
        return Ok(None);
    };
    let key = ArchiveKey::new(app.keys().archive_key());
    archive::unpack(archive, &key).map(Some).map_err(|error| {
        tracing::error!(%error, joint = %row.id, "what several nodes made is not ours");
        Problem::new(Kind::Internal)
    })
}

/// Shows it, once it is in the record that it was read.
pub(super) async fn shown(
    request: &HttpRequest,
    app: &App,
    row: &JointTable,
    reader: &Caller,
    (release, told): (&Release<Vec<TableCells>>, &Value),
) -> Result<HttpResponse, Problem> {
    let decision = app.journal().write(joint::reading(app, row, reader)?).await?;
    let marks = Marks { protection: release.protection(), basis: None, decision: Some(decision) };
    Reply::private(request, marks).json(told)
}

/// Why it ended without anything, for a reader.
pub(super) fn why(row: &JointTable, language: Language) -> Option<Value> {
    let why = row.end.as_ref()?.body.get("why")?.clone();
    let why: Why = serde_json::from_value(why).ok()?;
    let words = if language == Language::Nb { why.nb } else { why.en };
    Some(json!({ "reason": why.reason, "node": why.node, "words": words }))
}
