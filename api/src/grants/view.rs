//! A case as it is shown: the terms in full, the people by name, and what the reader could do next.

use super::{Held, tag};
use crate::app::columns_of;
use chrono::{DateTime, Utc};
use hjemmel_kostra::Language;
use hjemmel_policy::{Act, Actor, Case, State, Violation, diff};
use hjemmel_store::StepRow;
use serde_json::{Value, json};

/// A line in a list.
#[must_use]
pub fn line(case: &Case, language: Language) -> Value {
    let terms = &case.terms;
    json!({
        "id": terms.id, "version": terms.version, "revision": case.revision,
        "state": terms.state, "stateText": terms.state.label().in_language(language),
        "title": terms.title.in_language(language),
        "recipient": terms.recipient, "dataset": terms.product.dataset(), "tier": terms.tier,
        "validFrom": terms.valid_from, "validTo": terms.valid_to, "reviewDue": case.review_due(),
        "href": format!("/v1/grants/{}", terms.id),
    })
}

/// One version in full, for one reader.
#[must_use]
pub fn whole(held: &Held, versions: &[Held], reader: &Actor, language: Language) -> Value {
    let case = &held.case;
    let in_force = versions.iter().find(|other| other.case.terms.state.is_in_force());
    let steps: Vec<Value> = case
        .open_to(reader)
        .into_iter()
        .map(|act| {
            json!({ "step": act, "text": act.label().in_language(language),
            "needsReason": act.needs_reason(), "href": href(case, act) })
        })
        .collect();
    json!({
        "id": case.terms.id, "version": case.terms.version, "revision": case.revision,
        "state": case.terms.state,
        "stateText": case.terms.state.label().in_language(language),
        "terms": case.terms,
        "inWords": case.terms.in_words(language),
        "authors": case.authors.iter().map(person).collect::<Vec<_>>(),
        "completedBy": case.completed_by.as_ref().map(person),
        "reviewer": case.reviewer.as_ref().map(person),
        "approver": case.approver.as_ref().map(person),
        "acceptedBy": case.accepted_by.as_ref().map(person),
        "suspendedBy": case.suspended_by.as_ref().map(person),
        "reason": case.reason,
        "deletion": case.deletion.as_ref().map(|deletion| json!({
            "by": person(&deletion.by), "at": deletion.at, "text": deletion.text })),
        "recertified": case.recertified.as_ref().map(|looked| json!({
            "by": person(&looked.by), "at": looked.at, "until": looked.until })),
        "violations": violations(&case.violations(&columns_of), language),
        "inForce": in_force.map(|held| json!({ "version": held.case.terms.version,
            "state": held.case.terms.state, "etag": tag(&held.case) })),
        "versions": versions.iter().map(|held| held.case.terms.version).collect::<Vec<_>>(),
        "steps": steps,
        "history": format!("/v1/grants/{}/history", case.terms.id),
    })
}

fn href(case: &Case, act: Act) -> String {
    match act {
        Act::Edit => format!("/v1/grants/{}", case.terms.id),
        act => format!("/v1/grants/{}/{}", case.terms.id, act.code()),
    }
}

/// A person or body by name, without the mark that only tells persons apart.
#[must_use]
pub fn person(actor: &Actor) -> Value {
    json!({ "name": actor.to_string(), "organisation": actor.organisation() })
}

/// Broken rules, each with its field and words.
#[must_use]
pub fn violations(violations: &[Violation], language: Language) -> Value {
    violations
        .iter()
        .map(|one| json!({ "rule": one.rule, "field": one.field, "text": one.text.in_language(language) }))
        .collect()
}

/// The steps of a grant, each with what it changed in the terms.
#[must_use]
pub fn history(steps: &[StepRow], language: Language) -> Value {
    let mut before: Option<Case> = None;
    let mut told = Vec::with_capacity(steps.len());
    for step in steps {
        let after: Option<Case> = serde_json::from_str(&step.body).ok();
        let changes: Vec<String> = match (&before, &after) {
            (Some(before), Some(after)) => {
                diff(std::slice::from_ref(&before.terms), std::slice::from_ref(&after.terms))
                    .iter()
                    .map(|change| change.describe(language))
                    .collect()
            }
            _ => Vec::new(),
        };
        let by: Option<Actor> = serde_json::from_str(&step.actor).ok();
        told.push(json!({
            "version": step.version, "revision": step.revision,
            "at": time(step.at), "step": step.act, "stepText": step_text(&step.act, language),
            "from": step.from_state, "to": step.to_state, "toText": state_text(&step.to_state, language),
            "by": by.as_ref().map(person), "reason": step.reason, "changes": changes,
        }));
        before = after;
    }
    Value::Array(told)
}

fn step_text(word: &str, language: Language) -> Option<String> {
    let act = Act::ALL.into_iter().find(|act| act.code() == word)?;
    Some(act.label().in_language(language).to_owned())
}

fn state_text(word: &str, language: Language) -> Option<String> {
    Some(State::parse(word)?.label().in_language(language).to_owned())
}

fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
}
