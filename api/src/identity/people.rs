//! People: what an OIDC access token says about who asks.

use super::Reason;
use super::claims::{organisation, short_string};
use super::config::{IssuerConfig, People};
use hjemmel_policy::{OrganisationNumber, Role, Subject};
use serde_json::{Map, Value};
use std::collections::BTreeSet;

/// The person, with the roles and the body that the configured claims give and no others.
pub(super) fn subject(
    config: &IssuerConfig,
    claims: &Map<String, Value>,
) -> Result<Subject, Reason> {
    let subject = short_string(claims, "sub", Reason::SubMissing)?.ok_or(Reason::SubMissing)?;
    let (roles, organisation) = match &config.people {
        Some(people) => (roles(people, claims)?, acts_for(people, claims)?),
        None => (BTreeSet::new(), None),
    };
    Ok(Subject::Person { issuer: config.issuer.clone(), subject, roles, organisation })
}

fn roles(people: &People, claims: &Map<String, Value>) -> Result<BTreeSet<Role>, Reason> {
    let given = match claims.get(&people.roles_claim) {
        None => return Ok(BTreeSet::new()),
        Some(Value::Array(values)) => values.iter().map(Value::as_str).collect(),
        Some(value) => value.as_str().map(|text| vec![text]),
    };
    let given: Vec<&str> = given.ok_or(Reason::RolesMalformed)?;
    Ok(given.iter().filter_map(|name| people.roles.get(*name).copied()).collect())
}

/// A person may sign in without representing anybody, so a missing claim is no organisation.
fn acts_for(
    people: &People,
    claims: &Map<String, Value>,
) -> Result<Option<OrganisationNumber>, Reason> {
    let Some(value) = people.organisation_claim.as_ref().and_then(|name| claims.get(name)) else {
        return Ok(None);
    };
    let found = match value {
        Value::String(text) => {
            OrganisationNumber::parse(text.strip_prefix("0192:").unwrap_or(text)).ok()
        }
        other => organisation(other),
    };
    found.map(Some).ok_or(Reason::OrganisationInvalid)
}

/// The person behind the account, where the issuer is set up to say.
pub(super) fn person(
    config: &IssuerConfig,
    claims: &Map<String, Value>,
) -> Result<Option<String>, Reason> {
    let claim = config.people.as_ref().and_then(|people| people.person_claim.as_ref());
    // Without it two accounts of one person would pass for two persons.
    match claim {
        Some(name) => short_string(claims, name, Reason::PersonInvalid)?
            .ok_or(Reason::PersonInvalid)
            .map(Some),
        None => Ok(None),
    }
}
