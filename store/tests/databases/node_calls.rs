//! A token of another node counts once.

use crate::support::{Place, batch, noon};
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_store::NodeCall;

fn call(id: &str, until: DateTime<Utc>) -> NodeCall {
    NodeCall { id: id.to_owned(), until }
}

on_both! {
    fn a_token_counts_once_until_it_has_expired(place) {
        let (now, minute) = (noon(), TimeDelta::minutes(1));
        let id = |byte: char| byte.to_string().repeat(64);
        let used = |id: &str, at| place.store.use_node_call(&call(id, at + minute), at).unwrap();
        assert!(used(&id('a'), now));
        assert!(!used(&id('a'), now));
        assert!(!used(&id('a'), now + minute), "to the last moment");
        assert!(used(&id('b'), now));
        assert!(used(&id('a'), now + minute * 2), "expired and forgotten");
        assert!(place.store.use_node_call(&call("short", now), now).is_err());
    }

    fn tokens_are_used_up_together_with_what_is_decided(place) {
        let now = noon();
        let until = now + TimeDelta::minutes(1);
        let [one, other] = ["d", "e"].map(|digit| call(&digit.repeat(64), until));
        let rows = batch(3);
        let both = [one.clone(), other.clone(), one.clone()];
        let counted = place.store.record_and_use(&rows, &both, now).unwrap();
        assert_eq!(counted, [true, true, false], "the same twice counts once");
        assert_eq!(place.store.record_and_use(&[], std::slice::from_ref(&other), now).unwrap(), [false]);
        assert!(!place.store.use_node_call(&one, now).unwrap());
        assert_eq!(place.store.chain_state().unwrap().seq, 3);
        // What cannot be recorded uses nothing up, and a token that cannot be written down keeps the record as it was.
        let third = call(&"f".repeat(64), until);
        assert!(place.store.record_and_use(&rows, std::slice::from_ref(&third), now).is_err());
        assert!(place.store.record_and_use(&batch(1), &[call("short", until)], now).is_err());
        assert_eq!(place.store.chain_state().unwrap().seq, 3);
        assert_eq!(place.store.record_and_use(&[], &[third], now).unwrap(), [true]);
    }

    fn of_many_at_once_one_counts(place) {
        let (now, id) = (noon(), "c".repeat(64));
        let counted: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|_| scope.spawn(|| {
                    let call = call(&id, now + TimeDelta::minutes(1));
                    usize::from(place.store.use_node_call(&call, now).unwrap())
                }))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(counted, 1);
    }
}
