//! Saved queries stay what they were.

use crate::support::{Place, noon};
use hjemmel_store::{Error, SavedQueryRow};

fn query(id: &str, body: &str) -> SavedQueryRow {
    SavedQueryRow {
        id: id.to_owned(),
        at: noon(),
        table: "S1101".to_owned(),
        body: body.to_owned(),
    }
}

const ONE: &str = "00000000000000000001";
const TWO: &str = "00000000000000000002";

on_both! {
    fn a_query_is_kept_once_and_read_back(place) {
        let store = &place.store;
        let row = query(ONE, "{}");
        store.keep_saved_query(&row, 1).unwrap();
        store.keep_saved_query(&row, 1).unwrap();
        let kept = store.saved_query(ONE).unwrap();
        assert_eq!((kept.id, kept.table, kept.body), (row.id, row.table, row.body));
        for nothing in [TWO, "", "\0", "'"] {
            assert!(matches!(store.saved_query(nothing), Err(Error::NotFound(_))));
        }
    }

    fn another_query_under_the_same_id_and_one_too_many_are_refused(place) {
        let store = &place.store;
        store.keep_saved_query(&query(ONE, "{}"), 1).unwrap();
        let other = store.keep_saved_query(&query(ONE, "{\"a\":1}"), 5);
        assert!(matches!(other, Err(Error::Conflict(_))), "{other:?}");
        let more = store.keep_saved_query(&query(TWO, "{}"), 1);
        assert!(matches!(more, Err(Error::Conflict(_))), "{more:?}");
        assert_eq!(store.saved_query(ONE).unwrap().body, "{}");
    }

    fn a_query_cannot_be_changed(place) {
        place.store.keep_saved_query(&query(ONE, "{}"), 9).unwrap();
        let refused = place.raw("UPDATE saved_queries SET body = '[]'");
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(place.store.saved_query(ONE).unwrap().body, "{}");
    }
}
