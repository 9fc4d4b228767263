//! A sparse matrix that is reduced column by column, each elimination free to choose its pivot.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: rows and columns index arrays made for them"
)]

use super::field::{Column, Draws, add, combine, entry, invert, multiply, negate};

/// Columns with, for every row, the columns that may have an entry there.
#[derive(Clone)]
pub(super) struct Matrix {
    pub(super) columns: Vec<Column>,
    occurrences: Vec<Vec<u32>>,
    hashes: Vec<u64>,
}

impl Matrix {
    pub(super) fn new(rows: usize, columns: Vec<Column>) -> Self {
        let mut draws = Draws::new(0x68_6a65_6d6d_656c);
        let weights: Vec<u64> = (0..rows).map(|_| draws.draw()).collect();
        let mut occurrences: Vec<Vec<u32>> = vec![Vec::new(); rows];
        for (index, column) in (0_u32..).zip(&columns) {
            for &(row, _) in column {
                occurrences[row as usize].push(index);
            }
        }
        let hashes = columns.iter().map(|c| hash(c, &weights)).collect();
        Self { columns, occurrences, hashes }
    }

    /// Drops a column for good.
    pub(super) fn clear(&mut self, index: u32) {
        self.columns[index as usize] = Column::new();
        self.hashes[index as usize] = 0;
    }

    /// The row of a column that fewest other columns share.
    pub(super) fn pivot(&self, index: u32) -> Option<u32> {
        let column = &self.columns[index as usize];
        column.iter().map(|e| e.0).min_by_key(|&row| (self.occurrences[row as usize].len(), row))
    }

    /// Columns other than `index` that have an entry in `row`, ascending.
    pub(super) fn sharing(&mut self, index: u32, row: u32) -> Vec<u32> {
        let mut list = std::mem::take(&mut self.occurrences[row as usize]);
        list.sort_unstable();
        list.dedup();
        list.retain(|&c| entry(&self.columns[c as usize], row) != 0);
        let others = list.iter().copied().filter(|&c| c != index).collect();
        self.occurrences[row as usize] = list;
        others
    }

    /// Takes the row out of every other column by subtracting a multiple of this one, and drops this one.
    ///
    /// What is left are the other columns modulo the span of the dropped one. Returns those that became
    /// empty.
    pub(super) fn eliminate(&mut self, index: u32, row: u32) -> Vec<u32> {
        let others = self.sharing(index, row);
        let pivot = std::mem::take(&mut self.columns[index as usize]);
        let pivot_hash = std::mem::take(&mut self.hashes[index as usize]);
        let scale = negate(invert(entry(&pivot, row)));
        self.occurrences[row as usize] = Vec::new();
        let mut emptied = Vec::new();
        for other in others {
            let at = other as usize;
            let factor = multiply(entry(&self.columns[at], row), scale);
            let reduced = combine(&self.columns[at], factor, &pivot);
            self.hashes[at] = add(self.hashes[at], multiply(factor, pivot_hash));
            for &(new, _) in pivot.iter().filter(|e| e.0 != row) {
                if entry(&self.columns[at], new) == 0 {
                    self.occurrences[new as usize].push(other);
                }
            }
            if reduced.is_empty() {
                emptied.push(other);
            }
            self.columns[at] = reduced;
        }
        emptied
    }

    /// Whether two columns, both with an entry in `row`, are multiples of each other.
    pub(super) fn proportional(&self, a: u32, b: u32, row: u32) -> bool {
        let (left, right) = (&self.columns[a as usize], &self.columns[b as usize]);
        if left.len() != right.len() {
            return false;
        }
        let (x, y) = (entry(left, row), entry(right, row));
        multiply(self.hashes[a as usize], y) == multiply(self.hashes[b as usize], x)
            && left
                .iter()
                .zip(right)
                .all(|(l, r)| l.0 == r.0 && multiply(l.1, y) == multiply(r.1, x))
    }
}

fn hash(column: &Column, weights: &[u64]) -> u64 {
    column.iter().fold(0, |sum, &(row, value)| add(sum, multiply(value, weights[row as usize])))
}
