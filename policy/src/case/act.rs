//! The steps of a case.

use crate::State;
use hjemmel_kostra::Text;
use serde::{Deserialize, Serialize};

/// Something done to a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Act {
    /// Other terms are written; whatever was decided is void.
    Edit,
    /// The applicant applies.
    Submit,
    /// The house finds it complete.
    Complete,
    /// The house sends it back to be written better.
    Return,
    /// A lawyer has reviewed the law.
    Review,
    /// A second person approves.
    Approve,
    /// It is refused with reasons.
    Reject,
    /// The recipient accepts the terms.
    Accept,
    /// It comes into force.
    Activate,
    /// It comes into force for a day in an emergency, by two persons and without a review.
    BreakGlass,
    /// It is stopped for now.
    Suspend,
    /// It goes on.
    Resume,
    /// It was looked at again and is still needed.
    Recertify,
    /// A new version is asked for.
    Amend,
    /// It is stopped for good.
    Revoke,
    /// Its time is over; taken by the installation itself.
    Expire,
    /// The applicant takes it back.
    Withdraw,
    /// The recipient attests that the data are deleted; the case is closed.
    Attest,
}

impl Act {
    /// Every step, in the order of a life.
    pub const ALL: [Self; 18] = [
        Self::Edit,
        Self::Submit,
        Self::Complete,
        Self::Return,
        Self::Review,
        Self::Approve,
        Self::Reject,
        Self::Accept,
        Self::Activate,
        Self::BreakGlass,
        Self::Suspend,
        Self::Resume,
        Self::Recertify,
        Self::Amend,
        Self::Revoke,
        Self::Expire,
        Self::Withdraw,
        Self::Attest,
    ];

    /// The word in addresses and records.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Submit => "submit",
            Self::Complete => "complete",
            Self::Return => "return",
            Self::Review => "review",
            Self::Approve => "approve",
            Self::Reject => "reject",
            Self::Accept => "accept",
            Self::Activate => "activate",
            Self::BreakGlass => "break-glass",
            Self::Suspend => "suspend",
            Self::Resume => "resume",
            Self::Recertify => "recertify",
            Self::Amend => "amend",
            Self::Revoke => "revoke",
            Self::Expire => "expire",
            Self::Withdraw => "withdraw",
            Self::Attest => "attest",
        }
    }

    /// The step that can be asked for by this word; editing and expiry have ways of their own.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let known = Self::ALL.into_iter().filter(|act| !matches!(act, Self::Edit | Self::Expire));
        known.into_iter().find(|act| act.code() == text)
    }

    /// What is done, in plain words, to be read after "may not".
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::Edit => ("endre søknaden", "edit the application"),
            Self::Submit => ("sende inn søknaden", "submit the application"),
            Self::Complete => ("finne søknaden komplett", "find the application complete"),
            Self::Return => ("sende søknaden tilbake", "send the application back"),
            Self::Review => ("vurdere søknaden juridisk", "review the application"),
            Self::Approve => ("godkjenne", "approve"),
            Self::Reject => ("avslå", "refuse"),
            Self::Accept => ("akseptere vilkårene", "accept the terms"),
            Self::Activate => ("sette i kraft", "put into force"),
            Self::BreakGlass => ("åpne i en nødssituasjon", "open in an emergency"),
            Self::Suspend => ("stanse midlertidig", "suspend"),
            Self::Resume => ("la gå videre", "resume"),
            Self::Recertify => {
                ("bekrefte at tilgangen fortsatt trengs", "confirm that it is still needed")
            }
            Self::Amend => ("be om en ny versjon", "ask for a new version"),
            Self::Revoke => ("trekke tilbake", "revoke"),
            Self::Expire => ("la utløpe", "let expire"),
            Self::Withdraw => ("trekke søknaden", "withdraw the application"),
            Self::Attest => ("bekrefte sletting", "attest deletion"),
        };
        Text::new(nb, en)
    }

    /// The states it can be taken in.
    #[must_use]
    pub const fn from(self) -> &'static [State] {
        match self {
            Self::Edit => &[
                State::Draft,
                State::Submitted,
                State::Complete,
                State::Reviewed,
                State::Approved,
                State::Refused,
                State::Accepted,
            ],
            Self::Submit => &[State::Draft],
            Self::Complete => &[State::Submitted],
            Self::Return | Self::Reject => &[State::Submitted, State::Complete, State::Reviewed],
            Self::Review => &[State::Complete],
            Self::Approve => &[State::Reviewed],
            Self::Accept => &[State::Approved],
            Self::Activate => &[State::Accepted],
            Self::BreakGlass => &[State::Submitted, State::Complete],
            Self::Suspend | Self::Recertify => &[State::Active],
            Self::Resume => &[State::Suspended],
            Self::Amend | Self::Revoke | Self::Expire => &[State::Active, State::Suspended],
            Self::Withdraw => &[
                State::Draft,
                State::Submitted,
                State::Complete,
                State::Reviewed,
                State::Approved,
                State::Accepted,
            ],
            Self::Attest => &[State::Revoked, State::Expired, State::Superseded],
        }
    }

    /// The state afterwards; asking for a new version and looking at it again leave it as it is.
    #[must_use]
    pub const fn to(self) -> Option<State> {
        match self {
            Self::Edit | Self::Return => Some(State::Draft),
            Self::Submit => Some(State::Submitted),
            Self::Complete => Some(State::Complete),
            Self::Review => Some(State::Reviewed),
            Self::Approve => Some(State::Approved),
            Self::Reject => Some(State::Refused),
            Self::Accept => Some(State::Accepted),
            Self::Activate | Self::BreakGlass | Self::Resume => Some(State::Active),
            Self::Suspend => Some(State::Suspended),
            Self::Recertify | Self::Amend => None,
            Self::Revoke => Some(State::Revoked),
            Self::Expire => Some(State::Expired),
            Self::Withdraw => Some(State::Withdrawn),
            Self::Attest => Some(State::Closed),
        }
    }

    /// Whether words must come with it.
    #[must_use]
    pub const fn needs_reason(self) -> bool {
        matches!(
            self,
            Self::Return
                | Self::Review
                | Self::Reject
                | Self::BreakGlass
                | Self::Suspend
                | Self::Resume
                | Self::Recertify
                | Self::Revoke
                | Self::Attest
        )
    }

    /// Whether it only closes: then nothing may hold it up, not even a case that has moved on meanwhile.
    #[must_use]
    pub const fn only_closes(self) -> bool {
        matches!(self, Self::Suspend | Self::Revoke)
    }
}
