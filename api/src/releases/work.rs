//! The making of a release as work that is followed while it goes on: on a thread of its own, with a sign of life in the
//! database, so that every server can tell how far it has come.

use super::{Fault, Workshop, make};
use crate::app::App;
use crate::fault::with_causes;
use actix_web::web::Data;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_disclosure::suppress::Stage;
use hjemmel_store::{Protection, ProtectionState};
use std::sync::Mutex;
use std::sync::PoisonError;
use uuid::Uuid;

/// How often a sign of life is given at most.
const BEAT: TimeDelta = TimeDelta::milliseconds(500);
/// After how long without one the work is lost.
const SILENT: TimeDelta = TimeDelta::seconds(60);

/// Begins the work.
///
/// # Errors
/// When no thread can be started.
pub fn begin(app: Data<App>, protection: &Protection) -> std::io::Result<()> {
    let (id, of) = (protection.id, (protection.form, protection.year));
    std::thread::Builder::new().name("protect".to_owned()).spawn(move || {
        let noted = Mutex::new(DateTime::<Utc>::MIN_UTC);
        let note = |stage: Stage, done: usize, total: usize| {
            let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
            let now = Utc::now();
            if now - *noted < BEAT {
                return;
            }
            *noted = now;
            let far = (word(stage), done as u64, total as u64);
            if let Err(error) = app.store().note_protection(id, far, now) {
                tracing::warn!(%error, release = %id, "how far a release has come cannot be noted");
            }
        };
        let workshop =
            Workshop { store: app.store(), registers: app.registers(), keys: app.keys() };
        let ended = match make(workshop, id, of, &note) {
            Ok(made) => app.store().end_protection(id, Ok(&made.known), Utc::now()),
            Err(fault) => app.store().end_protection(id, Err(&reason(&fault)), Utc::now()),
        };
        if let Err(error) = ended {
            tracing::error!(%error, release = %id, "the end of a release cannot be noted");
        }
    })?;
    Ok(())
}

fn reason(fault: &Fault) -> String {
    let why = with_causes(fault);
    tracing::error!(error = %why, "a release could not be made");
    why
}

/// The word for a stage.
const fn word(stage: Stage) -> &'static str {
    match stage {
        Stage::Algebra => "algebra",
        Stage::Proof => "proof",
        Stage::Economy => "economy",
        Stage::Audit => "audit",
    }
}

/// Where the work stands: `running`, `lost` where its server has died, `failed` or `done`.
#[must_use]
pub fn standing(protection: &Protection, now: DateTime<Utc>) -> &'static str {
    match protection.state {
        ProtectionState::Running if now - protection.beaten_at > SILENT => "lost",
        ProtectionState::Running => "running",
        ProtectionState::Failed => "failed",
        ProtectionState::Done => "done",
    }
}

/// A protection that is asked for now.
#[must_use]
pub fn asked(edition: &hjemmel_store::Edition, by: String, now: DateTime<Utc>) -> Protection {
    Protection {
        id: Uuid::now_v7(),
        form: edition.form,
        year: edition.year,
        edition: edition.id,
        asked_at: now,
        asked_by: by,
        state: ProtectionState::Running,
        stage: "reading".to_owned(),
        done: 0,
        total: 0,
        beaten_at: now,
        known: Vec::new(),
        fault: None,
    }
}
