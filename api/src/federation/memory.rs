//! What this node remembers of rounds, in the database, before anything of one is sent.

use crate::app::App;
use crate::journal::own_row;
use chrono::Utc;
use hjemmel_federation::mask::Memory;
use hjemmel_federation::repeats;
use hjemmel_federation::{Agreed, Attempt, Fault, Repeat};
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
                tracing::error!(
                    error = crate::fault::with_causes(&error),
                    "a round cannot be remembered"
                );
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
