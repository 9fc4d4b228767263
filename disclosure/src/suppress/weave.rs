//! Proofs by crossings of differences.
//!
//! Where atoms cross variables, one unit more here and one less there in every variable is a move that only cells see
//! which tell the points apart: of a region by income table the well-known square of four cells. The cheapest of them is
//! looked for, counting what must be withheld for it, and nothing is solved.
//!
//! # Guarantee
//! None of its own: every move is checked against all cells before it counts, and again by the audit.
//!
//! # Source
//! The hypercube method of Repsilber, "Preservation of confidentiality in aggregated data" (1994), with any codes as the
//! corners, many moves for a cell, costs, and room for every corner. Held by `no_pattern_gives_anything_away`.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: points and codes index arrays made for them"
)]

use super::intervals::Prover;
use super::lattice::{Block, Lattice, NONE};
use super::moves::{Move, effects};
use super::{Stage, Watch};
use std::cmp::Reverse;

/// From how many points of a cell moves are begun.
const BASES: usize = 3;
/// How many differences in the short variables are tried with all of the long one.
const SHORT: usize = 12;
/// So many further cells in need make a move cheaper.
const HELP: u64 = 3;

/// A move that does what was asked.
pub(super) struct Crossing {
    /// Less is better: what it costs by whom it helps, inner cells it empties, whom it helps.
    key: (u64, usize, Reverse<u64>),
    change: Move,
    /// Shown cells that have to be withheld for it.
    opened: Vec<usize>,
}

/// A difference of two points of a variable, or one point alone.
struct Difference {
    partner: Option<u16>,
    /// Codes that see it, each with what they see.
    codes: Vec<(u16, i64)>,
}

impl Difference {
    fn of(codes: &[Vec<u16>], point: u16, partner: Option<u16>) -> Self {
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
    fn all(codes: &[Vec<u16>], inside: &[u16], point: u16) -> Vec<Self> {
        let outside = (0_u16..).take(codes.len()).filter(|p| inside.binary_search(p).is_err());
        let partners = std::iter::once(None).chain(outside.map(Some));
        let mut all: Vec<Self> = partners.map(|p| Self::of(codes, point, p)).collect();
        all.sort_by_key(|difference| difference.codes.len());
        all
    }
}

/// Places, each with what is more or less there.
type Signed<T> = [(T, i64)];

/// Differences in all variables but the longest, crossed.
struct Short {
    bound: u64,
    cells: Vec<(usize, i64)>,
    points: Vec<(usize, i64)>,
}

impl Prover<'_> {
    /// Proves what crossings can prove, withholding what they need; returns what was added.
    pub(super) fn weave(&mut self, watch: Watch<'_>) -> Vec<usize> {
        let distinct = self.distinct;
        let Some(lattice) = &distinct.lattice else { return Vec::new() };
        let mut order: Vec<usize> = (0..self.shown.len()).filter(|&c| self.primary[c]).collect();
        order.sort_by_key(|&cell| (distinct.values[cell], cell));
        let mut added = Vec::new();
        self.needy = self.primary.to_vec();
        for (done, &cell) in order.iter().enumerate() {
            if done % 64 == 0 {
                watch(Stage::Proof, done, order.len());
            }
            self.weave_cell(lattice, cell, &mut added);
        }
        added
    }

    /// Whether a cell has what it needs, insiders left out.
    fn is_met(&self, cell: usize) -> bool {
        self.demand.need(cell).is_met(&self.effects(cell))
    }

    fn weave_cell(&mut self, lattice: &Lattice, cell: usize, added: &mut Vec<usize>) {
        while !self.is_met(cell) {
            let wanted = [1, -1].map(|direction| self.wanted(cell, direction));
            let found =
                wanted.into_iter().flatten().filter_map(|by| self.crossing(lattice, cell, by, &[]));
            let Some(best) = found.min_by(|a, b| a.key.cmp(&b.key)) else { return };
            self.take_crossing(best, added);
        }
        self.needy[cell] = false;
        if self.demand.insiders == 0 || self.system.is_magnitude() {
            return;
        }
        while let Some(known) = self.ruling_out(cell) {
            let floors: Vec<(u32, i64)> = known.iter().map(|&atom| (atom, 1)).collect();
            let value = self.distinct.values[cell];
            let changes = [1, -1].into_iter().filter(|by| self.demand.allows(value + by));
            let found = changes.filter_map(|by| self.crossing(lattice, cell, by, &floors));
            let Some(best) = found.min_by(|a, b| a.key.cmp(&b.key)) else { return };
            self.take_crossing(best, added);
        }
    }

    fn take_crossing(&mut self, crossing: Crossing, added: &mut Vec<usize>) {
        for &cell in &crossing.opened {
            self.shown[cell] = false;
        }
        added.extend(crossing.opened);
        let index = self.moves.len();
        self.record(crossing.change);
        let change = &self.moves[index];
        for (cell, _) in effects(change, &self.cells_of, &mut self.sums) {
            let cell = cell as usize;
            if self.needy[cell] && self.is_met(cell) {
                self.needy[cell] = false;
            }
        }
    }

    /// The best crossing that changes a cell by so much.
    fn crossing(
        &mut self,
        lattice: &Lattice,
        cell: usize,
        by: i64,
        floors: &[(u32, i64)],
    ) -> Option<Crossing> {
        let (block, codes) = lattice.place(cell)?;
        let long = (0..codes.len()).max_by_key(|&at| block.variables[at].codes.len())?;
        let mut best: Option<(Crossing, u64)> = None;
        for base in self.bases(block, codes) {
            let at = |variable: usize| {
                let variable = &block.variables[variable];
                u16::try_from(base / variable.strides.0 % variable.codes.len()).unwrap_or(0)
            };
            let inside = |variable: usize| -> &[u16] {
                let of = &block.variables[variable];
                &of.points[codes[variable] as usize]
            };
            let finest: Vec<u16> = {
                let of = &block.variables[long];
                let codes = of.codes[at(long) as usize].iter();
                codes.copied().filter(|&code| of.points[code as usize].len() == 1).collect()
            };
            let mut shorts = vec![Short { bound: 0, cells: vec![(0, 1)], points: vec![(base, 1)] }];
            for variable in (0..codes.len()).filter(|&variable| variable != long) {
                let of = &block.variables[variable];
                let differences = Difference::all(&of.codes, inside(variable), at(variable));
                shorts = cross(&shorts, &differences, of.strides, at(variable));
            }
            let stride = block.variables[long].strides;
            for short in &mut shorts {
                let alone = finest.iter().map(|&code| (code, 1)).collect::<Vec<_>>();
                let cost =
                    self.cost(lattice, block, (&short.cells, &alone, stride.1), by, u64::MAX);
                short.bound = cost.map_or(u64::MAX, |cost| cost.0);
            }
            shorts.retain(|short| short.bound < u64::MAX);
            shorts.sort_by_key(|short| (short.bound, short.cells.len()));
            shorts.truncate(SHORT);
            let of = &block.variables[long];
            let differences = Difference::all(&of.codes, inside(long), at(long));
            for short in &shorts {
                for difference in &differences {
                    let limit = best.as_ref().map_or(u64::MAX, |best| best.1);
                    let seen = (&short.cells[..], &difference.codes[..], stride.1);
                    let Some((cost, help)) = self.cost(lattice, block, seen, by, limit) else {
                        continue;
                    };
                    let price = cost * 64 / (1 + help.min(HELP));
                    let key_so_far = best.as_ref().map(|best| best.0.key);
                    if key_so_far.is_some_and(|key| price > key.0) {
                        continue;
                    }
                    let points = points(short, difference, stride.0, at(long));
                    let Some(emptied) = self.room(block, &points, by, floors) else { continue };
                    let key = (price, emptied, Reverse(help));
                    if key_so_far.is_none_or(|best| key < best)
                        && let Some(found) = self.checked(block, &points, by, key)
                    {
                        let limit = (key.0.saturating_mul(1 + HELP)).div_ceil(64);
                        best = Some((found, limit));
                    }
                }
            }
        }
        best.map(|best| best.0)
    }

    /// Points of a cell that moves may begin at: where most is.
    fn bases(&self, block: &Block, codes: &[u16]) -> Vec<usize> {
        let mut points = vec![0_usize];
        for (variable, &code) in block.variables.iter().zip(codes) {
            let inside = &variable.points[code as usize];
            points = points
                .iter()
                .flat_map(|&point| {
                    inside.iter().map(move |&p| point + p as usize * variable.strides.0)
                })
                .collect();
        }
        let value = |point: usize| {
            let atoms = block.atoms[point].iter();
            atoms.map(|&atom| self.system.values()[atom as usize]).min().unwrap_or(0)
        };
        points.sort_by_cached_key(|&point| (Reverse(value(point)), point));
        points.dedup_by_key(|point| block.atoms[*point].clone());
        points.truncate(BASES);
        points
    }

    /// What a crossing costs, and how many cells in need it changes; none where it cannot be or costs more than `limit`.
    fn cost(
        &self,
        lattice: &Lattice,
        block: &Block,
        (short, long, stride): (&Signed<usize>, &Signed<u16>, usize),
        by: i64,
        limit: u64,
    ) -> Option<(u64, u64)> {
        let (mut cost, mut help) = (0_u64, 0_u64);
        for &(code, sign) in long {
            for &(offset, other) in short {
                let mut cell = block.cells[offset + code as usize * stride];
                while cell != NONE {
                    let at = cell as usize;
                    if !self.demand.allows(self.distinct.values[at] + sign * other * by) {
                        return None;
                    }
                    if self.shown[at] {
                        if self.distinct.fixed[at] {
                            return None;
                        }
                        cost += self.distinct.costs[at];
                        if cost > limit {
                            return None;
                        }
                    } else {
                        help += u64::from(self.needy[at]);
                    }
                    cell = lattice.next[at];
                }
            }
        }
        Some((cost, help))
    }

    /// Whether inner cells have room for it, and how many it empties.
    fn room(
        &self,
        block: &Block,
        points: &[(usize, i64)],
        by: i64,
        floors: &[(u32, i64)],
    ) -> Option<usize> {
        let mut emptied = 0;
        let bounded = self.demand.least.is_some();
        for &(point, sign) in points.iter().filter(|(_, sign)| sign * by < 0) {
            for &atom in &block.atoms[point] {
                let left = self.system.values()[atom as usize] + sign * by;
                let floor = floors.iter().find(|f| f.0 == atom).map_or(0, |f| f.1);
                if bounded && left < floor {
                    return None;
                }
                emptied += usize::from(left == 0);
            }
        }
        Some(emptied)
    }

    /// The crossing as a move, if it is one.
    fn checked(
        &mut self,
        block: &Block,
        points: &[(usize, i64)],
        by: i64,
        key: (u64, usize, Reverse<u64>),
    ) -> Option<Crossing> {
        let atoms = points.iter().flat_map(|&(point, sign)| {
            block.atoms[point].iter().map(move |&atom| (atom, sign * by))
        });
        let mut change: Move = atoms.collect();
        change.sort_unstable();
        change.dedup_by(|later, first| {
            let same = later.0 == first.0;
            first.1 += if same { later.1 } else { 0 };
            same
        });
        change.retain(|part| part.1 != 0);
        let below = |&(atom, by): &(u32, i64)| self.system.values()[atom as usize] + by < 0;
        if self.demand.least.is_some() && change.iter().any(below) {
            return None;
        }
        let mut opened = Vec::new();
        for (cell, by) in effects(&change, &self.cells_of, &mut self.sums) {
            let cell = cell as usize;
            if !self.demand.allows(self.distinct.values[cell] + by) {
                return None;
            }
            if self.shown[cell] {
                if self.distinct.fixed[cell] {
                    return None;
                }
                opened.push(cell);
            }
        }
        self.balanced(&change).then_some(Crossing { key, change, opened })
    }

    /// Whether what a move does to the one side of every link it does to the other.
    fn balanced(&mut self, change: &Move) -> bool {
        let (left, right) = &self.sides;
        self.balances.is_empty()
            || effects(change, left, &mut self.balances)
                == effects(change, right, &mut self.balances)
    }
}

/// Everything crossed with every difference of one more variable.
fn cross(
    shorts: &[Short],
    differences: &[Difference],
    strides: (usize, usize),
    point: u16,
) -> Vec<Short> {
    let with = |(short, difference): (&Short, &Difference)| {
        let seen = difference.codes.iter();
        let cells = seen.flat_map(|&(code, sign)| {
            let cells = short.cells.iter();
            cells.map(move |&(at, other)| (at + code as usize * strides.1, sign * other))
        });
        let points = points(short, difference, strides.0, point);
        Short { bound: 0, cells: cells.collect(), points }
    };
    shorts.iter().flat_map(|s| differences.iter().map(move |d| (s, d))).map(with).collect()
}

/// The points of differences crossed with one more.
fn points(short: &Short, difference: &Difference, stride: usize, point: u16) -> Vec<(usize, i64)> {
    let moved = difference.partner.into_iter().flat_map(|partner| {
        let there = partner as usize * stride;
        short.points.iter().map(move |&(at, sign)| (at + there - point as usize * stride, -sign))
    });
    short.points.iter().copied().chain(moved).collect()
}
