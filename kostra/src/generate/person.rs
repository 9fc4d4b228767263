//! What never changes about a person.

use super::{
    date::Date,
    draw::{Draw, Use},
    pool::Role,
};
use crate::identity::{self, Sex};
use std::collections::HashMap;

/// Individual numbers of a century that one cohort may use, so that no two cohorts share a number.
const SLICE: u16 = 50;

/// Days tried for a person whose birth date has no number left.
const OTHER_DAYS: u64 = 60;

/// A stand-in of an older person would be read as a child's.
const FIRST_STAND_IN_YEAR: u16 = 1935;

/// A person who does not exist.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person {
    /// The cohort and the index in it; the same person in every year.
    pub key: u64,
    /// The year the person first appears.
    pub cohort: u16,
    pub role: Role,
    pub birth: Date,
    pub is_woman: bool,
    pub number: [u8; 11],
    pub duf: Option<[u8; 12]>,
    /// Code of `EKTSTAT`.
    pub marital_status: u32,
    pub children: u32,
}

/// The individual numbers a cohort has used, by birth date and sex.
#[derive(Default)]
pub(super) struct Numbers(HashMap<(Date, bool), u16>);

impl Person {
    /// Draws the person of an index; persons of a cohort are drawn in the order of their indices.
    pub(super) fn draw(
        seed: u64,
        cohort: u16,
        index: u64,
        role: Role,
        numbers: &mut Numbers,
    ) -> Self {
        let key = (u64::from(cohort) << 48) | index;
        let mut draw = Draw::new(seed, Use::Person, key, 0);
        let is_woman = draw.chance(if role == Role::Assistance { 455 } else { 540 });
        let age = age(&mut draw, role);
        let new_year = Date::new(cohort.saturating_sub(age), 1, 1);
        let wanted = new_year.after(u64::from(draw.below(365)));
        let stands_in = draw.chance(10) && wanted.year >= FIRST_STAND_IN_YEAR;
        let made = if stands_in { None } else { numbers.next(cohort, wanted, is_woman) };
        let (birth, number) = made.unwrap_or_else(|| (wanted, stand_in(wanted, is_woman)));
        let has_duf = draw.chance(if stands_in { 600 } else { 3 });
        let duf = has_duf.then(|| duf(&mut draw, cohort));
        let marital_status = marital_status(&mut draw, age);
        let children = children(&mut draw, age, is_woman, marital_status);
        Self { key, cohort, role, birth, is_woman, number, duf, marital_status, children }
    }

    /// The age reached during a year.
    pub(super) fn age(&self, year: u16) -> u16 {
        year.saturating_sub(self.birth.year)
    }

    /// Whether the person has a husband, wife or cohabitant.
    pub(super) fn has_partner(&self) -> bool {
        matches!(self.marital_status, 2 | 3)
    }
}

impl Numbers {
    /// The next free number of the birth date, or of a day soon after where it has none left.
    fn next(&mut self, cohort: u16, wanted: Date, is_woman: bool) -> Option<(Date, [u8; 11])> {
        (0..OTHER_DAYS).find_map(|days| {
            let birth = wanted.after(days);
            Some((birth, self.free(cohort, birth, is_woman)?))
        })
    }

    fn free(&mut self, cohort: u16, birth: Date, is_woman: bool) -> Option<[u8; 11]> {
        let century = if birth.year >= 2000 { 500 } else { 0 };
        let first = century + cohort % 10 * SLICE + u16::from(!is_woman);
        let calendar = birth.calendar()?;
        let used = self.0.entry((birth, is_woman)).or_default();
        while *used < SLICE {
            let individual = first + *used;
            *used += 2;
            if let Some(number) = identity::synthetic(calendar, individual) {
                return number.as_bytes().try_into().ok();
            }
        }
        None
    }
}

fn stand_in(birth: Date, is_woman: bool) -> [u8; 11] {
    let sex = if is_woman { Sex::Woman } else { Sex::Man };
    let number = birth.calendar().map(|calendar| identity::stand_in(calendar, sex));
    number.and_then(|number| number.as_bytes().try_into().ok()).unwrap_or(*b"01010000100")
}

/// A number that passes the check but has a running number nobody has been given.
fn duf(draw: &mut Draw, cohort: u16) -> [u8; 12] {
    const WEIGHTS: [u32; 10] = [4, 6, 3, 2, 4, 6, 3, 2, 7, 5];
    let head = u64::from(cohort) * 1_000_000 + u64::from(draw.between(900_000, 999_999));
    let head = format!("{head:010}");
    let sum: u32 =
        head.bytes().zip(WEIGHTS).map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    format!("{head}{:02}", sum % 11).as_bytes().try_into().unwrap_or([b'0'; 12])
}

/// The age reached in the year the person first appears.
fn age(draw: &mut Draw, role: Role) -> u16 {
    const BANDS: [((u32, u32), u32); 10] = [
        ((18, 19), 50),
        ((20, 24), 165),
        ((25, 29), 155),
        ((30, 34), 145),
        ((35, 39), 120),
        ((40, 44), 100),
        ((45, 49), 80),
        ((50, 54), 65),
        ((55, 62), 65),
        ((63, 90), 40),
    ];
    let working = BANDS.get(..9).unwrap_or(&BANDS);
    let bands = if role == Role::Assistance { &BANDS } else { working };
    let (low, high) = draw.pick(bands);
    u16::try_from(draw.between(low, high)).unwrap_or(18)
}

fn marital_status(draw: &mut Draw, age: u16) -> u32 {
    draw.pick(match age {
        ..25 => &[(1, 94), (2, 2), (3, 4)],
        25..35 => &[(1, 76), (2, 12), (3, 7), (4, 5)],
        35..50 => &[(1, 50), (2, 22), (3, 7), (4, 20), (5, 1)],
        50..67 => &[(1, 38), (2, 18), (3, 5), (4, 36), (5, 3)],
        67.. => &[(1, 22), (2, 25), (3, 3), (4, 35), (5, 15)],
    })
}

fn children(draw: &mut Draw, age: u16, is_woman: bool, marital_status: u32) -> u32 {
    let chance = match (age, marital_status, is_woman) {
        (67.., ..) => 5,
        (50.., ..) => 120,
        (..25, _, true) => 150,
        (..25, ..) => 40,
        (_, 2 | 3, _) => 620,
        (_, _, true) => 480,
        _ => 180,
    };
    if draw.chance(chance) {
        draw.pick(&[(1, 42), (2, 33), (3, 16), (4, 6), (5, 2), (6, 1)])
    } else {
        0
    }
}
