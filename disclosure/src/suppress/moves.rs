//! Moves: changes of the inner cells that no reader of the shown cells would notice.
//!
//! The true table is one that fits everything shown. Adding a move gives another. A cell that some moves
//! change cannot be known, and the moves are the proof.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: rows and columns index arrays made for them"
)]

use crate::System;
use std::collections::BTreeSet;

/// How many ways to go on are tried at each step of a search.
const BRANCHES: usize = 6;
/// The most steps a move is put together of.
const DEPTH: usize = 40;

/// A change of the inner cells: atoms ascending, changes never zero.
pub(super) type Move = Vec<(u32, i64)>;

/// A sum of atoms that is watched.
struct Watched {
    atoms: Vec<(u32, i64)>,
    /// How far the sum may move: nothing where the cell is shown.
    least: Option<i64>,
    /// By how much the sum has moved.
    moved: i64,
}

impl Watched {
    /// What is missing for the sum to be allowed; negative where it is too small.
    const fn off(&self) -> i64 {
        match self.least {
            None => self.moved,
            Some(least) if self.moved < least => self.moved - least,
            Some(_) => 0,
        }
    }
}

/// The search for moves under a pattern of withheld cells.
pub(super) struct Search {
    values: Vec<i64>,
    floors: Vec<i64>,
    watched: Vec<Watched>,
    by_atom: Vec<Vec<(u32, i64)>>,
    change: Vec<i64>,
    off: BTreeSet<(usize, u32)>,
    nodes: usize,
}

impl Search {
    /// Starts from the true table: `shown[cell]` cells keep their values, others stay at least `least`.
    pub(super) fn new(system: &System, shown: &[bool], least: i64) -> Self {
        let cells = (0..system.cells()).map(|cell| Watched {
            atoms: system.cell(cell).iter().map(|&a| (a, 1)).collect(),
            least: (!shown[cell]).then(|| least - system.value(cell)),
            moved: 0,
        });
        let links = system.links().iter().map(|link| Watched {
            atoms: link
                .left
                .iter()
                .map(|&a| (a, 1))
                .chain(link.right.iter().map(|&a| (a, -1)))
                .collect(),
            least: None,
            moved: 0,
        });
        // The last is the cell aimed at.
        let aim = Watched { atoms: Vec::new(), least: None, moved: 0 };
        let watched: Vec<Watched> = cells.chain(links).chain([aim]).collect();
        let mut by_atom = vec![Vec::new(); system.atoms()];
        for (index, sum) in (0_u32..).zip(&watched) {
            for &(atom, sign) in &sum.atoms {
                by_atom[atom as usize].push((index, sign));
            }
        }
        Self {
            values: system.values().to_vec(),
            floors: vec![0; system.atoms()],
            watched,
            by_atom,
            change: vec![0; system.atoms()],
            off: BTreeSet::new(),
            nodes: 0,
        }
    }

    /// Withholds one more cell.
    pub(super) fn withhold(&mut self, system: &System, cell: usize, least: i64) {
        self.watched[cell].least = Some(least - system.value(cell));
    }

    /// Shows a cell again.
    pub(super) fn show(&mut self, cell: usize) {
        self.watched[cell].least = None;
    }

    /// Looks for a move that changes `cell` by `by` and leaves every atom in `guarded` with at least one.
    pub(super) fn find(
        &mut self,
        cell: usize,
        by: i64,
        guarded: &[u32],
        budget: usize,
    ) -> Option<Move> {
        for &atom in guarded {
            self.floors[atom as usize] = 1;
        }
        let aim = self.watched.len() - 1;
        let index = u32::try_from(aim).ok()?;
        let atoms = self.watched[cell].atoms.clone();
        for &(atom, sign) in &atoms {
            self.by_atom[atom as usize].push((index, sign));
        }
        self.watched[aim].atoms.clone_from(&atoms);
        self.watched[aim].moved = -by;
        self.off = BTreeSet::from([(atoms.len(), index)]);
        self.nodes = budget;
        let found = self.step(DEPTH).then(|| self.current());
        for atom in self.changed() {
            self.change[atom] = 0;
        }
        for sum in &mut self.watched {
            sum.moved = 0;
        }
        for &(atom, _) in &atoms {
            self.by_atom[atom as usize].pop();
        }
        for &atom in guarded {
            self.floors[atom as usize] = 0;
        }
        found
    }

    fn changed(&self) -> Vec<usize> {
        (0..self.change.len()).filter(|&a| self.change[a] != 0).collect()
    }

    fn current(&self) -> Move {
        (0_u32..).zip(&self.change).filter(|c| *c.1 != 0).map(|(a, &c)| (a, c)).collect()
    }

    /// Repairs the smallest sum that is off, in the most promising ways first.
    fn step(&mut self, depth: usize) -> bool {
        let Some(&(_, index)) = self.off.first() else { return true };
        if depth == 0 || self.nodes == 0 {
            return false;
        }
        let off = self.watched[index as usize].off();
        let mut options: Vec<(i64, i64, u32, i64)> = Vec::new();
        for &(atom, sign) in &self.watched[index as usize].atoms {
            let by = -off.signum() * sign;
            let at = atom as usize;
            let now = self.values[at] + self.change[at];
            if self.change[at] * by < 0 || now + by < self.floors[at] {
                continue;
            }
            let slack = if by < 0 { -now } else { 0 };
            options.push((self.gain(atom, by), slack.max(-3), atom, by));
        }
        let keep = BRANCHES.min(options.len());
        if keep < options.len() {
            options.select_nth_unstable(keep);
            options.truncate(keep);
        }
        options.sort_unstable();
        for (_, _, atom, by) in options {
            if self.nodes == 0 {
                return false;
            }
            self.nodes -= 1;
            self.apply(atom, by);
            if self.step(depth - 1) {
                return true;
            }
            self.apply(atom, -by);
        }
        false
    }

    /// By how much a step adds to what is off.
    fn gain(&self, atom: u32, by: i64) -> i64 {
        self.by_atom[atom as usize]
            .iter()
            .map(|&(index, sign)| {
                let sum = &self.watched[index as usize];
                let after =
                    Watched { atoms: Vec::new(), least: sum.least, moved: sum.moved + by * sign };
                after.off().abs() - sum.off().abs()
            })
            .sum()
    }

    fn apply(&mut self, atom: u32, by: i64) {
        self.change[atom as usize] += by;
        for &(index, sign) in &self.by_atom[atom as usize] {
            let sum = &mut self.watched[index as usize];
            sum.moved += by * sign;
            let key = (sum.atoms.len(), index);
            if sum.off() == 0 {
                self.off.remove(&key);
            } else {
                self.off.insert(key);
            }
        }
    }
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
