//! What the installation does to grants by itself: those whose last instant has passed opened nothing from that
//! instant on, and here the case says so; those that nobody looked at in time are suspended.

use super::read;
use crate::app::App;
use crate::command::policy_row;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_policy::{Act, Actor, Case, REVIEW_GRACE_DAYS, Refused, State};
use hjemmel_store::{CaseFilter, CaseRow, Force, NewStep};

/// The most cases at a time; the others have their turn a moment later.
const AT_ONCE: u32 = 100;

/// Lets every case expire whose time is over, and suspends those whose review is long overdue. Several
/// processes may do so at once: a step is taken once.
pub fn sweep(app: &App, now: DateTime<Utc>) {
    if !app.is_healthy() {
        return;
    }
    let states = |states: &[State]| states.iter().map(|state| state.code().to_owned()).collect();
    let ended = CaseFilter {
        states: states(&[State::Active, State::Suspended]),
        ended_before: Some(now),
        ..CaseFilter::default()
    };
    let unreviewed = CaseFilter {
        states: states(&[State::Active]),
        review_before: Some(now.date_naive() - TimeDelta::days(REVIEW_GRACE_DAYS)),
        ..CaseFilter::default()
    };
    each(app, &ended, (Act::Expire, now), |case| case.expired(now));
    each(app, &unreviewed, (Act::Suspend, now), |case| case.unreviewed(now));
}

fn each(
    app: &App,
    filter: &CaseFilter,
    (act, now): (Act, DateTime<Utc>),
    step: impl Fn(&Case) -> Result<Case, Refused>,
) {
    for row in &app.store().cases(filter, AT_ONCE).unwrap_or_default() {
        if let Err(error) = take(app, row, (act, now), &step) {
            let act = act.code();
            tracing::error!(grant = row.id, act, %error, "a step that is due cannot be taken");
        }
    }
}

fn take(
    app: &App,
    row: &CaseRow,
    (act, now): (Act, DateTime<Utc>),
    step: impl Fn(&Case) -> Result<Case, Refused>,
) -> Result<(), hjemmel_store::Error> {
    let corrupt = || hjemmel_store::Error::Corrupt(format!("case `{}` cannot be read", row.id));
    let case = read(row)?;
    let Ok(after) = step(&case) else { return Ok(()) };
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
        act: act.code().to_owned(),
        from_state: Some(row.state.clone()),
        actor: serde_json::to_string(&Actor::Installation).map_err(|_| corrupt())?,
        reason: after.reason.clone().filter(|_| act.needs_reason()),
    };
    let summary = format!("{} {} (version {})", row.id, act.code(), row.version);
    let author = Actor::Installation.to_string();
    let policy = app.policy().map_or(0, |policy| policy.version());
    let event =
        super::event::of_step(&step, &Actor::Installation, None, policy).map_err(|_| corrupt())?;
    app.store().take_steps(&[step], &Force::Put(grant), (&author, &summary), &[event]).map(drop)
}
