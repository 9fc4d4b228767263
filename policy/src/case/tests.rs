mod diagram;
mod emergency;
mod review;
mod who;

use super::*;
use crate::terms::tests::{columns, demo_grant};
use crate::{HardRule, OrganisationNumber, Role};
use std::collections::BTreeSet;

const NAV: &str = "889640782";

fn now() -> DateTime<Utc> {
    "2026-06-01T12:00:00Z".parse().unwrap()
}

fn person(subject: &str, roles: &[Role]) -> Actor {
    Actor::Person {
        issuer: "https://people".into(),
        subject: subject.into(),
        roles: roles.iter().copied().collect(),
        organisation: None,
        person: None,
    }
}

fn nav() -> Actor {
    Actor::Organisation { organisation: OrganisationNumber::parse(NAV).unwrap() }
}

fn legal() -> Actor {
    person("legal", &[Role::Legal])
}

fn legal2() -> Actor {
    person("legal2", &[Role::Legal])
}

fn words(reason: &str) -> Words {
    Words { reason: Some(reason.into()), memo: None }
}

fn draft() -> Case {
    Case::draft(demo_grant("nav-11-pseudonymised"), 1, nav()).unwrap()
}

#[track_caller]
fn take(case: &Case, act: Act, actor: &Actor) -> Case {
    case.take(act, actor, words("because"), now(), &columns).unwrap()
}

fn along(acts: &[(Act, Actor)]) -> Case {
    acts.iter().fold(draft(), |case, (act, actor)| take(&case, *act, actor))
}

fn to_reviewed() -> Vec<(Act, Actor)> {
    vec![(Act::Submit, nav()), (Act::Complete, legal()), (Act::Review, legal())]
}

fn active() -> Case {
    let mut acts = to_reviewed();
    acts.extend([(Act::Approve, legal2()), (Act::Accept, nav()), (Act::Activate, legal())]);
    along(&acts)
}

#[test]
fn a_draft_takes_nothing_of_state_version_and_people_from_its_terms() {
    let case = draft();
    assert_eq!(case.terms.state, State::Draft);
    assert_eq!((case.terms.version, case.revision), (1, 1));
    assert_eq!(case.terms.applicant, NAV);
    assert_eq!((&case.terms.reviewer, &case.terms.approver), (&None, &None));
}

#[test]
fn a_body_applies_for_itself_alone() {
    let other =
        Actor::Organisation { organisation: OrganisationNumber::parse("971032146").unwrap() };
    let terms = demo_grant("nav-11-pseudonymised");
    assert_eq!(Case::draft(terms.clone(), 1, other), Err(Refused::OtherRecipient));
    assert!(Case::draft(terms, 1, legal()).is_ok());
}

#[test]
fn a_whole_life_takes_every_gate() {
    let case = active();
    assert_eq!(case.terms.state, State::Active);
    assert_eq!(case.terms.validate(&columns), Ok(()));
    let case = take(&case, Act::Suspend, &legal());
    let case = take(&case, Act::Resume, &legal2());
    let case = take(&case, Act::Revoke, &person("admin", &[Role::Admin]));
    let case = take(&case, Act::Attest, &nav());
    assert_eq!(case.terms.state, State::Closed);
    assert_eq!(case.deletion.unwrap().text, "because");
}

#[test]
fn one_person_does_not_decide_alone() {
    let four = |case: &Case, act, actor: &Actor| {
        let refused = case.take(act, actor, words("x"), now(), &columns).unwrap_err();
        assert!(matches!(refused, Refused::FourEyes { .. }), "{act:?} {refused:?}");
    };
    let reviewed = along(&to_reviewed());
    four(&reviewed, Act::Approve, &legal());
    let own = Case::draft(demo_grant("nav-11-pseudonymised"), 1, legal()).unwrap();
    let own = take(&take(&own, Act::Submit, &legal()), Act::Complete, &legal2());
    four(&own, Act::Review, &legal());
    let own = take(&own, Act::Review, &legal2());
    four(&own, Act::Approve, &legal());
    four(&own, Act::Approve, &legal2());
    four(&take(&active(), Act::Suspend, &legal()), Act::Resume, &legal());
}

#[test]
fn two_accounts_of_one_person_are_one_person() {
    let marked = |subject: &str| match person(subject, &[Role::Legal]) {
        Actor::Person { issuer, subject, roles, organisation, .. } => {
            Actor::Person { issuer, subject, roles, organisation, person: Some("mark".into()) }
        }
        other => other,
    };
    let mut acts = to_reviewed();
    acts[2].1 = marked("kari");
    let reviewed = along(&acts);
    let refused = reviewed.take(Act::Approve, &marked("kari-admin"), words("x"), now(), &columns);
    assert!(matches!(refused, Err(Refused::FourEyes { .. })), "{refused:?}");
    let elsewhere = Actor::Person {
        issuer: "https://elsewhere".into(),
        subject: "Kari ".into(),
        roles: BTreeSet::from([Role::Admin]),
        organisation: None,
        person: None,
    };
    let refused = reviewed.take(Act::Approve, &elsewhere, words("x"), now(), &columns);
    assert!(matches!(refused, Err(Refused::FourEyes { .. })), "{refused:?}");
}

#[test]
fn whoever_works_for_the_recipient_decides_nothing_about_it() {
    let insider = Actor::Person {
        issuer: "https://people".into(),
        subject: "insider".into(),
        roles: BTreeSet::from([Role::Legal, Role::Admin]),
        organisation: Some(OrganisationNumber::parse(NAV).unwrap()),
        person: None,
    };
    let case = along(&to_reviewed()[..1]);
    for act in [Act::Complete, Act::Return, Act::Reject] {
        let refused = case.take(act, &insider, words("x"), now(), &columns);
        assert_eq!(refused, Err(Refused::NotYours { act }));
    }
}

#[test]
fn editing_after_approval_voids_it() {
    let mut acts = to_reviewed();
    acts.push((Act::Approve, legal2()));
    let approved = along(&acts);
    assert!(approved.terms.approver.is_some());
    let mut terms = approved.terms.clone();
    terms.state = State::Active;
    terms.version = 9;
    terms.years = [2024].into();
    let edited = approved.edit(terms, nav()).unwrap();
    assert_eq!(edited.terms.state, State::Draft);
    assert_eq!(edited.terms.version, 1);
    assert_eq!((&edited.reviewer, &edited.approver), (&None, &None));
    assert_eq!((&edited.terms.reviewer, &edited.terms.approver), (&None, &None));
    assert_eq!(edited.revision, approved.revision + 1);
    assert!(active().edit(demo_grant("nav-11-pseudonymised"), nav()).is_err());
}

#[test]
fn hard_rules_refuse_by_name_at_every_gate() {
    let mut terms = demo_grant("nav-11-pseudonymised");
    terms.gdpr.art9 = None;
    terms.columns = crate::terms::Columns::Listed(BTreeSet::from(["TRYGDESIT".into()]));
    let case = Case::draft(terms, 1, nav()).unwrap();
    let refused = case.take(Act::Submit, &nav(), Words::default(), now(), &columns);
    let Err(Refused::Rules(violations)) = refused else { panic!("{refused:?}") };
    assert_eq!(violations[0].rule, HardRule::SpecialCategories);
    let late = "2031-01-01T00:00:00Z".parse().unwrap();
    let refused = draft().take(Act::Submit, &nav(), Words::default(), late, &columns);
    assert!(matches!(refused, Err(Refused::Rules(v)) if v[0].rule == HardRule::Dates));
}

#[test]
fn every_step_is_refused_in_every_other_state_and_to_everyone_else() {
    let people = [
        nav(),
        legal(),
        legal2(),
        person("admin", &[Role::Admin]),
        person("auditor", &[Role::Auditor]),
        person("researcher", &[Role::Researcher]),
    ];
    for state in State::ALL {
        for act in Act::ALL {
            let mut case = draft();
            case.terms.state = state;
            for actor in &people {
                let taken = case.take(act, actor, words("x"), now(), &columns);
                if !act.from().contains(&state) {
                    assert!(taken.is_err(), "{act:?} in {state:?}");
                }
                if actor.has(Role::Auditor) || actor.has(Role::Researcher) || act == Act::Expire {
                    assert_eq!(taken, Err(Refused::NotYours { act }));
                }
            }
        }
    }
}

#[test]
fn reasons_must_be_given() {
    let submitted = along(&to_reviewed()[..1]);
    for act in [Act::Reject, Act::Return] {
        let blank = submitted.take(act, &legal(), words("  "), now(), &columns);
        assert_eq!(blank, Err(Refused::NoReason { act }));
    }
}

#[test]
fn an_amendment_is_a_draft_beside_what_is_in_force() {
    let active = active();
    let next = active.amend(nav()).unwrap();
    assert_eq!((next.terms.version, next.terms.state), (2, State::Draft));
    assert!(next.reviewer.is_none() && next.terms.approver.is_none());
    assert_eq!(active.superseded().terms.state, State::Superseded);
    assert!(draft().amend(nav()).is_err());
}

#[test]
fn a_version_expires_at_its_last_instant_and_not_before() {
    let active = active();
    let end = active.terms.valid_to;
    assert!(active.expired(end - chrono::TimeDelta::seconds(1)).is_err());
    assert_eq!(active.expired(end).unwrap().terms.state, State::Expired);
}

#[test]
fn a_case_survives_json() {
    let case = take(&active(), Act::Suspend, &legal());
    let json = serde_json::to_string(&case).unwrap();
    assert_eq!(serde_json::from_str::<Case>(&json).unwrap(), case);
}

#[test]
fn law_that_changed_after_the_review_is_named() {
    let mut case = along(&to_reviewed());
    let key = case.provisions().next().unwrap();
    assert_eq!(key, "LOV-2019-06-21-32/14");
    let law = |text: &str| Law::from([(key.clone(), Some(text.to_owned()))]);
    case.bind(&law("one"));
    assert!(case.changed_law(&law("one")).is_empty());
    assert_eq!(case.changed_law(&law("two"))[0].rule, HardRule::LegalBasis);
    assert!(case.changed_law(&Law::new()).is_empty(), "nothing is known of it");
}
