//! How exact the data may be that leaves under a decision.

use serde::{Deserialize, Serialize};

/// Tiers from least to most revealing; a higher tier includes the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Tier {
    /// Suppressed, rounded or noisy: what everyone gets.
    Protected,
    /// Exact aggregates.
    Exact,
    /// Records with pseudonyms of this grant alone.
    Pseudonymised,
    /// Records with national identifiers.
    Identified,
}
