//! Taking a step: the right state, the right actor, enough persons, and terms that keep every hard rule.

use super::{Act, Actor, Attestation, Case, Recertified, Refused};
use crate::terms::{ColumnsOf, Document, EMERGENCY_HOURS, HardRule};
use crate::{Role, State, Violation};
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_kostra::Text;

/// What comes with a step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Words {
    /// Why.
    pub reason: Option<String>,
    /// The lawyer's written assessment, with a review.
    pub memo: Option<Document>,
}

impl Case {
    /// Takes a step and gives the case as it is afterwards.
    ///
    /// # Errors
    /// Why it is not taken; the case stays as it was.
    pub fn take(
        &self,
        act: Act,
        actor: &Actor,
        words: Words,
        now: DateTime<Utc>,
        columns: &impl ColumnsOf,
    ) -> Result<Self, Refused> {
        self.permit(act, actor)?;
        let reason = words.reason.filter(|reason| !reason.trim().is_empty());
        if act.needs_reason() && reason.is_none() {
            return Err(Refused::NoReason { act });
        }
        let mut case = self.clone();
        case.revision += 1;
        if reason.is_some() {
            case.reason.clone_from(&reason);
        }
        if words.memo.is_some() && act == Act::Review {
            case.terms.review_memo = words.memo;
        }
        if let Some(state) = act.to() {
            case.terms.state = state;
        }
        case.sign(act, actor, reason.unwrap_or_default(), now);
        case.name_people();
        if matches!(act, Act::Submit | Act::Complete | Act::Review | Act::Approve | Act::Accept)
            || act.to() == Some(State::Active)
        {
            case.keep_the_rules(act, now, columns)?;
        }
        Ok(case)
    }

    /// Whether the actor may take the step in the state the case is in.
    pub(super) fn permit(&self, act: Act, actor: &Actor) -> Result<(), Refused> {
        if !self.is_for(act, actor) {
            return Err(Refused::NotYours { act });
        }
        if !act.from().contains(&self.terms.state) {
            return Err(Refused::WrongState { act, state: self.terms.state });
        }
        self.enough_eyes(act, actor)
    }

    /// Which side takes which step. Whoever works for the recipient is on the recipient's side, whatever
    /// roles the person has here.
    fn is_for(&self, act: Act, actor: &Actor) -> bool {
        let recipient = Some(self.terms.recipient.organisation);
        let applicant = actor.organisation() == recipient || self.is_author(actor);
        let house = actor.is_house() && actor.organisation() != recipient;
        match act {
            Act::Edit | Act::Submit | Act::Amend | Act::Withdraw => applicant || house,
            Act::Accept | Act::Attest => actor.organisation() == recipient,
            Act::Review => house && actor.has(Role::Legal),
            Act::Complete
            | Act::Return
            | Act::Approve
            | Act::Reject
            | Act::Activate
            | Act::BreakGlass
            | Act::Suspend
            | Act::Resume
            | Act::Recertify
            | Act::Revoke => house,
            Act::Expire => *actor == Actor::Installation,
        }
    }

    fn enough_eyes(&self, act: Act, actor: &Actor) -> Result<(), Refused> {
        let written = Text::new("skrevet søknaden", "written the application");
        let reviewed = Text::new("vurdert den juridisk", "reviewed it");
        let suspended = Text::new("stanset den", "suspended it");
        let same = |other: &Option<Actor>| other.as_ref().is_some_and(|o| o.is_same_person(actor));
        let already = match act {
            Act::Complete
            | Act::Review
            | Act::Approve
            | Act::Activate
            | Act::BreakGlass
            | Act::Recertify
                if self.is_author(actor) =>
            {
                written
            }
            Act::Approve if same(&self.reviewer) => reviewed,
            Act::Resume if same(&self.suspended_by) => suspended,
            _ => return Ok(()),
        };
        Err(Refused::FourEyes { act, already })
    }

    fn sign(&mut self, act: Act, actor: &Actor, reason: String, now: DateTime<Utc>) {
        let by = Some(actor.clone());
        match act {
            Act::Return => {
                self.completed_by = None;
                self.reviewer = None;
                self.approver = None;
            }
            Act::Complete => self.completed_by = by,
            Act::Review => self.reviewer = by,
            Act::Approve => self.approver = by,
            Act::Accept => self.accepted_by = by,
            Act::BreakGlass => {
                self.approver = by;
                self.terms.emergency = true;
                self.terms.valid_from = now;
                let end = now + TimeDelta::hours(EMERGENCY_HOURS);
                self.terms.valid_to = self.terms.valid_to.min(end);
                let last = self.terms.valid_to.date_naive();
                self.terms.review_due = self.terms.review_due.min(last);
            }
            Act::Suspend => self.suspended_by = by,
            Act::Resume => {
                // Whoever lets go on what was suspended because nobody looked at it has looked at it.
                if self.suspended_by == Some(Actor::Installation) {
                    self.recertified = Some(Recertified::by(actor.clone(), now, &self.terms));
                }
                self.suspended_by = None;
            }
            Act::Recertify => {
                self.recertified = Some(Recertified::by(actor.clone(), now, &self.terms));
            }
            Act::Attest => {
                self.deletion = Some(Attestation { by: actor.clone(), at: now, text: reason });
            }
            _ => {}
        }
    }

    fn keep_the_rules(
        &self,
        act: Act,
        now: DateTime<Utc>,
        columns: &impl ColumnsOf,
    ) -> Result<(), Refused> {
        let mut violations = self.violations(columns);
        if now >= self.terms.valid_to {
            violations.push(Violation {
                rule: HardRule::Dates,
                field: "validTo".to_owned(),
                text: Text::new("tilgangen er allerede utløpt", "the grant has ended already"),
            });
        }
        if matches!(act, Act::Activate | Act::Resume) && self.reviewer.is_none() {
            violations.push(Violation {
                rule: HardRule::FourEyes,
                field: "reviewer".to_owned(),
                text: Text::new("ingen har vurdert den juridisk", "nobody has reviewed it"),
            });
        }
        if violations.is_empty() { Ok(()) } else { Err(Refused::Rules(violations)) }
    }
}
