//! What an installation settles about questions: caps, projects, and when replies leave.

use chrono::TimeDelta;
use hjemmel_policy::Project;
use hjemmel_store::{FirstCaps, Terms};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Billionths of ρ in ρ.
const NANO: f64 = 1e9;

/// The highest cap that a purse can have, in ρ: amounts are kept in billionths. What an administrator may set is far less.
const MOST_RHO: f64 = 1e6;

/// Everything that can be set about questions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Questions {
    /// What may be spent of each form and year, in ρ, until two administrators say otherwise.
    pub rho_per_dataset_year: f64,
    /// What each project may spend.
    pub rho_per_project: f64,
    /// What each body that answers for projects may spend.
    pub rho_per_organisation: f64,
    /// Making an answer seems to take a multiple of this, and a greater one the more cells and records there are.
    pub beat_microseconds: u64,
    /// What a cell adds to that.
    pub microseconds_per_cell: u64,
    /// How long others wait for the answer of somebody who has paid for the same question.
    pub patience_seconds: u32,
    /// The projects questions are asked for.
    pub projects: Vec<Project>,
}

impl Default for Questions {
    fn default() -> Self {
        Self {
            rho_per_dataset_year: 4.0,
            rho_per_project: 2.0,
            rho_per_organisation: 4.0,
            beat_microseconds: 125,
            microseconds_per_cell: 50,
            patience_seconds: 30,
            projects: Vec::new(),
        }
    }
}

impl Questions {
    /// The caps of purses that nobody has changed, in billionths of ρ, rounded down.
    #[must_use]
    pub fn first_caps(&self) -> FirstCaps {
        FirstCaps {
            dataset_year: nano(self.rho_per_dataset_year),
            project: nano(self.rho_per_project),
            organisation: nano(self.rho_per_organisation),
        }
    }

    /// What is wrong with the settings, if anything is.
    #[must_use]
    pub fn wrong(&self) -> Option<String> {
        let caps = [
            ("rho_per_dataset_year", self.rho_per_dataset_year),
            ("rho_per_project", self.rho_per_project),
            ("rho_per_organisation", self.rho_per_organisation),
        ];
        let is_cap = |rho: f64| (0.0..=MOST_RHO).contains(&rho);
        if let Some((name, rho)) = caps.into_iter().find(|(_, rho)| !is_cap(*rho)) {
            return Some(format!("questions.{name} is {rho}; it must be from 0 to {MOST_RHO}"));
        }
        let mut ids = BTreeSet::new();
        // Projects of one id would pay from one purse.
        let mut all = self.projects.iter().map(|project| project.id.as_str());
        let id = all.find(|id| id.trim().is_empty() || !ids.insert(*id))?;
        Some(format!(
            "questions.projects: the id `{id}` is empty or stands twice; each project needs one of its own"
        ))
    }

    /// On which terms questions are paid.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let patience = TimeDelta::seconds(i64::from(self.patience_seconds));
        Terms { patience, first_caps: self.first_caps() }
    }
}

/// ρ in billionths, rounded down; what is no amount is nothing.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to what budgets can be"
)]
#[must_use]
pub fn nano(rho: f64) -> u64 {
    let nano = (rho * NANO + 1e-3).floor();
    if nano.is_finite() { nano.clamp(0.0, 1e15) as u64 } else { 0 }
}

/// Billionths of ρ as ρ.
#[expect(clippy::cast_precision_loss, reason = "budgets stay far below 2^53")]
#[must_use]
pub fn rho(nano: u64) -> f64 {
    nano as f64 / NANO
}
