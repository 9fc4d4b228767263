//! Organisations: what a token from Maskinporten says about who asks.

use super::Reason;
use super::claims::organisation;
use hjemmel_policy::{OrganisationNumber, Subject};
use serde_json::{Map, Value};

const SYSTEM_USER: &str = "urn:altinn:systemuser";

/// The consumer, and the supplier that calls on its behalf.
///
/// Three tokens look like an organisation's and are not: a system user's, whose consumer is the
/// supplier; a person-restricted one, which speaks for one person only; and one with a supplier that
/// nobody delegated to.
pub(super) fn subject(
    claims: &Map<String, Value>,
) -> Result<(Subject, Option<OrganisationNumber>), Reason> {
    if claims.contains_key("pid") {
        return Err(Reason::PidPresent);
    }
    authorization_details(claims)?;
    let consumer = claims.get("consumer").ok_or(Reason::ConsumerMissing)?;
    let consumer = organisation(consumer).ok_or(Reason::ConsumerInvalid)?;
    let supplier = supplier(claims)?;
    Ok((Subject::Organisation { organisation: consumer }, supplier))
}

/// Authorisation details narrow what a token is good for; those we cannot read we cannot keep to.
fn authorization_details(claims: &Map<String, Value>) -> Result<(), Reason> {
    let details = match claims.get("authorization_details") {
        None => return Ok(()),
        Some(Value::Array(details)) => details,
        Some(_) => return Err(Reason::AuthorizationDetailsUnknown),
    };
    let is_system_user =
        |detail: &Value| detail.get("type").and_then(Value::as_str) == Some(SYSTEM_USER);
    if details.iter().any(is_system_user) {
        return Err(Reason::SystemUser);
    }
    if details.is_empty() { Ok(()) } else { Err(Reason::AuthorizationDetailsUnknown) }
}

fn supplier(claims: &Map<String, Value>) -> Result<Option<OrganisationNumber>, Reason> {
    match (claims.get("supplier"), claims.get("delegation_source")) {
        (None, None) => Ok(None),
        (Some(supplier), Some(Value::String(source))) if source.starts_with("https://") => {
            organisation(supplier).map(Some).ok_or(Reason::SupplierInvalid)
        }
        _ => Err(Reason::SupplierWithoutDelegation),
    }
}
