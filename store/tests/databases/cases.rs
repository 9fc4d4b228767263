//! A case moves step by step, one at a time, and takes the policy in force with it.

use crate::support::{Place, grant, noon};
use hjemmel_store::{
    CaseFilter, CaseRow, Error, Force, GrantRow, NewStep, StatuteRow, Stop, Taken,
};
use uuid::Uuid;

fn case(id: &str, version: u32, revision: u32, state: &str) -> CaseRow {
    CaseRow {
        id: id.to_owned(),
        version,
        revision,
        state: state.to_owned(),
        recipient: "889640782".to_owned(),
        form: "11".to_owned(),
        valid_to: noon(),
        review_due: "2027-12-01".to_owned(),
        updated_at: noon(),
        body: format!(r#"{{"revision":{revision}}}"#),
    }
}

fn step(case: CaseRow, act: &str) -> NewStep {
    NewStep { case, act: act.to_owned(), from_state: None, actor: "{}".to_owned(), reason: None }
}

fn take(place: &Place, case: CaseRow, force: &Force) -> Taken {
    place.store.take_steps(&[step(case, "step")], force, ("kari", "test"), &[]).unwrap()
}

fn in_state(id: &str, version: u32, state: &str) -> GrantRow {
    GrantRow { state: state.to_owned(), ..grant(id, version) }
}

fn stop(kind: &str, target: &str) -> Stop {
    Stop {
        id: Uuid::now_v7(),
        kind: kind.to_owned(),
        target: target.to_owned(),
        reason: "leak".to_owned(),
        made_at: noon(),
        made_by: "{}".to_owned(),
        lifted: None,
    }
}

on_both! {
    fn steps_come_one_after_the_other_and_none_is_taken_twice(place) {
        assert!(matches!(place.store.case("a", None), Err(Error::NotFound(_))));
        assert_eq!(take(place, case("a", 1, 1, "draft"), &Force::Unchanged), Taken::Done(0));
        assert_eq!(take(place, case("a", 1, 1, "draft"), &Force::Unchanged), Taken::Stale);
        assert_eq!(take(place, case("a", 1, 3, "complete"), &Force::Unchanged), Taken::Stale);
        assert_eq!(take(place, case("a", 1, 2, "submitted"), &Force::Unchanged), Taken::Done(0));
        let held = place.store.case("a", None).unwrap();
        assert_eq!((held.revision, held.state.as_str()), (2, "submitted"));
        assert_eq!(place.store.steps("a").unwrap().len(), 2);
        for sql in ["DELETE FROM grant_cases", "DELETE FROM grant_steps", "UPDATE grant_steps SET act = 'x'",
            "UPDATE grant_cases SET state = 'active'"] {
            assert!(place.raw(sql).unwrap_err().to_string().contains("append-only"), "{sql}");
        }
    }

    fn of_two_who_act_at_once_one_is_stale(place) {
        take(place, case("a", 1, 1, "draft"), &Force::Unchanged);
        let taken: Vec<Taken> = std::thread::scope(|scope| {
            let all: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| take(place, case("a", 1, 2, "submitted"), &Force::Unchanged)))
                .collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(taken.iter().filter(|taken| **taken == Taken::Done(0)).count(), 1, "{taken:?}");
    }

    fn a_step_puts_a_grant_into_force_and_stops_it_without_a_new_version(place) {
        place.store.load_policy(&[grant("file", 1)], "kari", "file", noon(), None).unwrap();
        assert_eq!(take(place, case("a", 1, 1, "active"), &Force::Put(grant("a", 1))), Taken::Done(2));
        let suspended = Force::Put(in_state("a", 1, "suspended"));
        assert_eq!(take(place, case("a", 1, 2, "suspended"), &suspended), Taken::Done(3));
        let (version, rows) = place.store.active_grants().unwrap();
        assert_eq!((version, rows), (3, vec![in_state("a", 1, "suspended"), grant("file", 1)]));
        assert_eq!(take(place, case("a", 1, 3, "active"), &Force::Put(grant("a", 1))), Taken::Done(4));
        assert_eq!(place.store.active_grants().unwrap().1[0].state, "active");
        take(place, case("a", 1, 4, "closed"), &Force::Remove("a".to_owned()));
        assert_eq!(place.store.active_grants().unwrap().1, vec![grant("file", 1)]);
        place.raw("UPDATE grant_periods SET state = 'active' WHERE grant_id = 'file'").unwrap();
        place.raw("UPDATE grant_periods SET until_policy = NULL WHERE grant_id = 'a' AND since_policy = 3").unwrap();
        assert!(matches!(place.store.active_grants(), Err(Error::Corrupt(_))));
    }

    fn two_versions_change_places_in_one_step(place) {
        take(place, case("a", 1, 1, "active"), &Force::Put(grant("a", 1)));
        take(place, case("a", 2, 1, "accepted"), &Force::Unchanged);
        let both = [step(case("a", 2, 2, "active"), "activate"), step(case("a", 1, 2, "superseded"), "supersede")];
        let taken = place.store.take_steps(&both, &Force::Put(grant("a", 2)), ("kari", "x"), &[]).unwrap();
        assert_eq!(taken, Taken::Done(2));
        assert_eq!(place.store.active_grants().unwrap().1, vec![grant("a", 2)]);
        let stale = [step(case("a", 2, 3, "suspended"), "suspend"), step(case("a", 1, 2, "closed"), "attest")];
        let taken = place.store.take_steps(&stale, &Force::Remove("a".to_owned()), ("kari", "x"), &[]).unwrap();
        assert_eq!(taken, Taken::Stale);
        assert_eq!(place.store.case("a", Some(2)).unwrap().revision, 2, "half a step was taken");
        assert_eq!(place.store.active_grants().unwrap().1, vec![grant("a", 2)]);
        let filter = CaseFilter { states: vec!["active".to_owned()], ..CaseFilter::default() };
        assert_eq!(place.store.cases(&filter, 10).unwrap().len(), 1);
        let after = CaseFilter { after: Some(("a".to_owned(), 1)), ..CaseFilter::default() };
        assert_eq!(place.store.cases(&after, 10).unwrap()[0].version, 2);
    }

    fn a_file_does_not_touch_what_is_led_by_steps(place) {
        let store = &place.store;
        store.load_policy(&[grant("a", 1), grant("b", 1)], "kari", "x", noon(), None).unwrap();
        take(place, case("a", 1, 1, "suspended"), &Force::Put(in_state("a", 1, "suspended")));
        let version = store.load_policy(&[grant("a", 1), grant("b", 2)], "kari", "x", noon(), None).unwrap();
        let expected = vec![in_state("a", 1, "suspended"), grant("b", 2)];
        assert_eq!(store.active_grants().unwrap(), (version, expected.clone()));
        store.load_policy(&[grant("b", 2)], "kari", "x", noon(), None).unwrap();
        assert_eq!(store.active_grants().unwrap().1, expected, "a file left it out, and it stays");
        let raised = store.load_policy(&[grant("a", 2), grant("b", 2)], "kari", "x", noon(), None);
        assert!(matches!(raised, Err(Error::Conflict(_))), "{raised:?}");
    }

    fn a_stop_holds_until_it_is_lifted_and_the_past_can_be_asked(place) {
        let later = |seconds| noon() + chrono::TimeDelta::seconds(seconds);
        place.store.load_policy(&[grant("a", 1)], "kari", "x", noon(), None).unwrap();
        let mut made = stop("recipient", "889640782");
        made.made_at = later(10);
        assert_eq!(place.store.make_stop(&made, "kari").unwrap(), 2);
        assert_eq!(place.store.active_grants().unwrap().0, 2);
        assert_eq!(place.store.stops().unwrap().len(), 1);
        assert_eq!(place.store.lift_stop(made.id, ("{}", "mended"), "ola", later(20)).unwrap(), 3);
        assert!(matches!(place.store.lift_stop(made.id, ("{}", "x"), "ola", later(30)), Err(Error::NotFound(_))));
        assert!(place.store.stops().unwrap().is_empty());
        place.store.load_policy(&[], "kari", "x", later(40), None).unwrap();
        for (at, version, grants, stops) in [(-1, 0, 0, 0), (5, 1, 1, 0), (15, 2, 1, 1), (25, 3, 1, 0), (45, 4, 0, 0)] {
            let then = place.store.policy_at(Some(later(at))).unwrap();
            assert_eq!((then.version, then.grants.len(), then.stops.len()), (version, grants, stops), "{at}");
        }
        assert_eq!(place.store.all_stops(5).unwrap()[0].lifted.as_ref().unwrap().2, "mended");
        assert!(place.raw("DELETE FROM stops").is_err());
        assert!(place.raw("UPDATE stops SET until_policy = NULL").is_err());
    }

    fn a_stop_taken_away_behind_our_back_is_missed(place) {
        place.store.load_policy(&[grant("a", 1)], "kari", "x", noon(), None).unwrap();
        place.store.make_stop(&stop("all", ""), "kari").unwrap();
        place.unguard("stops");
        place.raw("UPDATE stops SET until_policy = 2").unwrap();
        assert!(matches!(place.store.active_grants(), Err(Error::Corrupt(_))));
    }

    fn a_provision_keeps_every_version(place) {
        let row = |version| StatuteRow {
            id: "LOV-2009-12-18-131/§ 43".to_owned(),
            version,
            act: "sosialtjenesteloven".to_owned(),
            lov: "LOV-2009-12-18-131".to_owned(),
            section: "§ 43".to_owned(),
            url: "https://lovdata.no/".to_owned(),
            text_sha256: Some("0".repeat(64)),
            valid_from: None,
            valid_to: None,
            note: "first".to_owned(),
            recorded_at: noon(),
            recorded_by: "{}".to_owned(),
        };
        place.store.add_statute(&row(1)).unwrap();
        assert!(matches!(place.store.add_statute(&row(1)), Err(Error::Conflict(_))));
        place.store.add_statute(&row(2)).unwrap();
        let all = place.store.statutes(Some("LOV-2009-12-18-131/§ 43")).unwrap();
        assert_eq!(all.len(), 2);
        assert!(place.store.statutes(Some("x")).unwrap().is_empty());
        assert!(place.raw("UPDATE statutes SET text_sha256 = NULL").is_err());
    }

    fn a_new_policy_is_heard_of_where_the_database_can_say_so(place) {
        use std::time::{Duration, Instant};
        let mut listener = place.store.listener();
        let short = Duration::from_millis(60);
        listener.wait(short);
        let (store, long) = (place.store.clone(), Duration::from_secs(if place.is_sqlite() { 1 } else { 30 }));
        let loads = std::thread::spawn(move || {
            store.load_policy(&[grant("a", 1)], "kari", "x", noon(), None).unwrap();
        });
        let started = Instant::now();
        listener.wait(long);
        assert!(place.is_sqlite() || started.elapsed() < long);
        loads.join().unwrap();
    }
}
