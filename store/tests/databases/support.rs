//! A fresh database of each kind, and rows to put into it.

use chrono::{DateTime, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hjemmel_kostra::Form;
use hjemmel_store::{
    DecisionRow, Delivery, DeliveryStatus, Edition, EditionKind, EditionStatus, GrantRow,
    NewEdition, SecurityEvent, Store,
};
use hjemmel_tests::postgres::Cluster;
use std::sync::atomic::{AtomicU32, Ordering};
use tempfile::TempDir;
use uuid::Uuid;

pub struct Place {
    pub store: Store,
    pub url: String,
    _directory: Option<TempDir>,
}

impl Place {
    pub fn sqlite() -> Self {
        let directory = TempDir::new().unwrap();
        let url = format!("sqlite:{}", directory.path().join("store.db").display());
        Self::at(url, Some(directory))
    }

    pub fn postgres() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("store_{}", NEXT.fetch_add(1, Ordering::Relaxed));
        Self::at(Cluster::shared().database(&name), None)
    }

    fn at(url: String, directory: Option<TempDir>) -> Self {
        let store = Store::open(&url, 4).unwrap();
        store.migrate().unwrap();
        Self { store, url, _directory: directory }
    }

    pub fn is_sqlite(&self) -> bool {
        self.url.starts_with("sqlite:")
    }

    /// Does what somebody with the database's password can do.
    pub fn raw(&self, sql: &str) -> QueryResult<()> {
        match self.url.strip_prefix("sqlite:") {
            Some(path) => SqliteConnection::establish(path).unwrap().batch_execute(sql),
            None => PgConnection::establish(&self.url).unwrap().batch_execute(sql),
        }
    }

    /// The number that a query without parameters tells.
    pub fn number(&self, sql: &str) -> i64 {
        #[derive(QueryableByName)]
        struct Told {
            #[diesel(sql_type = diesel::sql_types::BigInt)]
            number: i64,
        }
        let told = diesel::sql_query(format!("SELECT CAST(({sql}) AS BIGINT) AS number"));
        let told: Told = match self.url.strip_prefix("sqlite:") {
            Some(path) => told.get_result(&mut SqliteConnection::establish(path).unwrap()),
            None => told.get_result(&mut PgConnection::establish(&self.url).unwrap()),
        }
        .unwrap();
        told.number
    }

    /// How often PostgreSQL read all of some tables, and how often by an index.
    pub fn scans(&self, tables: &str) -> (i64, i64) {
        let of = |what: &str| {
            let from = format!("FROM pg_stat_user_tables WHERE relname IN ({tables})");
            self.number(&format!("SELECT sum({what}) {from}"))
        };
        (of("seq_scan"), of("idx_scan"))
    }

    /// Takes the guards off a table, as its owner can.
    pub fn unguard(&self, table: &str) {
        if self.is_sqlite() {
            for trigger in
                ["no_update", "no_delete", "no_replace", "frozen", "forward", "lifted_once"]
            {
                self.raw(&format!("DROP TRIGGER IF EXISTS {table}_{trigger}")).unwrap();
            }
        } else {
            self.raw(&format!("ALTER TABLE {table} DISABLE TRIGGER USER")).unwrap();
        }
    }
}

/// One test on each database.
macro_rules! on_both {
    ($(fn $name:ident($place:ident) $body:block)+) => {$(
        mod $name {
            use super::*;
            fn run($place: &Place) $body
            #[test]
            fn on_sqlite() {
                run(&Place::sqlite());
            }
            #[test]
            fn on_postgres() {
                run(&Place::postgres());
            }
        }
    )+};
}

/// The newest edition of each form and year.
pub fn current_editions(store: &Store) -> Vec<Edition> {
    let mut all = store.editions().unwrap();
    all.retain(|edition| edition.status == EditionStatus::Current);
    all
}

pub fn noon() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_608_000, 123_456_789).unwrap()
}

pub fn decision(number: usize) -> DecisionRow {
    DecisionRow {
        id: Uuid::now_v7(),
        at: noon(),
        policy_version: 3,
        subject_kind: "organisation".to_owned(),
        organisation: Some("889640782".to_owned()),
        supplier: None,
        client: Some(format!("client-{number}")),
        action: "microdata:read".to_owned(),
        resource: r#"{"form":"11","year":2024}"#.to_owned(),
        outcome: if number.is_multiple_of(2) { "allowed" } else { "denied" }.to_owned(),
        grant_id: Some("nav-11".to_owned()),
        grant_version: Some(2),
        body: format!(r#"{{"number":{number},"text":"æøå"}}"#),
    }
}

pub fn event() -> SecurityEvent {
    let (kind, detail) = ("token-refused".to_owned(), "expired".to_owned());
    SecurityEvent { id: Uuid::now_v7(), at: noon(), kind, detail }
}

pub fn batch(size: usize) -> Vec<DecisionRow> {
    (0..size).map(decision).collect()
}

pub fn grant(id: &str, version: u32) -> GrantRow {
    GrantRow {
        id: id.to_owned(),
        version,
        recipient: "889640782".to_owned(),
        form: "11".to_owned(),
        state: "active".to_owned(),
        tier: "pseudonymised".to_owned(),
        valid_from: "2026-01-01".to_owned(),
        valid_to: None,
        terms: format!(r#"{{"id":"{id}","version":{version}}}"#),
    }
}

pub fn delivery(file: u64) -> Delivery {
    Delivery {
        id: Uuid::new_v4(),
        form: Form::F11,
        year: 2024,
        sha256: format!("{file:064x}"),
        file_name: "0301.dat".to_owned(),
        bytes: 42_000_000,
        records: 130_000,
        status: DeliveryStatus::Accepted,
        report: serde_json::json!([{"rule": "005", "line": 7}]),
        received_at: noon(),
        edition: None,
    }
}

pub fn edition(version: u32) -> NewEdition {
    NewEdition {
        id: Uuid::new_v4(),
        version,
        kind: EditionKind::Preliminary,
        parquet_sha256: format!("{version:064x}"),
        missing_regions: vec!["1103".to_owned(), "030105".to_owned()],
        public_from: None,
        reason: None,
    }
}

/// Tries until it works; a server notices a closed connection a moment later.
pub fn soon<T, E: std::fmt::Debug>(attempt: impl Fn() -> Result<T, E>) -> T {
    for _ in 0..100 {
        if let Ok(value) = attempt() {
            return value;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    attempt().unwrap()
}
