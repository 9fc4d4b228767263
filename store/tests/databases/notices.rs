//! Notices are written once and marked once.

use crate::support::{Place, noon};
use chrono::{SubsecRound as _, TimeDelta};
use hjemmel_store::NoticeRow;
use uuid::Uuid;

/// A moment as databases keep it.
fn moment() -> chrono::DateTime<chrono::Utc> {
    noon().trunc_subsecs(6)
}

fn notice(kind: &str, recipient: &str) -> NoticeRow {
    NoticeRow {
        id: Uuid::now_v7(),
        at: moment(),
        kind: kind.to_owned(),
        grant_id: "a".to_owned(),
        grant_version: 1,
        recipient: recipient.to_owned(),
        body: "{}".to_owned(),
        sent_at: None,
    }
}

on_both! {
    fn one_of_a_kind_is_kept_and_marked_when_it_is_sent(place) {
        let (first, second) = (notice("ends-90", "889640782"), notice("ends-30", "971032146"));
        assert!(place.store.add_notice(&first).unwrap());
        assert!(!place.store.add_notice(&notice("ends-90", "889640782")).unwrap());
        assert!(place.store.add_notice(&second).unwrap());
        let all = place.store.notices(None, None, 10).unwrap();
        assert_eq!(all, [second.clone(), first.clone()]);
        assert_eq!(place.store.notices(Some("971032146"), None, 10).unwrap(), std::slice::from_ref(&second));
        assert_eq!(place.store.notices(None, Some(second.id), 10).unwrap(), std::slice::from_ref(&first));
        place.store.mark_sent(first.id, moment()).unwrap();
        place.store.mark_sent(first.id, moment() + TimeDelta::hours(1)).unwrap();
        assert_eq!(place.store.unsent_notices(10).unwrap(), std::slice::from_ref(&second));
        assert_eq!(place.store.notices(None, Some(second.id), 1).unwrap()[0].sent_at, Some(moment()));
        for sql in ["DELETE FROM notices", "UPDATE notices SET body = 'x'", "UPDATE notices SET sent_at = NULL",
            "UPDATE notices SET sent_at = 1"] {
            assert!(place.raw(sql).unwrap_err().to_string().contains("append-only"), "{sql}");
        }
    }

    fn cosignatures_are_kept_once_and_the_largest_is_told(place) {
        let known = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
            place.store.newest_cosigned(&names).unwrap()
        };
        assert_eq!(known(&["a"]), None);
        for (size, witness, line) in [(3, "a", "x"), (3, "a", "y"), (5, "b", "z"), (3, "b", "w")] {
            place.store.keep_cosignature(size, witness, line, moment()).unwrap();
        }
        assert_eq!(known(&["a"]), Some((3, vec!["x".to_owned()])));
        assert_eq!(known(&["a", "b"]), Some((5, vec!["z".to_owned()])));
        assert_eq!(known(&["c"]), None);
        for sql in ["DELETE FROM cosignatures", "UPDATE cosignatures SET line = 'x'"] {
            assert!(place.raw(sql).unwrap_err().to_string().contains("append-only"), "{sql}");
        }
    }
}
