//! A quick look at a record, which tells of nearly every sound one that no control has anything to say of it.
//!
//! Fields of one or two characters become small numbers, amounts are read eight characters at a time, and what a control
//! asks of a field becomes a set of the small numbers it is true of. Each set is made by asking the control itself, once
//! for every number, so that the look cannot be of another opinion. Whatever it is in doubt about, a record that is not
//! ASCII, a value that is written in another way, or a control that reports something, it leaves to the controls.
#![expect(
    clippy::indexing_slicing,
    reason = "places and sizes were checked when it was made ready"
)]

mod small;

use super::{
    Options,
    contents::{Contents, Ready, Seen},
    plan::Plan,
    rules::Places,
};
use crate::{
    Form, identity,
    layout::{DateFormat, Field, FieldKind, Layout},
    record::Record,
};
use small::{Amount, BLANK, ODD, SINGLE, four, pair, set, single};

/// The most short fields and amounts a layout may have; one with more has no quick look.
const SLOTS: usize = 96;
const AMOUNTS: usize = 48;
/// A field of one or two characters and what it may be.
struct Slot {
    start: usize,
    is_pair: bool,
    fine: u128,
}

/// Where a number is.
#[derive(Clone, Copy)]
enum Number {
    Slot(usize),
    Amount(usize),
}

/// What a control asks, over the small numbers.
enum Ask {
    /// The field is one of the set.
    In(usize, u128),
    /// Some field is one of its set, or none is.
    Any(Vec<(usize, u128)>, bool),
    Above(Vec<Number>, i64),
    AtMost(Vec<Number>, i64),
    IsNotSum(Number, Vec<Number>),
    NoChild(usize, u128, Number),
    Under(i32, bool),
    From(i32),
    OutsideOslo,
    Either(Vec<Vec<Ask>>),
    /// The test of this place in the control, asked as it stands.
    Slow(usize),
}

/// The quick look of a layout.
pub(super) struct Quick {
    year: u16,
    slots: Vec<Slot>,
    amounts: Vec<Amount>,
    /// Fields of the plan that are neither.
    rest: Vec<usize>,
    /// By control what it asks, the quick questions first.
    controls: Vec<Vec<Ask>>,
    kommuner: Option<Box<[u64; 157]>>,
    sender: Option<u32>,
    kommune: usize,
    version: usize,
    bydel: usize,
    number: usize,
    birth: Option<usize>,
    kroner: Vec<usize>,
    months: Vec<(usize, u128)>,
    allow_synthetic: bool,
}

/// What was seen of a record that no control has anything to say of.
pub(super) struct Looked {
    pub kommune: u32,
    pub bydel: u32,
    pub number: u64,
    pub age: Option<i32>,
    pub kroner: [i64; 2],
    pub months: usize,
}

/// A record as small numbers.
struct Scratch {
    slots: [u8; SLOTS],
    amounts: [i64; AMOUNTS],
}

/// Collects the fields that are looked at.
struct Making<'p> {
    plan: &'p Plan,
    slots: Vec<(&'static Field, Slot)>,
    amounts: Vec<(&'static Field, Amount)>,
}

impl Making<'_> {
    /// The place of a short field, which is looked at from now on.
    fn slot(&mut self, field: &'static Field) -> Option<usize> {
        if !matches!(field.length, 1 | 2) {
            return None;
        }
        if let Some(at) = self.slots.iter().position(|(own, _)| own.start == field.start) {
            return Some(at);
        }
        let fine = set(field, |value| self.plan.allows(field, value));
        let slot = Slot { start: field.start, is_pair: field.length == 2, fine };
        self.slots.push((field, slot));
        Some(self.slots.len() - 1)
    }

    fn amount(&mut self, field: &'static Field) -> Option<usize> {
        let end = field.range().end;
        let is_amount = matches!(field.kind, FieldKind::Integer)
            && (3..=8).contains(&field.length)
            && field.codes.is_empty()
            && end >= 8;
        if !is_amount {
            return None;
        }
        if let Some(at) = self.amounts.iter().position(|(own, _)| own.start == field.start) {
            return Some(at);
        }
        let may_be_blank = self.plan.allows(field, "");
        self.amounts.push((field, Amount { end, length: field.length, may_be_blank }));
        Some(self.amounts.len() - 1)
    }

    fn number(&mut self, field: &'static Field) -> Option<Number> {
        match self.slot(field) {
            Some(at) => Some(Number::Slot(at)),
            None => self.amount(field).map(Number::Amount),
        }
    }

    fn numbers(&mut self, fields: &[&'static Field]) -> Option<Vec<Number>> {
        fields.iter().map(|field| self.number(field)).collect()
    }

    fn ticked(&mut self, fields: &[&'static Field]) -> Option<Vec<(usize, u128)>> {
        let own = |field: &&'static Field| {
            Some((self.slot(field)?, set(field, |value| field.has_code(value))))
        };
        fields.iter().map(own).collect()
    }

    /// The same question over small numbers, if it can be asked so.
    fn ask(&mut self, test: &Ready) -> Option<Ask> {
        Some(match test {
            Ready::Is(field, codes) => {
                Ask::In(self.slot(field)?, set(field, |value| codes.contains(&value)))
            }
            Ready::IsNot(field, codes) => {
                Ask::In(self.slot(field)?, set(field, |value| !codes.contains(&value)))
            }
            Ready::Unlisted(field) => {
                Ask::In(self.slot(field)?, set(field, |value| !field.has_code(value)))
            }
            Ready::Blank(field) => Ask::In(self.slot(field)?, set(field, str::is_empty)),
            Ready::Filled(field) => {
                Ask::In(self.slot(field)?, set(field, |value| !value.is_empty()))
            }
            Ready::Ticked(fields) => Ask::Any(self.ticked(fields)?, true),
            Ready::Unticked(fields) => Ask::Any(self.ticked(fields)?, false),
            Ready::Above(fields, limit) => Ask::Above(self.numbers(fields)?, *limit),
            Ready::AtMost(fields, limit) => Ask::AtMost(self.numbers(fields)?, *limit),
            Ready::IsNotSum(total, parts) => {
                Ask::IsNotSum(self.number(total)?, self.numbers(parts)?)
            }
            Ready::NoChild(has, count) => {
                Ask::NoChild(self.slot(has)?, set(has, |value| value == "1"), self.number(count)?)
            }
            Ready::Under(age, unreadable) => Ask::Under(*age, *unreadable),
            Ready::From(age) => Ask::From(*age),
            Ready::OutsideOslo => Ask::OutsideOslo,
            Ready::Either(groups) => {
                let mut group =
                    |tests: &Vec<Ready>| tests.iter().map(|test| self.ask(test)).collect();
                Ask::Either(groups.iter().map(&mut group).collect::<Option<_>>()?)
            }
            _ => return None,
        })
    }
}

impl Quick {
    /// The look of a layout with contents; `None` where a record cannot be looked at so.
    pub(super) fn new(
        layout: &'static Layout,
        options: &Options,
        (plan, contents, places): (&Plan, Option<&Contents>, &Places),
    ) -> Option<Self> {
        let fits = layout.form != Form::F11B
            && places.kommune.length == 4
            && places.version.length == 2
            && places.bydel.length == 2
            && places.number.length == 11
            && places.birth.is_none_or(|birth| {
                matches!(birth.kind, FieldKind::Date(DateFormat::DdMmYyyy)) && birth.length == 8
            });
        if !fits {
            return None;
        }
        let mut making = Making { plan, slots: Vec::new(), amounts: Vec::new() };
        let rest = plan
            .fields()
            .enumerate()
            .filter_map(|(at, field)| making.number(field).is_none().then_some(at));
        let rest = rest.collect();
        let mut controls = Vec::new();
        for tests in contents.into_iter().flat_map(Contents::tests) {
            let asks = tests.iter().enumerate();
            let mut asks: Vec<Ask> =
                asks.map(|(at, test)| making.ask(test).unwrap_or(Ask::Slow(at))).collect();
            asks.sort_by_key(|ask| matches!(ask, Ask::Slow(_)));
            controls.push(asks);
        }
        let summed: &[&str] = match layout.form {
            Form::F11 => &["BIDRAG", "LAAN"],
            _ => &["KVP_STONAD"],
        };
        let mut kroner = Vec::new();
        let mut months = Vec::new();
        if contents.is_some() {
            for name in summed {
                kroner.push(making.amount(layout.field(name)?)?);
            }
            for month in 1..=12 {
                let field = layout.field(&format!("STMND_{month}"))?;
                months.push((making.slot(field)?, set(field, |value| field.has_code(value))));
            }
        }
        if making.slots.len() > SLOTS || making.amounts.len() > AMOUNTS {
            return None;
        }
        let kommuner = match &options.kommuner {
            None => None,
            Some(known) => {
                let mut set = Box::new([0_u64; 157]);
                for number in known.iter().filter_map(|code| four(code.as_bytes())) {
                    set[number as usize / 64] |= 1 << (number % 64);
                }
                Some(set)
            }
        };
        let sender = match &options.sender {
            None => None,
            Some(sender) => Some(four(sender.as_bytes())?),
        };
        Some(Self {
            year: layout.year,
            slots: making.slots.into_iter().map(|(_, slot)| slot).collect(),
            amounts: making.amounts.into_iter().map(|(_, amount)| amount).collect(),
            rest,
            controls,
            kommuner,
            sender,
            kommune: places.kommune.start,
            version: places.version.start,
            bydel: places.bydel.start,
            number: places.number.start,
            birth: places.birth.map(|birth| birth.start),
            kroner,
            months,
            allow_synthetic: options.allow_synthetic,
        })
    }

    /// Looks at a record of the right length whose characters are ASCII and printable; `None` where a control may
    /// have something to say.
    pub(super) fn look(
        &self,
        record: &Record<'_>,
        line: &[u8],
        (plan, contents, options): (&Plan, Option<&Contents>, &Options),
    ) -> Option<Looked> {
        let mut scratch = Scratch { slots: [ODD; SLOTS], amounts: [0; AMOUNTS] };
        let mut fine = 1_u128;
        for (slot, own) in self.slots.iter().zip(&mut scratch.slots) {
            *own = if slot.is_pair { pair(line, slot.start) } else { single(line, slot.start) };
            fine &= slot.fine >> *own;
        }
        if fine & 1 == 0 {
            return None;
        }
        for (amount, own) in self.amounts.iter().zip(&mut scratch.amounts) {
            *own = amount.read(line)?;
        }
        let kommune = four(&line[self.kommune..self.kommune + 4])?;
        let in_oslo = kommune == 301;
        let is_known = self
            .kommuner
            .as_ref()
            .is_none_or(|known| known[kommune as usize / 64] >> (kommune % 64) & 1 == 1);
        let bydel = pair(line, self.bydel);
        let is_right = if in_oslo { (1..=15).contains(&bydel) } else { bydel == BLANK };
        let version = pair(line, self.version);
        if !is_known
            || !is_right
            || self.sender.is_some_and(|sender| sender != kommune)
            || u16::from(version) + 2000 != self.year
        {
            return None;
        }
        let age = self.person(line)?;
        let of_rest = |at: &usize| plan.is_fine(*at, record, in_oslo);
        if !self.rest.iter().all(of_rest) {
            return None;
        }
        let number = line[self.number..self.number + 11]
            .iter()
            .fold(0, |number, digit| number * 10 + u64::from(digit - b'0'));
        if let Some(contents) = contents {
            let kommuner = options.kommuner.as_ref();
            let seen = Seen { record, year: i32::from(self.year), in_oslo, age, kommuner };
            let asked = self.controls.iter().zip(contents.tests());
            for (asks, tests) in asked {
                if asks.iter().all(|ask| scratch.holds(ask, &seen, tests)) {
                    return None;
                }
            }
        }
        let mut kroner = [0; 2];
        for (sum, at) in kroner.iter_mut().zip(&self.kroner) {
            *sum = scratch.amounts[*at];
        }
        let months =
            self.months.iter().filter(|(at, set)| *set >> scratch.slots[*at] & 1 == 1).count();
        let bydel = if in_oslo { u32::from(bydel) } else { 0 };
        Some(Looked { kommune, bydel, number, age, kroner, months })
    }

    /// The age of whoever has a number of their own, and a real date of birth beside it.
    #[expect(
        clippy::option_option,
        reason = "whether there is a number, and whether it tells an age"
    )]
    #[inline]
    fn person(&self, line: &[u8]) -> Option<Option<i32>> {
        let number = std::str::from_utf8(&line[self.number..self.number + 11]).ok()?;
        let is_own = identity::is_strictly_valid(number) && !identity::has_stand_in_ending(number);
        if !is_own || (!self.allow_synthetic && identity::is_test_number(number)) {
            return None;
        }
        if let Some(start) = self.birth {
            let birth = std::str::from_utf8(&line[start..start + 8]).ok()?;
            DateFormat::DdMmYyyy.parse(birth)?;
        }
        let born = identity::birth_date(number, self.year);
        Some(born.map(|born| i32::from(self.year) - chrono::Datelike::year(&born)))
    }
}

impl Scratch {
    #[inline]
    fn value(&self, number: Number) -> i64 {
        match number {
            Number::Amount(at) => self.amounts[at],
            Number::Slot(at) => match self.slots[at] {
                own @ 0..BLANK => i64::from(own),
                BLANK => 0,
                own => i64::from(own - SINGLE),
            },
        }
    }

    fn sum(&self, numbers: &[Number]) -> i64 {
        numbers.iter().map(|number| self.value(*number)).sum()
    }

    #[inline]
    fn is_in(&self, at: usize, set: u128) -> bool {
        set >> self.slots[at] & 1 == 1
    }

    #[inline]
    fn holds(&self, ask: &Ask, seen: &Seen<'_, '_>, tests: &[Ready]) -> bool {
        match ask {
            Ask::In(at, set) => self.is_in(*at, *set),
            Ask::Any(fields, wanted) => {
                fields.iter().any(|(at, set)| self.is_in(*at, *set)) == *wanted
            }
            Ask::Above(numbers, limit) => self.sum(numbers) > *limit,
            Ask::AtMost(numbers, limit) => self.sum(numbers) <= *limit,
            Ask::IsNotSum(total, parts) => self.value(*total) != self.sum(parts),
            Ask::NoChild(has, set, count) => !self.is_in(*has, *set) || self.value(*count) <= 0,
            Ask::Under(age, unreadable) => seen.age.map_or(*unreadable, |own| own < *age),
            Ask::From(age) => seen.age.is_some_and(|own| own >= *age),
            Ask::OutsideOslo => !seen.in_oslo,
            Ask::Either(groups) => {
                groups.iter().any(|group| group.iter().all(|ask| self.holds(ask, seen, tests)))
            }
            Ask::Slow(at) => tests.get(*at).is_none_or(|test| test.holds(seen)),
        }
    }
}

#[cfg(test)]
mod tests;
