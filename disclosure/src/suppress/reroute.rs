//! Taking proofs up and laying them elsewhere, where that loses less.
//!
//! What was withheld early may be dear in the light of what was withheld later. So the proofs that need a secondary cell
//! are taken up, and what they proved is proved anew by crossings, which may use all that is withheld by then.
//!
//! # Guarantee
//! That of [`super::intervals`], unchanged. Every step loses less than the one before; the work is limited.
//!
//! # Source
//! Own, after the rip-up and reroute of circuit design. Held by `no_pattern_gives_anything_away`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::intervals::Prover;
use super::lattice::Lattice;
use super::moves::{Move, effects};
use super::{Stage, Watch};
use std::cmp::Reverse;

/// How often all cells are gone through.
const PASSES: usize = 3;
/// The most crossings looked at.
const WORK: u64 = 60_000_000;
/// The most proofs taken up at once.
const PROOFS: usize = 12;

impl Prover<'_> {
    /// Goes on from a pattern with its proofs, and returns a better one.
    pub(super) fn reroute(mut self, moves: Vec<Move>, watch: Watch<'_>) -> (Vec<bool>, Vec<Move>) {
        let distinct = self.distinct;
        for change in moves {
            self.record(change);
        }
        if let Some(lattice) = &distinct.lattice {
            for _ in 0..PASSES {
                if !self.pass(lattice, watch) {
                    break;
                }
            }
        }
        let moves = self.moves.into_iter().zip(self.alive).filter(|m| m.1).map(|m| m.0);
        (self.shown, moves.collect())
    }

    /// Goes through all secondary cells, dearest first; whether anything was gained.
    fn pass(&mut self, lattice: &Lattice, watch: Watch<'_>) -> bool {
        let withheld = (0..self.shown.len()).filter(|&c| !self.shown[c] && !self.primary[c]);
        let mut order: Vec<usize> = withheld.collect();
        order.sort_by_key(|&cell| (Reverse(self.distinct.costs[cell]), cell));
        let (all, mut gained) = (order.len(), false);
        for (done, cell) in order.into_iter().enumerate() {
            watch(Stage::Economy, done, all);
            if self.looked > WORK {
                return false;
            }
            gained |= !self.shown[cell] && self.redo(lattice, cell);
        }
        gained
    }

    /// Proves without a cell what was proved with it, if that loses less.
    fn redo(&mut self, lattice: &Lattice, cell: usize) -> bool {
        let using: Vec<u32> = self.proofs(cell).map(|change| change.0).take(PROOFS + 1).collect();
        if using.len() > PROOFS {
            return false;
        }
        let mut touched = Vec::new();
        for &index in &using {
            self.alive[index as usize] = false;
            let change = &self.moves[index as usize];
            let changed = effects(change, &self.cells_of, &mut self.sums);
            touched.extend(changed.into_iter().map(|change| change.0 as usize));
        }
        touched.sort_unstable();
        touched.dedup();
        touched.retain(|&cell| !self.shown[cell]);
        let idle = |&&cell: &&usize| !self.primary[cell] && self.proofs(cell).next().is_none();
        let freed: Vec<usize> = touched.iter().filter(idle).copied().collect();
        let saved: u64 = freed.iter().map(|&cell| self.distinct.costs[cell]).sum();
        for &cell in &freed {
            self.shown[cell] = true;
        }
        let first_new = self.moves.len();
        let mut added = Vec::new();
        let open: Vec<usize> =
            touched.into_iter().filter(|&cell| self.primary[cell] && !self.is_safe(cell)).collect();
        for &cell in &open {
            self.needy[cell] = true;
        }
        let mut proved = true;
        for &cell in &open {
            if proved {
                self.weave_cell(lattice, cell, &mut added);
                let lost: u64 = added.iter().map(|&cell| self.distinct.costs[cell]).sum();
                proved = lost < saved && self.is_safe(cell);
            }
            self.needy[cell] = false;
        }
        if !proved {
            self.forget(first_new);
            for cell in added {
                self.shown[cell] = true;
            }
            for cell in freed {
                self.shown[cell] = false;
            }
            for index in using {
                self.alive[index as usize] = true;
            }
        }
        proved
    }

    /// Whether a cell has what it needs, against insiders too.
    fn is_safe(&self, cell: usize) -> bool {
        self.is_met(cell) && (self.demand.insiders == 0 || self.ruling_out(cell).is_none())
    }
}
