//! Checks a file line by line.

use super::{
    Findings, Options, Quote, Report, Severity,
    contents::Contents,
    duplicates::Duplicates,
    fit,
    plan::{Fault, Plan},
    summary::Summing,
    wording,
};
use crate::{
    Form,
    identity::{self, NumberKind},
    layout::{Field, FieldKind, Layout},
    record::Record,
};

/// Checks the lines of one file, one at a time and in order.
///
/// Memory holds the findings up to their limit, a sample of lines, and a few bytes for each record
/// to find duplicates by.
pub struct Checker {
    layout: &'static Layout,
    options: Options,
    plan: Plan,
    contents: Option<Contents>,
    summing: Option<Summing>,
    places: Places,
    findings: Findings,
    persons: Duplicates,
    journals: Duplicates,
    sample: Vec<String>,
    records: u64,
    /// The only line so far is blank: the file of someone without records.
    is_blank: bool,
    /// A line is no record at all; from then on only such lines are told of.
    is_broken: bool,
}

/// The fields that have controls of their own.
struct Places {
    kommune: &'static Field,
    version: &'static Field,
    bydel: &'static Field,
    journal: &'static Field,
    number: &'static Field,
    duf: Option<&'static Field>,
    birth: Option<&'static Field>,
    status: Option<&'static Field>,
}

impl Places {
    fn new(layout: &'static Layout) -> Option<Self> {
        Some(Self {
            kommune: layout.field("KOMMUNE_NR")?,
            version: layout.field("VERSION")?,
            bydel: layout.field("BYDELSNR")?,
            journal: layout.field("PERSON_JOURNALNR")?,
            number: layout.field("PERSON_FODSELSNR")?,
            duf: layout.field("PERSON_DUF"),
            birth: layout.field("FODSELSDATO"),
            status: layout.field("STATUS"),
        })
    }
}

const ERROR: Severity = Severity::Error;

impl Checker {
    /// A checker for files of a layout; `None` for a form whose controls are not known.
    #[must_use]
    pub fn new(layout: &'static Layout, options: Options) -> Option<Self> {
        Some(Self {
            layout,
            plan: Plan::new(layout, options.contents),
            contents: if options.contents { Contents::new(layout) } else { None },
            summing: if options.contents { Summing::new(layout) } else { None },
            places: Places::new(layout)?,
            findings: Findings::new(options.max_findings),
            persons: Duplicates::default(),
            journals: Duplicates::default(),
            sample: Vec::new(),
            records: 0,
            is_blank: false,
            is_broken: false,
            options,
        })
    }

    /// Checks a line, given without its line end; gives the record if there is nothing to say about it.
    pub fn check_line<'l>(&mut self, number: u64, line: &'l [u8]) -> Option<Record<'l>> {
        if self.records == 0 && !self.is_blank && matches!(line, b"" | b" ") {
            self.is_blank = true;
            return None;
        }
        if std::mem::take(&mut self.is_blank) {
            self.records += 1;
            self.refuse_shape(number.saturating_sub(1), 1, false);
            self.quote(None);
        }
        self.records += 1;
        let record = Record::decode(line, self.layout.record_length);
        if self.sample.len() < fit::SAMPLE {
            self.sample.push(record.line().to_owned());
        }
        let has_controls = line.iter().map(|&byte| u32::from(byte < b' ')).sum::<u32>() > 0;
        if record.length() != self.layout.record_length || has_controls {
            self.refuse_shape(number, record.length(), has_controls);
            self.quote(None);
            return None;
        }
        let before = (self.findings.kept.len(), self.findings.omitted);
        if !self.is_broken {
            self.check_record(number, &record);
        }
        self.quote(Some(&record));
        (before == (self.findings.kept.len(), self.findings.omitted)).then_some(record)
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
        if self.options.expects_records && is_empty {
            self.findings.add(None, rule, &[], wording::no_records);
        } else if !self.options.expects_records && !is_empty {
            self.findings.clear();
            self.findings.add(None, rule, &[], wording::unexpected_records);
        }
        let accepted = !self.findings.refused;
        self.quote(None);
        let report = Report {
            form: self.layout.form,
            year: self.layout.year,
            records: self.records,
            findings: self.findings.kept,
            omitted: self.findings.omitted,
            accepted,
            summary: self.summing.filter(|_| accepted).map(Summing::finish),
            hint: if accepted { None } else { fit::hint(self.layout, &self.sample) },
        };
        (report, self.findings.quotes)
    }

    fn quote(&mut self, record: Option<&Record<'_>>) {
        if self.options.quotes {
            self.findings.quote(self.layout, record);
        }
    }

    /// 001: the line is no record. What else was found is forgotten, as it may be an effect of it.
    fn refuse_shape(&mut self, line: u64, characters: usize, has_controls: bool) {
        if !std::mem::replace(&mut self.is_broken, true) {
            self.findings.clear();
        }
        let layout = self.layout;
        self.findings.add(Some(line), ("001", Severity::Fatal), &[], || {
            if characters == layout.record_length && has_controls {
                wording::control_characters()
            } else {
                wording::length(layout, characters)
            }
        });
    }

    fn check_record(&mut self, line: u64, record: &Record<'_>) {
        let in_oslo = record.raw(self.places.kommune) == "0301";
        self.check_region(line, record, in_oslo);
        self.check_year(line, record);
        self.check_number(line, record);
        let findings = &mut self.findings;
        self.plan.faults(record, in_oslo, |fault: Fault| {
            let rule = (fault.rule, ERROR);
            findings.add(Some(line), rule, &[&fault.field.name], || wording::field(&fault));
        });
        if let Some(contents) = &self.contents {
            let age = contents.age(record);
            let kommuner = self.options.kommuner.as_ref();
            contents.broken(record, age, in_oslo, kommuner, |control| {
                let rule = (control.id, control.severity);
                findings.add(Some(line), rule, control.fields, || control.text());
            });
            if let Some(summing) = &mut self.summing {
                summing.add(record, age);
            }
        }
        self.check_duplicates(line, record, in_oslo);
    }

    /// 003, 003K, 003B.
    fn check_region(&mut self, line: u64, record: &Record<'_>, in_oslo: bool) {
        let kommune = record.raw(self.places.kommune);
        let is_known = kommune.bytes().all(|byte| byte.is_ascii_digit())
            && self.options.kommuner.as_ref().is_none_or(|known| known.contains(kommune));
        if !is_known {
            let text = || wording::unknown_kommune(self.layout);
            self.findings.add(Some(line), ("003", ERROR), &["KOMMUNE_NR"], text);
        }
        if let Some(sender) = self.options.sender.as_deref().filter(|sender| *sender != kommune) {
            let text = || wording::other_sender(sender);
            self.findings.add(Some(line), ("003K", ERROR), &["KOMMUNE_NR"], text);
        }
        let bydel = record.value(self.places.bydel);
        let is_right = if in_oslo {
            bydel.len() == 2 && matches!(digits(bydel), Some(1..=15))
        } else {
            bydel.is_empty()
        };
        if !is_right {
            let fields = ["KOMMUNE_NR", "BYDELSNR"];
            self.findings.add(Some(line), ("003B", ERROR), &fields, || wording::bydel(in_oslo));
        }
    }

    /// 004, 004A.
    fn check_year(&mut self, line: u64, record: &Record<'_>) {
        let layout = self.layout;
        let version = digits(record.value(self.places.version));
        if version.filter(|short| *short > 0).map(|short| 2000 + short) != Some(layout.year.into())
        {
            let text = || wording::version(layout);
            self.findings.add(Some(line), ("004", ERROR), &["VERSION"], text);
        }
        let Some(field) = self.places.birth else { return };
        let FieldKind::Date(format) = field.kind else { return };
        if format.parse(record.value(field)).is_none() {
            let rule = ("004A", ERROR);
            self.findings.add(Some(line), rule, &["FODSELSDATO"], wording::birth_date);
        }
    }

    /// 005, 005T.
    fn check_number(&mut self, line: u64, record: &Record<'_>) {
        let number = record.value(self.places.number);
        let has_duf = |field| identity::is_valid_duf(record.value(field));
        let duf_instead = number.is_empty() && self.places.duf.is_some_and(has_duf);
        if !duf_instead && !identity::is_widely_valid(number) {
            let fields: &[&str] = match (self.places.duf, number.is_empty()) {
                (Some(_), true) => &["PERSON_FODSELSNR", "PERSON_DUF"],
                _ => &["PERSON_FODSELSNR"],
            };
            let text = || wording::number(self.places.duf.is_some());
            self.findings.add(Some(line), ("005", ERROR), fields, text);
        } else if !self.options.allow_synthetic && identity::is_test_number(number) {
            let rule = ("005T", ERROR);
            self.findings.add(Some(line), rule, &["PERSON_FODSELSNR"], wording::test_number);
        }
    }

    /// 005A, 005B. The qualification programme is exempt in Oslo.
    fn check_duplicates(&mut self, line: u64, record: &Record<'_>, in_oslo: bool) {
        let is_programme = self.layout.form == Form::F11C;
        if is_programme && in_oslo {
            return;
        }
        let sender = sender(record.value(self.places.kommune), record.value(self.places.bydel));
        let number = record.value(self.places.number);
        if let Some(key) = self.person_key(number, record)
            && let Some(first) = self.persons.first(sender, key, line)
        {
            let fields: &[&str] = if is_programme {
                &["KOMMUNE_NR", "PERSON_FODSELSNR", "STATUS", "PERSON_JOURNALNR"]
            } else {
                &["PERSON_FODSELSNR", "PERSON_JOURNALNR"]
            };
            let text = || wording::same_person(first);
            self.findings.add(Some(line), ("005A", ERROR), fields, text);
        }
        let journal = record.value(self.places.journal);
        if journal.is_empty() {
            return;
        }
        let key = self.journals.text_key(journal);
        if let Some(first) = self.journals.first(sender, key, line) {
            let fields: &[&str] = if is_programme {
                &["KOMMUNE_NR", "PERSON_JOURNALNR"]
            } else {
                &["PERSON_JOURNALNR"]
            };
            let text = || wording::same_journal(first);
            self.findings.add(Some(line), ("005B", ERROR), fields, text);
        }
    }

    /// What may stand once only: the person; in the programme the person with one status, stand-ins
    /// counted as the original counts them.
    fn person_key(&self, number: &str, record: &Record<'_>) -> Option<u64> {
        match self.places.status {
            Some(status) if identity::is_widely_valid(number) => {
                Some(digits(number)? * 10 + digits(record.value(status)).unwrap_or(0) % 10)
            }
            None if identity::is_strictly_valid(number)
                && identity::classify(number) != NumberKind::StandIn =>
            {
                digits(number)
            }
            _ => None,
        }
    }
}

/// A number that is nothing but digits.
fn digits(text: &str) -> Option<u64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// Who sent a record: the municipality, with the bydel where there is one.
fn sender(kommune: &str, bydel: &str) -> u32 {
    let part = |text| digits(text).and_then(|number| u32::try_from(number).ok()).unwrap_or(0);
    part(kommune) * 100 + part(bydel)
}
