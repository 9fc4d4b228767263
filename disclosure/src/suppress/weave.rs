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

use super::crossing::{
    Asked, Best, Crossing, Difference, HELP, Key, Price, Short, Signed, cross, points, priced,
};
use super::intervals::Prover;
use super::lattice::{Block, Lattice, NONE};
use super::moves::{Move, effects};
use super::pattern::Keep;
use super::{Stage, Watch};
use std::cmp::Reverse;

/// From how many points of a cell moves are begun.
const BASES: usize = 3;
/// How many differences in the short variables are tried with all of the long one.
const SHORT: usize = 12;
/// How many crossings that change what blocks share are completed.
const SPILLED: usize = 12;

/// Which cells are proved first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    /// Those with the smallest counts.
    Small,
    /// Those with the largest.
    Large,
    /// Those of the finest breakdown.
    Fine,
    /// Those of the coarsest.
    Coarse,
}

impl Prover<'_> {
    /// Proves what crossings can prove, withholding what they need.
    pub(super) fn weave(&mut self, first: First, watch: Watch<'_>) {
        let distinct = self.distinct;
        let Some(lattice) = &distinct.lattice else { return };
        let mut order: Vec<usize> = (0..self.shown.len()).filter(|&c| self.primary[c]).collect();
        order.sort_by_key(|&cell| {
            let (value, size) = (distinct.values[cell], self.system.cell(cell).len());
            match first {
                First::Small => (value, 0, cell),
                First::Fine => (0, size, cell),
                First::Coarse => (0, usize::MAX - size, cell),
                First::Large => (-value, 0, cell),
            }
        });
        let mut added = Vec::new();
        self.needy.clone_from(&self.primary);
        for (done, &cell) in order.iter().enumerate() {
            if done % 64 == 0 {
                watch(Stage::Proof, done, order.len());
            }
            self.weave_cell(lattice, cell, &mut added);
        }
    }

    /// Whether a cell has what it needs, insiders left out.
    pub(super) fn is_met(&self, cell: usize) -> bool {
        self.demand.need(cell).is_met(&self.effects(cell))
    }

    pub(super) fn weave_cell(&mut self, lattice: &Lattice, cell: usize, added: &mut Vec<usize>) {
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
        let (number, codes) = lattice.place(cell)?;
        let block = &lattice.blocks[number];
        let long = (0..codes.len()).max_by_key(|&at| block.variables[at].codes.len())?;
        let asked = Asked { by, floors };
        let mut best = Best { found: None, limit: u64::MAX };
        for base in self.bases(block, codes) {
            let at = block.at(base, long);
            let variable = &block.variables[long];
            let inside = &variable.points[codes[long] as usize];
            let differences = Difference::all(&variable.codes, inside, at);
            let shorts = self.shorts(lattice, number, (base, long), codes, by);
            let mut spilling = Vec::new();
            for short in &shorts {
                for difference in &differences {
                    self.looked += 1;
                    let seen = (&short.cells[..], &difference.codes[..], variable.strides.1);
                    let Some(price) = self.price(lattice, block, seen, by, best.limit) else {
                        continue;
                    };
                    if best.found.as_ref().is_some_and(|found| price.0 > found.key.0) {
                        continue;
                    }
                    if short.spills && (long < block.shared || difference.partner.is_none()) {
                        spilling.push((price, short, difference));
                        continue;
                    }
                    let points = points(short, difference, variable.strides.0, at);
                    let mut change = Move::new();
                    let Some(emptied) = self.room(block, &points, &asked, &mut change) else {
                        continue;
                    };
                    self.take_best(&mut best, change, (price.0, emptied, price.1));
                }
            }
            if lattice.blocks.len() > 1 && long == 0 && block.shared == 1 {
                spilling.sort_by_key(|candidate| candidate.0);
                for (price, short, difference) in spilling.into_iter().take(SPILLED) {
                    if price.2 > best.limit {
                        continue;
                    }
                    let own = points(short, difference, variable.strides.0, at);
                    self.spill(
                        lattice,
                        (number, at, difference.partner),
                        &own,
                        price,
                        &asked,
                        &mut best,
                    );
                }
            }
        }
        best.found
    }

    /// The likeliest crossings of differences in all variables but the long one.
    fn shorts(
        &self,
        lattice: &Lattice,
        number: usize,
        (base, long): (usize, usize),
        codes: &[u16],
        by: i64,
    ) -> Vec<Short> {
        let block = &lattice.blocks[number];
        let spills = lattice.blocks.len() > 1;
        let mut shorts =
            vec![Short { bound: 0, spills, cells: vec![(0, 1)], points: vec![(base, 1)] }];
        for at in (0..codes.len()).filter(|&at| at != long) {
            let variable = &block.variables[at];
            let inside = &variable.points[codes[at] as usize];
            let point = block.at(base, at);
            let differences = Difference::all(&variable.codes, inside, point);
            shorts = cross(&shorts, &differences, variable.strides, point, at < block.shared);
        }
        let variable = &block.variables[long];
        let finest: Vec<(u16, i64)> = variable.codes[block.at(base, long) as usize]
            .iter()
            .filter(|&&code| variable.points[code as usize].len() == 1)
            .map(|&code| (code, 1))
            .collect();
        for short in &mut shorts {
            let seen = (&short.cells[..], &finest[..], variable.strides.1);
            let price = self.price(lattice, block, seen, by, u64::MAX);
            short.bound = price.map_or(u64::MAX, |price| price.2);
        }
        shorts.retain(|short| short.bound < u64::MAX);
        shorts.sort_by_key(|short| (short.bound, short.cells.len()));
        shorts.truncate(SHORT);
        shorts
    }

    /// Completes a crossing that changes what the blocks share, by the best inner cell of every other block.
    fn spill(
        &mut self,
        lattice: &Lattice,
        (own, point, partner): (usize, u16, Option<u16>),
        points: &[(usize, i64)],
        price: Price,
        asked: &Asked<'_>,
        best: &mut Best,
    ) {
        let mut change = Move::new();
        let block = &lattice.blocks[own];
        let Some(mut emptied) = self.room(block, points, asked, &mut change) else { return };
        let mut all = price;
        for (_, block) in lattice.blocks.iter().enumerate().filter(|&(number, _)| number != own) {
            let Some(shared) = block.variables.first() else { return };
            let difference = Difference::of(&shared.codes, point, partner);
            let mut chosen: Option<(Price, usize, Move)> = None;
            let left = best.limit.saturating_sub(all.2);
            for end in &block.ends {
                self.looked += 1;
                let seen = (&end.cells[..], &difference.codes[..], shared.strides.1);
                let Some(price) = self.price(lattice, block, seen, asked.by, left) else {
                    continue;
                };
                if chosen.as_ref().is_some_and(|chosen| price >= chosen.0) {
                    continue;
                }
                let start = end.moved(point as usize * shared.strides.0);
                let points = self::points(&start, &difference, shared.strides.0, point);
                let mut part = Move::new();
                if let Some(emptied) = self.room(block, &points, asked, &mut part) {
                    chosen = Some((price, emptied, part));
                }
            }
            let Some((price, more, part)) = chosen else { return };
            all = priced(all.2 + price.2, all.1.0 + price.1.0);
            emptied += more;
            change.extend(part);
            if all.2 > best.limit {
                return;
            }
        }
        self.take_best(best, change, (all.0, emptied, all.1));
    }

    /// Keeps a move if it is one, and better than the best so far.
    fn take_best(&mut self, best: &mut Best, change: Move, key: Key) {
        if best.found.as_ref().is_none_or(|found| key < found.key)
            && let Some(found) = self.checked(change, key)
        {
            best.limit = key.0.saturating_mul(1 + HELP).div_ceil(64);
            best.found = Some(found);
        }
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

    /// What a crossing costs; none where it cannot be or costs more than `limit`.
    fn price(
        &self,
        lattice: &Lattice,
        block: &Block,
        (short, long, stride): (&Signed<usize>, &Signed<u16>, usize),
        by: i64,
        limit: u64,
    ) -> Option<Price> {
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
                        if !self.may_open(at) {
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
        Some(priced(cost, help))
    }

    /// Whether a crossing may withhold a shown cell.
    fn may_open(&self, cell: usize) -> bool {
        let stays = self.careful && self.distinct.kept[cell] > Keep::No;
        !self.distinct.fixed[cell] && !stays
    }

    /// Whether inner cells have room for it, and how many it empties; adds what it does to them.
    fn room(
        &self,
        block: &Block,
        points: &Signed<usize>,
        asked: &Asked<'_>,
        change: &mut Move,
    ) -> Option<usize> {
        let mut emptied = 0;
        let bounded = self.demand.least.is_some();
        for &(point, sign) in points {
            let by = sign * asked.by;
            for &atom in &block.atoms[point] {
                let left = self.system.values()[atom as usize] + by;
                if by < 0 {
                    let floor = asked.floors.iter().find(|f| f.0 == atom).map_or(0, |f| f.1);
                    if bounded && left < floor {
                        return None;
                    }
                    emptied += usize::from(left == 0);
                }
                change.push((atom, by));
            }
        }
        Some(emptied)
    }

    /// What is to be done to atoms as a move, if it is one.
    fn checked(&mut self, mut change: Move, key: Key) -> Option<Crossing> {
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
                if !self.may_open(cell) {
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
