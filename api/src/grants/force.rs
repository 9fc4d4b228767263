//! A step on its way into the store: the rows it makes, and what it does to the policy in force.

use super::{Held, refused_by_store};
use crate::app::App;
use crate::command::policy_row;
use crate::problem::{Kind, Problem};
use actix_web::web;
use chrono::{DateTime, Utc};
use hjemmel_policy::{Act, Actor, Case, State};
use hjemmel_store::{CaseRow, Force, GrantRow, NewStep, Taken};

/// A step that was permitted: the case before and after it.
#[derive(Debug)]
pub struct Step {
    /// What was done.
    pub act: Act,
    /// Before; none when the case is opened by it.
    pub before: Option<State>,
    /// After.
    pub after: Case,
    /// The terms as they were stored, if this version was in force before.
    pub stored: Option<GrantRow>,
    /// Whether another version of the grant is in force.
    pub beside_another: bool,
}

/// Stores a step, and with it the version it supersedes, and waits until this process decides by what is
/// then in force.
///
/// # Errors
/// 412 when somebody was quicker; 503 when it could not be stored.
pub async fn take(
    app: &web::Data<App>,
    step: Step,
    superseded: Option<&Held>,
    actor: &Actor,
    now: DateTime<Utc>,
) -> Result<(), Problem> {
    let internal = |_| Problem::new(Kind::Internal);
    let by = serde_json::to_string(actor).map_err(internal)?;
    let force = force(&step)?;
    let reason = step.after.reason.clone().filter(|_| step.act.needs_reason());
    let new = |case: &Case, act: &str, before: Option<State>| {
        Ok::<_, Problem>(NewStep {
            case: row(case, now)?,
            act: act.to_owned(),
            from_state: before.map(|state| state.code().to_owned()),
            actor: by.clone(),
            reason: reason.clone(),
        })
    };
    let word = if step.before.is_none() { "draft" } else { step.act.code() };
    let mut steps = vec![new(&step.after, word, step.before)?];
    if let Some(old) = superseded {
        let before = Some(old.case.terms.state);
        steps.push(new(&old.case.superseded(), "supersede", before)?);
    }
    let person = super::commitment(app, actor).await?;
    let policy = app.policy()?.version();
    let record = steps
        .iter()
        .map(|step| super::event::of_step(step, actor, person.as_deref(), policy))
        .collect::<Result<Vec<_>, _>>()?;
    let summary = format!("{} {word} (version {})", step.after.terms.id, step.after.terms.version);
    let author = actor.to_string();
    let (held, changes) = (app.clone(), force != Force::Unchanged);
    let taken = web::block(move || {
        let taken = held.store().take_steps(&steps, &force, (&author, &summary), &record);
        if changes
            && taken.is_ok()
            && let Err(error) = held.refresh()
        {
            tracing::error!(%error, "answers are refused until this is mended");
        }
        taken
    });
    match taken.await {
        Ok(Ok(Taken::Done(_))) => Ok(()),
        Ok(Ok(Taken::Stale)) => Err(Problem::new(Kind::Stale)),
        Ok(Err(error)) => Err(refused_by_store(&error)),
        Err(_) => Err(Problem::new(Kind::Unavailable)),
    }
}

/// What a step does to the policy in force.
fn force(step: &Step) -> Result<Force, Problem> {
    let terms = &step.after.terms;
    let stays =
        matches!(terms.state, State::Active | State::Suspended | State::Revoked | State::Expired);
    if stays && !matches!(step.act, Act::Amend | Act::Recertify) {
        let mut active = terms.clone();
        active.state = State::Active;
        let mut row = policy_row(&active).map_err(|_| Problem::new(Kind::Internal))?;
        // A stored version never changes its terms, not even in how they are written down.
        if let Some(stored) = &step.stored {
            row = stored.clone();
        }
        terms.state.code().clone_into(&mut row.state);
        return Ok(Force::Put(row));
    }
    let was_in_force = matches!(step.before, Some(State::Revoked | State::Expired));
    Ok(match terms.state {
        State::Closed if was_in_force && !step.beside_another => Force::Remove(terms.id.clone()),
        _ => Force::Unchanged,
    })
}

/// A case as it is stored.
///
/// # Errors
/// When it cannot be encoded.
pub fn row(case: &Case, now: DateTime<Utc>) -> Result<CaseRow, Problem> {
    let terms = &case.terms;
    Ok(CaseRow {
        id: terms.id.clone(),
        version: terms.version,
        revision: case.revision,
        state: terms.state.code().to_owned(),
        recipient: terms.recipient.organisation.to_string(),
        form: terms.product.number().to_owned(),
        valid_to: terms.valid_to,
        review_due: case.review_due().to_string(),
        updated_at: now,
        body: serde_json::to_string(case).map_err(|_| Problem::new(Kind::Internal))?,
    })
}
