//! What a question costs and how exact its answer will be, before any data are touched.

use super::{
    Clamp, Guarantee, Lineage, MAX_NANO_RHO, Measure, NoiseError, Plan, PlanError, Tree,
    choice::Choice,
    mechanism::{self, Additive, Cost},
    tree,
};
use serde::Serialize;
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

/// The δ at which ε is told.
pub const DELTA: f64 = 1e-6;

/// The share of cells whose interval may miss.
pub(super) const ALPHA: f64 = 0.05;
/// Prices whose ε is remembered.
const MOST_KNOWN: usize = 4096;
/// Billionths.
const NANO: f64 = 1e9;
/// Rounding to whole numbers that add up moves a value by less than two; see [`tree::whole`].
const ROUNDING: f64 = 2.0;

/// The price of a question to one form and year.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// What is charged.
    pub lineage: Lineage,
    /// Billionths of ρ, rounded up.
    pub nano_rho: u64,
    /// ε at `delta`.
    pub epsilon: f64,
    /// [`DELTA`]; 0 where the promise is pure.
    pub delta: f64,
    /// The parts the price is split over.
    pub parts: Vec<PartPrice>,
}

/// One of the quantities that are drawn.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct PartPrice {
    /// Which.
    pub quantity: Quantity,
    /// How exact it will be, level by level, the coarsest first.
    pub levels: Vec<LevelPrice>,
}

/// What an accuracy is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// A number of persons or records.
    Count,
    /// A sum; for a mean, of differences from the middle of the clamps.
    Sum,
    /// How many values lie between the true quantile and the one chosen.
    Rank,
}

/// The accuracy of one level; of its least exact cell where cells differ.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelPrice {
    /// Cells of the level.
    pub cells: usize,
    /// The scale of the noise before levels are made to agree.
    pub scale: f64,
    /// The standard deviation of the answer; none for a quantile.
    pub standard_deviation: Option<f64>,
    /// An interval this far either way holds the true value of one cell 95 times in 100.
    pub half_width95: f64,
    /// Intervals this far either way hold all cells of all levels at once 95 times in 100.
    pub simultaneous95: f64,
}

/// What is drawn for each level of a plan.
pub(super) enum Drawn {
    /// Numbers with noise.
    Numbers { quantity: Quantity, levels: Vec<Additive> },
    /// Quantiles.
    Quantiles { levels: Vec<Choice> },
}

impl Drawn {
    fn costs(&self) -> Result<Vec<Cost>, NoiseError> {
        match self {
            Self::Numbers { levels, .. } => levels.iter().map(|noise| noise.cost()).collect(),
            Self::Quantiles { levels } => levels.iter().map(Choice::cost).collect(),
        }
    }
}

/// What a plan draws, with the scales its price buys, and the price.
pub(super) struct Priced {
    pub drawn: Vec<Drawn>,
    pub price: Price,
}

/// The price of a plan and the accuracy it buys. Touches no data.
///
/// The price is split evenly over what is drawn (two quantities for a mean) and over the levels. Scales are rounded
/// up to nine binary digits, so that a question costs a little less than it may, and never more.
///
/// # Errors
/// When no finite price can be computed.
pub fn price(plan: &Plan) -> Result<Price, NoiseError> {
    Ok(priced(plan)?.price)
}

/// The cheapest plan like this one whose intervals for single cells of every level reach no further than `within`.
///
/// # Errors
/// When it would cost more than [`MAX_NANO_RHO`], no finite price can be computed, or the plan is for a mean, whose
/// accuracy depends on how many values there are.
pub fn for_accuracy(plan: &Plan, within: f64) -> Result<Plan, NoiseError> {
    if matches!(plan.measure(), Measure::Mean(_)) {
        return Err(PlanError::MeanAccuracy.into());
    }
    let fits = |nano_rho: u64| -> Result<bool, NoiseError> {
        let parts = parts(plan, &affordable(&plan.clone().costing(nano_rho)?)?.drawn)?;
        let mut levels = parts.iter().flat_map(|part| &part.levels);
        Ok(levels.all(|level| level.half_width95 <= within))
    };
    if !fits(MAX_NANO_RHO)? {
        return Err(NoiseError::TooExact);
    }
    // One in a thousand is near enough: nobody can tell the difference.
    let (mut short, mut enough) = (0, MAX_NANO_RHO);
    while enough - short > 1 + short / 1000 {
        let between = u64::try_from((u128::from(short) * u128::from(enough)).isqrt());
        let halfway = between.unwrap_or(short).clamp(short + 1, enough - 1);
        if fits(halfway)? { enough = halfway } else { short = halfway }
    }
    Ok(plan.clone().costing(enough)?)
}

/// ε at a δ for so many billionths of ρ.
///
/// # Errors
/// When `delta` is not a probability.
pub fn epsilon(nano_rho: u64, delta: f64) -> Result<f64, NoiseError> {
    // Finding it takes longer than all the rest of a price, and the same prices come again and again.
    static KNOWN: Mutex<BTreeMap<(u64, u64), f64>> = Mutex::new(BTreeMap::new());
    let asked = (nano_rho, delta.to_bits());
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(&epsilon) = known().get(&asked) {
        return Ok(epsilon);
    }
    let epsilon = mechanism::epsilon(rho(nano_rho), delta)?;
    let mut known = known();
    if known.len() >= MOST_KNOWN {
        known.clear();
    }
    known.insert(asked, epsilon);
    Ok(epsilon)
}

#[expect(clippy::cast_precision_loss, reason = "budgets stay far below 2^53")]
const fn rho(nano_rho: u64) -> f64 {
    nano_rho as f64 / NANO
}

/// A plan with its scales.
pub(super) fn priced(plan: &Plan) -> Result<Priced, NoiseError> {
    let Affordable { drawn, nano_rho, pure } = affordable(plan)?;
    let price = told(plan, &drawn, nano_rho, pure)?;
    Ok(Priced { drawn, price })
}

/// What a plan draws within its price, and what that costs.
struct Affordable {
    drawn: Vec<Drawn>,
    nano_rho: u64,
    pure: Option<f64>,
}

fn affordable(plan: &Plan) -> Result<Affordable, NoiseError> {
    let mut wider = 1.0;
    // Scales are rounded up, so the first round fits but for the last bits of the arithmetic.
    for _ in 0..8 {
        let drawn = drawn(plan, wider)?;
        let costs: Vec<Vec<Cost>> = drawn.iter().map(Drawn::costs).collect::<Result<_, _>>()?;
        let nano_rho = total(costs.iter().flatten().map(|cost| cost.rho))?;
        if nano_rho <= plan.nano_rho() {
            let pure = costs.iter().flatten().map(|cost| cost.pure).sum();
            return Ok(Affordable { drawn, nano_rho, pure });
        }
        wider *= 1.0 + 1.0 / 256.0;
    }
    Err(NoiseError::NoPrice)
}

/// Billionths that are enough for all.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "checked to be a positive number within range"
)]
fn total(costs: impl Iterator<Item = f64>) -> Result<u64, NoiseError> {
    let nano = mechanism::billionths(costs)?.ceil();
    if (1.0..1e18).contains(&nano) { Ok(nano as u64) } else { Err(NoiseError::NoPrice) }
}

/// The noise a plan's price buys, `wider` times the least there could be.
#[expect(clippy::cast_precision_loss, reason = "levels are few")]
fn drawn(plan: &Plan, wider: f64) -> Result<Vec<Drawn>, NoiseError> {
    let (levels, leaves) = (plan.tree().sizes().len(), plan.tree().leaves());
    let measure = plan.measure();
    // A person counts once in each cell of the finest level, so no oftener than there are such cells.
    let most = match measure {
        Measure::Persons => u32::try_from(leaves).map_or(plan.bound(), |all| all.min(plan.bound())),
        _ => plan.bound(),
    };
    let bound = f64::from(most);
    let part = |parts: usize| rho(plan.nano_rho()) / (parts * levels) as f64;
    let numbers = |quantity: Quantity, parts: usize, reach: f64| -> Result<Drawn, NoiseError> {
        let noise = |level: usize| {
            // Cells of the finest level may all lie in one cell above.
            let distinct = measure == Measure::Persons && level + 1 == levels;
            let whole = reach * if distinct { root(bound) } else { bound };
            let rho = part(parts) / (wider * wider);
            Ok(match plan.guarantee() {
                Guarantee::Concentrated => {
                    let scale = few_digits(whole / (2.0 * rho).sqrt())?;
                    Additive::Gaussian { scale, sensitivity: whole }
                }
                Guarantee::Pure => {
                    let sensitivity = reach * bound;
                    let scale = few_digits(sensitivity / (2.0 * rho).sqrt())?;
                    Additive::Laplace { scale, sensitivity }
                }
            })
        };
        let levels = (0..levels).map(noise).collect::<Result<_, NoiseError>>()?;
        Ok(Drawn::Numbers { quantity, levels })
    };
    Ok(match measure {
        Measure::Persons | Measure::Records => vec![numbers(Quantity::Count, 1, 1.0)?],
        Measure::Sum(clamp) => vec![numbers(Quantity::Sum, 1, clamp.reach() as f64)?],
        Measure::Mean(clamp) => vec![
            numbers(Quantity::Count, 2, 1.0)?,
            numbers(Quantity::Sum, 2, clamp.reach_from_middle() as f64)?,
        ],
        Measure::Quantile { clamp, ten_thousandths, candidates } => {
            let share = f64::from(ten_thousandths) / 1e4;
            let reach = bound * share.max(1.0 - share) / (2.0 * part(1)).sqrt();
            let pure = plan.guarantee() == Guarantee::Pure;
            let choice = Choice {
                candidates: spaced(clamp, candidates),
                ten_thousandths,
                scale: few_digits(wider * if pure { 2.0 * reach } else { reach })?,
                records: plan.bound(),
                pure,
            };
            vec![Drawn::Quantiles { levels: vec![choice; levels] }]
        }
    })
}

/// A square root, rounded up.
fn root(square: f64) -> f64 {
    let root = square.sqrt();
    if root.fract() == 0.0 { root } else { root.next_up() }
}

/// The least number with nine binary digits that is not below this one.
#[expect(clippy::cast_possible_truncation, reason = "the exponent of a finite number is small")]
fn few_digits(scale: f64) -> Result<f64, NoiseError> {
    let step = 2.0_f64.powi(scale.log2().floor() as i32 - 8);
    let rounded = (scale / step).ceil() * step;
    let is_scale = rounded.is_finite() && rounded > 0.0 && rounded >= scale;
    if is_scale { Ok(rounded) } else { Err(NoiseError::NoPrice) }
}

/// Whole numbers from the lower to the higher clamp, evenly spaced.
fn spaced(clamp: Clamp, candidates: u32) -> Vec<i64> {
    let (steps, width) = (i64::from(candidates) - 1, clamp.high() - clamp.low());
    let mut all: Vec<i64> =
        (0..=steps).map(|step| clamp.low() + (width * step + steps / 2) / steps).collect();
    all.dedup();
    all
}

/// What is told of a plan's price.
fn told(
    plan: &Plan,
    drawn: &[Drawn],
    nano_rho: u64,
    pure: Option<f64>,
) -> Result<Price, NoiseError> {
    let (epsilon, delta) = match pure {
        Some(pure) => (pure, 0.0),
        None => (epsilon(nano_rho, DELTA)?, DELTA),
    };
    let parts = parts(plan, drawn)?;
    Ok(Price { lineage: plan.lineage(), nano_rho, epsilon, delta, parts })
}

fn parts(plan: &Plan, drawn: &[Drawn]) -> Result<Vec<PartPrice>, NoiseError> {
    drawn.iter().map(|drawn| accuracy(plan.tree(), drawn)).collect()
}

fn accuracy(tree: &Tree, drawn: &Drawn) -> Result<PartPrice, NoiseError> {
    let sizes = tree.sizes().iter().copied();
    match drawn {
        Drawn::Numbers { quantity, levels } => {
            let noise: Vec<f64> = levels.iter().map(|noise| noise.variance()).collect();
            let after = tree::variances(tree, &noise);
            let widest = after.iter().map(|cells| cells.iter().copied().fold(0.0, f64::max));
            let each = levels.iter().zip(sizes).zip(widest);
            let levels = each.map(|((noise, cells), variance)| {
                let [half_width95, simultaneous95] = widths(tree, *noise, variance)?;
                let standard_deviation = Some(variance.sqrt());
                let scale = noise.scale();
                Ok(LevelPrice { cells, scale, standard_deviation, half_width95, simultaneous95 })
            });
            Ok(PartPrice {
                quantity: *quantity,
                levels: levels.collect::<Result<_, NoiseError>>()?,
            })
        }
        Drawn::Quantiles { levels } => {
            let levels = levels.iter().zip(sizes).map(|(choice, cells)| {
                let [half_width95, simultaneous95] =
                    alphas(tree).map(|alpha| choice.half_width(alpha));
                let (scale, standard_deviation) = (choice.scale, None);
                LevelPrice { cells, scale, standard_deviation, half_width95, simultaneous95 }
            });
            Ok(PartPrice { quantity: Quantity::Rank, levels: levels.collect() })
        }
    }
}

/// How far the intervals of a cell reach: its own, and where all cells are to be held at once.
fn widths(tree: &Tree, noise: Additive, variance: f64) -> Result<[f64; 2], NoiseError> {
    let [own, all] = alphas(tree);
    let reach = |alpha| width(tree, noise, variance, alpha);
    let own_reach = reach(own)?;
    // A single cell is all cells.
    Ok([own_reach, if all < own { reach(all)? } else { own_reach }])
}

/// How far a number of this variance is off but for this probability.
pub(super) fn width(
    tree: &Tree,
    noise: Additive,
    variance: f64,
    alpha: f64,
) -> Result<f64, NoiseError> {
    if tree.sizes().len() == 1 {
        return noise.half_width(alpha);
    }
    Ok((noise.half_width_of_mix(variance.sqrt(), alpha)? + ROUNDING).floor())
}

/// The probability that a cell's interval misses: its own, and where all cells are to be held at once.
pub(super) fn alphas(tree: &Tree) -> [f64; 2] {
    [ALPHA, ALPHA / count(tree)]
}

#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn count(tree: &Tree) -> f64 {
    tree.cells().max(1) as f64
}
