//! Times of several sides, taken by turns, since a machine is never equally busy twice.

use crate::Result;
use std::time::{Duration, Instant};

/// One side of a comparison.
pub type Side<'a> = (&'a str, Box<dyn FnMut() -> Result<()> + 'a>);

/// The times of one side, ascending.
pub struct Times(Vec<Duration>);

impl Times {
    /// The shortest, in seconds.
    #[must_use]
    pub fn best(&self) -> f64 {
        self.0.first().map_or(f64::NAN, Duration::as_secs_f64)
    }

    /// The middle one, in seconds.
    #[must_use]
    pub fn median(&self) -> f64 {
        self.0.get(self.0.len() / 2).map_or(f64::NAN, Duration::as_secs_f64)
    }
}

/// Runs every side once a round, each round in the same order, and prints what each took.
///
/// # Errors
/// Whatever a side could not do.
pub fn by_turns(rounds: usize, sides: &mut [Side<'_>]) -> Result<Vec<Times>> {
    let mut taken = vec![Vec::with_capacity(rounds); sides.len()];
    for _ in 0..rounds {
        for ((_, side), taken) in sides.iter_mut().zip(&mut taken) {
            let started = Instant::now();
            side()?;
            taken.push(started.elapsed());
        }
    }
    let mut times = Vec::with_capacity(sides.len());
    for ((name, _), mut taken) in sides.iter().zip(taken) {
        taken.sort_unstable();
        let taken = Times(taken);
        println!(
            "  {name}: best {:.3} s, median {:.3} s of {rounds}",
            taken.best(),
            taken.median()
        );
        times.push(taken);
    }
    Ok(times)
}

/// The middle one.
#[must_use]
pub fn median(mut all: Vec<f64>) -> f64 {
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(f64::NAN)
}

/// Prints the best and the median of ratios of which more is better, one of each round, and the goal.
pub fn rounds(what: &str, ratios: Vec<f64>, goal: &str) {
    let best = ratios.iter().copied().fold(f64::NAN, f64::max);
    println!("{what}: best {best:.2}, median {:.2} (goal {goal})", median(ratios));
}

/// Prints how two sides compare, and the goal.
pub fn ratio(what: &str, of: &Times, to: &Times, goal: &str) {
    let (best, median) = (of.best() / to.best(), of.median() / to.median());
    println!("{what}: best {best:.2}, median {median:.2} (goal {goal})");
}
