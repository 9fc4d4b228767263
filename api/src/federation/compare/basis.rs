//! The legal basis of comparing what is said of persons: a grant of the other body, for this node's register, that names each
//! field that is compared.

use super::Refusal;
use crate::app::App;
use crate::fault::with_causes;
use crate::journal;
use chrono::Utc;
use hjemmel_federation::NodeId;
use hjemmel_kostra::agreement::Variable;
use hjemmel_kostra::{Form, Language, Text};
use hjemmel_policy::{Compare, Comparing, Decided, Grant, OrganisationNumber};
use std::collections::BTreeSet;

/// The grant, if anything is compared besides who the persons are. The decision is durable, whichever way it went. This blocks.
///
/// # Errors
/// There is none, or the decision cannot be recorded.
pub fn basis(
    app: &App,
    register: (Form, u16),
    variables: &BTreeSet<Variable>,
    with: NodeId,
) -> Result<Option<Grant<Compare>>, Refusal> {
    if variables.is_empty() {
        return Ok(None);
    }
    let policy = app.policy().map_err(|_| Refusal::Unavailable)?;
    let with = OrganisationNumber::parse(with.as_str()).map_err(|_| Refusal::NoPart)?;
    let decided = policy.decide_comparison(Comparing::new(register, variables, with), Utc::now());
    let row = journal::row(decided.decision()).map_err(|_| Refusal::Unavailable)?;
    app.store().record_decisions(&[row]).map_err(|error| {
        tracing::error!(error = with_causes(&error), "a decision cannot be recorded");
        Refusal::Unavailable
    })?;
    match decided {
        Decided::Allowed(grant, _) => Ok(Some(grant)),
        Decided::Denied(decision) => Err(Refusal::Basis(Text::new(
            decision.explain(Language::Nb),
            decision.explain(Language::En),
        ))),
    }
}

/// Whether the basis still holds: what is asked before every word.
pub(super) fn holds(app: &App, basis: Option<&Grant<Compare>>) -> Result<(), Refusal> {
    let Some(basis) = basis else { return Ok(()) };
    let policy = app.policy().map_err(|_| Refusal::Unavailable)?;
    let of = basis.obligations();
    let is_open = policy.is_open(&of.grant_id, of.grant_version, Utc::now());
    if is_open { Ok(()) } else { Err(Refusal::Withdrawn) }
}

/// The grant by its id.
pub(super) fn named(basis: Option<&Grant<Compare>>) -> Option<&str> {
    basis.map(|grant| grant.obligations().grant_id.as_str())
}
