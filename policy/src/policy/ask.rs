//! Who may ask questions that are answered with noise, and for which project.

use super::{Decided, Policy};
use crate::decision::Asker;
use crate::project::may_ask;
use crate::{
    Action, Ask, Asked, Asking, Caller, Decision, Failure, Grant, Obligations, Outcome, Population,
    Project, Subject, Tier,
};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use std::collections::{BTreeMap, BTreeSet};

/// What reading an answer that was given is called in the record.
pub(crate) const READ_ANSWER: &str = "question:read";

/// An answer that was given.
#[derive(Debug, Clone)]
pub struct GivenAnswer {
    /// Its id.
    pub answer: uuid::Uuid,
    /// The form it tells of.
    pub form: Form,
    /// The reporting years.
    pub years: BTreeSet<u16>,
    /// The project that paid for it.
    pub project: Option<String>,
}

impl Policy {
    /// The same snapshot with the registered projects.
    #[must_use]
    pub fn with_projects(self, projects: Vec<Project>) -> Self {
        Self { projects, ..self }
    }

    /// The projects a caller takes part in.
    pub fn projects_of<'a>(&'a self, caller: &'a Caller) -> impl Iterator<Item = &'a Project> {
        self.projects.iter().filter(|project| project.has(caller))
    }

    /// Every registered project.
    #[must_use]
    pub fn projects(&self) -> &[Project] {
        &self.projects
    }

    /// Decides whether a caller may ask a question, and for which project. No legal basis is needed or given:
    /// what leaves is protected by noise and paid for from budgets.
    pub fn decide_question(
        &self,
        caller: &Caller,
        asked: Asking,
        now: DateTime<Utc>,
    ) -> Decided<Ask> {
        let need = <Ask as crate::action::Sealed>::need(&asked).asked;
        let mut decision =
            Decision::denied(now, Asker::from(caller), Ask::NAME, need, self.version);
        let project = match may_ask(caller).and_then(|()| self.project(caller, &asked)) {
            Ok(project) => project.id.clone(),
            Err(failure) => {
                decision.failed.push(failure);
                return Decided::Denied(decision);
            }
        };
        decision.outcome = Outcome::Allowed;
        decision.resource.project = Some(project.clone());
        decision.columns.clone_from(&asked.columns);
        decision.years.clone_from(&asked.years);
        decision.population = Some(Population::All);
        let obligations = Obligations {
            grant_id: format!("project:{project}"),
            grant_version: 0,
            clause: "answered with noise, paid for from budgets".to_owned(),
            tier: Tier::Protected,
            columns: asked.columns.clone(),
            coarser: BTreeMap::new(),
            years: asked.years.clone(),
            population: Population::All,
            pseudonym_namespace: format!("project:{project}"),
            max_rows_per_day: None,
            decision: decision.id,
        };
        let resource = Asking { project: Some(project), ..asked };
        Decided::Allowed(Grant::new(resource, obligations), decision)
    }

    /// Decides whether a caller may read an answer that was given. It is paid for and protected, so whoever is known may;
    /// the record says who did.
    #[must_use]
    pub fn decide_answer(
        &self,
        caller: &Caller,
        given: GivenAnswer,
        now: DateTime<Utc>,
    ) -> Decision {
        let GivenAnswer { answer, form, years, project } = given;
        let (answer, of_years) = (Some(answer), years.clone());
        let asked = Asked {
            form,
            holder: None,
            table: None,
            project,
            answer,
            years,
            columns: None,
            regions: None,
        };
        let decision = Decision::denied(now, Asker::from(caller), READ_ANSWER, asked, self.version);
        if matches!(caller.subject(), Subject::Anonymous) {
            return Decision { failed: vec![Failure::Anonymous], ..decision };
        }
        Decision {
            outcome: Outcome::Allowed,
            years: of_years,
            population: Some(Population::All),
            ..decision
        }
    }

    /// The project named, or the only one the caller takes part in. A project that does not exist is refused
    /// in the same words as one the caller takes no part in.
    fn project(&self, caller: &Caller, asked: &Asking) -> Result<&Project, Failure> {
        let own: Vec<&Project> =
            self.projects.iter().filter(|project| project.has(caller)).collect();
        let found = match &asked.project {
            Some(named) => own.iter().find(|project| project.id == *named).copied(),
            None => own.first().copied().filter(|_| own.len() == 1),
        };
        found.ok_or_else(|| Failure::Project {
            named: asked.project.as_ref().map(|named| named.chars().take(80).collect()),
            own: own.iter().map(|project| project.id.clone()).collect::<BTreeSet<_>>(),
        })
    }
}
