//! The findings of a file that are kept, and the count of the rest.

use super::{Finding, Quote, Severity};
use crate::{Text, layout::Layout, record::Record};

/// How many lines are told of with the same fault in the same field.
const EACH: u64 = 20;

/// The findings that are kept, and the count of the rest.
pub(super) struct Findings {
    pub kept: Vec<Finding>,
    /// One for each kept finding, where they are wanted.
    pub quotes: Vec<Quote>,
    pub omitted: u64,
    pub max: usize,
    pub refused: bool,
    /// How many were added, kept or not.
    pub told: u64,
    kinds: Vec<Kind>,
}

/// What was found of one control in one field.
struct Kind {
    rule: &'static str,
    field: String,
    seen: u64,
    /// The place of the last that was kept.
    last: usize,
}

impl Findings {
    pub(super) const fn new(max: usize) -> Self {
        Self {
            kept: Vec::new(),
            quotes: Vec::new(),
            omitted: 0,
            max,
            refused: false,
            told: 0,
            kinds: Vec::new(),
        }
    }

    /// Adds a finding that refuses the file unless it is a warning; its words are made only if it is kept.
    pub(super) fn add(
        &mut self,
        line: Option<u64>,
        (rule, severity): (&'static str, Severity),
        fields: &[&str],
        text: impl FnOnce() -> Text,
    ) {
        self.refused |= severity > Severity::Warning;
        self.told += 1;
        if self.has_place(rule, fields.first().copied().unwrap_or_default(), 1) {
            let fields = fields.iter().map(|&field| field.to_owned()).collect();
            let text = text();
            self.kept.push(Finding { line, rule, severity, fields, text, alike: 0 });
        }
    }

    /// Whether a finding is to be kept, at the end; otherwise it is counted, with those it stands for.
    fn has_place(&mut self, rule: &'static str, field: &str, weight: u64) -> bool {
        let place = self.kept.len();
        let known = self.kinds.iter_mut().find(|kind| kind.rule == rule && kind.field == field);
        if let Some(kind) = known {
            kind.seen += weight;
            if kind.seen - weight >= EACH {
                match self.kept.get_mut(kind.last) {
                    Some(last) => last.alike += weight,
                    None => self.omitted += weight,
                }
                return false;
            }
            if place < self.max {
                kind.last = place;
                return true;
            }
        } else if place < self.max {
            let field = field.to_owned();
            self.kinds.push(Kind { rule, field, seen: weight, last: place });
            return true;
        }
        self.omitted += weight;
        false
    }

    /// Whether there are more than anybody would correct one by one.
    pub(super) fn are_many(&self) -> bool {
        self.count() > EACH
    }

    /// How many there were.
    fn count(&self) -> u64 {
        let alike: u64 = self.kept.iter().map(|finding| finding.alike).sum();
        self.kept.len() as u64 + self.omitted + alike
    }

    /// Adds those of later lines.
    pub(super) fn append(&mut self, others: Self) {
        self.refused |= others.refused;
        for finding in others.kept {
            let field = finding.fields.first().map(String::as_str).unwrap_or_default();
            let weight = 1 + finding.alike;
            if self.has_place(finding.rule, field, weight) {
                self.kept.push(finding);
            }
        }
        self.omitted += others.omitted;
    }

    /// Numbers the lines after so many others.
    pub(super) fn move_down(&mut self, lines: u64) {
        let numbers = self.kept.iter_mut().filter_map(|finding| finding.line.as_mut());
        numbers.for_each(|line| *line += lines);
    }

    /// Puts others of the same lines among them, each after what was found on its line.
    pub(super) fn merge_by_line(&mut self, others: Self) {
        self.refused |= others.refused;
        self.omitted += others.omitted;
        if others.kept.is_empty() {
            return;
        }
        self.kept.extend(others.kept);
        // Those of one line keep the order they have.
        self.kept.sort_by_key(|finding| finding.line);
        self.kinds.clear();
    }

    /// Puts one finding in the place of all, with their number.
    pub(super) fn gather(&mut self, rule: (&'static str, Severity), text: &Text) {
        let alike = self.count().saturating_sub(1);
        self.replace(rule, text, alike);
    }

    /// Puts one finding in the place of all, for so many more.
    pub(super) fn replace(
        &mut self,
        (rule, severity): (&'static str, Severity),
        text: &Text,
        alike: u64,
    ) {
        self.clear();
        let text = text.clone();
        self.kept.push(Finding { line: None, rule, severity, fields: Vec::new(), text, alike });
    }

    /// Keeps what stands in the record beside the findings that have come since this was last done.
    pub(super) fn quote(&mut self, layout: &Layout, record: Option<&Record<'_>>) {
        for finding in self.kept.get(self.quotes.len()..).unwrap_or_default() {
            self.quotes.push(Quote::of(layout, record, finding));
        }
    }

    /// Forgets what was found so far; the file stays refused.
    pub(super) fn clear(&mut self) {
        self.kept.clear();
        self.quotes.clear();
        self.kinds.clear();
        self.omitted = 0;
    }
}
