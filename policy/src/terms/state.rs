//! Where a grant is in its life.

use hjemmel_kostra::Text;
use serde::{Deserialize, Serialize};

/// The states of a grant; nothing is ever deleted, so the last ones stay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Being written.
    Draft,
    /// Applied for.
    Submitted,
    /// Checked for completeness.
    Complete,
    /// Reviewed by a lawyer.
    Reviewed,
    /// Decided by a second person.
    Approved,
    /// Refused with reasons.
    Refused,
    /// The recipient has accepted the terms.
    Accepted,
    /// In force, within its dates.
    Active,
    /// Stopped for now.
    Suspended,
    /// Stopped for good.
    Revoked,
    /// Replaced by a later version.
    Superseded,
    /// Over, with deletion attested.
    Closed,
}

impl State {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 12] = [
        Self::Draft,
        Self::Submitted,
        Self::Complete,
        Self::Reviewed,
        Self::Approved,
        Self::Refused,
        Self::Accepted,
        Self::Active,
        Self::Suspended,
        Self::Revoked,
        Self::Superseded,
        Self::Closed,
    ];

    /// The word in records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Submitted => "submitted",
            Self::Complete => "complete",
            Self::Reviewed => "reviewed",
            Self::Approved => "approved",
            Self::Refused => "refused",
            Self::Accepted => "accepted",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Superseded => "superseded",
            Self::Closed => "closed",
        }
    }

    /// The state in plain words.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Draft => ("utkast", "draft"),
            Self::Submitted => ("søkt om", "applied for"),
            Self::Complete => ("kontrollert komplett", "checked complete"),
            Self::Reviewed => ("juridisk vurdert", "reviewed by a lawyer"),
            Self::Approved => ("godkjent", "approved"),
            Self::Refused => ("avslått", "refused"),
            Self::Accepted => ("vilkår akseptert", "terms accepted"),
            Self::Active => ("aktiv", "active"),
            Self::Suspended => ("stanset midlertidig", "suspended"),
            Self::Revoked => ("trukket tilbake", "revoked"),
            Self::Superseded => ("erstattet", "superseded"),
            Self::Closed => ("avsluttet", "closed"),
        };
        Text::new(nb, en)
    }

    /// Whether a reviewer and an approver must be known by now.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        !matches!(self, Self::Draft | Self::Submitted | Self::Complete | Self::Reviewed)
    }
}
