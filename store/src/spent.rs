//! What was paid over time: sums of all that was paid, however long the list of it is.

use crate::connection::AnyConnection;
use crate::purses::{PurseId, charges};
use crate::schema::spends;
use crate::spends::taken;
use crate::values::number;
use crate::{Error, SpendFilter, Store};
use chrono::{DateTime, NaiveTime, Utc};
use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_types::{BigInt, Bool, Text};
use std::collections::BTreeMap;

/// What one project paid on one day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectDay {
    /// The project.
    pub project: String,
    /// The day, since 1970-01-01.
    pub day: i32,
    /// How many questions it paid for.
    pub questions: u64,
    /// What they cost together.
    pub nano: u64,
}

/// What makes a group: the project, and the day from its microseconds.
const GROUP: &str = "project, at / 86400000000";
/// A group, how many questions are in it, and what they cost.
type Sums = (Text, BigInt, BigInt, BigInt);
/// A group, what makes payments of it alike, and how many they are.
type Payments = (Text, BigInt, Text, BigInt, Text, BigInt);

/// What was taken of each purse on each day since. Payments alike are counted, and looked at once: prices are few, however
/// many payments are.
///
/// # Errors
/// The database cannot be asked, or a payment is not what was taken for it.
pub(crate) fn taken_by_day(
    conn: &mut AnyConnection,
    since: i64,
) -> Result<BTreeMap<PurseId, BTreeMap<i32, u64>>, Error> {
    let alike = format!("{GROUP}, sponsor, nano, of_data");
    let rows: Vec<(String, i64, String, i64, String, i64)> = spends::table
        .filter(spends::at.ge(since))
        .group_by(sql::<Payments>(&alike))
        .select(sql::<Payments>(&format!("{alike}, COUNT(*) AS questions")))
        .load(conn)?;
    let mut days: BTreeMap<PurseId, BTreeMap<i32, u64>> = BTreeMap::new();
    for (project, day, sponsor, nano, of_data, questions) in rows {
        let (day, questions): (i32, u64) = (number(day)?, number(questions)?);
        for (purse, nano) in charges(&taken(&of_data, nano)?, Some((&project, &sponsor))) {
            let sum = days.entry(purse).or_default().entry(day).or_default();
            *sum += nano.saturating_mul(questions);
        }
    }
    Ok(days)
}

impl Store {
    /// What was spent of each purse on each day from the one of a moment on: day since 1970-01-01 and amount, oldest first.
    ///
    /// # Errors
    /// The database cannot be asked, or a payment is not what was taken for it.
    pub fn spent_by_day(
        &self,
        since: DateTime<Utc>,
    ) -> Result<BTreeMap<PurseId, Vec<(i32, u64)>>, Error> {
        let midnight = since.date_naive().and_time(NaiveTime::MIN).and_utc();
        let days = self.read(|conn| taken_by_day(conn, midnight.timestamp_micros()))?;
        Ok(days.into_iter().map(|(purse, days)| (purse, days.into_iter().collect())).collect())
    }

    /// What each project paid on each day, by project and day; the filter's limit does not matter.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn spent_by_project(&self, filter: &SpendFilter) -> Result<Vec<ProjectDay>, Error> {
        let from = filter.from.map_or(i64::MIN, |from| from.timestamp_micros());
        let until = filter.until.map_or(i64::MAX, |until| until.timestamp_micros());
        let (every, project) =
            (filter.project.is_none(), filter.project.clone().unwrap_or_default());
        let sums = format!("{GROUP}, COUNT(*) AS questions, CAST(SUM(nano) AS BIGINT) AS nano");
        let rows: Vec<(String, i64, i64, i64)> = self.read(|conn| {
            let wanted = spends::project.eq(project).or(every.into_sql::<Bool>());
            Ok(spends::table
                .filter(spends::at.ge(from).and(spends::at.lt(until)).and(wanted))
                .group_by(sql::<(Text, BigInt)>(GROUP))
                .select(sql::<Sums>(&sums))
                .order(sql::<(Text, BigInt)>(GROUP))
                .load(conn)?)
        })?;
        rows.into_iter()
            .map(|(project, day, questions, nano)| {
                let (questions, nano) = (number(questions)?, number(nano)?);
                Ok(ProjectDay { project, day: number(day)?, questions, nano })
            })
            .collect()
    }
}
