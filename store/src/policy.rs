//! Grants and the policy versions they are active in. Versions are added; none is changed or removed.

use crate::enact::{BATCH, Raw, active_rows, checked, enact, newest, unknown, version_at, wanted};
use crate::schema::{grant_periods, grants, policy_versions};
use crate::values::{moment, number};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::BTreeSet;

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
    /// Its state in the lifecycle; of a grant in force, the state it is in now.
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

/// Everything that decides, of one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPolicy {
    /// 1, 2, 3 …
    pub version: i64,
    /// The grants by id, each in the state it was in.
    pub grants: Vec<GrantRow>,
    /// The stops that held.
    pub stops: Vec<crate::Stop>,
}

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
        let named = wanted(terms)?;
        self.write("policy_versions", |conn| {
            let current = newest(conn)?;
            if expected.is_some_and(|expected| expected != current) {
                return Err(Error::Conflict(format!(
                    "policy version {current} is active, not the expected one"
                )));
            }
            let active = active_rows(conn, None)?;
            let own = crate::cases::ids(conn)?;
            let mut wanted = named.clone();
            for row in &active {
                if own.contains(&row.id) {
                    wanted.insert(row.id.as_str(), row);
                }
            }
            for id in named.keys().filter(|id| own.contains(**id)) {
                let (told, held) = (named.get(id), active.iter().find(|row| row.id == **id));
                if told.map(|row| row.version) != held.map(|row| row.version) {
                    return Err(Error::Conflict(format!(
                        "grant `{id}` has a case of its own; change it through /v1/grants"
                    )));
                }
            }
            let same = current > 0
                && active.len() == wanted.len()
                && active.iter().all(|row| {
                    wanted.get(row.id.as_str()).is_some_and(|grant| grant.version == row.version)
                });
            if same && unknown(conn, &wanted)?.is_empty() {
                return Ok(current);
            }
            enact(conn, &active, &wanted, (author, summary), now)
        })
    }

    /// The active policy version and its grants, of one moment.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when the grants are not the ones that were loaded.
    pub fn active_grants(&self) -> Result<(i64, Vec<GrantRow>), Error> {
        self.snapshot(|conn| {
            let version = newest(conn)?;
            Ok((version, checked(conn, version, None)?))
        })
    }

    /// The active policy with its stops, or the one of a moment in the past; version 0 before the first.
    ///
    /// # Errors
    /// [`Error::Corrupt`] when they are not the ones that were put into force.
    pub fn policy_at(&self, moment: Option<DateTime<Utc>>) -> Result<StoredPolicy, Error> {
        self.snapshot(|conn| {
            let at = match moment {
                None => None,
                Some(moment) => Some(version_at(conn, moment)?),
            };
            let version = match at {
                Some(version) => version,
                None => newest(conn)?,
            };
            let grants = checked(conn, version, at)?;
            Ok(StoredPolicy { version, grants, stops: crate::stops::holding(conn, at)? })
        })
    }

    /// The versions of grants that a policy version later than this one took away, or left in another state
    /// than active: what must open nothing any more, told without a look at the others.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn taken_away(&self, since: i64) -> Result<Vec<(String, u32)>, Error> {
        let gone = self.snapshot(|conn| {
            let named = (grant_periods::grant_id, grant_periods::grant_version);
            let mut ended: BTreeSet<(String, i32)> = grant_periods::table
                .filter(grant_periods::until_policy.gt(since))
                .select(named)
                .load::<(String, i32)>(conn)?
                .into_iter()
                .collect();
            let ids: Vec<String> = ended.iter().map(|(id, _)| id.clone()).collect();
            for part in ids.chunks(BATCH) {
                let active: Vec<(String, i32)> = grant_periods::table
                    .filter(grant_periods::grant_id.eq_any(part))
                    .filter(grant_periods::until_policy.is_null())
                    .filter(grant_periods::state.eq("active"))
                    .select(named)
                    .load(conn)?;
                for one in active {
                    ended.remove(&one);
                }
            }
            Ok(ended)
        })?;
        gone.into_iter().map(|(id, version)| Ok((id, number(version)?))).collect()
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
