//! An independent, deliberately simple evaluator: any grant, any condition, no index and no engine.

use super::*;
use crate::terms::{Chain, PopulationTerms, PurposeClass};
use proptest::prelude::*;

fn allowed(
    g: &GrantTerms,
    who: &Caller,
    what: &MicrodataRead,
    purpose: Option<&str>,
    now: DateTime<Utc>,
) -> bool {
    let Subject::Organisation { organisation } = who.subject() else { return false };
    let known = columns(what.form, what.year);
    let gives = |name: &String| {
        known.iter().any(|(column, identifier)| {
            column == name
                && match &g.columns {
                    Columns::AllContent => !identifier || g.identifiers,
                    Columns::Listed(list) => list.contains(name),
                }
        })
    };
    let inside = |code: &String| match &g.population {
        PopulationTerms::All => true,
        PopulationTerms::Regions(own) | PopulationTerms::Network { kommuner: own, .. } => {
            own.iter().any(|mine| {
                code == mine || (mine.len() == 4 && code.len() == 6 && code.starts_with(mine))
            })
        }
    };
    let use_is_open = match (g.purpose.class, g.tier) {
        (PurposeClass::CaseHandling, Tier::Pseudonymised | Tier::Identified)
        | (PurposeClass::Control, Tier::Identified) => g.chain == Chain::Administrative,
        (PurposeClass::Planning | PurposeClass::Statistics | PurposeClass::Research, tier) => {
            tier == Tier::Pseudonymised
        }
        _ => false,
    };
    g.validate(&columns).is_ok()
        && g.recipient.organisation == *organisation
        && g.product == what.form
        && g.state == crate::State::Active
        && now >= g.valid_from
        && now < g.valid_to
        && who.scopes().contains("ssb:kostra.microdata")
        && who.supplier().is_none_or(|s| s == *organisation || g.suppliers.contains(&s))
        && purpose.is_none_or(|p| p == g.purpose.code)
        && g.years.contains(&what.year)
        && !known.is_empty()
        && what.columns.as_ref().is_none_or(|asked| !asked.is_empty() && asked.iter().all(gives))
        && what.regions.as_ref().is_none_or(|asked| asked.iter().all(inside))
        && use_is_open
}

pub(super) fn a_grant() -> impl Strategy<Value = GrantTerms> {
    let base = prop::sample::select(demo());
    let class = prop::option::weighted(0.25, prop::sample::select(PurposeClass::ALL.to_vec()));
    let state = prop::sample::select(vec![
        crate::State::Active,
        crate::State::Active,
        crate::State::Active,
        crate::State::Suspended,
    ]);
    let tier = prop::option::weighted(
        0.25,
        prop::sample::select(vec![Tier::Exact, Tier::Pseudonymised, Tier::Identified]),
    );
    let regions = prop::option::weighted(
        0.25,
        prop::sample::subsequence(vec!["3107", "0301", "030102"], 1..=2),
    );
    let listed = prop::option::weighted(
        0.25,
        prop::sample::subsequence(
            vec!["REGION", "KJONN", "PERSON_FODSELSNR", "VKLO", "STATUS"],
            1..=4,
        ),
    );
    (base, class, state, tier, regions, listed, any::<[bool; 4]>(), 0..4i64).prop_map(
        |(mut g, class, state, tier, regions, listed, [chain, supplier, ids, nav], shift)| {
            g.state = state;
            g.purpose.class = class.unwrap_or(g.purpose.class);
            g.tier = tier.unwrap_or(g.tier);
            g.identifiers = ids;
            g.dpia = Some("x".into());
            g.confidentiality_lift = g.statutes.first().cloned();
            if chain {
                g.chain = Chain::Administrative;
            }
            if supplier {
                g.suppliers.insert(OrganisationNumber::parse(KS).unwrap());
            }
            if nav || supplier {
                g.recipient = demo_grant("nav-11-pseudonymised").recipient;
            }
            if let Some(r) = regions {
                g.population = PopulationTerms::Regions(set(&r));
            }
            if let Some(l) = listed {
                g.columns = Columns::Listed(set(&l));
            }
            g.valid_from = now() + TimeDelta::seconds(shift - 2);
            g.valid_to = now()
                + TimeDelta::days(900) * i32::from(shift != 3)
                + TimeDelta::seconds(shift % 2);
            g
        },
    )
}

fn cases() -> u32 {
    std::env::var("HJEMMEL_POLICY_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(10_000)
}

#[test]
fn deciding_agrees_with_the_reference_on_random_worlds() {
    let mut permitted = 0u32;
    let world = (
        prop::collection::vec(a_grant(), 0..5),
        (
            prop::sample::select(vec![NAV, NAV, NAV, NAV, KS, FREDRIKSTAD]),
            prop::option::weighted(0.25, prop::sample::select(vec![KS, NAV])),
            any::<bool>(),
        ),
        (prop::sample::select(vec![Form::F11, Form::F11C]), 2022..2026u16),
        prop::option::weighted(
            0.25,
            prop::sample::subsequence(vec!["REGION", "KJONN", "PERSON_FODSELSNR"], 0..=2),
        ),
        prop::option::weighted(
            0.25,
            prop::sample::subsequence(vec!["3107", "0301", "030101", "030102"], 0..=2),
        ),
        prop::option::weighted(
            0.25,
            prop::sample::select(vec!["labour-and-welfare-analysis", "participant-follow-up"]),
        ),
    );
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let count = std::cell::Cell::new(0u32);
    runner
        .run(
            &world,
            |(grants, (who, supplier, scoped), (form, year), columns_asked, regions, purpose)| {
                let mut seen = BTreeSet::new();
                let grants: Vec<_> =
                    grants.into_iter().filter(|g| seen.insert(g.id.clone())).collect();
                let mut caller = body(who, supplier);
                if !scoped && year == 2024 {
                    caller = Caller::verified(
                        caller.subject().clone(),
                        BTreeSet::new(),
                        caller.supplier(),
                        None,
                    );
                }
                let what = MicrodataRead {
                    form,
                    year,
                    columns: columns_asked.map(|c| set(&c)),
                    regions: regions.map(|r| set(&r)),
                    unpublished: false,
                };
                let expected = grants.iter().any(|g| allowed(g, &caller, &what, purpose, now()));
                let decided = policy(grants).decide::<ReadMicrodata>(&caller, what, purpose, now());
                prop_assert_eq!(decided.is_allowed(), expected, "{:?}", decided.decision());
                count.set(count.get() + u32::from(expected));
                Ok(())
            },
        )
        .unwrap();
    permitted += count.get();
    assert!(permitted > cases() / 200, "only {permitted} of the worlds permit anything");
}
