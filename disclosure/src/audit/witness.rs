//! Whole tables that are said to be possible, checked.
//!
//! Who protects a table knows other tables that show the same. Each that fits is a proof that needs no solving: a
//! withheld cell can have the values it has in them. One that does not fit proves nothing and is left out.
//!
//! # Guarantee
//! No range is wider than what is possible: each end is the value in a whole table that shows the same, keeps nothing
//! below zero and every withheld cell at what it is known to be at least.
//!
//! # Source
//! Own. Held by `only_tables_that_fit_prove_anything` and
//! `an_attacker_who_is_told_of_tables_finds_no_less_and_solves_nothing`.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]

use super::{Settings, View};
use crate::System;

/// A possible table by what it changes: inner cells in rising order, each with what is added to it.
pub type Change = Vec<(u32, i64)>;

/// Sums and where each inner cell is in them.
struct Sums {
    starts: Vec<usize>,
    of_atom: Vec<u32>,
    totals: Vec<i64>,
}

impl Sums {
    fn new<'s>(atoms: usize, sums: impl Iterator<Item = &'s [u32]> + Clone) -> Self {
        let mut starts = vec![0; atoms + 1];
        let mut count = 0;
        for sum in sums.clone() {
            for &atom in sum {
                starts[atom as usize + 1] += 1;
            }
            count += 1;
        }
        for atom in 0..atoms {
            starts[atom + 1] += starts[atom];
        }
        let mut next = starts.clone();
        let mut of_atom = vec![0; starts[atoms]];
        for (number, sum) in (0_u32..).zip(sums) {
            for &atom in sum {
                of_atom[next[atom as usize]] = number;
                next[atom as usize] += 1;
            }
        }
        Self { starts, of_atom, totals: vec![0; count] }
    }

    /// What a change does to the sums: those it does something to, in rising order.
    fn changed(&mut self, change: &[(u32, i64)]) -> Vec<(usize, i64)> {
        let mut touched = Vec::new();
        for &(atom, by) in change {
            let atom = atom as usize;
            for &sum in &self.of_atom[self.starts[atom]..self.starts[atom + 1]] {
                self.totals[sum as usize] += by;
                touched.push(sum as usize);
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let taken = touched.into_iter().map(|sum| (sum, std::mem::take(&mut self.totals[sum])));
        taken.filter(|(_, by)| *by != 0).collect()
    }
}

/// How far below and above its true value each cell gets in the tables that fit.
pub(super) fn reach(view: &View<'_>, settings: &Settings, tables: &[Change]) -> Vec<(i64, i64)> {
    let system = view.system;
    let mut reach = vec![(0, 0); system.cells()];
    let mut cells = Sums::new(system.atoms(), (0..system.cells()).map(|cell| system.cell(cell)));
    let links = system.links();
    let mut left = Sums::new(system.atoms(), links.iter().map(|link| &link.left[..]));
    let mut right = Sums::new(system.atoms(), links.iter().map(|link| &link.right[..]));
    let positive = system.values().iter().all(|&value| value >= 0);
    for table in tables.iter().filter(|table| is_change(system, table, positive)) {
        if left.changed(table) != right.changed(table) {
            continue;
        }
        let changed = cells.changed(table);
        let fits = changed.iter().all(|&(cell, by)| {
            let value = system.value(cell);
            let least = settings.least_withheld;
            !view.is_shown(cell) && (least <= 0 || value < least || value + by >= least)
        });
        if fits {
            for (cell, by) in changed {
                reach[cell] = (reach[cell].0.min(by), reach[cell].1.max(by));
            }
        }
    }
    reach
}

/// Whether it names inner cells that exist, each once, and leaves none below zero where nothing is negative.
fn is_change(system: &System, table: &[(u32, i64)], positive: bool) -> bool {
    let stays = |&(atom, by): &(u32, i64)| {
        let after = system.values().get(atom as usize).and_then(|value| value.checked_add(by));
        after.is_some_and(|after| !positive || after >= 0)
    };
    table.iter().all(stays) && table.array_windows().all(|[a, b]| a.0 < b.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;

    #[test]
    fn only_tables_that_fit_prove_anything() {
        let mut builder = System::builder(vec![1, 4, 5, 6]);
        for atom in 0..4 {
            builder.cell([atom]);
        }
        for sum in [[0, 1], [2, 3], [0, 2], [1, 3]] {
            builder.cell(sum);
        }
        let system = builder.build().unwrap();
        let mut statuses = vec![Status::Secondary; 4];
        statuses.extend([Status::Shown; 4]);
        let view = View { system: &system, statuses: &statuses, withheld: (0..4).collect() };
        let square = |by: i64| vec![(0, by), (1, -by), (2, -by), (3, by)];
        let reach = |tables: &[Change], least_withheld| {
            super::reach(&view, &Settings { least_withheld, ..Settings::default() }, tables)[0]
        };
        assert_eq!(reach(&[square(1), square(3), square(-1)], 0), (-1, 3));
        assert_eq!(reach(&[square(1), square(-1)], 1), (0, 1), "a withheld count is at least one");
        assert_eq!(reach(&[square(5)], 0), (0, 0), "below zero");
        assert_eq!(reach(&[vec![(0, 1), (1, -1)]], 0), (0, 0), "what is shown would change");
        assert_eq!(reach(&[vec![(0, 1), (0, -1), (9, 1)]], 0), (0, 0), "no such inner cell");
        assert_eq!(reach(&[], 0), (0, 0));
    }
}
