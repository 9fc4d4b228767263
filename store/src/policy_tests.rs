//! Saved tests of the policy: what must be allowed and what must be denied, whatever else changes.

use crate::connection::AnyConnection;
use crate::schema::policy_tests;
use crate::values::{moment, text, uuid};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// One saved test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyTest {
    /// Its id.
    pub id: Uuid,
    /// What it is called.
    pub name: String,
    /// `allowed` or `denied`.
    pub expected: String,
    /// The question, as JSON.
    pub question: String,
    /// Why it is there.
    pub reason: String,
    /// When it was made.
    pub made_at: DateTime<Utc>,
    /// By whom, as JSON.
    pub made_by: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = policy_tests)]
struct Raw {
    id: String,
    name: String,
    expected: String,
    question: String,
    reason: String,
    made_at: i64,
    made_by: String,
    retired_at: Option<i64>,
    retired_by: Option<String>,
    retire_reason: Option<String>,
}

impl Store {
    /// The tests that count, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn policy_tests(&self) -> Result<Vec<PolicyTest>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let counts = policy_tests::retired_at.is_null();
            let order = (policy_tests::made_at.asc(), policy_tests::id.asc());
            Ok(policy_tests::table.filter(counts).order(order).load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Saves a test.
    ///
    /// # Errors
    /// It was not saved.
    pub fn add_policy_test(&self, test: &PolicyTest) -> Result<(), Error> {
        let raw = Raw {
            id: test.id.to_string(),
            name: text(&test.name),
            expected: text(&test.expected),
            question: text(&test.question),
            reason: text(&test.reason),
            made_at: test.made_at.timestamp_micros(),
            made_by: text(&test.made_by),
            retired_at: None,
            retired_by: None,
            retire_reason: None,
        };
        self.write("policy_tests", |conn| {
            let insert = diesel::insert_into(policy_tests::table).values(&raw);
            match conn {
                AnyConnection::Sqlite(c) => insert.execute(c)?,
                AnyConnection::Postgres(c) => insert.execute(c)?,
            };
            Ok(())
        })
    }

    /// Lets a test count no more; it stays to be read.
    ///
    /// # Errors
    /// [`Error::NotFound`] when there is none that counts.
    pub fn retire_policy_test(
        &self,
        id: Uuid,
        (by, reason): (&str, &str),
        now: DateTime<Utc>,
    ) -> Result<(), Error> {
        self.write("policy_tests", |conn| {
            let counts = policy_tests::retired_at.is_null();
            let retired = diesel::update(policy_tests::table.find(id.to_string()).filter(counts))
                .set((
                    policy_tests::retired_at.eq(now.timestamp_micros()),
                    policy_tests::retired_by.eq(text(by)),
                    policy_tests::retire_reason.eq(text(reason)),
                ))
                .execute(conn)?;
            if retired == 1 { Ok(()) } else { Err(Error::NotFound("policy test")) }
        })
    }
}

impl TryFrom<Raw> for PolicyTest {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            id: uuid(&raw.id)?,
            name: raw.name,
            expected: raw.expected,
            question: raw.question,
            reason: raw.reason,
            made_at: moment(raw.made_at)?,
            made_by: raw.made_by,
        })
    }
}
