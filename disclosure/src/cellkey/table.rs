//! The public table of noise: for every count a distribution of what is added.
#![expect(clippy::cast_precision_loss, reason = "counts of a table row are small")]

use super::Key;

/// Public parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TableParameters {
    /// The largest noise, up or down.
    pub largest: u32,
    /// The variance of the noise.
    pub variance: f64,
    /// Results from 1 up to this never occur.
    pub forbidden: u32,
}

/// No distribution has these parameters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("no noise for a count of {count} has mean zero and the asked-for variance")]
pub struct Infeasible {
    /// The count.
    pub count: u32,
}

/// Noise and its cumulative probability for one count.
type Row = Vec<(i64, f64)>;

/// Noise by count; the last row is for all larger counts.
#[derive(Debug, Clone, PartialEq)]
pub struct PerturbationTable {
    rows: Vec<Row>,
}

impl PerturbationTable {
    /// The table of largest entropy with these parameters.
    ///
    /// # Errors
    /// When some count has no such distribution.
    pub fn new(parameters: TableParameters) -> Result<Self, Infeasible> {
        let last = parameters.largest + parameters.forbidden;
        let mut rows = vec![vec![(0, 1.0)]];
        for count in 1..=last.max(1) {
            rows.push(row(count, parameters).ok_or(Infeasible { count })?);
        }
        Ok(Self { rows })
    }

    /// The noise of a count and the cumulative probabilities, for publication and tests.
    #[must_use]
    pub fn row(&self, count: u64) -> &[(i64, f64)] {
        let at =
            usize::try_from(count).unwrap_or(usize::MAX).min(self.rows.len().saturating_sub(1));
        self.rows.get(at).map_or(&[], Vec::as_slice)
    }

    /// The perturbed count of the persons whose keys make up `key`.
    #[must_use]
    pub fn perturb(&self, count: u64, key: Key) -> u64 {
        count.saturating_add_signed(self.noise(count, key.share()))
    }

    /// The first noise whose cumulative probability is above a share.
    pub(super) fn noise(&self, count: u64, share: f64) -> i64 {
        let row = self.row(count);
        let found = row.iter().find(|(_, bound)| share < *bound).or(row.last());
        found.map_or(0, |(noise, _)| *noise)
    }
}

/// One row: weights `exp(a v + b v²)` with mean zero and the variance, found by Newton's method on the dual.
fn row(count: u32, parameters: TableParameters) -> Option<Row> {
    let largest = i64::from(parameters.largest);
    let allowed = |noise: &i64| {
        let result = i64::from(count) + noise;
        result == 0 || result > i64::from(parameters.forbidden)
    };
    let noises: Vec<i64> = (-largest..=largest).filter(allowed).collect();
    let mut tilt = (0.0, -0.5 / parameters.variance);
    for _ in 0..500 {
        let weights = weights(&noises, tilt);
        let moment = |power: i32| -> f64 {
            noises.iter().zip(&weights).map(|(&v, weight)| weight * (v as f64).powi(power)).sum()
        };
        let (m1, m2, m3, m4) = (moment(1), moment(2), moment(3), moment(4));
        let (g1, g2) = (m1, m2 - parameters.variance);
        if g1.abs() < 1e-12 && g2.abs() < 1e-12 {
            return Some(cumulative(&noises, &weights));
        }
        let (h11, h12, h22) = (m2 - m1 * m1, m3 - m1 * m2, m4 - m2 * m2);
        let determinant = h11 * h22 - h12 * h12;
        if determinant.abs() < 1e-14 {
            return None;
        }
        let step = ((g1 * h22 - g2 * h12) / determinant, (g2 * h11 - g1 * h12) / determinant);
        let size = (step.0.abs() + step.1.abs()).max(1.0);
        tilt = (tilt.0 - step.0 / size, tilt.1 - step.1 / size);
    }
    None
}

fn weights(noises: &[i64], tilt: (f64, f64)) -> Vec<f64> {
    let exponent = |&v: &i64| {
        let v = v as f64;
        v.mul_add(tilt.1 * v, tilt.0 * v)
    };
    let most = noises.iter().map(exponent).fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = noises.iter().map(|v| (exponent(v) - most).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

fn cumulative(noises: &[i64], weights: &[f64]) -> Row {
    let mut bound = 0.0;
    noises
        .iter()
        .zip(weights)
        .map(|(&noise, weight)| {
            bound += weight;
            (noise, bound)
        })
        .collect()
}
