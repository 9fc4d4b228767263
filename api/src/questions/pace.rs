//! How long making an answer takes to whoever waits, and how long a reply is: both follow from the question and from
//! what anybody may know of the records, never from what they hold.
//!
//! Reading takes longer where more records match, and drawing takes longer where the noise is large. Everything after
//! that works on numbers that are protected already, and everything before it on the question alone. So the time from
//! paying to having an answer to keep is made a whole number of beats, and a beat is known before anything is read: it
//! is long enough that one is all but always enough.

use super::Questions;
use hjemmel_disclosure::noise::{Measure, Plan};
use std::time::{Duration, Instant};

/// The most characters a number takes.
const WIDEST: usize = 24;
/// What a record costs in each column that is looked at.
const NANOSECONDS_PER_RECORD: u64 = 2;
/// A thread that sleeps may wake up so much later than it asked to. For the last of a beat it lets others go first instead.
const LATE: Duration = Duration::from_micros(100);
/// Candidates of a quantile that cost as much as one draw.
const CANDIDATES_PER_DRAW: usize = 8;

/// One beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace(Duration);

impl Pace {
    /// Of plans that each read so many columns of an edition of so many records. Of that number only the power of two
    /// above it counts.
    #[must_use]
    pub fn of<'a>(
        settings: &Questions,
        readings: impl Iterator<Item = (&'a Plan, usize, u64)>,
    ) -> Self {
        let least = settings.beat_microseconds.max(1);
        let mut needed = 0_u64;
        for (plan, columns, records) in readings {
            let drawing = settings.microseconds_per_cell.saturating_mul(whole(draws(plan)));
            let size = records.checked_next_power_of_two().unwrap_or(u64::MAX);
            let reading =
                size.saturating_mul(NANOSECONDS_PER_RECORD).saturating_mul(whole(columns));
            needed = needed.saturating_add(drawing).saturating_add(reading / 1_000);
        }
        // Powers of two, so that questions of nearly the same size cannot be told apart either.
        let times = needed.div_ceil(least).checked_next_power_of_two().unwrap_or(u64::MAX);
        Self(Duration::from_micros(least.saturating_mul(times)))
    }

    /// Waits until whole beats have passed since a moment. Blocks; for threads that may wait.
    pub fn hold(self, since: Instant) {
        let elapsed = since.elapsed();
        let missing = self.until_next(elapsed);
        std::thread::sleep(missing.saturating_sub(LATE));
        while since.elapsed() < elapsed + missing {
            std::thread::yield_now();
        }
    }

    fn until_next(self, elapsed: Duration) -> Duration {
        let beat = self.0.as_nanos().max(1);
        let missing = beat - elapsed.as_nanos() % beat;
        Duration::from_nanos(u64::try_from(missing).unwrap_or(u64::MAX))
    }
}

fn draws(plan: &Plan) -> usize {
    let cells = plan.tree().cells();
    match plan.measure() {
        Measure::Persons | Measure::Records | Measure::Sum(_) => cells,
        Measure::Mean(_) => 2 * cells,
        Measure::Quantile { candidates, .. } => {
            let candidates = usize::try_from(candidates).unwrap_or(usize::MAX);
            cells.saturating_mul(candidates.div_ceil(CANDIDATES_PER_DRAW))
        }
    }
}

fn whole(number: usize) -> u64 {
    u64::try_from(number).unwrap_or(u64::MAX)
}

/// A number at the width every number has.
#[must_use]
pub fn wide(text: &str) -> String {
    format!("{text:>WIDEST$}")
}

/// The blanks that bring a text with these numbers to the length it would have if each were as wide as can be.
#[must_use]
pub fn padding<'a>(numbers: impl Iterator<Item = &'a str>) -> usize {
    numbers.map(|number| WIDEST.saturating_sub(number.len())).sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use hjemmel_disclosure::noise::{Lineage, Tree};
    use hjemmel_kostra::Form;

    fn pace(cells: usize, columns: usize, records: u64) -> Duration {
        let settings = Questions {
            beat_microseconds: 250,
            microseconds_per_cell: 100,
            ..Questions::default()
        };
        let lineage = Lineage { form: Form::F11, year: 2024 };
        let plan = Plan::new(lineage, Tree::flat(cells), Measure::Persons, 2, 1_000).unwrap();
        Pace::of(&settings, std::iter::once((&plan, columns, records))).0
    }

    #[test]
    fn a_beat_follows_from_what_anybody_may_know() {
        assert_eq!(pace(1, 0, 130_000), Duration::from_micros(250));
        assert_eq!(pace(1, 1, 130_000), Duration::from_micros(500));
        assert_eq!(pace(1, 1, 131_073), pace(1, 1, 262_144));
        assert_eq!(pace(357, 2, 130_000), Duration::from_millis(64));
        assert_eq!(pace(330, 2, 130_000), pace(357, 2, 130_000));
    }

    #[test]
    fn nobody_goes_on_before_the_beat() {
        for beat in [Duration::from_micros(50), Duration::from_millis(2)] {
            for _ in 0..100 {
                let since = Instant::now();
                Pace(beat).hold(since);
                assert!(since.elapsed() >= beat);
            }
        }
    }

    #[test]
    fn whatever_it_took_whole_beats_pass() {
        let pace = Pace(Duration::from_millis(50));
        for (took, passes) in [(0, 50), (1, 50), (49, 50), (50, 100), (51, 100)] {
            let took = Duration::from_millis(took);
            assert_eq!(took + pace.until_next(took), Duration::from_millis(passes));
        }
    }
}
