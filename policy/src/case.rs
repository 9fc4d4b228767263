//! One version of a grant on its way from application to deletion: who may take which step, and what it
//! takes to open anything.
//!
//! What opens data needs several persons; what closes it needs one. Nothing here knows a clock or a
//! database, and no step removes anything: each gives the case as it is afterwards.

mod act;
mod actor;
mod law;
mod refused;
mod step;

pub use act::Act;
pub use actor::Actor;
pub use law::Law;
pub use refused::Refused;
pub use step::Words;

use crate::terms::ColumnsOf;
use crate::{GrantTerms, Population, State, Violation};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// One version of a grant with the people behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Case {
    /// What is asked for or was decided; its state is the state of the case.
    pub terms: GrantTerms,
    /// Counts every step, so that nobody acts on a case that has moved on.
    pub revision: u32,
    /// Everyone who wrote any of the terms; none of them may review or approve.
    pub authors: Vec<Actor>,
    /// Who found it complete.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_by: Option<Actor>,
    /// Who reviewed the law.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewer: Option<Actor>,
    /// Who decided.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approver: Option<Actor>,
    /// Who accepted the terms for the recipient.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_by: Option<Actor>,
    /// Who suspended it; somebody else must let it go on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_by: Option<Actor>,
    /// The reason given with the last step that needed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What the recipient attests about deletion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion: Option<Attestation>,
    /// Who last looked at it again while it was in force.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recertified: Option<Recertified>,
}

/// Somebody's word that a grant in force is still needed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Recertified {
    /// Who.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// When it is due to be looked at the next time.
    pub until: NaiveDate,
}

/// Days from one look at a grant to the next, unless it ends before.
const RECERTIFIED_DAYS: i64 = 365;

/// Days after its review was due at which a grant that nobody looked at is suspended.
pub const REVIEW_GRACE_DAYS: i64 = 30;

impl Recertified {
    fn by(by: Actor, at: DateTime<Utc>, terms: &GrantTerms) -> Self {
        let year = at.date_naive() + TimeDelta::days(RECERTIFIED_DAYS);
        Self { by, at, until: year.min(terms.valid_to.date_naive()) }
    }
}

/// The recipient's word that the data are deleted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attestation {
    /// Who attests.
    pub by: Actor,
    /// When.
    pub at: DateTime<Utc>,
    /// In which words.
    pub text: String,
}

impl Case {
    /// A new application, not yet stored. Whatever the terms say of state, version and people is
    /// overwritten: those are no applicant's to say.
    ///
    /// # Errors
    /// When the actor may not apply for this recipient.
    pub fn draft(mut terms: GrantTerms, version: u32, author: Actor) -> Result<Self, Refused> {
        if !author.is_house() && author.organisation() != Some(terms.recipient.organisation) {
            return Err(Refused::OtherRecipient);
        }
        terms.state = State::Draft;
        terms.version = version;
        terms.emergency = false;
        let mut case = Self {
            terms,
            revision: 1,
            authors: vec![author],
            completed_by: None,
            reviewer: None,
            approver: None,
            accepted_by: None,
            suspended_by: None,
            reason: None,
            deletion: None,
            recertified: None,
        };
        case.name_people();
        Ok(case)
    }

    /// The case of a grant that was loaded from a file and has taken no step yet.
    #[must_use]
    pub fn loaded(terms: GrantTerms) -> Self {
        let named = |name: &String| Actor::Named { name: name.clone() };
        Self {
            revision: 0,
            authors: vec![named(&terms.applicant)],
            completed_by: None,
            reviewer: terms.reviewer.as_ref().map(named),
            approver: terms.approver.as_ref().map(named),
            accepted_by: None,
            suspended_by: None,
            reason: None,
            deletion: None,
            recertified: None,
            terms,
        }
    }

    /// Other terms in the place of these. Whatever had been decided is void: the case is a draft again.
    ///
    /// # Errors
    /// When the actor may not write it, or it is past writing.
    pub fn edit(&self, terms: GrantTerms, author: Actor) -> Result<Self, Refused> {
        self.permit(Act::Edit, &author)?;
        let mut case = Self::draft(terms, self.terms.version, author.clone())?;
        case.terms.id.clone_from(&self.terms.id);
        case.revision = self.revision + 1;
        case.authors.clone_from(&self.authors);
        if !case.authors.iter().any(|one| one.is_same_person(&author)) {
            case.authors.push(author);
        }
        case.name_people();
        Ok(case)
    }

    /// A draft of the next version, to go through the same gates; this one stays as it is.
    ///
    /// # Errors
    /// When the actor may not ask for it, or this version is not in force.
    pub fn amend(&self, author: Actor) -> Result<Self, Refused> {
        self.permit(Act::Amend, &author)?;
        Self::draft(self.terms.clone(), self.terms.version + 1, author)
    }

    /// This version after a later one came into force.
    #[must_use]
    pub fn superseded(&self) -> Self {
        let mut case = self.clone();
        case.terms.state = State::Superseded;
        case.revision += 1;
        case
    }

    /// This version after its last instant.
    ///
    /// # Errors
    /// When it is not in force, or its time has not come.
    pub fn expired(&self, now: DateTime<Utc>) -> Result<Self, Refused> {
        if !self.terms.state.is_in_force() || now < self.terms.valid_to {
            return Err(Refused::WrongState { act: Act::Expire, state: self.terms.state });
        }
        let mut case = self.clone();
        case.terms.state = State::Expired;
        case.revision += 1;
        Ok(case)
    }

    /// When it is due to be looked at again.
    #[must_use]
    pub fn review_due(&self) -> NaiveDate {
        let again = self.recertified.as_ref().map(|looked| looked.until);
        again.map_or(self.terms.review_due, |again| again.max(self.terms.review_due))
    }

    /// This version suspended, because its review is long overdue and nobody has answered.
    ///
    /// # Errors
    /// When it is not active, or there is time left.
    pub fn unreviewed(&self, now: DateTime<Utc>) -> Result<Self, Refused> {
        let last = self.review_due() + TimeDelta::days(REVIEW_GRACE_DAYS);
        if self.terms.state != State::Active || now.date_naive() <= last {
            return Err(Refused::WrongState { act: Act::Suspend, state: self.terms.state });
        }
        let mut case = self.clone();
        case.terms.state = State::Suspended;
        case.suspended_by = Some(Actor::Installation);
        case.reason = Some(format!(
            "ingen har vurdert tilgangen på nytt innen fristen {0} / nobody has reviewed it by {0}",
            self.review_due()
        ));
        case.revision += 1;
        Ok(case)
    }

    /// Every hard rule the terms break as they stand.
    #[must_use]
    pub fn violations(&self, columns: &impl ColumnsOf) -> Vec<Violation> {
        self.terms.validate(columns).err().unwrap_or_default()
    }

    /// Whether this actor may see the case: the recipient, whoever wrote it, and the house.
    #[must_use]
    pub fn is_visible_to(&self, actor: &Actor) -> bool {
        actor.sees_all()
            || actor.organisation() == Some(self.terms.recipient.organisation)
            || self.is_author(actor)
    }

    /// The steps this actor could take now, in the order of a life.
    #[must_use]
    pub fn open_to(&self, actor: &Actor) -> Vec<Act> {
        Act::ALL.into_iter().filter(|act| self.permit(*act, actor).is_ok()).collect()
    }

    /// Whom it is about, for a line in a list.
    #[must_use]
    pub fn population(&self) -> Population {
        self.terms.population()
    }

    fn is_author(&self, actor: &Actor) -> bool {
        self.authors.iter().any(|author| author.is_same_person(actor))
    }

    /// Writes the people into the terms by name, where lawyers and the hard rules look for them.
    fn name_people(&mut self) {
        self.terms.applicant = self.authors.first().map(ToString::to_string).unwrap_or_default();
        self.terms.reviewer = self.reviewer.as_ref().map(ToString::to_string);
        self.terms.approver = self.approver.as_ref().map(ToString::to_string);
    }
}

#[cfg(test)]
mod tests;
