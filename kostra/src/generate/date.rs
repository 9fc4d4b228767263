//! Dates as three numbers: quick to write, and what has been drawn is a real day by construction.

use chrono::{Datelike, NaiveDate};

/// A day of the calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Date {
    pub year: u16,
    pub month: u8,
    pub day: u8,
}

impl Date {
    /// A day of a month; a day past the 28th becomes the 28th.
    pub(super) fn new(year: u16, month: u32, day: u32) -> Self {
        let small = |number: u32, end: u32| u8::try_from(number.clamp(1, end)).unwrap_or(1);
        Self { year, month: small(month, 12), day: small(day, 28) }
    }

    /// So many days before.
    pub(super) fn before(self, days: u64) -> Self {
        let date = self.calendar();
        date.and_then(|date| date.checked_sub_days(chrono::Days::new(days)))
            .map_or(self, Self::from)
    }

    /// So many days after.
    pub(super) fn after(self, days: u64) -> Self {
        let date = self.calendar();
        date.and_then(|date| date.checked_add_days(chrono::Days::new(days)))
            .map_or(self, Self::from)
    }

    /// The same day as the calendar crate has it.
    pub(super) fn calendar(self) -> Option<NaiveDate> {
        NaiveDate::from_ymd_opt(i32::from(self.year), self.month.into(), self.day.into())
    }
}

impl From<NaiveDate> for Date {
    fn from(date: NaiveDate) -> Self {
        Self {
            year: u16::try_from(date.year()).unwrap_or_default(),
            month: u8::try_from(date.month()).unwrap_or(1),
            day: u8::try_from(date.day()).unwrap_or(1),
        }
    }
}
