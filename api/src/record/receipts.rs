//! What another node signed of its answers, held against both records: the one that keeps the receipts, and the one they
//! are about.

use super::export::Line;
use crate::federation::receipt::KEPT;
use crate::identity::jwks::KeySet;
use crate::identity::node::{Receipt, read_receipt};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{self, BufRead};

/// The receipts of a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Those that one of the keys signed.
    pub signed: Vec<Receipt>,
    /// How many none of them signed: other nodes' perhaps.
    pub others: usize,
}

/// The receipts in an export that has been verified.
///
/// # Errors
/// When it cannot be read.
pub fn kept(export: impl BufRead, keys: &KeySet) -> io::Result<Kept> {
    let mut found = Kept::default();
    for line in export.lines() {
        let line = line?;
        let Ok(event) = serde_json::from_str::<Line<'_>>(&line) else { continue };
        if event.action != KEPT {
            continue;
        }
        let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        let text = body.get("receipt").and_then(Value::as_str).unwrap_or_default();
        match read_receipt(text, |kid| keys.key(kid).cloned()) {
            Some(receipt) => found.signed.push(receipt),
            None => found.others += 1,
        }
    }
    Ok(found)
}

/// The first receipt whose decision is not in the holder's verified export, or is another there; in words.
///
/// # Errors
/// When it cannot be read.
pub fn unanswered(export: impl BufRead, receipts: &[Receipt]) -> io::Result<Option<String>> {
    let mut wanted: BTreeMap<&str, &Receipt> =
        receipts.iter().map(|receipt| (receipt.decision.as_str(), receipt)).collect();
    for line in export.lines() {
        let line = line?;
        let Ok(event) = serde_json::from_str::<Line<'_>>(&line) else { continue };
        let Some(receipt) = wanted.remove(event.id.to_string().as_str()) else { continue };
        let body: Value = serde_json::from_str(&event.body).unwrap_or_default();
        let relay = body.pointer("/caller/relay").and_then(Value::as_str);
        // What anybody may read rests on one decision for all, which names nobody.
        let open = event.subject_kind == "anyone";
        if !open && receipt.aud.strip_prefix("0192:") != relay {
            return Ok(Some(format!(
                "the holder's event {} does not say that it was brought by {}",
                event.seq, receipt.aud
            )));
        }
    }
    Ok(wanted.keys().next().map(|decision| {
        format!("the holder signed for the decision {decision}, which its record does not have")
    }))
}
