//! The hash chain over the record of decisions.
//!
//! Row `n` has `leaf = SHA-256(0x00, canonical row)` and `hash = SHA-256(0x01, previous, leaf)`, the
//! prefixes of RFC 6962, so that a Merkle tree over the leaves can be added without touching a row.
//! The chain alone shows any change that does not rewrite everything after it. Somebody who owns the
//! database can rewrite all of it, head included: only a state noted elsewhere shows that, which is
//! what `witnessed` in [`crate::Store::verify_chain`] is for.

use crate::DecisionRow;
use crate::values::hex;
use sha2::{Digest, Sha256};

/// The hash before the first row.
pub(crate) const ORIGIN: &str = "0000000000000000000000000000000000000000000000000000000000000000";

/// How far the chain reaches and what it hashes to there; worth keeping outside the database.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ChainState {
    /// Number of rows.
    pub seq: i64,
    /// Hash of the last one, hexadecimal.
    pub hash: String,
}

/// What checking the chain found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chain {
    /// Every row is where it was and says what it said.
    Intact(ChainState),
    /// Something was altered, removed, moved or added.
    Broken {
        /// The first sequence number that is not as it was written.
        first_bad: i64,
    },
}

/// One row's place in the chain.
pub(crate) struct Link {
    pub(crate) leaf: String,
    pub(crate) hash: String,
}

impl Link {
    /// Binds a row to its sequence number and to all rows before it.
    pub(crate) fn of(seq: i64, row: &DecisionRow, previous: &str) -> Self {
        let leaf = leaf(seq, row);
        let hash = Sha256::new()
            .chain_update([1])
            .chain_update(previous.as_bytes())
            .chain_update(leaf.as_bytes())
            .finalize();
        Self { leaf, hash: hex(&hash) }
    }
}

/// Every field with its length in front, so that no two rows share their bytes.
fn leaf(seq: i64, row: &DecisionRow) -> String {
    let mut digest = Sha256::new().chain_update([0]).chain_update(b"hjemmel decision 1\n");
    digest.update(seq.to_be_bytes());
    digest.update(row.at.timestamp_micros().to_be_bytes());
    digest.update(row.policy_version.to_be_bytes());
    digest.update(row.grant_version.map_or(0, i64::from).to_be_bytes());
    let id = row.id.to_string();
    let fields = [
        Some(id.as_str()),
        Some(&row.subject_kind),
        row.organisation.as_deref(),
        row.supplier.as_deref(),
        row.client.as_deref(),
        Some(&row.action),
        Some(&row.resource),
        Some(&row.outcome),
        row.grant_id.as_deref(),
        Some(&row.body),
    ];
    for field in fields {
        digest.update([u8::from(field.is_some())]);
        let bytes = field.unwrap_or_default().as_bytes();
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
    hex(&digest.finalize())
}
