//! Who takes a step, and when two of them are one person.

use crate::{Caller, OrganisationNumber, Role, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Whoever takes a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub enum Actor {
    /// A body's system.
    Organisation {
        /// The body.
        organisation: OrganisationNumber,
    },
    /// A person signed in.
    Person {
        /// Who vouches for the identity.
        issuer: String,
        /// The person's stable name there.
        subject: String,
        /// Roles in this installation.
        roles: BTreeSet<Role>,
        /// The body the person acts for.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        organisation: Option<OrganisationNumber>,
        /// A mark of the person behind the account, the same for each account of one person.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        person: Option<String>,
    },
    /// Somebody a file names.
    Named {
        /// The name.
        name: String,
    },
    /// The installation itself.
    Installation,
}

impl Actor {
    /// The actor behind a token; `mark` hides the issuer's name for the person behind the account.
    ///
    /// Nobody in particular is no actor, and neither is a supplier: a step is taken by the body itself.
    #[must_use]
    pub fn of(caller: &Caller, mark: impl Fn(&str) -> String) -> Option<Self> {
        if caller.supplier().is_some() {
            return None;
        }
        match caller.subject() {
            Subject::Anonymous => None,
            Subject::Organisation { organisation } => {
                Some(Self::Organisation { organisation: *organisation })
            }
            Subject::Person { issuer, subject, roles, organisation } => Some(Self::Person {
                issuer: issuer.clone(),
                subject: subject.clone(),
                roles: roles.clone(),
                organisation: *organisation,
                person: caller.person().map(mark),
            }),
        }
    }

    /// The body it acts for.
    #[must_use]
    pub const fn organisation(&self) -> Option<OrganisationNumber> {
        match self {
            Self::Organisation { organisation } => Some(*organisation),
            Self::Person { organisation, .. } => *organisation,
            Self::Named { .. } | Self::Installation => None,
        }
    }

    /// Whether it has a role.
    #[must_use]
    pub fn has(&self, role: Role) -> bool {
        matches!(self, Self::Person { roles, .. } if roles.contains(&role))
    }

    /// Whether it is one of those who decide in this installation.
    #[must_use]
    pub fn is_house(&self) -> bool {
        self.has(Role::Legal) || self.has(Role::Admin)
    }

    /// Whether it may read what concerns others.
    #[must_use]
    pub fn sees_all(&self) -> bool {
        self.is_house() || self.is_auditor()
    }

    /// Whether it may read everything and change nothing.
    #[must_use]
    pub fn is_auditor(&self) -> bool {
        self.has(Role::Auditor)
    }

    /// Whether two actors are one person: the same account, accounts that bear the same mark, or accounts
    /// of the same name at two issuers. Names of a file are compared as they are written.
    #[must_use]
    pub fn is_same_person(&self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Person { subject: a, person: mark_a, .. },
                Self::Person { subject: b, person: mark_b, .. },
            ) => folded(a) == folded(b) || (mark_a.is_some() && mark_a == mark_b),
            (Self::Named { name: a }, Self::Named { name: b }) => folded(a) == folded(b),
            (Self::Named { name }, Self::Person { subject, .. })
            | (Self::Person { subject, .. }, Self::Named { name }) => {
                folded(name) == folded(subject)
            }
            _ => self == other,
        }
    }
}

fn folded(name: &str) -> String {
    name.trim().to_lowercase()
}

impl std::fmt::Display for Actor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Organisation { organisation } => write!(f, "{organisation}"),
            Self::Person { issuer, subject, .. } => write!(f, "{subject} ({issuer})"),
            Self::Named { name } => f.write_str(name),
            Self::Installation => f.write_str("hjemmel"),
        }
    }
}
