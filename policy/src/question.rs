//! Asking what would be decided, without a token and without getting anything: for explaining, for trying a
//! change before it takes effect, and for asking about the past.

use crate::action::{SCOPE_MICRODATA, SCOPE_TABLES};
use crate::{
    Asked, Caller, Decision, MicrodataRead, OrganisationNumber, Policy, ReadMicrodata, ReadTable,
    Subject, TableRead,
};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What kind of answer is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum What {
    /// Unit records.
    Microdata,
    /// Exact cells of tables over the columns.
    Table,
}

/// A question somebody could ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Question {
    /// Who would ask; nobody in particular without it.
    #[serde(default)]
    pub organisation: Option<OrganisationNumber>,
    /// Through which processor.
    #[serde(default)]
    pub supplier: Option<OrganisationNumber>,
    /// Whether a person would ask, for the organisation.
    #[serde(default)]
    pub person: bool,
    /// What for.
    pub what: What,
    /// The form: `11`.
    pub form: Form,
    /// Reporting years.
    pub years: BTreeSet<u16>,
    /// Columns; without them all that a grant gives of records.
    #[serde(default)]
    pub columns: Option<BTreeSet<String>>,
    /// Regions; without them the whole country of a table, or all that a grant gives of records.
    #[serde(default)]
    pub regions: Option<BTreeSet<String>>,
    /// The purpose named.
    #[serde(default)]
    pub purpose: Option<String>,
    /// The scopes of the token; both of them unless said.
    #[serde(default)]
    pub scopes: Option<BTreeSet<String>>,
}

impl Question {
    /// The question a recorded decision answered, as far as the record tells: a scope that was missing is
    /// missing again. None for what was no reading of data.
    #[must_use]
    pub fn of(decision: &Decision) -> Option<Self> {
        let what = match decision.action.as_str() {
            "microdata:read" => What::Microdata,
            "table:read" => What::Table,
            _ => return None,
        };
        let lacked: BTreeSet<&str> = decision
            .failures()
            .filter_map(|failure| match failure {
                crate::Failure::Scope { needed } => Some(needed.as_str()),
                _ => None,
            })
            .collect();
        let scopes = [SCOPE_MICRODATA, SCOPE_TABLES].into_iter().filter(|s| !lacked.contains(s));
        let Asked { form, years, columns, regions, .. } = decision.resource.clone();
        Some(Self {
            organisation: decision.caller.organisation,
            supplier: decision.caller.supplier,
            person: decision.caller.kind == "person",
            what,
            form,
            years,
            columns,
            regions,
            purpose: decision.purpose.clone(),
            scopes: Some(scopes.map(str::to_owned).collect()),
        })
    }

    fn caller(&self) -> Caller {
        let Some(organisation) = self.organisation else { return Caller::anonymous() };
        let both = || [SCOPE_MICRODATA, SCOPE_TABLES].map(str::to_owned).into();
        let scopes = self.scopes.clone().unwrap_or_else(both);
        let subject = if self.person {
            Subject::Person {
                issuer: String::new(),
                subject: String::new(),
                roles: BTreeSet::new(),
                organisation: Some(organisation),
            }
        } else {
            Subject::Organisation { organisation }
        };
        Caller::as_if(subject, scopes, self.supplier)
    }
}

impl Policy {
    /// What would be decided. It gives the decision and never the permission: nothing can be read with it.
    #[must_use]
    pub fn would(&self, question: &Question, now: DateTime<Utc>) -> Decision {
        let (caller, purpose) = (question.caller(), question.purpose.as_deref());
        match question.what {
            What::Table => {
                let resource = TableRead {
                    table: String::new(),
                    form: question.form,
                    columns: question.columns.clone().unwrap_or_default(),
                    years: question.years.clone(),
                    regions: question.regions.clone(),
                    unpublished: false,
                };
                self.decide::<ReadTable>(&caller, resource, purpose, now).decision().clone()
            }
            What::Microdata => {
                let mut years = question.years.iter();
                let first = years.next().copied().unwrap_or_default();
                let decide = |year| {
                    let resource = MicrodataRead {
                        form: question.form,
                        year,
                        columns: question.columns.clone(),
                        regions: question.regions.clone(),
                        unpublished: false,
                    };
                    self.decide::<ReadMicrodata>(&caller, resource, purpose, now).decision().clone()
                };
                // Records are read a year at a time; the first refusal stands for all of them.
                let mut decision = decide(first);
                for year in years {
                    if decision.outcome == crate::Outcome::Denied {
                        break;
                    }
                    decision = decide(*year);
                }
                decision
            }
        }
    }
}
