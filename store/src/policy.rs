//! Grants and the policy versions they are active in. Versions are added; none is changed or removed.

use crate::connection::AnyConnection;
use crate::schema::{grant_periods, grants, policy_versions};
use crate::values::{moment, number, sha256, stored, text};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// One version of one grant. `terms` decides; the other columns are for people who look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantRow {
    /// The grant.
    pub id: String,
    /// Its version; a version never changes its terms.
    pub version: u32,
    /// The recipient's organisation number.
    pub recipient: String,
    /// The forms it covers.
    pub form: String,
    /// Its state in the lifecycle.
    pub state: String,
    /// Its most revealing tier.
    pub tier: String,
    /// First day, as the terms write it.
    pub valid_from: String,
    /// Last day, as the terms write it.
    pub valid_to: Option<String>,
    /// The whole grant, as JSON.
    pub terms: String,
}

/// One policy version: who made which set of grants active, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// 1, 2, 3 …
    pub version: i64,
    /// When it was loaded.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub author: String,
    /// What changed.
    pub summary: String,
    /// Hash over all terms active in it.
    pub sha256: String,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = grants)]
struct Raw {
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
}

/// SQLite takes 32 766 parameters in one statement, PostgreSQL 65 535.
const BATCH: usize = 1_000;

impl Store {
    /// Makes exactly these grants active, as a new policy version, in one transaction; servers on
    /// PostgreSQL are notified on `hjemmel_policy`. Loading what is already active changes nothing.
    /// Returns the version that is active afterwards.
    ///
    /// # Errors
    /// [`Error::Conflict`] when `expected` is no longer the active version, when a grant is named
    /// twice, or when a stored version would change its terms.
    pub fn load_policy(
        &self,
        terms: &[GrantRow],
        author: &str,
        summary: &str,
        now: DateTime<Utc>,
        expected: Option<i64>,
    ) -> Result<i64, Error> {
        let wanted = wanted(terms)?;
        self.write("policy_versions", |conn| {
            let current = newest(conn)?;
            if expected.is_some_and(|expected| expected != current) {
                return Err(Error::Conflict(format!(
                    "policy version {current} is active, not the expected one"
                )));
            }
            let active: BTreeMap<String, i32> = active_keys(conn)?.into_iter().collect();
            let unknown = unknown(conn, &wanted)?;
            let same = unknown.is_empty()
                && current > 0
                && active.len() == wanted.len()
                && wanted.iter().all(|(id, grant)| {
                    active.get(*id).copied() == i32::try_from(grant.version).ok()
                });
            if same {
                return Ok(current);
            }
            let version = current + 1;
            diesel::insert_into(policy_versions::table)
                .values((
                    policy_versions::version.eq(version),
                    policy_versions::created_at.eq(now.timestamp_micros()),
                    policy_versions::author.eq(text(author)),
                    policy_versions::summary.eq(text(summary)),
                    policy_versions::sha256.eq(digest(wanted.values().copied())),
                ))
                .execute(conn)?;
            append(conn, &unknown, author, now)?;
            replace(conn, &active, &wanted, version)?;
            notify(conn, version)?;
            Ok(version)
        })
    }

    /// The active policy version and its grants, of one moment.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the grants are not the ones that were loaded.
    pub fn active_grants(&self) -> Result<(i64, Vec<GrantRow>), Error> {
        self.snapshot(|conn| {
            let newest: Option<(i64, String)> = policy_versions::table
                .order(policy_versions::version.desc())
                .select((policy_versions::version, policy_versions::sha256))
                .first(conn)
                .optional()?;
            let Some((version, sha256)) = newest else { return Ok((0, Vec::new())) };
            let on = grant_periods::grant_id
                .eq(grants::id)
                .and(grant_periods::grant_version.eq(grants::version));
            let rows: Vec<Raw> = grants::table
                .inner_join(grant_periods::table.on(on))
                .filter(grant_periods::until_policy.is_null())
                .order(grants::id.asc())
                .select(grants::all_columns)
                .load(conn)?;
            let mut rows: Vec<GrantRow> =
                rows.into_iter().map(TryInto::try_into).collect::<Result<_, Error>>()?;
            // Each database collates in its own way; the hash is over byte order.
            rows.sort_by(|a, b| a.id.cmp(&b.id));
            if digest(rows.iter()) == sha256 {
                Ok((version, rows))
            } else {
                Err(Error::Corrupt(format!("the grants of policy version {version} were altered")))
            }
        })
    }

    /// The active policy version; 0 before the first. Cheap enough to ask every second.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn policy_version(&self) -> Result<i64, Error> {
        self.read(newest)
    }

    /// All policy versions, newest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn policy_versions(&self, limit: u32) -> Result<Vec<PolicyVersion>, Error> {
        let rows: Vec<(i64, i64, String, String, String)> = self.read(|conn| {
            let newest = policy_versions::version.desc();
            Ok(policy_versions::table.order(newest).limit(i64::from(limit)).load(conn)?)
        })?;
        rows.into_iter()
            .map(|(version, at, author, summary, sha256)| {
                Ok(PolicyVersion { version, created_at: moment(at)?, author, summary, sha256 })
            })
            .collect()
    }

    /// Every version of one grant, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn grant_versions(&self, id: &str) -> Result<Vec<GrantRow>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            Ok(grants::table.filter(grants::id.eq(id)).order(grants::version.asc()).load(conn)?)
        })?;
        rows.into_iter().map(TryInto::try_into).collect()
    }
}

type Wanted<'a> = BTreeMap<&'a str, &'a GrantRow>;

fn wanted(terms: &[GrantRow]) -> Result<Wanted<'_>, Error> {
    let mut wanted = BTreeMap::new();
    for grant in terms {
        if wanted.insert(grant.id.as_str(), grant).is_some() {
            return Err(Error::Conflict(format!("grant `{}` is named twice", grant.id)));
        }
    }
    Ok(wanted)
}

fn newest(conn: &mut AnyConnection) -> Result<i64, Error> {
    let newest: Option<i64> =
        policy_versions::table.select(diesel::dsl::max(policy_versions::version)).first(conn)?;
    Ok(newest.unwrap_or(0))
}

fn active_keys(conn: &mut AnyConnection) -> Result<Vec<(String, i32)>, Error> {
    Ok(grant_periods::table
        .filter(grant_periods::until_policy.is_null())
        .select((grant_periods::grant_id, grant_periods::grant_version))
        .load(conn)?)
}

/// Those of the wanted grants that are not stored yet.
fn unknown<'a>(conn: &mut AnyConnection, wanted: &Wanted<'a>) -> Result<Vec<&'a GrantRow>, Error> {
    let mut known = BTreeSet::new();
    let ids: Vec<&str> = wanted.keys().copied().collect();
    for part in ids.chunks(BATCH) {
        let rows: Vec<Raw> =
            grants::table.filter(grants::id.eq_any(part.iter().copied())).load(conn)?;
        for raw in rows {
            let row = GrantRow::try_from(raw)?;
            let Some(grant) = wanted.get(row.id.as_str()) else { continue };
            if grant.version == row.version {
                if **grant != row {
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
    active: &BTreeMap<String, i32>,
    wanted: &Wanted<'_>,
    version: i64,
) -> Result<(), Error> {
    let stays = |id: &str| {
        let now = wanted.get(id).and_then(|grant| i32::try_from(grant.version).ok());
        now.is_some() && active.get(id).copied() == now
    };
    let ended: Vec<&String> = active.keys().filter(|id| !stays(id)).collect();
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
            Ok(Period { grant_id: &grant.id, grant_version, since_policy: version })
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

/// Over every field of every grant in order of id, lengths in front.
fn digest<'a>(rows: impl Iterator<Item = &'a GrantRow>) -> String {
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
