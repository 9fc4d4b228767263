//! Releases are kept as they were made.

use crate::support::{Place, delivery, edition, noon};
use chrono::{SubsecRound as _, TimeDelta};
use hjemmel_kostra::Form;
use hjemmel_store::{Error, NewRelease, published};
use uuid::Uuid;

pub fn release(place: &Place) -> NewRelease {
    let store = &place.store;
    let current = store.edition(Form::F11, 2024).unwrap().unwrap_or_else(|| {
        let mut lock = store.lock_import(Form::F11, 2024).unwrap();
        store.add_edition(&mut lock, &delivery(1), &edition(1)).unwrap();
        store.edition(Form::F11, 2024).unwrap().unwrap()
    });
    NewRelease {
        id: Uuid::new_v4(),
        form: Form::F11,
        year: 2024,
        edition: current.id,
        created_at: noon(),
        rule: serde_json::json!({"threshold": 4}),
        report: serde_json::json!({"withheld": 17}),
        archive: vec![0, 1, 2, 255],
    }
}

on_both! {
    fn the_newest_published_release_is_served(place) {
        let store = &place.store;
        let (first, second, third) = (release(place), release(place), release(place));
        for (release, version) in [(&first, 1), (&second, 2), (&third, 3)] {
            assert_eq!(store.add_release(release).unwrap(), version);
        }
        assert_eq!(store.publications().unwrap(), []);
        let now = noon().trunc_subsecs(6);
        let first_day = now + TimeDelta::days(90);
        let publish = |id, from| {
            store.publish_release(id, from, &[second.id], &published(id, now))
        };
        assert_eq!(publish(second.id, now).unwrap(), now);
        let unknown = store.publish_release(first.id, first_day, &[], &published(first.id, now));
        assert!(matches!(unknown, Err(Error::Conflict(_))), "it may give away the other");
        assert_eq!(publish(first.id, first_day).unwrap(), first_day);
        assert_eq!(publish(first.id, noon()).unwrap(), first_day, "twice changes nothing");
        let served = store.publications().unwrap();
        let served: Vec<_> = served.iter().map(|one| (one.id, one.year, one.at)).collect();
        assert_eq!(served, [(first.id, 2024, first_day), (second.id, 2024, now)]);
        let stored = store.release(second.id).unwrap();
        assert_eq!((stored.archive, stored.version), (second.archive.clone(), 2));
        assert_eq!(store.release(third.id).unwrap().published_at, None);
        let all = store.releases_of(Form::F11, 2024).unwrap();
        assert_eq!(all.iter().map(|r| r.id).collect::<Vec<_>>(), [first.id, second.id]);
        assert_eq!(store.releases_of(Form::F11, 2023).unwrap(), []);
        assert_eq!(store.edition_by_id(first.edition).unwrap().id, first.edition);
        assert!(matches!(store.edition_by_id(Uuid::nil()), Err(Error::NotFound(_))));
        assert!(matches!(publish(Uuid::nil(), noon()), Err(Error::NotFound(_))));
    }

    fn a_release_of_an_unknown_edition_is_refused(place) {
        let mut orphan = release(place);
        orphan.edition = Uuid::new_v4();
        assert!(matches!(place.store.add_release(&orphan), Err(Error::Conflict(_))));
    }

    fn a_release_cannot_change_and_an_altered_archive_is_not_served(place) {
        let made = release(place);
        place.store.add_release(&made).unwrap();
        for sql in ["UPDATE releases SET rule = '{}'", "DELETE FROM releases"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
        let event = published(made.id, noon());
        place.store.publish_release(made.id, noon(), &[], &event).unwrap();
        assert!(place.raw("UPDATE releases SET published_at = NULL").is_err());
        place.unguard("releases");
        let altered = if place.is_sqlite() { "x'00'" } else { "'\\x00'" };
        place.raw(&format!("UPDATE releases SET archive = {altered}")).unwrap();
        assert!(matches!(place.store.release(made.id), Err(Error::Corrupt(_))));
    }

    fn a_publication_is_called_off_before_its_moment_and_reckoned_with_no_more(place) {
        let store = &place.store;
        let (first, second) = (release(place), release(place));
        store.add_release(&first).unwrap();
        store.add_release(&second).unwrap();
        let now = noon().trunc_subsecs(6);
        let (planned, instant) = (now + TimeDelta::days(90), TimeDelta::microseconds(1));
        let ahead = TimeDelta::seconds(10);
        let call_off = |at| {
            let event = published(first.id, at);
            store.call_off_release(first.id, ("Moss is missing", "{}"), (at, ahead), &event)
        };
        assert!(matches!(call_off(now), Err(Error::Conflict(_))), "it is not scheduled");
        store.publish_release(first.id, planned, &[], &published(first.id, now)).unwrap();
        assert!(matches!(call_off(planned - ahead), Err(Error::Conflict(_))), "it is too late");
        let unseeing = || store.publish_release(second.id, planned, &[], &published(second.id, now));
        assert!(matches!(unseeing(), Err(Error::Conflict(_))));
        let called = call_off(planned - ahead - instant).unwrap();
        assert_eq!((called.planned_for, &*called.reason), (planned, "Moss is missing"));
        assert_eq!(call_off(now).unwrap(), called, "twice changes nothing");
        assert_eq!(store.publications().unwrap(), []);
        assert_eq!(store.releases_of(Form::F11, 2024).unwrap(), []);
        let standing = store.release_standing(first.id).unwrap();
        assert_eq!((standing.published_at, standing.called_off), (None, Some(called)));
        let again = store.publish_release(first.id, planned, &[], &published(first.id, now));
        assert!(matches!(again, Err(Error::Conflict(_))), "it is not taken up again");
        unseeing().unwrap();
        for sql in ["UPDATE callings_off SET reason = ''", "DELETE FROM callings_off"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
        let event = published(first.id, now);
        let none = store.call_off_release(Uuid::nil(), ("", "{}"), (now, ahead), &event);
        assert!(matches!(none, Err(Error::NotFound(_))));
    }
}
