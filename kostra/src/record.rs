//! Access to the fields of one line, and lines out of a file.
//!
//! Positions count characters. Files come as ASCII, UTF-8 or ISO 8859-1 without saying which, so
//! each line is judged by itself: one that is valid UTF-8 is read as that, unless only its bytes,
//! not its characters, have the length of the record; anything else is ISO 8859-1. An ASCII line,
//! nearly every one, is borrowed as it stands.

pub mod eight;
mod lines;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

pub use lines::{Line, Lines, MAX_LINE};

use crate::layout::{Field, Layout};

/// One line as a record. It prints nothing of what it holds.
pub struct Record<'a> {
    line: Cow<'a, str>,
    /// Byte offset of each character and of the end; empty for an ASCII line.
    offsets: Vec<usize>,
}

impl<'a> Record<'a> {
    /// Reads the bytes of a line, without its line end, as a record of that many characters.
    #[inline]
    #[must_use]
    pub fn decode(line: &'a [u8], record_length: usize) -> Self {
        match std::str::from_utf8(line) {
            Ok(text) if line.is_ascii() => Self { line: Cow::Borrowed(text), offsets: Vec::new() },
            Ok(text) if line.len() != record_length || text.chars().count() == record_length => {
                Self::with_offsets(Cow::Borrowed(text))
            }
            _ => Self::with_offsets(line.iter().map(|&byte| char::from(byte)).collect()),
        }
    }

    /// Reads a line that is text already.
    #[must_use]
    pub fn new(line: &'a str) -> Self {
        if line.is_ascii() {
            Self { line: Cow::Borrowed(line), offsets: Vec::new() }
        } else {
            Self::with_offsets(Cow::Borrowed(line))
        }
    }

    fn with_offsets(line: Cow<'a, str>) -> Self {
        let offsets = line.char_indices().map(|(at, _)| at).chain([line.len()]).collect();
        Self { line, offsets }
    }

    /// The number of characters.
    #[inline]
    #[must_use]
    pub fn length(&self) -> usize {
        if self.offsets.is_empty() { self.line.len() } else { self.offsets.len() - 1 }
    }

    /// The whole line.
    #[must_use]
    pub fn line(&self) -> &str {
        &self.line
    }

    /// The bytes of the line, where each is a character of ASCII.
    #[inline]
    #[must_use]
    pub fn ascii(&self) -> Option<&[u8]> {
        self.offsets.is_empty().then(|| self.line.as_bytes())
    }

    /// The bytes of a field with their blanks: as [`Record::raw`], without looking for characters
    /// where each is one byte.
    #[inline]
    pub(crate) fn bytes(&self, field: &Field) -> &[u8] {
        if self.offsets.is_empty() {
            self.line.as_bytes().get(field.range()).unwrap_or_default()
        } else {
            self.raw(field).as_bytes()
        }
    }

    /// The characters of a field with their blanks; empty where the line is too short.
    #[inline]
    #[must_use]
    pub fn raw(&self, field: &Field) -> &str {
        self.slice(field.start, field.length)
    }

    /// The value of a field without blanks around it.
    #[inline]
    #[must_use]
    pub fn value(&self, field: &Field) -> &str {
        without_blanks(self.raw(field))
    }

    /// The value of a field where it states one, as [`Field::stated`]. Most fields have one or two characters,
    /// nearly all of them blank or a code without zeros, which are told apart without looking twice.
    #[inline]
    #[must_use]
    pub fn stated(&self, field: &Field) -> Option<&str> {
        let raw = self.raw(field);
        let is_told = |byte: u8| byte != b'0' && byte.is_ascii_graphic();
        match *raw.as_bytes() {
            [b' '] | [b' ', b' '] => None,
            [only] if is_told(only) => Some(raw),
            [first, second] if is_told(first) && is_told(second) => Some(raw),
            _ => field.stated(without_blanks(raw)),
        }
    }

    /// The value of the field of that name; `None` where the layout has no such field.
    #[must_use]
    pub fn named(&self, layout: &Layout, name: &str) -> Option<&str> {
        layout.field(name).map(|field| self.value(field))
    }

    /// Characters by position; empty where the line is too short.
    #[inline]
    #[must_use]
    pub fn slice(&self, start: usize, length: usize) -> &str {
        let end = start + length;
        let range = if self.offsets.is_empty() {
            Some(start..end)
        } else {
            self.offsets.get(start).zip(self.offsets.get(end)).map(|(from, to)| *from..*to)
        };
        range.and_then(|range| self.line.get(range)).unwrap_or_default()
    }
}

/// The text without blanks around it; by bytes, as this is done to every field of every record, most of which
/// have one or two characters and are blank or full.
#[inline]
fn without_blanks(text: &str) -> &str {
    let is_told = |byte: &u8| *byte != b' ';
    let bytes = text.as_bytes();
    match *bytes {
        [b' '] | [b' ', b' '] => "",
        [first, second] if is_told(&first) && is_told(&second) => text,
        _ => {
            let start = bytes.iter().position(is_told).unwrap_or(bytes.len());
            let end = bytes.iter().rposition(is_told).map_or(start, |last| last + 1);
            text.get(start..end).unwrap_or_default()
        }
    }
}
