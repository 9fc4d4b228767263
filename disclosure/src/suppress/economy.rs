//! Showing again what no proof needs.
//!
//! A pattern is proved by moves. A secondary cell that none of them changes can be shown: every move still fits.
//! So moves are dropped, the dearest first, as long as those left prove every primary cell.
//!
//! # Guarantee
//! That of [`super::intervals`], unchanged: what is left proves all that is withheld, insiders included.
//!
//! # Source
//! Own. Held by `no_pattern_gives_anything_away`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::demand::{Demand, ruled_out_by};
use super::distinct::Distinct;
use super::moves::{Move, effects};
use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

/// Own cells' worth, their number, and the worth of all cells of a move.
type Cost = (u64, usize, u64);

/// Moves by the primary cells they prove and the secondary cells they need.
struct Ledger<'a> {
    demand: &'a Demand,
    /// For every cell the moves that change it, with their effect.
    by_cell: Vec<Vec<(u32, i64)>>,
    /// For every move the cells it changes.
    cells: Vec<Vec<u32>>,
    ruled_out_by: Vec<Vec<u32>>,
    kept: Vec<bool>,
}

/// Drops moves and shows secondary cells until every move left is needed.
pub(super) fn thrift(
    distinct: &Distinct,
    demand: &Demand,
    primary: &[bool],
    cells_of: &[Vec<u32>],
    shown: &mut [bool],
    moves: Vec<Move>,
) -> Vec<Move> {
    let system = &distinct.system;
    let mut ledger = Ledger {
        demand,
        by_cell: vec![Vec::new(); shown.len()],
        cells: Vec::new(),
        ruled_out_by: moves.iter().map(|m| ruled_out_by(system, m)).collect(),
        kept: vec![true; moves.len()],
    };
    let mut sums = vec![0; shown.len()];
    for (index, change) in (0_u32..).zip(&moves) {
        let mut changed = Vec::new();
        for (cell, by) in effects(change, cells_of, &mut sums) {
            if !shown[cell as usize] {
                ledger.by_cell[cell as usize].push((index, by));
                changed.push(cell);
            }
        }
        ledger.cells.push(changed);
    }
    ledger.drop_dear(&distinct.costs, primary);
    for (cell, shown) in shown.iter_mut().enumerate() {
        let needed = ledger.by_cell[cell].iter().any(|&(m, _)| ledger.kept[m as usize]);
        *shown |= !primary[cell] && !needed;
    }
    moves.into_iter().zip(ledger.kept).filter(|m| m.1).map(|m| m.0).collect()
}

impl Ledger<'_> {
    /// Drops, again and again, the move whose own secondary cells are worth most.
    fn drop_dear(&mut self, costs: &[u64], primary: &[bool]) {
        let mut users: Vec<usize> = self.by_cell.iter().map(Vec::len).collect();
        let mut tried = vec![false; self.cells.len()];
        let mut heap: BinaryHeap<(Cost, Reverse<u32>)> = (0_u32..)
            .take(self.cells.len())
            .map(|m| (self.cost(m, costs, primary, &users), Reverse(m)))
            .collect();
        // A cost only grows while others are dropped, and is put in again when it does: the largest entry is current.
        while let Some((_, Reverse(dearest))) = heap.pop() {
            if std::mem::replace(&mut tried[dearest as usize], true) {
                continue;
            }
            self.kept[dearest as usize] = false;
            let still = self.cells[dearest as usize]
                .iter()
                .all(|&c| !primary[c as usize] || self.proved(c as usize));
            if !still {
                self.kept[dearest as usize] = true;
                continue;
            }
            for &cell in &self.cells[dearest as usize] {
                users[cell as usize] -= 1;
            }
            for &cell in &self.cells[dearest as usize] {
                if users[cell as usize] == 1 && !primary[cell as usize] {
                    let left = self.by_cell[cell as usize].iter();
                    let left = left.map(|m| m.0).find(|&m| self.kept[m as usize]);
                    heap.extend(left.map(|m| (self.cost(m, costs, primary, &users), Reverse(m))));
                }
            }
        }
    }

    /// What a move costs: secondary cells nobody else needs, how many those are, and all it needs.
    fn cost(&self, index: u32, costs: &[u64], primary: &[bool], users: &[usize]) -> Cost {
        let own = self.cells[index as usize].iter().map(|&c| c as usize).filter(|&c| !primary[c]);
        own.fold((0, 0, 0), |(alone, count, all), c| {
            let only = users[c] == 1;
            let cost = if only { costs[c] } else { 0 };
            (alone + cost, count + usize::from(only), all + costs[c])
        })
    }

    fn proved(&self, cell: usize) -> bool {
        let kept = || self.by_cell[cell].iter().filter(|m| self.kept[m.0 as usize]);
        let effects: BTreeSet<i64> = kept().map(|m| m.1).collect();
        if !self.demand.need(cell).is_met(&effects) {
            return false;
        }
        let lists = kept().map(|m| self.ruled_out_by[m.0 as usize].as_slice());
        self.demand.insiders == 0 || self.demand.ruling_out(cell, lists).is_none()
    }
}
