//! Answers as they left, kept for ever: whoever asks the same again gets the same bytes and pays nothing.

use crate::connection::AnyConnection;
use crate::schema::answers;
use crate::values::{moment, sha256, uuid};
use crate::{Error, Round, Store};
use chrono::{DateTime, Utc};
use diesel::prelude::*;
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An answer that was paid for and is about to leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAnswer {
    /// The question's key.
    pub question_key: String,
    /// The id of its spend.
    pub id: Uuid,
    /// When.
    pub at: DateTime<Utc>,
    /// The bytes.
    pub body: Vec<u8>,
}

/// An answer that has left, or may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredAnswer {
    /// The question's key.
    pub question_key: String,
    /// Its id.
    pub id: Uuid,
    /// When it was made.
    pub at: DateTime<Utc>,
    /// The bytes.
    pub body: Vec<u8>,
}

type Raw = (String, String, i64, Vec<u8>, String);

/// An answer on its way in.
#[derive(Insertable)]
#[diesel(table_name = answers)]
pub(crate) struct NewRaw<'a> {
    pub question_key: &'a str,
    pub id: String,
    pub at: i64,
    pub body: &'a [u8],
    pub sha256: String,
}

/// The answers of these questions, by key.
pub(crate) fn of_keys(
    conn: &mut AnyConnection,
    keys: &BTreeSet<&str>,
) -> Result<BTreeMap<String, StoredAnswer>, Error> {
    let mut rows: Vec<Raw> = Vec::new();
    match conn {
        // A statement for one key is prepared once, and one for many each time; so is one with a limit, which is why
        // this is not `first`: SQLite plans anew when a bound limit is bound again.
        AnyConnection::Sqlite(c) => {
            for key in keys {
                rows.extend(answers::table.find(*key).get_result::<Raw>(c).optional()?);
            }
        }
        AnyConnection::Postgres(c) => {
            let keys: Vec<&str> = keys.iter().copied().collect();
            rows = answers::table.filter(answers::question_key.eq_any(keys)).load(c)?;
        }
    }
    rows.into_iter()
        .map(|row| stored(row).map(|answer| (answer.question_key.clone(), answer)))
        .collect()
}

fn stored((question_key, id, at, body, digest): Raw) -> Result<StoredAnswer, Error> {
    if sha256(&body) != digest {
        return Err(Error::Corrupt("an answer is not the one that was stored".to_owned()));
    }
    Ok(StoredAnswer { question_key, id: uuid(&id)?, at: moment(at)?, body })
}

/// What may leave of new answers, and what of them is to be written: where a question has got an answer meanwhile,
/// that one leaves, so that no question ever has two.
pub(crate) fn keep<'a>(
    known: &mut BTreeMap<String, StoredAnswer>,
    new: &'a [NewAnswer],
) -> Result<(Vec<StoredAnswer>, Vec<NewRaw<'a>>), Error> {
    let (mut kept, mut rows) = (Vec::with_capacity(new.len()), Vec::new());
    for answer in new {
        if let Some(before) = known.get(&answer.question_key) {
            kept.push(before.clone());
            continue;
        }
        rows.push(NewRaw {
            question_key: &answer.question_key,
            id: answer.id.to_string(),
            at: answer.at.timestamp_micros(),
            body: &answer.body,
            sha256: sha256(&answer.body),
        });
        let stored = StoredAnswer {
            question_key: answer.question_key.clone(),
            id: answer.id,
            at: moment(answer.at.timestamp_micros())?,
            body: answer.body.clone(),
        };
        known.insert(answer.question_key.clone(), stored.clone());
        kept.push(stored);
    }
    Ok((kept, rows))
}

impl Store {
    /// Keeps answers, durably; see [`Store::settle`].
    ///
    /// # Errors
    /// Nothing was kept, and nothing may leave.
    pub fn keep_answers(&self, new: &[NewAnswer]) -> Result<Vec<StoredAnswer>, Error> {
        Ok(self.settle(&Round { answers: new.to_vec(), ..Round::default() })?.kept)
    }

    /// The answer of a question, if it has one.
    ///
    /// # Errors
    /// The database cannot be asked, or holds something else than was stored.
    pub fn answer_of(&self, question_key: &str) -> Result<Option<StoredAnswer>, Error> {
        let keys = BTreeSet::from([question_key]);
        let found = self.read(|conn| of_keys(conn, &keys))?.remove(question_key);
        self.flush_read()?;
        Ok(found)
    }

    /// The answer of an id.
    ///
    /// # Errors
    /// There is none, or as [`Store::answer_of`].
    pub fn answer(&self, id: Uuid) -> Result<StoredAnswer, Error> {
        let found: Option<Raw> = self.read(|conn| {
            Ok(answers::table.filter(answers::id.eq(id.to_string())).first(conn).optional()?)
        })?;
        self.flush_read()?;
        stored(found.ok_or(Error::NotFound("answer"))?)
    }
}
