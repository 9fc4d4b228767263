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

/// Lower than any amount goes.
const FREE: i64 = -(1 << 60);

/// The most pivots of one search, and of a thorough one.
const PIVOTS: (usize, usize) = (200, 5_000);

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
    thorough: bool,
    /// By cell the variable that stands still when and only when it does.
    handles: Vec<Option<u32>>,
}

/// What a search is made with besides the pattern.
#[derive(Clone, Copy, Default)]
pub(super) struct Extra<'a> {
    /// Atoms that do not move.
    pub(super) still: &'a [u32],
    /// Whether it looks everywhere and for long.
    pub(super) thorough: bool,
    /// Whether [`Search::freeze`] is wanted.
    pub(super) handles: bool,
}

impl Search {
    /// Starts from the true table: `shown` cells keep their values, others stay at least `least`, where nothing is
    /// negative.
    pub(super) fn new(
        system: &System,
        shown: &[bool],
        least: Option<i64>,
        extra: Extra<'_>,
    ) -> Self {
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
        let mut known = known(system.values(), &given, least.is_some());
        for &atom in extra.still {
            known[atom as usize] = true;
        }
        if !extra.thorough {
            hold_still(system, shown, &mut known);
        }
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
        let mut floors = vec![if least.is_some() { 0 } else { FREE }; values.len()];
        let mut handles = vec![None; system.cells()];
        let least = least.unwrap_or(0);
        for cell in (0..system.cells()).filter(|&c| !shown[c]) {
            let (sure, open): (Vec<u32>, Vec<u32>) =
                system.cell(cell).iter().partition(|&&atom| known[atom as usize]);
            let sure: i64 = sure.iter().map(|&atom| system.values()[atom as usize]).sum();
            let bound = least > 0 && sure < least;
            match open.as_slice() {
                [] => {}
                &[atom] => {
                    handles[cell] = Some(atom);
                    if bound {
                        floors[atom as usize] = floors[atom as usize].max(least - sure);
                    }
                }
                _ if bound || extra.handles => {
                    let slack = u32::try_from(values.len()).unwrap_or(u32::MAX);
                    handles[cell] = Some(slack);
                    let open = open.iter().map(|&atom| (atom, 1));
                    given.push((open.chain([(slack, -1)]).collect(), None));
                    values.push(system.value(cell) - if bound { least } else { 0 });
                    floors.push(if bound { 0 } else { FREE });
                }
                _ => {}
            }
        }
        let origin = given.iter().map(|g| g.1).collect();
        let equations: Vec<Equation> = given
            .into_iter()
            .map(|g| g.0.into_iter().map(|(v, c)| (v, if c > 0 { 1.0 } else { -1.0 })).collect())
            .collect();
        let elimination = Elimination::new(equations, &values);
        let mut tableau = Tableau::new(&elimination, values, floors);
        tableau.thorough = extra.thorough;
        Self {
            known,
            atoms: system.atoms(),
            origin,
            elimination,
            tableau,
            thorough: extra.thorough,
            handles,
        }
    }

    /// Looks for a move that changes a cell by `by` or further and leaves atoms with no less than `floors` says.
    pub(super) fn find(&mut self, cell: &[u32], by: i64, floors: &[(u32, i64)]) -> Found {
        let atoms: Vec<u32> = cell.iter().copied().filter(|&a| !self.known[a as usize]).collect();
        if atoms.is_empty() {
            return Found::Nothing;
        }
        self.tableau.guard(floors);
        let pivots = if self.thorough { PIVOTS.1 } else { PIVOTS.0 };
        let reached = self.tableau.shift(&atoms, by, pivots);
        let change = self.tableau.changes(self.atoms);
        self.tableau.reset();
        match reached {
            Ok(true) => Found::Move(change),
            Ok(false) => Found::Nothing,
            Err(costs) => Found::Blocked(self.blocking(&atoms, &costs)),
        }
    }

    /// Keeps a withheld cell at its true value, or lets it go; false where it cannot be told to.
    pub(super) fn freeze(&mut self, cell: usize, frozen: bool) -> bool {
        let handle = self.handles.get(cell).copied().flatten();
        if let Some(handle) = handle {
            self.tableau.freeze(handle, frozen);
        }
        handle.is_some()
    }

    /// What all searches took, in entries read.
    pub(super) const fn work(&self) -> u64 {
        self.tableau.work
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
fn known(values: &[i64], equations: &[Given], positive: bool) -> Vec<bool> {
    let mut of_atom = vec![Vec::new(); values.len()];
    let mut open: Vec<usize> = Vec::with_capacity(equations.len());
    let mut rest: Vec<i64> = Vec::with_capacity(equations.len());
    for (index, (equation, _)) in equations.iter().enumerate() {
        for &(atom, _) in equation {
            of_atom[atom as usize].push(index);
        }
        open.push(equation.len());
        let one_sign = positive && equation.iter().all(|e| e.1 > 0);
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

/// What a move does to every cell it changes, the cells ascending; `sums` has a zero for every cell, before and after.
pub(super) fn effects(change: &Move, cells_of: &[Vec<u32>], sums: &mut [i64]) -> Vec<(u32, i64)> {
    let mut touched = Vec::new();
    for &(atom, by) in change {
        for &cell in &cells_of[atom as usize] {
            if sums[cell as usize] == 0 {
                touched.push(cell);
            }
            sums[cell as usize] += by;
        }
    }
    touched.sort_unstable();
    touched.dedup();
    let changed = touched.into_iter().map(|cell| (cell, std::mem::take(&mut sums[cell as usize])));
    changed.filter(|change| change.1 != 0).collect()
}
