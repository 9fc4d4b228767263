//! Receipts: what each node signs of a question that went from one to the other, so that neither can deny it.
//!
//! The holder signs which decision of its record answered which question of whom; the node that brought it keeps that in
//! its own record before any of the answer leaves, and signs the same for the caller. Of the answer itself a receipt says
//! nothing but its status: it is signed when the answer begins.

use crate::app::App;
use crate::identity::node::{ReceiptClaims, digest};
use crate::journal::own_row;
use crate::problem::Problem;
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest, web};
use chrono::Utc;
use hjemmel_policy::{OrganisationNumber, Relaying};
use hjemmel_store::DecisionRow;
use serde_json::json;
use uuid::Uuid;

/// This node's receipt.
pub const RECEIPT: HeaderName = HeaderName::from_static("hjemmel-receipt");
/// The holder's, passed on.
pub const HOLDER_RECEIPT: &str = "Hjemmel-Holder-Receipt";
/// What a kept receipt is in the record.
pub const KEPT: &str = "node:receipt";

/// What a node brought, noted on its request until the answer is there.
pub(super) struct Brought {
    pub(super) by: OrganisationNumber,
    pub(super) call: String,
}

/// What names a question in receipts.
#[must_use]
pub fn question(path: &str, query: &str) -> String {
    digest(&format!("{path}?{query}"))
}

/// Adds this node's receipt to an answer to what another node brought.
pub fn add(request: &HttpRequest, headers: &mut HeaderMap, status: u16) {
    let brought = request.extensions();
    let Some(Brought { by, call }) = brought.get::<Brought>() else { return };
    let app = request.app_data::<web::Data<App>>();
    let Some(federation) = app.and_then(|app| app.federation()) else { return };
    let decision = headers.get("hjemmel-decision").and_then(|value| value.to_str().ok());
    let Some(decision) = decision else { return };
    let claims = ReceiptClaims {
        to: *by,
        decision,
        question: &question(request.path(), request.query_string()),
        call,
        status,
    };
    let receipt = federation.outgoing().receipt(&claims, Utc::now());
    if let Ok(value) = HeaderValue::from_str(&receipt) {
        headers.insert(RECEIPT, value);
    }
}

/// Keeps a holder's receipt in this node's record; it is durable when this returns, which blocks.
///
/// # Errors
/// 503 when it could not be; nothing of the answer may leave then.
pub(super) fn keep(
    app: &App,
    asked: &Relaying,
    (ours, theirs): (Uuid, &str),
    receipt: &str,
) -> Result<(), Problem> {
    let resource = json!({ "holder": asked.holder, "decision": ours, "holderDecision": theirs });
    let said = (&resource, &json!({ "receipt": receipt }));
    let row = DecisionRow {
        subject_kind: "node".to_owned(),
        organisation: Some(asked.holder.to_string()),
        ..own_row(app.policy()?.version(), KEPT, "allowed", said)
    };
    app.journal().write_here(row)
}
