//! Which months a person is supported in, and with how much.

use super::draw::Draw;

/// Kroner for each month, January first; 0 in a month without.
pub(super) type Monthly = [u32; 12];

/// So many months of the span, most often in a row.
pub(super) fn months(draw: &mut Draw, wanted: u32, span: (u32, u32)) -> [bool; 12] {
    let (first, last) = span;
    let length = last - first + 1;
    let wanted = wanted.clamp(1, length);
    let start = first + draw.below(length - wanted + 1);
    let scattered = draw.chance(250);
    let mut left = wanted;
    let mut ticked = [false; 12];
    for (month, tick) in (1..).zip(&mut ticked) {
        if !(first..=last).contains(&month) {
            continue;
        }
        *tick = if scattered {
            draw.below(last - month + 1) < left
        } else {
            (start..start + wanted).contains(&month)
        };
        left -= u32::from(*tick && scattered);
    }
    ticked
}

/// Grants and loans of the ticked months around a level; few persons get loans.
pub(super) fn support(draw: &mut Draw, months: [bool; 12], level: u32) -> (Monthly, Monthly) {
    let level = level * draw.skewed_percent(45) / 100;
    let borrows = draw.chance(70);
    let (mut grants, mut loans) = ([0; 12], [0; 12]);
    for ((ticked, grant), loan) in months.into_iter().zip(&mut grants).zip(&mut loans) {
        if ticked {
            let amount = level * draw.between(75, 125) / 100;
            *loan =
                if borrows && draw.chance(400) { amount * draw.between(10, 50) / 100 } else { 0 };
            *grant = (amount - *loan).max(300);
        }
    }
    (grants, loans)
}
