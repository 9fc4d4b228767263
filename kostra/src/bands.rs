//! Bands: how a number or a date is given where a grant gives it coarser than it was reported.
//!
//! The widths are ours: no file description has any. They are public and the same for every recipient, so that nothing is
//! learned from joining what two of them got.

use crate::{Column, ColumnKind};

/// Kroner to a band of amounts.
const KRONER: u32 = 10_000;
/// Years to a band of ages.
const YEARS: u32 = 10;
/// Months to a band of months with benefit.
const MONTHS: u32 = 3;
/// Children to a band.
const CHILDREN: u32 = 3;

/// How wide the bands of a column of whole numbers are; none where it has none.
///
/// ```
/// assert_eq!(hjemmel_kostra::bands::width("BIDRAG_JAN"), Some(10_000));
/// assert_eq!(hjemmel_kostra::bands::width("VKLO"), None);
/// ```
#[must_use]
pub fn width(column: &str) -> Option<u32> {
    let is_amount = ["BIDRAG", "LAAN", "KVP_STONAD"].iter().any(|stem| column.starts_with(stem));
    match column {
        _ if is_amount => Some(KRONER),
        "ALDER" => Some(YEARS),
        "ANTMND" => Some(MONTHS),
        "ANTBU18" => Some(CHILDREN),
        _ => None,
    }
}

/// The lowest number of the band a number lies in.
#[must_use]
pub const fn lowest(number: i64, width: u32) -> i64 {
    number - number.rem_euclid(width as i64)
}

impl Column {
    /// Whether it can be given in bands: codes stand for what the form made of them, dates for their month.
    #[must_use]
    pub fn has_bands(&self) -> bool {
        match self.kind {
            ColumnKind::Code | ColumnKind::Date => true,
            ColumnKind::Integer => width(&self.name).is_some(),
            ColumnKind::Text => false,
        }
    }

    /// Whether it can be given as yes or no: two codes, or whether there is a number above zero.
    #[must_use]
    pub fn has_flag(&self) -> bool {
        match self.kind {
            ColumnKind::Code => self.codes.len() == 2,
            ColumnKind::Integer => true,
            ColumnKind::Date | ColumnKind::Text => false,
        }
    }

    /// Whether it is given otherwise than it was reported when it is given coarser.
    #[must_use]
    pub fn is_made_coarser(&self) -> bool {
        matches!(self.kind, ColumnKind::Integer | ColumnKind::Date)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Form, columns};

    #[test]
    fn a_number_lies_in_the_band_it_is_given_as() {
        for (number, lowest_of) in [(0, 0), (1, 0), (9_999, 0), (10_000, 10_000), (-1, -10_000)] {
            assert_eq!(lowest(number, KRONER), lowest_of, "{number}");
        }
        assert_eq!((lowest(2, MONTHS), lowest(12, MONTHS)), (0, 12));
    }

    #[test]
    fn every_whole_number_of_the_forms_has_bands() {
        for (form, year) in [(Form::F11, 2025), (Form::F11C, 2025), (Form::F11, 2022)] {
            let numbers = columns(form, year).into_iter().filter(|c| c.kind == ColumnKind::Integer);
            for column in numbers {
                assert!(column.has_bands() && column.has_flag(), "{}", column.name);
            }
        }
    }
}
