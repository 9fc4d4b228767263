//! Who is asking, as the token verifier found out.

use crate::OrganisationNumber;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What a person may do with the installation itself, besides asking for data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Decides on legal basis.
    Legal,
    /// Runs the installation: releases, budgets.
    Admin,
    /// Reads the record of decisions.
    Auditor,
    /// Asks protected questions.
    Researcher,
}

/// The one the decision is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Subject {
    /// No token was sent.
    Anonymous,
    /// A public body, by Maskinporten's consumer claim.
    Organisation {
        /// The consumer, never the supplier.
        organisation: OrganisationNumber,
    },
    /// A person signed in through OIDC.
    Person {
        /// Issuer of the identity.
        issuer: String,
        /// Stable subject at that issuer.
        subject: String,
        /// Roles the issuer's configuration gave.
        roles: BTreeSet<Role>,
        /// The body the person acts for, if any.
        organisation: Option<OrganisationNumber>,
    },
}

/// A caller whose token has been verified, or nobody in particular.
///
/// INVARIANT: [`Caller::verified`] is called by the token verifier alone; a test holds that.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Caller {
    subject: Subject,
    scopes: BTreeSet<String>,
    supplier: Option<OrganisationNumber>,
    client: Option<String>,
    person: Option<String>,
    relay: Option<OrganisationNumber>,
}

impl Caller {
    /// A caller without a token: tier protected, public tables only.
    #[must_use]
    pub const fn anonymous() -> Self {
        Self {
            subject: Subject::Anonymous,
            scopes: BTreeSet::new(),
            supplier: None,
            client: None,
            person: None,
            relay: None,
        }
    }

    /// What a verified token says.
    #[must_use]
    pub fn verified(
        subject: Subject,
        scopes: BTreeSet<String>,
        supplier: Option<OrganisationNumber>,
        client: Option<String>,
    ) -> Self {
        Self { subject, scopes, supplier, client, person: None, relay: None }
    }

    /// Somebody who is not there, to ask what would be decided; nothing that comes of it can be used.
    pub(crate) const fn as_if(
        subject: Subject,
        scopes: BTreeSet<String>,
        supplier: Option<OrganisationNumber>,
    ) -> Self {
        Self { subject, scopes, supplier, client: None, person: None, relay: None }
    }

    /// The same caller, with the issuer's name for the person behind the account: one person may have
    /// several accounts. It is for telling persons apart and for nothing else; it is never written down.
    #[must_use]
    pub fn of_person(self, person: Option<String>) -> Self {
        Self { person, ..self }
    }

    /// The same caller, whose question another node brings. Who asks stays who asked; that node is for the record.
    #[must_use]
    pub fn relayed_by(self, node: OrganisationNumber) -> Self {
        Self { relay: Some(node), ..self }
    }

    /// The node that brings the question, if it did not come from the caller itself.
    #[must_use]
    pub const fn relay(&self) -> Option<OrganisationNumber> {
        self.relay
    }

    /// The person behind the account, where the issuer says.
    #[must_use]
    pub fn person(&self) -> Option<&str> {
        self.person.as_deref()
    }

    /// Who it is.
    #[must_use]
    pub const fn subject(&self) -> &Subject {
        &self.subject
    }

    /// The body whose grants apply, if there is one.
    #[must_use]
    pub fn organisation(&self) -> Option<OrganisationNumber> {
        match &self.subject {
            Subject::Anonymous => None,
            Subject::Organisation { organisation } => Some(*organisation),
            Subject::Person { organisation, .. } => *organisation,
        }
    }

    /// Whether the token carries this scope, by exact comparison.
    #[must_use]
    pub fn has_scope(&self, scope: &str) -> bool {
        self.scopes.contains(scope)
    }

    /// The scopes of the token.
    #[must_use]
    pub const fn scopes(&self) -> &BTreeSet<String> {
        &self.scopes
    }

    /// The data processor that made the call for the consumer; for the record, never for the decision
    /// beyond the grant's list of allowed suppliers.
    #[must_use]
    pub const fn supplier(&self) -> Option<OrganisationNumber> {
        self.supplier
    }

    /// The client id, for the record only.
    #[must_use]
    pub fn client(&self) -> Option<&str> {
        self.client.as_deref()
    }
}
