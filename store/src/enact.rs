//! Making a set of grants the active one: what is stored once and for all, and the periods they are active in.

use crate::connection::AnyConnection;
use crate::schema::{grant_periods, grants, policy_versions};
use crate::values::{number, sha256, stored, text};
use crate::{DecisionRow, Error, GrantRow};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Queryable, Insertable)]
#[diesel(table_name = grants)]
pub(crate) struct Raw {
    id: String,
    version: i32,
    recipient: String,
    form: String,
    state: String,
    tier: String,
    valid_from: String,
    valid_to: Option<String>,
    terms: String,
    loaded_at: i64,
    loaded_by: String,
}

#[derive(Insertable)]
#[diesel(table_name = grant_periods)]
struct Period<'a> {
    grant_id: &'a str,
    grant_version: i32,
    since_policy: i64,
    state: Option<&'a str>,
}

/// SQLite takes 32 766 parameters in one statement, PostgreSQL 65 535.
pub(crate) const BATCH: usize = 1_000;

/// Grants by id.
pub(crate) type Wanted<'a> = BTreeMap<&'a str, &'a GrantRow>;

pub(crate) fn wanted(terms: &[GrantRow]) -> Result<Wanted<'_>, Error> {
    let mut wanted = BTreeMap::new();
    for grant in terms {
        if wanted.insert(grant.id.as_str(), grant).is_some() {
            return Err(Error::Conflict(format!("grant `{}` is named twice", grant.id)));
        }
    }
    Ok(wanted)
}

pub(crate) fn newest(conn: &mut AnyConnection) -> Result<i64, Error> {
    let newest: Option<i64> =
        policy_versions::table.select(diesel::dsl::max(policy_versions::version)).first(conn)?;
    Ok(newest.unwrap_or(0))
}

/// A new policy version as an event of the record: which grants and stops it consists of, by hash.
fn event(version: i64, sha256: &str, now: DateTime<Utc>) -> DecisionRow {
    let seconds = u64::try_from(now.timestamp()).unwrap_or_default();
    let stamp = uuid::Timestamp::from_unix_time(seconds, now.timestamp_subsec_nanos(), 0, 0);
    DecisionRow {
        id: uuid::Uuid::new_v7(stamp),
        at: now,
        policy_version: version,
        subject_kind: "installation".to_owned(),
        organisation: None,
        supplier: None,
        client: None,
        action: "policy:enact".to_owned(),
        resource: serde_json::json!({ "policyVersion": version }).to_string(),
        outcome: "done".to_owned(),
        grant_id: None,
        grant_version: None,
        body: serde_json::json!({ "sha256": sha256 }).to_string(),
    }
}

/// The grants of a policy version, each in the state it was in; of the newest where none is named.
pub(crate) fn active_rows(
    conn: &mut AnyConnection,
    at: Option<i64>,
) -> Result<Vec<GrantRow>, Error> {
    let on = grant_periods::grant_id
        .eq(grants::id)
        .and(grant_periods::grant_version.eq(grants::version));
    let query = grants::table
        .inner_join(grant_periods::table.on(on))
        .select((grants::all_columns, grant_periods::state));
    let open = grant_periods::until_policy.is_null();
    let rows: Vec<(Raw, Option<String>)> = match at {
        None => query.filter(open).load(conn)?,
        Some(version) => query
            .filter(grant_periods::since_policy.le(version))
            .filter(open.or(grant_periods::until_policy.gt(version)))
            .load(conn)?,
    };
    let mut rows = rows
        .into_iter()
        .map(|(raw, state)| {
            let mut row = GrantRow::try_from(raw)?;
            row.state = state.unwrap_or(row.state);
            Ok(row)
        })
        .collect::<Result<Vec<_>, Error>>()?;
    // Each database collates in its own way; the hash is over byte order.
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(rows)
}

/// The policy version that was active at a moment.
pub(crate) fn version_at(conn: &mut AnyConnection, moment: DateTime<Utc>) -> Result<i64, Error> {
    let then: Option<i64> = policy_versions::table
        .filter(policy_versions::created_at.le(moment.timestamp_micros()))
        .select(diesel::dsl::max(policy_versions::version))
        .first(conn)?;
    Ok(then.unwrap_or(0))
}

/// The grants of a policy version, if they and the stops are the ones it was made with.
pub(crate) fn checked(
    conn: &mut AnyConnection,
    version: i64,
    at: Option<i64>,
) -> Result<Vec<GrantRow>, Error> {
    if version == 0 {
        return Ok(Vec::new());
    }
    let sha256: String =
        policy_versions::table.find(version).select(policy_versions::sha256).first(conn)?;
    let rows = active_rows(conn, at)?;
    let stops = crate::stops::holding(conn, at)?;
    if digest(rows.iter(), &stops) == sha256 {
        Ok(rows)
    } else {
        Err(Error::Corrupt(format!("the grants of policy version {version} were altered")))
    }
}

/// Makes exactly the wanted grants active as a new policy version, under the stops that hold.
pub(crate) fn enact(
    conn: &mut AnyConnection,
    active: &[GrantRow],
    wanted: &Wanted<'_>,
    (author, summary): (&str, &str),
    now: DateTime<Utc>,
) -> Result<i64, Error> {
    let unknown = unknown(conn, wanted)?;
    let version = newest(conn)? + 1;
    let stops = crate::stops::holding(conn, None)?;
    diesel::insert_into(policy_versions::table)
        .values((
            policy_versions::version.eq(version),
            policy_versions::created_at.eq(now.timestamp_micros()),
            policy_versions::author.eq(text(author)),
            policy_versions::summary.eq(text(summary)),
            policy_versions::sha256.eq(digest(wanted.values().copied(), &stops)),
        ))
        .execute(conn)?;
    append(conn, &unknown, author, now)?;
    replace(conn, active, wanted, version)?;
    let sha256 = digest(wanted.values().copied(), &stops);
    crate::decisions::append(conn, &[event(version, &sha256, now)])?;
    notify(conn, version)?;
    Ok(version)
}

/// Those of the wanted grants that are not stored yet.
pub(crate) fn unknown<'a>(
    conn: &mut AnyConnection,
    wanted: &Wanted<'a>,
) -> Result<Vec<&'a GrantRow>, Error> {
    let mut known = BTreeSet::new();
    let ids: Vec<&str> = wanted.keys().copied().collect();
    for part in ids.chunks(BATCH) {
        let rows: Vec<Raw> =
            grants::table.filter(grants::id.eq_any(part.iter().copied())).load(conn)?;
        for raw in rows {
            let row = GrantRow::try_from(raw)?;
            let Some(grant) = wanted.get(row.id.as_str()) else { continue };
            if grant.version == row.version {
                if **grant != (GrantRow { state: grant.state.clone(), ..row.clone() }) {
                    let (id, version) = (row.id, row.version);
                    return Err(Error::Conflict(format!(
                        "grant `{id}` version {version} is stored with other terms; raise its version"
                    )));
                }
                known.insert(grant.id.as_str());
            }
        }
    }
    Ok(wanted.values().copied().filter(|grant| !known.contains(grant.id.as_str())).collect())
}

fn append(
    conn: &mut AnyConnection,
    rows: &[&GrantRow],
    author: &str,
    now: DateTime<Utc>,
) -> Result<(), Error> {
    for part in rows.chunks(BATCH) {
        let batch = part
            .iter()
            .map(|grant| Raw::of(grant, author, now))
            .collect::<Result<Vec<_>, Error>>()?;
        let insert = diesel::insert_into(grants::table);
        match conn {
            AnyConnection::Sqlite(c) => insert.values(&batch).execute(c)?,
            AnyConnection::Postgres(c) => insert.values(&batch).execute(c)?,
        };
    }
    Ok(())
}

/// Ends the periods of what is no longer wanted and begins those of what is new.
fn replace(
    conn: &mut AnyConnection,
    active: &[GrantRow],
    wanted: &Wanted<'_>,
    version: i64,
) -> Result<(), Error> {
    let held: BTreeMap<&str, &GrantRow> = active.iter().map(|row| (row.id.as_str(), row)).collect();
    let alike = |a: &GrantRow, b: &GrantRow| a.version == b.version && a.state == b.state;
    let stays = |id: &str| {
        held.get(id).zip(wanted.get(id)).is_some_and(|(held, wanted)| alike(held, wanted))
    };
    let ended: Vec<&str> = held.keys().copied().filter(|id| !stays(id)).collect();
    for part in ended.chunks(BATCH) {
        let open = grant_periods::until_policy.is_null();
        diesel::update(grant_periods::table)
            .filter(grant_periods::grant_id.eq_any(part.iter().copied()).and(open))
            .set(grant_periods::until_policy.eq(version))
            .execute(conn)?;
    }
    let begun = wanted
        .values()
        .filter(|grant| !stays(&grant.id))
        .map(|grant| {
            let grant_version = stored(grant.version)?;
            let state = Some(grant.state.as_str());
            Ok(Period { grant_id: &grant.id, grant_version, since_policy: version, state })
        })
        .collect::<Result<Vec<_>, Error>>()?;
    for part in begun.chunks(BATCH) {
        let insert = diesel::insert_into(grant_periods::table);
        match conn {
            AnyConnection::Sqlite(c) => insert.values(part).execute(c)?,
            AnyConnection::Postgres(c) => insert.values(part).execute(c)?,
        };
    }
    Ok(())
}

/// Delivered by the server when the transaction commits, and only then.
fn notify(conn: &mut AnyConnection, version: i64) -> Result<(), Error> {
    if let AnyConnection::Postgres(conn) = conn {
        diesel::sql_query("SELECT pg_notify('hjemmel_policy', $1)")
            .bind::<diesel::sql_types::Text, _>(version.to_string())
            .execute(conn)?;
    }
    Ok(())
}

/// Over every field of every grant in order of id, lengths in front, and over the stops if there are any.
fn digest<'a>(rows: impl Iterator<Item = &'a GrantRow>, stops: &[crate::Stop]) -> String {
    let mut bytes = Vec::new();
    for row in rows {
        let version = row.version.to_string();
        let fields = [
            &row.id,
            &version,
            &row.recipient,
            &row.form,
            &row.state,
            &row.tier,
            &row.valid_from,
            row.valid_to.as_ref().unwrap_or(&row.valid_from),
            &row.terms,
        ];
        bytes.push(u8::from(row.valid_to.is_some()));
        for field in fields {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
    }
    for stop in stops {
        for field in [&stop.id.to_string(), &stop.kind, &stop.target] {
            bytes.extend_from_slice(&(field.len() as u64).to_be_bytes());
            bytes.extend_from_slice(field.as_bytes());
        }
    }
    sha256(&bytes)
}

impl Raw {
    fn of(grant: &GrantRow, author: &str, now: DateTime<Utc>) -> Result<Self, Error> {
        Ok(Self {
            id: grant.id.clone(),
            version: stored(grant.version)?,
            recipient: grant.recipient.clone(),
            form: grant.form.clone(),
            state: grant.state.clone(),
            tier: grant.tier.clone(),
            valid_from: grant.valid_from.clone(),
            valid_to: grant.valid_to.clone(),
            terms: grant.terms.clone(),
            loaded_at: now.timestamp_micros(),
            loaded_by: text(author),
        })
    }
}

impl TryFrom<Raw> for GrantRow {
    type Error = Error;

    fn try_from(raw: Raw) -> Result<Self, Error> {
        Ok(Self {
            id: raw.id,
            version: number(raw.version)?,
            recipient: raw.recipient,
            form: raw.form,
            state: raw.state,
            tier: raw.tier,
            valid_from: raw.valid_from,
            valid_to: raw.valid_to,
            terms: raw.terms,
        })
    }
}
