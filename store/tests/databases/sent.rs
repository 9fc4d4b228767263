//! What leaves under a grant is counted before it leaves, and no more leaves than was agreed.

use crate::support::{Place, noon};
use chrono::TimeDelta;
use hjemmel_store::Store;
use std::collections::BTreeMap;

on_both! {
    fn a_day_holds_as_many_records_as_were_agreed_and_the_next_day_as_many_again(place) {
        let store = &place.store;
        let reserve = |records, day| {
            store.reserve_rows("nav", noon() + TimeDelta::days(day), records, 100).unwrap()
        };
        assert!(reserve(60, 0));
        assert!(!reserve(41, 0), "more than the day holds");
        assert!(reserve(40, 0), "what was refused was not counted");
        assert!(!reserve(1, 0));
        assert!(reserve(100, 1));
        assert!(!store.reserve_rows("nav", noon(), u64::MAX, 100).unwrap());
        let sent = store.rows_sent(noon(), noon() + TimeDelta::days(1)).unwrap();
        assert_eq!(sent, BTreeMap::from([("nav".to_owned(), 200)]));
    }

    fn of_many_at_once_no_more_leave_than_were_agreed(place) {
        let stores = [place.store.clone(), Store::open(&place.url, 4).unwrap()];
        let given: u64 = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|thread| {
                    let store = &stores[thread % 2];
                    scope.spawn(move || {
                        let once = || store.reserve_rows("nav", noon(), 3, 100).unwrap();
                        (0..10).filter(|_| once()).count() as u64 * 3
                    })
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(given, 99);
    }

    fn what_left_is_never_fewer_afterwards(place) {
        let sent = BTreeMap::from([("nav".to_owned(), 7), ("imdi".to_owned(), 0)]);
        place.store.count_rows(&sent, noon()).unwrap();
        place.store.count_rows(&sent, noon()).unwrap();
        for sql in ["UPDATE sent_rows SET records = 1", "DELETE FROM sent_rows"] {
            assert!(place.raw(sql).unwrap_err().to_string().contains("append-only"), "{sql}");
        }
        assert_eq!(place.store.rows_sent(noon(), noon()).unwrap()["nav"], 14);
    }
}
