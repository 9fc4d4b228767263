//! The record of decisions: appended to, read, checked; never changed.

use crate::chain::{Chain, ChainState, Link, ORIGIN};
use crate::connection::{AnyConnection, Database, prepared_once};
use crate::schema::{decision_head, decisions};
use crate::values::{moment, number, stored, text, uuid};
use crate::{Error, Round, Store};
use chrono::{DateTime, Utc};
use diesel::backend::Backend;
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::query_builder::{AstPass, QueryFragment};
use diesel::serialize::ToSql;
use diesel::sql_types::{BigInt, Text};
use uuid::Uuid;

/// One decision as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// The id the response carries.
    pub id: Uuid,
    /// When it was made; kept to the microsecond.
    pub at: DateTime<Utc>,
    /// The policy version it was made under.
    pub policy_version: i64,
    /// `anonymous`, `organisation` or `person`.
    pub subject_kind: String,
    /// The body it was about.
    pub organisation: Option<String>,
    /// The data processor that called for it.
    pub supplier: Option<String>,
    /// The client id.
    pub client: Option<String>,
    /// What was asked: `table:read`.
    pub action: String,
    /// Of what, as JSON.
    pub resource: String,
    /// `allowed` or `denied`.
    pub outcome: String,
    /// The grant that allowed it.
    pub grant_id: Option<String>,
    /// Its version.
    pub grant_version: Option<u32>,
    /// The whole decision with its explanation, as JSON.
    pub body: String,
}

/// A decision with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredDecision {
    /// Its number; the first is 1.
    pub seq: i64,
    /// What was recorded.
    pub row: DecisionRow,
    /// Hash of the row before.
    pub previous: String,
    /// Hash of this row alone.
    pub leaf: String,
    /// Hash of this row and all before it.
    pub hash: String,
}

/// Which decisions to list; nothing set lists all.
#[derive(Debug, Clone, Default)]
pub struct DecisionFilter {
    /// Only this body's.
    pub organisation: Option<String>,
    /// Only this outcome.
    pub outcome: Option<String>,
    /// Only this action.
    pub action: Option<String>,
    /// Only those under this grant.
    pub grant_id: Option<String>,
    /// From this time on.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = decisions)]
pub(crate) struct Raw {
    pub seq: i64,
    pub id: String,
    pub at: i64,
    pub policy_version: i64,
    pub subject_kind: String,
    pub organisation: Option<String>,
    pub supplier: Option<String>,
    pub client: Option<String>,
    pub action: String,
    pub resource: String,
    pub outcome: String,
    pub grant_id: Option<String>,
    pub grant_version: Option<i32>,
    pub body: String,
    pub previous: String,
    pub leaf: String,
    pub hash: String,
}

/// PostgreSQL takes 65 535 parameters in one statement.
const BATCH: usize = 1_000;

impl Store {
    /// Appends decisions in the order given, all or none, durably before it returns.
    ///
    /// # Errors
    /// Nothing was recorded, and nothing may be answered. After a lost connection the batch may have been recorded all the
    /// same, where no new one says so; recording it again then says [`Error::Conflict`].
    pub fn record_decisions(&self, rows: &[DecisionRow]) -> Result<(), Error> {
        if rows.is_empty() {
            return Ok(());
        }
        match self.database {
            Database::Sqlite(_) => self.write("decision_head", |conn| append_locked(conn, rows)),
            Database::Postgres(_) => {
                self.settle(&Round { decisions: rows.to_vec(), ..Round::default() }).map(drop)
            }
        }
    }

    /// The rows after one, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn record_from(&self, after: i64, limit: u32) -> Result<Vec<StoredDecision>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let later = decisions::table.filter(decisions::seq.gt(after));
            Ok(later.order(decisions::seq.asc()).limit(i64::from(limit)).load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// One decision by the id in its response.
    ///
    /// # Errors
    /// There is none, or the database cannot be asked.
    pub fn decision(&self, id: Uuid) -> Result<StoredDecision, Error> {
        self.read(|conn| {
            let raw: Option<Raw> =
                decisions::table.filter(decisions::id.eq(id.to_string())).first(conn).optional()?;
            raw.ok_or(Error::NotFound("decision"))?.try_into()
        })
    }

    /// Newest first; `before` is the `seq` of the last row of the page before.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn decisions(
        &self,
        filter: &DecisionFilter,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<StoredDecision>, Error> {
        let mut query = decisions::table.into_boxed().order(decisions::seq.desc());
        if let Some(organisation) = &filter.organisation {
            query = query.filter(decisions::organisation.eq(organisation));
        }
        if let Some(outcome) = &filter.outcome {
            query = query.filter(decisions::outcome.eq(outcome));
        }
        if let Some(action) = &filter.action {
            query = query.filter(decisions::action.eq(action));
        }
        if let Some(grant) = &filter.grant_id {
            query = query.filter(decisions::grant_id.eq(grant));
        }
        if let Some(from) = filter.from {
            query = query.filter(decisions::at.ge(from.timestamp_micros()));
        }
        if let Some(until) = filter.until {
            query = query.filter(decisions::at.lt(until.timestamp_micros()));
        }
        if let Some(before) = before {
            query = query.filter(decisions::seq.lt(before));
        }
        let rows: Vec<Raw> = self.read(|conn| Ok(query.limit(i64::from(limit)).load(conn)?))?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Where the chain ends now.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn chain_state(&self) -> Result<ChainState, Error> {
        self.read(head)
    }

    /// Recomputes the whole chain. `witnessed` are states noted elsewhere that it must still pass
    /// through; without one, a rewrite of everything from some row on goes unseen.
    ///
    /// # Errors
    /// The database cannot be asked. A broken chain is an answer, not an error.
    pub fn verify_chain(&self, witnessed: &[ChainState]) -> Result<Chain, Error> {
        self.snapshot(|conn| {
            let end = head(conn)?;
            let mut state = ChainState { seq: 0, hash: ORIGIN.to_owned() };
            loop {
                let page: Vec<Raw> = decisions::table
                    .filter(decisions::seq.gt(state.seq))
                    .order(decisions::seq.asc())
                    .limit(1_000)
                    .load(conn)?;
                if page.is_empty() {
                    break;
                }
                for raw in page {
                    match raw.follows(&state, witnessed) {
                        Some(next) => state = next,
                        None => return Ok(Chain::Broken { first_bad: state.seq + 1 }),
                    }
                }
            }
            // Rows that are missing at the end, in the table or against a witness.
            let furthest = witnessed.iter().map(|w| w.seq).max().unwrap_or(0);
            Ok(if furthest > state.seq || end.seq > state.seq {
                Chain::Broken { first_bad: state.seq + 1 }
            } else if end.seq < state.seq {
                Chain::Broken { first_bad: end.seq + 1 }
            } else if end == state {
                Chain::Intact(state)
            } else {
                Chain::Broken { first_bad: state.seq }
            })
        })
    }
}

/// Appends rows in a transaction that is about something else.
pub(crate) fn append(conn: &mut AnyConnection, rows: &[DecisionRow]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    if let AnyConnection::Postgres(conn) = conn {
        conn.batch_execute("LOCK TABLE decision_head IN EXCLUSIVE MODE")?;
    }
    append_locked(conn, rows)
}

/// The same in a transaction that holds the head of the record.
pub(crate) fn append_locked(conn: &mut AnyConnection, rows: &[DecisionRow]) -> Result<(), Error> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut head = head(conn)?;
    let before = head.seq;
    for part in rows.chunks(BATCH) {
        let batch = chained(&mut head, part)?;
        match conn {
            AnyConnection::Sqlite(c) => insert(c, batch)?,
            AnyConnection::Postgres(c) => {
                diesel::insert_into(decisions::table).values(&batch).execute(c)?;
            }
        }
    }
    move_head(conn, &head)?;
    grown(conn, before, head.seq)
}

/// Rows as they follow a head, which moves to the last.
pub(crate) fn chained(head: &mut ChainState, rows: &[DecisionRow]) -> Result<Vec<Raw>, Error> {
    rows.iter().map(|row| Raw::next(head, row)).collect()
}

/// A statement for one row is prepared once, and one for many each time.
pub(crate) fn insert(conn: &mut SqliteConnection, rows: Vec<Raw>) -> Result<(), Error> {
    for row in rows {
        diesel::insert_into(decisions::table).values(row).execute(conn)?;
    }
    Ok(())
}

/// Says where the record ends now.
pub(crate) fn move_head(conn: &mut AnyConnection, head: &ChainState) -> Result<(), Error> {
    let to = MoveHead(head);
    match conn {
        AnyConnection::Sqlite(c) => to.execute(c)?,
        AnyConnection::Postgres(c) => to.execute(c)?,
    };
    Ok(())
}

/// Every commit has it.
struct MoveHead<'h>(&'h ChainState);

prepared_once!(MoveHead);

impl<DB: Backend> QueryFragment<DB> for MoveHead<'_>
where
    i64: ToSql<BigInt, DB>,
    str: ToSql<Text, DB>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("UPDATE decision_head SET seq = ");
        out.push_bind_param::<BigInt, _>(&self.0.seq)?;
        out.push_sql(", hash = ");
        out.push_bind_param::<Text, str>(&self.0.hash)?;
        out.push_sql(" WHERE id = 1");
        Ok(())
    }
}

/// Adds the nodes of the tree that were finished by rows from one to another.
pub(crate) fn grown(conn: &mut AnyConnection, before: i64, now: i64) -> Result<(), Error> {
    if grows(before, now) { crate::tree::grow(conn, now) } else { Ok(()) }
}

/// Whether rows from one to another finish a node of the tree.
pub(crate) const fn grows(before: i64, now: i64) -> bool {
    before / crate::tree::WIDTH != now / crate::tree::WIDTH
}

/// Where the record ends.
pub(crate) fn head(conn: &mut AnyConnection) -> Result<ChainState, Error> {
    let found: Option<(i64, String)> = decision_head::table
        .find(1)
        .select((decision_head::seq, decision_head::hash))
        .get_result(conn)
        .optional()?;
    let (seq, hash) = found.ok_or_else(|| Error::Corrupt("the chain has no head".to_owned()))?;
    Ok(ChainState { seq, hash })
}

impl Raw {
    /// The row that comes after `head`, which it becomes.
    fn next(head: &mut ChainState, row: &DecisionRow) -> Result<Self, Error> {
        let row = clean(row)?;
        let seq = head.seq + 1;
        let link = Link::of(seq, &row, &head.hash);
        let previous = std::mem::replace(&mut head.hash, link.hash.clone());
        head.seq = seq;
        Ok(Self {
            seq,
            id: row.id.to_string(),
            at: row.at.timestamp_micros(),
            policy_version: row.policy_version,
            subject_kind: row.subject_kind,
            organisation: row.organisation,
            supplier: row.supplier,
            client: row.client,
            action: row.action,
            resource: row.resource,
            outcome: row.outcome,
            grant_id: row.grant_id,
            grant_version: row.grant_version.map(stored).transpose()?,
            body: row.body,
            previous,
            leaf: link.leaf,
            hash: link.hash,
        })
    }

    /// The state after this row, if it is the one that was written after `state`.
    fn follows(self, state: &ChainState, witnessed: &[ChainState]) -> Option<ChainState> {
        let stored = StoredDecision::try_from(self).ok()?;
        let link = Link::of(stored.seq, &stored.row, &state.hash);
        let fits = stored.seq == state.seq + 1
            && stored.previous == state.hash
            && stored.leaf == link.leaf
            && stored.hash == link.hash
            && witnessed.iter().all(|w| w.seq != stored.seq || w.hash == link.hash);
        fits.then_some(ChainState { seq: stored.seq, hash: stored.hash })
    }
}

/// The row exactly as it will be read back, so that its hash can be computed again.
fn clean(row: &DecisionRow) -> Result<DecisionRow, Error> {
    let optional = |value: &Option<String>| value.as_deref().map(text);
    Ok(DecisionRow {
        id: row.id,
        at: moment(row.at.timestamp_micros())?,
        policy_version: row.policy_version,
        subject_kind: text(&row.subject_kind),
        organisation: optional(&row.organisation),
        supplier: optional(&row.supplier),
        client: optional(&row.client),
        action: text(&row.action),
        resource: text(&row.resource),
        outcome: text(&row.outcome),
        grant_id: optional(&row.grant_id),
        grant_version: row.grant_version,
        body: text(&row.body),
    })
}

impl TryFrom<Raw> for StoredDecision {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            seq: raw.seq,
            row: DecisionRow {
                id: uuid(&raw.id)?,
                at: moment(raw.at)?,
                policy_version: raw.policy_version,
                subject_kind: raw.subject_kind,
                organisation: raw.organisation,
                supplier: raw.supplier,
                client: raw.client,
                action: raw.action,
                resource: raw.resource,
                outcome: raw.outcome,
                grant_id: raw.grant_id,
                grant_version: raw.grant_version.map(number).transpose()?,
                body: raw.body,
            },
            previous: raw.previous,
            leaf: raw.leaf,
            hash: raw.hash,
        })
    }
}
