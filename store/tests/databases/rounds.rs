//! What a node took part in is remembered before anything leaves, and never beside tables of its own.

use crate::releases::release;
use crate::support::{Place, decision, noon};
use chrono::{SubsecRound as _, TimeDelta};
use hjemmel_kostra::Form;
use hjemmel_store::{Entered, Error, JointEnd, JointTable, RoundKind, RoundRow, published};
use serde_json::json;
use uuid::Uuid;

fn round(kind: RoundKind, name: char, year: u16) -> RoundRow {
    let (id, body) = (name.to_string().repeat(64), name.to_string());
    RoundRow { kind, id, of: (Form::F11, year), body, at: noon().trunc_subsecs(6) }
}

on_both! {
    fn a_round_is_judged_and_remembered_at_once(place) {
        let store = &place.store;
        let enter = |row: &RoundRow, number| {
            let mut seen = Vec::new();
            let entered = store.enter_round(row, &decision(number), &mut |all| {
                seen = all.to_vec();
                all.len() < 2
            });
            (entered.unwrap(), seen)
        };
        let sums = |name| round(RoundKind::Sums, name, 2024);
        assert_eq!(enter(&sums('a'), 1), (Entered::Yes, vec![]));
        assert_eq!(enter(&sums('b'), 2), (Entered::Yes, vec!["a".to_owned()]));
        let both = vec!["a".to_owned(), "b".to_owned()];
        assert_eq!(enter(&sums('c'), 3), (Entered::Refused, both.clone()));
        assert_eq!(store.rounds_of(RoundKind::Sums, Form::F11, 2024).unwrap(), both);
        // Of another year, or of another kind, there is nothing yet.
        assert_eq!(enter(&round(RoundKind::Sums, 'c', 2023), 4), (Entered::Yes, vec![]));
        assert_eq!(enter(&round(RoundKind::Coordinated, 'a', 2024), 5), (Entered::Yes, vec![]));
        // The very same again is no second one.
        assert!(store.enter_round(&sums('a'), &decision(6), &mut |_| true).is_err());
        for sql in ["UPDATE node_rounds SET body = 'x'", "DELETE FROM node_rounds"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
    }

    fn of_many_at_once_one_is_first(place) {
        let store = &place.store;
        let entered: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = ('a'..='f').zip(1..).map(|(name, number)| {
                scope.spawn(move || {
                    let row = round(RoundKind::Sums, name, 2024);
                    let judge = &mut |all: &[String]| all.is_empty();
                    let entered = store.enter_round(&row, &decision(number), judge).unwrap();
                    usize::from(entered == Entered::Yes)
                })
            }).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(entered, 1);
    }

    fn a_year_is_published_by_the_node_or_with_others_and_never_both(place) {
        let store = &place.store;
        let (first, second) = (release(place), release(place));
        store.add_release(&first).unwrap();
        store.add_release(&second).unwrap();
        let now = noon().trunc_subsecs(6);
        let mut yes = |_: &[String]| true;
        // Others' sums touch nothing of one's own.
        let others = round(RoundKind::Coordinated, 'a', 2024);
        assert_eq!(store.enter_round(&others, &decision(1), &mut yes).unwrap(), Entered::Yes);
        store.publish_release(first.id, now, &[], &published(first.id, now)).unwrap();
        let own = round(RoundKind::Sums, 'b', 2024);
        assert_eq!(store.enter_round(&own, &decision(2), &mut yes).unwrap(), Entered::Published);
        let other_year = round(RoundKind::Sums, 'b', 2023);
        assert_eq!(store.enter_round(&other_year, &decision(3), &mut yes).unwrap(), Entered::Yes);
        assert_eq!(store.rounds_of(RoundKind::Sums, Form::F11, 2024).unwrap(), Vec::<String>::new());
    }

    fn nothing_is_published_of_a_year_whose_sums_were_sent(place) {
        let store = &place.store;
        let made = release(place);
        store.add_release(&made).unwrap();
        let now = noon().trunc_subsecs(6);
        let own = round(RoundKind::Sums, 'b', 2024);
        store.enter_round(&own, &decision(2), &mut |_| true).unwrap();
        let refused = store.publish_release(made.id, now, &[], &published(made.id, now));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }

    fn nothing_is_published_of_a_year_whose_persons_were_compared(place) {
        let store = &place.store;
        let made = release(place);
        store.add_release(&made).unwrap();
        let now = noon().trunc_subsecs(6);
        let own = round(RoundKind::Comparison, 'b', 2024);
        assert_eq!(store.enter_round(&own, &decision(2), &mut |_| true).unwrap(), Entered::Yes);
        let refused = store.publish_release(made.id, now, &[], &published(made.id, now));
        assert!(matches!(refused, Err(Error::Conflict(_))), "{refused:?}");
    }

    fn a_table_over_nodes_ends_once(place) {
        let store = &place.store;
        let now = noon().trunc_subsecs(6);
        let asked = |number: u128, recipient: Option<&str>| JointTable {
            id: Uuid::from_u128(number),
            table: "S1101".to_owned(),
            year: 2024,
            recipient: recipient.map(str::to_owned),
            asked_at: now,
            beaten_at: now,
            asked_by: "someone".to_owned(),
            body: json!({ "members": ["987879696"] }),
            end: None,
        };
        let (first, second) = (asked(1, None), asked(2, Some("974760673")));
        store.begin_joint(&first, &decision(1)).unwrap();
        store.begin_joint(&second, &decision(2)).unwrap();
        assert_eq!(store.joints(9).unwrap(), [second.clone(), first.clone()]);
        let end = JointEnd { at: now, body: json!({ "why": "x" }), archive: Some(vec![1, 2]) };
        store.end_joint(first.id, &end, &decision(3)).unwrap();
        assert!(store.end_joint(first.id, &end, &decision(4)).is_err(), "once");
        assert_eq!(store.joint(first.id).unwrap(), JointTable { end: Some(end), ..first });
        assert_eq!(store.joint(second.id).unwrap(), second);
        for later in [now + TimeDelta::seconds(5), now + TimeDelta::seconds(9)] {
            store.note_joint(second.id, later).unwrap();
            assert_eq!(store.joint(second.id).unwrap().beaten_at, later);
        }
        let published = |year| store.published_joints(year).unwrap();
        assert_eq!(published(2024), [(Uuid::from_u128(1), "S1101".to_owned())]);
        assert_eq!(published(2023), []);
        assert!(matches!(store.joint(Uuid::nil()), Err(Error::NotFound(_))));
        for sql in ["UPDATE joint_ends SET state = 'ended'", "DELETE FROM joint_ends", "DELETE FROM joint_tables"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
    }
}
