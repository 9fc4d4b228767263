//! Budgets that no crash, race, alias or repeat can cheat.

use crate::support::{Place, decision, noon};
use chrono::TimeDelta;
use hjemmel_kostra::Form;
use hjemmel_store::{
    CapChange, CapOutcome, DecisionFilter, DecisionRow, Error, FirstCaps, NewAnswer, PurseId,
    PurseKind, Reserved, Spend, SpendFilter, Store, Terms, question_key,
};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

const CAP: u64 = 1_000;

/// The statements of a migration.
macro_rules! migration {
    ($database:literal, $name:literal, $way:literal) => {
        include_str!(concat!("../../../migrations/", $database, "/", $name, "/", $way, ".sql"))
    };
}

/// The migrations by which what was taken moved into the payments' own rows: the last one back, the one before it back, and
/// both again.
macro_rules! there_and_back {
    ($database:literal) => {
        [
            migration!($database, "2026-12-03-230000_keep_charges_with_payments", "down"),
            migration!($database, "2026-12-02-230000_charge_data_alone", "down"),
            migration!($database, "2026-12-02-230000_charge_data_alone", "up"),
            migration!($database, "2026-12-03-230000_keep_charges_with_payments", "up"),
        ]
    };
}

fn project(name: &str) -> PurseId {
    PurseId { kind: PurseKind::Project, key: name.to_owned() }
}

pub fn data() -> PurseId {
    PurseId::of_data(Form::F11, 2024)
}

/// Each form and year has a cap of a thousand, and projects and bodies have more than they need.
pub fn terms(seconds: i64) -> Terms {
    let (project, organisation) = (10 * CAP, 10 * CAP);
    let first_caps = FirstCaps { dataset_year: CAP, project, organisation };
    Terms { patience: TimeDelta::seconds(seconds), first_caps }
}

/// A question of a project that costs `nano`.
pub fn spend(question: &str, of: &str, nano: u64) -> Spend {
    Spend {
        id: Uuid::now_v7(),
        at: noon(),
        question_key: question_key(question, &[(2024, "ab".to_owned())]),
        question: question.to_owned(),
        project: of.to_owned(),
        sponsor: "971032146".to_owned(),
        decision: Uuid::now_v7(),
        of_data: BTreeMap::from([((Form::F11, 2024), nano)]),
    }
}

pub fn pay(store: &Store, spend: &Spend) -> Reserved {
    store.reserve(std::slice::from_ref(spend), terms(30)).unwrap().remove(0)
}

pub fn spent(store: &Store, id: &PurseId) -> u64 {
    let all = store.purses().unwrap();
    all.iter().find(|purse| purse.id == *id).map_or(0, |purse| purse.spent)
}

pub fn answer(spend: &Spend, body: &str) -> NewAnswer {
    let (question_key, body) = (spend.question_key.clone(), body.as_bytes().to_vec());
    NewAnswer { question_key, id: spend.id, at: noon(), body }
}

/// A cap of the data's purse that somebody wants, who may have a second account of a 2 at the end.
fn wanted(cap: u64, by: &str) -> CapChange {
    CapChange {
        id: Uuid::now_v7(),
        purse: data(),
        cap,
        reason: "the final edition".to_owned(),
        proposed_by: by.to_owned(),
        marks: vec![format!("account-{by}"), format!("person-{}", by.trim_end_matches('2'))],
        proposed_at: noon(),
        approved_by: None,
        settled_at: None,
    }
}

/// What is recorded of it.
fn event(outcome: &CapOutcome) -> DecisionRow {
    let action = match outcome {
        CapOutcome::Made(_) => "change",
        CapOutcome::Waiting(_) => "propose",
    };
    DecisionRow { action: action.to_owned(), ..decision(0) }
}

on_both! {
    fn of_two_hundred_at_once_exactly_as_many_are_paid_as_there_is_budget_for(place) {
        // Two handles with pools of their own are two servers to the database.
        let stores = [place.store.clone(), Store::open(&place.url, 4).unwrap()];
        let outcomes: Vec<Reserved> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|thread| {
                    let store = &stores[thread % 2];
                    scope.spawn(move || -> Vec<Reserved> {
                        (0..25).map(|n| pay(store, &spend(&format!("{thread} {n}"), "kvp", 100))).collect()
                    })
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(outcomes.len(), 200);
        let paid = outcomes.iter().filter(|outcome| matches!(outcome, Reserved::Paid(_))).count();
        assert_eq!(paid, 10);
        assert_eq!(spent(&place.store, &data()), CAP);
        assert_eq!(place.store.check_purses().unwrap(), []);
    }

    fn in_one_batch_too(place) {
        let many: Vec<Spend> = (0..200).map(|n| spend(&n.to_string(), "kvp", 100)).collect();
        let outcomes = place.store.reserve(&many, terms(30)).unwrap();
        let paid = |outcome: &&Reserved| matches!(outcome, Reserved::Paid(_));
        assert_eq!(outcomes.iter().filter(paid).count(), 10);
        assert_eq!(place.store.paid_and_answered().unwrap(), (10, 0));
        assert_eq!(place.store.check_purses().unwrap(), []);
    }

    fn projects_share_the_data_and_a_refusal_takes_nothing_from_anyone(place) {
        let store = &place.store;
        assert!(matches!(pay(store, &spend("a", "kvp", 600)), Reserved::Paid(_)));
        let Reserved::Exhausted { purse, asked } = pay(store, &spend("b", "unge", 500)) else {
            panic!("paid beyond the cap")
        };
        assert_eq!((purse.id, purse.cap - purse.spent, asked), (data(), 400, 500));
        assert_eq!(spent(store, &project("unge")), 0);
        assert!(matches!(pay(store, &spend("c", "unge", 400)), Reserved::Paid(_)));
        assert_eq!(spent(store, &data()), CAP);
    }

    fn one_question_is_paid_once_and_has_one_answer(place) {
        let store = &place.store;
        let (first, second) = (spend("a", "kvp", 100), spend("a", "unge", 100));
        let outcomes =
            store.reserve(&[first.clone(), second.clone()], terms(30)).unwrap();
        assert!(matches!(outcomes[..], [Reserved::Paid(_), Reserved::UnderWay]));
        assert_eq!(pay(store, &second), Reserved::UnderWay);
        let kept = store.keep_answers(&[answer(&first, "7")]).unwrap().remove(0);
        assert_eq!(pay(store, &second), Reserved::Answered(Box::new(kept.clone())));
        assert_eq!(store.answer(first.id).unwrap(), kept);
        assert_eq!(store.answer_of(&first.question_key).unwrap(), Some(kept));
        assert_eq!((spent(store, &data()), spent(store, &project("unge"))), (100, 0));
    }

    fn what_was_paid_and_never_answered_stays_spent_and_is_paid_again(place) {
        let store = &place.store;
        let first = spend("a", "kvp", 100);
        pay(store, &first);
        let later = Spend { at: noon() + TimeDelta::seconds(31), ..spend("a", "kvp", 100) };
        assert!(matches!(pay(store, &later), Reserved::Paid(_)));
        assert_eq!(spent(store, &data()), 200);
        store.keep_answers(&[answer(&later, "8")]).unwrap();
        let late = store.keep_answers(&[answer(&first, "7")]).unwrap().remove(0);
        assert_eq!((late.id, late.body), (later.id, b"8".to_vec()), "the first to be kept is the answer");
        assert_eq!(store.paid_and_answered().unwrap(), (2, 1));
    }

    fn a_cap_is_lowered_by_one_and_raised_by_two(place) {
        let store = &place.store;
        let change = |cap, by| store.change_cap(&wanted(cap, by), CAP, event).unwrap();
        let recorded = || -> Vec<String> {
            let all = store.decisions(&DecisionFilter::default(), None, 100).unwrap();
            all.into_iter().map(|one| one.row.action).collect()
        };
        assert!(matches!(change(500, "kari"), CapOutcome::Made(_)));
        assert!(matches!(change(2_000, "kari"), CapOutcome::Waiting(_)));
        assert!(matches!(change(2_000, "kari"), CapOutcome::Waiting(_)), "kari is one person");
        assert!(matches!(change(2_000, "kari2"), CapOutcome::Waiting(_)), "by whatever account");
        assert!(matches!(change(3_000, "ola"), CapOutcome::Waiting(_)), "another cap is another change");
        assert_eq!(store.purses().unwrap()[0].cap, 500);
        assert_eq!(store.waiting_caps().unwrap().len(), 2);
        let CapOutcome::Made(made) = change(2_000, "ola") else { panic!("two agreed") };
        assert_eq!((made.proposed_by.as_str(), made.approved_by.as_deref()), ("kari", Some("ola")));
        assert_eq!(store.purses().unwrap()[0].cap, 2_000);
        assert_eq!(store.waiting_caps().unwrap(), [], "what else waited was of another cap");
        let settled = store.settled_caps(10).unwrap();
        assert_eq!(settled.iter().map(|one| one.cap).collect::<BTreeSet<_>>(), [500, 2_000, 3_000].into());
        let overtaken = settled.iter().find(|one| one.cap == 3_000).unwrap();
        assert_eq!(overtaken.approved_by, None);
        // Said again by the same person it is the same change.
        let mut recorded = recorded();
        recorded.sort();
        assert_eq!(recorded, ["change", "change", "propose", "propose"]);
    }

    fn a_cap_that_cannot_be_recorded_is_not_changed(place) {
        let store = &place.store;
        let change = wanted(500, "kari");
        let twice = |outcome: &CapOutcome| DecisionRow { id: Uuid::nil(), ..event(outcome) };
        store.change_cap(&change, CAP, twice).unwrap();
        let again = CapChange { id: Uuid::now_v7(), cap: 100, ..change };
        store.change_cap(&again, CAP, twice).unwrap_err();
        assert_eq!(store.purses().unwrap()[0].cap, 500);
        assert_eq!(store.settled_caps(10).unwrap().len(), 1);
    }

    fn a_question_that_is_refused_settles_no_cap(place) {
        let store = &place.store;
        let terms = |cap| Terms {
            first_caps: FirstCaps { dataset_year: cap, project: cap, organisation: cap },
            patience: TimeDelta::seconds(30),
        };
        let ask = |question, cap| store.reserve(&[spend(question, "kvp", 100)], terms(cap)).unwrap().remove(0);
        assert!(matches!(ask("a", 50), Reserved::Exhausted { .. }));
        assert_eq!(store.purses().unwrap(), []);
        // In company of one that pays from some of the purses, of one that does not.
        let both = [spend("a", "kvp", 30), spend("b", "unge", 30)];
        let said = store.reserve(&both, terms(50)).unwrap();
        assert!(matches!(said[..], [Reserved::Paid(_), Reserved::Exhausted { .. }]));
        assert!(!store.purses().unwrap().iter().any(|purse| purse.id == project("unge")));
        // What was paid from keeps the cap it had.
        let Reserved::Exhausted { purse, .. } = ask("c", 200) else { panic!("paid beyond a cap") };
        assert_eq!(purse.cap, 50);
    }

    fn a_cap_below_what_is_spent_takes_nothing_back(place) {
        let store = &place.store;
        pay(store, &spend("a", "kvp", 600));
        store.change_cap(&wanted(100, "kari"), CAP, event).unwrap();
        let Reserved::Exhausted { purse, .. } = pay(store, &spend("b", "kvp", 1)) else {
            panic!("paid beyond the cap")
        };
        assert_eq!((purse.spent, purse.left()), (600, 0));
    }

    fn spends_are_listed_with_what_they_took(place) {
        let store = &place.store;
        let (first, second) = (spend("a", "kvp", 100), spend("b", "unge", 200));
        pay(store, &first);
        pay(store, &second);
        let all = store.spends(&SpendFilter { limit: 10, ..SpendFilter::default() }).unwrap();
        assert_eq!(all.iter().map(|spend| spend.id).collect::<Vec<_>>(), [second.id, first.id]);
        let after = |after| store.spends(&SpendFilter { limit: 10, after: Some(after), ..SpendFilter::default() });
        assert_eq!(after(second.id).unwrap(), all[1..]);
        assert_eq!(after(first.id).unwrap(), []);
        assert!(matches!(after(Uuid::nil()), Err(Error::NotFound("spend"))));
        let filter = SpendFilter { project: Some("kvp".to_owned()), limit: 10, ..SpendFilter::default() };
        let own = store.spends(&filter).unwrap();
        let sponsor = PurseId { kind: PurseKind::Organisation, key: "971032146".to_owned() };
        let charges = [(data(), 100), (project("kvp"), 100), (sponsor.clone(), 100)];
        assert_eq!((own.len(), own[0].charges()), (1, charges.into()));
        let days = store.spent_by_day(noon()).unwrap();
        for purse in [data(), sponsor] {
            assert_eq!(days[&purse].iter().map(|(_, nano)| nano).sum::<u64>(), 300);
        }
    }

    fn what_was_taken_once_had_rows_of_its_own(place) {
        let store = &place.store;
        pay(store, &spend("a", "kvp", 100));
        let of_data = BTreeMap::from([((Form::F11, 2024), 7), ((Form::F11, 2023), 5)]);
        let at = noon() + TimeDelta::days(1);
        pay(store, &Spend { of_data, at, ..spend("b", "kvp", 1) });
        let told = || {
            let all = store.spends(&SpendFilter { limit: 10, ..SpendFilter::default() }).unwrap();
            (all, store.spent_by_day(noon()).unwrap())
        };
        let before = told();
        let steps = if place.is_sqlite() { there_and_back!("sqlite") } else { there_and_back!("postgres") };
        let mut charged = Vec::new();
        for step in steps {
            place.raw(step).unwrap();
            let there = charged.len() < 3;
            charged.push(if there { place.number("SELECT sum(nano) FROM charges") } else { 0 });
            if there {
                assert_eq!(place.number("SELECT sum(spent) FROM purse_days"), 3 * 112);
                let of_a_day = "SELECT sum(spent) FROM purse_days WHERE kind = 'project' GROUP BY day ORDER BY day LIMIT 1";
                assert_eq!(place.number(of_a_day), 100);
                assert!(place.raw("DELETE FROM charges").is_err());
                assert!(place.raw("UPDATE purse_days SET spent = 0").is_err());
            }
        }
        assert_eq!(charged, [112, 3 * 112, 112, 0]);
        assert_eq!(told(), before);
        assert_eq!(store.check_purses().unwrap(), []);
        assert!(place.raw("UPDATE spends SET of_data = '{}'").is_err());
    }

    fn what_is_spent_of_a_purse_is_added_up_by_day(place) {
        let store = &place.store;
        let years = |nano| BTreeMap::from([((Form::F11, 2024), nano), ((Form::F12, 2023), 2 * nano)]);
        for (day, question, project, nano) in [
            (0, "a", "kvp", 1),
            (1, "b", "kvp", 10),
            (1, "c", "unge", 100),
            (1, "as much as c", "unge", 100),
            (3, "d", "kvp", 200),
        ] {
            let at = noon() + TimeDelta::days(day);
            let paid = Spend { at, of_data: years(nano), ..spend(question, project, 1) };
            assert!(matches!(pay(store, &paid), Reserved::Paid(_)));
        }
        let first = i32::try_from(noon().timestamp() / 86_400).unwrap();
        let of_data = |form, year| PurseId::of_data(form, year);
        let sponsor = PurseId { kind: PurseKind::Organisation, key: "971032146".to_owned() };
        // From the day on, whatever the hour.
        let days = store.spent_by_day(noon() + TimeDelta::hours(30)).unwrap();
        let expected: [(PurseId, &[(i32, u64)]); 5] = [
            (of_data(Form::F11, 2024), &[(1, 210), (3, 200)]),
            (of_data(Form::F12, 2023), &[(1, 420), (3, 400)]),
            (project("kvp"), &[(1, 30), (3, 600)]),
            (project("unge"), &[(1, 600)]),
            (sponsor, &[(1, 630), (3, 600)]),
        ];
        let expected = expected.map(|(purse, days)| {
            (purse, days.iter().map(|(day, nano)| (first + day, *nano)).collect::<Vec<_>>())
        });
        assert_eq!(days, expected.into());
        assert_eq!(store.check_purses().unwrap(), []);
    }

    fn what_projects_paid_is_added_up_by_day_however_long_the_list_is(place) {
        let store = &place.store;
        let on = |day: i64, spend: Spend| Spend { at: noon() + TimeDelta::days(day), ..spend };
        for paid in [
            on(0, spend("a", "kvp", 100)),
            on(0, spend("b", "kvp", 50)),
            on(2, spend("c", "kvp", 20)),
            on(2, spend("d", "unge", 200)),
        ] {
            pay(store, &paid);
        }
        let sums = |filter: SpendFilter| -> Vec<(String, i32, u64, u64)> {
            let days = store.spent_by_project(&filter).unwrap();
            let first = i32::try_from(noon().timestamp() / 86_400).unwrap();
            let told = days.into_iter().map(|one| (one.project, one.day - first, one.questions, one.nano));
            told.collect()
        };
        let of = |project: &str, day, questions, nano| (project.to_owned(), day, questions, nano);
        let all = [of("kvp", 0, 2, 150), of("kvp", 2, 1, 20), of("unge", 2, 1, 200)];
        assert_eq!(sums(SpendFilter { limit: 1, ..SpendFilter::default() }), all);
        let kvp = SpendFilter { project: Some("kvp".to_owned()), ..SpendFilter::default() };
        assert_eq!(sums(kvp), all[..2]);
        let later = Some(noon() + TimeDelta::days(1));
        assert_eq!(sums(SpendFilter { from: later, ..SpendFilter::default() }), all[1..]);
        assert_eq!(sums(SpendFilter { until: later, ..SpendFilter::default() }), all[..1]);
    }

    fn nothing_that_was_paid_or_answered_can_be_taken_back(place) {
        let store = &place.store;
        let first = spend("a", "kvp", 100);
        pay(store, &first);
        store.keep_answers(&[answer(&first, "7")]).unwrap();
        for sql in [
            "UPDATE purses SET spent = 0",
            "DELETE FROM purses",
            "UPDATE spends SET nano = 1",
            "DELETE FROM spends",
            "UPDATE answers SET id = id",
            "DELETE FROM answers",
        ] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
        place.unguard("answers");
        place.raw("UPDATE answers SET sha256 = 'abababababababababababababababababababababababababababababababab'").unwrap();
        assert!(matches!(store.answer(first.id), Err(Error::Corrupt(_))));
        assert_eq!(store.check_purses().unwrap(), []);
        place.unguard("spends");
        let of_data = r#"{"skjema-11/2024":100}"#;
        for (nano, of_data) in
            [("1", of_data), ("100", "{}"), ("100", "[100]"), ("100", r#"{"kvp":100}"#), ("100", r#"{"skjema-11/2024":"100"}"#)]
        {
            place.raw(&format!("UPDATE spends SET nano = {nano}, of_data = '{of_data}'")).unwrap();
            assert!(matches!(store.check_purses(), Err(Error::Corrupt(_))), "{nano} {of_data}");
            assert!(matches!(store.spent_by_day(noon()), Err(Error::Corrupt(_))), "{nano} {of_data}");
        }
        place.raw(&format!("UPDATE spends SET nano = 100, of_data = '{of_data}'")).unwrap();
        assert_eq!(store.check_purses().unwrap(), []);
    }
}

#[test]
fn rounds_find_rows_by_key_however_small_the_tables_were_on_postgres() {
    let place = Place::postgres();
    let ask = |question: &str| {
        let spend = spend(question, "kvp", 1);
        assert!(matches!(pay(&place.store, &spend), Reserved::Paid(_)));
        place.store.keep_answers(&[answer(&spend, "{}")]).unwrap();
    };
    ask("first");
    // Of one row the planner knows now that it is read fastest by reading all.
    place.raw("ANALYZE spends, answers, purses").unwrap();
    (0..20).for_each(|number| ask(&number.to_string()));
    // Each connection tells what it did when it ends, or once a second.
    std::thread::sleep(std::time::Duration::from_millis(1_100));
    ask("last");
    let (whole, by_key) = place.scans("'spends', 'answers'");
    assert!(by_key >= 20, "{by_key}");
    assert_eq!(whole, 0);
}
