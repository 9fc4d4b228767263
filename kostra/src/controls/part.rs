//! Blocks of lines checked apart from one another, so that many cores can share a file.

use super::{
    Findings, fit,
    rules::{Keys, NoRecord, Rules},
    summary::Summing,
};
use crate::record::{Lines, Record};
use multiversion::multiversion;
use std::sync::Arc;

/// Checks blocks; each thread may have a copy.
#[derive(Clone)]
pub struct Blocks(Arc<Rules>);

/// What came of one block, for [`super::Checker::add`]. Its lines are numbered from 1.
pub struct Part {
    pub(super) lines: u64,
    pub(super) findings: Findings,
    pub(super) keys: Vec<Keys>,
    pub(super) summing: Option<Summing>,
    pub(super) sample: Vec<String>,
    /// The block is one blank line.
    pub(super) is_blank: bool,
    /// A line is no record; the findings tell of such lines alone.
    pub(super) is_broken: bool,
}

impl Part {
    /// How many lines the block has.
    #[must_use]
    pub const fn lines(&self) -> u64 {
        self.lines
    }

    /// A line that is a record the controls must be asked about, or no record.
    #[cold]
    fn control(&mut self, rules: &Rules, bytes: &[u8]) {
        let record = Record::decode(bytes, rules.layout.record_length);
        match rules.is_record(self.lines, bytes, &record) {
            Err(wrong) => self.refuse_shape(rules, &wrong),
            Ok(()) if self.is_broken => {}
            Ok(()) => {
                let summing = self.summing.as_mut();
                let keys = rules.check(self.lines, &record, &mut self.findings, summing);
                self.keys.extend(keys);
            }
        }
    }

    fn refuse_shape(&mut self, rules: &Rules, wrong: &NoRecord) {
        if !std::mem::replace(&mut self.is_broken, true) {
            self.findings.clear();
        }
        rules.refuse_shape(wrong, &mut self.findings);
    }
}

impl Blocks {
    /// So many of the first lines of a file are kept, to see whether they are of another year.
    pub const SAMPLE: u64 = fit::SAMPLE as u64;

    pub(super) const fn new(rules: Arc<Rules>) -> Self {
        Self(rules)
    }

    /// Checks whole lines. How many lines of the file come before them matters for its first ones alone, where a mark
    /// may stand and the sample is taken; for others any number from [`Blocks::SAMPLE`] on will do.
    #[must_use]
    pub fn check(&self, block: &[u8], lines_before: u64) -> Part {
        let rules = &*self.0;
        let length = rules.layout.record_length;
        let mut part = Part {
            lines: 0,
            findings: Findings::new(rules.options.max_findings),
            keys: Vec::with_capacity(block.len() / (length + 1) + 1),
            summing: rules.summing(),
            sample: Vec::new(),
            is_blank: false,
            is_broken: false,
        };
        let mut rest = block;
        loop {
            if part.lines + lines_before >= Self::SAMPLE && !part.is_broken {
                rest = sound(rules, &mut part, rest);
            }
            let mut lines = Lines::after(rest, part.lines + lines_before);
            // Reading from memory does not fail.
            let Ok(Some(line)) = lines.next() else { return part };
            part.lines += 1;
            part.is_blank = part.lines == 1 && matches!(line.bytes, b"" | b" ");
            if line.number <= Self::SAMPLE {
                part.sample.push(Record::decode(line.bytes, length).line().to_owned());
            }
            part.control(rules, line.bytes);
            rest = lines.into_input();
        }
    }
}

/// Takes the lines that a quick look finds sound, and gives what follows them. Nearly every line is as long as it should be
/// and sound; its end need not be looked for. Where the processor compares more bytes at once than every one of its kind,
/// they are compared so.
#[multiversion(targets("x86_64+avx2+bmi1+bmi2+lzcnt+popcnt"))]
fn sound<'b>(rules: &Rules, part: &mut Part, block: &'b [u8]) -> &'b [u8] {
    let (length, width, mut rest) = (rules.layout.record_length, rules.width(), block);
    while let Some((line, after)) = whole(rest, length)
        && let Some(looked) = rules.look(line, rest.get(..width).unwrap_or(line))
    {
        part.lines += 1;
        let keys = rules.passed(part.lines, &looked, part.summing.as_mut());
        part.keys.extend(keys);
        rest = after;
    }
    rest
}

/// The first so many bytes of a block, where a line end is behind them, and what follows it.
#[inline]
fn whole(block: &[u8], length: usize) -> Option<(&[u8], &[u8])> {
    let (line, after) = block.split_at_checked(length)?;
    match after {
        [b'\n', after @ ..] | [b'\r', b'\n', after @ ..] => Some((line, after)),
        _ => None,
    }
}
