//! The joint distribution of a record's codes. What the controls forbid together is never drawn.

use crate::generate::{amounts, date::Date, draw::Draw};

/// Main source of income, `VKLO`.
pub(super) fn source(draw: &mut Draw, age: u16, takes_part: bool, has_partner: bool) -> u32 {
    if takes_part {
        return draw.pick(&[(8, 78), (5, 22)]);
    }
    let source = draw.pick(match age {
        ..25 => &[(5, 485), (3, 140), (1, 130), (9, 110), (4, 60), (2, 35), (6, 40)],
        25..45 => &[(5, 420), (3, 230), (1, 120), (9, 75), (4, 20), (2, 25), (6, 85), (7, 25)],
        45..67 => &[(5, 410), (3, 340), (1, 95), (9, 60), (2, 20), (6, 45), (7, 30)],
        67.. => &[(3, 88), (5, 8), (9, 4)],
    });
    if source == 7 && !has_partner { 9 } else { source }
}

/// Largest benefit, `TRYGDESIT`; 12 is none.
pub(super) fn benefit(draw: &mut Draw, source: u32, age: u16, children: u32, year: u16) -> u32 {
    let supports = children > 0 && age < 67;
    let benefit = draw.pick(match (source, age) {
        (3, 67..) => &[(7, 76), (9, 20), (6, 4)],
        (3, 63..) => &[(4, 42), (11, 30), (7, 12), (2, 6), (1, 5), (10, 5)],
        (3, _) if supports => &[(11, 35), (4, 20), (2, 13), (1, 9), (10, 6), (5, 11), (13, 6)],
        (3, _) => &[(11, 42), (4, 28), (2, 14), (1, 8), (10, 7), (6, 1)],
        (2 | 4 | 6 | 8, _) if supports => &[(12, 92), (13, 8)],
        (2 | 4 | 6 | 8, _) | (_, 67..) => &[(12, 1)],
        _ if supports => &[(12, 79), (11, 5), (2, 3), (1, 2), (10, 3), (4, 2), (13, 6)],
        _ => &[(12, 84), (11, 5), (2, 3), (1, 2), (10, 3), (4, 3)],
    });
    match benefit {
        // Child benefit came into the list in 2024.
        13 if year < 2024 && source == 3 => 10,
        13 if year < 2024 => 12,
        other => other,
    }
}

/// Work or life situation, `ARBSIT`.
pub(super) fn work(draw: &mut Draw, source: u32, benefit: u32) -> u32 {
    let work = draw.pick(match source {
        1 => &[(1, 35), (2, 65)],
        2 => &[(3, 10), (5, 65), (6, 25)],
        3 => &[(4, 60), (7, 14), (2, 10), (5, 7), (6, 5), (3, 4)],
        4 => &[(3, 1)],
        5 => &[(7, 45), (4, 18), (8, 15), (6, 9), (5, 6), (3, 4), (2, 3)],
        6 => &[(9, 1)],
        7 => &[(4, 40), (7, 40), (2, 20)],
        8 => &[(10, 1)],
        _ => &[(7, 40), (4, 30), (8, 15), (3, 8), (2, 7)],
    });
    // Someone with a disability or old-age pension works part time at most, and is not jobless
    // without being registered.
    match (benefit, work) {
        (4 | 7, 1) => 2,
        (4 | 7, 8) => 4,
        _ => work,
    }
}

/// The months of support.
pub(super) fn months(draw: &mut Draw, source: u32, span: (u32, u32)) -> [bool; 12] {
    const LONG: [(u32, u32); 12] = [
        (1, 9),
        (2, 7),
        (3, 7),
        (4, 7),
        (5, 7),
        (6, 8),
        (7, 7),
        (8, 7),
        (9, 7),
        (10, 7),
        (11, 7),
        (12, 20),
    ];
    const SHORT: [(u32, u32); 12] = [
        (1, 20),
        (2, 16),
        (3, 13),
        (4, 11),
        (5, 9),
        (6, 7),
        (7, 6),
        (8, 5),
        (9, 4),
        (10, 3),
        (11, 2),
        (12, 4),
    ];
    let wanted = draw.pick(if source == 5 { &LONG } else { &SHORT });
    amounts::months(draw, wanted, span)
}

/// Kroner a month that support is drawn around.
pub(super) fn level(source: u32, children: u32) -> u32 {
    let alone = if source == 5 { 10_700 } else { 7_550 };
    alone + children * 800
}

/// From and to when the last payment was decided.
pub(super) fn payment(draw: &mut Draw, year: u16, months: [bool; 12]) -> (Date, Date) {
    let first = (1..).zip(months).find_map(|(month, ticked)| ticked.then_some(month)).unwrap_or(1);
    let from = Date::new(year, first, draw.between(1, 28));
    (from, from.after(u64::from(draw.between(25, 180))))
}

/// Codes of the conditions set; all 0 where none is.
pub(super) fn conditions(draw: &mut Draw, is_young: bool, year: u16) -> [u32; 3] {
    const KINDS: [(u32, u32); 11] = [
        (16, 22),
        (17, 12),
        (4, 5),
        (6, 18),
        (7, 8),
        (8, 20),
        (10, 12),
        (18, 6),
        (14, 8),
        (15, 6),
        (19, 10),
    ];
    if !draw.chance(if is_young { 620 } else { 260 }) {
        return [0; 3];
    }
    let second = if draw.chance(400) { draw.pick(&KINDS) } else { 0 };
    // The code for language training came in 2024. It is never the only one.
    let language = if year >= 2024 && draw.chance(80) { 20 } else { 0 };
    [draw.pick(&KINDS), second, language]
}
