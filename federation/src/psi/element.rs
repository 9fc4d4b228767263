//! What is compared of each person: who it is, or who it is together with what is said of them.

use hjemmel_kostra::agreement::Variable;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// One thing that is compared of each person, with a set of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Element {
    /// Who it is.
    Person,
    /// Who it is, from which day to which.
    Dates,
    /// Who it is, and the benefit.
    Benefit,
    /// Who it is, from which day to which, and the benefit.
    DatesAndBenefit,
}

impl Element {
    /// What is compared where these variables are: the persons first.
    #[must_use]
    pub fn of(variables: &BTreeSet<Variable>) -> Vec<Self> {
        let all = [Self::Person, Self::Dates, Self::Benefit, Self::DatesAndBenefit];
        let is_compared =
            |element: &Self| element.variables().iter().all(|v| variables.contains(v));
        all.into_iter().filter(is_compared).collect()
    }

    /// What must be known of each person.
    #[must_use]
    pub const fn variables(self) -> &'static [Variable] {
        match self {
            Self::Person => &[],
            Self::Dates => &[Variable::Dates],
            Self::Benefit => &[Variable::Benefit],
            Self::DatesAndBenefit => &Variable::ALL,
        }
    }

    /// What its points are bound to, besides the comparison; persons alone are bound to that.
    pub(super) const fn word(self) -> Option<&'static [u8]> {
        match self {
            Self::Person => None,
            Self::Dates => Some(b"dates"),
            Self::Benefit => Some(b"benefit"),
            Self::DatesAndBenefit => Some(b"dates-and-benefit"),
        }
    }
}
