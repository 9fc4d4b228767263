//! Trying a change before it takes effect: the policy as it would be, what it would show to whom, which saved
//! tests it would fail, and which real requests it would answer otherwise.

use crate::app::{AppError, policy_of};
use crate::command::policy_row;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_kostra::Language;
use hjemmel_policy::question::Question;
use hjemmel_policy::{Decision, GrantTerms, Outcome, Policy, State};
use hjemmel_store::{DecisionFilter, PolicyTest, Store};
use serde::Serialize;
use serde_json::{Value, json};
use std::collections::HashMap;

/// The most recorded requests that are asked again.
const MOST: usize = 50_000;
/// How many changed answers are listed.
const LISTED: usize = 100;

/// A saved test that is not kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Failed {
    /// Its name.
    pub name: String,
    /// What should be decided.
    pub expected: String,
    /// Why it is there.
    pub reason: String,
    /// What would be decided, in words.
    pub explanation: String,
}

/// The policy as it is, and as it would be with one version of a grant in force.
///
/// # Errors
/// When either cannot be made.
pub fn with_in_force(store: &Store, terms: &GrantTerms) -> Result<(Policy, Policy), AppError> {
    let stored = store.policy_at(None)?;
    let mut after = stored.clone();
    let mut active = terms.clone();
    active.state = State::Active;
    // Who has not acted yet will have, or it never comes into force; what it would open is told before they do.
    let to_come = |who: &str| Some(format!("{who}, to come"));
    active.reviewer = active.reviewer.or_else(|| to_come("reviewer"));
    active.approver = active.approver.or_else(|| to_come("approver"));
    let unwritable = |_| hjemmel_store::Error::Corrupt("a grant cannot be written".to_owned());
    let row = policy_row(&active).map_err(unwritable)?;
    after.grants.retain(|grant| grant.id != row.id);
    after.grants.push(row);
    Ok((policy_of(stored)?, policy_of(after)?))
}

/// The saved tests a policy does not keep, and the grants it would set aside.
#[must_use]
pub fn failed(policy: &Policy, tests: &[PolicyTest], now: DateTime<Utc>) -> Vec<Failed> {
    let mut failed = Vec::new();
    for test in tests {
        let Ok(question) = serde_json::from_str::<Question>(&test.question) else {
            failed.push(Failed {
                name: test.name.clone(),
                expected: test.expected.clone(),
                reason: test.reason.clone(),
                explanation: "the saved question cannot be read".to_owned(),
            });
            continue;
        };
        let decision = policy.would(&question, now);
        if word(&decision) != test.expected {
            failed.push(Failed {
                name: test.name.clone(),
                expected: test.expected.clone(),
                reason: test.reason.clone(),
                explanation: decision.explain(Language::Nb),
            });
        }
    }
    failed.extend(invariants(policy, now));
    failed
}

/// What holds of every policy, whoever signed what is in it.
fn invariants(policy: &Policy, now: DateTime<Utc>) -> Vec<Failed> {
    let failed = |name: &str, reason: &str, explanation: String| Failed {
        name: name.to_owned(),
        expected: "denied".to_owned(),
        reason: reason.to_owned(),
        explanation,
    };
    let matrix = policy.matrix(now);
    let grants: HashMap<&str, &GrantTerms> =
        policy.grants().map(|grant| (grant.id.as_str(), grant)).collect();
    let mut found = Vec::new();
    for row in matrix.rows() {
        let known = grants.get(row.grant.as_str()).is_some_and(|grant| {
            grant.state == State::Active
                && grant.holds_at(now)
                && grant.recipient.organisation == row.recipient
                && grant.tier >= row.tier
                && grant.years.contains(&row.year)
        });
        if !known {
            found.push(failed(
                "no-grant-no-access",
                "nobody sees more than the protected tables without an active grant",
                format!(
                    "{} would see form {} at tier {}",
                    row.recipient,
                    row.form,
                    row.tier.code()
                ),
            ));
        }
    }
    found.dedup();
    found
}

const fn word(decision: &Decision) -> &'static str {
    match decision.outcome {
        Outcome::Allowed => "allowed",
        Outcome::Denied => "denied",
    }
}

/// Asks the real requests of the last days again, under what is and under what would be, and lists the answers
/// that differ.
///
/// # Errors
/// When the record cannot be read.
pub fn replay(
    store: &Store,
    (before, after): (&Policy, &Policy),
    days: u32,
    now: DateTime<Utc>,
) -> Result<Value, hjemmel_store::Error> {
    let from = Some(now - TimeDelta::days(i64::from(days)));
    let filter = DecisionFilter { from, ..DecisionFilter::default() };
    let (mut asked, mut changed, mut listed) = (0usize, 0usize, Vec::new());
    let mut place = None;
    while asked < MOST {
        let page = store.decisions(&filter, place, 1_000)?;
        let Some(last) = page.last() else { break };
        place = Some(last.seq);
        for stored in &page {
            let Ok(recorded) = serde_json::from_str::<Decision>(&stored.row.body) else { continue };
            let Some(question) = Question::of(&recorded) else { continue };
            asked += 1;
            let (was, is) = (before.would(&question, now), after.would(&question, now));
            let reach = |d: &Decision| (d.outcome, d.tier, d.columns.clone(), d.population.clone());
            if reach(&was) != reach(&is) {
                changed += 1;
                if listed.len() < LISTED {
                    listed.push(json!({
                        "decision": recorded.id, "at": recorded.at, "question": question,
                        "before": word(&was), "after": word(&is),
                        "explanation": is.explain(Language::Nb),
                    }));
                }
            }
        }
    }
    Ok(json!({ "days": days, "asked": asked, "changed": changed, "listed": listed }))
}
