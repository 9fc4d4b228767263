//! Grants as cases between HTTP and the store: who acts, on which version, and what a step does to the policy
//! in force.

pub mod event;
pub mod expiry;
pub mod force;
pub mod gate;
pub mod trial;
pub mod usage;
pub mod view;
pub mod written;

use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::signin::SignedIn;
use actix_web::http::header;
use actix_web::{HttpRequest, web};
use hjemmel_policy::{Act, Actor, Caller, Case, GrantTerms, Refused, Role, State};
use hjemmel_store::{CaseRow, GrantRow, Store};
use sha2::{Digest, Sha256};

/// A case as it is held, with the terms as they were stored when it came into force.
#[derive(Debug, Clone)]
pub struct Held {
    /// The case.
    pub case: Case,
    /// The stored grant of this version, if it ever was in force.
    pub stored: Option<GrantRow>,
}

/// Who acts behind a token.
///
/// # Errors
/// 401 without a token; 403 for a supplier, since a step is taken by the body itself.
pub fn actor(app: &App, caller: &Caller) -> Result<Actor, Problem> {
    let key = app.keys().archive_key();
    Actor::of(caller, |person| mark(key, person)).ok_or_else(|| {
        if caller.supplier().is_some() {
            Problem::new(Kind::NotPermitted).detail(
                "en leverandør kan ikke handle i en sak; virksomheten må gjøre det selv",
                "a supplier cannot act in a case; the body must do it itself",
            )
        } else {
            Problem::new(Kind::NotSignedIn)
        }
    })
}

/// Who may make editions and releases.
///
/// # Errors
/// 401 for nobody, 403 for everyone else.
pub fn administrator(app: &App, caller: &SignedIn) -> Result<Actor, Problem> {
    let actor = actor(app, caller.somebody()?)?;
    if actor.has(Role::Admin) { Ok(actor) } else { Err(Problem::new(Kind::NotPermitted)) }
}

/// Hides who is behind an account and keeps that it is the same one. The key comes first and last and the
/// length is fixed in between, so extending the hash gives nothing.
#[must_use]
pub fn mark(key: [u8; 32], person: &str) -> String {
    let digest = Sha256::new()
        .chain_update(b"person")
        .chain_update(key)
        .chain_update(Sha256::digest(person.as_bytes()))
        .chain_update(key)
        .finalize();
    hex::encode(digest.get(..16).unwrap_or_default())
}

/// What the store said, as a problem.
#[must_use]
pub fn refused_by_store(error: &hjemmel_store::Error) -> Problem {
    match error {
        hjemmel_store::Error::NotFound(_) => missing(),
        hjemmel_store::Error::Conflict(text) => {
            tracing::warn!(%text, "a change contradicts what is stored");
            Problem::new(Kind::WrongState)
        }
        other => {
            tracing::error!(error = crate::fault::with_causes(other), "the store refused");
            Problem::new(Kind::Unavailable)
        }
    }
}

/// The same answer for what does not exist and what is not for the caller to know.
#[must_use]
pub fn missing() -> Problem {
    Problem::new(Kind::NotFound).detail(
        "det finnes ingen slik sak blant dem du kan se",
        "there is no such case among those you may see",
    )
}

/// Records a deed of an actor with no name in it, before the answer leaves.
///
/// # Errors
/// 503 when it could not be recorded.
pub async fn record(
    app: &web::Data<App>,
    deed: &event::Deed<'_>,
    actor: &Actor,
) -> Result<(), Problem> {
    let person = commitment(app, actor).await?;
    let policy = app.policy()?.version();
    let row = event::of_deed(deed, actor, person.as_deref(), policy, chrono::Utc::now())?;
    on_disk(app, move |store| store.record_decisions(&[row])).await
}

/// Takes what was changed into use in this process before anything is answered.
///
/// # Errors
/// 503 when it could not be; then nothing is answered until it is.
pub async fn follow(app: &web::Data<App>) -> Result<(), Problem> {
    let held = app.clone();
    match web::block(move || held.refresh()).await {
        Ok(Ok(())) => Ok(()),
        _ => Err(Problem::new(Kind::Unavailable)),
    }
}

/// What stands in the record for a person who acts.
///
/// # Errors
/// When it cannot be stored.
pub async fn commitment(app: &web::Data<App>, actor: &Actor) -> Result<Option<String>, Problem> {
    let Actor::Person { issuer, subject, .. } = actor else { return Ok(None) };
    let name = format!("{subject} ({issuer})");
    on_disk(app, move |store| store.commit_person(&name)).await.map(Some)
}

/// Does something that may wait for the disk.
///
/// # Errors
/// What it came to; 503 when it could not be done at all.
pub async fn on_disk<T: Send + 'static>(
    app: &web::Data<App>,
    work: impl FnOnce(&Store) -> Result<T, hjemmel_store::Error> + Send + 'static,
) -> Result<T, Problem> {
    if !app.is_healthy() {
        return Err(Problem::new(Kind::Unavailable));
    }
    let store = app.store().clone();
    match web::block(move || work(&store)).await {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(refused_by_store(&error)),
        Err(_) => Err(Problem::new(Kind::Unavailable)),
    }
}

/// Every version of a grant that has a case, or the one of its file, newest first.
///
/// # Errors
/// When the database cannot be asked.
pub fn versions(store: &Store, id: &str) -> Result<Vec<Held>, hjemmel_store::Error> {
    let filter = hjemmel_store::CaseFilter {
        after: Some((id.to_owned(), 0)),
        ..hjemmel_store::CaseFilter::default()
    };
    // Versions of one id stand together; a case with a thousand of them is no case of ours.
    let rows = store.cases(&filter, 1_000)?;
    let stored = store.grant_versions(id)?;
    let mut held = Vec::new();
    for row in rows.iter().filter(|row| row.id == id) {
        let case = read(row)?;
        let own = stored.iter().find(|one| one.version == row.version).cloned();
        held.push(Held { case, stored: own });
    }
    let active = store.active_grants()?.1.into_iter().find(|row| row.id == id);
    if let Some(row) = active
        && !held.iter().any(|held: &Held| held.case.terms.version == row.version)
    {
        held.push(Held { case: loaded(&row)?, stored: Some(row) });
    }
    held.sort_by_key(|held| std::cmp::Reverse(held.case.terms.version));
    Ok(held)
}

/// The case of a stored row.
///
/// # Errors
/// When it is not what we wrote.
pub fn read(row: &CaseRow) -> Result<Case, hjemmel_store::Error> {
    let corrupt = || hjemmel_store::Error::Corrupt(format!("case `{}` cannot be read", row.id));
    let case: Case = serde_json::from_str(&row.body).map_err(|_| corrupt())?;
    let same = case.terms.id == row.id
        && case.terms.version == row.version
        && case.revision == row.revision
        && case.terms.state.code() == row.state;
    if same { Ok(case) } else { Err(corrupt()) }
}

/// The case of a grant that a file put into force.
///
/// # Errors
/// When it is not what we wrote.
pub fn loaded(row: &GrantRow) -> Result<Case, hjemmel_store::Error> {
    let corrupt = || hjemmel_store::Error::Corrupt(format!("grant `{}` cannot be read", row.id));
    let mut terms: GrantTerms = serde_json::from_str(&row.terms).map_err(|_| corrupt())?;
    terms.state = State::parse(&row.state).ok_or_else(corrupt)?;
    Ok(Case::loaded(terms))
}

/// The version a step is about: what stops or follows up a grant is about the one in force, everything else
/// about the newest.
#[must_use]
pub fn subject_of(act: Act, versions: &[Held]) -> Option<&Held> {
    let about_force =
        matches!(act, Act::Suspend | Act::Resume | Act::Recertify | Act::Revoke | Act::Amend);
    let in_force = || versions.iter().find(|held| held.case.terms.state.is_in_force());
    let over = || versions.iter().find(|held| act.from().contains(&held.case.terms.state));
    match act {
        _ if about_force => in_force().or_else(|| versions.first()),
        Act::Attest => over().or_else(|| versions.first()),
        _ => versions.first(),
    }
}

/// The tag of a case: which version, and how many steps it has taken.
#[must_use]
pub fn tag(case: &Case) -> String {
    format!("\"v{}.r{}\"", case.terms.version, case.revision)
}

/// Whether the caller acts on the case as it is now.
///
/// # Errors
/// 428 when it does not say which, 412 when it is another.
pub fn check_tag(request: &HttpRequest, case: &Case) -> Result<(), Problem> {
    if if_match(request).is_none_or(|given| given.trim() == "*") {
        return Err(Problem::new(Kind::VersionNeeded));
    }
    let now = tag(case);
    if is_named(request, &now) {
        Ok(())
    } else {
        Err(Problem::new(Kind::Stale).with("current", now))
    }
}

fn if_match(request: &HttpRequest) -> Option<&str> {
    request.headers().get(header::IF_MATCH).and_then(|value| value.to_str().ok())
}

/// Whether `If-Match` names this tag, or whichever there is.
#[must_use]
pub fn is_named(request: &HttpRequest, tag: &str) -> bool {
    let names = |one: &str| one.trim().trim_start_matches("W/") == tag;
    if_match(request).is_some_and(|given| given.trim() == "*" || given.split(',').any(names))
}

/// Why a step was refused, as a problem.
#[must_use]
pub fn refused(refused: &Refused) -> Problem {
    let text = refused.text();
    let problem = |kind| Problem::new(kind).detail(text.nb.clone(), text.en.clone());
    match refused {
        Refused::WrongState { state, .. } => problem(Kind::WrongState).with("state", state.code()),
        Refused::NotYours { .. } | Refused::OtherRecipient => problem(Kind::NotPermitted),
        Refused::FourEyes { .. } => problem(Kind::NotPermitted).with("rule", "four-eyes"),
        Refused::NoReason { .. } => problem(Kind::ParameterError),
        Refused::Rules(violations) => problem(Kind::HardRule)
            .with("rules", serde_json::to_value(violations).unwrap_or_default()),
    }
}
