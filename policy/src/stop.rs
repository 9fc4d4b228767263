//! Stops that no grant gets past: for one recipient, one dataset, or everything.

use crate::OrganisationNumber;
use hjemmel_kostra::{Form, Text};
use serde::{Deserialize, Serialize};

/// What is stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase")]
pub enum Stop {
    /// Everything that rests on a grant.
    All,
    /// Everything to one recipient.
    Recipient {
        /// The recipient.
        organisation: OrganisationNumber,
    },
    /// Everything of one form.
    Dataset {
        /// The form.
        form: Form,
    },
}

impl Stop {
    /// Reads a stop as it is stored: what kind, and what it is aimed at.
    #[must_use]
    pub fn parse(kind: &str, target: &str) -> Option<Self> {
        match kind {
            "all" => Some(Self::All),
            "recipient" => OrganisationNumber::parse(target)
                .ok()
                .map(|organisation| Self::Recipient { organisation }),
            "dataset" => Form::parse(target).map(|form| Self::Dataset { form }),
            _ => None,
        }
    }

    /// The word it is stored by.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Recipient { .. } => "recipient",
            Self::Dataset { .. } => "dataset",
        }
    }

    /// What it is aimed at, as it is stored.
    #[must_use]
    pub fn target(&self) -> String {
        match self {
            Self::All => String::new(),
            Self::Recipient { organisation } => organisation.to_string(),
            Self::Dataset { form } => form.number().to_owned(),
        }
    }

    /// Whether it stops this recipient and form.
    #[must_use]
    pub fn stops(&self, recipient: OrganisationNumber, product: Form) -> bool {
        match self {
            Self::All => true,
            Self::Recipient { organisation } => *organisation == recipient,
            Self::Dataset { form } => *form == product,
        }
    }

    /// What is stopped, in plain words.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::All => Text::new(
                "all utlevering på hjemmel er stanset",
                "all sharing on a legal basis is stopped",
            ),
            Self::Recipient { organisation } => Text::new(
                format!("utlevering til {organisation} er stanset"),
                format!("sharing with {organisation} is stopped"),
            ),
            Self::Dataset { form } => Text::new(
                format!("utlevering fra skjema {form} er stanset"),
                format!("sharing of form {form} is stopped"),
            ),
        }
    }
}
