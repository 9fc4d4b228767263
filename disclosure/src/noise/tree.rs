//! Levels of cells where finer ones add up to coarser ones, and how noisy levels are made to agree.
//!
//! # Source
//! Hay, Rastogi, Miklau and Suciu 2010, section 4: two passes give the weighted least squares estimate in a tree.
//! The spread of each estimate follows from the same passes, as in a Rauch–Tung–Striebel smoother.

use super::{MAX_CELLS, PlanError};

/// Cells in levels, the coarsest first. A flat question has one level.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    sizes: Vec<usize>,
    /// For every level but the coarsest, the cell above each cell.
    parents: Vec<Vec<u32>>,
}

impl Tree {
    /// Cells that do not add up to each other.
    #[must_use]
    pub fn flat(cells: usize) -> Self {
        Self { sizes: vec![cells], parents: Vec::new() }
    }

    /// Regions in levels, each crossed with the same `across` cells; region `r` and cell `a` make cell
    /// `r * across + a`. `parents` has, for every level below the coarsest, the region above each region.
    ///
    /// # Errors
    /// When a region lies in none above, or one above holds none.
    pub fn crossed(
        coarsest: usize,
        parents: &[Vec<u32>],
        across: usize,
    ) -> Result<Self, PlanError> {
        let regions = parents.iter().map(Vec::len).fold(coarsest, usize::saturating_add);
        let cells = regions.saturating_mul(across);
        if cells > MAX_CELLS {
            return Err(PlanError::TooManyCells { cells, most: MAX_CELLS });
        }
        let (mut sizes, mut spread) = (vec![coarsest * across], Vec::with_capacity(parents.len()));
        let mut above = coarsest;
        for (at, regions) in parents.iter().enumerate() {
            let level = at + 1;
            let mut held = vec![false; above];
            for &parent in regions {
                *held.get_mut(parent as usize).ok_or(PlanError::Tree { level })? = true;
            }
            if held.contains(&false) {
                return Err(PlanError::Tree { level });
            }
            let wide = u32::try_from(across).map_err(|_| PlanError::Tree { level })?;
            let cells = |&region: &u32| (0..wide).map(move |a| region * wide + a);
            spread.push(regions.iter().flat_map(cells).collect());
            sizes.push(regions.len() * across);
            above = regions.len();
        }
        Ok(Self { sizes, parents: spread })
    }

    /// Cells of every level.
    #[must_use]
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// Cells of all levels.
    #[must_use]
    pub fn cells(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// Cells of the finest level.
    #[must_use]
    pub fn leaves(&self) -> usize {
        self.sizes.last().copied().unwrap_or_default()
    }

    /// The cell above each cell of a level; nothing at the coarsest.
    #[must_use]
    pub fn parents(&self, level: usize) -> Option<&[u32]> {
        self.parents.get(level.checked_sub(1)?).map(Vec::as_slice)
    }

    /// All levels, from the numbers of the finest.
    pub(super) fn totals(&self, leaves: Vec<i64>) -> Vec<Vec<i64>> {
        let mut levels = vec![leaves];
        for (parents, size) in self.parents.iter().zip(&self.sizes).rev() {
            let finer = levels.last().map(Vec::as_slice).unwrap_or_default();
            levels.push(summed(finer, parents, *size));
        }
        levels.reverse();
        levels
    }
}

/// Sums of the cells below each cell of a level with so many.
fn summed<T: Copy + Default + std::ops::AddAssign>(
    finer: &[T],
    parents: &[u32],
    size: usize,
) -> Vec<T> {
    let mut sums = vec![T::default(); size];
    for (value, parent) in finer.iter().zip(parents) {
        if let Some(sum) = sums.get_mut(*parent as usize) {
            *sum += *value;
        }
    }
    sums
}

fn at(values: &[f64], index: u32) -> f64 {
    values.get(index as usize).copied().unwrap_or_default()
}

/// Numbers by level and cell.
pub(super) type Levels<T> = Vec<Vec<T>>;

/// Spread of the bottom-up estimates, then of the final ones, and of what lies below each cell.
struct Spread {
    upward: Levels<f64>,
    below: Levels<f64>,
    after: Levels<f64>,
}

/// The spread of every cell, from the variance of the noise of each level.
fn spread(tree: &Tree, noise: &[f64]) -> Spread {
    let levels = tree.sizes.len();
    let mut upward: Levels<f64> = Vec::with_capacity(levels);
    let mut below: Levels<f64> = Vec::with_capacity(levels);
    for (level, (size, own)) in tree.sizes.iter().zip(noise).enumerate().rev() {
        let parents = tree.parents(level + 1);
        let finer = upward.last().zip(parents);
        let sums = finer.map(|(finer, parents)| summed(finer, parents, *size));
        let joined = match &sums {
            Some(sums) => sums.iter().map(|sum| own * sum / (own + sum)).collect(),
            None => vec![*own; *size],
        };
        upward.push(joined);
        below.push(sums.unwrap_or_default());
    }
    upward.reverse();
    below.reverse();
    let mut after: Levels<f64> = Vec::with_capacity(levels);
    for (level, upward) in upward.iter().enumerate() {
        let above = tree.parents(level).zip(after.last()).zip(below.get(level.wrapping_sub(1)));
        let Some(((parents, above), sums)) = above else {
            after.push(upward.clone());
            continue;
        };
        let smoothed = upward.iter().zip(parents).map(|(own, &parent)| {
            let (sum, above) = (at(sums, parent), at(above, parent));
            let share = own / sum;
            own - share * share * (sum - above)
        });
        after.push(smoothed.collect());
    }
    Spread { upward, below, after }
}

/// The variance of every cell once the levels agree.
pub(super) fn variances(tree: &Tree, noise: &[f64]) -> Levels<f64> {
    spread(tree, noise).after
}

/// What [`consistent`] gives: estimates that add up but for rounding, and their variances.
pub(super) struct Estimates {
    pub values: Levels<f64>,
    pub variances: Levels<f64>,
    /// Weights by which a cell takes part in what its parent gains.
    shares: Levels<f64>,
}

/// The weighted least squares estimate, given the variance of the noise of each level.
///
/// # Guarantee
/// Post-processing: it sees noisy numbers alone and costs no privacy.
#[expect(clippy::cast_precision_loss, reason = "whole numbers stay below 2^53 but for absurd sums")]
pub(super) fn consistent(tree: &Tree, drawn: &[Vec<i64>], noise: &[f64]) -> Estimates {
    let Spread { upward, below, after } = spread(tree, noise);
    let levels = tree.sizes.len();
    let mut raised: Levels<f64> = Vec::with_capacity(levels);
    let mut sums: Levels<f64> = Vec::with_capacity(levels);
    for (level, (own, noise)) in drawn.iter().zip(noise).enumerate().rev() {
        let own: Vec<f64> = own.iter().map(|&value| value as f64).collect();
        let finer = raised.last().zip(tree.parents(level + 1));
        let Some((finer, parents)) = finer else {
            raised.push(own);
            sums.push(Vec::new());
            continue;
        };
        let sum = summed(finer, parents, own.len());
        let spreads = below.get(level).map(Vec::as_slice).unwrap_or_default();
        let joined = own.iter().zip(&sum).zip(spreads);
        let joined =
            joined.map(|((own, sum), spread)| (own * spread + sum * noise) / (spread + noise));
        raised.push(joined.collect());
        sums.push(sum);
    }
    raised.reverse();
    sums.reverse();
    let mut values: Levels<f64> = Vec::with_capacity(levels);
    let mut shares: Levels<f64> = Vec::with_capacity(levels);
    for (level, raised) in raised.iter().enumerate() {
        let index = level.wrapping_sub(1);
        let above =
            tree.parents(level).zip(values.last()).zip(sums.get(index).zip(below.get(index)));
        let Some(((parents, above), (sums, spreads))) = above else {
            values.push(raised.clone());
            shares.push(vec![1.0; raised.len()]);
            continue;
        };
        let own = upward.get(level).map(Vec::as_slice).unwrap_or_default();
        let share: Vec<f64> =
            own.iter().zip(parents).map(|(own, &parent)| own / at(spreads, parent)).collect();
        let lowered = raised.iter().zip(parents).zip(&share);
        let lowered = lowered.map(|((value, &parent), share)| {
            value + share * (at(above, parent) - at(sums, parent))
        });
        let lowered = lowered.collect();
        values.push(lowered);
        shares.push(share);
    }
    Estimates { values, variances: after, shares }
}

/// Whole numbers near the estimates such that finer cells add up to coarser ones exactly.
///
/// The coarsest level is rounded to the nearest. From there down, what rounding moved a cell by is shared among the
/// cells below it; they are rounded down, and the ones with the largest remainders up again, until they add up. So a
/// value moves by less than one, and by a share of what the cell above it moved.
///
/// With `non_negative`, the values of the cells below a cell are first moved to the nearest ones, in their own
/// measure of spread, that are not negative and still add up.
pub(super) fn whole(tree: &Tree, estimates: &Estimates, non_negative: bool) -> Levels<i64> {
    let mut rounded: Levels<i64> = Vec::with_capacity(tree.sizes.len());
    for (level, values) in estimates.values.iter().enumerate() {
        let Some((parents, above)) = tree.parents(level).zip(rounded.last()) else {
            let nearest =
                |value: &f64| to_whole(value.round()).max(if non_negative { 0 } else { i64::MIN });
            rounded.push(values.iter().map(nearest).collect());
            continue;
        };
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by_key(|&cell| parents.get(cell));
        let shares = estimates.shares.get(level).map(Vec::as_slice).unwrap_or_default();
        let mut whole = vec![0; values.len()];
        for family in order.chunk_by(|one, other| parents.get(*one) == parents.get(*other)) {
            let of = |cells: &[f64]| -> Vec<f64> {
                family.iter().filter_map(|&cell| cells.get(cell).copied()).collect()
            };
            let parent = family.first().and_then(|&cell| parents.get(cell));
            let total = parent.and_then(|&parent| above.get(parent as usize)).copied();
            let parts = split(total.unwrap_or_default(), of(values), &of(shares), non_negative);
            for (&cell, part) in family.iter().zip(parts) {
                if let Some(place) = whole.get_mut(cell) {
                    *place = part;
                }
            }
        }
        rounded.push(whole);
    }
    rounded
}

/// Whole parts near these that add up to the total.
#[expect(clippy::cast_precision_loss, reason = "whole numbers stay below 2^53 but for absurd sums")]
fn split(total: i64, mut parts: Vec<f64>, shares: &[f64], non_negative: bool) -> Vec<i64> {
    let over = total as f64 - parts.iter().sum::<f64>();
    for (part, share) in parts.iter_mut().zip(shares) {
        *part += share * over;
    }
    if non_negative {
        raise(total as f64, &mut parts, shares);
    }
    let mut whole: Vec<i64> = parts.iter().map(|part| to_whole(part.floor())).collect();
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |cell: &usize| parts.get(*cell).map_or(0.0, |part| part - part.floor());
    order.sort_by(|one, other| rest(other).total_cmp(&rest(one)));
    let mut missing =
        total.saturating_sub(whole.iter().fold(0, |sum, part| sum.saturating_add(*part)));
    if missing < 0 {
        order.reverse();
    }
    let step = missing.signum();
    // One round is enough but for floating point error, which can leave a second.
    while missing != 0 {
        let before = missing;
        for &cell in &order {
            let can = |part: &&mut i64| step > 0 || !non_negative || **part > 0;
            let Some(part) = whole.get_mut(cell).filter(can).filter(|_| missing != 0) else {
                continue;
            };
            *part += step;
            missing -= step;
        }
        if missing == before {
            break;
        }
    }
    whole
}

/// Moves parts that add up to a total to the nearest ones that are not negative as well.
fn raise(total: f64, parts: &mut [f64], shares: &[f64]) {
    let mut active = vec![true; parts.len()];
    loop {
        let among = || parts.iter().zip(shares).zip(&active).filter(|(_, active)| **active);
        let (sum, weight) = among()
            .fold((0.0, 0.0), |(sum, weight), ((part, share), _)| (sum + part, weight + share));
        let step = if weight > 0.0 { (sum - total) / weight } else { 0.0 };
        let negative: Vec<usize> = parts
            .iter()
            .zip(shares)
            .zip(&active)
            .enumerate()
            .filter(|(_, ((part, share), active))| **active && **part - step * **share < 0.0)
            .map(|(cell, _)| cell)
            .collect();
        if negative.is_empty() {
            for ((part, share), active) in parts.iter_mut().zip(shares).zip(&active) {
                *part = if *active { (*part - step * share).max(0.0) } else { 0.0 };
            }
            return;
        }
        for cell in negative {
            if let Some(active) = active.get_mut(cell) {
                *active = false;
            }
        }
    }
}

/// The nearest 64-bit number.
#[expect(clippy::cast_possible_truncation, reason = "a cast from floating point saturates")]
const fn to_whole(value: f64) -> i64 {
    value as i64
}
