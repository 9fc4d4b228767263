//! The way of one question: decided, paid for and recorded, read, drawn, kept, and only then answered.

use super::answer::{self, Answer};
use super::body::Asked;
use super::pace::Pace;
use super::plan::{plans, unplannable};
use super::purser::{Customer, Slip};
use super::reading::{columns, readings};
use super::{made_up, settings};
use crate::app::App;
use crate::fault;
use crate::problem::{Kind, Problem};
use crate::shelf::{Edition, Shelf};
use actix_web::web;
use chrono::{DateTime, Timelike as _, Utc};
use hjemmel_disclosure::noise::{self, Bill, NoiseError, Noisy, Paid, Plan};
use hjemmel_kostra::Language;
use hjemmel_kostra::question::{Precision, Question};
use hjemmel_policy::{Ask, Asking, Caller, Decided, Decision, Failure, Grant, Project};
use hjemmel_store::{DecisionRow, NewAnswer, Purse, Reserved, Spend, StoredAnswer, question_key};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;
use uuid::Uuid;

/// How often others look for the answer of somebody who has paid for the same question.
const LOOK: Duration = Duration::from_millis(50);

/// An answer that may leave.
pub struct Leaving {
    /// Its bytes as JSON.
    pub bytes: Vec<u8>,
    /// Whether it was made of made-up rows.
    pub dummy: bool,
    /// The decision that lets it leave this time.
    pub decision: Option<Uuid>,
}

/// What a question needs, once it is decided.
struct Allowed {
    question: Question,
    /// The question as it is kept.
    canonical: String,
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
    let (question, noisy) = match made.await {
        Ok(Ok(made)) => made,
        Ok(Err(error)) => return Err(unplannable(&error)),
        Err(_) => return Err(Problem::new(Kind::Internal)),
    };
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
    Ok(Leaving { bytes, dummy: true, decision: None })
}

/// Answers from the records: from what is kept where the question was asked before, and else at its price.
///
/// # Errors
/// Whatever is wrong with the question, 403 for who may not ask and for an exhausted budget, 503 where anything
/// that must be durable is not.
pub async fn ask(app: &web::Data<App>, caller: &Caller, asked: Asked) -> Result<Leaving, Problem> {
    let (grant, allowed) = decide(app, caller, asked).await?;
    let row = app.journal().row_of(&allowed.decision).await?;
    let decision = Some(allowed.decision.id);
    if let Some(bytes) = app.answers().get(&allowed.key) {
        app.journal().write(row).await?;
        return Ok(Leaving { bytes: bytes.to_vec(), dummy: false, decision });
    }
    let key = allowed.key.clone();
    let stored = paid_answer(app, grant, allowed, row).await?;
    app.answers().insert(key, Arc::from(stored.body.as_slice()));
    Ok(Leaving { bytes: stored.body, dummy: false, decision })
}

/// The permission and what it is for; a refusal is recorded, and what is allowed is recorded with its price.
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
    let named = decision.resource.project.as_deref();
    let project = policy.projects().iter().find(|project| Some(project.id.as_str()) == named);
    let project = project.cloned().ok_or_else(|| Problem::new(Kind::Internal))?;
    let of: Vec<(u16, String)> = editions
        .iter()
        .map(|edition| {
            let digest = edition.reference.sha256.unwrap_or_default();
            (edition.reference.year, hex::encode(digest))
        })
        .collect();
    let canonical = question.canonical();
    let key = question_key(&canonical, &of);
    Ok((grant, Allowed { question, canonical, project, editions, decision, key }))
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

/// What came of one try.
enum Came {
    Answered(StoredAnswer),
    Refused(Problem),
    /// Somebody else has paid for the question and is about to answer it; the permission was not used.
    UnderWay(Grant<Ask>),
}

/// A question on its way, which goes on when its client hangs up: what is paid is answered. Whoever waits is told what came of
/// it, or, where it is dropped, that nothing is known.
struct Errand {
    app: web::Data<App>,
    allowed: Arc<Allowed>,
    waits: oneshot::Sender<Came>,
    _customer: Customer,
}

impl Errand {
    /// Whoever has gone away needs no answer.
    fn ends(self, came: Came) {
        drop(self.waits.send(came));
    }

    fn answered(self, stored: StoredAnswer) {
        self.ends(Came::Answered(stored));
    }
}

/// A question with its price.
struct Unpaid {
    errand: Errand,
    grant: Grant<Ask>,
    bill: Bill,
    id: Uuid,
}

/// The answer to a question, made now or by somebody who has paid for it meanwhile.
async fn paid_answer(
    app: &web::Data<App>,
    grant: Grant<Ask>,
    allowed: Allowed,
    row: DecisionRow,
) -> Result<StoredAnswer, Problem> {
    let patience = Duration::from_secs(u64::from(app.settings().questions.patience_seconds));
    let (started, allowed) = (Instant::now(), Arc::new(allowed));
    let (mut grant, mut row) = (grant, Some(row));
    loop {
        match try_once(app, grant, &allowed, row.take()).await {
            Some(Came::UnderWay(unused)) if started.elapsed() < patience * 2 => {
                grant = unused;
                tokio::time::sleep(LOOK).await;
            }
            Some(Came::Answered(stored)) => return Ok(stored),
            Some(Came::Refused(problem)) => return Err(problem),
            _ => return Err(Problem::new(Kind::Unavailable)),
        }
    }
}

/// Pays, reads, draws and keeps. Threads are for what is computed; nobody holds one to wait for the ledger, unless they
/// are alone and serve themselves. The decision is recorded with the payment, unless that was done before. None where it is
/// not known what came of it.
async fn try_once(
    app: &web::Data<App>,
    grant: Grant<Ask>,
    allowed: &Arc<Allowed>,
    row: Option<DecisionRow>,
) -> Option<Came> {
    let (waits, came) = oneshot::channel();
    let customer = app.purser().enter();
    let errand = Errand { app: app.clone(), allowed: allowed.clone(), waits, _customer: customer };
    if app.purser().is_crowded() && is_small(&allowed.question) {
        pay_in_company(errand, grant, row);
    } else {
        in_thread(app, allowed, pay(errand, grant, row));
    }
    came.await.ok()
}

/// Whether its price is found in no time, and it is answered in little more than the records take to read.
fn is_small(question: &Question) -> bool {
    matches!(question.precision(), Precision::NanoRho(_)) && question.groups().is_empty()
}

/// In a thread that may be held up.
fn in_thread(app: &App, allowed: &Allowed, work: impl Future<Output = ()> + Send + 'static) {
    if is_small(&allowed.question) {
        app.makers().run(work);
    } else {
        app.makers().run_apart(work);
    }
}

/// A question with its price, and what is to be paid; none where it is refused.
fn priced(errand: Errand, grant: Grant<Ask>) -> Option<(Unpaid, Spend)> {
    let allowed = errand.allowed.clone();
    let bill = match plans(&allowed.question).and_then(Bill::of) {
        Ok(bill) => bill,
        Err(error) => {
            errand.ends(Came::Refused(unplannable(&error)));
            return None;
        }
    };
    let due = bill.charges().iter();
    let spend = Spend {
        id: Uuid::now_v7(),
        at: Utc::now(),
        question_key: allowed.key.clone(),
        question: allowed.canonical.clone(),
        project: allowed.project.id.clone(),
        sponsor: allowed.project.sponsor.to_string(),
        decision: allowed.decision.id,
        of_data: due.map(|due| ((due.lineage.form, due.lineage.year), due.nano_rho)).collect(),
    };
    Some((Unpaid { errand, grant, bill, id: spend.id }, spend))
}

/// Has it paid with others, which holds nobody up.
fn pay_in_company(errand: Errand, grant: Grant<Ask>, row: Option<DecisionRow>) {
    let app = errand.app.clone();
    if let Some((unpaid, spend)) = priced(errand, grant) {
        app.purser().queue(spend, row, unpaid, go_on_elsewhere);
    }
}

/// Has it paid, in this thread where nobody else pays.
async fn pay(errand: Errand, grant: Grant<Ask>, row: Option<DecisionRow>) {
    let app = errand.app.clone();
    if let Some((unpaid, spend)) = priced(errand, grant)
        && let Some((unpaid, said)) = app.purser().reserve(spend, row, unpaid, go_on_elsewhere)
    {
        go_on(unpaid, said).await;
    }
}

fn go_on_elsewhere(unpaid: Unpaid, said: Reserved) {
    let (app, allowed) = (unpaid.errand.app.clone(), unpaid.errand.allowed.clone());
    in_thread(&app, &allowed, go_on(unpaid, said));
}

/// Answers what was paid for, if it was.
async fn go_on(unpaid: Unpaid, said: Reserved) {
    let Unpaid { errand, grant, bill, id } = unpaid;
    let paid = bill.pay(&mut Slip { id, said: &said });
    let (paid, left) = match (paid, said) {
        (Ok(paid), Reserved::Paid(left)) => (paid, left),
        (_, Reserved::Answered(stored)) => return errand.answered(*stored),
        (_, Reserved::UnderWay) => return errand.ends(Came::UnderWay(grant)),
        (_, Reserved::Exhausted { purse, asked }) => {
            let problem = exhausted(&purse, asked, errand.allowed.decision.id);
            return errand.ends(Came::Refused(problem));
        }
        (Err(_), Reserved::Paid(_)) => {
            return errand.ends(Came::Refused(Problem::new(Kind::Internal)));
        }
    };
    // From here on what was paid stays spent, whatever happens.
    let (app, allowed) = (errand.app.clone(), errand.allowed.clone());
    let pace = pace(&app, &allowed, paid.plans());
    let since = Instant::now();
    let made = make(&app, grant, &allowed, (id, paid, &left)).await;
    pace.hold(since);
    match made {
        Ok(answer) => {
            if let Some((errand, kept)) = app.purser().keep(answer, errand, Errand::answered) {
                errand.answered(kept);
            }
        }
        Err(problem) => errand.ends(Came::Refused(problem)),
    }
}

/// Reads, draws and signs what was paid for.
async fn make(
    app: &App,
    grant: Grant<Ask>,
    allowed: &Allowed,
    (id, paid, left): (Uuid, Paid, &[Purse]),
) -> Result<NewAnswer, Problem> {
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
        budgets: answer::budgets(left),
        layers: answer::told(&allowed.question, &noisy),
        receipt: None,
    };
    let internal = |_| Problem::new(Kind::Internal);
    answer.receipt = Some(app.receipts().sign(&answer, &allowed.canonical).map_err(internal)?);
    let body = answer.to_bytes().map_err(internal)?;
    Ok(NewAnswer { question_key: allowed.key.clone(), id, at: answer.at, body })
}

/// How long making an answer seems to take.
fn pace<'a>(app: &App, allowed: &Allowed, plans: impl Iterator<Item = &'a Plan>) -> Pace {
    let columns = columns(&allowed.question);
    let readings = plans.zip(&allowed.editions);
    let readings = readings.map(|(plan, edition)| (plan, columns, edition.records));
    Pace::of(&app.settings().questions, readings)
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
    match noise::draw(sealed, paid) {
        Ok(release) => Ok(release.into_content()),
        Err(error) => {
            tracing::error!(%error, "noise could not be drawn");
            Err(Problem::new(Kind::Internal))
        }
    }
}

/// The second it is: finer times are written at different lengths.
fn now() -> DateTime<Utc> {
    let now = Utc::now();
    now.with_nanosecond(0).unwrap_or(now)
}

/// What a kept answer says.
///
/// # Errors
/// When it cannot be read.
pub fn read(bytes: &[u8]) -> Result<Answer, Problem> {
    serde_json::from_slice(bytes).map_err(|error| {
        tracing::error!(%error, "a kept answer cannot be read");
        Problem::new(Kind::Internal)
    })
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
