//! The proof that a decision allowed something, and what comes with it.

use crate::terms::Precision;
use crate::{Action, Tier};
use hjemmel_kostra::regions::Division;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Which regions a grant covers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Population {
    /// The whole country.
    All,
    /// These municipalities (four digits) and bydeler (six digits) only; a municipality's code stands
    /// for its bydeler too.
    Regions(BTreeSet<String>),
}

impl Population {
    /// Whether records of this region (a municipality or a bydel) are inside.
    #[must_use]
    pub fn covers(&self, region: &str) -> bool {
        match self {
            Self::All => true,
            Self::Regions(codes) => {
                codes.contains(region)
                    || (region.len() == 6 && region.get(..4).is_some_and(|k| codes.contains(k)))
            }
        }
    }

    /// Whether every region there is in these years is inside; never so in a year of an unknown division.
    #[must_use]
    pub fn covers_country(&self, years: &BTreeSet<u16>) -> bool {
        let is_covered = |year: &u16| {
            Division::of(*year)
                .is_some_and(|division| division.leaves().iter().all(|leaf| self.covers(leaf)))
        };
        match self {
            Self::All => true,
            Self::Regions(_) => !years.is_empty() && years.iter().all(is_covered),
        }
    }
}

/// What a permitted reader must be held to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Obligations {
    /// The grant the permission rests on; `operator` for [`crate::Protect`].
    pub grant_id: String,
    /// Its version.
    pub grant_version: u32,
    /// The clause of the grant that allowed it, as shown to readers.
    pub clause: String,
    /// The most revealing tier.
    pub tier: Tier,
    /// The columns that may leave, direct identifiers only at tier identified.
    pub columns: BTreeSet<String>,
    /// The columns that are made coarser before they leave.
    pub coarser: BTreeMap<String, Precision>,
    /// The years that may leave.
    pub years: BTreeSet<u16>,
    /// The rows that may leave.
    pub population: Population,
    /// The namespace of pseudonyms: two grants never share one.
    pub pseudonym_namespace: String,
    /// The most records that may leave under the grant in a day (UTC), if that was agreed.
    pub max_rows_per_day: Option<u64>,
    /// The decision this permission belongs to.
    pub decision: uuid::Uuid,
}

/// Proof that policy allowed `A` on one resource.
///
/// Only deciding makes one, and it cannot be cloned: one decision buys one use.
///
/// ```compile_fail,E0599
/// fn twice(grant: hjemmel_policy::Grant<hjemmel_policy::ReadMicrodata>) {
///     let again = grant.clone();
/// }
/// ```
///
/// Nor can it be made by hand:
///
/// ```compile_fail,E0624
/// fn forge(resource: hjemmel_policy::ProtectTables, obligations: hjemmel_policy::Obligations) {
///     let grant = hjemmel_policy::Grant::<hjemmel_policy::Protect>::new(resource, obligations);
/// }
/// ```
#[must_use]
pub struct Grant<A: Action> {
    resource: A::Resource,
    obligations: Box<Obligations>,
}

impl<A: Action> Grant<A> {
    /// Reserved for the decision.
    pub(crate) fn new(resource: A::Resource, obligations: Obligations) -> Self {
        Self { resource, obligations: Box::new(obligations) }
    }

    /// What may be read.
    #[must_use]
    pub const fn resource(&self) -> &A::Resource {
        &self.resource
    }

    /// What comes with it.
    #[must_use]
    pub const fn obligations(&self) -> &Obligations {
        &self.obligations
    }
}

impl<A: Action> std::fmt::Debug for Grant<A> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grant<{}>({})", A::NAME, self.obligations.grant_id)
    }
}
