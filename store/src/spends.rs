//! Paying for questions: first the price is durable, then the answer may come to be. Nothing is ever given back.

use crate::answers::StoredAnswer;
use crate::purses::{self, OfData, Purse, PurseId, PurseKind};
use crate::schema::{answers as answered, purses as all_purses, spends};
use crate::settle::Found;
use crate::spent::taken_by_day;
use crate::values::{moment, number, sha256, stored, text, uuid};
use crate::{Error, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// One question to be paid for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spend {
    /// Its id, which is the answer's too.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// What makes two questions the same: SHA-256 of the canonical form and the editions, in hexadecimal.
    pub question_key: String,
    /// The canonical form, as JSON.
    pub question: String,
    /// The project that pays.
    pub project: String,
    /// The body that answers for it.
    pub sponsor: String,
    /// The recorded decision.
    pub decision: Uuid,
    /// What it takes from the purse of each form and year. Project and sponsor each pay the sum.
    pub of_data: OfData,
}

impl Spend {
    /// What it takes from each purse.
    #[must_use]
    pub fn charges(&self) -> BTreeMap<PurseId, u64> {
        purses::charges(&self.of_data, Some((&self.project, &self.sponsor)))
    }
}

/// What came of wanting to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reserved {
    /// Paid; the purses as they are now. The answer may be made.
    Paid(Vec<Purse>),
    /// Nothing was taken: the question is answered already.
    Answered(Box<StoredAnswer>),
    /// Nothing was taken: somebody has paid for the same question and is about to answer it.
    UnderWay,
    /// Nothing was taken: this purse does not hold what it would cost.
    Exhausted {
        /// The purse.
        purse: Purse,
        /// What the question would take from it.
        asked: u64,
    },
}

/// Which spends to list.
#[derive(Debug, Clone, Default)]
pub struct SpendFilter {
    /// Only this project's.
    pub project: Option<String>,
    /// From this time on.
    pub from: Option<DateTime<Utc>>,
    /// Before this time.
    pub until: Option<DateTime<Utc>>,
    /// Only what is listed after this one; of no matter for sums.
    pub after: Option<Uuid>,
    /// The most there may be.
    pub limit: u32,
}

/// A purse whose books do not agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerFault {
    /// The purse.
    pub purse: PurseId,
    /// What the purse says is spent.
    pub spent: u64,
    /// What its charges add up to.
    pub charged: u64,
}

#[derive(Queryable, Insertable)]
#[diesel(table_name = spends)]
pub(crate) struct Raw {
    pub id: String,
    pub at: i64,
    pub question_key: String,
    pub question: String,
    pub project: String,
    pub sponsor: String,
    pub decision: String,
    pub nano: i64,
    pub of_data: String,
}

/// What paying comes to, to be written once.
#[derive(Default)]
pub(crate) struct Paid {
    pub rows: Vec<Raw>,
    /// What is taken of each purse.
    pub taken: BTreeMap<PurseId, u64>,
}

impl Store {
    /// What was paid, newest first.
    ///
    /// # Errors
    /// The database cannot be asked, a payment is not what was taken for it, or the one to go on after does not exist.
    pub fn spends(&self, filter: &SpendFilter) -> Result<Vec<Spend>, Error> {
        let rows: Vec<Raw> = self.read(|conn| {
            let mut query = spends::table.into_boxed();
            if let Some(project) = &filter.project {
                query = query.filter(spends::project.eq(project.clone()));
            }
            if let Some(from) = filter.from {
                query = query.filter(spends::at.ge(from.timestamp_micros()));
            }
            if let Some(until) = filter.until {
                query = query.filter(spends::at.lt(until.timestamp_micros()));
            }
            if let Some(after) = filter.after.map(|id| id.to_string()) {
                let at = spends::table.find(&after).select(spends::at).first::<i64>(conn);
                let at = at.optional()?.ok_or(Error::NotFound("spend"))?;
                let later = spends::at.eq(at).and(spends::id.lt(after));
                query = query.filter(spends::at.lt(at).or(later));
            }
            let newest = (spends::at.desc(), spends::id.desc());
            Ok(query.order(newest).limit(i64::from(filter.limit)).load(conn)?)
        })?;
        rows.into_iter().map(spend).collect()
    }

    /// The purses that do not say that as much is spent as the payments from them add up to; none where the books agree.
    ///
    /// # Errors
    /// The database cannot be asked, or a payment is not what was taken for it.
    pub fn check_purses(&self) -> Result<Vec<LedgerFault>, Error> {
        self.snapshot(|conn| {
            let days = taken_by_day(conn, i64::MIN)?;
            let all: Vec<(String, String, i64, i64)> = all_purses::table.load(conn)?;
            let mut faults = Vec::new();
            for row in all {
                let purse = purses::purse(row)?;
                let charged = days.get(&purse.id).map_or(0, |days| days.values().sum());
                if purse.spent != charged {
                    faults.push(LedgerFault { purse: purse.id, spent: purse.spent, charged });
                }
            }
            Ok(faults)
        })
    }

    /// How many questions were paid for, and how many of them have an answer.
    ///
    /// # Errors
    /// The database cannot be asked.
    pub fn paid_and_answered(&self) -> Result<(u64, u64), Error> {
        self.snapshot(|conn| {
            let paid: i64 = spends::table.count().get_result(conn)?;
            let kept: i64 = answered::table.count().get_result(conn)?;
            Ok((number(paid)?, number(kept)?))
        })
    }
}

/// Takes the price of each question from all its purses, or of none. All purses have been found.
pub(crate) fn take_all(
    found: &mut Found,
    asked: &[(&Spend, BTreeMap<PurseId, u64>)],
) -> Result<(Vec<Reserved>, Paid), Error> {
    let mut paid = Paid::default();
    let mut outcomes = Vec::with_capacity(asked.len());
    for (spend, charges) in asked {
        if let Some(answer) = found.answers.get(&spend.question_key) {
            outcomes.push(Reserved::Answered(Box::new(answer.clone())));
            continue;
        }
        if found.under_way.contains(&spend.question_key) {
            outcomes.push(Reserved::UnderWay);
            continue;
        }
        outcomes.push(match take(&mut found.purses, charges, &mut paid.taken)? {
            Ok(purses) => {
                found.under_way.insert(spend.question_key.clone());
                paid.add(spend)?;
                Reserved::Paid(purses)
            }
            Err((purse, asked)) => Reserved::Exhausted { purse, asked },
        });
    }
    Ok((outcomes, paid))
}

/// Takes all charges, or none and says which purse falls short.
fn take(
    purses: &mut BTreeMap<PurseId, Purse>,
    charges: &BTreeMap<PurseId, u64>,
    taken: &mut BTreeMap<PurseId, u64>,
) -> Result<Result<Vec<Purse>, (Purse, u64)>, Error> {
    for (id, nano) in charges {
        let purse = purses.get(id).ok_or(Error::NotFound("purse"))?;
        if *nano > purse.left() {
            return Ok(Err((purse.clone(), *nano)));
        }
    }
    let mut after = Vec::with_capacity(charges.len());
    for (id, nano) in charges {
        if let Some(purse) = purses.get_mut(id) {
            purse.spent += nano;
            after.push(purse.clone());
            *taken.entry(id.clone()).or_default() += nano;
        }
    }
    Ok(Ok(after))
}

/// The questions that were paid for since then, so that their answer may still come.
pub(crate) fn under_way(
    conn: &mut SqliteConnection,
    keys: &BTreeSet<&str>,
    since: i64,
) -> Result<BTreeSet<String>, Error> {
    let mut found = BTreeSet::new();
    for key in keys {
        let of_key = spends::table.filter(spends::question_key.eq(*key));
        let lately = of_key.filter(spends::at.ge(since)).select(spends::question_key);
        found.extend(lately.load::<String>(conn)?);
    }
    Ok(found)
}

/// A statement for one row is prepared once, and one for many each time.
pub(crate) fn insert(conn: &mut SqliteConnection, paid: &Paid) -> Result<(), Error> {
    for row in &paid.rows {
        diesel::insert_into(spends::table).values(row).execute(conn)?;
    }
    Ok(())
}

impl Paid {
    /// Adds a payment. What project and sponsor pay follows from its row.
    fn add(&mut self, spend: &Spend) -> Result<(), Error> {
        self.rows.push(Raw {
            id: spend.id.to_string(),
            at: spend.at.timestamp_micros(),
            question_key: spend.question_key.clone(),
            question: text(&spend.question),
            project: text(&spend.project),
            sponsor: text(&spend.sponsor),
            decision: spend.decision.to_string(),
            nano: stored(purses::total(&spend.of_data))?,
            of_data: written(&spend.of_data)?,
        });
        Ok(())
    }
}

/// What is taken of the data, by the keys of its purses.
fn written(of_data: &OfData) -> Result<String, Error> {
    let keyed =
        of_data.iter().map(|((form, year), nano)| (PurseId::of_data(*form, *year).key, *nano));
    let keyed: BTreeMap<String, u64> = keyed.collect();
    serde_json::to_string(&keyed).map_err(|error| Error::Corrupt(error.to_string()))
}

/// What was taken of the data, if it is what a payment says.
pub(crate) fn taken(row: &str, nano: i64) -> Result<OfData, Error> {
    let keyed: BTreeMap<String, u64> = serde_json::from_str(row).unwrap_or_default();
    let of_data = keyed.into_iter().map(|(key, nano)| {
        let purse = PurseId { kind: PurseKind::DatasetYear, key };
        Ok((purse.data()?, nano))
    });
    let of_data = of_data.collect::<Result<OfData, Error>>()?;
    if purses::total(&of_data) != number::<i64, u64>(nano)? {
        return Err(Error::Corrupt(format!("a payment of {nano} took `{row}`")));
    }
    Ok(of_data)
}

fn spend(row: Raw) -> Result<Spend, Error> {
    Ok(Spend {
        id: uuid(&row.id)?,
        at: moment(row.at)?,
        of_data: taken(&row.of_data, row.nano)?,
        question_key: row.question_key,
        question: row.question,
        project: row.project,
        sponsor: row.sponsor,
        decision: uuid(&row.decision)?,
    })
}

/// What makes two questions the same, from their canonical form and the editions they are asked of: each year with
/// the digest of its file.
#[must_use]
pub fn question_key(canonical: &str, editions: &[(u16, String)]) -> String {
    let each = editions.iter().map(|(year, edition)| format!("\n{year} {edition}"));
    sha256([canonical.to_owned()].into_iter().chain(each).collect::<String>().as_bytes())
}

#[cfg(test)]
impl Spend {
    /// One of many that cost one billionth.
    pub(crate) fn example(number: u32) -> Self {
        Self {
            id: Uuid::from_u128(number.into()),
            at: DateTime::UNIX_EPOCH,
            question_key: format!("{number:064}"),
            question: number.to_string(),
            project: "kvp".to_owned(),
            sponsor: "971032146".to_owned(),
            decision: Uuid::from_u128(number.into()),
            of_data: BTreeMap::from([((hjemmel_kostra::Form::F11, 2024), 1)]),
        }
    }
}
