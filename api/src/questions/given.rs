//! Answers that were given, read again.

use super::asking::{Leaving, read, refused};
use crate::app::App;
use crate::problem::{Kind, Problem};
use actix_web::web;
use chrono::Utc;
use hjemmel_kostra::Form;
use hjemmel_policy::{Caller, GivenAnswer, Outcome};
use serde::Deserialize;
use std::collections::BTreeSet;
use uuid::Uuid;

/// What of a question tells which data it is about.
#[derive(Deserialize)]
struct About {
    dataset: String,
    years: BTreeSet<u16>,
}

/// The kept bytes of an answer, once it is recorded who reads it.
///
/// # Errors
/// 404 where there is no such answer, 503 where it cannot be read or recorded.
pub async fn give(app: &App, caller: &Caller, id: Uuid) -> Result<Leaving, Problem> {
    let policy = app.policy()?;
    let store = app.store().clone();
    let stored = match web::block(move || store.answer(id)).await {
        Ok(Ok(stored)) => stored,
        Ok(Err(hjemmel_store::Error::NotFound(_))) => return Err(missing()),
        _ => return Err(Problem::new(Kind::Unavailable)),
    };
    let answer = read(&stored.body)?;
    let unreadable = || Problem::new(Kind::Internal);
    let About { dataset, years } =
        serde_json::from_value(answer.question).map_err(|_| unreadable())?;
    let form = Form::parse(&dataset).ok_or_else(unreadable)?;
    let given = GivenAnswer { answer: id, form, years, project: answer.project };
    let decision = policy.decide_answer(caller, given, Utc::now());
    app.journal().record(&decision).await?;
    match decision.outcome {
        Outcome::Allowed => {
            Ok(Leaving { bytes: stored.body, dummy: false, decision: Some(decision.id) })
        }
        Outcome::Denied => Err(refused(&decision)),
    }
}

/// There is no such answer.
#[must_use]
pub fn missing() -> Problem {
    Problem::new(Kind::NotFound).detail("det finnes ikke noe slikt svar", "there is no such answer")
}
