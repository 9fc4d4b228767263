//! Targets: the newest holds, and none is forgotten.

use crate::support::{Place, noon};
use chrono::SubsecRound as _;
use hjemmel_store::{Error, TargetRow};
use uuid::Uuid;

/// A moment as databases keep it.
fn moment() -> chrono::DateTime<chrono::Utc> {
    noon().trunc_subsecs(6)
}

fn target(number: u128, region: &str, year: u16, milli: Option<u64>) -> TargetRow {
    TargetRow {
        id: Uuid::from_u128(number),
        region: region.to_owned(),
        indicator: "mottakere-18-24".to_owned(),
        year,
        milli,
        set_by: "940039541".to_owned(),
        at: moment(),
    }
}

on_both! {
    fn the_newest_target_holds_until_it_is_withdrawn(place) {
        let store = &place.store;
        let (first, other) = (target(1, "3107", 2026, Some(3_500)), target(2, "EAK", 2026, Some(2_000)));
        store.set_target(&first, 9).unwrap();
        store.set_target(&other, 9).unwrap();
        assert_eq!(store.targets().unwrap(), [first, other.clone()]);
        let newer = target(3, "3107", 2026, Some(0));
        store.set_target(&newer, 9).unwrap();
        assert_eq!(store.targets().unwrap(), [newer, other.clone()]);
        store.set_target(&target(4, "3107", 2026, None), 9).unwrap();
        assert_eq!(store.targets().unwrap(), [other]);
    }

    fn a_target_is_never_rewritten_and_there_is_an_end_to_them(place) {
        let store = &place.store;
        store.set_target(&target(1, "3107", 2026, Some(3_500)), 1).unwrap();
        let more = store.set_target(&target(2, "3107", 2027, Some(1)), 1);
        assert!(matches!(more, Err(Error::Conflict(_))), "{more:?}");
        assert!(store.set_target(&target(1, "EAK", 2026, Some(1)), 9).is_err());
        for sql in ["UPDATE targets SET milli = 1", "DELETE FROM targets"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
        assert_eq!(store.targets().unwrap().len(), 1);
    }
}
