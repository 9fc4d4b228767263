//! Every inner table of whole numbers that fits what is shown.

use std::collections::BTreeSet;

/// What is enumerated, and which values each cell was seen to have.
pub struct Enumeration<'a> {
    cells: &'a [Vec<u32>],
    shown: &'a [bool],
    truth: &'a [i64],
    /// The least value of every withheld cell.
    least: i64,
    /// The least value of every inner cell.
    floors: Vec<i64>,
    /// For every cell its inner cells not yet chosen, and what they must or may still add up to.
    left: Vec<(usize, i64)>,
    of_atom: Vec<Vec<usize>>,
    wanted: Vec<usize>,
    pub seen: Vec<BTreeSet<i64>>,
    steps: usize,
}

/// How far above the truth an inner cell is tried that no shown cell limits.
const ABOVE: i64 = 3;
/// Steps after which the enumeration gives up.
const MOST: usize = 3_000_000;

impl<'a> Enumeration<'a> {
    /// `wanted` says how many values of each cell are enough.
    pub fn new(
        truth: &'a [i64],
        cells: &'a [Vec<u32>],
        shown: &'a [bool],
        least: i64,
        wanted: Vec<usize>,
    ) -> Self {
        let value = |cell: &Vec<u32>| cell.iter().map(|&a| truth[a as usize]).sum::<i64>();
        let mut of_atom = vec![Vec::new(); truth.len()];
        for (number, cell) in cells.iter().enumerate() {
            for &atom in cell {
                of_atom[atom as usize].push(number);
            }
        }
        Self {
            cells,
            shown,
            truth,
            least,
            floors: vec![0; truth.len()],
            left: cells.iter().map(|cell| (cell.len(), value(cell))).collect(),
            of_atom,
            wanted,
            seen: vec![BTreeSet::new(); cells.len()],
            steps: 0,
        }
    }

    /// The same for somebody who knows to be in an inner cell.
    pub fn insider(mut self, atom: usize) -> Self {
        self.floors[atom] = 1;
        self
    }

    /// Enumerates until every cell has enough values; whether that was reached, or none when there are too many
    /// tables to tell.
    pub fn run(mut self) -> Option<bool> {
        let mut table = vec![0; self.truth.len()];
        self.choose(0, &mut table);
        let enough = self.enough();
        if !enough && self.steps >= MOST { None } else { Some(enough) }
    }

    fn enough(&self) -> bool {
        self.seen.iter().zip(&self.wanted).all(|(seen, &wanted)| seen.len() >= wanted)
    }

    fn choose(&mut self, atom: usize, table: &mut Vec<i64>) {
        self.steps += 1;
        if self.steps >= MOST || self.enough() {
            return;
        }
        if atom == table.len() {
            self.take(table);
            return;
        }
        let limits = self.of_atom[atom].iter().filter(|&&cell| self.shown[cell]);
        let most = limits.clone().map(|&cell| self.left[cell].1).min();
        let most = most.unwrap_or(self.truth[atom] + ABOVE);
        // The last inner cell of a shown one has no choice.
        let forced = limits.filter(|&&cell| self.left[cell].0 == 1).map(|&cell| self.left[cell].1);
        let least = forced.max().unwrap_or(0).max(self.floors[atom]);
        // Values near the truth first: they are the likeliest to be possible.
        let mut values: Vec<i64> = (least..=most).collect();
        values.sort_by_key(|value| (value - self.truth[atom]).abs());
        for value in values {
            self.set(atom, value, 1);
            table[atom] = value;
            self.choose(atom + 1, table);
            self.set(atom, value, -1);
        }
    }

    fn set(&mut self, atom: usize, value: i64, sign: i64) {
        for &cell in &self.of_atom[atom] {
            let left = &mut self.left[cell];
            left.0 = if sign > 0 { left.0 - 1 } else { left.0 + 1 };
            left.1 -= sign * value;
        }
    }

    fn take(&mut self, table: &[i64]) {
        let value = |cell: &Vec<u32>| cell.iter().map(|&a| table[a as usize]).sum::<i64>();
        for (number, cell) in self.cells.iter().enumerate() {
            let fits = if self.shown[number] {
                self.left[number].1 == 0
            } else {
                value(cell) >= self.least
            };
            if !fits {
                return;
            }
        }
        for (number, cell) in self.cells.iter().enumerate() {
            self.seen[number].insert(value(cell));
        }
    }
}

#[test]
fn a_two_by_two_table_has_as_many_tables_as_its_smallest_corner_allows() {
    let cells =
        vec![vec![0], vec![1], vec![2], vec![3], vec![0, 1], vec![2, 3], vec![0, 2], vec![1, 3]];
    let shown = [false, false, false, false, true, true, true, true];
    let truth = [1, 4, 5, 6];
    let values = |wanted: usize| {
        let wanted = [wanted; 4].into_iter().chain([1; 4]).collect();
        Enumeration::new(&truth, &cells, &shown, 0, wanted).run()
    };
    assert_eq!((values(6), values(7)), (Some(true), Some(false)));
}
