//! Both databases have the same tables, and migrations go up, down and up again.

use crate::purses::{answer, pay, spend, terms};
use crate::support::{Place, batch, event};
use diesel::prelude::*;
use diesel::sql_types::Text;
use hjemmel_store::{Error, Reserved, Round, Store};

#[derive(QueryableByName)]
struct Column {
    #[diesel(sql_type = Text)]
    name: String,
}

fn columns(place: &Place) -> Vec<String> {
    let sqlite = "SELECT m.name || '.' || p.name || CASE p.\"notnull\" WHEN 1 THEN ' NO' ELSE ' YES' END AS name \
        FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' \
        AND m.name NOT LIKE '\\_\\_%' ESCAPE '\\'";
    let postgres = "SELECT (table_name || '.' || column_name || ' ' || is_nullable)::text AS name \
        FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'";
    let rows: Vec<Column> = match place.url.strip_prefix("sqlite:") {
        Some(path) => {
            diesel::sql_query(sqlite).load(&mut SqliteConnection::establish(path).unwrap())
        }
        None => diesel::sql_query(postgres).load(&mut PgConnection::establish(&place.url).unwrap()),
    }
    .unwrap();
    let mut names: Vec<String> = rows.into_iter().map(|column| column.name).collect();
    names.sort();
    names
}

#[test]
fn both_databases_have_the_same_columns() {
    let columns_of_sqlite = columns(&Place::sqlite());
    assert!(columns_of_sqlite.len() > 60, "{columns_of_sqlite:?}");
    assert_eq!(columns_of_sqlite, columns(&Place::postgres()));
}

on_both! {
    fn migrations_go_up_down_and_up(place) {
        let full = columns(place);
        assert_eq!(place.store.pending().unwrap(), Vec::<String>::new());
        let reverted = place.store.revert_all().unwrap();
        assert_eq!(columns(place), Vec::<String>::new());
        assert_eq!(place.store.pending().unwrap().len(), reverted.len());
        assert!(matches!(place.store.policy_version(), Err(Error::Configuration(_))));
        let applied = place.store.migrate().unwrap();
        assert_eq!(applied.len(), reverted.len());
        assert_eq!(columns(place), full);
        place.store.ping().unwrap();
    }

    fn a_database_of_another_version_is_told_from_ours(place) {
        let said = || place.store.check_version().map_err(|error| error.to_string());
        said().unwrap();
        let versions = "__diesel_schema_migrations";
        let newest = format!("DELETE FROM {versions} WHERE version = (SELECT max(version) FROM {versions})");
        place.raw(&newest).unwrap();
        let older = said().unwrap_err();
        assert!(older.contains("lacks 1 ") && older.contains("hjemmel migrate"), "{older}");
        assert!(older.contains(&place.store.pending().unwrap()[0]), "{older}");
        place.raw(&format!("INSERT INTO {versions} (version) VALUES ('99991231000000')")).unwrap();
        let newer = said().unwrap_err();
        assert!(newer.contains("newer") && newer.contains("99991231000000"), "{newer}");
        place.raw(&format!("DROP TABLE {versions}")).unwrap();
        assert!(said().unwrap_err().contains("hjemmel migrate"));
    }

    fn while_it_is_of_another_version_nothing_is_read_or_written(place) {
        let (store, paid) = (&place.store, spend("paid", "kvp", 1));
        assert!(matches!(pay(store, &paid), Reserved::Paid(_)));
        let keep = |spend, body| {
            store.settle(&Round { answers: vec![answer(spend, body)], ..Round::default() }).map(drop)
        };
        keep(&paid, "kept").unwrap();
        store.watch().unwrap();
        let rows = ["decisions", "spends", "answers", "security_events"];
        let rows = rows.map(|table| format!("(SELECT count(*) FROM {table})")).join(" + ");
        let written = || place.number(&format!("SELECT beats + {rows} FROM liveness"));
        let before = written();
        let versions = "__diesel_schema_migrations";
        place.raw(&format!("INSERT INTO {versions} (version) VALUES ('99991231000000')")).unwrap();
        let seen = store.watch().unwrap_err();
        assert!(seen.is_temporary() && seen.to_string().contains("99991231000000"), "{seen}");
        let unpaid = spend("unpaid", "kvp", 1);
        let refused = [
            store.ping(),
            store.watch(),
            store.record_event(&event()),
            store.record_decisions(&batch(1)),
            store.reserve(std::slice::from_ref(&unpaid), terms(30)).map(drop),
            keep(&paid, "again"),
            store.policy_version().map(drop),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
        }
        assert_eq!(written(), before);
        place.raw(&format!("DELETE FROM {versions} WHERE version = '99991231000000'")).unwrap();
        assert!(store.ping().is_err(), "it was not looked at");
        store.watch().unwrap();
        store.record_event(&event()).unwrap();
        assert_eq!(written(), before + 2);
    }

    fn nodes_that_start_at_once_take_turns(place) {
        let all = place.store.revert_all().unwrap().len();
        let applied: usize = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| Store::open(&place.url, 1).unwrap().migrate().unwrap().len()))
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).sum()
        });
        assert_eq!(applied, all);
    }
}
