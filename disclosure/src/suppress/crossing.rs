//! Differences of points, crossed with one another.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: points index arrays made for them")]

use super::moves::Move;
use std::cmp::Reverse;

/// So many further cells in need make a move cheaper.
pub(super) const HELP: u64 = 3;

/// Less is better: what it costs by whom it helps, inner cells it empties, whom it helps.
pub(super) type Key = (u64, usize, Reverse<u64>);
/// What a crossing costs by whom it helps, whom it helps, and what it costs.
pub(super) type Price = (u64, Reverse<u64>, u64);

pub(super) fn priced(cost: u64, help: u64) -> Price {
    (cost * 64 / (1 + help.min(HELP)), Reverse(help), cost)
}

/// What is asked of a move: by how much it changes the cell, and what inner cells must keep.
pub(super) struct Asked<'a> {
    pub(super) by: i64,
    pub(super) floors: &'a [(u32, i64)],
}

/// The best so far, and the most that a better one can cost.
pub(super) struct Best {
    pub(super) found: Option<Crossing>,
    pub(super) limit: u64,
}

/// A move that does what was asked.
pub(super) struct Crossing {
    pub(super) key: Key,
    pub(super) change: Move,
    /// Shown cells that have to be withheld for it.
    pub(super) opened: Vec<usize>,
}

/// A difference of two points of a variable, or one point alone.
pub(super) struct Difference {
    pub(super) partner: Option<u16>,
    /// Codes that see it, each with what they see.
    pub(super) codes: Vec<(u16, i64)>,
}

impl Difference {
    pub(super) fn of(codes: &[Vec<u16>], point: u16, partner: Option<u16>) -> Self {
        let here = &codes[point as usize];
        let there = partner.map_or(&[][..], |partner| &codes[partner as usize]);
        let only = |a: &[u16], b: &[u16], sign| -> Vec<(u16, i64)> {
            a.iter().filter(|code| !b.contains(code)).map(|&code| (code, sign)).collect()
        };
        let mut seen = only(here, there, 1);
        seen.extend(only(there, here, -1));
        Self { partner, codes: seen }
    }

    /// All differences that a code sees as one more.
    pub(super) fn all(codes: &[Vec<u16>], inside: &[u16], point: u16) -> Vec<Self> {
        let outside = (0_u16..).take(codes.len()).filter(|p| inside.binary_search(p).is_err());
        let partners = std::iter::once(None).chain(outside.map(Some));
        let mut all: Vec<Self> = partners.map(|p| Self::of(codes, point, p)).collect();
        all.sort_by_key(|difference| difference.codes.len());
        all
    }
}

/// Places, each with what is more or less there.
pub(super) type Signed<T> = [(T, i64)];

/// Differences in all variables but the longest, crossed.
pub(super) struct Short {
    pub(super) bound: u64,
    /// Whether it changes what blocks share.
    pub(super) spills: bool,
    pub(super) cells: Vec<(usize, i64)>,
    pub(super) points: Vec<(usize, i64)>,
}

impl Short {
    /// The same with all points moved.
    pub(super) fn moved(&self, by: usize) -> Self {
        let points = self.points.iter().map(|&(at, sign)| (at + by, sign)).collect();
        Self { bound: self.bound, spills: self.spills, cells: self.cells.clone(), points }
    }
}

/// Everything crossed with every difference of one more variable.
pub(super) fn cross(
    shorts: &[Short],
    differences: &[Difference],
    strides: (usize, usize),
    point: u16,
    shared: bool,
) -> Vec<Short> {
    let with = |(short, difference): (&Short, &Difference)| {
        let seen = difference.codes.iter();
        let cells = seen.flat_map(|&(code, sign)| {
            let cells = short.cells.iter();
            cells.map(move |&(at, other)| (at + code as usize * strides.1, sign * other))
        });
        let points = points(short, difference, strides.0, point);
        let spills = short.spills && (shared || difference.partner.is_none());
        Short { bound: 0, spills, cells: cells.collect(), points }
    };
    shorts.iter().flat_map(|s| differences.iter().map(move |d| (s, d))).map(with).collect()
}

/// The points of differences crossed with one more.
pub(super) fn points(
    short: &Short,
    difference: &Difference,
    stride: usize,
    point: u16,
) -> Vec<(usize, i64)> {
    let moved = difference.partner.into_iter().flat_map(|partner| {
        let there = partner as usize * stride;
        short.points.iter().map(move |&(at, sign)| (at + there - point as usize * stride, -sign))
    });
    short.points.iter().copied().chain(moved).collect()
}
