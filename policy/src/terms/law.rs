//! The legal side of a grant: statutes, the data protection regulation, chain and purpose.

use hjemmel_kostra::Text;
use serde::{Deserialize, Serialize};

/// One place in an act.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StatuteRef {
    /// The act's name: `husbankloven`.
    pub act: String,
    /// Lovdata's id: `LOV-2009-05-29-30`.
    pub lov: String,
    /// The section: `§ 10`.
    pub section: String,
    /// What in it carries the grant, in a few words.
    pub clause: String,
    /// Where to read it.
    pub url: String,
}

impl StatuteRef {
    /// Whether the id has Lovdata's shape, `LOV-YYYY-MM-DD` with an optional number.
    pub(super) fn has_lovdata_id(&self) -> bool {
        let mut parts = self.lov.split('-');
        let digits = |part: Option<&str>, length: std::ops::RangeInclusive<usize>| {
            part.is_some_and(|p| length.contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit()))
        };
        parts.next() == Some("LOV")
            && digits(parts.next(), 4..=4)
            && digits(parts.next(), 2..=2)
            && digits(parts.next(), 2..=2)
            && parts.next().is_none_or(|number| digits(Some(number), 1..=4))
            && parts.next().is_none()
    }
}

impl std::fmt::Display for StatuteRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.act, self.section, self.lov)
    }
}

/// Articles of the General Data Protection Regulation, by letter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Gdpr {
    /// Letter of article 6(1), `a` to `f`.
    pub art6: char,
    /// Letter of article 9(2), `a` to `j`, needed for special categories.
    #[serde(default)]
    pub art9: Option<char>,
    /// Whether article 10 (convictions and offences) is in play.
    #[serde(default)]
    pub art10: bool,
    /// Whether the safeguards of article 89 (research and statistics) apply.
    #[serde(default)]
    pub art89: bool,
}

/// How the data reached the holder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chain {
    /// As part of public administration.
    Administrative,
    /// For official statistics, under statistikkloven.
    Statistics,
}

impl Chain {
    /// Both chains.
    pub const ALL: [Self; 2] = [Self::Administrative, Self::Statistics];

    /// The word in grants and rules.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Administrative => "administrative",
            Self::Statistics => "statistics",
        }
    }

    /// The chain in plain words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Administrative => Text::new("forvaltning", "public administration"),
            Self::Statistics => Text::new("statistikk", "statistics"),
        }
    }
}

/// What kind of use it is; rules look at the kind, people at the words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PurposeClass {
    /// Deciding single persons' cases.
    CaseHandling,
    /// Controlling persons or reporting units.
    Control,
    /// Planning, analysis and governance without consequence for single persons.
    Planning,
    /// Producing official statistics.
    Statistics,
    /// Research.
    Research,
}

impl PurposeClass {
    /// Every kind.
    pub const ALL: [Self; 5] =
        [Self::CaseHandling, Self::Control, Self::Planning, Self::Statistics, Self::Research];

    /// The word in grants and rules.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::CaseHandling => "case-handling",
            Self::Control => "control",
            Self::Planning => "planning",
            Self::Statistics => "statistics",
            Self::Research => "research",
        }
    }

    /// The kind in plain words.
    #[must_use]
    pub fn label(self) -> Text {
        let (nb, en) = match self {
            Self::CaseHandling => ("saksbehandling", "case handling"),
            Self::Control => ("kontroll", "control"),
            Self::Planning => ("planlegging og analyse", "planning and analysis"),
            Self::Statistics => ("offisiell statistikk", "official statistics"),
            Self::Research => ("forskning", "research"),
        };
        Text::new(nb, en)
    }

    /// Whether the use acts on single persons or units.
    #[must_use]
    pub const fn acts_on_units(self) -> bool {
        matches!(self, Self::CaseHandling | Self::Control)
    }
}

/// What the data are for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Purpose {
    /// The word a caller may name: `labour-and-welfare-planning`.
    pub code: String,
    /// Its kind.
    pub class: PurposeClass,
    /// In words.
    pub text: Text,
    /// What the data may not be used for, whatever the purpose.
    #[serde(default, alias = "forbidden_uses")]
    pub forbidden_uses: Vec<Text>,
}
