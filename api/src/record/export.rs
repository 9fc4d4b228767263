//! One line for each event, with everything its leaf is made of, so that the whole can be checked anywhere.

use hjemmel_store::StoredDecision;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Cow;
use uuid::Uuid;

/// One event of an export. Times are whole microseconds since 1970, since that is what is hashed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub seq: i64,
    /// Its id.
    pub id: Uuid,
    /// When, in microseconds.
    pub at: i64,
    /// The policy version.
    pub policy_version: i64,
    /// Who: `organisation`, `person` …
    #[serde(borrow)]
    pub subject_kind: Cow<'a, str>,
    /// The body.
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    pub organisation: Option<Cow<'a, str>>,
    /// The processor.
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    pub supplier: Option<Cow<'a, str>>,
    /// The client.
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    pub client: Option<Cow<'a, str>>,
    /// What was done.
    #[serde(borrow)]
    pub action: Cow<'a, str>,
    /// To what, as JSON in a string.
    #[serde(borrow)]
    pub resource: Cow<'a, str>,
    /// How it ended.
    #[serde(borrow)]
    pub outcome: Cow<'a, str>,
    /// The grant.
    #[serde(borrow, default, deserialize_with = "text_or_none")]
    pub grant_id: Option<Cow<'a, str>>,
    /// Its version.
    pub grant_version: Option<u32>,
    /// Everything about it, as JSON in a string.
    #[serde(borrow)]
    pub body: Cow<'a, str>,
    /// The leaf of the Merkle tree.
    #[serde(borrow)]
    pub leaf: Cow<'a, str>,
}

/// A text that is borrowed where it can be, which serde by itself does only for one that must be there.
fn text_or_none<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Ok(Option::<Text<'de>>::deserialize(from)?.map(|text| text.0))
}

/// The last line of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct End {
    /// The signed checkpoint of the record the lines are the beginning of.
    pub checkpoint: String,
}

impl<'a> From<&'a StoredDecision> for Line<'a> {
    fn from(stored: &'a StoredDecision) -> Self {
        let row = &stored.row;
        Self {
            seq: stored.seq,
            id: row.id,
            at: row.at.timestamp_micros(),
            policy_version: row.policy_version,
            subject_kind: row.subject_kind.as_str().into(),
            organisation: row.organisation.as_deref().map(Into::into),
            supplier: row.supplier.as_deref().map(Into::into),
            client: row.client.as_deref().map(Into::into),
            action: row.action.as_str().into(),
            resource: row.resource.as_str().into(),
            outcome: row.outcome.as_str().into(),
            grant_id: row.grant_id.as_deref().map(Into::into),
            grant_version: row.grant_version,
            body: row.body.as_str().into(),
            leaf: stored.leaf.as_str().into(),
        }
    }
}

impl Line<'_> {
    /// The leaf of what the line says.
    #[must_use]
    pub fn computed(&self) -> [u8; 32] {
        hjemmel_store::leaf(
            self.seq,
            &hjemmel_store::Fields {
                id: &self.id.to_string(),
                at: self.at,
                policy_version: self.policy_version,
                subject_kind: &self.subject_kind,
                organisation: self.organisation.as_deref(),
                supplier: self.supplier.as_deref(),
                client: self.client.as_deref(),
                action: &self.action,
                resource: &self.resource,
                outcome: &self.outcome,
                grant_id: self.grant_id.as_deref(),
                grant_version: self.grant_version,
                body: &self.body,
            },
        )
    }
}
