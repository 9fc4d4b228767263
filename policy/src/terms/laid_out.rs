//! A grant laid out for a reader: every field that says something, by its name and in words.

use super::GrantTerms;
use super::facts::{EVERYTHING, Value, facts};
use hjemmel_kostra::Language;
use serde::Serialize;

/// One field of a grant in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Worded {
    /// The field, as in JSON.
    pub field: &'static str,
    /// Its name.
    pub label: String,
    /// What it says.
    pub text: String,
}

impl GrantTerms {
    /// Every field that says something, in the order a lawyer reads a grant.
    #[must_use]
    pub fn in_words(&self, language: Language) -> Vec<Worded> {
        let all = facts(self).into_iter().filter_map(|fact| {
            let text = match fact.value {
                Value::One(text) => text.in_language(language).to_owned(),
                Value::Several(values) if values.contains(EVERYTHING) => {
                    everything(fact.field, language).to_owned()
                }
                Value::Several(values) => values.into_iter().collect::<Vec<_>>().join(", "),
            };
            let says_something = !text.is_empty() && text != "–";
            let label = fact.label.in_language(language).to_owned();
            says_something.then_some(Worded { field: fact.field, label, text })
        });
        all.collect()
    }
}

fn everything(field: &str, language: Language) -> &'static str {
    match (field, language) {
        ("population", Language::Nb) => "hele landet",
        ("population", Language::En) => "the whole country",
        (_, Language::Nb) => "alle uten direkte identifikatorer",
        (_, Language::En) => "all but direct identifiers",
    }
}
