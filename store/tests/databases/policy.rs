//! Loading grants appends; what is active is exactly what was loaded last.

use crate::support::{Place, grant, noon};
use hjemmel_store::{Error, GrantRow, Store};

fn load(store: &Store, terms: &[GrantRow], expected: Option<i64>) -> Result<i64, Error> {
    store.load_policy(terms, "kari", "test", noon(), expected)
}

on_both! {
    fn what_was_loaded_last_is_active(place) {
        let store = &place.store;
        assert_eq!(store.active_grants().unwrap(), (0, vec![]));
        let mut ended = grant("nav-11", 1);
        ended.valid_to = Some("2026-12-31".to_owned());
        assert_eq!(load(store, &[ended, grant("imdi", 1)], None).unwrap(), 1);
        assert_eq!(load(store, &[grant("nav-11", 2), grant("Ås", 1)], Some(1)).unwrap(), 2);
        assert_eq!(store.active_grants().unwrap(), (2, vec![grant("nav-11", 2), grant("Ås", 1)]));
        assert_eq!(store.policy_version().unwrap(), 2);
        assert_eq!(store.grant_versions("nav-11").unwrap().len(), 2);
        assert_eq!(store.policy_versions(10).unwrap()[0].author, "kari");
    }

    fn loading_the_same_again_changes_nothing(place) {
        let terms = [grant("a", 1), grant("b", 1)];
        assert_eq!(load(&place.store, &terms, None).unwrap(), 1);
        assert_eq!(load(&place.store, &terms, None).unwrap(), 1);
        assert_eq!(load(&place.store, &[], None).unwrap(), 2);
        assert_eq!(load(&place.store, &terms, None).unwrap(), 3, "a grant may become active again");
        assert_eq!(place.store.active_grants().unwrap().1.len(), 2);
    }

    fn a_stored_version_never_changes_its_terms(place) {
        load(&place.store, &[grant("a", 1)], None).unwrap();
        let mut changed = grant("a", 1);
        changed.terms = "{}".to_owned();
        assert!(matches!(load(&place.store, &[changed, grant("b", 1)], None), Err(Error::Conflict(_))));
        assert_eq!(place.store.active_grants().unwrap(), (1, vec![grant("a", 1)]));
        assert!(matches!(load(&place.store, &[grant("b", 1), grant("b", 2)], None), Err(Error::Conflict(_))));
    }

    fn of_two_who_expect_the_same_version_one_wins(place) {
        let results: Vec<_> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|n| scope.spawn(move || load(&place.store, &[grant(&format!("g{n}"), 1)], Some(0))))
                .collect();
            threads.into_iter().map(|t| t.join().unwrap()).collect()
        });
        assert_eq!(results.iter().filter(|r| r.is_ok()).count(), 1);
        assert!(results.iter().all(|r| matches!(r, Ok(1) | Err(Error::Conflict(_)))));
        assert_eq!(place.store.active_grants().unwrap().1.len(), 1);
    }

    fn altered_grants_are_refused_as_a_whole(place) {
        load(&place.store, &[grant("a", 1), grant("b", 1)], None).unwrap();
        assert!(place.raw("UPDATE grants SET tier = 'identified'").is_err());
        place.unguard("grants");
        place.raw("UPDATE grants SET tier = 'identified' WHERE id = 'b'").unwrap();
        assert!(matches!(place.store.active_grants(), Err(Error::Corrupt(_))));
    }

    fn a_grant_made_active_behind_our_back_is_refused(place) {
        load(&place.store, &[grant("a", 1), grant("b", 1)], None).unwrap();
        load(&place.store, &[grant("a", 1)], None).unwrap();
        place.raw("UPDATE grant_periods SET until_policy = NULL").unwrap();
        assert!(matches!(place.store.active_grants(), Err(Error::Corrupt(_))));
    }

    fn thousands_of_grants_load_in_one_go(place) {
        let terms: Vec<_> = (0..2_500).map(|n| grant(&format!("g{n:05}"), 1)).collect();
        load(&place.store, &terms, None).unwrap();
        let next: Vec<_> = (0..2_500).map(|n| grant(&format!("g{n:05}"), 1 + n % 2)).collect();
        load(&place.store, &next, None).unwrap();
        assert_eq!(place.store.active_grants().unwrap(), (2, next));
    }

    fn what_a_later_policy_closes_is_told_apart(place) {
        let in_state = |id, version, state: &str| GrantRow { state: state.to_owned(), ..grant(id, version) };
        let first = [grant("a", 1), grant("b", 1), grant("c", 1), grant("d", 1)];
        load(&place.store, &first, None).unwrap();
        let second = [grant("a", 1), in_state("b", 1, "suspended"), grant("c", 2), grant("e", 1)];
        load(&place.store, &second, None).unwrap();
        let gone = |since| place.store.taken_away(since).unwrap();
        let told = |all: &[(&str, u32)]| {
            all.iter().map(|(id, version)| ((*id).to_owned(), *version)).collect::<Vec<_>>()
        };
        assert_eq!(gone(1), told(&[("b", 1), ("c", 1), ("d", 1)]));
        load(&place.store, &[grant("a", 1), grant("b", 1), grant("c", 2)], None).unwrap();
        assert_eq!(gone(1), told(&[("c", 1), ("d", 1), ("e", 1)]));
        assert_eq!(gone(2), told(&[("e", 1)]));
        assert!(gone(3).is_empty());
    }
}
