//! The forms (skjema) municipalities report on, and what they are set against.

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
    /// The accounts of the municipality, of which function 281 (social assistance) is delivered here.
    #[serde(rename = "0A")]
    F0A,
    /// The indicators of social assistance by month.
    #[serde(rename = "11M")]
    F11M,
    /// An extract of the national introduction register, which form 11B is set against.
    #[serde(rename = "NIR")]
    Nir,
}

impl Form {
    /// Every form: those of a year in the order of their numbers, then what is set against them.
    pub const ALL: [Self; 10] = [
        Self::F7,
        Self::F7B,
        Self::F11,
        Self::F11B,
        Self::F11C,
        Self::F12,
        Self::F13,
        Self::F0A,
        Self::F11M,
        Self::Nir,
    ];

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
            Self::F0A => "0A",
            Self::F11M => "11M",
            Self::Nir => "NIR",
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
            Self::F0A => "skjema-0A",
            Self::F11M => "skjema-11M",
            Self::Nir => "nir",
        }
    }

    /// The forms whose tables of a year show a part or the whole of what this one's do, so that they must be protected
    /// with each other in mind.
    #[must_use]
    pub const fn beside(self) -> &'static [Self] {
        match self {
            Self::F11 | Self::F11C => &[Self::F11M],
            Self::F11M => &[Self::F11, Self::F11C],
            _ => &[],
        }
    }

    /// The form of a dataset id, or of a form number (`11`, `11F`, `11CF`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = text.strip_prefix("skjema-").unwrap_or(text);
        let number = if number == "nir" { "NIR" } else { number };
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
