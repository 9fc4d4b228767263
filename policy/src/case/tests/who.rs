//! Who may take which step in which state, as a table that is checked in and reviewed as a difference.

use super::*;
use std::fmt::Write as _;

const FILE: &str = "steps.txt";
const HEAD: &str = "\
# Who may take which step of a case in which state. Written by the tests (BLESS=1) and reviewed as a difference.
#
# author: the body that applied, which is the recipient. reviewer, approver, suspender: legal staff who did that
# in this case. legal, admin: staff who have done nothing in it. insider: legal staff who work for the recipient.
# other: another body. auditor, researcher: as they are called.
";

fn cast() -> Vec<(&'static str, Actor)> {
    let insider = Actor::Person {
        issuer: "https://people".into(),
        subject: "insider".into(),
        roles: BTreeSet::from([Role::Legal, Role::Admin]),
        organisation: Some(OrganisationNumber::parse(NAV).unwrap()),
        person: None,
    };
    let other = OrganisationNumber::parse("971032146").unwrap();
    vec![
        ("author", nav()),
        ("reviewer", legal()),
        ("approver", legal2()),
        ("suspender", person("suspender", &[Role::Admin])),
        ("legal", person("legal3", &[Role::Legal])),
        ("admin", person("admin", &[Role::Admin])),
        ("insider", insider),
        ("other", Actor::Organisation { organisation: other }),
        ("auditor", person("auditor", &[Role::Auditor])),
        ("researcher", person("researcher", &[Role::Researcher])),
    ]
}

#[test]
fn who_may_take_which_step_is_as_it_was_reviewed() {
    let mut text = HEAD.to_owned();
    for state in State::ALL {
        for act in Act::ALL {
            let mut case = draft();
            case.terms.state = state;
            case.reviewer = Some(legal());
            case.approver = Some(legal2());
            case.suspended_by = Some(person("suspender", &[Role::Admin]));
            let may = |actor: &Actor| case.permit(act, actor).is_ok();
            let who: Vec<&str> =
                cast().into_iter().filter(|(_, actor)| may(actor)).map(|(name, _)| name).collect();
            if !who.is_empty() {
                let _ = writeln!(text, "{:<10} {:<9} {}", state.code(), act.code(), who.join(" "));
            }
        }
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(FILE, &text).unwrap();
    }
    let kept = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(
        kept == text,
        "policy/steps.txt is out of date; run with BLESS=1 and review the change"
    );
}
