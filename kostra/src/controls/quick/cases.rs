//! What controls ask of a record, as questions whose answers are bits, and the cases in which a control would report it.

use super::super::contents::Ready;
use super::{
    Quick,
    making::{Making, place, places},
};
use crate::layout::Field;

/// Bits that questions may have.
pub(super) const BITS: u32 = 63;

/// A question to a record, which has a bit for its answer.
#[derive(Clone, PartialEq)]
pub(super) enum Question {
    /// One of the slots has one of these places.
    Slots(Vec<(usize, Vec<usize>)>),
    Run(usize),
    NoDay(usize),
    Above(usize, i64),
    Differ(usize, usize),
    /// By age.
    Age(Vec<bool>),
    OutsideOslo,
    NoNumber,
}

/// What a record must be for a control to report it, or may be.
#[derive(Clone, Copy)]
pub(super) struct Case {
    pub bits: u64,
    pub set: u64,
    pub is_all: bool,
    /// No record is so.
    pub is_never: bool,
}

impl Case {
    const ALWAYS: Self = Self { bits: 0, set: 0, is_all: true, is_never: false };

    const fn one(bit: u64, is_wanted: bool) -> Self {
        Self { bits: bit, set: if is_wanted { bit } else { 0 }, ..Self::ALWAYS }
    }

    const fn and(self, other: Self) -> Self {
        let both = self.bits & other.bits;
        Self {
            bits: self.bits | other.bits,
            set: self.set | other.set,
            is_all: self.is_all && other.is_all,
            is_never: self.is_never || other.is_never || self.set & both != other.set & both,
        }
    }
}

impl Making<'_> {
    /// The bit of a question; none when there are too many.
    fn bit(&mut self, question: &Question) -> Option<u64> {
        let at = place(&mut self.questions, |known| known == question, || question.clone());
        u32::try_from(at).ok().filter(|at| *at < BITS).map(|at| 1 << at)
    }

    /// Whether a short field is one of those that something is true of.
    fn is(&mut self, field: &'static Field, is_true: impl Fn(&str) -> bool) -> Option<u64> {
        let one = [self.places_of(field, is_true)?];
        self.bit(&Question::Slots(one.into()))
    }

    fn places_of(
        &mut self,
        field: &'static Field,
        is_true: impl Fn(&str) -> bool,
    ) -> Option<(usize, Vec<usize>)> {
        Some((self.slot(field)?, places(field, is_true)))
    }

    /// Whether some of the fields holds a code of its own.
    fn ticked(&mut self, fields: &[&'static Field]) -> Option<u64> {
        if let Some(run) = self.run(fields) {
            return self.bit(&Question::Run(run));
        }
        let own = |field: &&'static Field| self.places_of(field, |value| field.has_code(value));
        let slots = fields.iter().map(own).collect::<Option<_>>()?;
        self.bit(&Question::Slots(slots))
    }

    /// Whether the sum of fields is above a limit.
    fn above(&mut self, fields: &[&'static Field], limit: i64) -> Option<u64> {
        if let [field] = fields
            && self.slot(field).is_some()
        {
            return self.is(field, |value| value.parse::<i64>().unwrap_or(0) > limit);
        }
        let sum = self.sum(fields)?;
        self.bit(&Question::Above(sum, limit))
    }

    fn age(&mut self, is_true: impl Fn(i32) -> bool) -> Option<u64> {
        self.bit(&Question::Age((0..=255).map(is_true).collect()))
    }

    /// The cases in which all tests hold.
    pub(super) fn all(&mut self, tests: &[Ready]) -> Vec<Case> {
        tests.iter().fold(vec![Case::ALWAYS], |cases, test| {
            let own = self.cases(test);
            cases.iter().flat_map(|case| own.iter().map(|one| case.and(*one))).collect()
        })
    }

    /// The cases in which a test holds; where that cannot be told by bits, one in which it may.
    fn cases(&mut self, test: &Ready) -> Vec<Case> {
        let one = |bit: Option<u64>, is_wanted| bit.map(|bit| vec![Case::one(bit, is_wanted)]);
        let known = match test {
            Ready::Is(field, codes) => one(self.is(field, |value| codes.contains(&value)), true),
            Ready::IsNot(field, codes) => {
                one(self.is(field, |value| codes.contains(&value)), false)
            }
            Ready::Unlisted(field) => one(self.is(field, |value| field.has_code(value)), false),
            Ready::Blank(field) if field.start == self.places.number.start => {
                one(self.bit(&Question::NoNumber), true)
            }
            Ready::Blank(field) => one(self.is(field, str::is_empty), true),
            Ready::Filled(field) => one(self.is(field, str::is_empty), false),
            Ready::Ticked(fields) => one(self.ticked(fields), true),
            Ready::Unticked(fields) => one(self.ticked(fields), false),
            Ready::Above(fields, limit) => one(self.above(fields, *limit), true),
            Ready::AtMost(fields, limit) => one(self.above(fields, *limit), false),
            Ready::IsNotSum(total, parts) => {
                let both = self.sum(&[total]).zip(self.sum(parts));
                one(both.and_then(|(one, other)| self.bit(&Question::Differ(one, other))), true)
            }
            Ready::NoDate(field, _) => {
                let at = self.days.iter().position(|(own, _)| own.start == field.start);
                one(at.and_then(|at| self.bit(&Question::NoDay(at))), true)
            }
            Ready::NoChild(has, count) => {
                let has = one(self.is(has, |value| value == "1"), false);
                let none = one(self.above(&[count], 0), false);
                has.zip(none).map(|(has, none)| [has, none].concat())
            }
            Ready::Under(limit, _) => one(self.age(|age| age < *limit), true),
            Ready::From(limit) => one(self.age(|age| age >= *limit), true),
            Ready::OutsideOslo => one(self.bit(&Question::OutsideOslo), true),
            Ready::Either(groups) => {
                Some(groups.iter().flat_map(|group| self.all(group)).collect())
            }
            _ => None,
        };
        known.unwrap_or_else(|| vec![Case { is_all: false, ..Case::ALWAYS }])
    }
}

impl Quick {
    /// Gives the answer to a question its bit.
    pub(super) fn answer(&mut self, question: &Question, bit: u64) -> Option<()> {
        match question {
            Question::Slots(all) => {
                for (slot, places) in all {
                    let (_, answers) = self.slots.get_mut(*slot)?;
                    for at in places {
                        *answers.get_mut(*at)? |= bit;
                    }
                }
            }
            Question::Run(at) => self.runs.get_mut(*at)?.1 |= bit,
            Question::NoDay(at) => self.days.get_mut(*at)?.1 |= bit,
            Question::Above(sum, limit) => self.limits.push((*sum, *limit, bit)),
            Question::Differ(one, other) => self.differences.push((*one, *other, bit)),
            Question::Age(ages) => {
                let held = self.ages.iter_mut().zip(ages).filter(|(_, is_true)| **is_true);
                held.for_each(|(answer, _)| *answer |= bit);
            }
            Question::OutsideOslo => self.outside |= bit,
            Question::NoNumber => self.no_number |= bit,
        }
        Some(())
    }
}
