//! From the policy as it is stored to the one that decides.

use super::{AppError, columns_of};
use hjemmel_policy::{GrantTerms, Policy, State, Stop};

/// The policy as it was stored, to decide by. Each grant is in the state it was in, whatever its terms said
/// when they were written.
///
/// # Errors
/// When a grant or stop cannot be read, or the access rules do not load: then nothing is decided.
pub fn policy_of(stored: hjemmel_store::StoredPolicy) -> Result<Policy, AppError> {
    let mut grants = Vec::with_capacity(stored.grants.len());
    for row in stored.grants {
        let read = serde_json::from_str::<GrantTerms>(&row.terms);
        let mut terms = read.map_err(|source| AppError::Grant { id: row.id.clone(), source })?;
        terms.state = State::parse(&row.state).ok_or_else(|| unreadable("grant", &row.id))?;
        grants.push(terms);
    }
    let stops = stops_of(stored.stops)?;
    let version = u64::try_from(stored.version).unwrap_or_default();
    let policy = Policy::build(grants, version, &columns_of)?.under(&stops);
    for (grant, _) in policy.set_aside() {
        tracing::error!(grant = grant.id, "a stored grant breaks a hard rule and is set aside");
    }
    Ok(policy)
}

pub(super) fn stops_of(stored: Vec<hjemmel_store::Stop>) -> Result<Vec<Stop>, AppError> {
    stored
        .into_iter()
        .map(|stop| {
            let known = Stop::parse(&stop.kind, &stop.target);
            known.ok_or_else(|| unreadable("stop", &stop.id.to_string()))
        })
        .collect()
}

fn unreadable(what: &str, id: &str) -> AppError {
    hjemmel_store::Error::Corrupt(format!("{what} `{id}` cannot be read")).into()
}
