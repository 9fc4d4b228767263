//! Puts values at the positions of a layout.

use super::date::Date;
use crate::Layout;
use std::ops::Range;

/// A layout with each field's meaning worked out once, and the line in the making.
pub(super) struct Sheet<I> {
    fields: Vec<(Range<usize>, I)>,
    blank: Vec<u8>,
}

/// The bytes of one field, blank to begin with.
pub(super) struct Cell<'a>(&'a mut [u8]);

impl<I> Sheet<I> {
    /// Fields `item` gives no meaning stay blank.
    pub(super) fn of(layout: &Layout, item: impl Fn(&str) -> Option<I>) -> Self {
        let known = |field: &crate::Field| Some((field.range(), item(&field.name)?));
        let mut blank = vec![b' '; layout.record_length];
        blank.push(b'\n');
        Self { fields: layout.fields.iter().filter_map(known).collect(), blank }
    }

    /// A whole line with its end, each field written by `write`.
    pub(super) fn line(&self, write: impl Fn(&I, Cell<'_>)) -> Vec<u8> {
        let mut line = self.blank.clone();
        for (range, item) in &self.fields {
            if let Some(bytes) = line.get_mut(range.clone()) {
                write(item, Cell(bytes));
            }
        }
        line
    }
}

impl Cell<'_> {
    /// Characters from the left.
    pub(super) fn text(self, text: &[u8]) {
        for (byte, character) in self.0.iter_mut().zip(text) {
            *byte = *character;
        }
    }

    /// A whole number, filled with zeros.
    pub(super) fn number(self, number: u32) {
        let mut rest = number;
        for byte in self.0.iter_mut().rev() {
            *byte = b'0' + u8::try_from(rest % 10).unwrap_or_default();
            rest /= 10;
        }
    }

    /// A code where the condition holds; blank otherwise.
    pub(super) fn tick(self, code: u32, holds: bool) {
        if holds {
            self.number(code);
        }
    }

    /// 1 for yes, 2 for no.
    pub(super) fn yes_no(self, yes: bool) {
        self.number(if yes { 1 } else { 2 });
    }

    /// A date in the six or eight digits of the field; blank where there is none.
    pub(super) fn date(self, date: Option<Date>) {
        let Some(Date { year, month, day }) = date else { return };
        let long = self.0.len() == 8;
        let years = if long { 10_000 } else { 100 };
        let year = u32::from(if long { year } else { year % 100 });
        self.number((u32::from(day) * 100 + u32::from(month)) * years + year);
    }
}
