//! A token of another node counts once.

use crate::support::{Place, noon};
use chrono::TimeDelta;

on_both! {
    fn a_token_counts_once_until_it_has_expired(place) {
        let (now, minute) = (noon(), TimeDelta::minutes(1));
        let id = |byte: char| byte.to_string().repeat(64);
        let used = |id: &str, at| place.store.use_node_call(id, at + minute, at).unwrap();
        assert!(used(&id('a'), now));
        assert!(!used(&id('a'), now));
        assert!(!used(&id('a'), now + minute), "to the last moment");
        assert!(used(&id('b'), now));
        assert!(used(&id('a'), now + minute * 2), "expired and forgotten");
        assert!(place.store.use_node_call("short", now, now).is_err());
    }

    fn of_many_at_once_one_counts(place) {
        let (now, id) = (noon(), "c".repeat(64));
        let counted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| {
                    let until = now + TimeDelta::minutes(1);
                    usize::from(place.store.use_node_call(&id, until, now).unwrap())
                }))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(counted, 1);
    }
}
