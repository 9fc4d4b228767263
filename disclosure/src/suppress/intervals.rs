//! That withheld counts keep several possible values, whole and not negative.
//!
//! # Guarantee
//! Against anyone who knows the shown cells, how they add up, that counts are whole and not negative, and the
//! rule (zeros shown means that withheld counts are at least one): every primary cell has at least
//! [`crate::Rule::min_feasible`] possible values and every other withheld cell two, each with a table that
//! proves it. A single person who also knows which inner cell they are counted in still cannot tell any
//! primary cell exactly.
//!
//! # Source
//! Own: alternative tables are searched for instead of interval ends. Where there is none, the shown cells
//! that prevent it are the multipliers of the linear program, and the least of them is withheld. What cannot be
//! proved safe is treated as unsafe.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::audited::cells_by_atom;
use super::moves::{Found, Move, Search, effect};
use crate::System;
use std::collections::BTreeSet;

/// How far from a cell others are looked for, in steps from one sum to those it shares atoms with.
const RINGS: usize = 8;

/// What the intervals must be like.
pub(super) struct Demand {
    /// The least value a withheld cell is known to have.
    pub(super) least: i64,
    /// Values a primary cell must be able to have.
    pub(super) primary: u64,
    /// How many atoms one person is counted in; none when insiders are left out.
    pub(super) insider_atoms: usize,
}

/// For every change that is impossible the shown cells that make it so.
type Blocks = Vec<Vec<u32>>;

/// The state of a pattern under proof.
pub(super) struct Prover<'a> {
    pub(super) system: &'a System,
    pub(super) demand: &'a Demand,
    /// By cell; never changed back to shown.
    pub(super) shown: Vec<bool>,
    pub(super) primary: &'a [bool],
    /// Cells that may not be withheld.
    pub(super) fixed: &'a [bool],
    pub(super) moves: Vec<Move>,
    /// For every withheld cell the moves that change it.
    pub(super) changing: Vec<Vec<u32>>,
    search: Search,
    cells_of: Vec<Vec<u32>>,
}

/// A cell whose neighbours may not be withheld, so that it cannot be protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Unprotectable(pub(super) usize);

impl<'a> Prover<'a> {
    pub(super) fn new(
        system: &'a System,
        demand: &'a Demand,
        shown: Vec<bool>,
        primary: &'a [bool],
        fixed: &'a [bool],
    ) -> Self {
        let cells_of = cells_by_atom(system);
        let search = Search::new(system, &shown, demand.least);
        let changing = vec![Vec::new(); system.cells()];
        Self {
            system,
            demand,
            shown,
            primary,
            fixed,
            moves: Vec::new(),
            changing,
            search,
            cells_of,
        }
    }

    /// Proves every withheld cell, withholding more where no proof is found; returns what was added.
    pub(super) fn prove(&mut self) -> Result<Vec<usize>, Unprotectable> {
        let mut open: Vec<usize> = (0..self.shown.len()).filter(|&c| !self.shown[c]).collect();
        open.sort_by_key(|&c| (!self.primary[c], self.system.value(c), c));
        let mut added = Vec::new();
        while !open.is_empty() {
            let mut failed: Vec<(usize, Blocks)> = Vec::new();
            for cell in open {
                if let Err(blocks) = self.prove_cell(cell) {
                    failed.push((cell, blocks));
                }
            }
            let mut more = Vec::new();
            let mut stuck = None;
            for (cell, blocks) in &failed {
                match self.open_up(*cell, blocks) {
                    Ok(opened) => more.extend(opened),
                    Err(unprotectable) => stuck = Some(unprotectable),
                }
            }
            // What is withheld for others may be what a stuck cell needs.
            if let (Some(unprotectable), true) = (stuck, more.is_empty()) {
                return Err(unprotectable);
            }
            open = failed.into_iter().map(|f| f.0).chain(more.iter().copied()).collect();
            if !more.is_empty() {
                self.search = Search::new(self.system, &self.shown, self.demand.least);
            }
            added.extend(more);
        }
        Ok(added)
    }

    /// Proves the cell, or says what stands in the way.
    fn prove_cell(&mut self, cell: usize) -> Result<(), Blocks> {
        let mut blocks = Blocks::new();
        for direction in [1, -1] {
            while !self.enough(cell) {
                let by = self.furthest(cell, direction) + direction;
                let possible = self.system.value(cell) + by >= self.demand.least;
                if !possible || !self.look(cell, by, &[], &mut blocks) {
                    break;
                }
            }
        }
        if !self.enough(cell) {
            return Err(blocks);
        }
        self.guard(cell)
    }

    /// Looks for one move; whether it was found.
    fn look(&mut self, cell: usize, by: i64, guarded: &[u32], blocks: &mut Blocks) -> bool {
        match self.search.find(self.system.cell(cell), by, guarded) {
            Found::Move(found) => {
                self.record(found);
                return true;
            }
            Found::Blocked(cells) => blocks.push(cells),
            Found::Nothing => {}
        }
        false
    }

    /// The largest change of the cell in one direction that a move makes.
    fn furthest(&self, cell: usize, direction: i64) -> i64 {
        let effects = self.changing[cell].iter().map(|&m| self.effect(m, cell) * direction);
        effects.max().unwrap_or(0).max(0) * direction
    }

    fn effect(&self, index: u32, cell: usize) -> i64 {
        effect(&self.moves[index as usize], self.system.cell(cell))
    }

    /// How many values the cell is proved to be able to have.
    pub(super) fn width(&self, cell: usize) -> u64 {
        let values: BTreeSet<i64> =
            self.changing[cell].iter().map(|&m| self.effect(m, cell)).collect();
        values.len() as u64 + 1
    }

    pub(super) fn enough(&self, cell: usize) -> bool {
        let needed = if self.primary[cell] { self.demand.primary } else { 2 };
        self.width(cell) >= needed
    }

    /// Sees to it that no insider can rule out every move that changes the cell.
    fn guard(&mut self, cell: usize) -> Result<(), Blocks> {
        if !self.primary[cell] || self.demand.insider_atoms == 0 {
            return Ok(());
        }
        while let Some(known) = self.ruling_out(cell) {
            let mut blocks = Blocks::new();
            let least = self.demand.least;
            let found = [1, -1].into_iter().any(|by| {
                self.system.value(cell) + by >= least && self.look(cell, by, &known, &mut blocks)
            });
            if !found {
                return Err(blocks);
            }
        }
        Ok(())
    }

    /// Atoms one person can be in whose being counted there rules out every move that changes the cell.
    pub(super) fn ruling_out(&self, cell: usize) -> Option<Vec<u32>> {
        let emptied: Vec<Vec<u32>> = self.changing[cell]
            .iter()
            .map(|&m| emptied(self.system, &self.moves[m as usize]))
            .collect();
        hitting(&emptied, self.demand.insider_atoms)
    }

    fn record(&mut self, found: Move) {
        let index = u32::try_from(self.moves.len()).unwrap_or(u32::MAX);
        let touched: BTreeSet<u32> =
            found.iter().flat_map(|&(a, _)| self.cells_of[a as usize].iter().copied()).collect();
        for cell in touched {
            let cell = cell as usize;
            if !self.shown[cell] && effect(&found, self.system.cell(cell)) != 0 {
                self.changing[cell].push(index);
            }
        }
        self.moves.push(found);
    }

    /// Withholds the least cell that stands in the way of a proof, unless one just was.
    fn open_up(&mut self, cell: usize, blocks: &Blocks) -> Result<Option<usize>, Unprotectable> {
        if blocks.iter().flatten().any(|&c| !self.shown[c as usize]) {
            return Ok(None);
        }
        let free = |&c: &usize| {
            self.shown[c] && !self.fixed[c] && self.system.value(c) >= self.demand.least
        };
        let blocking = blocks.iter().flatten().map(|&c| c as usize).filter(free);
        let least = blocking.min_by_key(|&c| (self.system.value(c), c));
        let chosen = match least {
            Some(chosen) => chosen,
            None => *self.near(cell).first().ok_or(Unprotectable(cell))?,
        };
        self.shown[chosen] = false;
        Ok(Some(chosen))
    }

    /// Shown cells that may be withheld and share a small sum with the cell, least value first.
    fn near(&self, cell: usize) -> Vec<usize> {
        let mut near = BTreeSet::new();
        let mut reach: Vec<u32> = self.system.cell(cell).to_vec();
        for ring in 0..RINGS {
            let around: BTreeSet<u32> =
                reach.iter().flat_map(|&a| self.cells_of[a as usize].iter().copied()).collect();
            for &other in &around {
                let other = other as usize;
                if self.shown[other]
                    && !self.fixed[other]
                    && self.system.value(other) >= self.demand.least
                {
                    near.insert((self.system.value(other), other));
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

/// At most `size` elements that meet every list, if there are such; none lists are met by nothing.
pub(super) fn hitting(lists: &[Vec<u32>], size: usize) -> Option<Vec<u32>> {
    let Some((first, rest)) = lists.split_first() else { return Some(Vec::new()) };
    if size == 0 {
        return None;
    }
    first.iter().find_map(|&element| {
        let left: Vec<Vec<u32>> = rest.iter().filter(|l| !l.contains(&element)).cloned().collect();
        let mut found = hitting(&left, size - 1)?;
        found.push(element);
        Some(found)
    })
}

/// Atoms somebody is in that nobody would be in after the move.
pub(super) fn emptied(system: &System, change: &Move) -> Vec<u32> {
    let gone = |&(atom, by): &(u32, i64)| {
        let value = system.values()[atom as usize];
        (value > 0 && value + by == 0).then_some(atom)
    };
    change.iter().filter_map(gone).collect()
}
