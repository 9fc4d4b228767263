//! In an emergency two persons open for a day; nothing else is let go.

use super::*;
use chrono::TimeDelta;

fn opened() -> Case {
    take(&along(&[(Act::Submit, nav())]), Act::BreakGlass, &legal())
}

#[test]
fn a_second_person_opens_at_once_and_it_ends_by_itself() {
    let case = opened();
    assert_eq!(case.terms.state, State::Active);
    assert!(case.terms.emergency && case.terms.holds_at(now()));
    assert_eq!(case.terms.valid_to, now() + TimeDelta::hours(24));
    assert!(case.expired(now() + TimeDelta::hours(23)).is_err());
    assert_eq!(case.expired(case.terms.valid_to).unwrap().terms.state, State::Expired);
    let in_force = crate::Policy::build(vec![case.terms.clone()], 1, &columns).unwrap();
    assert!(in_force.is_open(&case.terms.id, case.terms.version, now()));
    assert!(!in_force.is_open(&case.terms.id, case.terms.version, case.terms.valid_to));
}

#[test]
fn nobody_opens_alone_without_a_reason_or_against_a_hard_rule() {
    let submitted = along(&[(Act::Submit, nav())]);
    let refused = |case: &Case, actor: &Actor, said: Words| {
        case.take(Act::BreakGlass, actor, said, now(), &columns).unwrap_err()
    };
    assert!(matches!(refused(&submitted, &nav(), words("now")), Refused::NotYours { .. }));
    assert!(matches!(refused(&submitted, &legal(), Words::default()), Refused::NoReason { .. }));
    let own = Case::draft(demo_grant("nav-11-pseudonymised"), 1, legal()).unwrap();
    let own = take(&own, Act::Submit, &legal());
    assert!(matches!(refused(&own, &legal(), words("now")), Refused::FourEyes { .. }));
    let mut health = submitted.clone();
    health.terms.gdpr.art9 = None;
    assert!(matches!(refused(&health, &legal(), words("now")), Refused::Rules(_)));
    let draft = draft();
    assert!(matches!(refused(&draft, &legal(), words("now")), Refused::WrongState { .. }));
}

#[test]
fn an_emergency_is_not_made_longer_or_asked_for_by_an_applicant() {
    let mut case = opened();
    let mut terms = case.terms.clone();
    assert!(!Case::draft(terms.clone(), 1, nav()).unwrap().terms.emergency);
    terms.valid_to += TimeDelta::seconds(1);
    assert!(terms.validate(&columns).is_err());
    case = take(&case, Act::Suspend, &legal2());
    let resumed = case.take(Act::Resume, &legal(), words("on"), now(), &columns);
    assert!(matches!(resumed, Err(Refused::Rules(_))));
}
