//! Who may ask questions, and whose budget they cost.

use super::*;
use crate::{Ask, Asking, GivenAnswer, Role, SCOPE_QUESTIONS};
use std::collections::BTreeSet;

const ISSUER: &str = "https://login.example";

fn project(id: &str, members: &[&str]) -> Project {
    Project {
        id: id.to_owned(),
        title: "Effects of the programme".to_owned(),
        sponsor: OrganisationNumber::parse(KS).unwrap(),
        issuer: ISSUER.to_owned(),
        members: set(members),
        organisations: BTreeSet::from([OrganisationNumber::parse(HUSBANKEN).unwrap()]),
    }
}

fn person(name: &str, issuer: &str, roles: &[Role]) -> Caller {
    let subject = Subject::Person {
        issuer: issuer.to_owned(),
        subject: name.to_owned(),
        roles: roles.iter().copied().collect(),
        organisation: None,
    };
    Caller::verified(subject, BTreeSet::new(), None, None)
}

fn asked(project: Option<&str>) -> Asking {
    let years = BTreeSet::from([2024]);
    let project = project.map(str::to_owned);
    Asking { form: Form::F11, years, columns: set(&["REGION"]), project }
}

fn ask(caller: &Caller, named: Option<&str>) -> Decided<Ask> {
    let projects = vec![project("kvp", &["kari", "ola"]), project("unge", &["ola"])];
    policy(demo()).with_projects(projects).decide_question(caller, asked(named), now())
}

#[test]
fn a_researcher_asks_for_a_project_and_the_decision_says_which() {
    let kari = person("kari", ISSUER, &[Role::Researcher]);
    let Decided::Allowed(grant, decision) = ask(&kari, None) else { panic!("denied") };
    assert_eq!(grant.resource().project.as_deref(), Some("kvp"));
    assert_eq!((grant.obligations().tier, decision.grant.is_none()), (Tier::Protected, true));
    assert!(decision.explain(Language::En).contains("noise-protected figures from form 11"));
}

#[test]
fn of_several_projects_one_must_be_named() {
    let ola = person("ola", ISSUER, &[Role::Researcher]);
    assert!(ask(&ola, Some("unge")).is_allowed());
    assert!(matches!(
        ask(&ola, None).decision().failed[..],
        [Failure::Project { named: None, .. }]
    ));
}

#[test]
fn who_takes_no_part_is_told_nothing_of_a_project() {
    let kari = person("kari", ISSUER, &[Role::Researcher]);
    let words = |named| match ask(&kari, Some(named)) {
        Decided::Denied(decision) => decision.failed[0].text().en.replace(named, "…"),
        Decided::Allowed(..) => panic!("allowed"),
    };
    assert_eq!(words("unge"), words("none-of-the-kind"));
    let stranger = person("kari", "https://elsewhere.example", &[Role::Researcher]);
    assert!(!ask(&stranger, Some("kvp")).is_allowed(), "another issuer's kari");
}

#[test]
fn neither_nobody_nor_another_role_nor_a_body_without_the_scope_may_ask() {
    let admin = person("kari", ISSUER, &[Role::Admin]);
    for (caller, failure) in [
        (Caller::anonymous(), Failure::Anonymous),
        (admin, Failure::Role { needed: Role::Researcher }),
        (body(HUSBANKEN, None), Failure::Scope { needed: SCOPE_QUESTIONS.to_owned() }),
    ] {
        assert_eq!(ask(&caller, Some("kvp")).decision().failed, [failure]);
    }
}

#[test]
fn bodies_and_their_suppliers_ask_for_the_same_project() {
    for (number, supplier) in [(KS, None), (HUSBANKEN, None), (HUSBANKEN, Some(FREDRIKSTAD))] {
        let subject =
            Subject::Organisation { organisation: OrganisationNumber::parse(number).unwrap() };
        let supplier = supplier.map(|number| OrganisationNumber::parse(number).unwrap());
        let caller = Caller::verified(subject, set(&[SCOPE_QUESTIONS]), supplier, None);
        let Decided::Allowed(grant, _) = ask(&caller, Some("unge")) else { panic!("denied") };
        assert_eq!(grant.resource().project.as_deref(), Some("unge"));
    }
}

#[test]
fn a_permission_to_read_is_no_permission_to_ask_and_the_other_way_round() {
    let decided = policy(demo()).decide::<Ask>(&body(NAV, None), asked(Some("kvp")), None, now());
    assert_eq!(decided.decision().failed, [Failure::OperatorOnly]);
}

#[test]
fn an_answer_is_read_by_whoever_is_known() {
    let read = |caller: &Caller| {
        let years = BTreeSet::from([2024]);
        let (answer, project) = (uuid::Uuid::nil(), Some("kvp".to_owned()));
        policy(demo()).decide_answer(
            caller,
            GivenAnswer { answer, form: Form::F11, years, project },
            now(),
        )
    };
    let decision = read(&person("kari", ISSUER, &[]));
    assert_eq!((decision.outcome, decision.action.as_str()), (Outcome::Allowed, "question:read"));
    assert_eq!(decision.resource.answer, Some(uuid::Uuid::nil()));
    assert!(decision.explain(Language::En).contains("noise-protected figures from form 11"));
    let nobody = read(&Caller::anonymous());
    assert_eq!((nobody.outcome, &nobody.failed[..]), (Outcome::Denied, &[Failure::Anonymous][..]));
}
