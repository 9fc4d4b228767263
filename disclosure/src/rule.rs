//! What must not be shown, and what an attacker is taken to know.

use serde::{Deserialize, Serialize};

/// Whether a count of nobody is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Zeros {
    /// Zeros are always shown, so everybody knows that a withheld count is at least one.
    Shown,
    /// Zeros are withheld like other small counts.
    Protected,
}

/// Small counts are withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SmallCount {
    /// The smallest count that may be shown.
    pub threshold: u64,
    /// What happens to zeros.
    pub zeros: Zeros,
}

/// A cell a few contributors make up is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dominance {
    /// How many of the largest contributors are taken together.
    pub leaders: usize,
    /// The share of the cell at which they dominate it, in hundredths of a percent.
    pub basis_points: u64,
}

/// What is withheld, and how sure the rest must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Counts below a threshold.
    pub small_count: Option<SmallCount>,
    /// Cells with at least one and at most this many distinct contributors.
    pub few_contributors: Option<u64>,
    /// Cells dominated by their largest contributors; any of them is enough.
    pub dominance: Vec<Dominance>,
    /// Cells whose largest contributor the second largest could estimate closer than this, in hundredths
    /// of a percent of the largest contribution.
    pub p_percent: Option<u64>,
    /// Whether zeros that are not protected themselves may be withheld to protect other cells; otherwise
    /// they are always shown, and everybody knows that.
    pub secondary_zeros: bool,
    /// How many values a withheld primary count must be able to have.
    pub min_feasible: u64,
    /// Whether single contributors who subtract themselves are among the attackers.
    pub insiders: bool,
    /// Whether readers who know that nothing is negative and counts are whole are among the attackers.
    #[serde(default = "yes")]
    pub bounds: bool,
}

const fn yes() -> bool {
    true
}

impl Default for Rule {
    /// Fewer than four persons are withheld, zeros are shown, three values must stay possible.
    fn default() -> Self {
        Self {
            small_count: Some(SmallCount { threshold: 4, zeros: Zeros::Shown }),
            few_contributors: None,
            dominance: Vec::new(),
            p_percent: None,
            secondary_zeros: false,
            min_feasible: 3,
            insiders: true,
            bounds: true,
        }
    }
}

impl Rule {
    /// The least value everybody knows a withheld count to have.
    #[must_use]
    pub fn least_withheld(&self) -> i64 {
        let shown = self.small_count.is_some_and(|s| s.zeros == Zeros::Shown);
        i64::from(shown && !self.secondary_zeros)
    }
}

/// What becomes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It is published.
    Shown,
    /// It is withheld because of what it is.
    Primary,
    /// It is withheld because it would give others away.
    Secondary,
}

/// Why a cell is withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// The count is below the threshold.
    SmallCount,
    /// Too few contributors stand behind it.
    FewContributors,
    /// Its largest contributors make up too much of it.
    Dominance,
    /// A contributor could estimate another too closely.
    PPercent,
    /// It is the same number as a withheld cell.
    SameCell,
    /// With it a withheld cell could be computed.
    Algebra,
    /// With it a withheld cell would have too few possible values.
    Interval,
    /// With it a contributor could compute a withheld cell.
    Insider,
    /// It was withheld in an earlier publication.
    Earlier,
}

impl Reason {
    /// The word in reports and files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SmallCount => "small-count",
            Self::FewContributors => "few-contributors",
            Self::Dominance => "dominance",
            Self::PPercent => "p-percent",
            Self::SameCell => "same-cell",
            Self::Algebra => "algebra",
            Self::Interval => "interval",
            Self::Insider => "insider",
            Self::Earlier => "earlier",
        }
    }
}
