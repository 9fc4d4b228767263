//! Releases are kept as they were made.

use crate::support::{Place, delivery, edition, noon};
use hjemmel_kostra::Form;
use hjemmel_store::{Error, NewRelease};
use uuid::Uuid;

fn release(place: &Place) -> NewRelease {
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
        assert_eq!(store.published_releases().unwrap(), []);
        store.publish_release(second.id, noon()).unwrap();
        store.publish_release(first.id, noon()).unwrap();
        store.publish_release(first.id, noon()).unwrap();
        let served = store.published_releases().unwrap();
        assert_eq!(served.len(), 1);
        assert_eq!((served[0].id, served[0].version), (second.id, 2));
        assert_eq!(served[0].archive, second.archive);
        assert_eq!(store.release(third.id).unwrap().published_at, None);
        let all = store.releases_of(Form::F11, 2024).unwrap();
        assert_eq!(all.iter().map(|r| r.id).collect::<Vec<_>>(), [first.id, second.id]);
        assert_eq!(store.releases_of(Form::F11, 2023).unwrap(), []);
        assert_eq!(store.edition_by_id(first.edition).unwrap().id, first.edition);
        assert!(matches!(store.edition_by_id(Uuid::nil()), Err(Error::NotFound(_))));
        assert!(matches!(store.publish_release(Uuid::nil(), noon()), Err(Error::NotFound(_))));
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
        place.store.publish_release(made.id, noon()).unwrap();
        assert!(place.raw("UPDATE releases SET published_at = NULL").is_err());
        place.unguard("releases");
        let altered = if place.is_sqlite() { "x'00'" } else { "'\\x00'" };
        place.raw(&format!("UPDATE releases SET archive = {altered}")).unwrap();
        assert!(matches!(place.store.published_releases(), Err(Error::Corrupt(_))));
    }
}
