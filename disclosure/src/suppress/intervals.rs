//! That withheld counts keep several possible values, whole and not negative.
//!
//! # Guarantee
//! Against anyone who knows the shown cells, how they add up, that counts are whole and not negative, and the
//! rule (zeros shown means that withheld counts are at least one): every primary cell has at least
//! [`crate::Rule::min_feasible`] possible values and every other withheld cell two, each with a table that
//! proves it. A single person who also knows which inner cell they are counted in still cannot tell any
//! primary cell exactly. Of amounts, every primary cell has the room of its rule above and below, each end reached by a
//! table, and no single contributor who knows all its own amounts can tell a primary cell exactly.
//!
//! # Source
//! Own: alternative tables are searched for instead of interval ends. Where there is none, the shown cells
//! that prevent it are the multipliers of the linear program, and the least of them is withheld. What cannot be
//! proved safe is treated as unsafe. Held by `no_pattern_gives_anything_away`, which enumerates every inner table, and
//! `amounts_keep_their_room_and_no_contributor_tells_another`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::audited::{cells_by_atom, sides_by_atom};
use super::demand::{Demand, Need, known_to, ruled_out_by};
use super::distinct::Distinct;
use super::moves::{Extra, Found, Move, Search, effects};
use super::{Stage, Watch};
use crate::System;
use std::collections::{BTreeSet, HashMap};

/// How far from a cell others are looked for, in steps from one sum to those it shares atoms with.
const RINGS: usize = 8;

/// For every change that is impossible the shown cells that make it so.
type Blocks = Vec<Vec<u32>>;

/// The state of a pattern under proof.
pub(super) struct Prover<'a> {
    pub(super) system: &'a System,
    pub(super) demand: &'a Demand,
    /// By cell; never changed back to shown.
    pub(super) shown: Vec<bool>,
    /// By cell whether it is to be proved.
    pub(super) primary: Vec<bool>,
    /// By cell whether it may not be withheld, and what is lost when it is.
    pub(super) distinct: &'a Distinct,
    pub(super) moves: Vec<Move>,
    /// For every withheld cell the moves that change it, and by how much.
    pub(super) changing: Vec<Vec<(u32, i64)>>,
    /// A sum for every cell, zero between uses.
    pub(super) sums: Vec<i64>,
    /// For every move whether it is a proof of the pattern as it is.
    pub(super) alive: Vec<bool>,
    /// By cell whether it is primary and not proved yet.
    pub(super) needy: Vec<bool>,
    /// Whether crossings leave cells alone that should stay shown.
    pub(super) careful: bool,
    /// How many crossings were looked at.
    pub(super) looked: u64,
    /// Made when it is first asked for.
    pub(super) search: Option<Search>,
    thorough: bool,
    /// Searches by contributors who look for what they themselves cannot rule out.
    pub(super) insiders: HashMap<u32, Search>,
    pub(super) cells_of: Vec<Vec<u32>>,
    /// For every atom the links it is in, on the one side and on the other.
    pub(super) sides: (Vec<Vec<u32>>, Vec<Vec<u32>>),
    /// A sum for every link, zero between uses.
    pub(super) balances: Vec<i64>,
}

/// A cell whose neighbours may not be withheld, so that it cannot be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unprotectable(pub(super) usize);

impl<'a> Prover<'a> {
    pub(super) fn new(
        distinct: &'a Distinct,
        demand: &'a Demand,
        shown: Vec<bool>,
        primary: Vec<bool>,
    ) -> Self {
        let system = &distinct.system;
        let cells_of = cells_by_atom(system);
        let changing = vec![Vec::new(); system.cells()];
        Self {
            system,
            demand,
            shown,
            primary,
            distinct,
            moves: Vec::new(),
            changing,
            sums: vec![0; system.cells()],
            alive: Vec::new(),
            needy: vec![false; system.cells()],
            careful: false,
            looked: 0,
            search: None,
            thorough: false,
            insiders: HashMap::new(),
            cells_of,
            sides: sides_by_atom(system),
            balances: vec![0; system.links().len()],
        }
    }

    /// Proves every primary cell, withholding more where no proof is found.
    ///
    /// Other withheld cells need no proof of their own: those a proof changes have one, and the rest is shown again.
    pub(super) fn prove(&mut self, watch: Watch<'_>) -> Result<(), Unprotectable> {
        let mut open: Vec<usize> = (0..self.shown.len()).filter(|&c| self.primary[c]).collect();
        open.sort_by_key(|&c| (self.system.value(c), c));
        let mut thorough = false;
        while !open.is_empty() {
            let mut failed: Vec<(usize, Blocks)> = Vec::new();
            let all = open.len();
            for (done, cell) in open.into_iter().enumerate() {
                watch(Stage::Proof, done, all);
                if let Err(blocks) = self.prove_cell(cell) {
                    failed.push((cell, blocks));
                }
            }
            let mut more = Vec::new();
            let mut stuck = Vec::new();
            for (cell, blocks) in &failed {
                match self.open_up(*cell, blocks) {
                    Ok(opened) => more.extend(opened),
                    Err(Unprotectable(cell)) => stuck.push(cell),
                }
            }
            // What is withheld for others may be what a stuck cell needs; if not, a thorough search may find it.
            let mut gave_up = false;
            match (stuck.last(), more.is_empty()) {
                (Some(&last), true) if thorough => {
                    gave_up = self.give_up(&stuck);
                    if !gave_up {
                        return Err(Unprotectable(last));
                    }
                    thorough = false;
                }
                (Some(_), true) => thorough = true,
                _ => thorough = false,
            }
            open = failed.into_iter().map(|f| f.0).filter(|&cell| self.primary[cell]).collect();
            if thorough || gave_up || !more.is_empty() {
                self.thorough = thorough;
                self.search = None;
                self.insiders.clear();
            }
        }
        Ok(())
    }

    /// Takes those of the cells for known that were withheld before for others' sake alone; whether there are such.
    ///
    /// No proof changes them, or they would have one.
    fn give_up(&mut self, cells: &[usize]) -> bool {
        let mut any = false;
        for &cell in cells.iter().filter(|&&cell| !self.demand.is_own(cell)) {
            (self.primary[cell], self.shown[cell], any) = (false, true, true);
        }
        any
    }

    /// Proves the cell, or says what stands in the way.
    pub(super) fn prove_cell(&mut self, cell: usize) -> Result<(), Blocks> {
        let mut blocks = Blocks::new();
        for direction in [1, -1] {
            while let Some(by) = self.wanted(cell, direction) {
                if !self.look(cell, by, &mut blocks) {
                    break;
                }
            }
        }
        if !self.demand.need(cell).is_met(&self.effects(cell)) {
            return Err(blocks);
        }
        self.guard(cell)
    }

    /// The next change of the cell worth looking for in one direction, if any.
    pub(super) fn wanted(&self, cell: usize, direction: i64) -> Option<i64> {
        let effects = self.effects(cell);
        let furthest = effects.iter().map(|by| by * direction).max().unwrap_or(0).max(0);
        let by = match self.demand.need(cell) {
            need if need.is_met(&effects) => return None,
            Need::Values(_) => furthest + 1,
            Need::Room { up, down } => {
                let room = if direction > 0 { up } else { down };
                (furthest < room).then_some(room)?
            }
        };
        self.demand.allows(self.system.value(cell) + by * direction).then_some(by * direction)
    }

    /// Looks for one move; whether it was found.
    fn look(&mut self, cell: usize, by: i64, blocks: &mut Blocks) -> bool {
        let atoms = self.system.cell(cell);
        let found = self.search().find(atoms, by, &[]);
        self.take(found, blocks)
    }

    /// The search under the pattern as it is.
    fn search(&mut self) -> &mut Search {
        let (system, shown, least) = (self.system, &self.shown, self.demand.least);
        let extra = Extra { thorough: self.thorough, ..Extra::default() };
        self.search.get_or_insert_with(|| Search::new(system, shown, least, extra))
    }

    fn take(&mut self, found: Found, blocks: &mut Blocks) -> bool {
        match found {
            Found::Move(found) => {
                self.record(found);
                return true;
            }
            Found::Blocked(cells) => blocks.push(cells),
            Found::Nothing => {}
        }
        false
    }

    /// What the moves do to a cell.
    pub(super) fn effects(&self, cell: usize) -> BTreeSet<i64> {
        self.proofs(cell).map(|change| change.1).collect()
    }

    /// The moves that change a cell, and by how much.
    pub(super) fn proofs(&self, cell: usize) -> impl Iterator<Item = (u32, i64)> {
        self.changing[cell].iter().copied().filter(|change| self.alive[change.0 as usize])
    }

    /// Sees to it that no insider can rule out every move that changes the cell.
    fn guard(&mut self, cell: usize) -> Result<(), Blocks> {
        if !self.primary[cell] || self.demand.insiders == 0 {
            return Ok(());
        }
        while let Some(known) = self.ruling_out(cell) {
            let mut blocks = Blocks::new();
            let value = self.system.value(cell);
            let found = [1, -1].into_iter().any(|by| {
                self.demand.allows(value + by) && {
                    let found = self.look_inside(cell, by, &known);
                    self.take(found, &mut blocks)
                }
            });
            if !found {
                return Err(blocks);
            }
        }
        Ok(())
    }

    /// Looks for a move that those who know something cannot rule out.
    fn look_inside(&mut self, cell: usize, by: i64, known: &[u32]) -> Found {
        let atoms = self.system.cell(cell);
        let (true, Some(&who)) = (self.system.is_magnitude(), known.first()) else {
            let floors: Vec<(u32, i64)> = known.iter().map(|&atom| (atom, 1)).collect();
            return self.search().find(atoms, by, &floors);
        };
        let (alone, parts) = known_to(self.system, who);
        let (system, shown, least) = (self.system, &self.shown, self.demand.least);
        let search = self.insiders.entry(who).or_insert_with(|| {
            Search::new(system, shown, least, Extra { still: &alone, ..Extra::default() })
        });
        search.find(atoms, by, &parts)
    }

    /// Who knows enough to rule out every move that changes the cell.
    pub(super) fn ruling_out(&self, cell: usize) -> Option<Vec<u32>> {
        let moves = self.proofs(cell).map(|m| &self.moves[m.0 as usize]);
        let lists: Vec<Vec<u32>> = moves.map(|m| ruled_out_by(self.system, m)).collect();
        self.demand.ruling_out(cell, lists.iter().map(Vec::as_slice))
    }

    pub(super) fn record(&mut self, found: Move) {
        let index = u32::try_from(self.moves.len()).unwrap_or(u32::MAX);
        for (cell, by) in effects(&found, &self.cells_of, &mut self.sums) {
            if !self.shown[cell as usize] {
                self.changing[cell as usize].push((index, by));
            }
        }
        self.moves.push(found);
        self.alive.push(true);
    }

    /// Withholds the least cell that stands in the way of a proof, unless one just was.
    fn open_up(&mut self, cell: usize, blocks: &Blocks) -> Result<Option<usize>, Unprotectable> {
        if blocks.iter().flatten().any(|&c| !self.shown[c as usize]) {
            return Ok(None);
        }
        let blocking = blocks.iter().flatten().map(|&c| c as usize).filter(|&c| self.is_free(c));
        let least = blocking.min_by_key(|&c| (self.distinct.costs[c], c));
        let chosen = match least {
            Some(chosen) => chosen,
            None => *self.near(cell).first().ok_or(Unprotectable(cell))?,
        };
        self.shown[chosen] = false;
        Ok(Some(chosen))
    }

    /// Whether a cell is shown and may be withheld.
    fn is_free(&self, cell: usize) -> bool {
        let allowed = self.demand.allows(self.system.value(cell));
        self.shown[cell] && !self.distinct.fixed[cell] && allowed
    }

    /// Shown cells that may be withheld and share a small sum with the cell, least lost first.
    fn near(&self, cell: usize) -> Vec<usize> {
        let mut near = BTreeSet::new();
        let mut reach: Vec<u32> = self.system.cell(cell).to_vec();
        for ring in 0..RINGS {
            let around: BTreeSet<u32> =
                reach.iter().flat_map(|&a| self.cells_of[a as usize].iter().copied()).collect();
            for &other in &around {
                let other = other as usize;
                if self.is_free(other) {
                    near.insert((self.distinct.costs[other], other));
                }
            }
            if !near.is_empty() {
                break;
            }
            let mut sums: Vec<u32> = around.into_iter().collect();
            sums.sort_by_key(|&c| (self.system.cell(c as usize).len(), c));
            sums.truncate(24 << ring);
            let wider: BTreeSet<u32> = sums
                .iter()
                .flat_map(|&c| self.system.cell(c as usize))
                .copied()
                .take(2000 << ring)
                .collect();
            reach = wider.into_iter().collect();
        }
        near.into_iter().map(|n| n.1).collect()
    }
}
