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
    /// Past its last day.
    Expired,
    /// Replaced by a later version.
    Superseded,
    /// Taken back by the applicant before it came into force.
    Withdrawn,
    /// Over, with deletion attested.
    Closed,
}

impl State {
    /// Every state, in the order of a life.
    pub const ALL: [Self; 14] = [
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
        Self::Expired,
        Self::Superseded,
        Self::Withdrawn,
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
            Self::Expired => "expired",
            Self::Superseded => "superseded",
            Self::Withdrawn => "withdrawn",
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
            Self::Expired => ("utløpt", "expired"),
            Self::Superseded => ("erstattet", "superseded"),
            Self::Withdrawn => ("trukket av søkeren", "withdrawn by the applicant"),
            Self::Closed => ("avsluttet", "closed"),
        };
        Text::new(nb, en)
    }

    /// Whether a reviewer and an approver must be known by now. A refusal needs no second person, and
    /// whoever takes an application back waits for nobody.
    #[must_use]
    pub const fn is_decided(self) -> bool {
        !matches!(
            self,
            Self::Draft
                | Self::Submitted
                | Self::Complete
                | Self::Reviewed
                | Self::Refused
                | Self::Withdrawn
        )
    }

    /// Whether a version in this state is the one that counts, open or stopped.
    #[must_use]
    pub const fn is_in_force(self) -> bool {
        matches!(self, Self::Active | Self::Suspended)
    }

    /// Whether it is on its way to being decided or put into force.
    #[must_use]
    pub const fn is_pending(self) -> bool {
        matches!(
            self,
            Self::Draft
                | Self::Submitted
                | Self::Complete
                | Self::Reviewed
                | Self::Approved
                | Self::Accepted
        )
    }

    /// Reads the word of a record.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == text)
    }
}
