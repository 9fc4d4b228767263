//! Showing again what no proof needs.
//!
//! A pattern is proved by moves. A secondary cell that none of them changes can be shown: every move still fits.
//! So moves are dropped, the dearest first, as long as those left prove every primary cell.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::intervals::{Demand, emptied, hitting};
use super::moves::{Move, effect};
use crate::System;
use std::collections::BTreeSet;

/// Moves by the primary cells they prove and the secondary cells they need.
struct Ledger<'a> {
    demand: &'a Demand,
    /// For every cell the moves that change it, with their effect.
    by_cell: Vec<Vec<(u32, i64)>>,
    /// For every move the cells it changes.
    cells: Vec<Vec<u32>>,
    emptied: Vec<Vec<u32>>,
    kept: Vec<bool>,
}

/// Drops moves and shows secondary cells until every move left is needed.
pub(super) fn thrift(
    system: &System,
    demand: &Demand,
    primary: &[bool],
    cells_of: &[Vec<u32>],
    shown: &mut [bool],
    moves: Vec<Move>,
) -> Vec<Move> {
    let mut ledger = Ledger {
        demand,
        by_cell: vec![Vec::new(); shown.len()],
        cells: Vec::new(),
        emptied: moves.iter().map(|m| emptied(system, m)).collect(),
        kept: vec![true; moves.len()],
    };
    for (index, change) in (0_u32..).zip(&moves) {
        let near: BTreeSet<u32> =
            change.iter().flat_map(|&(a, _)| cells_of[a as usize].iter().copied()).collect();
        let mut changed = Vec::new();
        for cell in near.into_iter().filter(|&c| !shown[c as usize]) {
            let by = effect(change, system.cell(cell as usize));
            if by != 0 {
                ledger.by_cell[cell as usize].push((index, by));
                changed.push(cell);
            }
        }
        ledger.cells.push(changed);
    }
    ledger.drop_dear(system, primary);
    for (cell, shown) in shown.iter_mut().enumerate() {
        let needed = ledger.by_cell[cell].iter().any(|&(m, _)| ledger.kept[m as usize]);
        *shown |= !primary[cell] && !needed;
    }
    moves.into_iter().zip(ledger.kept).filter(|m| m.1).map(|m| m.0).collect()
}

impl Ledger<'_> {
    /// Drops, again and again, the move whose own secondary cells are worth most.
    fn drop_dear(&mut self, system: &System, primary: &[bool]) {
        let mut users: Vec<usize> = self.by_cell.iter().map(Vec::len).collect();
        let mut open: BTreeSet<u32> = (0_u32..).zip(&self.cells).map(|c| c.0).collect();
        while !open.is_empty() {
            let cost = |&m: &u32| -> (u64, usize, u64) {
                let own =
                    self.cells[m as usize].iter().map(|&c| c as usize).filter(|&c| !primary[c]);
                own.fold((0, 0, 0), |(alone, count, all), c| {
                    let value = system.value(c).unsigned_abs();
                    let only = users[c] == 1;
                    (
                        alone + if only { value + 1 } else { 0 },
                        count + usize::from(only),
                        all + value + 1,
                    )
                })
            };
            let Some(dearest) =
                open.iter().copied().max_by_key(|m| (cost(m), std::cmp::Reverse(*m)))
            else {
                return;
            };
            open.remove(&dearest);
            self.kept[dearest as usize] = false;
            let still = self.cells[dearest as usize]
                .iter()
                .all(|&c| !primary[c as usize] || self.proved(c as usize));
            if still {
                for &cell in &self.cells[dearest as usize] {
                    users[cell as usize] -= 1;
                }
            } else {
                self.kept[dearest as usize] = true;
            }
        }
    }

    fn proved(&self, cell: usize) -> bool {
        let kept = || self.by_cell[cell].iter().filter(|m| self.kept[m.0 as usize]);
        let values: BTreeSet<i64> = kept().map(|m| m.1).collect();
        if (values.len() as u64) < self.demand.primary - 1 {
            return false;
        }
        let emptied: Vec<Vec<u32>> = kept().map(|m| self.emptied[m.0 as usize].clone()).collect();
        self.demand.insider_atoms == 0 || hitting(&emptied, self.demand.insider_atoms).is_none()
    }
}
