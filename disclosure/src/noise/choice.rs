//! Quantiles: a private choice among candidates, by `OpenDP`'s noisy maximum.
//!
//! Candidates are scored here and not by the library's `make_private_quantile`. Its score is the difference of the shares
//! below and above a candidate, which is least at the quantile only where hardly any values are alike: of values of
//! which three quarters are 0 it takes what lies above 0 for the quantile 0.7.

use super::NoiseError;
use super::mechanism::{Best, Cost};

/// Parts that a rank is counted in.
const PARTS: u64 = 10_000;

/// The private choice of a quantile among candidates, of values of which one person has at most `records`.
#[derive(Debug, Clone)]
pub(super) struct Choice {
    /// Ascending.
    pub candidates: Vec<i64>,
    pub ten_thousandths: u16,
    /// Of the noise, in ranks.
    pub scale: f64,
    pub records: u32,
    pub pure: bool,
}

impl Choice {
    /// The noise on the scores of a cell.
    #[expect(clippy::cast_precision_loss, reason = "ten thousand")]
    fn noise(&self) -> Best {
        let scale = self.scale * PARTS as f64;
        Best { scale, sensitivity: self.sensitivity(), pure: self.pure }
    }

    /// How much the score of any candidate changes at most when all records of one person come or go: see
    /// [`Self::scores`].
    fn sensitivity(&self) -> u64 {
        let share = u64::from(self.ten_thousandths);
        u64::from(self.records) * share.max(PARTS.saturating_sub(share))
    }

    /// What the choice in every cell costs together. The price of a cell grows with the square of the records one
    /// person has in it, or in step with them where the promise is pure, so nobody is better told apart than whoever
    /// has all records in one cell.
    pub(super) fn cost(&self) -> Result<Cost, NoiseError> {
        self.noise().cost()
    }

    /// One quantile for each cell.
    pub(super) fn draw(&self, cells: &[Vec<i64>]) -> Result<Vec<i64>, NoiseError> {
        let chosen = self.noise().draw(cells, |values| self.scores(values))?;
        let candidate = |at: usize| self.candidates.get(at).copied();
        let all = chosen.into_iter().map(candidate).collect::<Option<_>>();
        all.ok_or_else(|| NoiseError::Sampler("no candidate was chosen".to_owned()))
    }

    /// How many values, in ten thousandths, lie between each candidate and being the quantile. Of `n` values, a
    /// candidate is the quantile α where no more than αn lie below it and no fewer than αn up to it; its score is how
    /// far αn lies outside these two.
    ///
    /// A value more moves αn by α, and each of the two by one or by nothing. So a score changes by no more than the
    /// larger of α and 1 − α (property test `one_value_changes_scores_by_the_larger_share`).
    fn scores(&self, values: &[i64]) -> Vec<u64> {
        let mut first_below = vec![0_u64; self.candidates.len()];
        let mut first_up_to = first_below.clone();
        for value in values {
            let up_to = self.candidates.partition_point(|candidate| candidate < value);
            let equal = self.candidates.get(up_to) == Some(value);
            let counted = |counts: &mut Vec<u64>, at: usize| {
                if let Some(count) = counts.get_mut(at) {
                    *count += PARTS;
                }
            };
            counted(&mut first_up_to, up_to);
            counted(&mut first_below, up_to + usize::from(equal));
        }
        let all = u64::try_from(values.len()).unwrap_or(u64::MAX);
        let wanted = all.saturating_mul(u64::from(self.ten_thousandths));
        let (mut below, mut up_to) = (0_u64, 0_u64);
        let score = |(more_below, more_up_to): (u64, u64)| {
            below += more_below;
            up_to += more_up_to;
            wanted.saturating_sub(up_to).max(below.saturating_sub(wanted))
        };
        first_below.into_iter().zip(first_up_to).map(score).collect()
    }

    /// How many values the rank of the chosen candidate may be off, beside the best candidate, with at most this
    /// probability.
    #[expect(clippy::cast_precision_loss, reason = "candidates are few")]
    pub(super) fn half_width(&self, alpha: f64) -> f64 {
        (self.scale * (self.candidates.len() as f64 / alpha).ln()).ceil()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(candidates: Vec<i64>, ten_thousandths: u16) -> Choice {
        Choice { candidates, ten_thousandths, scale: 1.0, records: 1, pure: false }
    }

    fn worlds() -> impl Strategy<Value = (Vec<i64>, Vec<i64>, u16)> {
        let candidates = prop::collection::btree_set(-9..9_i64, 1..9);
        let values = prop::collection::vec(-9..9_i64, 0..30);
        (candidates.prop_map(|all| all.into_iter().collect()), values, 0..=10_000_u16)
    }

    proptest! {
        /// Counted as the definition says, one value after the other.
        #[test]
        fn scores_are_how_far_the_rank_is_off((candidates, values, share) in worlds()) {
            let choice = of(candidates.clone(), share);
            let wanted = i64::from(share) * i64::try_from(values.len()).unwrap();
            let counted = |is: &dyn Fn(i64) -> bool| {
                10_000 * i64::try_from(values.iter().filter(|value| is(**value)).count()).unwrap()
            };
            for (candidate, score) in candidates.iter().zip(choice.scores(&values)) {
                let (below, up_to) = (counted(&|value| value < *candidate), counted(&|value| value <= *candidate));
                let off = (wanted - wanted.clamp(below, up_to)).unsigned_abs();
                prop_assert_eq!(score, off, "{} of {:?}", candidate, values);
            }
        }

        #[test]
        fn one_value_changes_scores_by_the_larger_share((candidates, mut values, share) in worlds(), more in -12..12_i64) {
            let choice = of(candidates, share);
            let without = choice.scores(&values);
            values.push(more);
            for (with, without) in choice.scores(&values).into_iter().zip(without) {
                prop_assert!(with.abs_diff(without) <= choice.sensitivity(), "{} {}", with, without);
            }
        }
    }

    /// Ranks chosen lie within what is told, also where most values are alike, at a bound, or none.
    #[test]
    fn ranks_are_as_near_as_is_told_where_many_are_alike() {
        let worlds: [Vec<i64>; 5] = [
            (0..800).map(|value| if value < 600 { 0 } else { value }).collect(),
            (0..800).map(|value| if value < 600 { 100 } else { 5 }).collect(),
            (0..800).map(|value| value / 200 * 250).collect(),
            (0..800).map(|value| value % 3 * 500).collect(),
            Vec::new(),
        ];
        for ten_thousandths in [0, 500, 2500, 5000, 7000, 9500, 10_000] {
            let candidates: Vec<i64> = (0..=100).map(|step| step * 10).collect();
            for pure in [false, true] {
                let choice = Choice {
                    candidates: candidates.clone(),
                    ten_thousandths,
                    scale: 2.0,
                    records: 1,
                    pure,
                };
                for values in &worlds {
                    let scores = choice.scores(values);
                    let best = scores.iter().min().copied().unwrap();
                    let most = choice.half_width(0.05) * 1e4;
                    let off = |chosen: &i64| {
                        let at = candidates.binary_search(chosen).unwrap();
                        f64::from(u32::try_from(scores[at] - best).unwrap())
                    };
                    let chosen = choice.draw(&vec![values.clone(); 200]).unwrap();
                    let missed = chosen.iter().filter(|chosen| off(chosen) > most).count();
                    // One in twenty at most; of 200, 25 are nearly five standard deviations above.
                    assert!(missed <= 25, "{missed} of 200 at {ten_thousandths} of {values:?}");
                }
            }
        }
    }

    #[test]
    fn a_value_that_most_have_is_their_quantile() {
        let mut values = vec![0; 900];
        values.extend(1..=300);
        let choice = Choice { scale: 3.0, ..of((0..=12).collect(), 7_000) };
        assert_eq!(choice.draw(&vec![values; 100]).unwrap(), [0; 100]);
    }
}
