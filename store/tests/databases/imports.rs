//! A file is taken in once, by one importer at a time, wholly or not at all.

use crate::support::{Place, current_editions, delivery, edition};
use hjemmel_kostra::Form;
use hjemmel_store::{Added, DeliveryStatus, EditionStatus, Error};

on_both! {
    fn a_new_edition_takes_the_place_of_the_old(place) {
        let store = &place.store;
        let mut lock = store.lock_import(Form::F11, 2024).unwrap();
        assert_eq!(store.next_edition(&mut lock, Form::F11, 2024).unwrap(), 1);
        let first = delivery(1);
        assert!(matches!(store.add_edition(&mut lock, &first, &edition(1)).unwrap(), Added::New(_)));
        let Added::New(second) = store.add_edition(&mut lock, &delivery(2), &edition(2)).unwrap() else {
            panic!("not new");
        };
        assert_eq!((second.version, second.status), (2, EditionStatus::Current));
        assert_eq!(second.missing_regions, ["1103", "030105"]);
        assert_eq!(store.edition(Form::F11, 2024).unwrap().as_ref(), Some(&second));
        assert_eq!(current_editions(store), [second]);
        assert_eq!(store.edition(Form::F11C, 2024).unwrap(), None);
        let stored = store.delivery(first.id).unwrap();
        assert_eq!((stored.status, stored.report), (DeliveryStatus::Accepted, first.report));
    }

    fn the_same_file_again_changes_nothing(place) {
        let store = &place.store;
        let mut lock = store.lock_import(Form::F11, 2024).unwrap();
        let first = delivery(1);
        store.add_edition(&mut lock, &first, &edition(1)).unwrap();
        let Added::Already(before) = store.add_edition(&mut lock, &delivery(1), &edition(2)).unwrap() else {
            panic!("taken in twice");
        };
        assert_eq!(before.id, first.id);
        assert_eq!(store.accepted_delivery(Form::F11, 2024, &first.sha256).unwrap(), Some(before));
        assert_eq!(store.edition(Form::F11, 2024).unwrap().unwrap().version, 1);
    }

    fn of_two_imports_at_once_one_waits_outside(place) {
        let store = &place.store;
        let mut first = store.lock_import(Form::F11, 2024).unwrap();
        assert!(matches!(store.lock_import(Form::F11, 2024), Err(Error::Busy(_))));
        let mut other = store.lock_import(Form::F11, 2025).unwrap();
        let wrong = store.add_edition(&mut other, &delivery(1), &edition(1));
        assert!(matches!(wrong, Err(Error::Conflict(_))));
        store.add_edition(&mut first, &delivery(1), &edition(1)).unwrap();
        drop(first);
        let mut second = crate::support::soon(|| store.lock_import(Form::F11, 2024));
        let again = store.add_edition(&mut second, &delivery(1), &edition(2)).unwrap();
        assert!(matches!(again, Added::Already(_)));
    }

    fn a_failed_import_leaves_nothing(place) {
        let store = &place.store;
        let mut lock = store.lock_import(Form::F11, 2024).unwrap();
        let first = delivery(1);
        store.add_edition(&mut lock, &first, &edition(1)).unwrap();
        let mut clash = delivery(2);
        clash.id = first.id;
        assert!(matches!(store.add_edition(&mut lock, &clash, &edition(2)), Err(Error::Conflict(_))));
        assert!(matches!(store.add_edition(&mut lock, &delivery(3), &edition(9)), Err(Error::Conflict(_))));
        let current = store.edition(Form::F11, 2024).unwrap().unwrap();
        assert_eq!((current.version, current.status), (1, EditionStatus::Current));
        assert_eq!(store.next_edition(&mut lock, Form::F11, 2024).unwrap(), 2);
    }

    fn a_refused_delivery_is_kept_with_its_report(place) {
        let refused = delivery(1);
        place.store.refuse_delivery(&refused).unwrap();
        let stored = place.store.delivery(refused.id).unwrap();
        assert_eq!((stored.status, stored.edition), (DeliveryStatus::Refused, None));
        assert_eq!(place.store.accepted_delivery(Form::F11, 2024, &refused.sha256).unwrap(), None);
        assert_eq!(current_editions(&place.store), []);
    }
}
