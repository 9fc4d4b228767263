//! How exact the data may be that leaves under a decision.

use hjemmel_kostra::Text;
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

impl Tier {
    /// The word in grants, rules and records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Protected => "protected",
            Self::Exact => "exact",
            Self::Pseudonymised => "pseudonymised",
            Self::Identified => "identified",
        }
    }

    /// The tier in plain words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Protected => Text::new("vernede tall", "protected figures"),
            Self::Exact => Text::new("nøyaktige aggregater", "exact aggregates"),
            Self::Pseudonymised => Text::new("pseudonymiserte poster", "pseudonymised records"),
            Self::Identified => {
                Text::new("poster med fødselsnummer", "records with national identifiers")
            }
        }
    }
}
