//! Moves: changes of the inner cells that no reader of the shown cells would notice.
//!
//! The true table is one that fits everything shown. Adding a move gives another. A cell that some moves
//! change cannot be known, and the moves are the proof. They are searched for with the simplex method, started
//! at the true table, in floating point; every move is whole and checked exactly before it counts.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: rows and columns index arrays made for them"
)]

use super::cover::redundant;
use super::elimination::{Elimination, Equation};
use super::tableau::Tableau;
use crate::System;

/// The most pivots of one search.
const PIVOTS: usize = 200;

/// A change of the inner cells: atoms ascending, changes never zero.
pub(super) type Move = Vec<(u32, i64)>;

/// An equation, and the cell that gives it; none for links.
type Given = (Vec<(u32, i64)>, Option<u32>);

/// What became of a search.
pub(super) enum Found {
    /// A move that does it.
    Move(Move),
    /// There is none because of these shown cells.
    Blocked(Vec<u32>),
    /// Neither was found.
    Nothing,
}

/// The search for moves under a pattern of withheld cells.
pub(super) struct Search {
    known: Vec<bool>,
    atoms: usize,
    /// For every equation the cell that gives it; none for links and lower bounds.
    origin: Vec<Option<u32>>,
    elimination: Elimination,
    tableau: Tableau,
}

impl Search {
    /// Starts from the true table: `shown` cells keep their values, others stay at least `least`.
    pub(super) fn new(system: &System, shown: &[bool], least: i64) -> Self {
        let mut given: Vec<Given> = (0_u32..)
            .zip(shown)
            .filter(|(_, shown)| **shown)
            .map(|(cell, _)| {
                (system.cell(cell as usize).iter().map(|&a| (a, 1)).collect(), Some(cell))
            })
            .collect();
        given.extend(system.links().iter().map(|link| {
            let minus = link.right.iter().map(|&a| (a, -1));
            (link.left.iter().map(|&a| (a, 1)).chain(minus).collect(), None)
        }));
        let mut known = known(system.values(), &given);
        hold_still(system, shown, &mut known);
        for (equation, _) in &mut given {
            equation.retain(|&(atom, _)| !known[atom as usize]);
            equation.sort_unstable();
        }
        given.sort_by(|a, b| (&a.0, a.1.is_none(), a.1).cmp(&(&b.0, b.1.is_none(), b.1)));
        given.dedup_by(|a, b| a.0 == b.0);
        given.retain(|g| !g.0.is_empty());
        let sums: Vec<Vec<u32>> = given
            .iter()
            .map(|(e, _)| e.iter().filter(|_| e.iter().all(|t| t.1 > 0)).map(|t| t.0).collect())
            .collect();
        let sums: Vec<&[u32]> = sums.iter().map(Vec::as_slice).collect();
        let mut redundant = redundant(system.atoms(), &sums).into_iter();
        given.retain(|_| !redundant.next().unwrap_or(false));
        let mut values = system.values().to_vec();
        for cell in (0..system.cells()).filter(|&c| !shown[c] && least > 0) {
            let atoms = system.cell(cell);
            let sure: i64 = atoms
                .iter()
                .filter(|&&a| known[a as usize])
                .map(|&a| system.values()[a as usize])
                .sum();
            if sure < least {
                let slack = u32::try_from(values.len()).unwrap_or(u32::MAX);
                let open = atoms.iter().filter(|&&a| !known[a as usize]).map(|&a| (a, 1));
                given.push((open.chain([(slack, -1)]).collect(), None));
                values.push(system.value(cell) - least);
            }
        }
        let origin = given.iter().map(|g| g.1).collect();
        let equations: Vec<Equation> = given
            .into_iter()
            .map(|g| g.0.into_iter().map(|(v, c)| (v, if c > 0 { 1.0 } else { -1.0 })).collect())
            .collect();
        let elimination = Elimination::new(equations, &values);
        let tableau = Tableau::new(&elimination, values);
        Self { known, atoms: system.atoms(), origin, elimination, tableau }
    }

    /// Looks for a move that changes a cell by `by` or further and leaves every atom in `guarded` with at least one.
    pub(super) fn find(&mut self, cell: &[u32], by: i64, guarded: &[u32]) -> Found {
        let atoms: Vec<u32> = cell.iter().copied().filter(|&a| !self.known[a as usize]).collect();
        if atoms.is_empty() {
            return Found::Nothing;
        }
        self.tableau.guard(guarded, 1);
        let reached = self.tableau.shift(&atoms, by, PIVOTS);
        let change = self.tableau.changes(self.atoms);
        self.tableau.guard(guarded, 0);
        self.tableau.reset();
        match reached {
            Ok(true) => Found::Move(change),
            Ok(false) => Found::Nothing,
            Err(costs) => Found::Blocked(self.blocking(&atoms, &costs)),
        }
    }

    /// The shown cells whose equations keep the sum from moving, given the costs of the rest.
    fn blocking(&self, atoms: &[u32], costs: &[(u32, f64)]) -> Vec<u32> {
        let mut sum: Vec<(u32, f64)> = atoms.iter().map(|&a| (a, 1.0)).collect();
        sum.extend(costs.iter().map(|&(v, c)| (v, -c)));
        let used = self.elimination.combination(&sum);
        let mut cells: Vec<u32> =
            used.into_iter().filter_map(|e| self.origin[e as usize]).collect();
        cells.sort_unstable();
        cells.dedup();
        cells
    }
}

/// Leaves alone the atoms that are in no withheld cell: a move that spares them is a move all the same, and
/// the search is many times smaller.
fn hold_still(system: &System, shown: &[bool], known: &mut [bool]) {
    let mut may_move = vec![false; known.len()];
    for cell in (0..system.cells()).filter(|&cell| !shown[cell]) {
        for &atom in system.cell(cell) {
            may_move[atom as usize] = true;
        }
    }
    for (known, may_move) in known.iter_mut().zip(may_move) {
        *known |= !may_move;
    }
}

/// Atoms that are the same in every table that fits: alone in an equation, or in one that adds up to nothing.
fn known(values: &[i64], equations: &[Given]) -> Vec<bool> {
    let mut of_atom = vec![Vec::new(); values.len()];
    let mut open: Vec<usize> = Vec::with_capacity(equations.len());
    let mut rest: Vec<i64> = Vec::with_capacity(equations.len());
    for (index, (equation, _)) in equations.iter().enumerate() {
        for &(atom, _) in equation {
            of_atom[atom as usize].push(index);
        }
        open.push(equation.len());
        let one_sign = equation.iter().all(|e| e.1 > 0);
        let sum = equation.iter().map(|e| values[e.0 as usize]).sum();
        rest.push(if one_sign { sum } else { i64::MAX });
    }
    let mut known = vec![false; values.len()];
    let mut queue: Vec<usize> = (0..equations.len()).collect();
    while let Some(index) = queue.pop() {
        if open[index] == 0 || (open[index] > 1 && rest[index] != 0) {
            continue;
        }
        for &(atom, _) in &equations[index].0 {
            let at = atom as usize;
            if std::mem::replace(&mut known[at], true) {
                continue;
            }
            for &other in &of_atom[at] {
                open[other] -= 1;
                if rest[other] != i64::MAX {
                    rest[other] -= values[at];
                }
                queue.push(other);
            }
        }
    }
    known
}

/// What a move does to a sum of atoms.
pub(super) fn effect(change: &Move, atoms: &[u32]) -> i64 {
    if change.len() * 8 < atoms.len() {
        return change.iter().filter(|c| atoms.binary_search(&c.0).is_ok()).map(|c| c.1).sum();
    }
    let mut atoms = atoms.iter().copied().peekable();
    let mut sum = 0;
    for &(atom, by) in change {
        while atoms.next_if(|&a| a < atom).is_some() {}
        if atoms.peek() == Some(&atom) {
            sum += by;
        }
    }
    sum
}
