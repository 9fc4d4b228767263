//! What can be wrong with a question, in words that say what is near.

use super::{MOST_BINS, MOST_CELLS, MOST_FILTERS, MOST_GROUPS};
use crate::Text;

/// Why a question cannot be answered. Nothing was read and nothing is charged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Mistake {
    /// Something named does not exist.
    #[error("unknown {what} `{given}`")]
    Unknown {
        /// What kind of thing.
        what: What,
        /// The caller's word, cut short.
        given: String,
        /// The nearest that exists.
        nearest: Option<String>,
        /// All that exist, where they are few.
        known: Vec<String>,
    },
    /// A number stands where only what has a code list can.
    #[error("`{0}` is a number")]
    IsNumber(String),
    /// What has a code list stands where only a number can.
    #[error("`{0}` is coded")]
    IsCoded(String),
    /// The dataset holds nothing that questions are answered from.
    #[error("dataset `{0}` is not open for questions")]
    NotOpen(String),
    /// A member is missing, or two exclude each other.
    #[error("{}", .0.en)]
    Shape(Text),
    /// A number is outside what it can be.
    #[error("`{member}` is out of range")]
    Range {
        /// The member.
        member: &'static str,
        /// What it can be.
        allowed: Text,
    },
    /// The cross of code lists is larger than one answer may be.
    #[error("{cells} cells")]
    TooManyCells {
        /// How many cells it has.
        cells: usize,
    },
    /// There are more groups, conditions or intervals than a question may have.
    #[error("too many")]
    TooMany(What),
}

/// The kinds of thing a question names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A dataset.
    Dataset,
    /// A year.
    Year,
    /// A variable.
    Variable,
    /// A number.
    Amount,
    /// A level of a variable.
    Level,
    /// A code of a variable.
    Code,
    /// What to count.
    Counted,
    /// Variables to group by.
    Groups,
    /// Conditions.
    Filters,
    /// Intervals of a histogram.
    Bins,
}

impl What {
    fn text(self) -> Text {
        match self {
            Self::Dataset => Text::new("datasettet", "dataset"),
            Self::Year => Text::new("årgangen", "year"),
            Self::Variable => Text::new("variabelen", "variable"),
            Self::Amount => Text::new("tallvariabelen", "numeric variable"),
            Self::Level => Text::new("nivået", "level"),
            Self::Code => Text::new("koden", "code"),
            Self::Counted => Text::new("tellingen", "count"),
            Self::Groups => Text::new("variabler å gruppere etter", "variables to group by"),
            Self::Filters => Text::new("vilkår", "conditions"),
            Self::Bins => Text::new("intervaller", "intervals"),
        }
    }
}

impl std::fmt::Display for What {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl Mistake {
    /// Something that does not exist among what does.
    pub(super) fn unknown<'a>(
        what: What,
        given: &str,
        known: impl Iterator<Item = &'a str> + Clone,
    ) -> Self {
        // Variables are looked for by whoever does not know them yet; codes may be hundreds.
        let most = if what == What::Variable { 40 } else { 12 };
        let shown: Vec<String> = known.clone().take(most + 1).map(str::to_owned).collect();
        Self::Unknown {
            what,
            given: given.chars().take(80).collect(),
            nearest: nearest(given, known).map(str::to_owned),
            known: if shown.len() > most { Vec::new() } else { shown },
        }
    }

    pub(super) fn shape(nb: impl Into<String>, en: impl Into<String>) -> Self {
        Self::Shape(Text::new(nb, en))
    }

    /// What is wrong and what to do, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Unknown { what, given, nearest, known } => {
                unknown(*what, given, nearest.as_deref(), known)
            }
            Self::IsNumber(column) => Text::new(
                format!(
                    "`{column}` er et tall uten kodeliste: bruk det i et vilkår med `from` og `to`, eller som mål (`sum`, `mean`, `median`, `quantile`, `histogram`)"
                ),
                format!(
                    "`{column}` is a number without a code list: use it in a condition with `from` and `to`, or as the measure (`sum`, `mean`, `median`, `quantile`, `histogram`)"
                ),
            ),
            Self::IsCoded(column) => Text::new(
                format!(
                    "`{column}` har en kodeliste og er ikke et tall: grupper etter den, eller bruk den i et vilkår med `codes`"
                ),
                format!(
                    "`{column}` has a code list and is not a number: group by it, or use it in a condition with `codes`"
                ),
            ),
            Self::NotOpen(dataset) => Text::new(
                format!(
                    "det kan ikke stilles spørsmål til `{dataset}`; skjema-11 og skjema-11C er åpne for spørsmål"
                ),
                format!("`{dataset}` is not open for questions; skjema-11 and skjema-11C are"),
            ),
            Self::Shape(text) => text.clone(),
            Self::Range { member, allowed } => Text::new(
                format!("`{member}` må være {}", allowed.nb),
                format!("`{member}` must be {}", allowed.en),
            ),
            Self::TooManyCells { cells } => Text::new(
                format!(
                    "krysset har {cells} celler; ett svar kan ha {MOST_CELLS}. Velg grovere nivåer eller færre variabler."
                ),
                format!(
                    "the cross has {cells} cells; one answer may have {MOST_CELLS}. Choose coarser levels or fewer variables."
                ),
            ),
            Self::TooMany(what) => {
                let most = match what {
                    What::Groups => MOST_GROUPS,
                    What::Bins => MOST_BINS,
                    _ => MOST_FILTERS,
                };
                let name = what.text();
                Text::new(
                    format!("et spørsmål kan ha {most} {}", name.nb),
                    format!("a question may have {most} {}", name.en),
                )
            }
        }
    }
}

fn unknown(what: What, given: &str, nearest: Option<&str>, known: &[String]) -> Text {
    let what = what.text();
    let (near_nb, near_en) = match nearest {
        Some(near) => (format!("; nærmest er `{near}`"), format!("; the nearest is `{near}`")),
        None => (String::new(), String::new()),
    };
    let (all_nb, all_en) = if known.is_empty() {
        (String::new(), String::new())
    } else {
        let known = known.join(", ");
        (format!(" (finnes: {known})"), format!(" (there are: {known})"))
    };
    Text::new(
        format!("{} `{given}` finnes ikke{near_nb}{all_nb}", what.nb),
        format!("there is no {} `{given}`{near_en}{all_en}", what.en),
    )
}

/// The name that comes nearest, if any comes near.
#[must_use]
pub fn nearest<'a>(given: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let given: String = given.chars().take(80).collect::<String>().to_lowercase();
    known
        .map(|name| (strsim::normalized_damerau_levenshtein(&given, &name.to_lowercase()), name))
        .filter(|(likeness, _)| *likeness >= 0.5)
        .max_by(|one, other| one.0.total_cmp(&other.0).then(other.1.cmp(one.1)))
        .map(|(_, name)| name)
}
