//! How each grant was used, from the record: what to ask about when it is looked at again.

use chrono::{DateTime, Datelike as _, TimeDelta, Timelike as _, Utc, Weekday};
use hjemmel_policy::{Decision, GrantTerms, Outcome, Policy, State};
use hjemmel_store::{CaseFilter, DecisionFilter, Store};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// The most events that are read for one report.
const MOST: usize = 500_000;
/// Days before the end at which somebody must have been told.
const NOTICES: [i64; 3] = [90, 30, 7];
/// How many times the usual a day's requests are before they are unusual, and the fewest that are.
const UNUSUAL: (u64, u64) = (3, 20);
/// A grant that was silent this long and is used again is worth a question.
const SILENT_DAYS: i64 = 90;

/// One grant over a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The grant.
    pub grant: String,
    /// The version in force.
    pub version: u32,
    /// Whose it is.
    pub recipient: String,
    /// Requests it allowed.
    pub allowed: u64,
    /// Requests of the recipient it came nearest to and did not cover.
    pub refused: u64,
    /// Records that left under it, by whole days (UTC).
    pub records: u64,
    /// When it was last used in the time.
    pub last_used: Option<DateTime<Utc>>,
    /// The columns that were asked for by name, with how often.
    pub columns_used: BTreeMap<String, u64>,
    /// The columns it gives that nobody asked for by name: a hint to narrow it. Empty where all of them were
    /// fetched at once.
    pub columns_never_used: BTreeSet<String>,
    /// How often everything it gives was fetched at once.
    pub whole: u64,
    /// When it ends.
    pub valid_to: DateTime<Utc>,
    /// The notice that is due: 90, 30 or 7 days before the end, or 0 after it.
    pub notice_days: Option<i64>,
    /// Whether it should have been looked at again by now.
    pub review_overdue: bool,
    /// What is unusual, each in a word: `volume`, `hours`, `woken`.
    pub anomalies: BTreeSet<&'static str>,
}

/// Counts of one grant while the record is read.
#[derive(Debug, Default)]
struct Tally {
    allowed: u64,
    refused: u64,
    whole: u64,
    times: Vec<DateTime<Utc>>,
    columns: BTreeMap<String, u64>,
}

/// How every grant in the policy was used from one moment until another.
///
/// # Errors
/// When the record cannot be read.
pub fn of_all(
    store: &Store,
    policy: &Policy,
    (from, until): (DateTime<Utc>, DateTime<Utc>),
    now: DateTime<Utc>,
) -> Result<Vec<Usage>, hjemmel_store::Error> {
    let filter = DecisionFilter { from: Some(from), until: Some(until), ..Default::default() };
    let mut tallies: BTreeMap<String, Tally> = BTreeMap::new();
    let (mut read, mut before) = (0, None);
    while read < MOST {
        let page = store.decisions(&filter, before, 2_000)?;
        let Some(last) = page.last() else { break };
        before = Some(last.seq);
        read += page.len();
        for stored in &page {
            if let Ok(decision) = serde_json::from_str::<Decision>(&stored.row.body) {
                count(&mut tallies, &decision);
            }
        }
    }
    let mut sent = store.rows_sent(from, until)?;
    let reviews = reviews(store)?;
    let one = |grant: &GrantTerms| {
        let records = sent.remove(&grant.id).unwrap_or_default();
        let due = reviews.get(&(grant.id.clone(), grant.version)).copied();
        Usage {
            records,
            review_overdue: due.unwrap_or(grant.review_due) < now.date_naive(),
            ..usage(grant, tallies.remove(&grant.id).unwrap_or_default(), now)
        }
    };
    Ok(policy.grants().map(one).collect())
}

/// When the cases in force are due to be looked at again, which may be later than their terms say.
///
/// # Errors
/// When the cases cannot be read.
pub fn reviews(
    store: &Store,
) -> Result<BTreeMap<(String, u32), chrono::NaiveDate>, hjemmel_store::Error> {
    let states = [State::Active, State::Suspended].map(|state| state.code().to_owned());
    let filter = CaseFilter { states: states.to_vec(), ..CaseFilter::default() };
    let rows = store.cases(&filter, u32::MAX)?;
    let due = rows
        .into_iter()
        .filter_map(|row| Some(((row.id, row.version), row.review_due.parse().ok()?)));
    Ok(due.collect())
}

fn count(tallies: &mut BTreeMap<String, Tally>, decision: &Decision) {
    let named = decision.grant.as_ref().map(|grant| &grant.id);
    let near = decision.nearest.as_ref().map(|near| &near.grant_id);
    let Some(id) = named.or(near) else { return };
    let tally = tallies.entry(id.clone()).or_default();
    if decision.outcome == Outcome::Denied {
        tally.refused += 1;
        return;
    }
    tally.allowed += 1;
    tally.times.push(decision.at);
    match &decision.resource.columns {
        None => tally.whole += 1,
        Some(columns) => {
            for column in columns {
                *tally.columns.entry(column.clone()).or_default() += 1;
            }
        }
    }
}

fn usage(grant: &GrantTerms, mut tally: Tally, now: DateTime<Utc>) -> Usage {
    tally.times.sort_unstable();
    let given: BTreeSet<String> = grant
        .years
        .iter()
        .flat_map(|year| grant.columns_among(&crate::app::columns_of(grant.product, *year)))
        .collect();
    let unused = given.into_iter().filter(|column| !tally.columns.contains_key(column));
    Usage {
        grant: grant.id.clone(),
        version: grant.version,
        recipient: grant.recipient.organisation.to_string(),
        allowed: tally.allowed,
        refused: tally.refused,
        records: 0,
        last_used: tally.times.last().copied(),
        columns_never_used: if tally.whole > 0 { BTreeSet::new() } else { unused.collect() },
        columns_used: tally.columns,
        whole: tally.whole,
        valid_to: grant.valid_to,
        notice_days: notice_days(grant, now),
        review_overdue: grant.review_due < now.date_naive(),
        anomalies: anomalies(&tally.times),
    }
}

/// The notice that is due before a grant ends, in days, or 0 after it.
#[must_use]
pub fn notice_days(grant: &GrantTerms, now: DateTime<Utc>) -> Option<i64> {
    let days = (grant.valid_to - now).num_days();
    if now >= grant.valid_to {
        return Some(0);
    }
    NOTICES.into_iter().rev().find(|notice| days < *notice)
}

/// What is unusual about the times of use, oldest first.
fn anomalies(times: &[DateTime<Utc>]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut days: BTreeMap<chrono::NaiveDate, u64> = BTreeMap::new();
    for time in times {
        *days.entry(time.date_naive()).or_default() += 1;
    }
    let mut counts: Vec<u64> = days.values().copied().collect();
    counts.sort_unstable();
    let usual = counts.get(counts.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    let most = counts.last().copied().unwrap_or_default();
    if counts.len() > 1 && most >= UNUSUAL.1 && most >= usual.saturating_mul(UNUSUAL.0) {
        found.insert("volume");
    }
    let at_night = |time: &&DateTime<Utc>| {
        matches!(time.weekday(), Weekday::Sat | Weekday::Sun) || !(5..20).contains(&time.hour())
    };
    let nights = times.iter().filter(at_night).count();
    if nights >= 5 && nights * 2 < times.len() {
        found.insert("hours");
    }
    let silent = TimeDelta::days(SILENT_DAYS);
    if times.windows(2).any(|pair| matches!(pair, [a, b] if *b - *a >= silent)) {
        found.insert("woken");
    }
    found
}

/// The report as comma separated lines. Nothing in it needs quotes.
#[must_use]
pub fn csv(all: &[Usage]) -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "recipient,grant,version,allowed,refused,records,whole,lastUsed,columnsUsed,columnsNeverUsed,validTo,noticeDays,reviewOverdue,anomalies\n",
    );
    for one in all {
        let used = one.columns_used.keys().cloned().collect::<Vec<_>>().join(" ");
        let unused = one.columns_never_used.iter().cloned().collect::<Vec<_>>().join(" ");
        let anomalies = one.anomalies.iter().copied().collect::<Vec<_>>().join(" ");
        let last = one.last_used.map(|at| at.to_rfc3339()).unwrap_or_default();
        let notice = one.notice_days.map(|days| days.to_string()).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{last},{used},{unused},{},{notice},{},{anomalies}",
            one.recipient,
            one.grant,
            one.version,
            one.allowed,
            one.refused,
            one.records,
            one.whole,
            one.valid_to.to_rfc3339(),
            one.review_overdue,
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    #[test]
    fn a_notice_is_due_at_ninety_thirty_and_seven_days_and_after_the_end() {
        let grant = GrantTerms::from_toml(hjemmel_policy::DEMO_GRANTS).unwrap().remove(0);
        for (days, notice) in [
            (100, None),
            (90, None),
            (89, Some(90)),
            (30, Some(90)),
            (29, Some(30)),
            (7, Some(30)),
            (6, Some(7)),
            (0, Some(7)),
            (-1, Some(0)),
        ] {
            let now = grant.valid_to
                - TimeDelta::days(days)
                - TimeDelta::seconds(1) * i32::from(days == 0);
            assert_eq!(usage(&grant, Tally::default(), now).notice_days, notice, "{days}");
        }
    }

    #[test]
    fn what_is_unusual_is_named_and_what_is_usual_is_not() {
        let noon = at("2026-06-01T12:00:00Z");
        let daily: Vec<_> = (0..5).map(|day| noon + TimeDelta::days(day)).collect();
        assert!(anomalies(&daily).is_empty());
        let mut many = daily.clone();
        many.extend((0..30).map(|minute| noon + TimeDelta::minutes(minute)));
        many.sort_unstable();
        assert!(anomalies(&many).contains("volume"));
        let mut woken = daily.clone();
        woken.push(noon + TimeDelta::days(200));
        assert!(anomalies(&woken).contains("woken"));
        let mut nights: Vec<_> = (0..12).map(|minute| noon + TimeDelta::minutes(minute)).collect();
        nights.extend((0..5).map(|minute| at("2026-06-02T02:00:00Z") + TimeDelta::minutes(minute)));
        assert!(anomalies(&nights).contains("hours"));
        assert!(anomalies(&[]).is_empty());
    }
}
