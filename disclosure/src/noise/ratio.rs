//! The interval of a mean, which is a noisy sum divided by a noisy number.

use super::NoiseError;
use super::mechanism::Additive;

/// A noisy number, with what it may be off by.
#[derive(Debug, Clone, Copy)]
pub(super) struct Part {
    /// What was drawn.
    pub value: f64,
    /// The variance of its noise.
    pub variance: f64,
    /// The noise it is made of.
    pub noise: Additive,
}

/// Holds the ratio of the numbers without noise, but for this probability. None where the number may as well be none: the
/// ratio can then be anything.
///
/// Gaussian noise: all ratios r for which sum − r·number is not further from nought than chance takes it (Fieller, J. R.
/// Stat. Soc. B 16, 1954). Laplace noise is wider there than a normal one of its variance; each part is held by itself, with
/// half of the probability, and the ratio lies between those of the corners.
pub(super) fn interval(
    sum: Part,
    number: Part,
    alpha: f64,
    half_width: impl Fn(Part, f64) -> Result<f64, NoiseError>,
) -> Result<Option<[f64; 2]>, NoiseError> {
    if let Additive::Gaussian { .. } = number.noise {
        let deviations = number.noise.half_width_of_mix(1.0, alpha)?;
        return Ok(fieller(sum, number, deviations));
    }
    let (of_sum, of_number) = (half_width(sum, alpha / 2.0)?, half_width(number, alpha / 2.0)?);
    if number.value <= of_number {
        return Ok(None);
    }
    let (fewest, most) = (number.value - of_number, number.value + of_number);
    let (least, largest) = (sum.value - of_sum, sum.value + of_sum);
    let low = least / if least < 0.0 { fewest } else { most };
    let high = largest / if largest < 0.0 { most } else { fewest };
    Ok(Some([low, high]))
}

fn fieller(sum: Part, number: Part, deviations: f64) -> Option<[f64; 2]> {
    let squared = deviations * deviations;
    let square = number.value.mul_add(number.value, -squared * number.variance);
    if number.value <= 0.0 || square <= 0.0 {
        return None;
    }
    let middle = sum.value * number.value;
    let spread = number.value.powi(2) * sum.variance + sum.value.powi(2) * number.variance
        - squared * number.variance * sum.variance;
    let half = deviations * spread.max(0.0).sqrt();
    Some([(middle - half) / square, (middle + half) / square])
}

#[cfg(test)]
mod tests {
    use super::*;

    const GAUSSIAN: Additive = Additive::Gaussian { scale: 20.0, sensitivity: 1.0 };
    const LAPLACE: Additive = Additive::Laplace { scale: 20.0, sensitivity: 1.0 };

    fn half_width(part: Part, alpha: f64) -> Result<f64, NoiseError> {
        part.noise.half_width(alpha)
    }

    /// How many of so many noisy ratios of these numbers lie in their intervals, as a share; those that can be anything
    /// do.
    fn held(noise: Additive, (sum, number): (i64, i64), alpha: f64) -> f64 {
        let times = 4_000;
        let part = |value: i64| Part {
            value: f64::from(i32::try_from(value).unwrap()),
            variance: noise.variance(),
            noise,
        };
        let sums = noise.draw(&vec![sum; times]).unwrap();
        let numbers = noise.draw(&vec![number; times]).unwrap();
        let truth = part(sum).value / part(number).value;
        let inside = sums.iter().zip(&numbers).filter(|(sum, number)| {
            let found = interval(part(**sum), part(**number), alpha, half_width).unwrap();
            found.is_none_or(|[low, high]| (low..=high).contains(&truth))
        });
        f64::from(u32::try_from(inside.count()).unwrap()) / 4_000.0
    }

    #[test]
    fn a_ratio_lies_in_its_interval_as_often_as_is_said() {
        // Of 4 000 at 95 in 100, six standard deviations are 0.021.
        for truth in [(9_000, 300), (-9_000, 300), (0, 300), (150, 50), (400, 40)] {
            for noise in [GAUSSIAN, LAPLACE] {
                let share = held(noise, truth, 0.05);
                assert!(share > 0.929, "{noise:?} {truth:?}: {share}");
            }
            // A number near nought is often taken for none, and then anything is held.
            if truth.1 == 300 {
                let share = held(GAUSSIAN, truth, 0.05);
                assert!(share < 0.971, "{truth:?}: {share}: wider than needed");
            }
            // Six standard deviations from one in a thousand are 0.003.
            for noise in [GAUSSIAN, LAPLACE] {
                assert!(held(noise, truth, 0.001) > 0.996, "{noise:?} {truth:?}");
            }
        }
    }

    #[test]
    fn a_number_that_may_be_none_bounds_no_ratio() {
        let part = |value, noise: Additive| Part { value, variance: noise.variance(), noise };
        for noise in [GAUSSIAN, LAPLACE] {
            for number in [-300.0, 0.0, 38.0] {
                let found = interval(part(9e3, noise), part(number, noise), 0.05, half_width);
                assert_eq!(found.unwrap(), None, "{noise:?} {number}");
            }
        }
    }
}
