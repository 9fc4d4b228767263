//! The controls of one record by itself. They hold nothing of other records, so that many threads can run them.

use super::{
    Findings, Options, Severity,
    contents::Contents,
    plan::{Fault, Plan},
    quick::{Looked, Quick},
    summary::Summing,
    wording,
};
use crate::{
    Form,
    identity::{self, NumberKind},
    layout::{Field, FieldKind, Layout},
    record::Record,
};
use std::hash::{BuildHasher as _, RandomState};
use std::num::NonZeroU64;

const ERROR: Severity = Severity::Error;

/// The controls of a layout, made ready.
pub(super) struct Rules {
    pub layout: &'static Layout,
    pub options: Options,
    pub(super) plan: Plan,
    pub(super) contents: Option<Contents>,
    places: Places,
    pub(super) quick: Option<Quick>,
    hashing: RandomState,
}

/// What a record is told from others of its sender by.
pub(super) struct Keys {
    /// In the file, or in the part of it that is checked apart.
    pub line: u32,
    pub sender: u32,
    pub person: Option<NonZeroU64>,
    pub journal: Option<NonZeroU64>,
}

/// Why a line is no record.
pub(super) struct NoRecord {
    pub line: u64,
    pub characters: usize,
    pub has_controls: bool,
}

/// The fields that have controls of their own.
pub(super) struct Places {
    pub kommune: &'static Field,
    pub version: &'static Field,
    pub bydel: &'static Field,
    pub journal: &'static Field,
    pub number: &'static Field,
    pub duf: Option<&'static Field>,
    pub birth: Option<&'static Field>,
    pub status: Option<&'static Field>,
}

impl Places {
    fn new(layout: &'static Layout) -> Option<Self> {
        // The variables of form 11B have numbers and no names.
        let [kommune, version, bydel, journal, number, duf] = match layout.form {
            Form::F11B => ["felt_1", "felt_2", "felt_3", "felt_5", "felt_6", "felt_7"],
            _ => [
                "KOMMUNE_NR",
                "VERSION",
                "BYDELSNR",
                "PERSON_JOURNALNR",
                "PERSON_FODSELSNR",
                "PERSON_DUF",
            ],
        };
        Some(Self {
            kommune: layout.field(kommune)?,
            version: layout.field(version)?,
            bydel: layout.field(bydel)?,
            journal: layout.field(journal)?,
            number: layout.field(number)?,
            duf: layout.field(duf),
            birth: layout.field("FODSELSDATO"),
            status: layout.field("STATUS"),
        })
    }
}

impl Rules {
    /// Those of a layout; `None` for a form whose controls are not known.
    pub(super) fn new(layout: &'static Layout, options: Options) -> Option<Self> {
        let plan = Plan::new(layout, options.contents);
        let contents = if options.contents { Contents::new(layout) } else { None };
        let places = Places::new(layout)?;
        let parts = (&plan, contents.as_ref(), &places);
        Some(Self {
            layout,
            quick: Quick::new(layout, &options, parts),
            plan,
            contents,
            places,
            hashing: RandomState::new(),
            options,
        })
    }

    /// What adds the records up, where that is asked for.
    pub(super) fn summing(&self) -> Option<Summing> {
        if self.options.contents { Summing::new(self.layout) } else { None }
    }

    /// 001: the line is no record.
    pub(super) fn refuse_shape(&self, wrong: &NoRecord, findings: &mut Findings) {
        let layout = self.layout;
        findings.add(Some(wrong.line), ("001", Severity::Fatal), &[], || {
            if wrong.characters == layout.record_length && wrong.has_controls {
                wording::control_characters()
            } else {
                wording::length(layout, wrong.characters)
            }
        });
    }

    /// Whether a line that has been read is a record; tells of it if not.
    pub(super) fn is_record(
        &self,
        line: u64,
        bytes: &[u8],
        record: &Record<'_>,
    ) -> Result<(), NoRecord> {
        let has_controls = bytes.iter().map(|&byte| u32::from(byte < b' ')).sum::<u32>() > 0;
        let characters = record.length();
        if characters == self.layout.record_length && !has_controls {
            return Ok(());
        }
        Err(NoRecord { line, characters, has_controls })
    }

    /// Every control but those that need to know of other records, which it gives the keys for.
    pub(super) fn check(
        &self,
        line: u64,
        record: &Record<'_>,
        findings: &mut Findings,
        summing: Option<&mut Summing>,
    ) -> Option<Keys> {
        match record.ascii().and_then(|line| self.look(line, line)) {
            Some(looked) => self.passed(line, &looked, summing),
            None => self.control(line, record, findings, summing),
        }
    }

    /// How many bytes from the start of a line a quick look reads where they are there.
    pub(super) fn width(&self) -> usize {
        self.quick.as_ref().map_or(0, Quick::width)
    }

    /// A quick look at the bytes of a line, where each is a character, and at as many from its start on as may be read;
    /// `None` where the controls must be asked.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "what is not inlined is made for the oldest processor"
    )]
    pub(super) fn look(&self, line: &[u8], wide: &[u8]) -> Option<Looked> {
        self.quick.as_ref()?.look((line, wide), (&self.plan, self.contents.as_ref(), &self.options))
    }

    /// Adds up a record that no control has anything to say of, and gives its keys.
    #[inline(always)]
    #[expect(
        clippy::inline_always,
        reason = "what is not inlined is made for the oldest processor"
    )]
    pub(super) fn passed(
        &self,
        line: u64,
        looked: &Looked,
        summing: Option<&mut Summing>,
    ) -> Option<Keys> {
        if let Some(summing) = summing {
            summing.add_counted(looked.kroner, looked.months, Some(looked.person.age.into()));
        }
        // The qualification programme is exempt in Oslo.
        (self.layout.form != Form::F11C || !looked.in_oslo).then(|| Keys {
            line: short(line),
            sender: looked.sender,
            person: looked.person.key,
            journal: looked.journal,
        })
    }

    /// The controls, one by one.
    #[cold]
    pub(super) fn control(
        &self,
        line: u64,
        record: &Record<'_>,
        findings: &mut Findings,
        summing: Option<&mut Summing>,
    ) -> Option<Keys> {
        let in_oslo = record.raw(self.places.kommune) == "0301";
        self.check_region(line, record, in_oslo, findings);
        self.check_year(line, record, findings);
        self.check_number(line, record, findings);
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
            if let Some(summing) = summing {
                summing.add(record, age);
            }
        }
        self.keys(line, record, in_oslo)
    }

    /// 003, 003K, 003B.
    fn check_region(&self, line: u64, record: &Record<'_>, in_oslo: bool, findings: &mut Findings) {
        let kommune = record.raw(self.places.kommune);
        let is_known = kommune.bytes().all(|byte| byte.is_ascii_digit())
            && self.options.kommuner.as_ref().is_none_or(|known| known.contains(kommune));
        if !is_known {
            let text = || wording::unknown_kommune(self.layout);
            findings.add(Some(line), ("003", ERROR), &[&self.places.kommune.name], text);
        }
        if let Some(sender) = self.options.sender.as_deref().filter(|sender| *sender != kommune) {
            let text = || wording::other_sender(sender);
            findings.add(Some(line), ("003K", ERROR), &[&self.places.kommune.name], text);
        }
        let bydel = record.value(self.places.bydel);
        let is_right = if in_oslo {
            bydel.len() == 2 && matches!(digits(bydel), Some(1..=15))
        } else {
            // The program that controlled form 11B asked nothing of bydeler. In Oslo we do, since figures are by bydel.
            self.layout.form == Form::F11B || bydel.is_empty()
        };
        if !is_right {
            let fields = [&*self.places.kommune.name, &*self.places.bydel.name];
            findings.add(Some(line), ("003B", ERROR), &fields, || wording::bydel(in_oslo));
        }
    }

    /// 004, 004A.
    fn check_year(&self, line: u64, record: &Record<'_>, findings: &mut Findings) {
        let layout = self.layout;
        let version = digits(record.value(self.places.version));
        if version.filter(|short| *short > 0).map(|short| 2000 + short) != Some(layout.year.into())
        {
            let text = || wording::version(layout);
            findings.add(Some(line), ("004", ERROR), &[&self.places.version.name], text);
        }
        let Some(field) = self.places.birth else { return };
        let FieldKind::Date(format) = field.kind else { return };
        if format.parse(record.value(field)).is_none() {
            let rule = ("004A", ERROR);
            findings.add(Some(line), rule, &["FODSELSDATO"], wording::birth_date);
        }
    }

    /// 005, 005T.
    fn check_number(&self, line: u64, record: &Record<'_>, findings: &mut Findings) {
        let number = record.value(self.places.number);
        let has_duf = |field| identity::is_valid_duf(record.value(field));
        let duf_instead = number.is_empty() && self.places.duf.is_some_and(has_duf);
        if !duf_instead && !identity::is_widely_valid(number) {
            let own = &*self.places.number.name;
            let fields: &[&str] = match (self.places.duf, number.is_empty()) {
                (Some(duf), true) => &[own, &duf.name],
                _ => &[own],
            };
            let text = || wording::number(self.places.duf.is_some());
            // The program that controlled form 11B let it pass.
            let severity = if self.layout.form == Form::F11B { Severity::Warning } else { ERROR };
            findings.add(Some(line), ("005", severity), fields, text);
        } else if !self.options.allow_synthetic && identity::is_test_number(number) {
            let rule = ("005T", ERROR);
            findings.add(Some(line), rule, &[&self.places.number.name], wording::test_number);
        }
    }

    /// What tells a record from others of its sender. The qualification programme is exempt in Oslo.
    fn keys(&self, line: u64, record: &Record<'_>, in_oslo: bool) -> Option<Keys> {
        // The program that controlled form 11B looked for no duplicates.
        if self.layout.form == Form::F11B || (self.layout.form == Form::F11C && in_oslo) {
            return None;
        }
        let journal = record.value(self.places.journal);
        Some(Keys {
            line: short(line),
            sender: sender(record.value(self.places.kommune), record.value(self.places.bydel)),
            person: self.person_key(record.value(self.places.number), record),
            journal: NonZeroU64::new(self.text_key(journal)),
        })
    }

    /// A text as a key: itself when it fits, otherwise a hash of it; 0 for none.
    fn text_key(&self, text: &str) -> u64 {
        let bytes = text.as_bytes();
        if bytes.len() <= 8 {
            bytes.iter().fold(0, |key, &byte| key << 8 | u64::from(byte))
        } else {
            self.hashing.hash_one(text)
        }
    }

    /// What may stand once only: the person; in the programme the person with one status, stand-ins
    /// counted as the original counts them.
    fn person_key(&self, number: &str, record: &Record<'_>) -> Option<NonZeroU64> {
        match self.places.status {
            Some(status) if identity::is_widely_valid(number) => {
                let status = digits(record.value(status)).unwrap_or(0) % 10;
                NonZeroU64::new(digits(number)? * 10 + status + 1)
            }
            None if identity::is_strictly_valid(number)
                && identity::classify(number) != NumberKind::StandIn =>
            {
                NonZeroU64::new(digits(number)? + 1)
            }
            _ => None,
        }
    }
}

/// The number of a line in few bytes; the last one for all that are too far.
pub(super) fn short(line: u64) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX)
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
