//! The table of who can see what says exactly what deciding says, cell by cell.

use super::*;
use crate::matrix::Cell;
use crate::question::{Question, What};
use crate::terms::tests::{columns, demo};
use proptest::prelude::*;

const YEARS: [u16; 4] = [2022, 2023, 2024, 2025];

/// Whether a single column of a year could be had at a tier, of some region the matrix says.
fn asked(policy: &Policy, cell: &Cell, population: &Population) -> bool {
    let what = if cell.tier == Tier::Exact { What::Table } else { What::Microdata };
    let one = |region: Option<String>| {
        let question = Question {
            organisation: Some(cell.recipient),
            supplier: None,
            person: false,
            what,
            form: cell.form,
            years: [cell.year].into(),
            columns: Some([cell.column.clone()].into()),
            regions: region.map(|code| [code].into()),
            purpose: None,
            scopes: None,
        };
        let decision = policy.would(&question, now());
        decision.outcome == crate::Outcome::Allowed && decision.tier == cell.tier
    };
    match population {
        Population::All => one(None),
        Population::Regions(codes) => codes.iter().all(|code| one(Some(code.clone()))),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn a_cell_is_in_the_matrix_exactly_when_it_would_be_given(
        grants in prop::collection::vec(super::reference::a_grant(), 0..5)
    ) {
        let mut seen = BTreeSet::new();
        let grants: Vec<_> = grants.into_iter().filter(|g| seen.insert(g.id.clone())).collect();
        let recipients: BTreeSet<_> = grants.iter().map(|g| g.recipient.organisation).collect();
        let policy = policy(grants);
        let cells = policy.matrix(now()).cells();
        for (cell, population) in &cells {
            // Two grants may reach a column at different tiers; the least revealing answers records.
            let lower = cells.keys().any(|other| {
                other.tier == Tier::Pseudonymised && cell.tier == Tier::Identified
                    && (other.recipient, other.form, &other.column, other.year)
                        == (cell.recipient, cell.form, &cell.column, cell.year)
            });
            prop_assert!(lower || asked(&policy, cell, population), "{cell:?} {population:?}");
        }
        for recipient in recipients {
            for form in [Form::F11, Form::F11C] {
                for year in YEARS {
                    for (column, _) in columns(form, year) {
                        let at = |tier| Cell { recipient, form, tier, column: column.clone(), year };
                        let table = at(Tier::Exact);
                        if !cells.contains_key(&table) {
                            prop_assert!(!asked(&policy, &table, &Population::Regions(["3107".into()].into())));
                        }
                        let records = [Tier::Pseudonymised, Tier::Identified].map(at);
                        if !records.iter().any(|cell| cells.contains_key(cell)) {
                            for cell in &records {
                                prop_assert!(!asked(&policy, cell, &Population::All));
                            }
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_shift_names_who_gains_and_who_loses_what() {
    let before = policy(demo());
    let mut grants = demo();
    grants.retain(|grant| grant.id != "husbanken-11-housing");
    let nav = grants.iter_mut().find(|grant| grant.id == "nav-11-pseudonymised").unwrap();
    nav.years.remove(&2023);
    let shifts = before.matrix(now()).shifts(&policy(grants).matrix(now()));
    let lost = |recipient: &str, tier| {
        shifts.iter().find(|s| s.recipient.as_str() == recipient && s.tier == tier).unwrap()
    };
    let husbanken = lost(HUSBANKEN, Tier::Exact);
    assert_eq!(husbanken.columns, set(&["REGION", "BOSIT"]));
    assert_eq!((&husbanken.before, &husbanken.after), (&Some(Population::All), &None));
    assert_eq!(husbanken.years, [2023, 2024, 2025].into());
    assert_eq!(lost(NAV, Tier::Pseudonymised).years, [2023].into());
    assert!(shifts.iter().all(|s| [NAV, HUSBANKEN].contains(&s.recipient.as_str())));
    assert!(before.matrix(now()).shifts(&before.matrix(now())).is_empty());
}

#[test]
fn a_stopped_or_suspended_grant_is_not_in_the_matrix() {
    let nothing = policy(demo()).under(&[crate::Stop::All]).matrix(now());
    assert!(nothing.rows().is_empty());
    let mut grants = demo();
    for grant in &mut grants {
        grant.state = crate::State::Suspended;
    }
    assert!(policy(grants).matrix(now()).rows().is_empty());
}
