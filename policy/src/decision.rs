//! The record of one decision: what was asked, what was answered, on which basis, or how near it came.

mod explain;
mod failure;

pub use failure::Failure;

use crate::terms::Precision;
use crate::{Caller, OrganisationNumber, Population, Subject, Tier};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What was asked for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asked {
    /// The form.
    pub form: Form,
    /// The node that holds it, when it was another's.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub holder: Option<OrganisationNumber>,
    /// The table, when it was cells of one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub table: Option<String>,
    /// The research project, when it was a question to be answered with noise.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub project: Option<String>,
    /// The answer with noise, when it was one that had been given.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub answer: Option<uuid::Uuid>,
    /// Reporting years.
    pub years: BTreeSet<u16>,
    /// Columns by name; none means all a grant gives.
    pub columns: Option<BTreeSet<String>>,
    /// Regions by code; none means every region of a table, or all a grant gives of records.
    pub regions: Option<BTreeSet<String>>,
}

/// Who asked, as far as the record needs it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Asker {
    /// `anonymous`, `organisation`, `person` or `operator`.
    pub kind: String,
    /// The body whose grants apply.
    pub organisation: Option<OrganisationNumber>,
    /// The person, by the issuer's stable name for them.
    pub person: Option<String>,
    /// The data processor that made the call.
    pub supplier: Option<OrganisationNumber>,
    /// The client.
    pub client: Option<String>,
    /// The node that brought the question, when it did not come from the caller itself.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub relay: Option<OrganisationNumber>,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// A grant covers it.
    Allowed,
    /// Nothing covers it.
    Denied,
}

/// The grant a permission rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct GrantRef {
    /// Its id.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// What in the law carries it.
    pub clause: String,
    /// The law, section by section.
    pub statute: String,
    /// What the data are for.
    pub purpose: String,
}

/// The grant that came nearest, and everything that failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct NearMiss {
    /// The grant.
    pub grant_id: String,
    /// Its version.
    pub grant_version: u32,
    /// Each condition that failed.
    pub failed: Vec<Failure>,
}

/// One decision, for the record and for those who ask why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    /// Time-ordered id, in every response.
    pub id: uuid::Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// Who.
    pub caller: Asker,
    /// What was to be done: `microdata:read`.
    pub action: String,
    /// To what.
    pub resource: Asked,
    /// The purpose the caller named.
    pub purpose: Option<String>,
    /// Allowed or denied.
    pub outcome: Outcome,
    /// The grant, when allowed.
    pub grant: Option<GrantRef>,
    /// The nearest grant, when denied and there was one.
    pub nearest: Option<NearMiss>,
    /// What failed before any grant was looked at.
    pub failed: Vec<Failure>,
    /// The snapshot that decided.
    pub policy_version: u64,
    /// The tier that may leave.
    pub tier: Tier,
    /// The columns that may leave.
    pub columns: BTreeSet<String>,
    /// Those of them that are made coarser first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub coarser: BTreeMap<String, Precision>,
    /// The years that may leave.
    pub years: BTreeSet<u16>,
    /// The rows that may leave.
    pub population: Option<Population>,
}

impl Decision {
    /// Everything that failed, whether before or at the nearest grant.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.failed.iter().chain(self.nearest.iter().flat_map(|near| &near.failed))
    }

    /// A denial with nothing in it yet; every way out of deciding starts here.
    pub(crate) fn denied(
        at: DateTime<Utc>,
        caller: Asker,
        action: &str,
        resource: Asked,
        policy_version: u64,
    ) -> Self {
        Self {
            id: id_at(at),
            at,
            caller,
            action: action.to_owned(),
            resource,
            purpose: None,
            outcome: Outcome::Denied,
            grant: None,
            nearest: None,
            failed: Vec::new(),
            policy_version,
            tier: Tier::Protected,
            columns: BTreeSet::new(),
            coarser: BTreeMap::new(),
            years: BTreeSet::new(),
            population: None,
        }
    }
}

fn id_at(at: DateTime<Utc>) -> uuid::Uuid {
    let seconds = u64::try_from(at.timestamp()).unwrap_or_default();
    let stamp = uuid::Timestamp::from_unix_time(seconds, at.timestamp_subsec_nanos(), 0, 0);
    uuid::Uuid::new_v7(stamp)
}

impl Asker {
    /// The installation itself.
    pub(crate) fn operator() -> Self {
        Self {
            kind: "operator".into(),
            organisation: None,
            person: None,
            supplier: None,
            client: None,
            relay: None,
        }
    }
}

impl Asker {
    /// A body whose grants apply and whose node asks.
    pub(crate) fn body(organisation: OrganisationNumber) -> Self {
        Self { kind: "organisation".into(), organisation: Some(organisation), ..Self::operator() }
    }
}

impl From<&Caller> for Asker {
    fn from(caller: &Caller) -> Self {
        let (kind, person) = match caller.subject() {
            Subject::Anonymous => ("anonymous", None),
            Subject::Organisation { .. } => ("organisation", None),
            Subject::Person { issuer, subject, .. } => {
                ("person", Some(format!("{subject} ({issuer})")))
            }
        };
        Self {
            kind: kind.to_owned(),
            organisation: caller.organisation(),
            person,
            supplier: caller.supplier(),
            client: caller.client().map(str::to_owned),
            relay: caller.relay(),
        }
    }
}
