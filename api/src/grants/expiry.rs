//! Grants whose last instant has passed: they opened nothing from that instant on, and here the case says so.

use super::read;
use crate::app::App;
use crate::command::policy_row;
use chrono::{DateTime, Utc};
use hjemmel_policy::{Act, Actor, State};
use hjemmel_store::{CaseFilter, CaseRow, Force, NewStep};

/// Lets every case expire whose time is over. Several processes may do so at once: a step is taken once.
pub fn sweep(app: &App, now: DateTime<Utc>) {
    if !app.is_healthy() {
        return;
    }
    let filter = CaseFilter {
        states: vec![State::Active.code().to_owned(), State::Suspended.code().to_owned()],
        ended_before: Some(now),
        ..CaseFilter::default()
    };
    let rows = app.store().cases(&filter, 100).unwrap_or_default();
    for row in &rows {
        if let Err(error) = expire(app, row, now) {
            tracing::error!(grant = row.id, %error, "a grant that has ended cannot be marked so");
        }
    }
}

fn expire(app: &App, row: &CaseRow, now: DateTime<Utc>) -> Result<(), hjemmel_store::Error> {
    let corrupt = || hjemmel_store::Error::Corrupt(format!("case `{}` cannot be read", row.id));
    let case = read(row)?;
    let Ok(after) = case.expired(now) else { return Ok(()) };
    let stored = app.store().grant_versions(&row.id)?;
    let own = stored.into_iter().find(|one| one.version == row.version);
    let mut grant = match own {
        Some(grant) => grant,
        None => policy_row(&case.terms).map_err(|_| corrupt())?,
    };
    after.terms.state.code().clone_into(&mut grant.state);
    let step = NewStep {
        case: CaseRow {
            revision: after.revision,
            state: after.terms.state.code().to_owned(),
            updated_at: now,
            body: serde_json::to_string(&after).map_err(|_| corrupt())?,
            ..row.clone()
        },
        act: Act::Expire.code().to_owned(),
        from_state: Some(row.state.clone()),
        actor: serde_json::to_string(&Actor::Installation).map_err(|_| corrupt())?,
        reason: None,
    };
    let summary = format!("{} expire (version {})", row.id, row.version);
    let author = Actor::Installation.to_string();
    let policy = app.policy().map_or(0, |policy| policy.version());
    let event =
        super::event::of_step(&step, &Actor::Installation, None, policy).map_err(|_| corrupt())?;
    app.store().take_steps(&[step], &Force::Put(grant), (&author, &summary), &[event]).map(drop)
}
