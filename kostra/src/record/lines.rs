//! Splits a file into lines in bounded memory.

use std::io::{BufRead, Read, Result};

/// The longest line that is kept whole, in bytes. No record is near it.
pub const MAX_LINE: usize = 4096;

/// The lines of a file, one at a time, without their line ends (LF or CRLF).
///
/// A UTF-8 mark at the start of the file is dropped. What follows the last line end is a line only
/// if it is not empty.
pub struct Lines<R> {
    input: R,
    line: Vec<u8>,
    number: u64,
}

/// One line of a file.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    /// Its number, from 1.
    pub number: u64,
    /// Its bytes; the first [`MAX_LINE`] ones of a longer line, which is then no record anyway.
    pub bytes: &'a [u8],
}

impl<R: BufRead> Lines<R> {
    /// Reads lines from a source.
    pub fn new(input: R) -> Self {
        Self::after(input, 0)
    }

    /// Reads lines from a source that begins after so many lines of a file.
    pub fn after(input: R, lines: u64) -> Self {
        Self { input, line: Vec::new(), number: lines }
    }

    /// The source, from where the next line begins.
    pub(crate) fn into_input(self) -> R {
        self.input
    }

    /// The next line; `None` at the end.
    ///
    /// # Errors
    /// What reading the source gives.
    #[expect(clippy::should_implement_trait, reason = "an iterator cannot lend its line")]
    pub fn next(&mut self) -> Result<Option<Line<'_>>> {
        self.line.clear();
        let limit = MAX_LINE as u64 + 2;
        let read = (&mut self.input).take(limit).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        if self.line.last() == Some(&b'\n') {
            self.line.pop();
            if self.line.last() == Some(&b'\r') {
                self.line.pop();
            }
        } else if self.line.len() > MAX_LINE {
            self.line.truncate(MAX_LINE);
            self.input.skip_until(b'\n')?;
        }
        let bytes = self.line.as_slice();
        let marked =
            if self.number == 1 { bytes.strip_prefix("\u{feff}".as_bytes()) } else { None };
        Ok(Some(Line { number: self.number, bytes: marked.unwrap_or(bytes) }))
    }
}
