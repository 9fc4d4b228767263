//! The rounds this node takes part in: its own sums, masked, for tables that several nodes make.
//!
//! What a node has said in a round is kept here until the round is over, in memory alone: a server that ends forgets it,
//! and the round with it. Every word may be asked for twice, with the same answer.

use super::memory::Durable;
use super::{Federation, bokmaal};
use crate::app::App;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_disclosure::suppress;
use hjemmel_federation::{
    Agreed, Bytes, Common, Fault, Hello, Hellos, Joined, Masked, NodeId, NotCommon, Offer, Plan,
    PlanError, Repeat, Sealed, Sent, Verdict, Veto,
};
use hjemmel_kostra::{Form, Table, Text};
use hjemmel_store::RoundKind;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// How long a round is kept.
const LONGEST: TimeDelta = TimeDelta::minutes(10);
/// How many are kept.
const MOST: usize = 16;
/// No cell of one node is larger than this.
pub(super) const LARGEST: u64 = 1 << 40;

/// Why this node does not take part, or not further.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It is no node, or nobody is told whom it answers for.
    #[error("this node takes part in no tables over several nodes")]
    NoPart,
    /// The plan.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The table cannot be made by these nodes.
    #[error(transparent)]
    Common(#[from] NotCommon),
    /// The plan means other cells than this node.
    #[error("the plan means another definition of the table")]
    Definition,
    /// Somebody else's round.
    #[error("the round is coordinated by somebody else")]
    Coordinator,
    /// Its own conditions.
    #[error(transparent)]
    Veto(#[from] Veto),
    /// There are no records, or they are not public yet.
    #[error("the node has no records of the year that may be shown yet")]
    NotYet,
    /// There are records of regions it does not answer for, or they cannot be read.
    #[error("the node cannot add up its own records")]
    Sums(#[source] crate::releases::Fault),
    /// The rules of the round.
    #[error(transparent)]
    Fault(#[from] Fault),
    /// Nothing is known of the round.
    #[error("the round is not known here, or is over")]
    Unknown,
    /// Too many at a time.
    #[error("too many rounds are under way")]
    Busy,
}

impl Refusal {
    /// The reason in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let nb = match self {
            Self::NoPart => "noden deltar ikke i tabeller over flere noder".to_owned(),
            Self::Plan(error) => bokmaal::plan(error),
            Self::Common(error) => bokmaal::common(error),
            Self::Definition => "planen mener en annen definisjon av tabellen".to_owned(),
            Self::Coordinator => "runden koordineres av en annen".to_owned(),
            Self::Veto(veto) => bokmaal::veto(veto),
            Self::NotYet => "noden har ingen poster av året som kan vises ennå".to_owned(),
            Self::Sums(_) => "noden kan ikke legge sammen sine egne poster".to_owned(),
            Self::Fault(fault) => bokmaal::fault(fault),
            Self::Unknown => "runden er ikke kjent her, eller er over".to_owned(),
            Self::Busy => "for mange runder er i gang".to_owned(),
        };
        Text::new(nb, self.to_string())
    }
}

/// The rounds under way.
#[derive(Default)]
pub struct Rounds(Mutex<BTreeMap<Bytes<32>, Open>>);

struct Open {
    until: DateTime<Utc>,
    coordinator: NodeId,
    form: Form,
    edition: Uuid,
    step: Step,
}

enum Step {
    Joined {
        agreed: Agreed,
        joined: Box<Joined>,
        hello: Sealed<Hello>,
    },
    Sent {
        sent: Box<Sent>,
        hellos: Vec<Sealed<Hello>>,
        masked: Sealed<Masked>,
    },
    Judged {
        hellos: Vec<Sealed<Hello>>,
        masked: Sealed<Masked>,
        offer: Offer,
        verdict: Sealed<Verdict>,
    },
}

/// The table of a plan, if several nodes can make it at all: forms that are one count of records.
///
/// # Errors
/// When there is no such table.
pub fn table_of(id: &str, year: u16) -> Result<&'static Table, NotCommon> {
    let table = hjemmel_kostra::table(id);
    let table = table.filter(|table| matches!(table.form, Form::F11 | Form::F11C));
    table.filter(|table| table.has_year(year)).ok_or_else(|| NotCommon::Year(id.to_owned()))
}

impl Rounds {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<Bytes<32>, Open>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Joins a round: judges the plan, adds up this node's own records, and says hello. This blocks.
    ///
    /// # Errors
    /// Why not. Nothing was said of the records then.
    pub fn join(&self, app: &App, plan: Plan, from: NodeId) -> Result<Sealed<Hello>, Refusal> {
        let federation = app.federation().ok_or(Refusal::NoPart)?;
        let node = federation.node().ok_or(Refusal::NoPart)?;
        let agreed = plan.check()?;
        if agreed.plan().coordinator != from {
            return Err(Refusal::Coordinator);
        }
        let now = Utc::now();
        if let Some(said) = self.said(&agreed, now)? {
            return Ok(said);
        }
        let (common, form) = judged(federation, &agreed, node, now)?;
        let year = agreed.plan().year;
        let edition = app.store().edition(form, year).map_err(|_| Fault::Memory)?;
        let edition =
            edition.filter(|edition| edition.public_from <= now).ok_or(Refusal::NotYet)?;
        let memory = Durable { app, kind: RoundKind::Sums, form, edition: Some(edition.id) };
        memory.look(&agreed)?;
        if !app.store().releases_of(form, year).map_err(|_| Fault::Memory)?.is_empty() {
            return Err(Fault::from(Repeat::Published).into());
        }
        let partial = sums(app, &edition, &common, &federation.settings().population)?;
        let key = federation.outgoing().key().signing();
        let (joined, hello) = Joined::new(agreed.clone(), node, partial, key, &mut rand::rng())?;
        let step =
            Step::Joined { agreed: agreed.clone(), joined: Box::new(joined), hello: hello.clone() };
        let open =
            Open { until: now + LONGEST, coordinator: from, form, edition: edition.id, step };
        self.lock().insert(agreed.digest(), open);
        Ok(hello)
    }

    /// What was said in the round before, if anything; and room for one more.
    fn said(&self, agreed: &Agreed, now: DateTime<Utc>) -> Result<Option<Sealed<Hello>>, Refusal> {
        let mut all = self.lock();
        all.retain(|_, open| now < open.until);
        match all.get(&agreed.digest()) {
            Some(Open { step: Step::Joined { hello, .. }, .. }) => Ok(Some(hello.clone())),
            Some(_) => Err(Fault::from(Repeat::SameRound).into()),
            None if all.len() >= MOST => Err(Refusal::Busy),
            None => Ok(None),
        }
    }

    /// Takes a round out of what is kept, if it is this coordinator's; whoever takes it puts it back, or ends it.
    fn take(&self, round: Bytes<32>, from: NodeId) -> Result<Open, Refusal> {
        let mut all = self.lock();
        let now = Utc::now();
        all.retain(|_, open| now < open.until);
        match all.get(&round) {
            Some(open) if open.coordinator == from => all.remove(&round).ok_or(Refusal::Unknown),
            _ => Err(Refusal::Unknown),
        }
    }

    /// Masks this node's sums against all the others'. This blocks; after a failure the round is over here.
    ///
    /// # Errors
    /// Why not. Nothing was sent then.
    pub fn mask(
        &self,
        app: &App,
        (round, all): (Bytes<32>, Vec<Sealed<Hello>>),
        from: NodeId,
    ) -> Result<Sealed<Masked>, Refusal> {
        let federation = app.federation().ok_or(Refusal::NoPart)?;
        let open = self.take(round, from)?;
        let Open { until, coordinator, form, edition, step } = open;
        let back = |step| Open { until, coordinator, form, edition, step };
        let (agreed, joined) = match step {
            Step::Joined { agreed, joined, .. } => (agreed, joined),
            Step::Sent { sent, hellos, masked } => {
                let again = hellos == all;
                let said = masked.clone();
                self.lock().insert(round, back(Step::Sent { sent, hellos, masked }));
                return if again { Ok(said) } else { Err(Fault::from(Repeat::SameRound).into()) };
            }
            step @ Step::Judged { .. } => {
                self.lock().insert(round, back(step));
                return Err(Fault::from(Repeat::SameRound).into());
            }
        };
        let hellos = Hellos::gather(&agreed, &federation.directory(Utc::now()), &all)?;
        let mut memory = Durable { app, kind: RoundKind::Sums, form, edition: Some(edition) };
        let key = federation.outgoing().key().signing();
        let (sent, masked) = joined.mask(&hellos, key, &mut memory)?;
        let step = Step::Sent { sent: Box::new(sent), hellos: all, masked: masked.clone() };
        self.lock().insert(round, back(step));
        Ok(masked)
    }

    /// Says which of the offered cells may not be shown. It looks at one offer.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, app: &App, offer: Offer, from: NodeId) -> Result<Sealed<Verdict>, Refusal> {
        let federation = app.federation().ok_or(Refusal::NoPart)?;
        let round = offer.round();
        let Open { until, coordinator, form, edition, step } = self.take(round, from)?;
        let back = |step| Open { until, coordinator, form, edition, step };
        match step {
            Step::Sent { sent, hellos, masked } => {
                let verdict = sent.judge(&offer, federation.outgoing().key().signing())?;
                let said = verdict.clone();
                self.lock().insert(round, back(Step::Judged { hellos, masked, offer, verdict }));
                Ok(said)
            }
            Step::Judged { hellos, masked, offer: seen, verdict } => {
                let again = (seen == offer).then(|| verdict.clone());
                let step = Step::Judged { hellos, masked, offer: seen, verdict };
                self.lock().insert(round, back(step));
                again.ok_or(Refusal::Unknown)
            }
            step @ Step::Joined { .. } => {
                self.lock().insert(round, back(step));
                Err(Refusal::Unknown)
            }
        }
    }
}

/// Whether this node takes part in what a plan says, by its settings alone.
fn judged(
    federation: &Federation,
    agreed: &Agreed,
    node: NodeId,
    now: DateTime<Utc>,
) -> Result<(Common, Form), Refusal> {
    let (plan, settings) = (agreed.plan(), federation.settings());
    let table = table_of(&plan.table, plan.year)?;
    let common = Common::of(table, plan.year, &plan.members)?;
    let same = plan.definition == common.definition() && agreed.cells() == common.sums();
    if !same || plan.dataset != table.form.dataset() {
        return Err(Refusal::Definition);
    }
    settings.stance.judge(agreed, node, &settings.population)?;
    let directory = federation.directory(now);
    if let Some(stranger) = agreed.nodes().find(|one| !directory.contains_key(one)) {
        return Err(Fault::Stranger(stranger).into());
    }
    Ok((common, table.form))
}

/// This node's own sums: from the register to where they can only be masked.
fn sums(
    app: &App,
    edition: &hjemmel_store::Edition,
    common: &Common,
    population: &std::collections::BTreeSet<String>,
) -> Result<hjemmel_federation::Partial, Refusal> {
    use crate::releases::{Fault, Workshop};
    let read = || -> Result<_, Fault> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let policy = crate::releases::own_policy()?;
        let workshop =
            Workshop { store: app.store(), registers: app.registers(), keys: app.keys() };
        let sealed = crate::releases::cube(workshop, &runtime, &policy, edition)?;
        Ok(suppress::sums(sealed, common, population)?)
    };
    read().map_err(|fault| {
        tracing::error!(error = crate::fault::with_causes(&fault), "own sums cannot be made");
        Refusal::Sums(fault)
    })
}
