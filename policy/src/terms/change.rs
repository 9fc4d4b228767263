//! What differs between two sets of grants, in the words of the business.

use super::GrantTerms;
use super::facts::{Value, facts};
use hjemmel_kostra::{Language, Text};
use serde::Serialize;
use std::collections::BTreeMap;

/// One difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Change {
    /// The grant.
    pub grant_id: String,
    /// What happens to it.
    #[serde(flatten)]
    pub kind: ChangeKind,
}

/// The kinds of difference.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "change", rename_all = "camelCase")]
pub enum ChangeKind {
    /// A grant that was not there.
    Added {
        /// What it gives, in one line.
        gives: Text,
    },
    /// A grant that is not there any more.
    Removed {
        /// What it gave.
        gave: Text,
    },
    /// A field with another value.
    Field {
        /// The field, as in JSON.
        field: String,
        /// Its name.
        label: Text,
        /// Before.
        from: Text,
        /// After.
        to: Text,
    },
    /// A list some values left or entered.
    List {
        /// The field, as in JSON.
        field: String,
        /// Its name.
        label: Text,
        /// What entered.
        added: Vec<String>,
        /// What left.
        removed: Vec<String>,
    },
}

impl Change {
    /// The difference in plain words.
    #[must_use]
    pub fn describe(&self, language: Language) -> String {
        let id = &self.grant_id;
        match (&self.kind, language) {
            (ChangeKind::Added { gives }, Language::Nb) => {
                format!("{id}: ny tilgang: {}", gives.nb)
            }
            (ChangeKind::Added { gives }, Language::En) => format!("{id}: new grant: {}", gives.en),
            (ChangeKind::Removed { gave }, Language::Nb) => {
                format!("{id}: tilgangen fjernes: {}", gave.nb)
            }
            (ChangeKind::Removed { gave }, Language::En) => {
                format!("{id}: grant removed: {}", gave.en)
            }
            (ChangeKind::Field { label, from, to, .. }, language) => format!(
                "{id}: {}: {} → {}",
                label.in_language(language),
                from.in_language(language),
                to.in_language(language)
            ),
            (ChangeKind::List { label, added, removed, .. }, language) => {
                let (plus, minus) = match language {
                    Language::Nb => ("lagt til", "tatt ut"),
                    Language::En => ("added", "removed"),
                };
                let part = |word: &str, values: &[String]| {
                    (!values.is_empty()).then(|| format!("{word} {}", values.join(", ")))
                };
                let parts: Vec<_> =
                    [part(plus, added), part(minus, removed)].into_iter().flatten().collect();
                format!("{id}: {}: {}", label.in_language(language), parts.join("; "))
            }
        }
    }
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.describe(Language::Nb))
    }
}

fn summary(terms: &GrantTerms) -> Text {
    let (name, form, tier) = (&terms.recipient.name, terms.product, terms.tier.label());
    let years = terms.years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    Text::new(
        format!("{name} får {} fra skjema {form} for {years}", tier.nb),
        format!("{name} gets {} of form {form} for {years}", tier.en),
    )
}

/// Everything that differs, by grant id and then in the order of a grant's fields.
#[must_use]
pub fn diff(old: &[GrantTerms], new: &[GrantTerms]) -> Vec<Change> {
    let by_id = |grants: &[GrantTerms]| -> BTreeMap<String, GrantTerms> {
        grants.iter().map(|grant| (grant.id.clone(), grant.clone())).collect()
    };
    let (old, new) = (by_id(old), by_id(new));
    let mut changes = Vec::new();
    let ids: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
    for id in ids {
        let kinds = match (old.get(id), new.get(id)) {
            (None, Some(grant)) => vec![ChangeKind::Added { gives: summary(grant) }],
            (Some(grant), None) => vec![ChangeKind::Removed { gave: summary(grant) }],
            (Some(before), Some(after)) => differing(before, after),
            (None, None) => Vec::new(),
        };
        changes.extend(kinds.into_iter().map(|kind| Change { grant_id: id.clone(), kind }));
    }
    changes
}

fn differing(before: &GrantTerms, after: &GrantTerms) -> Vec<ChangeKind> {
    facts(before)
        .into_iter()
        .zip(facts(after))
        .filter(|(before, after)| before.value != after.value)
        .map(|(before, after)| {
            let (field, label) = (after.field.to_owned(), after.label);
            match (before.value, after.value) {
                (Value::Several(before), Value::Several(after)) => ChangeKind::List {
                    field,
                    label,
                    added: after.difference(&before).cloned().collect(),
                    removed: before.difference(&after).cloned().collect(),
                },
                (before, after) => {
                    ChangeKind::Field { field, label, from: words(before), to: words(after) }
                }
            }
        })
        .collect()
}

fn words(value: Value) -> Text {
    match value {
        Value::One(text) => text,
        Value::Several(values) => {
            let values = values.into_iter().collect::<Vec<_>>().join(", ");
            Text::new(values.clone(), values)
        }
    }
}
