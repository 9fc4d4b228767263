//! The grant as a record: one body's decided access under one legal basis, as a lawyer reads it.
//!
//! Field names are `camelCase` in JSON and `snake_case` in TOML; both are read everywhere. A record says
//! what was decided; whether it may be followed is [`GrantTerms::validate`]'s and deciding's to say.

mod change;
mod facts;
mod handling;
mod laid_out;
mod law;
mod read;
mod scope;
mod state;
mod validate;

pub use change::{Change, ChangeKind, diff};
pub use handling::{Delivery, Document, Precision};
pub use laid_out::Worded;
pub use law::{BasisType, Chain, Gdpr, Purpose, PurposeClass, StatuteRef, statute_key};
pub use scope::{Columns, PopulationTerms, Recipient};
pub use state::State;
pub use validate::{ColumnsOf, HEALTH_COLUMNS, HardRule, Violation, YearColumns};

use crate::{OrganisationNumber, Population, Tier};
use chrono::{DateTime, NaiveDate, Utc};
use hjemmel_kostra::{Form, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The grants of the demonstration: fictitious examples that a lawyer has not checked.
pub const DEMO_GRANTS: &str = include_str!("../demo-grants.toml");

/// The further grants of the demonstration of nodes: fictitious examples that a lawyer has not checked.
pub const DEMO_NODE_GRANTS: &str = include_str!("../demo-node-grants.toml");

/// One grant (hjemmelsgrunnlag), one version of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct GrantTerms {
    /// Short name in addresses, headers and records: `nav-11-pseudonymised`.
    pub id: String,
    /// Counts up with each amendment; an amendment is a new version through the same gates.
    pub version: u32,
    /// Where it is in its life; only `active` opens anything.
    pub state: State,
    /// What it is called.
    pub title: Text,
    /// Who receives.
    pub recipient: Recipient,
    /// Data processors that may fetch for the recipient.
    #[serde(default)]
    pub suppliers: BTreeSet<OrganisationNumber>,
    /// Bodies the recipient may hand the data on to.
    #[serde(default, alias = "onward_recipients", skip_serializing_if = "BTreeSet::is_empty")]
    pub onward_recipients: BTreeSet<OrganisationNumber>,
    /// The form whose records or tables it opens.
    pub product: Form,
    /// What kind of basis it is.
    #[serde(default, alias = "basis_type", skip_serializing_if = "is_default")]
    pub basis_type: BasisType,
    /// The law that gives the recipient its basis.
    pub statutes: Vec<StatuteRef>,
    /// Apart from the basis: what lifts confidentiality (taushetsplikt), needed for unit records.
    #[serde(default, alias = "confidentiality_lift")]
    pub confidentiality_lift: Option<StatuteRef>,
    /// Articles of the General Data Protection Regulation.
    pub gdpr: Gdpr,
    /// How the data reached the holder.
    pub chain: Chain,
    /// What the data are for.
    pub purpose: Purpose,
    /// Which columns.
    pub columns: Columns,
    /// How exact single columns are; those not named are given as they are.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub precision: BTreeMap<String, Precision>,
    /// Whose records.
    pub population: PopulationTerms,
    /// Reporting years.
    pub years: BTreeSet<u16>,
    /// The most revealing tier.
    pub tier: Tier,
    /// Whether direct identifiers leave: all of them with `all-content`, otherwise those listed in `columns`.
    #[serde(default)]
    pub identifiers: bool,
    /// What the recipient may join the data with, in words.
    #[serde(default)]
    pub linkage: Vec<Text>,
    /// Whether the recipient may see editions before they are published.
    #[serde(default, alias = "pre_release", skip_serializing_if = "is_default")]
    pub pre_release: bool,
    /// How often and how much may be fetched.
    #[serde(default, skip_serializing_if = "is_default")]
    pub delivery: Delivery,
    /// The first instant it holds.
    #[serde(alias = "valid_from")]
    pub valid_from: DateTime<Utc>,
    /// The first instant it no longer holds.
    #[serde(alias = "valid_to")]
    pub valid_to: DateTime<Utc>,
    /// When it must have been looked at again.
    #[serde(alias = "review_due")]
    pub review_due: NaiveDate,
    /// When the recipient must have deleted what it got.
    #[serde(alias = "delete_by")]
    pub delete_by: NaiveDate,
    /// When the recipient must have confirmed the deletion.
    #[serde(alias = "deletion_attested_by")]
    pub deletion_attested_by: NaiveDate,
    /// How the recipient keeps the data until then, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retention: Option<Text>,
    /// The data protection impact assessment (DPIA).
    #[serde(default)]
    pub dpia: Option<String>,
    /// What the data protection officer said, by its place in the archive.
    #[serde(default, alias = "dpo_opinion", skip_serializing_if = "Option::is_none")]
    pub dpo_opinion: Option<String>,
    /// The lawyer's written assessment.
    #[serde(default, alias = "review_memo", skip_serializing_if = "Option::is_none")]
    pub review_memo: Option<Document>,
    /// Put into force in an emergency by two persons, without a review: for a day at most.
    #[serde(default, skip_serializing_if = "is_default")]
    pub emergency: bool,
    /// The case in the archive.
    #[serde(alias = "case_reference")]
    pub case_reference: String,
    /// Who applied.
    pub applicant: String,
    /// Who reviewed the law.
    #[serde(default)]
    pub reviewer: Option<String>,
    /// Who decided.
    #[serde(default)]
    pub approver: Option<String>,
}

/// How long a grant holds that was put into force in an emergency.
pub const EMERGENCY_HOURS: i64 = 24;

/// Left out of records, so that a grant without it is written as it was before the field existed.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

impl GrantTerms {
    /// Reads a file of `[[grant]]` tables; ids must differ. It does not validate.
    ///
    /// # Errors
    /// The line, the field and what is wrong with it, in plain words; or an id used twice.
    pub fn from_toml(text: &str) -> Result<Vec<Self>, crate::Error> {
        read::from_toml(text)
    }

    /// Applies every hard rule; see [`HardRule`].
    ///
    /// # Errors
    /// Each rule the grant breaks, all at once.
    pub fn validate(&self, columns: &impl ColumnsOf) -> Result<(), Vec<Violation>> {
        validate::validate(self, columns)
    }

    /// Whether the grant holds at this instant, its state aside: from the first instant on, up to but
    /// not including the last.
    #[must_use]
    pub fn holds_at(&self, now: DateTime<Utc>) -> bool {
        self.valid_from <= now && now < self.valid_to
    }

    /// Whether a call through this processor is the recipient's own.
    #[must_use]
    pub fn accepts_supplier(&self, supplier: OrganisationNumber) -> bool {
        supplier == self.recipient.organisation || self.suppliers.contains(&supplier)
    }

    /// The rows it covers.
    #[must_use]
    pub fn population(&self) -> Population {
        self.population.resolve()
    }

    /// The columns it gives among those the form has in one year, each with whether it is a direct
    /// identifier.
    #[must_use]
    pub fn columns_among(&self, existing: &[(String, bool)]) -> BTreeSet<String> {
        existing
            .iter()
            .filter(|(name, identifier)| self.gives(name, *identifier))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn gives(&self, column: &str, identifier: bool) -> bool {
        let named = match &self.columns {
            Columns::AllContent => true,
            Columns::Listed(columns) => columns.contains(column),
        };
        named && (!identifier || self.gives_identifiers())
    }

    /// Whether direct identifiers are among what it gives.
    pub(crate) fn gives_identifiers(&self) -> bool {
        self.identifiers && self.tier == Tier::Identified
    }

    /// The law in one line: `lov om sosiale tjenester i NAV § 17`.
    #[must_use]
    pub fn basis(&self) -> String {
        self.statutes.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

#[cfg(test)]
pub(crate) mod tests;
