//! A quick look at a record, which tells of nearly every sound one that no control has anything to say of it.
//!
//! It reads bytes where they stand. First every byte is held to what may stand in its place. Then fields of one or two
//! characters choose a place in a table, which holds the answers to what controls ask of the field, a bit for each; ticked
//! months and conditions are compared with their codes, many at a time; amounts are added up digit by digit. In the end
//! there are some bits, and each control is a pattern of them that would make it report.
//!
//! The tables are made by asking the controls themselves, once for every content, so that the look cannot be of another
//! opinion. Whatever it is in doubt about, a value that is written in another way or a control that reports something, it
//! leaves to the controls.

#![expect(clippy::inline_always, reason = "what is not inlined is made for the oldest processor")]

mod cases;
mod making;
mod person;
mod small;

use super::{
    Options,
    contents::{Contents, Seen},
    plan::Plan,
    rules::Places,
};
use crate::{layout::Layout, record::Record};
use cases::Case;
use making::Making;
use person::{Day, Identity, Person};
use small::{Columns, Run, Slot, eight, packed};
use std::num::NonZeroU64;

/// The most sums that are made of a record.
const SUMS: usize = 8;
/// So many bytes are compared together.
const BLOCK: usize = 64;
/// The bit of a content that may not stand in the field.
const DOUBT: u64 = 1 << 63;

/// What may stand in each place of a line: characters from the lowest on, or one other. Behind a line anything may stand, so
/// that whole blocks of bytes are compared.
struct Classes {
    length: usize,
    lowest: Vec<u8>,
    more: Vec<u8>,
    other: Vec<u8>,
}

impl Classes {
    /// Anything that is no control character, everywhere.
    fn any(length: usize) -> Self {
        let mut own = Self {
            length,
            lowest: vec![b' '; length],
            more: vec![u8::MAX - b' '; length],
            other: vec![b' '; length],
        };
        let wide = length.next_multiple_of(BLOCK);
        own.lowest.resize(wide, 0);
        own.more.resize(wide, u8::MAX);
        own.other.resize(wide, 0);
        own
    }

    /// Characters of a stretch, or blanks too.
    fn set(&mut self, places: std::ops::Range<usize>, stretch: (u8, u8), may_be_blank: bool) {
        for at in places {
            let own = (self.lowest.get_mut(at), self.more.get_mut(at), self.other.get_mut(at));
            if let (Some(lowest), Some(more), Some(other)) = own {
                *lowest = stretch.0;
                *more = stretch.1.saturating_sub(stretch.0);
                *other = if may_be_blank { b' ' } else { stretch.0 };
            }
        }
    }

    /// Whether a line, and what may stand behind it, has in every place what may stand there.
    #[inline(always)]
    fn fit(&self, line: &[u8]) -> bool {
        let places = self.lowest.iter().zip(&self.more).zip(&self.other);
        let odd = line.iter().zip(places).map(|(byte, ((lowest, more), other))| {
            u8::from(byte.wrapping_sub(*lowest) > *more) & u8::from(byte != other)
        });
        line.len() >= self.length && odd.fold(0, |all, own| all | own) == 0
    }
}

/// When controls would report: bits that are as they are there, for one or more patterns of each control. After the last come
/// as many that never are so as make whole blocks.
struct Patterns {
    bits: Vec<u64>,
    set: Vec<u64>,
    reports: Vec<Reports>,
}

/// The control of a pattern; without `is_all` it may report there, and is asked.
struct Reports {
    control: usize,
    is_all: bool,
}

impl Patterns {
    /// Of cases, each with the place of its control.
    fn new(cases: Vec<(usize, Case)>) -> Self {
        let mut own = Self { bits: Vec::new(), set: Vec::new(), reports: Vec::new() };
        for (control, Case { bits, set, is_all, .. }) in cases {
            own.bits.push(bits);
            own.set.push(set);
            own.reports.push(Reports { control, is_all });
        }
        let whole = own.reports.len().next_multiple_of(BLOCK / size_of::<u64>());
        own.bits.resize(whole, 0);
        own.set.resize(whole, 1);
        own
    }

    /// Whether each pattern is met.
    #[inline(always)]
    fn met(&self, seen: u64) -> impl Iterator<Item = bool> {
        self.bits.iter().zip(&self.set).map(move |(bits, set)| seen & bits == *set)
    }

    #[inline(always)]
    fn any(&self, seen: u64) -> bool {
        self.met(seen).fold(false, |any, own| any | own)
    }

    /// Whose patterns are met.
    fn reports(&self, seen: u64) -> impl Iterator<Item = &Reports> {
        self.reports.iter().zip(self.met(seen)).filter(|(_, is_met)| *is_met).map(|(own, _)| own)
    }
}

/// The quick look of a layout.
pub(super) struct Quick {
    year: u16,
    classes: Classes,
    identity: Identity,
    kommuner: Option<Box<[u64; 157]>>,
    kommune: usize,
    bydel: usize,
    journal: usize,
    slots: Vec<(Slot, Box<[u64; Slot::PLACES]>)>,
    /// With the bit of one that holds a code.
    runs: Vec<(Run, u64)>,
    /// The run of the twelve months.
    months: Option<usize>,
    /// With the bit of one without a date.
    days: Vec<(Day, u64)>,
    /// With the places of their sums.
    columns: Vec<(Columns, [Option<usize>; 2])>,
    /// The bits of a sum that is above.
    limits: Vec<(usize, i64, u64)>,
    /// The bits of two sums that differ.
    differences: Vec<(usize, usize, u64)>,
    kroner: Vec<usize>,
    /// The bits of each age.
    ages: Box<[u64; 256]>,
    /// Those of places outside Oslo, and of whoever has no number.
    outside: u64,
    no_number: u64,
    /// Fields that must not be blank.
    texts: Vec<std::ops::Range<usize>>,
    /// Fields of the plan that are looked at when they are not blank, or always.
    rest: Vec<(usize, std::ops::Range<usize>, bool)>,
    patterns: Patterns,
}

/// What was seen of a record that no control has anything to say of.
pub(super) struct Looked {
    pub sender: u32,
    pub in_oslo: bool,
    pub person: Person,
    pub journal: Option<NonZeroU64>,
    pub kroner: [i64; 2],
    pub months: u16,
}

impl Quick {
    /// The look of a layout; `None` where a record cannot be looked at so.
    pub(super) fn new(
        layout: &'static Layout,
        options: &Options,
        (plan, contents, places): (&Plan, Option<&Contents>, &Places),
    ) -> Option<Self> {
        Making::new(layout, plan, places).finish(options, contents)
    }

    /// How many bytes from the start of a line are looked at where they are there.
    pub(super) const fn width(&self) -> usize {
        self.classes.lowest.len()
    }

    /// Looks at the bytes of a line, where each is a character; `None` where a control may have something to say. The line
    /// may be given once more with what follows it.
    #[inline(always)]
    pub(super) fn look(
        &self,
        (line, wide): (&[u8], &[u8]),
        (plan, contents, options): (&Plan, Option<&Contents>, &Options),
    ) -> Option<Looked> {
        if line.len() != self.classes.length || !self.classes.fit(wide) {
            return None;
        }
        let (sender, in_oslo) = self.sender(line)?;
        let person = self.identity.look(line)?;
        let mut bits = if in_oslo { 0 } else { self.outside };
        bits |= if person.has_number { 0 } else { self.no_number };
        bits |= self.ages.get(usize::from(person.age))?;
        for (slot, answers) in &self.slots {
            bits |= answers.get(slot.place(line)?)?;
        }
        let mut months = 0;
        for (at, (run, bit)) in self.runs.iter().enumerate() {
            let count = run.count(line)?;
            months = if self.months == Some(at) { count } else { months };
            bits |= if count > 0 { *bit } else { 0 };
        }
        for (day, bit) in &self.days {
            bits |= if day.is_stated(line)? { 0 } else { *bit };
        }
        let mut sums = [0; SUMS];
        for (columns, places) in &self.columns {
            for (place, sum) in places.iter().zip(columns.sums(line)?) {
                if let Some(own) = place.and_then(|at| sums.get_mut(at)) {
                    *own = sum;
                }
            }
        }
        let sum = |at: usize| sums.get(at).copied().unwrap_or(0);
        for (at, limit, bit) in &self.limits {
            bits |= if sum(*at) > *limit { *bit } else { 0 };
        }
        for (one, other, bit) in &self.differences {
            bits |= if sum(*one) == sum(*other) { 0 } else { *bit };
        }
        let is_blank = |places: &std::ops::Range<usize>| {
            line.get(places.clone()).is_none_or(|bytes| bytes.iter().all(|byte| *byte == b' '))
        };
        if bits & DOUBT != 0 || self.texts.iter().any(is_blank) {
            return None;
        }
        let record = || Record::decode(line, line.len());
        let passes = |(at, places, may_be_blank): &(usize, std::ops::Range<usize>, bool)| {
            *may_be_blank && is_blank(places) || plan.is_fine(*at, &record(), in_oslo)
        };
        if !self.rest.iter().all(passes) {
            return None;
        }
        if self.patterns.any(bits) {
            let record = record();
            let seen = Seen {
                record: &record,
                year: i32::from(self.year),
                in_oslo,
                age: Some(i32::from(person.age)),
                kommuner: options.kommuner.as_ref(),
            };
            let reports = |Reports { control, is_all }: &Reports| {
                *is_all || contents.is_none_or(|all| all.reports(*control, &seen))
            };
            if self.patterns.reports(bits).any(reports) {
                return None;
            }
        }
        let mut kroner = [0; 2];
        for (own, at) in kroner.iter_mut().zip(&self.kroner) {
            *own = sum(*at);
        }
        let journal = NonZeroU64::new(packed(eight(line, self.journal)?));
        Some(Looked { sender, in_oslo, person, journal, kroner, months })
    }

    /// Who sent a record, municipality and bydel, and whether that is Oslo.
    #[inline(always)]
    fn sender(&self, line: &[u8]) -> Option<(u32, bool)> {
        let digits = line.get(self.kommune..)?.first_chunk::<4>()?;
        let kommune = digits.iter().fold(0, |all, digit| all * 10 + u32::from(digit & 0x0F));
        if let Some(known) = &self.kommuner {
            let word = known.get(usize::try_from(kommune / 64).ok()?)?;
            if word >> (kommune % 64) & 1 == 0 {
                return None;
            }
        }
        let bydel = line.get(self.bydel..)?.first_chunk::<2>()?;
        let in_oslo = kommune == 301;
        if !in_oslo {
            return (bydel == b"  ").then_some((kommune * 100, false));
        }
        let number = bydel.iter().fold(0, |all, digit| all * 10 + u32::from(digit & 0x0F));
        let is_right = !bydel.contains(&b' ') && (1..=15).contains(&number);
        is_right.then_some((kommune * 100 + number, true))
    }
}

#[cfg(test)]
mod tests;
