//! Showing secondary cells one by one, dearest first, as long as everything withheld can be proved without them.
//!
//! [`super::economy`] shows what no proof needs. Here other proofs are looked for that do without a cell.
//!
//! # Guarantee
//! That of [`super::intervals`], unchanged: a cell is shown only when all that is withheld is proved without it. The
//! work it takes is limited, not what is proved.
//!
//! # Source
//! Own. Held by `no_pattern_gives_anything_away`, and by
//! `every_case_withstands_the_attacker_and_loses_no_more_than_a_safe_reference`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::intervals::Prover;
use super::moves::{Extra, Move, Search, effects};
use super::{Stage, Watch};
use std::cmp::Reverse;

/// The most work, in entries of the tableau read; the same on every machine.
const WORK: u64 = 60_000_000;
/// How often all cells are gone through.
const PASSES: usize = 3;

impl Prover<'_> {
    /// Shows what can be spared; returns what is shown in the end, and the proofs of what is not.
    pub(super) fn frugal(mut self, moves: Vec<Move>, watch: Watch<'_>) -> (Vec<bool>, Vec<Move>) {
        let handles = Extra { handles: true, ..Extra::default() };
        self.search = Some(Search::new(self.system, &self.shown, self.demand.least, handles));
        for change in moves {
            self.record(change);
        }
        for _ in 0..PASSES {
            let withheld = (0..self.shown.len()).filter(|&c| !self.shown[c] && !self.primary[c]);
            let mut order: Vec<usize> = withheld.collect();
            order.sort_by_key(|&cell| (Reverse(self.distinct.costs[cell]), cell));
            let (all, mut spared) = (order.len(), false);
            for (done, cell) in order.into_iter().enumerate() {
                watch(Stage::Economy, done, all);
                if self.search.as_ref().is_none_or(|search| search.work() > WORK) {
                    spared = false;
                    break;
                }
                spared |= !self.shown[cell] && self.spare(cell);
            }
            if !spared {
                break;
            }
        }
        let moves = self.moves.into_iter().zip(self.alive).filter(|m| m.1).map(|m| m.0);
        (self.shown, moves.collect())
    }

    /// Shows a cell if what its moves prove can be proved without it.
    fn spare(&mut self, cell: usize) -> bool {
        if !self.freeze(cell, true) {
            return false;
        }
        self.shown[cell] = true;
        self.insiders.clear();
        let using: Vec<u32> = self.proofs(cell).map(|change| change.0).collect();
        let mut touched = Vec::new();
        for &index in &using {
            self.alive[index as usize] = false;
            let change = &self.moves[index as usize];
            touched
                .extend(effects(change, &self.cells_of, &mut self.sums).into_iter().map(|e| e.0));
        }
        touched.sort_unstable();
        touched.dedup();
        let first_new = self.moves.len();
        let proved = touched
            .iter()
            .map(|&other| other as usize)
            .filter(|&other| self.primary[other])
            .collect::<Vec<_>>()
            .into_iter()
            .all(|other| self.prove_cell(other).is_ok());
        if !proved {
            self.forget(first_new);
            for index in using {
                self.alive[index as usize] = true;
            }
            self.shown[cell] = false;
            self.freeze(cell, false);
            return false;
        }
        for other in touched.into_iter().map(|other| other as usize) {
            let idle = !self.primary[other] && self.proofs(other).next().is_none();
            if idle && !self.shown[other] && self.freeze(other, true) {
                self.shown[other] = true;
            }
        }
        true
    }

    fn freeze(&mut self, cell: usize, frozen: bool) -> bool {
        self.search.as_mut().is_some_and(|search| search.freeze(cell, frozen))
    }

    /// Takes back the newest moves.
    pub(super) fn forget(&mut self, first: usize) {
        while self.moves.len() > first {
            let Some(change) = self.moves.pop() else { return };
            self.alive.pop();
            for (cell, _) in effects(&change, &self.cells_of, &mut self.sums) {
                let index = self.moves.len();
                let list = &mut self.changing[cell as usize];
                if list.last().is_some_and(|last| last.0 as usize == index) {
                    list.pop();
                }
            }
        }
    }
}
