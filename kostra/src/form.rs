//! The forms (skjema) municipalities report on.

use serde::{Deserialize, Serialize};

/// One KOSTRA form. Its records over the years are one dataset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Form {
    /// Staffing of the social services.
    #[serde(rename = "7")]
    F7,
    /// Crisis centres.
    #[serde(rename = "7B")]
    F7B,
    /// Social assistance (økonomisk sosialhjelp); the record file is called 11F.
    #[serde(rename = "11")]
    F11,
    /// Introduction benefit.
    #[serde(rename = "11B")]
    F11B,
    /// The qualification programme (KVP); the record file is called 11CF.
    #[serde(rename = "11C")]
    F11C,
    /// Benefit rates.
    #[serde(rename = "12")]
    F12,
    /// Municipal housing.
    #[serde(rename = "13")]
    F13,
}

impl Form {
    /// Every form, in the order of their numbers.
    pub const ALL: [Self; 7] =
        [Self::F7, Self::F7B, Self::F11, Self::F11B, Self::F11C, Self::F12, Self::F13];

    /// The number as municipalities write it: `11`, `11C`.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::F7 => "7",
            Self::F7B => "7B",
            Self::F11 => "11",
            Self::F11B => "11B",
            Self::F11C => "11C",
            Self::F12 => "12",
            Self::F13 => "13",
        }
    }

    /// The id of the form's dataset: `skjema-11`.
    #[must_use]
    pub const fn dataset(self) -> &'static str {
        match self {
            Self::F7 => "skjema-7",
            Self::F7B => "skjema-7B",
            Self::F11 => "skjema-11",
            Self::F11B => "skjema-11B",
            Self::F11C => "skjema-11C",
            Self::F12 => "skjema-12",
            Self::F13 => "skjema-13",
        }
    }

    /// The form of a dataset id, or of a form number (`11`, `11F`, `11CF`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix("skjema-").unwrap_or(text);
        let number = match number {
            "11F" => "11",
            "11CF" => "11C",
            other => other,
        };
        Self::ALL.into_iter().find(|form| form.number() == number)
    }
}

impl std::fmt::Display for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.number())
    }
}
