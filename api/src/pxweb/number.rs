//! Numbers with decimals: a cell holds whole numbers, and its contents say how many of the digits are decimals.

use super::cube::Cube;
use super::selection::Selected;
use serde::ser::{Serialize, Serializer};
use std::fmt;

/// A number as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Number {
    value: u64,
    decimals: u8,
}

impl Number {
    /// So many, of which the last digits are decimals.
    #[must_use]
    pub const fn new(value: u64, decimals: u8) -> Self {
        Self { value, decimals }
    }

    /// The same as a floating point number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of people are far below 2^53")]
    pub fn as_f64(self) -> f64 {
        self.value as f64 / 10f64.powi(i32::from(self.decimals))
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.decimals == 0 {
            return write!(f, "{}", self.value);
        }
        let unit = 10u64.pow(u32::from(self.decimals));
        let width = usize::from(self.decimals);
        write!(f, "{}.{:0width$}", self.value / unit, self.value % unit)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.decimals == 0 {
            serializer.serialize_u64(self.value)
        } else {
            serializer.serialize_f64(self.as_f64())
        }
    }
}

/// How many decimals each cell of an answer has.
#[derive(Debug, Clone, Default)]
pub struct Decimals {
    /// For each of the contents chosen; empty where no number has any.
    of_contents: Vec<u8>,
    years: usize,
}

impl Decimals {
    /// The decimals of what is selected.
    #[must_use]
    pub fn new(cube: &Cube, selected: &Selected) -> Self {
        // Time is the last variable, and contents are the one before.
        let Some(contents) = cube.variables.len().checked_sub(2) else { return Self::default() };
        let values = cube.variables.get(contents).map(|variable| variable.values.as_slice());
        let chosen = selected.positions.get(contents).into_iter().flatten();
        let decimals = chosen.filter_map(|at| Some(values?.get(*at)?.decimals));
        let mut of_contents: Vec<u8> = decimals.collect();
        if of_contents.iter().all(|decimals| *decimals == 0) {
            of_contents.clear();
        }
        Self { of_contents, years: selected.positions.last().map_or(0, Vec::len) }
    }

    /// The number of the cell at a place.
    #[must_use]
    pub fn number(&self, place: usize, value: u64) -> Number {
        let (contents, years) = (self.of_contents.len(), self.years);
        if contents == 0 || years == 0 {
            return Number::new(value, 0);
        }
        let decimals = self.of_contents.get(place / years % contents);
        Number::new(value, decimals.copied().unwrap_or_default())
    }

    /// The most that any of them has.
    #[must_use]
    pub fn most(&self) -> u8 {
        self.of_contents.iter().copied().max().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pxweb::jsonstat::everything;

    #[test]
    fn decimals_are_digits_of_the_number() {
        for (value, decimals, text) in
            [(0, 0, "0"), (7, 0, "7"), (7, 1, "0.7"), (123, 1, "12.3"), (5, 3, "0.005")]
        {
            let number = Number::new(value, decimals);
            assert_eq!(number.to_string(), text);
            assert_eq!(text.parse(), Ok(number.as_f64()));
            assert_eq!(serde_json::to_string(&number).unwrap().parse::<f64>(), text.parse());
        }
    }

    #[test]
    fn a_place_has_the_decimals_of_its_contents() {
        let of = hjemmel_kostra::indicator_table("S11C9").unwrap();
        let cube = Cube::of_indicators(&of.table, vec![2024, 2025], &of.indicators);
        let decimals = Decimals::new(&cube, &everything(&cube));
        assert_eq!(decimals.number(1, 25).to_string(), "2.5");
        assert_eq!(decimals.most(), 1);
        let counts = Cube::new(hjemmel_kostra::table("S1101").unwrap(), vec![2024]);
        assert_eq!(Decimals::new(&counts, &everything(&counts)).number(1, 25).to_string(), "25");
    }
}
