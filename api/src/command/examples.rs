//! The cases of the demonstration: one application at each stage, so that every step can be tried.

use super::Failure;
use super::installation::Installation;
use crate::app::columns_of;
use crate::grants::{event, force, mark};
use crate::identity::PEOPLE;
use chrono::{DateTime, Utc};
use hjemmel_kostra::Text;
use hjemmel_policy::case::Words;
use hjemmel_policy::terms::{Document, Recipient};
use hjemmel_policy::{Act, Actor, Case, GrantTerms, OrganisationNumber, Role};
use hjemmel_store::{Force, NewStep, StatuteRow};
use std::collections::BTreeSet;

/// Who applies: a body of the demonstration that has no grant.
const APPLICANT: (&str, &str) = ("972417793", "Barne- og familiedepartementet (BFD)");
/// The grant whose terms the applications are made of.
const LIKE: &str = "husbanken-11-housing";

/// How far each application has come, and by which steps.
const STAGES: [(&str, &[Act]); 7] = [
    ("bfd-utkast", &[]),
    ("bfd-innsendt", &[Act::Submit]),
    ("bfd-komplett", &[Act::Submit, Act::Complete]),
    ("bfd-vurdert", &[Act::Submit, Act::Complete, Act::Review]),
    ("bfd-godkjent", &[Act::Submit, Act::Complete, Act::Review, Act::Approve]),
    ("bfd-akseptert", &[Act::Submit, Act::Complete, Act::Review, Act::Approve, Act::Accept]),
    ("bfd-avslag", &[Act::Submit, Act::Reject]),
];

/// Puts the provisions of the demonstration's grants into the register and opens the cases.
pub fn open(
    installation: &Installation,
    grants: &[GrantTerms],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    register(installation, grants, now)?;
    let like = grants.iter().find(|grant| grant.id == LIKE);
    let like = like.ok_or_else(|| Failure::new("the demonstration lacks a grant"))?;
    let organisation = OrganisationNumber::parse(APPLICANT.0)?;
    let applicant = Actor::Organisation { organisation };
    for (id, acts) in STAGES {
        let mut terms = like.clone();
        id.clone_into(&mut terms.id);
        "EKSEMPEL-2026/201".clone_into(&mut terms.case_reference);
        terms.title = Text::new(
            "BFD: sosialhjelp etter bosituasjon (eksempel på søknad)",
            "BFD: social assistance by housing (example application)",
        );
        terms.recipient =
            Recipient { organisation, name: APPLICANT.1.to_owned(), kommune: BTreeSet::new() };
        let refused = |refused: hjemmel_policy::Refused| Failure::new(refused.text().en);
        let case = Case::draft(terms, 1, applicant.clone()).map_err(refused)?;
        take(installation, (None, Act::Edit), &case, &applicant, now)?;
        let mut before = case;
        for act in acts {
            let actor = match act {
                Act::Submit | Act::Accept => applicant.clone(),
                Act::Approve => person(installation, "legal2"),
                _ => person(installation, "legal"),
            };
            let words = Words {
                reason: Some("eksempel".to_owned()),
                memo: Some(Document { reference: "EKSEMPEL-2026/201-3".to_owned(), sha256: None }),
            };
            let after = before.take(*act, &actor, words, now, &columns_of).map_err(refused)?;
            take(installation, (Some(&before), *act), &after, &actor, now)?;
            before = after;
        }
    }
    Ok(())
}

fn person(installation: &Installation, name: &str) -> Actor {
    Actor::Person {
        issuer: PEOPLE.to_owned(),
        subject: name.to_owned(),
        roles: BTreeSet::from([Role::Legal]),
        organisation: None,
        person: Some(mark(installation.keys.archive_key(), name)),
    }
}

fn take(
    installation: &Installation,
    (before, act): (Option<&Case>, Act),
    after: &Case,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let unwritable = |_| Failure::new("a case cannot be written");
    let step = NewStep {
        case: force::row(after, now).map_err(unwritable)?,
        act: if before.is_none() { "draft" } else { act.code() }.to_owned(),
        from_state: before.map(|case| case.terms.state.code().to_owned()),
        actor: serde_json::to_string(actor)?,
        reason: after.reason.clone().filter(|_| act.needs_reason()),
    };
    let person = match actor {
        Actor::Person { .. } => Some(installation.store.commit_person(&actor.to_string())?),
        _ => None,
    };
    let policy = u64::try_from(installation.store.policy_version()?).unwrap_or_default();
    let event = event::of_step(&step, actor, person.as_deref(), policy).map_err(unwritable)?;
    let about = (actor.to_string(), format!("{} {}", after.terms.id, step.act));
    let record = [event];
    let steps = [step];
    installation.store.take_steps(&steps, &Force::Unchanged, (&about.0, &about.1), &record)?;
    Ok(())
}

fn register(
    installation: &Installation,
    grants: &[GrantTerms],
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let mut known = BTreeSet::new();
    for statute in grants.iter().flat_map(|g| g.statutes.iter().chain(&g.confidentiality_lift)) {
        if known.insert(statute.key()) {
            installation.store.add_statute(&StatuteRow {
                id: statute.key(),
                version: 1,
                act: statute.act.clone(),
                lov: statute.lov.clone(),
                section: statute.section.clone(),
                url: statute.url.clone(),
                text_sha256: None,
                valid_from: None,
                valid_to: None,
                note: "eksempel; teksten er ikke lest inn".to_owned(),
                recorded_at: now,
                recorded_by: serde_json::to_string(&Actor::Installation)?,
            })?;
        }
    }
    Ok(())
}
