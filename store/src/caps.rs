//! What may be spent: lowered by one person, raised by two.

use crate::connection::AnyConnection;
use crate::purses::{self, PurseId, kind_of};
use crate::schema::{cap_changes, purses as all_purses};
use crate::values::{moment, number, stored, text, uuid};
use crate::{DecisionRow, Error, Store, decisions};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use uuid::Uuid;

/// A change of a cap, wanted or made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CapChange {
    /// Its id.
    pub id: Uuid,
    /// The purse.
    pub purse: PurseId,
    /// The cap wanted.
    pub cap: u64,
    /// Why.
    pub reason: String,
    /// Who wants it, by the name of the account.
    pub proposed_by: String,
    /// What tells that person from others: an account, and the person behind it where that is known. Whoever has
    /// one of these in common is the same person.
    pub marks: Vec<String>,
    /// Since when.
    pub proposed_at: DateTime<Utc>,
    /// Who agreed; none while nobody has, and when another change came first.
    pub approved_by: Option<String>,
    /// When it was made, or overtaken.
    pub settled_at: Option<DateTime<Utc>>,
}

/// What came of wanting a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CapOutcome {
    /// It is made: it lowers the cap, or a second person wanted it too.
    Made(CapChange),
    /// It raises the cap and waits for a second person.
    Waiting(CapChange),
}

type Raw = (String, String, String, i64, String, String, i64, Option<String>, Option<i64>, String);

impl CapChange {
    /// Whether one person wanted both.
    #[must_use]
    pub fn is_of_same_person(&self, other: &Self) -> bool {
        self.proposed_by == other.proposed_by
            || self.marks.iter().any(|mark| other.marks.contains(mark))
    }
}

impl Store {
    /// Wants a cap. One that is no higher than before holds at once. A higher one holds when a second person wants
    /// the same; `first_cap` is what a purse has that nobody has spent from. What came of it is recorded with it, as the
    /// `event` that is made of it; where the same person only says again what waits already, nothing is.
    ///
    /// # Errors
    /// Nothing was changed.
    pub fn change_cap(
        &self,
        wanted: &CapChange,
        first_cap: u64,
        event: impl FnOnce(&CapOutcome) -> DecisionRow,
    ) -> Result<CapOutcome, Error> {
        self.write("purses", |conn| {
            let (outcome, is_new) = settle(conn, wanted, first_cap)?;
            if is_new {
                decisions::append(conn, &[event(&outcome)])?;
            }
            Ok(outcome)
        })
    }

    /// The changes that were made or overtaken, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn settled_caps(&self, limit: u32) -> Result<Vec<CapChange>, Error> {
        let newest = (cap_changes::settled_at.desc(), cap_changes::id.desc());
        let settled = cap_changes::table.filter(cap_changes::settled_at.is_not_null());
        let rows: Vec<Raw> =
            self.read(|conn| Ok(settled.order(newest).limit(i64::from(limit)).load(conn)?))?;
        rows.into_iter().map(change).collect()
    }

    /// The changes that wait for a second person, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn waiting_caps(&self) -> Result<Vec<CapChange>, Error> {
        self.read(|conn| waiting(conn, None))
    }
}

/// What comes of wanting a cap, and whether anything has changed.
fn settle(
    conn: &mut AnyConnection,
    wanted: &CapChange,
    first_cap: u64,
) -> Result<(CapOutcome, bool), Error> {
    let known = purses::load(conn, std::iter::once(&wanted.purse))?.remove(&wanted.purse);
    let purse = match known {
        Some(purse) => purse,
        None => purses::create(conn, &wanted.purse, first_cap)?,
    };
    if wanted.cap <= purse.cap {
        insert(conn, wanted)?;
        return Ok((make(conn, wanted, &wanted.proposed_by, wanted.proposed_at)?, true));
    }
    let waiting = waiting(conn, Some(&wanted.purse))?;
    let same = |change: &&CapChange| change.cap == wanted.cap;
    let other = |change: &&CapChange| !change.is_of_same_person(wanted);
    if let Some(first) = waiting.iter().filter(same).find(other) {
        return Ok((make(conn, first, &wanted.proposed_by, wanted.proposed_at)?, true));
    }
    if let Some(own) = waiting.iter().find(same) {
        return Ok((CapOutcome::Waiting(own.clone()), false));
    }
    insert(conn, wanted)?;
    Ok((CapOutcome::Waiting(wanted.clone()), true))
}

fn insert(conn: &mut AnyConnection, change: &CapChange) -> Result<(), Error> {
    diesel::insert_into(cap_changes::table)
        .values((
            cap_changes::id.eq(change.id.to_string()),
            cap_changes::kind.eq(change.purse.kind.as_str()),
            cap_changes::key.eq(&change.purse.key),
            cap_changes::cap.eq(stored::<u64, i64>(change.cap)?),
            cap_changes::reason.eq(text(&change.reason)),
            cap_changes::proposed_by.eq(text(&change.proposed_by)),
            cap_changes::proposed_at.eq(change.proposed_at.timestamp_micros()),
            cap_changes::proposed_marks.eq(text(&change.marks.join(" "))),
        ))
        .execute(conn)?;
    Ok(())
}

/// Makes a change; whatever else waited for the purse is overtaken, since it was wanted of another cap.
fn make(
    conn: &mut AnyConnection,
    change: &CapChange,
    approved_by: &str,
    at: DateTime<Utc>,
) -> Result<CapOutcome, Error> {
    let (kind, key) = (change.purse.kind.as_str(), change.purse.key.as_str());
    diesel::update(all_purses::table.find((kind, key)))
        .set(all_purses::cap.eq(stored::<u64, i64>(change.cap)?))
        .execute(conn)?;
    let settled = cap_changes::settled_at.eq(at.timestamp_micros());
    diesel::update(cap_changes::table.find(change.id.to_string()))
        .set((cap_changes::approved_by.eq(text(approved_by)), settled))
        .execute(conn)?;
    let others = cap_changes::table
        .filter(cap_changes::kind.eq(kind))
        .filter(cap_changes::key.eq(key))
        .filter(cap_changes::settled_at.is_null());
    diesel::update(others).set(cap_changes::settled_at.eq(at.timestamp_micros())).execute(conn)?;
    Ok(CapOutcome::Made(CapChange {
        approved_by: Some(approved_by.to_owned()),
        settled_at: Some(at),
        ..change.clone()
    }))
}

fn waiting(conn: &mut AnyConnection, of: Option<&PurseId>) -> Result<Vec<CapChange>, Error> {
    let rows: Vec<Raw> = cap_changes::table
        .filter(cap_changes::settled_at.is_null())
        .order((cap_changes::proposed_at, cap_changes::id))
        .load(conn)?;
    let all = rows.into_iter().map(change).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|change| of.is_none_or(|purse| change.purse == *purse)).collect())
}

fn change(row: Raw) -> Result<CapChange, Error> {
    let (id, kind, key, cap, reason, proposed_by, proposed_at, approved_by, settled_at, marks) =
        row;
    Ok(CapChange {
        id: uuid(&id)?,
        purse: PurseId { kind: kind_of(&kind)?, key },
        cap: number(cap)?,
        reason,
        proposed_by,
        marks: marks.split_whitespace().map(str::to_owned).collect(),
        proposed_at: moment(proposed_at)?,
        approved_by,
        settled_at: settled_at.map(moment).transpose()?,
    })
}
