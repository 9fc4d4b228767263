//! What is to be counted, and at what price.

use super::Tree;
use hjemmel_kostra::Form;
use serde::{Deserialize, Serialize};

/// The most cells of one question, all levels together.
pub const MAX_CELLS: usize = 50_000;
/// The most records of one person that may be counted.
pub const MAX_BOUND: u32 = 1000;
/// The highest price of one question: ρ = 100.
pub const MAX_NANO_RHO: u64 = 100_000_000_000;

/// The largest clamp either way; sums of a whole register then fit in 64 bits.
const MAX_CLAMP: i64 = 1_000_000_000;
/// The most candidates of a quantile.
const MAX_CANDIDATES: u32 = 1001;
/// The most cells of a quantile times its candidates.
const MAX_SCORES: usize = 200_000;

/// The data a price is about: a form and a reporting year, whatever the edition is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Lineage {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
}

impl std::fmt::Display for Lineage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.form, self.year)
    }
}

/// Bounds that every value is moved into before it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Clamp {
    low: i64,
    high: i64,
}

impl Clamp {
    /// Bounds, both included.
    ///
    /// # Errors
    /// When they are reversed, equal or beyond a thousand million.
    pub fn new(low: i64, high: i64) -> Result<Self, PlanError> {
        let inside = |bound: i64| (-MAX_CLAMP..=MAX_CLAMP).contains(&bound);
        if low >= high || !inside(low) || !inside(high) {
            return Err(PlanError::Clamp { low, high });
        }
        Ok(Self { low, high })
    }

    /// The lowest value.
    #[must_use]
    pub const fn low(self) -> i64 {
        self.low
    }

    /// The highest value.
    #[must_use]
    pub const fn high(self) -> i64 {
        self.high
    }

    /// A value moved inside.
    pub(super) fn of(self, value: i64) -> i64 {
        value.clamp(self.low, self.high)
    }

    /// The whole number in the middle, or just below it.
    pub(super) const fn middle(self) -> i64 {
        (self.low + self.high).div_euclid(2)
    }

    /// The farthest a value can be from nothing.
    pub(super) fn reach(self) -> i64 {
        self.low.abs().max(self.high.abs())
    }

    /// The farthest a value can be from the middle.
    pub(super) fn reach_from_middle(self) -> i64 {
        (self.high - self.middle()).max(self.middle() - self.low)
    }
}

/// What is counted in every cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Different persons in a cell of the finest level; a coarser cell adds its finer ones up.
    Persons,
    /// Records.
    Records,
    /// The sum of clamped values.
    Sum(Clamp),
    /// The mean of clamped values: half the price for their number, half for their sum.
    Mean(Clamp),
    /// The value that so many ten thousandths of the values lie below, among evenly spaced candidates.
    Quantile {
        /// The lowest and highest candidate.
        clamp: Clamp,
        /// 5000 for the median.
        ten_thousandths: u16,
        /// How many candidates; 2 or more.
        candidates: u32,
    },
}

impl Measure {
    /// Whether records have a value that counts.
    #[must_use]
    pub const fn has_values(&self) -> bool {
        !matches!(self, Self::Persons | Self::Records)
    }

    /// The bounds of values, if there are any.
    #[must_use]
    pub const fn clamp(&self) -> Option<Clamp> {
        match self {
            Self::Persons | Self::Records => None,
            Self::Sum(clamp) | Self::Mean(clamp) | Self::Quantile { clamp, .. } => Some(*clamp),
        }
    }
}

/// The kind of promise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Guarantee {
    /// Zero-concentrated differential privacy: the discrete Gaussian.
    Concentrated,
    /// Pure differential privacy: the discrete Laplace. It costs the same and is less exact.
    Pure,
}

/// One question to one form and year, ready to be priced and answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    lineage: Lineage,
    tree: Tree,
    measure: Measure,
    bound: u32,
    nano_rho: u64,
    guarantee: Guarantee,
    non_negative: bool,
}

impl Plan {
    /// A plan under concentrated differential privacy that spends at most `nano_rho` billionths of ρ, counting at
    /// most `bound` records of one person.
    ///
    /// # Errors
    /// When a limit is passed; what is allowed stands in the error.
    pub fn new(
        lineage: Lineage,
        tree: Tree,
        measure: Measure,
        bound: u32,
        nano_rho: u64,
    ) -> Result<Self, PlanError> {
        if tree.sizes().contains(&0) {
            return Err(PlanError::NoCells);
        }
        if tree.cells() > MAX_CELLS {
            return Err(PlanError::TooManyCells { cells: tree.cells(), most: MAX_CELLS });
        }
        if !(1..=MAX_BOUND).contains(&bound) {
            return Err(PlanError::Bound { bound });
        }
        if let Measure::Quantile { ten_thousandths, candidates, .. } = measure {
            if ten_thousandths > 10_000 {
                return Err(PlanError::Quantile { ten_thousandths });
            }
            if !(2..=MAX_CANDIDATES).contains(&candidates) {
                return Err(PlanError::Candidates { candidates });
            }
            let most = MAX_SCORES / candidates as usize;
            if tree.cells() > most {
                return Err(PlanError::TooManyCells { cells: tree.cells(), most });
            }
        }
        let (guarantee, non_negative) = (Guarantee::Concentrated, false);
        Self { lineage, tree, measure, bound, nano_rho: 1, guarantee, non_negative }
            .costing(nano_rho)
    }

    /// The same question at another price.
    ///
    /// # Errors
    /// When the price is nothing or more than [`MAX_NANO_RHO`].
    pub fn costing(self, nano_rho: u64) -> Result<Self, PlanError> {
        if !(1..=MAX_NANO_RHO).contains(&nano_rho) {
            return Err(PlanError::Price { nano_rho });
        }
        Ok(Self { nano_rho, ..self })
    }

    /// The same question under another kind of promise.
    #[must_use]
    pub fn under(self, guarantee: Guarantee) -> Self {
        Self { guarantee, ..self }
    }

    /// The same question, with answers below nothing raised to nothing.
    ///
    /// # Errors
    /// When what is measured can be negative, or is no amount that parts add up to.
    pub fn non_negative(self) -> Result<Self, PlanError> {
        let can_be = match self.measure {
            Measure::Persons | Measure::Records => true,
            Measure::Sum(clamp) => clamp.low() >= 0,
            Measure::Mean(_) | Measure::Quantile { .. } => false,
        };
        if can_be { Ok(Self { non_negative: true, ..self }) } else { Err(PlanError::NonNegative) }
    }

    /// The data asked.
    #[must_use]
    pub const fn lineage(&self) -> Lineage {
        self.lineage
    }

    /// The cells.
    #[must_use]
    pub const fn tree(&self) -> &Tree {
        &self.tree
    }

    /// What is counted.
    #[must_use]
    pub const fn measure(&self) -> Measure {
        self.measure
    }

    /// The most records of one person that count.
    #[must_use]
    pub const fn bound(&self) -> u32 {
        self.bound
    }

    /// The most it may cost.
    #[must_use]
    pub const fn nano_rho(&self) -> u64 {
        self.nano_rho
    }

    /// The kind of promise.
    #[must_use]
    pub const fn guarantee(&self) -> Guarantee {
        self.guarantee
    }

    /// Whether answers below nothing are raised to nothing.
    #[must_use]
    pub const fn is_non_negative(&self) -> bool {
        self.non_negative
    }
}

/// Why a plan cannot be carried out. None of it depends on data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// There is nothing to count.
    #[error("the question has no cells")]
    NoCells,
    /// The cross is too large.
    #[error("the question has {cells} cells, and at most {most} are answered")]
    TooManyCells {
        /// Cells asked for.
        cells: usize,
        /// The most there may be.
        most: usize,
    },
    /// A level does not hang together with the one above.
    #[error("level {level} of the hierarchy does not lie within the level above")]
    Tree {
        /// The level, 0 being the coarsest.
        level: usize,
    },
    /// The contribution bound is absurd.
    #[error("a contribution bound is 1 to {MAX_BOUND}, not {bound}")]
    Bound {
        /// What was given.
        bound: u32,
    },
    /// The price is absurd.
    #[error("a price is 1 to {MAX_NANO_RHO} billionths of ρ, not {nano_rho}")]
    Price {
        /// What was given.
        nano_rho: u64,
    },
    /// The clamps are absurd.
    #[error("the clamps {low} to {high} are not two bounds in order within ±{MAX_CLAMP}")]
    Clamp {
        /// The lower one.
        low: i64,
        /// The higher one.
        high: i64,
    },
    /// The quantile is absurd.
    #[error("a quantile is 0 to 10000 ten thousandths, not {ten_thousandths}")]
    Quantile {
        /// What was given.
        ten_thousandths: u16,
    },
    /// The candidates are too few or too many.
    #[error("a quantile has 2 to {MAX_CANDIDATES} candidates, not {candidates}")]
    Candidates {
        /// What was given.
        candidates: u32,
    },
    /// The accuracy of a mean cannot be told before.
    #[error("the accuracy of a mean depends on how many values there are: state a price instead")]
    MeanAccuracy,
    /// The measure can be negative.
    #[error(
        "only numbers of persons and records and sums of values from 0 up can be kept from being negative"
    )]
    NonNegative,
}
