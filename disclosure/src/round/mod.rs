//! Small-count rounding: inner cells are edited until no published count lies between zero and the base.
//!
//! Off by default; withholding ([`crate::suppress`]) is what published tables go through.
//!
//! # Guarantee
//! Every published cell is 0 or at least `base`, and all cells are sums of the same edited inner cells, so tables add
//! up and agree with each other. Same system, base and seed, same answer. It does **not** protect inner cells that
//! are never published and can be worked out from published ones beside an unchanged neighbour, and it does not hide
//! that a count lies within a few of the shown one; a shown 0 or `base` may be anything from 0 to `2 · base - 2`.
//!
//! # Source
//! Langsrud and Heldal, *An algorithm for small count rounding of tabular data*, Privacy in Statistical Databases
//! 2018; Statistics Norway's `SmallCountRounding`. Held by `no_published_count_is_small_and_tables_add_up` and
//! `rounding_is_no_worse_than_the_reference`.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]

#[cfg(test)]
mod tests;

use crate::System;

/// Rounds of new small cells after which it gives up.
const MOST_ROUNDS: usize = 100;

/// Why nothing was rounded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The base rounds nothing.
    #[error("the base must be at least 2")]
    Base,
    /// Amounts are not rounded.
    #[error("only counts can be rounded")]
    Magnitude,
    /// Rounding one cell kept making others small.
    #[error("rounding did not come to an end")]
    Endless,
}

/// Rounded cells and how far they are from the truth.
#[derive(Debug, Clone, PartialEq)]
pub struct Rounded {
    /// The value of every cell.
    pub cells: Vec<i64>,
    /// Inner cells that were edited.
    pub changed: usize,
    /// The largest difference of a cell.
    pub max_difference: u64,
    /// The mean absolute difference of the cells.
    pub mean_difference: f64,
}

/// Cells by the edits under way.
struct Work<'a> {
    system: &'a System,
    users: Vec<Vec<u32>>,
    /// Rounded minus true, by cell.
    error: Vec<i64>,
    atoms: Vec<i64>,
    base: i64,
}

/// Rounds the counts of a system to `base`.
///
/// # Errors
/// For a base below 2, for amounts, or when no end is found.
pub fn round(system: &System, base: u32, seed: u64) -> Result<Rounded, Error> {
    if base < 2 {
        return Err(Error::Base);
    }
    if system.is_magnitude() {
        return Err(Error::Magnitude);
    }
    let mut users = vec![Vec::new(); system.atoms()];
    for (number, cell) in (0_u32..).zip((0..system.cells()).map(|cell| system.cell(cell))) {
        for &atom in cell {
            users[atom as usize].push(number);
        }
    }
    let error = vec![0; system.cells()];
    let base = i64::from(base);
    let mut work = Work { system, users, error, atoms: system.values().to_vec(), base };
    let mut chosen = vec![false; system.atoms()];
    for _ in 0..MOST_ROUNDS {
        if !work.identify(&mut chosen) {
            return Ok(work.finish());
        }
        work.place(&chosen, seed);
    }
    Err(Error::Endless)
}

impl Work<'_> {
    fn value(&self, cell: usize) -> i64 {
        self.system.value(cell) + self.error[cell]
    }

    /// Marks the small inner cells inside small published cells; false when no cell is small.
    fn identify(&self, chosen: &mut [bool]) -> bool {
        let mut found = false;
        for cell in 0..self.system.cells() {
            if (1..self.base).contains(&self.value(cell)) {
                found = true;
                for &atom in self.system.cell(cell) {
                    chosen[atom as usize] |= self.atoms[atom as usize] > 0;
                }
            }
        }
        found
    }

    /// Gives every chosen inner cell 0 or the base: first all down, then up the one that helps most, then exchanges.
    fn place(&mut self, chosen: &[bool], seed: u64) {
        let mut order: Vec<usize> = (0..chosen.len()).filter(|&atom| chosen[atom]).collect();
        order.sort_by_key(|&atom| (scramble(seed ^ atom as u64), atom));
        let total: i64 = order.iter().map(|&atom| self.system.values()[atom]).sum();
        for &atom in &order {
            self.set(atom, 0);
        }
        let ups = (2 * total + self.base) / (2 * self.base);
        for _ in 0..ups {
            let free = order.iter().copied().filter(|&atom| self.atoms[atom] == 0);
            let Some(best) = free.min_by_key(|&atom| self.pull(atom)) else { break };
            self.set(best, self.base);
        }
        self.exchange(&order);
    }

    /// Swaps an inner cell that is up for one that is down while the sum of squared errors falls.
    fn exchange(&mut self, order: &[usize]) {
        for _ in 0..order.len() + 100 {
            let up = order.iter().copied().filter(|&atom| self.atoms[atom] > 0);
            let Some(worst) = up.max_by_key(|&atom| self.pull(atom)) else { return };
            let before = self.pull(worst);
            self.set(worst, 0);
            let down = order.iter().copied().filter(|&atom| self.atoms[atom] == 0 && atom != worst);
            let best = down.min_by_key(|&atom| self.cost(atom));
            match best {
                Some(best) if self.cost(best) < self.cost(worst) => self.set(best, self.base),
                _ => {
                    self.set(worst, self.base);
                    debug_assert_eq!(
                        before,
                        self.pull(worst),
                        "an exchange taken back leaves no trace"
                    );
                    return;
                }
            }
        }
    }

    /// The sum of errors over the cells an inner cell is in: the more below zero, the more it is missed.
    fn pull(&self, atom: usize) -> i64 {
        self.users[atom].iter().map(|&cell| self.error[cell as usize]).sum()
    }

    /// The change of the sum of squared errors when an inner cell goes from zero to the base, over the base.
    fn cost(&self, atom: usize) -> i64 {
        2 * self.pull(atom)
            + self.base * i64::try_from(self.users[atom].len()).unwrap_or(i64::MAX / 64)
    }

    fn set(&mut self, atom: usize, value: i64) {
        let by = value - self.atoms[atom];
        self.atoms[atom] = value;
        for &cell in &self.users[atom] {
            self.error[cell as usize] += by;
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a mean for a report")]
    fn finish(self) -> Rounded {
        let sum: u64 = self.error.iter().map(|error| error.unsigned_abs()).sum();
        let truth = self.system.values();
        Rounded {
            cells: (0..self.error.len()).map(|cell| self.value(cell)).collect(),
            changed: self.atoms.iter().zip(truth).filter(|(a, b)| a != b).count(),
            max_difference: self.error.iter().map(|error| error.unsigned_abs()).max().unwrap_or(0),
            mean_difference: sum as f64 / self.error.len().max(1) as f64,
        }
    }
}

/// Mixes a number (splitmix64), so that ties fall by the seed.
const fn scramble(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9E37_79B9_7F4A_7C15);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
