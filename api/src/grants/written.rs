//! Terms as an applicant writes them. What is not an applicant's to say is refused by name: a word such as
//! `state` or `approver` in an application is either a mistake or an attempt.

use crate::json_words::words_after;
use crate::problem::{Kind, Problem};
use hjemmel_kostra::Text;
use hjemmel_policy::GrantTerms;
use serde_json::{Map, Value, json};

/// The longest an application may be.
const LONGEST: usize = 128 << 10;
/// What the house says and no application may.
const NOT_YOURS: [&str; 6] = ["state", "version", "applicant", "reviewer", "approver", "emergency"];
/// The end, which every grant must have.
const END: &str = "validTo";

/// Reads the terms of an application; `id` is what it is called if it does not say.
///
/// # Errors
/// What is missing, unknown, or not the applicant's to say.
pub fn terms(body: &[u8], id: &str) -> Result<GrantTerms, Problem> {
    let mut members = object(body)?;
    if let Some(name) = NOT_YOURS.into_iter().find(|name| members.contains_key(*name)) {
        return Err(Problem::new(Kind::ParameterError)
            .detail(
                format!("`{name}` settes av saken selv og kan ikke skrives i en søknad"),
                format!(
                    "`{name}` is set by the case itself and cannot be written in an application"
                ),
            )
            .with("field", name));
    }
    if !members.contains_key(END) && !members.contains_key("valid_to") {
        return Err(Problem::new(Kind::HardRule)
            .detail(
                "dates: en tilgang må ha en slutt (validTo)",
                "dates: a grant must have an end (validTo)",
            )
            .with(
                "rules",
                json!([{ "rule": "dates", "field": END,
                "text": { "nb": "en tilgang må ha en slutt", "en": "a grant must have an end" } }]),
            ));
    }
    members.entry("id").or_insert_with(|| id.into());
    members.insert("state".to_owned(), "draft".into());
    members.insert("version".to_owned(), 1.into());
    members.insert("applicant".to_owned(), "".into());
    serde_json::from_value(Value::Object(members)).map_err(|error| unreadable(&error))
}

/// Reads a small object.
///
/// # Errors
/// When it is too long or no object.
pub fn object(body: &[u8]) -> Result<Map<String, Value>, Problem> {
    if body.len() > LONGEST {
        return Err(Problem::new(Kind::TooLarge));
    }
    serde_json::from_slice(body).map_err(|error| unreadable(&error))
}

/// Reads a small object into what it is to be.
///
/// # Errors
/// When it is too long, no object, or lacks or has what it should not.
pub fn read<T: serde::de::DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let members = object(body)?;
    serde_json::from_value(Value::Object(members)).map_err(|error| unreadable(&error))
}

/// What a value that does not read is told.
#[must_use]
pub fn unreadable(error: &serde_json::Error) -> Problem {
    let Text { nb, en } = words_after("kan ikke leses", "cannot be read", error);
    Problem::new(Kind::ParameterError).detail(nb, en)
}
