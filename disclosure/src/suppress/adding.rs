//! The weaker pattern: nothing withheld follows from shown cells by adding and subtracting.
//!
//! # Guarantee
//! That of [`super::algebra`], and with insiders that no single person can add and subtract their way to a primary cell
//! even if they knew to be alone in an inner cell. Against a reader who also knows that counts are whole and not
//! negative nothing is promised, so published tables never rest on this: [`super::tables()`] refuses it.
//!
//! # Source
//! Langsrud (2024) as in [`super::algebra`], with what each person could subtract as further columns to be protected
//! (`xExtraPrimary` of `GaussSuppression`). Held by `a_reader_who_adds_and_subtracts_learns_nothing`.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::algebra::{refuse, residues};
use super::cover::redundant;
use super::distinct::{column, links};
use super::error::Error;
use super::field::{Column, combine, invert, multiply, negate};
use super::pattern::{Primary, Settled};
use super::{Stage, Watch};
use std::collections::HashMap;

impl Primary<'_> {
    /// A pattern against those who add and subtract, and nobody else.
    pub(super) fn by_adding(&self, watch: Watch<'_>) -> Result<Settled, Error> {
        let system = &self.distinct.system;
        let (given, free) = self.candidates();
        let withheld = self.tenable(&given)?;
        let columns = |cells: &[usize]| -> Vec<Column> {
            cells.iter().map(|&cell| column(system.cell(cell))).collect()
        };
        let (mut protected, mut open) = (columns(&withheld), free);
        let mut shown = vec![true; system.cells()];
        for &cell in &withheld {
            shown[cell] = false;
        }
        // What was safe stays so when less is shown, so later rounds ask for what is new alone.
        while !protected.is_empty() {
            watch(Stage::Algebra, 0, 0);
            let candidates = columns(&open);
            let given = given.clone();
            let refused = refuse(system.atoms(), given, protected, candidates, self.threads);
            let Ok(refused) = refused else {
                return Err(self.irreconcilable(self.candidates().0, &withheld));
            };
            for cell in refused.into_iter().map(|position| open[position as usize]) {
                shown[cell] = false;
            }
            open.retain(|&cell| shown[cell]);
            protected = self.told_inside(&shown);
        }
        let added = self.withheld_for(&shown);
        Ok(Settled { shown, guarded: self.guarded.clone(), added, moves: Vec::new() })
    }

    /// What follows from the shown cells and is a primary cell less a multiple of one inner cell that somebody is alone
    /// in.
    ///
    /// Each is a column that must be protected as well. There is one multiple for each pair at most, or the inner cell
    /// itself would follow from what is shown.
    pub(super) fn told_inside(&self, shown: &[bool]) -> Vec<Column> {
        if self.demand.insiders == 0 {
            return Vec::new();
        }
        let system = &self.distinct.system;
        let single = |atom: &u32| system.values()[*atom as usize] == 1;
        let singles: Vec<u32> = (0_u32..).take(system.atoms()).filter(single).collect();
        let own: Vec<usize> = (0..shown.len()).filter(|&c| self.own[c] && !shown[c]).collect();
        let mut asked: Vec<Column> = own.iter().map(|&c| column(system.cell(c))).collect();
        asked.extend(singles.iter().map(|&atom| column(&[atom])));
        let residues = residues(system.atoms(), self.spanning(shown), &asked);
        let (of_cells, of_singles) = residues.split_at(own.len());
        let ratio = |of: [u64; 2]| (of[0] != 0).then(|| multiply(of[1], invert(of[0])));
        let mut alike: HashMap<u64, Vec<(u32, u64)>> = HashMap::new();
        for (&atom, &of) in singles.iter().zip(of_singles) {
            if let Some(ratio) = ratio(of) {
                alike.entry(ratio).or_default().push((atom, of[0]));
            }
        }
        let mut told = Vec::new();
        for (&cell, &of) in own.iter().zip(of_cells) {
            let atoms = system.cell(cell);
            for &(atom, by) in ratio(of).and_then(|ratio| alike.get(&ratio)).into_iter().flatten() {
                // Where nobody else is in it, it is that person's own.
                let alone = system.value(cell) == 1 && atoms.contains(&atom);
                if !alone {
                    let factor = negate(multiply(of[0], invert(by)));
                    told.push(combine(&column(atoms), factor, &column(&[atom])));
                }
            }
        }
        told
    }

    /// Columns that span what the shown cells and the links tell.
    pub(super) fn spanning(&self, shown: &[bool]) -> Vec<Column> {
        let system = &self.distinct.system;
        let cells = (0..system.cells()).filter(|&cell| shown[cell]);
        let sums: Vec<&[u32]> = cells.map(|cell| system.cell(cell)).collect();
        // What smaller shown cells add up to spans nothing that they do not.
        let mut spare = redundant(system.atoms(), &sums).into_iter();
        let kept = sums.into_iter().filter(|_| !spare.next().unwrap_or(false));
        kept.map(column).chain(links(system)).collect()
    }
}
