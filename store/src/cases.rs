//! Grants as cases: where each version is, every step that led there, and what a step does to the policy in
//! force, in one transaction.

use crate::connection::AnyConnection;
use crate::enact::{Wanted, active_rows, enact};
use crate::schema::{grant_cases, grant_steps};
use crate::values::{moment, number, stored, text};
use crate::{DecisionRow, Error, GrantRow, Store};
use chrono::{DateTime, NaiveDate, Utc};
use diesel::prelude::*;
use std::collections::BTreeSet;

/// One version of a grant as it is now. `body` decides; the other fields are for finding it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseRow {
    /// The grant.
    pub id: String,
    /// Its version.
    pub version: u32,
    /// How many steps it has taken.
    pub revision: u32,
    /// Where it is.
    pub state: String,
    /// The recipient's organisation number.
    pub recipient: String,
    /// The form.
    pub form: String,
    /// When it ends.
    pub valid_to: DateTime<Utc>,
    /// When it must have been looked at again; a date.
    pub review_due: String,
    /// When it took its last step.
    pub updated_at: DateTime<Utc>,
    /// The whole case, as JSON.
    pub body: String,
}

/// A step to be taken: the case as it is afterwards, and how it came there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewStep {
    /// The case afterwards.
    pub case: CaseRow,
    /// What was done.
    pub act: String,
    /// Where the case was; none when it was opened.
    pub from_state: Option<String>,
    /// By whom, as JSON.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
}

/// A step that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRow {
    /// Of which version.
    pub version: u32,
    /// Which step of it.
    pub revision: u32,
    /// When.
    pub at: DateTime<Utc>,
    /// What was done.
    pub act: String,
    /// From where.
    pub from_state: Option<String>,
    /// To where.
    pub to_state: String,
    /// By whom, as JSON.
    pub actor: String,
    /// Why.
    pub reason: Option<String>,
    /// The case afterwards, as JSON.
    pub body: String,
}

/// What a step does to the policy in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Force {
    /// Nothing.
    Unchanged,
    /// This version is the one in force, in the state of the row.
    Put(GrantRow),
    /// The grant is no longer in the policy.
    Remove(String),
}

/// What came of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It was taken; the policy version that is active now.
    Done(i64),
    /// The case had moved on; nothing was written.
    Stale,
}

/// Which cases to list; nothing set lists all.
#[derive(Debug, Clone, Default)]
pub struct CaseFilter {
    /// Only this recipient's.
    pub recipient: Option<String>,
    /// Only those in these states.
    pub states: Vec<String>,
    /// Only those that end no later than this.
    pub ended_before: Option<DateTime<Utc>>,
    /// Only those whose review was due before this date.
    pub review_before: Option<NaiveDate>,
    /// After this grant and version.
    pub after: Option<(String, u32)>,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = grant_cases)]
struct Head {
    id: String,
    version: i32,
    revision: i32,
    state: String,
    recipient: String,
    form: String,
    valid_to: i64,
    review_due: String,
    updated_at: i64,
    body: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = grant_steps)]
struct Raw {
    grant_id: String,
    version: i32,
    revision: i32,
    at: i64,
    act: String,
    from_state: Option<String>,
    to_state: String,
    actor: String,
    reason: Option<String>,
    body: String,
}

impl Store {
    /// Takes steps, all or none, and changes the policy in force with them. Each must be the next of its
    /// case.
    ///
    /// # Errors
    /// Nothing was written.
    pub fn take_steps(
        &self,
        steps: &[NewStep],
        force: &Force,
        (author, summary): (&str, &str),
        record: &[DecisionRow],
    ) -> Result<Taken, Error> {
        self.write("grant_cases, policy_versions", |conn| {
            for step in steps {
                if !advance(conn, step)? {
                    // Nothing has been written before the first step; a later one that fails takes the
                    // earlier ones back with it.
                    return Err(Error::Busy(STALE.to_owned()));
                }
            }
            crate::decisions::append(conn, record)?;
            let now = steps.iter().map(|step| step.case.updated_at).max().unwrap_or_default();
            Ok(Taken::Done(put(conn, force, (author, summary), now)?))
        })
        .or_else(|error| match error {
            Error::Busy(text) if text == STALE => Ok(Taken::Stale),
            other => Err(other),
        })
    }

    /// One version of a grant, or the newest.
    ///
    /// # Errors
    /// [`Error::NotFound`] when it has no case.
    pub fn case(&self, id: &str, version: Option<u32>) -> Result<CaseRow, Error> {
        let mut query = grant_cases::table.into_boxed().filter(grant_cases::id.eq(id));
        if let Some(version) = version {
            query = query.filter(grant_cases::version.eq(stored::<u32, i32>(version)?));
        }
        let found: Option<Head> = self
            .read(|conn| Ok(query.order(grant_cases::version.desc()).first(conn).optional()?))?;
        found.ok_or(Error::NotFound("case"))?.try_into()
    }

    /// Cases by grant and version.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn cases(&self, filter: &CaseFilter, limit: u32) -> Result<Vec<CaseRow>, Error> {
        let mut query = grant_cases::table.into_boxed();
        if let Some(recipient) = &filter.recipient {
            query = query.filter(grant_cases::recipient.eq(recipient));
        }
        if !filter.states.is_empty() {
            query = query.filter(grant_cases::state.eq_any(&filter.states));
        }
        if let Some(moment) = filter.ended_before {
            query = query.filter(grant_cases::valid_to.le(moment.timestamp_micros()));
        }
        if let Some(date) = filter.review_before {
            query = query.filter(grant_cases::review_due.lt(date.to_string()));
        }
        if let Some((id, version)) = &filter.after {
            let later = grant_cases::version.gt(stored::<u32, i32>(*version)?);
            query = query.filter(grant_cases::id.gt(id).or(grant_cases::id.eq(id).and(later)));
        }
        let order = (grant_cases::id.asc(), grant_cases::version.asc());
        let rows: Vec<Head> =
            self.read(|conn| Ok(query.order(order).limit(i64::from(limit)).load(conn)?))?;
        rows.into_iter().map(TryInto::try_into).collect()
    }

    /// Every step of a grant, by version, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn steps(&self, id: &str) -> Result<Vec<StepRow>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let order = (grant_steps::version.asc(), grant_steps::revision.asc());
            Ok(grant_steps::table.filter(grant_steps::grant_id.eq(id)).order(order).load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

const STALE: &str = "the case has moved on";

/// Grants whose life is led by steps; files do not change them any more.
pub(crate) fn ids(conn: &mut AnyConnection) -> Result<BTreeSet<String>, Error> {
    let ids: Vec<String> = grant_cases::table.select(grant_cases::id).distinct().load(conn)?;
    Ok(ids.into_iter().collect())
}

/// Moves a case on by one step, if it is where the step was taken from.
fn advance(conn: &mut AnyConnection, step: &NewStep) -> Result<bool, Error> {
    let head = Head::of(&step.case)?;
    let key = grant_cases::table.find((&head.id, head.version));
    let taken: Option<i32> = key.select(grant_cases::revision).first(conn).optional()?;
    if taken.unwrap_or(0) + 1 != head.revision {
        return Ok(false);
    }
    let raw = Raw {
        grant_id: head.id.clone(),
        version: head.version,
        revision: head.revision,
        at: head.updated_at,
        act: text(&step.act),
        from_state: step.from_state.as_deref().map(text),
        to_state: head.state.clone(),
        actor: text(&step.actor),
        reason: step.reason.as_deref().map(text),
        body: head.body.clone(),
    };
    let insert = diesel::insert_into(grant_steps::table).values(&raw);
    match conn {
        AnyConnection::Sqlite(c) => insert.execute(c)?,
        AnyConnection::Postgres(c) => insert.execute(c)?,
    };
    if taken.is_some() {
        let key = grant_cases::table.find((&head.id, head.version));
        diesel::update(key)
            .set((
                grant_cases::revision.eq(head.revision),
                grant_cases::state.eq(&head.state),
                grant_cases::recipient.eq(&head.recipient),
                grant_cases::form.eq(&head.form),
                grant_cases::valid_to.eq(head.valid_to),
                grant_cases::review_due.eq(&head.review_due),
                grant_cases::updated_at.eq(head.updated_at),
                grant_cases::body.eq(&head.body),
            ))
            .execute(conn)?;
    } else {
        let insert = diesel::insert_into(grant_cases::table).values(&head);
        match conn {
            AnyConnection::Sqlite(c) => insert.execute(c)?,
            AnyConnection::Postgres(c) => insert.execute(c)?,
        };
    }
    Ok(true)
}

/// What a step does to the policy in force; the version that is active afterwards.
fn put(
    conn: &mut AnyConnection,
    force: &Force,
    about: (&str, &str),
    now: DateTime<Utc>,
) -> Result<i64, Error> {
    let active = match force {
        Force::Unchanged => return crate::enact::newest(conn),
        Force::Put(_) | Force::Remove(_) => active_rows(conn, None)?,
    };
    let mut wanted: Wanted<'_> = active.iter().map(|row| (row.id.as_str(), row)).collect();
    match force {
        Force::Put(row) => drop(wanted.insert(row.id.as_str(), row)),
        Force::Remove(id) => drop(wanted.remove(id.as_str())),
        Force::Unchanged => {}
    }
    enact(conn, &active, &wanted, about, now)
}

impl Head {
    fn of(case: &CaseRow) -> Result<Self, Error> {
        Ok(Self {
            id: text(&case.id),
            version: stored(case.version)?,
            revision: stored(case.revision)?,
            state: text(&case.state),
            recipient: text(&case.recipient),
            form: text(&case.form),
            valid_to: case.valid_to.timestamp_micros(),
            review_due: text(&case.review_due),
            updated_at: case.updated_at.timestamp_micros(),
            body: text(&case.body),
        })
    }
}

impl TryFrom<Head> for CaseRow {
    type Error = Error;

    fn try_from(head: Head) -> Result<Self, Error> {
        Ok(Self {
            id: head.id,
            version: number(head.version)?,
            revision: number(head.revision)?,
            state: head.state,
            recipient: head.recipient,
            form: head.form,
            valid_to: moment(head.valid_to)?,
            review_due: head.review_due,
            updated_at: moment(head.updated_at)?,
            body: head.body,
        })
    }
}

impl TryFrom<Raw> for StepRow {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            version: number(raw.version)?,
            revision: number(raw.revision)?,
            at: moment(raw.at)?,
            act: raw.act,
            from_state: raw.from_state,
            to_state: raw.to_state,
            actor: raw.actor,
            reason: raw.reason,
            body: raw.body,
        })
    }
}
