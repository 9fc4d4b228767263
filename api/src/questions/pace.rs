//! When a reply leaves, and how long it is: both follow from the question, not from what the records hold.
//!
//! Reading takes longer where more records match, and drawing takes longer where the noise is large. So a reply
//! waits for a moment that is known before anything is read, and where that has passed, for the next such moment.

use super::Questions;
use std::time::{Duration, Instant};

/// The most characters a number takes.
const WIDEST: usize = 24;

/// The moments a reply may leave.
#[derive(Debug, Clone, Copy)]
pub struct Schedule {
    came_in: Instant,
    slot: Duration,
}

impl Schedule {
    /// Of a request that comes in now and asks for so many cells.
    #[must_use]
    pub fn begin(settings: &Questions, cells: usize) -> Self {
        let cells = u64::try_from(cells).unwrap_or(u64::MAX);
        let by_cells = Duration::from_micros(settings.microseconds_per_cell.saturating_mul(cells));
        let slot = Duration::from_millis(settings.reply_slot_milliseconds.max(1));
        // Whole slots, so that questions of nearly the same size cannot be told apart either.
        let slots = by_cells.as_micros().div_ceil(slot.as_micros()).max(1);
        let slots = u32::try_from(slots).unwrap_or(u32::MAX);
        Self { came_in: Instant::now(), slot: slot.saturating_mul(slots) }
    }

    /// Waits for the next moment.
    pub async fn wait(&self) {
        tokio::time::sleep(self.until_next(self.came_in.elapsed())).await;
    }

    fn until_next(&self, elapsed: Duration) -> Duration {
        let slot = self.slot.as_nanos();
        let missing = slot - elapsed.as_nanos() % slot;
        Duration::from_nanos(u64::try_from(missing).unwrap_or(u64::MAX))
    }
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

    #[test]
    fn a_reply_leaves_at_the_next_moment_whatever_it_took() {
        let settings = Questions { reply_slot_milliseconds: 50, ..Questions::default() };
        let schedule = Schedule::begin(&settings, 1);
        for took in [0, 1, 49] {
            let took = Duration::from_millis(took);
            assert_eq!(took + schedule.until_next(took), Duration::from_millis(50));
        }
        let took = Duration::from_millis(51);
        assert_eq!(took + schedule.until_next(took), Duration::from_millis(100));
        let larger = Schedule::begin(&settings, 1000);
        assert_eq!(larger.until_next(Duration::ZERO), Duration::from_millis(250));
    }
}
