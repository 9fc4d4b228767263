//! Answers to anyone's questions: whole numbers with noise that hides any one person.
//!
//! The way of a question: a [`Plan`] says what is counted and what it may cost; [`price`] says what it does cost and
//! how exact the answer will be, and touches no data; [`pay`] reserves that price in a [`Ledger`], durably, and gives
//! [`Paid`], the only thing the registers read contributions for; [`draw`] opens what they sealed, adds noise and
//! gives a [`Release`](crate::Release). There is no way to give a price back.
//!
//! # Guarantee
//! The unit of privacy is one person's records in one form and year ([`Lineage`]). For any two editions that differ in
//! the records of one person, the answers to all questions ever paid for from that lineage are ρ-close
//! (zero-concentrated differential privacy), ρ being the sum of their prices. A record without a number that tells
//! whose it is counts as a person of its own: for those, the unit is one record. Time, and tables published
//! otherwise, are outside the guarantee.
//!
//! # Source
//! Bun and Steinke 2016 (zCDP); Canonne, Kamath and Steinke 2020 (the discrete Gaussian); every distribution and
//! every price is computed by `OpenDP`, which is used in this module alone. Held by
//! `numbers_of_persons_in_several_cells_are_private`, `levels_that_agree_are_private` and, so that the audit itself is
//! one, `a_bound_that_is_ignored_is_found`.

mod alone;
mod choice;
mod contribution;
mod ledger;
mod mechanism;
mod noisy;
mod plan;
mod price;
mod ratio;
mod release;
mod tree;

pub use alone::Alone;
pub use contribution::{Bounding, Contributions, Gathered, Part};
pub use ledger::{Bill, Charge, Ledger, Paid, Refusal, Reservation, pay};
pub use noisy::{MechanismUsed, Noisy, NoisyCell, NoisyLevel, Number, PostProcessing};
pub use plan::{
    Clamp, Guarantee, Lineage, MAX_BOUND, MAX_CELLS, MAX_NANO_RHO, Measure, Plan, PlanError,
};
pub use price::{DELTA, LevelPrice, PartPrice, Price, Quantity, epsilon, for_accuracy, price};
pub use release::{draw, rehearse};
pub use tree::Tree;

/// Why there is no noisy answer.
#[derive(Debug, thiserror::Error)]
pub enum NoiseError {
    /// The plan cannot be carried out.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// No price can be computed, or none that is finite.
    #[error("no finite price could be computed")]
    NoPrice,
    /// No budget buys the accuracy asked for.
    #[error("the accuracy asked for costs more than any question may")]
    TooExact,
    /// The ledger did not reserve the price.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// The data were not read for this plan.
    #[error("the data do not fit the question: {0}")]
    Mismatch(&'static str),
    /// The sampler failed, for want of randomness for instance. What was paid stays spent.
    #[error("noise could not be drawn: {0}")]
    Sampler(String),
}

#[cfg(test)]
mod tests;
