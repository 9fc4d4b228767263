//! What an answer says: values, how far they may be off, what was done to them and what it cost.

use super::{Clamp, Guarantee, Lineage};
use serde::Serialize;

/// The answer to one plan.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Noisy {
    /// The data asked.
    pub lineage: Lineage,
    /// All levels, the coarsest first, in the order of the plan's cells.
    pub levels: Vec<NoisyLevel>,
    /// How the noise was made.
    pub mechanism: MechanismUsed,
    /// The most records of one person that count.
    pub contribution_bound: u32,
    /// The bounds values were moved into.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clamp: Option<Clamp>,
    /// Billionths of ρ spent.
    pub nano_rho: u64,
    /// The same as ε at `delta`.
    pub epsilon: f64,
    /// The δ of `epsilon`; 0 where the promise is pure.
    pub delta: f64,
    /// What was done to the noisy numbers afterwards, which costs nothing.
    pub post_processing: Vec<PostProcessing>,
}

/// Cells of one level.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoisyLevel {
    /// Intervals this far either way hold all cells of all levels at once 95 times in 100; none for means, whose intervals
    /// differ, and quantiles.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub simultaneous_half_width: Option<f64>,
    /// For a quantile, this many values at most lie between the true and the chosen one, 95 times in 100, beside
    /// what candidates leave out: of one cell, and of all cells of all levels at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rank_half_widths: Option<[f64; 2]>,
    /// The cells.
    pub cells: Vec<NoisyCell>,
}

/// One cell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NoisyCell {
    /// The value; none for a mean of too few values to tell.
    pub value: Option<Number>,
    /// Its standard deviation; none for a quantile.
    pub standard_deviation: Option<f64>,
    /// Holds the true value 95 times in 100; none for a quantile.
    pub interval95: Option<[f64; 2]>,
    /// Intervals like this hold all cells of all levels at once 95 times in 100; none for a quantile.
    pub simultaneous95: Option<[f64; 2]>,
}

/// A number, whole where it counts or adds up.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Number {
    /// A count, a sum or a quantile.
    Whole(i64),
    /// A mean.
    Real(f64),
}

/// How noise was made.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct MechanismUsed {
    /// `discrete-gaussian`, `discrete-laplace`, or `private-quantile`.
    pub name: &'static str,
    /// The kind of promise.
    pub guarantee: Guarantee,
    /// The scales, by quantity and level.
    pub scales: Vec<Vec<f64>>,
}

/// What was done after the noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PostProcessing {
    /// Levels were made to agree by weighted least squares, and rounded so that they add up exactly.
    Consistent,
    /// Values below nothing were raised, and those that add up with them lowered; intervals are those from before.
    NonNegative,
    /// A mean was made of a noisy sum and a noisy number; its interval is approximate.
    Ratio,
}
