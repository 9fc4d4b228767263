//! How the data are given and kept: precision, delivery, and the papers behind a decision.

use hjemmel_kostra::Text;
use serde::{Deserialize, Serialize};

/// How exact one column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Precision {
    /// As it was reported.
    Exact,
    /// In bands: a code that stands for a span.
    Banded,
    /// Yes or no.
    Flag,
}

impl Precision {
    /// The word in grants.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Banded => "banded",
            Self::Flag => "flag",
        }
    }

    /// How a column so kept is described.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Exact => Text::new("nøyaktig", "exactly"),
            Self::Banded => Text::new("i grupper", "in bands"),
            Self::Flag => Text::new("som ja eller nei", "as yes or no"),
        }
    }
}

/// What was agreed about fetching. The program counts records, not how often they are fetched.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Delivery {
    /// How often, in words: `monthly`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub frequency: Option<String>,
    /// The most records that leave in a day (UTC), whoever fetches them.
    #[serde(default, alias = "max_rows_per_day", skip_serializing_if = "Option::is_none")]
    pub max_rows_per_day: Option<u64>,
}

impl std::fmt::Display for Delivery {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let frequency = self.frequency.as_deref().unwrap_or("–");
        match self.max_rows_per_day {
            Some(rows) => write!(f, "{frequency}, {rows}/d"),
            None => f.write_str(frequency),
        }
    }
}

/// A paper in the archive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Document {
    /// Where it is kept.
    pub reference: String,
    /// SHA-256 of it, hexadecimal, where somebody took it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
}

impl std::fmt::Display for Document {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.reference)?;
        match &self.sha256 {
            Some(sha256) => write!(f, " (sha256 {sha256})"),
            None => Ok(()),
        }
    }
}
