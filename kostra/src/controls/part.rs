//! Blocks of lines checked apart from one another, so that many cores can share a file.

use super::{
    Findings, fit,
    rules::{Keys, Rules},
    summary::Summing,
};
use crate::record::{Lines, Record};
use std::sync::Arc;

/// Checks blocks; each thread may have a copy.
#[derive(Clone)]
pub struct Blocks(Arc<Rules>);

/// What came of one block, for [`super::Checker::add`].
pub struct Part {
    pub(super) first: u64,
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

    /// Keeps some of the first lines of the file, to see whether they are of another year.
    fn sample(&mut self, lines_before: u64, record: &Record<'_>) {
        if self.sample.len() < fit::SAMPLE && lines_before < fit::SAMPLE as u64 {
            self.sample.push(record.line().to_owned());
        }
    }

    /// Runs the controls on a line that is a record.
    #[inline]
    fn control(&mut self, rules: &Rules, number: u64, record: &Record<'_>) {
        let keys = rules.check(number, record, &mut self.findings, self.summing.as_mut());
        self.keys.extend(keys);
    }
}

impl Blocks {
    pub(super) const fn new(rules: Arc<Rules>) -> Self {
        Self(rules)
    }

    /// Checks whole lines, of which the first has a number in the file. A mark at the start of the file counts as one
    /// only in the block that has it. The lines are numbered from 1 where they stand; [`Part`]s are put in order by
    /// whoever adds them, with the number of lines before each.
    ///
    /// # Errors
    /// None: reading from memory does not fail. The signature is that of any source.
    pub fn check(&self, block: &[u8], lines_before: u64) -> std::io::Result<Part> {
        let rules = &*self.0;
        let mut part = Part {
            first: lines_before + 1,
            lines: 0,
            findings: Findings::new(rules.options.max_findings),
            keys: Vec::with_capacity(block.len() / (rules.layout.record_length + 1) + 1),
            summing: rules.summing(),
            sample: Vec::new(),
            is_blank: false,
            is_broken: false,
        };
        let mut rest = block;
        // Lines that are records at a glance are not looked for.
        while let Some((record, after)) = at_a_glance(rest, rules.layout.record_length) {
            part.lines += 1;
            part.sample(lines_before, &record);
            part.control(rules, lines_before + part.lines, &record);
            rest = after;
        }
        let mut lines = Lines::after(rest, lines_before + part.lines);
        while let Some(line) = lines.next()? {
            part.lines += 1;
            part.is_blank = part.lines == 1 && matches!(line.bytes, b"" | b" ");
            let record = Record::decode(line.bytes, rules.layout.record_length);
            part.sample(lines_before, &record);
            if let Err(wrong) = rules.is_record(line.number, line.bytes, &record) {
                if !std::mem::replace(&mut part.is_broken, true) {
                    part.findings.clear();
                }
                rules.refuse_shape(&wrong, &mut part.findings);
            } else if !part.is_broken {
                part.control(rules, line.number, &record);
            }
        }
        Ok(part)
    }
}

/// The record at the start of a block, where it is one of printable ASCII characters with a line end behind it, and what
/// follows.
#[inline]
fn at_a_glance(block: &[u8], length: usize) -> Option<(Record<'_>, &[u8])> {
    let (line, after) = block.split_at_checked(length)?;
    let ([b'\n', after @ ..] | [b'\r', b'\n', after @ ..]) = after else { return None };
    let is_plain =
        line.iter().map(|byte| u8::from(!(b' '..0x7F).contains(byte))).fold(0, |a, b| a | b);
    if is_plain != 0 {
        return None;
    }
    Some((Record::new(std::str::from_utf8(line).ok()?), after))
}
