//! Who a record is about, and real dates.

#![expect(clippy::inline_always, reason = "what is not inlined is made for the oldest processor")]

use super::super::rules::Places;
use super::small::{SPACES, are_digits, eight, pairs};
use crate::{
    Form, identity,
    layout::{DateFormat, Field, FieldKind, Layout},
};
use std::num::NonZeroU64;

/// Weights of the check digits, over as many digits as there are.
const FIRST: [u16; 16] = [3, 7, 6, 1, 8, 9, 4, 5, 2, 1, 0, 0, 0, 0, 0, 0];
const SECOND: [u16; 16] = [5, 4, 3, 2, 7, 6, 5, 4, 3, 2, 1, 0, 0, 0, 0, 0];
/// Days of each month, in a year with all of them.
const DAYS: [u8; 16] = [0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, 0, 0, 0];

/// Where it stands who a record is about.
pub(super) struct Identity {
    number: usize,
    duf: Option<usize>,
    birth: Option<usize>,
    /// The qualification programme, where a person may stand once with each status.
    status: Option<usize>,
    year: u16,
    allow_synthetic: bool,
}

/// What was seen of the person.
#[derive(Clone, Copy)]
pub(in crate::controls) struct Person {
    /// What may stand once only among the sender's records.
    pub key: Option<NonZeroU64>,
    pub age: u8,
    pub has_number: bool,
}

impl Identity {
    pub(super) fn new(layout: &Layout, places: &Places, allow_synthetic: bool) -> Option<Self> {
        let is_long = |field: &Field| {
            matches!(field.kind, FieldKind::Date(DateFormat::DdMmYyyy)) && field.length == 8
        };
        let fits = places.number.length == 11
            && places.number.start + FIRST.len() <= layout.record_length
            && places.birth.is_none_or(is_long)
            && places.status.is_none_or(|status| status.length == 1)
            && places.status.is_some() == (layout.form == Form::F11C);
        fits.then(|| Self {
            number: places.number.start,
            duf: places.duf.filter(|duf| duf.length == 12).map(|duf| duf.start),
            birth: places.birth.map(|birth| birth.start),
            status: places.status.map(|status| status.start),
            year: layout.year,
            allow_synthetic,
        })
    }

    /// The person of a record whose number holds digits and blanks alone, and the date of birth digits; `None` where a
    /// control may have something to say of them, or no age can be read.
    #[inline(always)]
    pub(super) fn look(&self, line: &[u8]) -> Option<Person> {
        let born = match self.birth {
            None => None,
            Some(start) => Some(date(eight(line, start)?, false)?),
        };
        let bytes = line.get(self.number..)?.first_chunk::<16>()?;
        let start = eight(bytes, 0)?;
        let last = [bytes[8], bytes[9], bytes[10]];
        if !are_digits(start, 8) || last.contains(&b' ') {
            return self.without_number(line, start == SPACES && last == *b"   ", born?);
        }
        let [mut day, mut month, short, individual] = pairs(start);
        let (mut first, mut second) = (0_u16, 0_u16);
        for ((byte, one), other) in bytes.iter().zip(FIRST).zip(SECOND) {
            let digit = u16::from(byte & 0x0F);
            first = first.wrapping_add(digit.wrapping_mul(one));
            second = second.wrapping_add(digit.wrapping_mul(other));
        }
        let fits = first.is_multiple_of(11) && second.is_multiple_of(11);
        let [a, b, c] = last.map(|byte| u32::from(byte & 0x0F));
        let tail = a * 100 + b * 10 + c;
        let is_ordinary = (1..=12).contains(&month);
        let is_stand_in =
            (individual == 0 && (tail == 100 || tail == 200)) || (individual == 99 && tail == 999);
        let may_be = if is_stand_in { is_ordinary } else { fits };
        if !may_be || !(is_ordinary || self.allow_synthetic) {
            return None;
        }
        let head = pairs(start).map(u64::from).iter().fold(0, |all, two| all * 100 + two);
        let number = head * 1000 + u64::from(tail);
        day = if day >= 40 { day - 40 } else { day };
        month = if month >= 80 { month - 80 } else { month };
        let century = if !is_stand_in {
            identity::century(u32::from(individual) * 10 + a, u32::from(short))
        } else if 2000 + u16::from(short) > self.year + 1 {
            1900
        } else {
            2000
        };
        let year = century + i32::from(short);
        if !is_day(day, month, is_leap(year)) {
            return None;
        }
        Some(Person {
            key: self.key(line, number, is_stand_in)?,
            age: self.age(year)?,
            has_number: true,
        })
    }

    /// Whoever has a DUF number only is as old as the date of birth says.
    #[cold]
    fn without_number(&self, line: &[u8], is_blank: bool, born: i32) -> Option<Person> {
        let start = self.duf.filter(|_| is_blank)?;
        let number = std::str::from_utf8(line.get(start..start + 12)?).ok()?;
        let is_valid = identity::is_valid_duf(number);
        let age = self.age(born).filter(|_| is_valid)?;
        Some(Person { key: None, age, has_number: false })
    }

    /// In form 11 many may share a stand-in; in the programme it counts as the original counts it.
    #[inline(always)]
    #[expect(clippy::option_option, reason = "whether it can be told, and whether there is one")]
    fn key(&self, line: &[u8], number: u64, is_stand_in: bool) -> Option<Option<NonZeroU64>> {
        let Some(status) = self.status else {
            return Some(if is_stand_in { None } else { NonZeroU64::new(number + 1) });
        };
        let status = *line.get(status)?;
        let digit = if status.is_ascii_digit() { u64::from(status - b'0') } else { 0 };
        Some(NonZeroU64::new(number * 10 + digit + 1))
    }

    #[inline(always)]
    fn age(&self, born: i32) -> Option<u8> {
        u8::try_from(i32::from(self.year) - born).ok().filter(|age| *age < u8::MAX)
    }
}

/// A date that a control asks for.
pub(super) struct Day {
    start: usize,
    is_short: bool,
    may_be_blank: bool,
    zeros_are_blank: bool,
}

impl Day {
    /// The date of a field, by what of it passes; `None` where eight characters from its start leave the line.
    pub(super) fn new(
        field: &Field,
        layout: &Layout,
        passes: impl Fn(&str) -> bool,
    ) -> Option<Self> {
        let FieldKind::Date(format) = field.kind else { return None };
        let is_short = matches!(format, DateFormat::DdMmYy);
        let length = if is_short { 6 } else { 8 };
        if field.length != length || field.start + 8 > layout.record_length {
            return None;
        }
        let may_be_blank = passes("");
        let zeros_are_blank = may_be_blank && passes(&"0".repeat(length));
        Some(Self { start: field.start, is_short, may_be_blank, zeros_are_blank })
    }

    /// Whether there is a date, where digits and blanks stand; `None` where it is no real one.
    #[inline(always)]
    pub(super) fn is_stated(&self, line: &[u8]) -> Option<bool> {
        let mut word = eight(line, self.start)?;
        let mut zeros = u64::from_le_bytes([b'0'; 8]);
        let mut spaces = SPACES;
        if self.is_short {
            let own = super::small::mask(48);
            (word, zeros, spaces) = (word & own, zeros & own, spaces & own);
        }
        if word == spaces && self.may_be_blank || word == zeros && self.zeros_are_blank {
            return Some(false);
        }
        date(word, self.is_short).map(|_| true)
    }
}

/// The year of a real date of digits and blanks.
#[inline(always)]
fn date(word: u64, is_short: bool) -> Option<i32> {
    let [day, month, first, second] = pairs(word);
    let (count, year) = if is_short {
        (6, 2000 + i32::from(first))
    } else {
        (8, i32::from(first) * 100 + i32::from(second))
    };
    let is_real = are_digits(word, count) && year > 0 && is_day(day, month, is_leap(year));
    is_real.then_some(year)
}

#[inline(always)]
const fn is_leap(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Whether a month has the day.
#[inline(always)]
fn is_day(day: u8, month: u8, is_leap: bool) -> bool {
    let days = DAYS.get(usize::from(month)).copied().unwrap_or(0);
    day.wrapping_sub(1) < days && (is_leap || month != 2 || day != 29)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for year in [0, 1, 1896, 1900, 1999, 2000, 2023, 2024, 2100, 9999] {
            for rest in 0..10_000 {
                let text = format!("{rest:04}{year:04}");
                let word = eight(text.as_bytes(), 0).unwrap();
                let own = date(word, false);
                let read = DateFormat::DdMmYyyy.parse(&text);
                assert_eq!(own, read.map(|date| chrono::Datelike::year(&date)), "{text}");
                let short = format!("{rest:04}{:02}  ", year % 100);
                let word = eight(short.as_bytes(), 0).unwrap();
                let read = DateFormat::DdMmYy.parse(&short[..6]);
                assert_eq!(date(word, true).is_some(), read.is_some(), "{short}");
            }
        }
    }
}
