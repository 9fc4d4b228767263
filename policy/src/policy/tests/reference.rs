//! An independent, deliberately simple evaluator: any grant, any condition, no index and no engine.

use super::*;
use crate::stop::Stop;
use crate::terms::{Chain, PopulationTerms, PurposeClass};
use proptest::prelude::*;

/// What is asked for, records or cells.
#[derive(Debug, Clone)]
struct Wish {
    cells: bool,
    form: Form,
    years: BTreeSet<u16>,
    columns: Option<BTreeSet<String>>,
    regions: Option<BTreeSet<String>>,
    unpublished: bool,
}

/// Who asks.
#[derive(Debug, Clone)]
struct Asker {
    person: bool,
    organisation: Option<OrganisationNumber>,
    supplier: Option<OrganisationNumber>,
    scopes: BTreeSet<String>,
}

fn allowed(
    g: &GrantTerms,
    who: &Asker,
    what: &Wish,
    (purpose, stops): (Option<&str>, &[Stop]),
    now: DateTime<Utc>,
) -> bool {
    let Some(organisation) = who.organisation else { return false };
    let gives = |year: u16, name: &String| {
        columns(what.form, year).iter().any(|(column, identifier)| {
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
    let looks_at_many = matches!(
        g.purpose.class,
        PurposeClass::Planning | PurposeClass::Statistics | PurposeClass::Research
    );
    let use_is_open = match (what.cells, g.purpose.class) {
        (true, _) => looks_at_many && g.tier >= Tier::Exact,
        (false, _) if looks_at_many => g.tier == Tier::Pseudonymised,
        (false, PurposeClass::CaseHandling) => {
            !who.person
                && g.chain == Chain::Administrative
                && matches!(g.tier, Tier::Pseudonymised | Tier::Identified)
        }
        (false, _) => !who.person && g.chain == Chain::Administrative && g.tier == Tier::Identified,
    };
    let is_stopped = stops.iter().any(|stop| match stop {
        Stop::All => true,
        Stop::Recipient { organisation } => *organisation == g.recipient.organisation,
        Stop::Dataset { form } => *form == g.product,
    });
    let scope = if what.cells { "ssb:kostra.tables" } else { "ssb:kostra.microdata" };
    g.validate(&columns).is_ok()
        && !is_stopped
        && g.recipient.organisation == organisation
        && g.product == what.form
        && g.state == crate::State::Active
        && now >= g.valid_from
        && now < g.valid_to
        && who.scopes.contains(scope)
        && who.supplier.is_none_or(|s| s == organisation || g.suppliers.contains(&s))
        && purpose.is_none_or(|p| p == g.purpose.code)
        && (!what.unpublished || g.pre_release)
        && !what.years.is_empty()
        && what
            .years
            .iter()
            .all(|year| g.years.contains(year) && !columns(what.form, *year).is_empty())
        && what.columns.as_ref().is_none_or(|asked| {
            let every_year = |name| what.years.iter().all(|year| gives(*year, name));
            !asked.is_empty() && asked.iter().all(every_year)
        })
        && match &what.regions {
            Some(asked) => asked.iter().all(inside),
            None => !what.cells || g.population == PopulationTerms::All,
        }
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
            g.pre_release = ids;
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

fn a_wish() -> impl Strategy<Value = Wish> {
    let some_of = |all: &[&'static str], most: usize| {
        prop::option::weighted(0.25, prop::sample::subsequence(all.to_vec(), 0..=most))
    };
    (
        any::<bool>(),
        prop::sample::select(vec![Form::F11, Form::F11C]),
        prop::option::weighted(0.9, prop::sample::subsequence(vec![2023, 2024, 2025], 1..=2)),
        some_of(&["REGION", "KJONN", "PERSON_FODSELSNR"], 2),
        some_of(&["3107", "0301", "030101", "030102"], 2),
        prop::bool::weighted(0.1),
    )
        .prop_map(|(cells, form, years, columns, regions, unpublished)| {
            // Now and then a year without records, or none at all.
            let other = if unpublished { vec![] } else { vec![2022] };
            let mut years: BTreeSet<u16> = years.unwrap_or(other).into_iter().collect();
            if !cells {
                // Records are of one year.
                years = BTreeSet::from([years.first().copied().unwrap_or(2024)]);
            }
            // A table always shows some columns.
            let columns = columns.or_else(|| cells.then(|| vec!["REGION"]));
            let (columns, regions) = (columns.map(|c| set(&c)), regions.map(|r| set(&r)));
            Wish { cells, form, years, columns, regions, unpublished }
        })
}

fn an_asker() -> impl Strategy<Value = Asker> {
    let scopes = vec![SCOPE_MICRODATA.to_owned(), SCOPE_TABLES.to_owned()];
    (
        prop::bool::weighted(0.2),
        prop::sample::select(vec![
            Some(NAV),
            Some(NAV),
            Some(NAV),
            Some(NAV),
            Some(KS),
            Some(FREDRIKSTAD),
            Some(HUSBANKEN),
            None,
        ]),
        prop::option::weighted(0.15, prop::sample::select(vec![KS, NAV])),
        prop::option::weighted(0.1, prop::sample::subsequence(scopes.clone(), 0..=2)),
    )
        .prop_map(move |(person, organisation, supplier, only)| Asker {
            // Whoever acts for nobody is a person, or no caller at all.
            person: person || organisation.is_none(),
            organisation: organisation.map(|n| OrganisationNumber::parse(n).unwrap()),
            supplier: supplier.map(|n| OrganisationNumber::parse(n).unwrap()),
            scopes: only.unwrap_or_else(|| scopes.clone()).into_iter().collect(),
        })
}

fn a_stop() -> impl Strategy<Value = Stop> {
    let of =
        |number: &str| Stop::Recipient { organisation: OrganisationNumber::parse(number).unwrap() };
    prop::sample::select(vec![
        Stop::All,
        of(NAV),
        of(KS),
        Stop::Dataset { form: Form::F11 },
        Stop::Dataset { form: Form::F11C },
    ])
}

fn caller(who: &Asker) -> Caller {
    let subject = match who.organisation {
        Some(organisation) if !who.person => Subject::Organisation { organisation },
        organisation => Subject::Person {
            issuer: "https://people".to_owned(),
            subject: "a".to_owned(),
            roles: BTreeSet::new(),
            organisation,
        },
    };
    Caller::verified(subject, who.scopes.clone(), who.supplier, None)
}

#[test]
fn deciding_agrees_with_the_reference_on_random_worlds() {
    let world = (
        prop::collection::vec(a_grant(), 0..6),
        an_asker(),
        a_wish(),
        prop::option::weighted(0.1, a_stop()),
        prop::option::weighted(
            0.15,
            prop::sample::select(vec!["labour-and-welfare-analysis", "participant-follow-up"]),
        ),
    );
    let config = ProptestConfig { cases: cases(), failure_persistence: None, ..Default::default() };
    let mut runner = proptest::test_runner::TestRunner::new(config);
    let permitted = [false, true].map(|_| std::cell::Cell::new(0u32));
    runner
        .run(&world, |(grants, who, what, stop, purpose)| {
            let mut seen = BTreeSet::new();
            let grants: Vec<_> = grants.into_iter().filter(|g| seen.insert(g.id.clone())).collect();
            let stops: Vec<Stop> = stop.into_iter().collect();
            let expected = grants.iter().any(|g| allowed(g, &who, &what, (purpose, &stops), now()));
            let policy = policy(grants).under(&stops);
            let asked = what.clone();
            let decision = if what.cells {
                let read = TableRead {
                    table: "S1101".into(),
                    form: asked.form,
                    columns: asked.columns.unwrap_or_default(),
                    years: asked.years,
                    regions: asked.regions,
                    unpublished: asked.unpublished,
                };
                let decided = policy.decide::<ReadTable>(&caller(&who), read, purpose, now());
                prop_assert_eq!(decided.is_allowed(), expected, "{:?} {:?}", who, what);
                decided.decision().clone()
            } else {
                let read = MicrodataRead {
                    form: asked.form,
                    year: asked.years.first().copied().unwrap_or_default(),
                    columns: asked.columns,
                    regions: asked.regions,
                    unpublished: asked.unpublished,
                };
                let decided = policy.decide::<ReadMicrodata>(&caller(&who), read, purpose, now());
                prop_assert_eq!(decided.is_allowed(), expected, "{:?} {:?}", who, what);
                decided.decision().clone()
            };
            prop_assert_eq!(decision.outcome == crate::Outcome::Allowed, expected);
            let count = &permitted[usize::from(what.cells)];
            count.set(count.get() + u32::from(expected));
            Ok(())
        })
        .unwrap();
    let permitted = permitted.map(std::cell::Cell::into_inner);
    assert!(
        permitted.iter().all(|count| *count > cases() / 200),
        "only {permitted:?} of the worlds permit records and cells"
    );
}
