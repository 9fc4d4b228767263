//! `hjemmel policy matrix` and `explain`: who can see what, before and after a change, and why.

use super::installation::Installation;
use super::policy::{active_policy, policy_with};
use super::{Failure, say};
use crate::routes::matrix::{csv, of_dataset, words};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Language;
use hjemmel_policy::question::{Question, What};
use hjemmel_policy::{Decision, OrganisationNumber, Outcome, Policy};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use uuid::Uuid;

/// Shows who can see what.
#[derive(Debug, clap::Args)]
pub struct Matrix {
    /// Shows what a file of grants would change about it, and changes nothing.
    #[arg(long, value_name = "FILE")]
    diff: Option<PathBuf>,
    /// Only this recipient's, by organisation number.
    #[arg(long, value_name = "NUMBER")]
    recipient: Option<String>,
    /// Only this form's.
    #[arg(long, value_name = "FORM")]
    form: Option<String>,
    /// One line for each column, comma separated.
    #[arg(long, conflicts_with = "diff")]
    csv: bool,
}

impl Matrix {
    pub fn run(self, config: &Path) -> Result<ExitCode, Failure> {
        let now = Utc::now();
        let installation = Installation::open(config)?;
        let policy = active_policy(&installation.store)?;
        let recipient = self.recipient.as_deref().map(OrganisationNumber::parse).transpose()?;
        let narrow = |policy: &Policy| {
            let whole = policy.matrix(now);
            recipient.map_or_else(|| whole.clone(), |recipient| whole.clone().of(recipient))
        };
        if let Some(file) = &self.diff {
            let after = policy_with(&installation.store, &super::policy::read(file)?)?;
            let shifts = narrow(&policy).shifts(&narrow(&after));
            if shifts.is_empty() {
                say("nobody would see anything else than now");
            }
            for shift in &shifts {
                say(&words(shift, Language::En));
            }
            return Ok(ExitCode::SUCCESS);
        }
        let form = self.form.as_deref().map(super::form).transpose()?;
        let matrix = narrow(&policy);
        let rows = of_dataset(&matrix, form);
        if self.csv {
            say(csv(&rows).trim_end());
            return Ok(ExitCode::SUCCESS);
        }
        say(&format!("policy version {}", policy.version()));
        for row in rows {
            say(&format!(
                "{}  {}  {}  {}  {} columns  {}  {} v{}",
                row.recipient,
                row.form.dataset(),
                row.year,
                row.tier.code(),
                row.columns.len(),
                crate::routes::matrix::regions(&row.population),
                row.grant,
                row.version,
            ));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Says why something was decided, or would be.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("about").args(["decision", "organisation"]).required(true)))]
pub struct Explain {
    /// A recorded decision, by the `Hjemmel-Decision` of its answer.
    decision: Option<Uuid>,
    /// Who would ask, by organisation number.
    #[arg(long, value_name = "NUMBER")]
    organisation: Option<String>,
    /// The form asked for.
    #[arg(long, value_name = "FORM", requires = "organisation", default_value = "11")]
    form: String,
    /// The years asked for.
    #[arg(long, value_name = "YEARS", value_delimiter = ',', requires = "organisation")]
    years: Vec<u16>,
    /// The columns asked for.
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',', requires = "organisation")]
    columns: Vec<String>,
    /// Exact cells of tables instead of records.
    #[arg(long, requires = "organisation")]
    table: bool,
    /// The moment it would be asked at, in the past as well: 2026-03-01T12:00:00Z.
    #[arg(long, value_name = "TIME", requires = "organisation")]
    at: Option<DateTime<Utc>>,
    /// Says it in English.
    #[arg(long)]
    english: bool,
}

impl Explain {
    pub fn run(self, config: &Path) -> Result<ExitCode, Failure> {
        let installation = Installation::open(config)?;
        let language = if self.english { Language::En } else { Language::Nb };
        let decision = match self.decision {
            Some(id) => {
                let stored = installation.store.decision(id)?;
                serde_json::from_str::<Decision>(&stored.row.body)?
            }
            None => self.would(&installation)?,
        };
        say(&decision.explain(language));
        Ok(ExitCode::from(u8::from(decision.outcome == Outcome::Denied)))
    }

    fn would(&self, installation: &Installation) -> Result<Decision, Failure> {
        let organisation =
            self.organisation.as_deref().map(OrganisationNumber::parse).transpose()?;
        let columns: BTreeSet<String> = self.columns.iter().cloned().collect();
        let question = Question {
            organisation,
            supplier: None,
            person: false,
            what: if self.table { What::Table } else { What::Microdata },
            form: super::form(&self.form)?,
            years: self.years.iter().copied().collect(),
            columns: (!columns.is_empty()).then_some(columns),
            regions: None,
            purpose: None,
            scopes: None,
        };
        let policy = crate::app::policy_of(installation.store.policy_at(self.at)?)?;
        Ok(policy.would(&question, self.at.unwrap_or_else(Utc::now)))
    }
}
