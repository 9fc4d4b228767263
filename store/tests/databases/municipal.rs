//! What municipalities send, and the editions made of it.

use crate::support::{Place, decision};
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_kostra::Form;
use hjemmel_store::{
    EditionKind, EditionStatus, Error, MunicipalDelivery, MunicipalStatus, NewEdition,
    ProtectionState, Received, published,
};
use uuid::Uuid;

const FORM: Form = Form::F11;
const YEAR: u16 = 2025;

fn noon() -> DateTime<Utc> {
    "2026-02-10T12:00:00Z".parse().unwrap()
}

fn sent(kommune: &str, file: u64, status: MunicipalStatus) -> MunicipalDelivery {
    MunicipalDelivery {
        id: Uuid::now_v7(),
        number: 0,
        form: FORM,
        year: YEAR,
        period: 0,
        kommune: kommune.to_owned(),
        sha256: format!("{file:064x}"),
        bytes: 4_056,
        records: 12,
        status,
        report: serde_json::json!({ "findings": [] }),
        organisation: "940039541".to_owned(),
        supplier: None,
        client: Some("client".to_owned()),
        received_at: noon(),
        confirmed_at: None,
    }
}

#[track_caller]
fn stored(place: &Place, delivery: &MunicipalDelivery) -> MunicipalDelivery {
    match place.store.receive(delivery).unwrap() {
        Received::New(stored) => stored,
        Received::Already(_) => panic!("it is no news"),
    }
}

fn edition(version: u32, kind: EditionKind) -> NewEdition {
    NewEdition {
        id: Uuid::new_v4(),
        version,
        kind,
        parquet_sha256: format!("{version:064x}"),
        missing_regions: vec!["1103".to_owned()],
        public_from: Some(hjemmel_kostra::calendar::preliminary(YEAR)),
        reason: (version > 1).then(|| "Moss counted twice".to_owned()),
    }
}

on_both! {
    fn the_newest_accepted_of_each_municipality_counts_and_repeats_are_no_news(place) {
        let store = &place.store;
        let first = stored(place, &sent("3107", 1, MunicipalStatus::Accepted));
        let other = stored(place, &sent("3105", 1, MunicipalStatus::Accepted));
        let second = stored(place, &sent("3107", 2, MunicipalStatus::Accepted));
        stored(place, &sent("3107", 3, MunicipalStatus::Refused));
        assert_eq!([first.number, other.number, second.number], [1, 2, 3]);
        let again = store.receive(&sent("3107", 2, MunicipalStatus::Waiting)).unwrap();
        assert_eq!(again, Received::Already(second.clone()));
        let counting = store.counting_deliveries(FORM, YEAR).unwrap();
        let ids: Vec<Uuid> = counting.values().map(|one| one.id).collect();
        assert_eq!(ids, [other.id, second.id]);
        let back = stored(place, &sent("3107", 1, MunicipalStatus::Accepted));
        assert_eq!(store.counting_deliveries(FORM, YEAR).unwrap()["3107"].id, back.id);
        for sql in ["UPDATE municipal_deliveries SET records = 0", "DELETE FROM municipal_deliveries"] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
    }

    fn a_month_counts_beside_the_others_and_keeps_its_history(place) {
        let store = &place.store;
        let month = |file, period, status| MunicipalDelivery {
            form: Form::F11M,
            period,
            ..sent("3107", file, status)
        };
        let january = stored(place, &month(1, 1, MunicipalStatus::Accepted));
        let february = stored(place, &month(1, 2, MunicipalStatus::Accepted));
        let again = store.receive(&month(1, 1, MunicipalStatus::Accepted)).unwrap();
        assert_eq!(again, Received::Already(january.clone()), "February is no news of January");
        let waiting = stored(place, &month(3, 1, MunicipalStatus::Waiting));
        stored(place, &month(4, 2, MunicipalStatus::Waiting));
        // What waits of another month is in nobody's way.
        store.confirm_delivery(waiting.id, noon()).unwrap();
        let counting = store.counting_periods(Form::F11M, YEAR).unwrap();
        let ids: Vec<_> = counting.iter().map(|((_, period), one)| (*period, one.id)).collect();
        assert_eq!(ids, [(1, waiting.id), (2, february.id)]);
        let newest = store.counting_deliveries(Form::F11M, YEAR).unwrap();
        assert_eq!(newest["3107"].id, february.id);
        assert_eq!(store.municipal_delivery(january.id).unwrap().period, 1, "it is kept");
        assert!(place.raw("UPDATE municipal_deliveries SET period = 3").is_err());
        assert!(store.receive(&month(9, 13, MunicipalStatus::Accepted)).is_err());
    }

    fn warnings_are_confirmed_once_and_only_while_nothing_later_counts(place) {
        let store = &place.store;
        let waiting = stored(place, &sent("3107", 1, MunicipalStatus::Waiting));
        assert_eq!(store.counting_deliveries(FORM, YEAR).unwrap().len(), 0);
        let confirmed = store.confirm_delivery(waiting.id, noon()).unwrap();
        assert_eq!((confirmed.status, confirmed.confirmed_at), (MunicipalStatus::Accepted, Some(noon())));
        assert!(matches!(store.confirm_delivery(waiting.id, noon()), Err(Error::Conflict(_))));
        let older = stored(place, &sent("3107", 2, MunicipalStatus::Waiting));
        stored(place, &sent("3107", 3, MunicipalStatus::Accepted));
        assert!(matches!(store.confirm_delivery(older.id, noon()), Err(Error::Conflict(_))));
        assert!(matches!(store.confirm_delivery(Uuid::nil(), noon()), Err(Error::NotFound(_))));
    }

    fn editions_of_deliveries_are_numbered_and_never_change(place) {
        let store = &place.store;
        let part = stored(place, &sent("3107", 1, MunicipalStatus::Accepted)).id;
        let mut lock = store.lock_import(FORM, YEAR).unwrap();
        let add = |lock: &mut hjemmel_store::ImportLock, edition: &NewEdition, number| {
            let event = decision(number);
            store.add_collected(lock, (FORM, YEAR), (12, &[part], noon()), edition, &event)
        };
        let first = add(&mut lock, &edition(1, EditionKind::Preliminary), 1).unwrap();
        assert_eq!(first.public_from, hjemmel_kostra::calendar::preliminary(YEAR));
        assert_eq!(store.parts_of(first.id).unwrap()[0].id, part);
        let wrong = add(&mut lock, &edition(3, EditionKind::Preliminary), 2);
        assert!(matches!(wrong, Err(Error::Conflict(_))));
        let unknown = store.add_collected(
            &mut lock,
            (FORM, YEAR),
            (12, &[Uuid::nil()], noon()),
            &edition(2, EditionKind::Preliminary),
            &decision(3),
        );
        assert!(unknown.is_err(), "nothing of it is kept");
        let second = add(&mut lock, &edition(2, EditionKind::Preliminary), 4).unwrap();
        let all = store.editions().unwrap();
        let told: Vec<_> = all.iter().map(|one| (one.version, one.status)).collect();
        assert_eq!(told, [(1, EditionStatus::Superseded), (2, EditionStatus::Current)]);
        assert_eq!(second.reason.as_deref(), Some("Moss counted twice"));
        for sql in [
            "UPDATE editions SET public_from = 0",
            "UPDATE editions SET reason = 'another'",
            "UPDATE editions SET status = 'current' WHERE version = 1",
            "DELETE FROM editions",
            "DELETE FROM edition_parts",
        ] {
            assert!(place.raw(sql).is_err(), "{sql}");
        }
    }

    fn a_release_is_never_public_before_its_edition(place) {
        let store = &place.store;
        let mut lock = store.lock_import(FORM, YEAR).unwrap();
        let edition = edition(1, EditionKind::Preliminary);
        let parts = (0, &[][..], noon());
        let made = store
            .add_collected(&mut lock, (FORM, YEAR), parts, &edition, &decision(1))
            .unwrap();
        let release = hjemmel_store::NewRelease {
            id: Uuid::new_v4(),
            form: FORM,
            year: YEAR,
            edition: made.id,
            created_at: noon(),
            rule: serde_json::json!({}),
            report: serde_json::json!({}),
            archive: vec![1],
        };
        store.add_release(&release).unwrap();
        let early = made.public_from - TimeDelta::seconds(1);
        let event = published(release.id, noon());
        assert_eq!(store.publish_release(release.id, early, &[], &event).unwrap(), made.public_from);
    }

    fn a_protection_is_followed_while_it_runs_and_never_changes_after(place) {
        let store = &place.store;
        let mut lock = store.lock_import(FORM, YEAR).unwrap();
        let edition = edition(1, EditionKind::Preliminary);
        let parts = (0, &[][..], noon());
        let made = store
            .add_collected(&mut lock, (FORM, YEAR), parts, &edition, &decision(1))
            .unwrap();
        let asked = |id| hjemmel_store::Protection {
            id,
            form: FORM,
            year: YEAR,
            edition: made.id,
            asked_at: noon(),
            asked_by: "{}".to_owned(),
            state: ProtectionState::Running,
            stage: "reading".to_owned(),
            done: 0,
            total: 0,
            beaten_at: noon(),
            known: Vec::new(),
            fault: None,
        };
        let (one, other) = (asked(Uuid::now_v7()), asked(Uuid::now_v7()));
        store.begin_protection(&one, &decision(2)).unwrap();
        store.begin_protection(&other, &decision(3)).unwrap();
        let later = noon() + TimeDelta::seconds(3);
        store.note_protection(one.id, ("proof", 3, 7), later).unwrap();
        let noted = store.protection(one.id).unwrap();
        assert_eq!((&*noted.stage, noted.done, noted.total), ("proof", 3, 7));
        assert_eq!(noted.beaten_at, later);
        store.end_protection(one.id, Ok(&[other.id]), later).unwrap();
        store.note_protection(one.id, ("audit", 1, 1), later).unwrap();
        store.end_protection(one.id, Err("no"), later).unwrap();
        let ended = store.protection(one.id).unwrap();
        assert_eq!((ended.state, &*ended.known), (ProtectionState::Done, &[other.id][..]));
        store.end_protection(other.id, Err("the disk is full"), later).unwrap();
        let failed = store.protection(other.id).unwrap();
        assert_eq!(failed.fault.as_deref(), Some("the disk is full"));
        assert_eq!(store.protections(9).unwrap().len(), 2);
        assert!(place.raw("UPDATE protections SET state = 'running'").is_err());
        assert!(place.raw("DELETE FROM protections").is_err());
        assert!(matches!(store.protection(Uuid::nil()), Err(Error::NotFound(_))));
    }
}
