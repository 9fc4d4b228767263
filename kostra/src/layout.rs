//! The fixed-width record layouts of each form and reporting year.
//!
//! A layout is chosen by form and year, never by the length of a line: social assistance of 2023
//! and of 2024 are equally long while nearly every position has moved.

mod read;
#[cfg(test)]
mod tests;

use chrono::NaiveDate;
use serde::Serialize;

use crate::{Form, Text};

/// Where the fields of one form's records stand in one reporting year.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Layout {
    /// The form.
    pub form: Form,
    /// The reporting year (the year the data are about).
    pub year: u16,
    /// Characters in a line, without its line end.
    pub record_length: usize,
    /// The fields in order; together they cover the whole line.
    pub fields: Vec<Field>,
}

/// One field of a record.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Statistics Norway's name: `VKLO`.
    pub name: String,
    /// What it holds.
    pub title: Text,
    /// First character, counted from 0.
    pub start: usize,
    /// Number of characters.
    pub length: usize,
    /// What kind of value it holds.
    pub kind: FieldKind,
    /// Whether a record without it is refused. `BYDELSNR` is not: Oslo needs it, others may not
    /// have it.
    pub mandatory: bool,
    /// The allowed codes; empty for a field without a code list.
    pub codes: Vec<Code>,
}

/// The kind of value a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum FieldKind {
    /// Characters, or a code where the field has a code list.
    Text,
    /// A whole number.
    Integer,
    /// A calendar date.
    Date(DateFormat),
}

/// How a date is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum DateFormat {
    /// `311224`; the century is always 20.
    DdMmYy,
    /// `31122024`.
    DdMmYyyy,
}

/// One allowed code of a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Code {
    /// The code as it stands in the record.
    pub code: String,
    /// What it means.
    pub label: Text,
}

impl Layout {
    /// The layout of a form in a reporting year; `None` if there is none.
    #[must_use]
    pub fn of(form: Form, year: u16) -> Option<&'static Self> {
        Self::all().iter().find(|layout| layout.form == form && layout.year == year)
    }

    /// The reporting years a form has a layout for, oldest first.
    #[must_use]
    pub fn years(form: Form) -> Vec<u16> {
        Self::all().iter().filter(|layout| layout.form == form).map(|layout| layout.year).collect()
    }

    /// Every layout, by form and year.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &read::LAYOUTS
    }

    /// The field of that name.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == name)
    }
}

impl Field {
    /// The characters of the line that belong to the field.
    #[inline]
    #[must_use]
    pub const fn range(&self) -> std::ops::Range<usize> {
        self.start..self.start + self.length
    }

    /// The trimmed value, or `None` where the record says nothing.
    ///
    /// A blank says nothing. So do zeros in a date or a coded field, unless the year's list has
    /// them: older case systems write `00` where a box is not ticked.
    #[inline]
    #[must_use]
    pub fn stated<'v>(&self, value: &'v str) -> Option<&'v str> {
        let is_plain = |end: Option<&u8>| end.is_some_and(u8::is_ascii_graphic);
        let bytes = value.as_bytes();
        // Nearly every value has been rid of its blanks, and need not be read for other white space.
        let value =
            if is_plain(bytes.first()) && is_plain(bytes.last()) { value } else { value.trim() };
        if value.is_empty() {
            return None;
        }
        let zeros_are_blank = matches!(self.kind, FieldKind::Date(_)) || !self.codes.is_empty();
        if zeros_are_blank && value.bytes().all(|byte| byte == b'0') && !self.has_code(value) {
            return None;
        }
        Some(value)
    }

    /// Whether the field's list has the code.
    #[inline]
    #[must_use]
    pub fn has_code(&self, code: &str) -> bool {
        self.codes.iter().any(|known| known.code == code)
    }
}

impl DateFormat {
    /// Reads a date written without separators; `None` if it is not a real one.
    #[must_use]
    pub fn parse(self, value: &str) -> Option<NaiveDate> {
        let digits = match self {
            Self::DdMmYy => 6,
            Self::DdMmYyyy => 8,
        };
        if value.len() != digits || !value.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let number: i32 = value.parse().ok()?;
        let (rest, year) = match self {
            Self::DdMmYy => (number / 100, 2000 + number % 100),
            Self::DdMmYyyy => (number / 10_000, number % 10_000),
        };
        let (day, month) = (u32::try_from(rest / 100).ok()?, u32::try_from(rest % 100).ok()?);
        NaiveDate::from_ymd_opt(year, month, day).filter(|_| year > 0)
    }

    /// Writes a date the way [`DateFormat::parse`] reads it.
    #[must_use]
    pub fn write(self, date: NaiveDate) -> String {
        let pattern = match self {
            Self::DdMmYy => "%d%m%y",
            Self::DdMmYyyy => "%d%m%Y",
        };
        date.format(pattern).to_string()
    }
}
