//! `/v1/audit/cosignatures` and `/v1/audit/tile`: what witnesses of the record bring and what they look at.

use crate::app::App;
use crate::grants::{self, missing, written};
use crate::problem::{Kind, Problem};
use crate::record::witness::{WitnessKey, cosigned};
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::Utc;
use hjemmel_store::{Root, Store};
use serde_json::{Value, json};
use signed_note::Verifier as _;

/// A state of the record with the cosignature of a witness that the settings name: somebody who keeps the last
/// state seen and signs a later one only when it grew out of that. `hjemmel audit witness` does so.
#[utoipa::path(operation_id = "add_cosignature", tag = "Audit", security(("bearer" = [])),
    request_body(content = Value, description = "The checkpoint as a signed note with the witness's line.",
        example = json!({ "note": "hjemmel/record/0123456789abcdef\n42\n…\n\n— hjemmel/record/0123456789abcdef …\n— revisor.example.no …\n" })),
    responses((status = 201, description = "Kept.", body = Value)))]
#[post("/v1/audit/cosignatures")]
pub async fn add_cosignature(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        grants::actor(&app, caller.somebody()?)?;
        let members = written::object(&body)?;
        let note = members.get("note").and_then(Value::as_str).ok_or_else(|| {
            wrong(
                "`note` mangler: sjekkpunktet med vitnets linje",
                "`note` is missing: the checkpoint with the witness's line",
            )
        })?;
        let (root, witness, line) = known(&app, note)?;
        let name = witness.name().to_owned();
        let (size, key) = (root.size, witness.to_string());
        let is_ours = grants::on_disk(&app, move |store| {
            let own = match store.record_root(Some(root.size)) {
                Err(hjemmel_store::Error::NotFound(_)) => None,
                own => Some(own?),
            };
            let is_ours = own.is_some_and(|own| own == root);
            if is_ours {
                store.keep_cosignature(root.size, &key, &line, Utc::now())?;
            }
            Ok(is_ours)
        })
        .await?;
        if !is_ours {
            return Err(wrong(
                "sjekkpunktet er ikke en tilstand denne loggen har hatt",
                "the checkpoint is no state this record has had",
            ));
        }
        Reply::personal(&request)
            .with_status(StatusCode::CREATED)
            .json(&json!({ "size": size, "witness": name }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// The witness of the settings that signed a note, if the note is ours.
fn known<'a>(app: &'a App, note: &str) -> Result<(Root, &'a WitnessKey, String), Problem> {
    let notary = super::audit::notary(app)?;
    let mut why = "no witness is named in the settings".to_owned();
    for witness in &app.settings().record.witnesses {
        match cosigned(note, notary.key(), witness) {
            Ok((root, line)) => return Ok((root, witness, line)),
            Err(reason) => why = reason,
        }
    }
    Err(wrong(
        format!("ingen kjent medunderskrift på et sjekkpunkt herfra: {why}"),
        format!("no known cosignature on a checkpoint of ours: {why}"),
    ))
}

/// The newest state that witnesses of the settings signed, with their lines; none before the first.
///
/// # Errors
/// The database cannot be asked, or the state cannot be signed.
pub async fn newest(app: &web::Data<App>) -> Result<Value, Problem> {
    let keys: Vec<String> =
        app.settings().record.witnesses.iter().map(ToString::to_string).collect();
    if keys.is_empty() {
        return Ok(Value::Null);
    }
    let found = grants::on_disk(app, move |store: &Store| {
        let Some((size, lines)) = store.newest_cosigned(&keys)? else { return Ok(None) };
        Ok(Some((store.record_root(Some(size))?, lines)))
    });
    let Some((root, lines)) = found.await? else { return Ok(Value::Null) };
    let mut note = super::audit::notary(app)?.sign(&root)?;
    for line in &lines {
        note.push_str(line);
        note.push('\n');
    }
    Ok(json!({ "size": root.size, "root": STANDARD.encode(root.hash), "checkpoint": note,
        "witnesses": lines.len() }))
}

/// One tile of the record's tree (C2SP tlog-tiles): up to 256 hashes of 32 bytes each. Any proof can be made of
/// tiles, so that a witness or an auditor need not ask for it. A tile that is full never changes.
#[utoipa::path(operation_id = "read_tile", tag = "Audit", security(("bearer" = [])),
    params(("tile" = String, Path, description = "Level and number, `0/x001/234`, and the width of one that is not full, `0/000.p/1`.", example = "0/000.p/1")),
    responses((status = 200, description = "The hashes.", content((Vec<u8> = "application/octet-stream")))))]
#[get("/v1/audit/tile/{tile:.*}")]
pub async fn read_tile(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    tile: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        grants::actor(&app, caller.somebody()?)?;
        let name = tile.into_inner();
        let bytes = grants::on_disk(&app, move |store| match store.record_tile(&name) {
            Err(hjemmel_store::Error::NotFound(_)) => Ok(None),
            tile => tile.map(Some),
        })
        .await?
        .ok_or_else(missing)?;
        Ok(HttpResponse::Ok()
            .insert_header(("Content-Type", "application/octet-stream"))
            .insert_header(("Cache-Control", "private, max-age=31536000, immutable"))
            .insert_header(("Hjemmel-Protection", "none-needed"))
            .insert_header(("Hjemmel-Basis", "none"))
            .insert_header(("Vary", crate::reply::VARY))
            .body(bytes))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn wrong(nb: impl Into<String>, en: impl Into<String>) -> Problem {
    Problem::new(Kind::ParameterError).detail(nb.into(), en.into())
}
