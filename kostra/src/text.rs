//! Words in the two languages every public text exists in.

pub mod nynorsk;

use serde::{Deserialize, Serialize};

/// A language the API answers in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// Bokmål, the default. Statbank's clients call it `no`.
    #[default]
    #[serde(alias = "no")]
    Nb,
    /// English.
    En,
}

/// One text in bokmål and in English.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Bokmål.
    pub nb: String,
    /// English.
    pub en: String,
}

impl Text {
    /// The same meaning in both languages.
    pub fn new(nb: impl Into<String>, en: impl Into<String>) -> Self {
        Self { nb: nb.into(), en: en.into() }
    }

    /// The text in one language.
    #[must_use]
    pub fn in_language(&self, language: Language) -> &str {
        match language {
            Language::Nb => &self.nb,
            Language::En => &self.en,
        }
    }
}
