//! What stands in the record a finding is about, for the eyes of whoever sent it.

use super::Finding;
use crate::{Form, layout::Layout, record::Record};
use std::collections::BTreeMap;

/// The journal number and the values of a finding's fields. It can be neither encoded nor printed whole:
/// whoever shows it does so field by field, to the one who sent it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Quote {
    journal: String,
    values: Vec<String>,
}

impl Quote {
    pub(super) fn of(layout: &Layout, record: Option<&Record<'_>>, finding: &Finding) -> Self {
        let Some(record) = record else { return Self::default() };
        let value = |name: &str| record.named(layout, name).unwrap_or_default().to_owned();
        Self {
            journal: value(if layout.form == Form::F11B { "felt_5" } else { "PERSON_JOURNALNR" }),
            values: finding.fields.iter().map(|name| value(name)).collect(),
        }
    }

    /// The same of a record of named values, which has no journal number.
    pub(crate) fn of_values(record: Option<&BTreeMap<String, String>>, finding: &Finding) -> Self {
        let Some(record) = record else { return Self::default() };
        let value = |name: &String| record.get(name).cloned().unwrap_or_default();
        Self { journal: String::new(), values: finding.fields.iter().map(value).collect() }
    }

    /// The journal number; empty where the line is no record or has none.
    #[must_use]
    pub fn journal(&self) -> &str {
        &self.journal
    }

    /// The value of a field, by its place among the finding's fields.
    #[must_use]
    pub fn value(&self, at: usize) -> Option<&str> {
        self.values.get(at).map(String::as_str)
    }
}

impl std::fmt::Debug for Quote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Quote(…)")
    }
}
