//! Arithmetic modulo the prime 2^61 − 1, and sparse columns over it.
//!
//! Row spaces are decided here and not in floating point: nothing is rounded, nothing overflows. The answer
//! differs from the one over the rationals only if the prime divides one of the minors that occur.

use std::cmp::Ordering;

/// The prime.
pub(super) const PRIME: u64 = (1 << 61) - 1;

/// A column: rows ascending, entries never zero.
pub(super) type Column = Vec<(u32, u64)>;

pub(super) fn add(a: u64, b: u64) -> u64 {
    let sum = a + b;
    if sum >= PRIME { sum - PRIME } else { sum }
}

pub(super) fn negate(a: u64) -> u64 {
    if a == 0 { 0 } else { PRIME - a }
}

#[expect(clippy::cast_possible_truncation, reason = "both halves are below 2^61 by construction")]
pub(super) fn multiply(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    add((product as u64) & PRIME, (product >> 61) as u64)
}

/// The inverse of a nonzero element.
pub(super) fn invert(a: u64) -> u64 {
    match a {
        1 => return 1,
        a if a == PRIME - 1 => return a,
        _ => {}
    }
    let (mut base, mut exponent, mut result) = (a, PRIME - 2, 1);
    while exponent > 0 {
        if exponent & 1 == 1 {
            result = multiply(result, base);
        }
        base = multiply(base, base);
        exponent >>= 1;
    }
    result
}

/// `column + factor × other`.
pub(super) fn combine(column: &[(u32, u64)], factor: u64, other: &[(u32, u64)]) -> Column {
    let mut sum = Vec::with_capacity(column.len() + other.len());
    let (mut left, mut right) = (column.iter().peekable(), other.iter().peekable());
    loop {
        let order = match (left.peek(), right.peek()) {
            (None, None) => return sum,
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(l), Some(r)) => l.0.cmp(&r.0),
        };
        match order {
            Ordering::Less => sum.extend(left.next()),
            Ordering::Greater => {
                sum.extend(right.next().map(|&(row, entry)| (row, multiply(factor, entry))));
            }
            Ordering::Equal => {
                if let (Some(&(row, a)), Some(&(_, b))) = (left.next(), right.next()) {
                    let entry = add(a, multiply(factor, b));
                    if entry != 0 {
                        sum.push((row, entry));
                    }
                }
            }
        }
    }
}

/// The entry of a column in a row; zero where it has none.
pub(super) fn entry(column: &[(u32, u64)], row: u32) -> u64 {
    column
        .binary_search_by_key(&row, |&(r, _)| r)
        .ok()
        .and_then(|at| column.get(at))
        .map_or(0, |&(_, value)| value)
}

/// Random elements from a fixed seed, so that every run does the same; not for secrets.
pub(super) struct Draws(u64);

impl Draws {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The next element, never zero (splitmix64).
    pub(super) fn draw(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % (PRIME - 1) + 1
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_times_its_inverse_is_one() {
        let mut draws = Draws::new(1);
        for _ in 0..100 {
            let a = draws.draw();
            assert_eq!(multiply(a, invert(a)), 1);
            assert_eq!(add(a, negate(a)), 0);
        }
    }

    #[test]
    fn columns_combine_and_cancel() {
        let sum = combine(&[(0, 1), (2, 3)], PRIME - 3, &[(1, 2), (2, 1)]);
        assert_eq!(sum, [(0, 1), (1, PRIME - 6)]);
        assert_eq!(entry(&sum, 1), PRIME - 6);
        assert_eq!(entry(&sum, 2), 0);
    }
}
