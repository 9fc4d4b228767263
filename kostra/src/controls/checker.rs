//! Checks a file line by line, or in blocks of lines that were checked apart.

use super::{
    Findings, Options, Quote, Report, Severity,
    duplicates::{Doubled, Duplicates, Kind},
    fit, nature,
    part::{Blocks, Part},
    rules::{Keys, NoRecord, Rules},
    summary::Summing,
    wording,
};
use crate::{Form, Text, layout::Layout, record::Record};
use std::sync::Arc;

/// Checks the lines of one file, one at a time and in order.
///
/// Memory holds the findings up to their limit, a sample of lines, and a few bytes for each record
/// to find duplicates by.
pub struct Checker {
    rules: Arc<Rules>,
    summing: Option<Summing>,
    findings: Findings,
    duplicates: Duplicates,
    sample: Vec<String>,
    /// Lines of the parts so far.
    lines: u64,
    records: u64,
    /// The only line so far is blank: the file of someone without records.
    is_blank: bool,
    /// A line is no record at all; from then on only such lines are told of.
    is_broken: bool,
}

impl Checker {
    /// A checker for files of a layout; `None` for a form whose controls are not known.
    #[must_use]
    pub fn new(layout: &'static Layout, options: Options) -> Option<Self> {
        let findings = Findings::new(options.max_findings);
        let rules = Rules::new(layout, options)?;
        Some(Self {
            summing: rules.summing(),
            rules: Arc::new(rules),
            findings,
            duplicates: Duplicates::default(),
            sample: Vec::new(),
            lines: 0,
            records: 0,
            is_blank: false,
            is_broken: false,
        })
    }

    /// Checks a line, given without its line end; gives the record if there is nothing to say about it.
    pub fn check_line<'l>(&mut self, number: u64, line: &'l [u8]) -> Option<Record<'l>> {
        if self.records == 0 && !self.is_blank && matches!(line, b"" | b" ") {
            self.is_blank = true;
            return None;
        }
        self.mind_the_blank(number.saturating_sub(1));
        self.records += 1;
        let record = Record::decode(line, self.rules.layout.record_length);
        if self.sample.len() < fit::SAMPLE {
            self.sample.push(record.line().to_owned());
        }
        if let Err(wrong) = self.rules.is_record(number, line, &record) {
            self.refuse_shape(&wrong);
            return None;
        }
        let told = self.findings.told;
        if !self.is_broken {
            let keys = self.rules.check(number, &record, &mut self.findings, self.summing.as_mut());
            if let Some(keys) = keys {
                self.check_duplicates(std::slice::from_ref(&keys), 0);
            }
        }
        self.quote(Some(&record));
        (told == self.findings.told).then_some(record)
    }

    /// What checks blocks of whole lines apart, on any thread.
    #[must_use]
    pub fn blocks(&self) -> Blocks {
        Blocks::new(self.rules.clone())
    }

    /// Adds a block that was checked apart; blocks come in the order of the file.
    pub fn add(&mut self, part: Part) {
        let lines = part.lines;
        self.add_lines(part);
        self.lines += lines;
    }

    fn add_lines(&mut self, part: Part) {
        if part.lines == 0 {
            return;
        }
        if self.records == 0 && !self.is_blank && part.is_blank {
            self.is_blank = true;
            return;
        }
        self.mind_the_blank(self.lines);
        self.records += part.lines;
        let room = fit::SAMPLE.saturating_sub(self.sample.len());
        self.sample.extend(part.sample.into_iter().take(room));
        if let (Some(sum), Some(more)) = (&mut self.summing, &part.summing) {
            sum.merge(more);
        }
        match (self.is_broken, part.is_broken) {
            (true, false) => return,
            (false, true) => self.findings.clear(),
            _ => {}
        }
        self.is_broken = part.is_broken || self.is_broken;
        let mut found = part.findings;
        found.move_down(self.lines);
        if !self.is_broken {
            // What stands twice is found here, in the order of the file, and put beside the rest of its line.
            let before = std::mem::replace(&mut self.findings, Findings::new(found.max));
            self.check_duplicates(&part.keys, self.lines);
            let doubled = std::mem::replace(&mut self.findings, before);
            found.merge_by_line(doubled);
        }
        self.findings.append(found);
    }

    /// Whether nothing found so far refuses the file.
    #[must_use]
    pub const fn is_accepted(&self) -> bool {
        !self.findings.refused
    }

    /// Ends the file.
    #[must_use]
    pub fn finish(self) -> Report {
        self.finish_quoted().0
    }

    /// Ends the file, and gives what stands in the records beside the findings, one for each; none where
    /// [`Options::quotes`] does not ask for them.
    #[must_use]
    pub fn finish_quoted(mut self) -> (Report, Vec<Quote>) {
        let is_empty = self.records == 0;
        let rule = ("000", Severity::Fatal);
        if self.rules.options.expects_records && is_empty {
            self.findings.add(None, rule, &[], wording::no_records);
        } else if !self.rules.options.expects_records && !is_empty {
            self.findings.clear();
            self.findings.add(None, rule, &[], wording::unexpected_records);
        }
        let accepted = !self.findings.refused;
        let layout = self.rules.layout;
        let nature = self.sample.first().filter(|_| self.is_broken);
        let nature = nature.and_then(|first| nature::of(layout, first));
        let hint = match &nature {
            None if !accepted => fit::hint(layout, &self.sample),
            _ => None,
        };
        if let Some(text) = &nature {
            self.findings.replace(("001", Severity::Fatal), text, 0);
        } else if let Some(hint) = hint.as_ref().filter(|_| self.findings.are_many()) {
            self.findings.gather(("004Y", Severity::Fatal), &hint.text);
        }
        self.quote(None);
        let report = Report {
            form: self.rules.layout.form,
            year: self.rules.layout.year,
            records: self.records,
            findings: self.findings.kept,
            omitted: self.findings.omitted,
            accepted,
            summary: self.summing.filter(|_| accepted).map(Summing::finish),
            hint,
        };
        (report, self.findings.quotes)
    }

    fn quote(&mut self, record: Option<&Record<'_>>) {
        if self.rules.options.quotes {
            self.findings.quote(self.rules.layout, record);
        }
    }

    /// A blank line that is not the only one is a record of no length.
    fn mind_the_blank(&mut self, line: u64) {
        if std::mem::take(&mut self.is_blank) {
            self.records += 1;
            self.refuse_shape(&NoRecord { line, characters: 1, has_controls: false });
        }
    }

    /// 001: the line is no record. What else was found is forgotten, as it may be an effect of it.
    fn refuse_shape(&mut self, wrong: &NoRecord) {
        if !std::mem::replace(&mut self.is_broken, true) {
            self.findings.clear();
        }
        self.rules.refuse_shape(wrong, &mut self.findings);
        self.quote(None);
    }

    /// 005A, 005B.
    fn check_duplicates(&mut self, keys: &[Keys], lines_before: u64) {
        for doubled in self.duplicates.add(keys, lines_before) {
            self.tell_doubled(doubled);
        }
    }

    #[cold]
    fn tell_doubled(&mut self, Doubled { kind, line, first }: Doubled) {
        let is_programme = self.rules.layout.form == Form::F11C;
        let fields: &[&str] = match (kind, is_programme) {
            (Kind::Person, true) => {
                &["KOMMUNE_NR", "PERSON_FODSELSNR", "STATUS", "PERSON_JOURNALNR"]
            }
            (Kind::Person, false) => &["PERSON_FODSELSNR", "PERSON_JOURNALNR"],
            (Kind::Journal, true) => &["KOMMUNE_NR", "PERSON_JOURNALNR"],
            (Kind::Journal, false) => &["PERSON_JOURNALNR"],
        };
        let (rule, text): (_, fn(u64) -> Text) = match kind {
            Kind::Person => ("005A", wording::same_person),
            Kind::Journal => ("005B", wording::same_journal),
        };
        self.findings.add(Some(line), (rule, Severity::Error), fields, || text(first));
    }
}
