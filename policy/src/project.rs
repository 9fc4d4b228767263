//! Research projects: on whose behalf, and at the cost of whose budget, questions are asked.

use crate::{Caller, OrganisationNumber, Role, SCOPE_QUESTIONS, Subject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One project as the operator registered it.
///
/// Every question costs its project and the body that answers for it, whoever of its members asks: a further
/// account, client or supplier is no further budget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Project {
    /// Its short name: `kvp-effekt`.
    pub id: String,
    /// What it is about.
    pub title: String,
    /// The body that answers for it and whose budget it draws on.
    pub sponsor: OrganisationNumber,
    /// The issuer of its researchers' tokens.
    #[serde(default)]
    pub issuer: String,
    /// The researchers in it, by the subject of their tokens.
    #[serde(default)]
    pub members: BTreeSet<String>,
    /// The bodies in it besides the sponsor, whose own systems may ask.
    #[serde(default)]
    pub organisations: BTreeSet<OrganisationNumber>,
}

impl Project {
    /// Whether a caller takes part. A person must be named; to act for a body in it is not enough.
    #[must_use]
    pub fn has(&self, caller: &Caller) -> bool {
        match caller.subject() {
            Subject::Anonymous => false,
            Subject::Organisation { organisation } => {
                *organisation == self.sponsor || self.organisations.contains(organisation)
            }
            Subject::Person { issuer, subject, .. } => {
                *issuer == self.issuer && self.members.contains(subject)
            }
        }
    }
}

/// Whether a caller is of a kind that may ask at all: a researcher, or an organisation with the scope.
pub(crate) fn may_ask(caller: &Caller) -> Result<(), crate::Failure> {
    match caller.subject() {
        Subject::Anonymous => Err(crate::Failure::Anonymous),
        Subject::Organisation { .. } if caller.has_scope(SCOPE_QUESTIONS) => Ok(()),
        Subject::Organisation { .. } => {
            Err(crate::Failure::Scope { needed: SCOPE_QUESTIONS.to_owned() })
        }
        Subject::Person { roles, .. } if roles.contains(&Role::Researcher) => Ok(()),
        Subject::Person { .. } => Err(crate::Failure::Role { needed: Role::Researcher }),
    }
}
