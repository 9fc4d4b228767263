//! Stored text and numbers back into values; what does not fit was not written by us.

use crate::Error;
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

fn corrupt(what: &str, text: impl std::fmt::Display) -> Error {
    Error::Corrupt(format!("`{text}` is not a {what}"))
}

pub(crate) fn form(text: &str) -> Result<Form, Error> {
    Form::parse(text).ok_or_else(|| corrupt("form", text))
}

pub(crate) fn uuid(text: &str) -> Result<Uuid, Error> {
    Uuid::parse_str(text).map_err(|_| corrupt("uuid", text))
}

pub(crate) fn moment(micros: i64) -> Result<DateTime<Utc>, Error> {
    DateTime::from_timestamp_micros(micros).ok_or_else(|| corrupt("time", micros))
}

/// The day of a moment, since 1970-01-01.
pub(crate) fn day(at: DateTime<Utc>) -> i32 {
    i32::try_from(at.timestamp().div_euclid(86_400)).unwrap_or(i32::MAX)
}

pub(crate) fn json(text: &str) -> Result<Value, Error> {
    serde_json::from_str(text)
        .map_err(|_| Error::Corrupt("a JSON column does not parse".to_owned()))
}

pub(crate) fn number<T, U>(value: T) -> Result<U, Error>
where
    T: Copy + std::fmt::Display,
    U: TryFrom<T>,
{
    U::try_from(value).map_err(|_| corrupt("number in range", value))
}

/// The same for numbers on their way in.
pub(crate) fn stored<T, U>(value: T) -> Result<U, Error>
where
    T: Copy + std::fmt::Display,
    U: TryFrom<T>,
{
    U::try_from(value).map_err(|_| Error::Conflict(format!("{value} is too large to store")))
}

/// PostgreSQL text cannot hold NUL, and a caller must not be able to prevent its own record.
pub(crate) fn text(value: &str) -> String {
    value.replace('\0', "\u{fffd}")
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
