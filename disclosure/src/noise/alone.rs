//! Records of persons who have one each: no bound holds them back, so they are added up as they are scanned.

use super::{
    Contributions, Measure, NoiseError, Plan,
    contribution::{Cells, raise},
};

/// Neighbours in one cell are added up in turn here, so that none waits for the one before.
const LANES: usize = 4;

/// What records come to whose persons have no other record in the edition, or cannot be linked to any. Unprotected, so
/// neither `Debug` nor `Clone`, and nobody can read a number back.
///
/// Whoever scans says that it is so, as with the numbers of persons.
pub struct Alone {
    held: Contributions,
    /// Cells and one place more, for records that do not match: they are added like others, so that time does not
    /// tell how many there are.
    width: usize,
    counts: Vec<i64>,
    sums: Vec<i64>,
}

impl Alone {
    /// Nothing yet.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let width = plan.tree().leaves() + 1;
        let lanes = |wanted: bool| vec![0; if wanted { LANES * width } else { 0 }];
        let measure = plan.measure();
        let counts = !matches!(measure, Measure::Sum(_) | Measure::Quantile { .. });
        let sums = matches!(measure, Measure::Sum(_) | Measure::Mean(_));
        let held = Contributions::empty(plan);
        Self { held, width, counts: lanes(counts), sums: lanes(sums) }
    }

    /// Adds records by their cell of the finest level, and their values for a measure that has them. A cell that is
    /// none of the plan's makes a record that does not match.
    ///
    /// # Errors
    /// When a record has no value.
    pub fn add(&mut self, cells: &[u32], values: &[i64]) -> Result<(), NoiseError> {
        let measure = self.held.measure;
        if measure.has_values() && values.len() != cells.len() {
            return Err(NoiseError::Mismatch("records without a value"));
        }
        let of_values = || cells.iter().zip(values);
        match measure {
            Measure::Persons | Measure::Records => {
                in_lanes(&mut self.counts, self.width, cells.iter().map(|cell| (*cell, 1)));
            }
            Measure::Sum(clamp) => {
                let values = of_values().map(|(cell, value)| (*cell, clamp.of(*value)));
                in_lanes(&mut self.sums, self.width, values);
            }
            Measure::Mean(clamp) => {
                in_lanes(&mut self.counts, self.width, cells.iter().map(|cell| (*cell, 1)));
                let middle = clamp.middle();
                let values = of_values().map(|(cell, value)| (*cell, clamp.of(*value) - middle));
                in_lanes(&mut self.sums, self.width, values);
            }
            Measure::Quantile { clamp, .. } => {
                let Cells::Values(held) = &mut self.held.cells else { return Ok(()) };
                for (cell, value) in of_values() {
                    if let Some(held) = held.get_mut(*cell as usize) {
                        held.push(clamp.of(*value));
                    }
                }
            }
        }
        Ok(())
    }

    /// Adds so many records to one cell, where no value counts.
    pub fn add_same(&mut self, cell: u32, records: u32) {
        in_lanes(&mut self.counts, self.width, std::iter::once((cell, i64::from(records))));
    }

    /// Adds all of it to contributions of the same plan.
    pub(super) fn add_to(self, held: &mut Contributions) -> Result<(), NoiseError> {
        let of_plan = |held: &Contributions| (held.lineage, held.measure, held.bound);
        let total = |lanes: &[i64], cell: usize| -> i64 {
            lanes
                .iter()
                .skip(cell)
                .step_by(self.width)
                .fold(0, |sum, part| sum.saturating_add(*part))
        };
        let leaves = self.width - 1;
        if of_plan(held) != of_plan(&self.held) || held.cells.len() != leaves {
            return Err(NoiseError::Mismatch("they were read for another plan"));
        }
        match (&mut held.cells, self.held.cells) {
            (Cells::Numbers(numbers), _) => {
                let lanes = if self.sums.is_empty() { &self.counts } else { &self.sums };
                for cell in 0..leaves {
                    raise(numbers, cell, total(lanes, cell));
                }
            }
            (Cells::Means(counts, sums), _) => {
                for cell in 0..leaves {
                    raise(counts, cell, total(&self.counts, cell));
                    raise(sums, cell, total(&self.sums, cell));
                }
            }
            (Cells::Values(values), Cells::Values(more)) => {
                for (values, more) in values.iter_mut().zip(more) {
                    values.extend(more);
                }
            }
            (Cells::Values(_), _) => {
                return Err(NoiseError::Mismatch("they were read for another measure"));
            }
        }
        Ok(())
    }
}

/// Adds amounts to cells, each neighbour in a lane of its own.
fn in_lanes(lanes: &mut [i64], width: usize, amounts: impl Iterator<Item = (u32, i64)>) {
    let outside = width - 1;
    let mut lane = 0;
    for (cell, amount) in amounts {
        if let Some(sum) = lanes.get_mut(lane + (cell as usize).min(outside)) {
            *sum = sum.saturating_add(amount);
        }
        lane += width;
        if lane >= LANES * width {
            lane = 0;
        }
    }
}
