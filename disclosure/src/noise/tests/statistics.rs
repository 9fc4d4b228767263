//! Exact confidence bounds of a share.
#![expect(clippy::many_single_char_names, reason = "formulas as in the literature")]

/// The chance that a bound is on the wrong side.
const ALPHA: f64 = 0.001;

/// Clopper and Pearson's bounds of a share of which so many of `runs` were seen, each right 99.9 times in 100.
pub(super) fn clopper_pearson(seen: usize, runs: usize) -> (f64, f64) {
    let (x, n) = (seen as f64, runs as f64);
    let low = if seen == 0 { 0.0 } else { beta_quantile(ALPHA, x, n - x + 1.0) };
    let high = if seen == runs { 1.0 } else { beta_quantile(1.0 - ALPHA, x + 1.0, n - x) };
    (low, high)
}

fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if beta_cdf(middle, a, b) < p { low = middle } else { high = middle }
    }
    f64::midpoint(low, high)
}

/// The regularised incomplete beta function, by its continued fraction.
fn beta_cdf(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 || x >= 1.0 {
        return x.clamp(0.0, 1.0);
    }
    if x > (a + 1.0) / (a + b + 2.0) {
        return 1.0 - beta_cdf(1.0 - x, b, a);
    }
    let front = a * x.ln() + b * (-x).ln_1p() + ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b);
    let (mut c, mut d) = (1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0)));
    let mut fraction = d;
    for step in 1..1000 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / (1.0 + even * d);
        c = 1.0 + even / c;
        fraction *= c * d;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / (1.0 + odd * d);
        c = 1.0 + odd / c;
        fraction *= c * d;
        if (c * d - 1.0).abs() < 1e-14 {
            break;
        }
    }
    front.exp() * fraction / a
}

/// Stirling's series, after lifting small arguments.
fn ln_gamma(x: f64) -> f64 {
    if x < 10.0 {
        return ln_gamma(x + 1.0) - x.ln();
    }
    let square = x * x;
    (x - 0.5) * x.ln() - x + 0.5 * (2.0 * std::f64::consts::PI).ln() + 1.0 / (12.0 * x)
        - 1.0 / (360.0 * x * square)
        + 1.0 / (1260.0 * x * square * square)
}

#[test]
fn the_bounds_are_the_ones_in_the_tables() {
    let near = |seen, runs, low: f64, high: f64| {
        let (l, h) = clopper_pearson(seen, runs);
        assert!((l - low).abs() < 1e-6 && (h - high).abs() < 1e-6, "{l} {h}");
    };
    // Where nothing or everything is seen the bounds are powers: 0.001^(1/100).
    near(0, 100, 0.0, 1.0 - 0.001_f64.powf(0.01));
    near(100, 100, 0.001_f64.powf(0.01), 1.0);
    // One of one hundred: 1 - (1 - p)^100 = 0.001.
    near(1, 100, 1.0 - 0.999_f64.powf(0.01), clopper_pearson(1, 100).1);
    let (low, high) = clopper_pearson(50, 100);
    assert!((low + high - 1.0).abs() < 1e-9 && (0.34..0.36).contains(&low), "{low}");
}
