//! Steps and other deeds as events of the record. No name and no reason is in them: a person stands there by a
//! commitment, and what was written by its salted hash, so that both can be proved and neither read.

use crate::problem::{Kind, Problem};
use chrono::{DateTime, Utc};
use hjemmel_policy::Actor;
use hjemmel_store::{DecisionRow, NewStep};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A deed to be recorded.
#[derive(Debug, Clone)]
pub struct Deed<'a> {
    /// What was done: `stop:make`.
    pub action: &'a str,
    /// To what.
    pub resource: Value,
    /// What there is to say about it that names nobody.
    pub about: Value,
    /// The grant it is about, and its version.
    pub grant: Option<(&'a str, u32)>,
}

/// A deed as an event; `person` is the commitment that stands for the actor, where it is a person.
///
/// # Errors
/// When it cannot be encoded.
pub fn of_deed(
    deed: &Deed<'_>,
    actor: &Actor,
    person: Option<&str>,
    policy_version: u64,
    now: DateTime<Utc>,
) -> Result<DecisionRow, Problem> {
    let kind = match actor {
        Actor::Organisation { .. } => "organisation",
        Actor::Person { .. } | Actor::Named { .. } => "person",
        Actor::Installation => "installation",
    };
    let mut body = deed.about.clone();
    if let (Some(members), Some(person)) = (body.as_object_mut(), person) {
        members.insert("person".to_owned(), person.into());
    }
    Ok(DecisionRow {
        id: Uuid::now_v7(),
        at: now,
        policy_version: i64::try_from(policy_version).map_err(|_| Problem::new(Kind::Internal))?,
        subject_kind: kind.to_owned(),
        organisation: actor.organisation().map(|number| number.to_string()),
        supplier: None,
        client: None,
        action: deed.action.to_owned(),
        resource: deed.resource.to_string(),
        outcome: "done".to_owned(),
        grant_id: deed.grant.map(|(id, _)| id.to_owned()),
        grant_version: deed.grant.map(|(_, version)| version),
        body: body.to_string(),
    })
}

/// A step of a case as an event.
///
/// # Errors
/// When it cannot be encoded.
pub fn of_step(
    step: &NewStep,
    actor: &Actor,
    person: Option<&str>,
    policy_version: u64,
) -> Result<DecisionRow, Problem> {
    let case = &step.case;
    let salt = Uuid::new_v4().simple().to_string();
    let deed = Deed {
        action: &format!("grant:{}", step.act),
        resource: json!({ "grant": case.id, "version": case.version, "revision": case.revision }),
        about: json!({ "from": step.from_state, "to": case.state, "salt": salt,
            "case": hex::encode(Sha256::new().chain_update(&salt).chain_update(&case.body).finalize()) }),
        grant: Some((&case.id, case.version)),
    };
    of_deed(&deed, actor, person, policy_version, case.updated_at)
}
