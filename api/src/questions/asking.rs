//! The way of one question: decided, recorded, paid for, read, drawn, kept, and only then answered.

use super::answer::{self, Answer};
use super::body::Asked;
use super::plan::{plans, unplannable};
use super::purser::Counter;
use super::reading::readings;
use super::schedule::Schedule;
use super::{made_up, settings};
use crate::app::App;
use crate::fault;
use crate::hex::hex;
use crate::problem::{Kind, Problem};
use crate::shelf::{Edition, Shelf};
use actix_web::web;
use chrono::{DateTime, TimeDelta, Timelike as _, Utc};
use hjemmel_disclosure::noise::{self, NoiseError, Noisy, Paid, Plan};
use hjemmel_kostra::Language;
use hjemmel_kostra::question::Question;
use hjemmel_policy::{Ask, Asking, Caller, Decided, Decision, Failure, Grant, Project};
use hjemmel_store::{NewAnswer, Purse, Reserved, Spend, StoredAnswer, question_key};
use std::time::Duration;
use uuid::Uuid;

/// How often others look for the answer of somebody who has paid for the same question.
const LOOK: Duration = Duration::from_millis(50);

/// An answer that may leave.
pub struct Leaving {
    /// The answer.
    pub answer: Answer,
    /// Its bytes as JSON.
    pub bytes: Vec<u8>,
    /// The decision that lets it leave this time.
    pub decision: Option<Uuid>,
}

/// What a question needs, once it is decided.
struct Allowed {
    question: Question,
    project: Project,
    editions: Vec<Edition>,
    decision: Decision,
    key: String,
}

/// The editions of a question's years.
///
/// # Errors
/// 404 for a year without records.
pub fn editions(shelf: &Shelf, question: &Question) -> Result<Vec<Edition>, Problem> {
    let form = question.form();
    let of_year = |year: &u16| {
        shelf.edition(form, *year).cloned().ok_or_else(|| {
            let years = shelf.years(form).iter().map(u16::to_string).collect::<Vec<_>>().join(", ");
            Problem::new(Kind::NotPublished).detail(
                format!(
                    "det finnes ingen data i {} for {year}; det finnes for {years}",
                    form.dataset()
                ),
                format!(
                    "there are no data in {} for {year}; there are for {years}",
                    form.dataset()
                ),
            )
        })
    };
    question.years().iter().map(of_year).collect()
}

/// Answers from made-up rows.
///
/// # Errors
/// Whatever is wrong with the question.
pub async fn rehearse(app: &App, asked: Asked) -> Result<Leaving, Problem> {
    let editions = editions(&*app.shelf()?, &asked.question)?;
    let question = asked.question;
    let made = web::block(move || -> Result<(Question, Vec<Noisy>), NoiseError> {
        let plans = plans(&question)?;
        let made_up = made_up::contributions(&plans)?;
        Ok((question, noise::rehearse(plans, made_up)?.into_content()))
    });
    let (question, noisy) = flat(made.await)?;
    let answer = Answer {
        id: Uuid::nil(),
        dummy: true,
        question: question.to_value(),
        at: now(),
        project: None,
        decision: None,
        editions: editions.iter().map(told).collect(),
        privacy: answer::privacy(&noisy),
        budgets: Vec::new(),
        layers: answer::told(&question, &noisy),
        receipt: None,
    };
    let bytes = answer.to_bytes().map_err(|_| Problem::new(Kind::Internal))?;
    Ok(Leaving { answer, bytes, decision: None })
}

/// Answers from the records: from the shelf where the question was asked before, and else at its price.
///
/// # Errors
/// Whatever is wrong with the question, 403 for who may not ask and for an exhausted budget, 503 where anything
/// that must be durable is not.
pub async fn ask(app: &App, caller: &Caller, asked: Asked) -> Result<Leaving, Problem> {
    let schedule = Schedule::begin(&app.settings().questions, asked.question.cell_count());
    let (grant, allowed) = decide(app, caller, asked).await?;
    if let Some(stored) = known(app, &allowed.key).await? {
        return leave(stored, &allowed.decision);
    }
    let answered = pay_and_draw(app, grant, &allowed).await;
    if !matches!(answered, Err(ref problem) if problem.kind() == Kind::ParameterError) {
        schedule.wait().await;
    }
    leave(answered?, &allowed.decision)
}

async fn decide(
    app: &App,
    caller: &Caller,
    asked: Asked,
) -> Result<(Grant<Ask>, Allowed), Problem> {
    let policy = app.policy()?;
    let question = asked.question;
    let asking = Asking {
        form: question.form(),
        years: question.years().clone(),
        columns: question.columns(),
        project: asked.project,
    };
    let (grant, decision) = match policy.decide_question(caller, asking, Utc::now()) {
        Decided::Allowed(grant, decision) => (grant, decision),
        Decided::Denied(decision) => {
            app.journal().record(&decision).await?;
            return Err(refused(&decision));
        }
    };
    // A question that cannot be answered is no decision worth keeping.
    let editions = editions(&*app.shelf()?, &question)?;
    app.journal().record(&decision).await?;
    let named = decision.resource.project.as_deref();
    let project = policy.projects().iter().find(|project| Some(project.id.as_str()) == named);
    let project = project.cloned().ok_or_else(|| Problem::new(Kind::Internal))?;
    let of: Vec<(u16, String)> = editions
        .iter()
        .map(|edition| {
            let digest = edition.reference.sha256.unwrap_or_default();
            (edition.reference.year, hex(&digest))
        })
        .collect();
    let key = question_key(&question.canonical(), &of);
    Ok((grant, Allowed { question, project, editions, decision, key }))
}

/// The refusal of somebody who may not ask.
#[must_use]
pub fn refused(decision: &Decision) -> Problem {
    let (nb, en) = (decision.explain(Language::Nb), decision.explain(Language::En));
    let kind = match decision.failed.first() {
        Some(Failure::Anonymous) => Kind::NotSignedIn,
        _ => Kind::MayNotAsk,
    };
    Problem::new(kind).detail(nb, en).decided(decision.id)
}

async fn known(app: &App, key: &str) -> Result<Option<StoredAnswer>, Problem> {
    let (store, key) = (app.store().clone(), key.to_owned());
    match web::block(move || store.answer_of(&key)).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::error!(%error, "a kept answer cannot be read");
            Err(Problem::new(Kind::Unavailable))
        }
        Err(_) => Err(Problem::new(Kind::Internal)),
    }
}

/// Either paid for, with what is left, or answered by somebody else meanwhile.
enum Outcome {
    Paid(Uuid, Paid, Vec<Purse>),
    Answered(StoredAnswer),
}

async fn pay_and_draw(
    app: &App,
    grant: Grant<Ask>,
    allowed: &Allowed,
) -> Result<StoredAnswer, Problem> {
    let question = allowed.question.clone();
    let plans = flat(web::block(move || plans(&question)).await)?;
    let (id, paid, left) = match pay(app, allowed, &plans).await? {
        Outcome::Paid(id, paid, left) => (id, paid, left),
        Outcome::Answered(stored) => return Ok(stored),
    };
    // From here on what was paid stays spent, whatever happens.
    let noisy = read_and_draw(app, grant, allowed, paid).await?;
    let mut answer = Answer {
        id,
        dummy: false,
        question: allowed.question.to_value(),
        at: now(),
        project: Some(allowed.project.id.clone()),
        decision: Some(allowed.decision.id),
        editions: allowed.editions.iter().map(told).collect(),
        privacy: answer::privacy(&noisy),
        budgets: answer::budgets(&left),
        layers: answer::told(&allowed.question, &noisy),
        receipt: None,
    };
    answer.receipt = Some(app.receipts().sign(&answer, &allowed.question.canonical()));
    let body = answer.to_bytes().map_err(|_| Problem::new(Kind::Internal))?;
    let new = NewAnswer { question_key: allowed.key.clone(), id, at: answer.at, body };
    let purser = app.purser().clone();
    match web::block(move || purser.keep(new)).await {
        Ok(Ok(stored)) => Ok(stored),
        _ => Err(Problem::new(Kind::Unavailable)),
    }
}

async fn pay(app: &App, allowed: &Allowed, plans: &[Plan]) -> Result<Outcome, Problem> {
    let patience = TimeDelta::seconds(i64::from(app.settings().questions.patience_seconds));
    let started = Utc::now();
    loop {
        let spend = Spend {
            id: Uuid::now_v7(),
            at: Utc::now(),
            question_key: allowed.key.clone(),
            question: allowed.question.canonical(),
            project: allowed.project.id.clone(),
            sponsor: allowed.project.sponsor.to_string(),
            decision: allowed.decision.id,
            charges: Vec::new(),
        };
        let id = spend.id;
        let (purser, plans) = (app.purser().clone(), plans.to_vec());
        let settings = app.settings().questions.clone();
        let paid = web::block(move || {
            let first_cap = |kind| settings.first_cap(kind);
            let mut counter = Counter::new(&purser, &first_cap, spend);
            let paid = noise::pay(plans, &mut counter);
            (paid, counter.said.take())
        });
        match paid.await.map_err(|_| Problem::new(Kind::Internal))? {
            (Ok(paid), Some(Reserved::Paid(left))) => {
                return Ok(Outcome::Paid(id, paid, left));
            }
            (_, Some(Reserved::Answered(stored))) => return Ok(Outcome::Answered(*stored)),
            (_, Some(Reserved::Exhausted { purse, asked })) => {
                return Err(exhausted(&purse, asked, allowed.decision.id));
            }
            (_, Some(Reserved::UnderWay)) if Utc::now() - started < patience * 2 => {
                tokio::time::sleep(LOOK).await;
                if let Some(stored) = known(app, &allowed.key).await? {
                    return Ok(Outcome::Answered(stored));
                }
            }
            (Err(NoiseError::Refused(_)) | Ok(_), _) => {
                return Err(Problem::new(Kind::Unavailable));
            }
            (Err(error), _) => return Err(unplannable(&error)),
        }
    }
}

/// Reads under the permission what was paid for, and draws.
async fn read_and_draw(
    app: &App,
    grant: Grant<Ask>,
    allowed: &Allowed,
    paid: Paid,
) -> Result<Vec<Noisy>, Problem> {
    let editions = allowed.editions.iter().map(|edition| &edition.reference);
    let readings = readings(&allowed.question, editions);
    let read = app.registers().contributions(grant, &paid, readings).await;
    let sealed = read.map_err(|error| {
        tracing::error!(error = fault::with_causes(&error), "reading for a question failed");
        fault::of_registers(&error)
    })?;
    let drawn = web::block(move || {
        noise::draw(sealed, paid).map(hjemmel_disclosure::Release::into_content)
    });
    match drawn.await {
        Ok(Ok(noisy)) => Ok(noisy),
        Ok(Err(error)) => {
            tracing::error!(%error, "noise could not be drawn");
            Err(Problem::new(Kind::Internal))
        }
        Err(_) => Err(Problem::new(Kind::Internal)),
    }
}

/// The second it is: finer times are written at different lengths.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    now.with_nanosecond(0).unwrap_or(now)
}

/// What came of planning in a thread that may wait.
fn flat<T, E>(outcome: Result<Result<T, NoiseError>, E>) -> Result<T, Problem> {
    match outcome {
        Ok(Ok(value)) => Ok(value),
        Ok(Err(error)) => Err(unplannable(&error)),
        Err(_) => Err(Problem::new(Kind::Internal)),
    }
}

fn leave(stored: StoredAnswer, decision: &Decision) -> Result<Leaving, Problem> {
    Ok(Leaving { decision: Some(decision.id), ..read(stored)? })
}

/// A kept answer.
///
/// # Errors
/// When it cannot be read.
pub fn read(stored: StoredAnswer) -> Result<Leaving, Problem> {
    let answer: Answer = serde_json::from_slice(&stored.body).map_err(|error| {
        tracing::error!(%error, id = %stored.id, "a kept answer cannot be read");
        Problem::new(Kind::Internal)
    })?;
    let decision = answer.decision;
    Ok(Leaving { answer, bytes: stored.body, decision })
}

fn told(edition: &Edition) -> answer::Edition {
    answer::Edition {
        year: edition.reference.year,
        version: edition.reference.version,
        kind: edition.kind.clone(),
    }
}

/// The refusal of a purse that does not hold the price.
fn exhausted(purse: &Purse, asked: u64, decision: Uuid) -> Problem {
    let (kind, key) = (purse.id.kind.as_str(), &purse.id.key);
    let (left, cap) = (settings::rho(purse.left()), settings::rho(purse.cap));
    let asked = settings::rho(asked);
    Problem::new(Kind::BudgetExhausted)
        .detail(
            format!("budsjettet {kind} {key} har ρ = {left} igjen av {cap}, og spørsmålet koster {asked}. Det fylles ikke på med tiden. Still et grovere eller mindre nøyaktig spørsmål, bruk et svar som alt er gitt (gratis), eller be administrator om å heve taket, som krever to personer."),
            format!("the budget {kind} {key} has ρ = {left} left of {cap}, and the question costs {asked}. Time does not refill it. Ask a coarser or less exact question, use an answer that was given already (free), or ask the administrator to raise the cap, which takes two persons."),
        )
        .with("budget", serde_json::json!({ "kind": kind, "key": key }))
        .with("rhoLeft", left)
        .with("rhoAsked", asked)
        .with("asOf", Utc::now().to_rfc3339())
        .with("budgets", "/v1/budgets")
        .decided(decision)
}
