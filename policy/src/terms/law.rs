//! The legal side of a grant: statutes, the data protection regulation, chain and purpose.

use chrono::NaiveDate;
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
    /// The paragraph within the section (ledd): `2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paragraph: Option<String>,
    /// The letter or number within it (bokstav): `b`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub letter: Option<String>,
    /// SHA-256 of the text the decision was made on, hexadecimal; the register of statutes knows it.
    #[serde(default, alias = "text_sha256", skip_serializing_if = "Option::is_none")]
    pub text_sha256: Option<String>,
    /// The first day the provision is law.
    #[serde(default, alias = "valid_from", skip_serializing_if = "Option::is_none")]
    pub valid_from: Option<NaiveDate>,
    /// The last day, where its end is known.
    #[serde(default, alias = "valid_to", skip_serializing_if = "Option::is_none")]
    pub valid_to: Option<NaiveDate>,
}

impl StatuteRef {
    /// The provision's name in the register of statutes: `LOV-2009-05-29-30/10`.
    #[must_use]
    pub fn key(&self) -> String {
        statute_key(&self.lov, &self.section)
    }

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

/// The name a provision has in the register of statutes: Lovdata's id and the section without its sign and
/// its spaces, so that it can stand in an address.
#[must_use]
pub fn statute_key(lov: &str, section: &str) -> String {
    let section: String =
        section.chars().filter(|letter| letter.is_alphanumeric() || *letter == '-').collect();
    format!("{lov}/{section}")
}

impl std::fmt::Display for StatuteRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.act, self.section)?;
        if let Some(paragraph) = &self.paragraph {
            write!(f, " ledd {paragraph}")?;
        }
        if let Some(letter) = &self.letter {
            write!(f, " bokstav {letter}")?;
        }
        write!(f, " ({})", self.lov)
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
    /// Whether decisions about single persons may rest on the data.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub decides: bool,
}

/// What kind of basis a grant rests on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum BasisType {
    /// A provision of an act.
    #[default]
    Statute,
    /// A regulation, such as one made under forvaltningsloven § 13 g.
    Regulation,
    /// A decision that opens data for research.
    ResearchApproval,
    /// The consent of the persons.
    Consent,
}

impl BasisType {
    /// The kind in plain words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Statute => Text::new("lov", "statute"),
            Self::Regulation => Text::new("forskrift", "regulation"),
            Self::ResearchApproval => Text::new("vedtak for forskning", "research approval"),
            Self::Consent => Text::new("samtykke", "consent"),
        }
    }
}
