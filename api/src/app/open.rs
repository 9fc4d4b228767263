//! The decision behind what anyone may read.

use crate::journal::own_row;
use chrono::{DateTime, Utc};
use hjemmel_store::DecisionRow;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

/// The id that always names the same decision (RFC 9562, version 8 of a SHA-256).
fn named_id(name: &str) -> Uuid {
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(Sha256::digest(name.as_bytes())).for_each(|(to, from)| *to = from);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

/// The decision behind every anonymous answer from one table: its published releases are open to anyone.
pub(super) fn decision(
    table: &str,
    releases: &[Uuid],
    policy_version: u64,
    now: DateTime<Utc>,
) -> DecisionRow {
    let resource = serde_json::json!({ "table": table, "releases": releases });
    let name = format!("open {policy_version} {resource}");
    let body = serde_json::json!({
        "protection": "suppressed",
        "reason": "published releases that passed disclosure control are open to anyone",
    });
    DecisionRow {
        id: named_id(&name),
        at: now,
        subject_kind: "anyone".to_owned(),
        ..own_row(policy_version, "table:read-protected", "allowed", (&resource, &body))
    }
}
