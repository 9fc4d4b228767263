//! The distributions, from `OpenDP` alone: its measurements are built, asked their price, drawn from and dropped in
//! one thread, since they are not `Send`.

use super::NoiseError;
use opendp::{
    accuracy::{discrete_laplacian_scale_to_accuracy, gaussian_scale_to_accuracy},
    combinators::{ConcentratedMeasure, make_pureDP_to_zCDP},
    core::Measurement,
    domains::{AtomDomain, VectorDomain},
    error::{Error, Fallible},
    measurements::{TopKMeasure, make_gaussian, make_laplace, make_noisy_max},
    measures::{MaxDivergence, ZeroConcentratedDivergence},
    metrics::{L1Distance, L2Distance, LInfDistance},
    traits::{InfAdd, InfMul},
};
use std::{num::NonZeroUsize, thread};

/// Above this scale the discrete Gaussian's accuracy is taken from the continuous one, one unit wider.
const WIDE: f64 = 1000.0;
/// Fewer draws than this are not worth a thread.
const SHARE: usize = 32;

/// Noise of one scale for numbers one person can change by so much.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Additive {
    /// The discrete Gaussian, of numbers whose L2 distance is at most `sensitivity`.
    Gaussian { scale: f64, sensitivity: f64 },
    /// The discrete Laplace, of numbers whose L1 distance is at most `sensitivity`.
    Laplace { scale: f64, sensitivity: f64 },
}

/// What a measurement costs: ρ, and ε where the promise is pure.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cost {
    pub rho: f64,
    pub pure: Option<f64>,
}

impl Cost {
    /// Refuses what is not a price: noise of no scale would be free of noise.
    fn checked(self) -> Result<Self, NoiseError> {
        let is_price = |cost: f64| cost.is_finite() && cost > 0.0;
        if is_price(self.rho) && self.pure.is_none_or(is_price) {
            Ok(self)
        } else {
            Err(NoiseError::NoPrice)
        }
    }
}

type Numbers = VectorDomain<AtomDomain<i64>>;

fn numbers() -> Numbers {
    VectorDomain::new(AtomDomain::default())
}

fn gaussian(
    scale: f64,
) -> Fallible<Measurement<Numbers, L2Distance<f64>, ZeroConcentratedDivergence, Vec<i64>>> {
    make_gaussian(numbers(), L2Distance::default(), scale, None)
}

fn laplace(scale: f64) -> Fallible<Measurement<Numbers, L1Distance<f64>, MaxDivergence, Vec<i64>>> {
    make_laplace(numbers(), L1Distance::default(), scale, None)
}

impl Additive {
    /// The scale of the noise.
    pub(super) const fn scale(self) -> f64 {
        match self {
            Self::Gaussian { scale, .. } | Self::Laplace { scale, .. } => scale,
        }
    }

    /// The variance of the noise, or a little more.
    pub(super) fn variance(self) -> f64 {
        match self {
            Self::Gaussian { scale, .. } => scale * scale,
            Self::Laplace { scale, .. } => {
                let ratio = (-1.0 / scale).exp();
                2.0 * ratio / ((1.0 - ratio) * (1.0 - ratio))
            }
        }
    }

    /// What one draw for every number costs.
    pub(super) fn cost(self) -> Result<Cost, NoiseError> {
        let cost = match self {
            Self::Gaussian { scale, sensitivity } => {
                let rho = gaussian(scale).and_then(|noise| noise.map(&sensitivity));
                Cost { rho: rho.map_err(no_price)?, pure: None }
            }
            Self::Laplace { scale, sensitivity } => {
                let noise = laplace(scale).map_err(no_price)?;
                let pure = noise.map(&sensitivity).map_err(no_price)?;
                let cast = make_pureDP_to_zCDP(noise).and_then(|noise| noise.map(&sensitivity));
                Cost { rho: cast.map_err(no_price)?, pure: Some(pure) }
            }
        };
        cost.checked()
    }

    /// Numbers with noise, drawn on every core.
    pub(super) fn draw(self, exact: &[i64]) -> Result<Vec<i64>, NoiseError> {
        self.cost()?;
        in_parallel(exact, |share| {
            let share = share.to_vec();
            match self {
                Self::Gaussian { scale, .. } => {
                    gaussian(scale).and_then(|noise| noise.invoke(&share))
                }
                Self::Laplace { scale, .. } => {
                    laplace(scale).and_then(|noise| noise.invoke(&share))
                }
            }
            .map_err(|error| sampler(&error))
        })
    }

    /// The whole number that noise exceeds, either way, with at most this probability.
    pub(super) fn half_width(self, alpha: f64) -> Result<f64, NoiseError> {
        let beyond = match self {
            Self::Gaussian { scale, .. } if scale <= WIDE => {
                return Ok(gaussian_half_width(scale, alpha));
            }
            Self::Gaussian { scale, .. } => {
                gaussian_scale_to_accuracy(scale, alpha).map(|width| width + 1.0)
            }
            Self::Laplace { scale, .. } => discrete_laplacian_scale_to_accuracy(scale, alpha),
        };
        Ok((beyond.map_err(no_price)?.ceil() - 1.0).max(0.0))
    }

    /// The same for a mix of such noises with this standard deviation, which is nearer the normal distribution than
    /// each of them.
    pub(super) fn half_width_of_mix(self, deviation: f64, alpha: f64) -> Result<f64, NoiseError> {
        match self {
            Self::Gaussian { .. } => gaussian_scale_to_accuracy(deviation, alpha).map_err(no_price),
            Self::Laplace { .. } => Ok(-deviation / std::f64::consts::SQRT_2 * alpha.ln()),
        }
    }
}

/// The choice of the least of several scores, each of which one person can change by so much.
#[derive(Debug, Clone, Copy)]
pub(super) struct Best {
    pub scale: f64,
    pub sensitivity: u64,
    pub pure: bool,
}

type Chosen<M> = Measurement<VectorDomain<AtomDomain<u64>>, LInfDistance<u64>, M, usize>;

impl Best {
    fn measurement<M: TopKMeasure>(self, measure: M) -> Fallible<Chosen<M>> {
        let scores = VectorDomain::new(AtomDomain::default());
        make_noisy_max(scores, LInfDistance::default(), measure, self.scale, true)
    }

    /// What one choice costs.
    pub(super) fn cost(self) -> Result<Cost, NoiseError> {
        let cost = if self.pure {
            let choice = self.measurement(MaxDivergence).map_err(no_price)?;
            let pure = choice.map(&self.sensitivity).map_err(no_price)?;
            let cast = make_pureDP_to_zCDP(choice).and_then(|choice| choice.map(&self.sensitivity));
            Cost { rho: cast.map_err(no_price)?, pure: Some(pure) }
        } else {
            let choice = self.measurement(ZeroConcentratedDivergence).map_err(no_price)?;
            Cost { rho: choice.map(&self.sensitivity).map_err(no_price)?, pure: None }
        };
        cost.checked()
    }

    /// Which score is chosen of each item, on every core.
    pub(super) fn draw<I: Sync>(
        self,
        items: &[I],
        scores: impl Fn(&I) -> Vec<u64> + Sync,
    ) -> Result<Vec<usize>, NoiseError> {
        self.cost()?;
        in_parallel(items, |share| {
            let scores = share.iter().map(&scores);
            if self.pure {
                choose(self.measurement(MaxDivergence), scores)
            } else {
                choose(self.measurement(ZeroConcentratedDivergence), scores)
            }
        })
    }
}

fn choose<M: TopKMeasure>(
    choice: Fallible<Chosen<M>>,
    scores: impl Iterator<Item = Vec<u64>>,
) -> Result<Vec<usize>, NoiseError> {
    let choice = choice.map_err(|error| sampler(&error))?;
    scores.map(|scores| choice.invoke(&scores).map_err(|error| sampler(&error))).collect()
}

/// The least whole number that the discrete Gaussian exceeds, either way, with at most this probability. The library's
/// own function adds up every number whose weight is above nought, several times as far out as matters.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "at most ten times the widest scale"
)]
fn gaussian_half_width(scale: f64, alpha: f64) -> f64 {
    // What lies beyond ten standard deviations is lost in the sum's last digits.
    let furthest = (10.0 * scale).ceil().max(1.0) as u32;
    let either_way = |x: u32| 2.0 * (-0.5 * (f64::from(x) / scale).powi(2)).exp();
    let all: f64 = 1.0 + (1..=furthest).rev().map(either_way).sum::<f64>();
    let mut beyond = 0.0;
    for x in (1..=furthest).rev() {
        beyond += either_way(x);
        if beyond > alpha * all {
            return f64::from(x);
        }
    }
    0.0
}

/// The sum of prices in billionths, rounded up at every step.
pub(super) fn billionths(costs: impl Iterator<Item = f64>) -> Result<f64, NoiseError> {
    let mut sum = 0.0_f64;
    for cost in costs {
        sum = sum.inf_add(&cost).map_err(no_price)?;
    }
    sum.inf_mul(&1e9).map_err(no_price)
}

/// The least ε at this δ that goes with a ρ.
pub(super) fn epsilon(rho: f64, delta: f64) -> Result<f64, NoiseError> {
    let profile = ZeroConcentratedDivergence::convert(rho).map_err(no_price)?;
    profile.epsilon(delta).map_err(no_price)
}

/// Shares the work among the cores.
fn in_parallel<I: Sync, O: Send>(
    items: &[I],
    work: impl Fn(&[I]) -> Result<Vec<O>, NoiseError> + Sync,
) -> Result<Vec<O>, NoiseError> {
    // Asking for their number reads files, which takes longer than a few draws.
    let cores = if items.len() <= SHARE {
        1
    } else {
        thread::available_parallelism().map_or(1, NonZeroUsize::get)
    };
    let share = items.len().div_ceil(cores).max(SHARE);
    if items.len() <= share {
        return work(items);
    }
    thread::scope(|scope| {
        let work = &work;
        let shares: Vec<_> =
            items.chunks(share).map(|share| scope.spawn(move || work(share))).collect();
        let mut all = Vec::with_capacity(items.len());
        for share in shares {
            let died = |_| NoiseError::Sampler("a thread died".to_owned());
            all.extend(share.join().map_err(died)??);
        }
        Ok(all)
    })
}

fn no_price(_: Error) -> NoiseError {
    NoiseError::NoPrice
}

/// The kind of fault alone: a message could tell of data.
fn sampler(error: &Error) -> NoiseError {
    NoiseError::Sampler(format!("{:?}", error.variant))
}

#[cfg(test)]
mod tests {
    use super::*;
    use opendp::accuracy::discrete_gaussian_scale_to_accuracy;

    #[test]
    fn intervals_are_as_wide_as_the_library_makes_them() {
        for scale in [0.1, 0.3, 0.5, 1.0, 1.7, 2.0, 10.0, 32.5, 100.0, 600.0, 999.0] {
            for alpha in [0.5, 0.05, 0.01, 0.05 / 357.0, 0.05 / 20_000.0] {
                let theirs = discrete_gaussian_scale_to_accuracy(scale, alpha).unwrap() - 1.0;
                let ours = gaussian_half_width(scale, alpha);
                assert_eq!(ours.to_bits(), theirs.to_bits(), "{scale} {alpha}: {ours} {theirs}");
            }
        }
    }
}
