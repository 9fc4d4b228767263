//! The record of decisions can be added to and read; anything else shows.

use crate::support::{Place, batch, decision, event};
use hjemmel_store::{Chain, ChainState, DecisionFilter, Error};
use uuid::Uuid;

fn broken(place: &Place) -> Option<i64> {
    match place.store.verify_chain(&[]).unwrap() {
        Chain::Broken { first_bad } => Some(first_bad),
        Chain::Intact(_) => None,
    }
}

/// Ten decisions, then a change by somebody who has the database.
fn after(place: &Place, sql: &str) -> Option<i64> {
    place.store.record_decisions(&batch(10)).unwrap();
    assert_eq!(broken(place), None);
    place.unguard("decisions");
    place.unguard("decision_head");
    place.raw(sql).unwrap();
    broken(place)
}

on_both! {
    fn a_decision_comes_back_as_it_was_recorded(place) {
        let mut row = decision(1);
        row.client = Some("nul\0byte".to_owned());
        row.supplier = Some("971032146".to_owned());
        place.store.record_decisions(std::slice::from_ref(&row)).unwrap();
        let stored = place.store.decision(row.id).unwrap();
        assert_eq!(stored.seq, 1);
        assert_eq!(stored.row.client.as_deref(), Some("nul\u{fffd}byte"));
        assert_eq!(stored.row.at.timestamp_micros(), row.at.timestamp_micros());
        assert_eq!(stored.row.body, row.body);
        assert_eq!(stored.row.grant_version, Some(2));
        assert_eq!(broken(place), None);
        assert!(matches!(place.store.decision(Uuid::nil()), Err(Error::NotFound(_))));
    }

    fn a_batch_with_a_known_id_is_refused_whole(place) {
        let rows = batch(3);
        place.store.record_decisions(&rows).unwrap();
        let again = [decision(7), rows[1].clone()];
        assert!(matches!(place.store.record_decisions(&again), Err(Error::Conflict(_))));
        assert_eq!(place.store.chain_state().unwrap().seq, 3);
        assert!(matches!(place.store.decision(again[0].id), Err(Error::NotFound(_))));
        place.store.record_decisions(&batch(2)).unwrap();
        assert_eq!(broken(place), None);
    }

    fn pages_run_from_the_newest_and_filters_narrow_them(place) {
        place.store.record_decisions(&batch(25)).unwrap();
        let all = DecisionFilter::default();
        let first = place.store.decisions(&all, None, 10).unwrap();
        let next = place.store.decisions(&all, first.last().map(|d| d.seq), 100).unwrap();
        let seqs: Vec<i64> = first.iter().chain(&next).map(|d| d.seq).collect();
        assert_eq!(seqs, (1..=25).rev().collect::<Vec<_>>());
        let denied = DecisionFilter { outcome: Some("denied".to_owned()), ..all.clone() };
        assert_eq!(place.store.decisions(&denied, None, 100).unwrap().len(), 12);
        let other = DecisionFilter { organisation: Some("971526920".to_owned()), ..all.clone() };
        assert!(place.store.decisions(&other, None, 100).unwrap().is_empty());
        let early = DecisionFilter { until: Some(crate::support::noon()), ..all };
        assert!(place.store.decisions(&early, None, 100).unwrap().is_empty());
    }

    fn the_database_itself_forbids_changes(place) {
        place.store.record_decisions(&batch(3)).unwrap();
        let mut attempts = vec![
            "UPDATE decisions SET outcome = 'allowed' WHERE seq = 2",
            "DELETE FROM decisions WHERE seq = 3",
            "DELETE FROM decision_head",
            "UPDATE decision_head SET seq = 2",
            "UPDATE policy_versions SET author = 'x'",
        ];
        place.store.load_policy(&[], "a", "b", crate::support::noon(), None).unwrap();
        if place.is_sqlite() {
            attempts.push("INSERT OR REPLACE INTO decisions SELECT * FROM decisions WHERE seq = 1");
        } else {
            attempts.push("TRUNCATE decisions");
        }
        for sql in attempts {
            let error = place.raw(sql).unwrap_err().to_string();
            assert!(error.contains("append-only"), "{sql}: {error}");
        }
        assert_eq!(broken(place), None);
    }

    fn an_altered_row_is_named_whatever_was_altered(place) {
        place.store.record_decisions(&batch(12)).unwrap();
        place.unguard("decisions");
        let columns = ["at = at + 1", "policy_version = 9", "subject_kind = 'x'", "organisation = NULL",
            "supplier = ''", "client = 'x'", "action = 'x'", "resource = '{}'", "outcome = 'x'",
            "grant_id = 'x'", "grant_version = 1", "body = '{}'"];
        for (change, seq) in columns.iter().zip((1..=12).rev()) {
            place.raw(&format!("UPDATE decisions SET {change} WHERE seq = {seq}")).unwrap();
            assert_eq!(broken(place), Some(seq), "{change}");
        }
    }

    fn a_deleted_row_is_named(place) {
        assert_eq!(after(place, "DELETE FROM decisions WHERE seq = 5"), Some(5));
    }

    fn rows_cut_off_the_end_are_missed(place) {
        assert_eq!(after(place, "DELETE FROM decisions WHERE seq >= 9"), Some(9));
    }

    fn an_emptied_record_is_missed(place) {
        assert_eq!(after(place, "DELETE FROM decisions"), Some(1));
    }

    fn swapped_rows_are_named(place) {
        let swap = "UPDATE decisions SET seq = 99 WHERE seq = 3; UPDATE decisions SET seq = 3 WHERE seq = 6;
            UPDATE decisions SET seq = 6 WHERE seq = 99;";
        assert_eq!(after(place, swap), Some(3));
    }

    fn a_forged_row_at_the_end_is_named(place) {
        let forge = "INSERT INTO decisions SELECT 11, 'x', at, policy_version, subject_kind, organisation, supplier,
            client, action, resource, outcome, grant_id, grant_version, body, previous, leaf, hash
            FROM decisions WHERE seq = 10";
        assert_eq!(after(place, forge), Some(11));
    }

    fn a_rewound_head_with_rows_cut_off_is_caught_by_a_witness(place) {
        place.store.record_decisions(&batch(10)).unwrap();
        let witnessed = place.store.chain_state().unwrap();
        place.unguard("decisions");
        place.unguard("decision_head");
        place.raw("DELETE FROM decisions WHERE seq > 8; UPDATE decision_head SET seq = 8, \
            hash = (SELECT hash FROM decisions WHERE seq = 8)").unwrap();
        assert_eq!(broken(place), None, "the chain alone cannot see this");
        let found = place.store.verify_chain(std::slice::from_ref(&witnessed)).unwrap();
        assert_eq!(found, Chain::Broken { first_bad: 9 });
    }

    fn a_chain_written_anew_is_caught_by_a_witness(place) {
        place.store.record_decisions(&batch(10)).unwrap();
        let elsewhere = ChainState { seq: 4, hash: "f".repeat(64) };
        assert_eq!(place.store.verify_chain(&[elsewhere]).unwrap(), Chain::Broken { first_bad: 4 });
        let state = place.store.chain_state().unwrap();
        assert_eq!(place.store.verify_chain(std::slice::from_ref(&state)).unwrap(), Chain::Intact(state));
    }

    fn writers_at_once_make_one_chain(place) {
        std::thread::scope(|scope| {
            for _ in 0..8 {
                let store = place.store.clone();
                scope.spawn(move || (0..10).for_each(|_| store.record_decisions(&batch(5)).unwrap()));
            }
        });
        assert_eq!(place.store.chain_state().unwrap().seq, 400);
        assert_eq!(broken(place), None);
    }

    fn refusals_are_recorded_and_kept(place) {
        place.store.record_event(&event()).unwrap();
        let stored = place.store.events(10).unwrap();
        assert_eq!(stored.len(), 1);
        assert_eq!(stored[0].detail, "expired");
        assert!(place.raw("DELETE FROM security_events").is_err());
    }
}
