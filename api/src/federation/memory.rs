//! What this node remembers of rounds and comparisons, in the database, before anything of one is sent.

use super::compare::Refusal;
use super::words::Proposal;
use crate::app::App;
use crate::fault::with_causes;
use crate::journal::own_row;
use chrono::Utc;
use hjemmel_federation::mask::Memory;
use hjemmel_federation::psi::{Element, Run, pairs};
use hjemmel_federation::{Agreed, Attempt, Fault, NodeId, Repeat, repeats};
use hjemmel_kostra::Form;
use hjemmel_store::{DecisionRow, Entered, RoundKind, RoundRow};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

/// One attempt as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Kept {
    attempt: Attempt,
    /// The edition the sums were made of; none at a coordinator.
    edition: Option<Uuid>,
}

/// The database as the memory of one round.
pub(super) struct Durable<'a> {
    pub(super) app: &'a App,
    pub(super) kind: RoundKind,
    pub(super) form: Form,
    /// The edition the sums are made of.
    pub(super) edition: Option<Uuid>,
}

impl Memory for Durable<'_> {
    fn enter(&mut self, agreed: &Agreed) -> Result<(), Fault> {
        let plan = agreed.plan();
        let kept = Kept { attempt: Attempt::of(agreed), edition: self.edition };
        let row = RoundRow {
            kind: self.kind,
            id: agreed.digest().to_string(),
            of: (self.form, plan.year),
            body: serde_json::to_string(&kept).map_err(|_| Fault::Memory)?,
            at: Utc::now(),
        };
        let action = if self.kind == RoundKind::Sums { "round:send" } else { "round:add-up" };
        let policy = self.app.policy().map_err(|_| Fault::Memory)?.version();
        let about = json!({ "table": plan.table, "year": plan.year, "round": agreed.digest() });
        let nodes: Vec<_> = agreed.nodes().collect();
        let body = json!({ "recipient": plan.recipient, "rule": plan.rule, "nodes": nodes });
        let event = DecisionRow {
            subject_kind: "node".to_owned(),
            organisation: Some(plan.coordinator.to_string()),
            ..own_row(policy, action, "allowed", (&about, &body))
        };
        let mut why = Fault::Memory;
        let mut judge = |remembered: &[String]| match judged(remembered, agreed, self.edition) {
            Ok(()) => true,
            Err(fault) => {
                why = fault;
                false
            }
        };
        match self.app.store().enter_round(&row, &event, &mut judge) {
            Ok(Entered::Yes) => Ok(()),
            Ok(Entered::Refused) => Err(why),
            Ok(Entered::Published) => Err(Repeat::Published.into()),
            Err(error) => {
                tracing::error!(error = with_causes(&error), "a round cannot be remembered");
                Err(Fault::Memory)
            }
        }
    }
}

impl Durable<'_> {
    /// Judges without remembering, so that nothing is begun in vain.
    pub(super) fn look(&self, agreed: &Agreed) -> Result<(), Fault> {
        let store = self.app.store();
        let remembered = store.rounds_of(self.kind, self.form, agreed.plan().year);
        judged(&remembered.map_err(|_| Fault::Memory)?, agreed, self.edition)
    }
}

/// What this node coordinated before of a form and year.
pub(super) fn coordinated(app: &App, form: Form, year: u16) -> Result<Vec<Attempt>, Fault> {
    let remembered = app.store().rounds_of(RoundKind::Coordinated, form, year);
    let all = read(&remembered.map_err(|_| Fault::Memory)?)?;
    Ok(all.into_iter().map(|kept| kept.attempt).collect())
}

/// Whatever cannot be read speaks against everything.
fn read(remembered: &[String]) -> Result<Vec<Kept>, Fault> {
    let all = remembered.iter().map(|body| serde_json::from_str(body));
    all.collect::<Result<_, _>>().map_err(|_| Fault::Memory)
}

fn judged(remembered: &[String], agreed: &Agreed, edition: Option<Uuid>) -> Result<(), Fault> {
    let all = read(remembered)?;
    if all.iter().any(|kept| kept.edition != edition) {
        return Err(Repeat::OtherRecords.into());
    }
    let attempts: Vec<Attempt> = all.into_iter().map(|kept| kept.attempt).collect();
    Ok(repeats::judge(&attempts, agreed)?)
}

/// A comparison as one of the two remembers it.
pub(super) struct Pairing<'a> {
    pub(super) app: &'a App,
    pub(super) proposal: &'a Proposal,
    /// The register here.
    pub(super) form: Form,
    pub(super) other: NodeId,
    /// The grant that what is said of persons is compared under, where it is.
    pub(super) basis: Option<&'a str>,
}

impl Pairing<'_> {
    /// Judges without remembering, so that nothing is begun in vain.
    pub(super) fn look(&self) -> Result<(), Refusal> {
        let store = self.app.store();
        let year = self.proposal.year;
        let remembered = store.rounds_of(RoundKind::Comparison, self.form, year);
        self.judge(&remembered.map_err(|_| Refusal::Unavailable)?)?;
        let released = store.releases_of(self.form, year).map_err(|_| Refusal::Unavailable)?;
        if released.is_empty() { Ok(()) } else { Err(Refusal::Published) }
    }

    fn judge(&self, remembered: &[String]) -> Result<(), Refusal> {
        let all = remembered.iter().map(|body| serde_json::from_str::<Vec<Run>>(body));
        // Whatever cannot be read speaks against everything.
        let all = all.collect::<Result<Vec<_>, _>>().map_err(|_| Refusal::Unavailable)?;
        let all: Vec<Run> = all.into_iter().flatten().collect();
        // All strata are compared at once, so one stands for all.
        let first = self.proposal.strata.first().ok_or(Refusal::Strata)?;
        Ok(pairs::judge(&all, &self.proposal.of(first, Element::Person), &self.proposal.strata)?)
    }

    /// Remembers it, if it may be made at all.
    pub(super) fn enter(&self) -> Result<(), Refusal> {
        let proposal = self.proposal;
        let run = |region: &String| Run::of(&proposal.of(region, Element::Person));
        let runs: Vec<Run> = proposal.strata.iter().map(run).collect();
        let row = RoundRow {
            kind: RoundKind::Comparison,
            id: proposal.digest().to_string(),
            of: (self.form, proposal.year),
            body: serde_json::to_string(&runs).map_err(|_| Refusal::Unavailable)?,
            at: Utc::now(),
        };
        let policy = self.app.policy().map_err(|_| Refusal::Unavailable)?.version();
        let about = json!({ "datasets": proposal.datasets, "year": proposal.year,
            "comparison": proposal.digest() });
        let body = json!({ "nodes": proposal.pair, "differences": proposal.differences,
            "basis": self.basis });
        let event = DecisionRow {
            subject_kind: "node".to_owned(),
            organisation: Some(self.other.to_string()),
            ..own_row(policy, "comparison:begin", "allowed", (&about, &body))
        };
        let mut why = Refusal::Unavailable;
        let mut judge = |remembered: &[String]| {
            let judged = self.judge(remembered).map_err(|fault| why = fault);
            judged.is_ok()
        };
        match self.app.store().enter_round(&row, &event, &mut judge) {
            Ok(Entered::Yes) => Ok(()),
            Ok(Entered::Refused) => Err(why),
            Ok(Entered::Published) => Err(Refusal::Published),
            Err(error) => {
                tracing::error!(error = with_causes(&error), "a comparison cannot be remembered");
                Err(Refusal::Unavailable)
            }
        }
    }
}
