//! When KOSTRA's figures are published: unrevised on 15 March and revised on 15 June of the year after, at eight
//! o'clock in Oslo.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Europe::Oslo;

/// Hours after midnight in Oslo at which figures are published.
const PUBLISHED_AT: TimeDelta = TimeDelta::hours(8);

/// The moment a time of the clock in Oslo is. Of the hour that comes twice in autumn it is the first; the hour
/// that is left out in spring is read as if the clocks had not changed yet.
#[must_use]
pub fn in_oslo(clock: NaiveDateTime) -> DateTime<Utc> {
    let hour = TimeDelta::hours(1);
    let moment = |clock: NaiveDateTime| Oslo.from_local_datetime(&clock).earliest();
    let found = moment(clock).or_else(|| Some(moment(clock - hour)? + hour));
    found.map_or_else(|| clock.and_utc(), |found| found.to_utc())
}

/// What clocks in Oslo show at a moment.
#[must_use]
pub fn clock_in_oslo(moment: DateTime<Utc>) -> NaiveDateTime {
    moment.with_timezone(&Oslo).naive_local()
}

/// When the unrevised figures of a reporting year are published.
#[must_use]
pub fn preliminary(year: u16) -> DateTime<Utc> {
    published(year, 3)
}

/// When the revised figures of a reporting year are published.
#[must_use]
pub fn revised(year: u16) -> DateTime<Utc> {
    published(year, 6)
}

fn published(year: u16, month: u32) -> DateTime<Utc> {
    // Every year has a fifteenth of every month.
    let date = NaiveDate::from_ymd_opt(i32::from(year) + 1, month, 15).unwrap_or(NaiveDate::MIN);
    in_oslo(date.and_time(NaiveTime::MIN) + PUBLISHED_AT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_is(clock: &str, moment: &str) {
        let clock = NaiveDateTime::parse_from_str(clock, "%Y-%m-%d %H:%M:%S").unwrap();
        let moment: DateTime<Utc> = moment.parse().unwrap();
        assert_eq!(in_oslo(clock), moment, "{clock}");
        if clock.format("%m-%d %H").to_string() != "03-29 02" {
            assert_eq!(clock_in_oslo(moment), clock);
        }
    }

    #[test]
    fn figures_are_published_at_eight_in_winter_and_in_summer() {
        for year in 2015..=2040 {
            let (march, june) = (preliminary(year), revised(year));
            let next = year + 1;
            assert_eq!(march.to_rfc3339(), format!("{next}-03-15T07:00:00+00:00"));
            assert_eq!(june.to_rfc3339(), format!("{next}-06-15T06:00:00+00:00"));
        }
    }

    #[test]
    fn clocks_change_on_the_last_sundays_of_march_and_october() {
        for (clock, moment) in [
            ("2026-03-29 01:59:59", "2026-03-29T00:59:59Z"),
            ("2026-03-29 03:00:00", "2026-03-29T01:00:00Z"),
            ("2026-03-29 02:30:00", "2026-03-29T01:30:00Z"),
            ("2026-10-25 01:59:59", "2026-10-24T23:59:59Z"),
            ("2026-10-25 02:30:00", "2026-10-25T00:30:00Z"),
            ("2026-10-25 03:00:00", "2026-10-25T02:00:00Z"),
            ("2024-03-31 12:00:00", "2024-03-31T10:00:00Z"),
            ("2024-03-30 12:00:00", "2024-03-30T11:00:00Z"),
            ("2025-12-31 23:59:59", "2025-12-31T22:59:59Z"),
            ("2027-10-30 12:00:00", "2027-10-30T10:00:00Z"),
            ("2027-10-31 12:00:00", "2027-10-31T11:00:00Z"),
        ] {
            assert_is(clock, moment);
        }
    }
}
