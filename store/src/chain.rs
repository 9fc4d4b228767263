//! The hash chain over the record of decisions.
//!
//! Row `n` has `leaf = SHA-256(0x00, canonical row)` and `hash = SHA-256(0x01, previous, leaf)`, the
//! prefixes of RFC 6962; `tree` is the Merkle tree over the leaves.
//! The chain alone shows any change that does not rewrite everything after it. Somebody who owns the
//! database can rewrite all of it, head included: only a state noted elsewhere shows that, which is
//! what `witnessed` in [`crate::Store::verify_chain`] is for.

use crate::DecisionRow;
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
        let leaf = leaf_of(seq, row);
        let hash = Sha256::new()
            .chain_update([1])
            .chain_update(previous.as_bytes())
            .chain_update(leaf.as_bytes())
            .finalize();
        Self { leaf, hash: hex::encode(hash) }
    }
}

/// What a leaf is made of. Times are whole microseconds since 1970.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    /// The id, in its usual form.
    pub id: &'a str,
    /// When.
    pub at: i64,
    /// Under which policy version.
    pub policy_version: i64,
    /// Who.
    pub subject_kind: &'a str,
    /// The body.
    pub organisation: Option<&'a str>,
    /// The processor.
    pub supplier: Option<&'a str>,
    /// The client.
    pub client: Option<&'a str>,
    /// What was done.
    pub action: &'a str,
    /// To what.
    pub resource: &'a str,
    /// How it ended.
    pub outcome: &'a str,
    /// The grant.
    pub grant_id: Option<&'a str>,
    /// Its version.
    pub grant_version: Option<u32>,
    /// Everything about it.
    pub body: &'a str,
}

/// The leaf of one row, as RFC 6962 hashes leaves. Every field has its length in front, so that no two rows
/// share their bytes.
#[must_use]
pub fn leaf(seq: i64, row: &Fields<'_>) -> [u8; 32] {
    let mut digest = Sha256::new().chain_update([0]).chain_update(b"hjemmel decision 1\n");
    digest.update(seq.to_be_bytes());
    digest.update(row.at.to_be_bytes());
    digest.update(row.policy_version.to_be_bytes());
    digest.update(row.grant_version.map_or(0, i64::from).to_be_bytes());
    let fields = [
        Some(row.id),
        Some(row.subject_kind),
        row.organisation,
        row.supplier,
        row.client,
        Some(row.action),
        Some(row.resource),
        Some(row.outcome),
        row.grant_id,
        Some(row.body),
    ];
    for field in fields {
        digest.update([u8::from(field.is_some())]);
        let bytes = field.unwrap_or_default().as_bytes();
        digest.update((bytes.len() as u64).to_be_bytes());
        digest.update(bytes);
    }
    digest.finalize().into()
}

fn leaf_of(seq: i64, row: &DecisionRow) -> String {
    let fields = Fields {
        id: &row.id.to_string(),
        at: row.at.timestamp_micros(),
        policy_version: row.policy_version,
        subject_kind: &row.subject_kind,
        organisation: row.organisation.as_deref(),
        supplier: row.supplier.as_deref(),
        client: row.client.as_deref(),
        action: &row.action,
        resource: &row.resource,
        outcome: &row.outcome,
        grant_id: row.grant_id.as_deref(),
        grant_version: row.grant_version,
        body: &row.body,
    };
    hex::encode(leaf(seq, &fields))
}
