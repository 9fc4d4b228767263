//! Which cells may be shown without making a protected one a linear combination of shown ones.
//!
//! # Guarantee
//! Against anyone who adds and subtracts shown cells: no protected column is in the span of the accepted
//! ones, in exact arithmetic modulo 2^61 − 1.
//!
//! # Source
//! The elimination of Langsrud, "Secondary cell suppression by Gaussian elimination: an algorithm suitable
//! for handling issues with zeros and singletons" (2024), with free pivots: the decisions depend on the span of
//! what is accepted and not on how it is reduced. So candidates are accepted in gallops. If the next many
//! together reveal nothing, each would have been accepted alone. Held by `no_pattern_gives_anything_away`, which
//! eliminates over the rationals.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: rows and columns index arrays made for them"
)]

use super::Watch;
use super::field::{Column, negate};
use super::matrix::Matrix;
use super::threads::each;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};

/// A gallop shorter than this goes one candidate at a time.
const SHORTEST_GALLOP: usize = 24;
/// How many candidates are decided one by one before galloping again.
const WALK: usize = 48;

/// Columns to decide about: those to protect, and candidates in the order they should be shown.
#[derive(Clone)]
struct Part {
    rows: usize,
    /// Label and column of everything that must not become computable.
    protected: Vec<Column>,
    /// Position in the order and column of what is not decided yet.
    candidates: Vec<(u32, Column)>,
}

/// What cannot be decided at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AlreadyKnown;

/// Decides every candidate in order; returns the positions of those that must be withheld, ascending.
///
/// Parts that do not touch are gone on with by several threads at once.
///
/// # Errors
/// When a protected column is a combination of `given` alone.
pub(super) fn refuse(
    rows: usize,
    given: Vec<Column>,
    protected: Vec<Column>,
    candidates: Vec<Column>,
    threads: usize,
) -> Result<Vec<u32>, AlreadyKnown> {
    let part = Part { rows, protected, candidates: (0_u32..).zip(candidates).collect() };
    let part = part.reduce(given).ok_or(AlreadyKnown)?;
    let mut refused = Vec::new();
    let mut open = part.split();
    let advance = |part: Part, _: Watch<'_>| {
        let mut refused = Vec::new();
        let rest = part.advance(&mut refused);
        (rest.map_or_else(Vec::new, Part::split), refused)
    };
    while !open.is_empty() {
        let advanced = each(threads, open, &|_, _, _| {}, &advance);
        open = Vec::new();
        for (parts, more) in advanced {
            open.extend(parts);
            refused.extend(more);
        }
    }
    refused.sort_unstable();
    Ok(refused)
}

impl Part {
    /// The part modulo the span of `given`; none if that reveals something protected.
    fn reduce(&self, given: Vec<Column>) -> Option<Self> {
        let count = u32::try_from(given.len()).ok()?;
        let first_candidate = given.len() + self.protected.len();
        let columns = given
            .into_iter()
            .chain(self.protected.iter().cloned())
            .chain(self.candidates.iter().map(|c| c.1.clone()))
            .collect();
        let mut matrix = Matrix::new(self.rows, columns);
        if matrix.columns[count as usize..first_candidate].iter().any(Vec::is_empty) {
            return None;
        }
        let mut heap: BinaryHeap<Reverse<(usize, u32)>> =
            (0..count).map(|c| Reverse((matrix.columns[c as usize].len(), c))).collect();
        while let Some(Reverse((length, index))) = heap.pop() {
            let now = matrix.columns[index as usize].len();
            if now > length {
                heap.push(Reverse((now, index)));
                continue;
            }
            let Some(row) = matrix.pivot(index) else { continue };
            let emptied = matrix.eliminate(index, row);
            if emptied.iter().any(|&e| (count as usize..first_candidate).contains(&(e as usize))) {
                return None;
            }
        }
        let mut columns = matrix.columns.split_off(count as usize).into_iter();
        let protected = columns.by_ref().take(self.protected.len()).collect();
        let candidates =
            self.candidates.iter().map(|c| c.0).zip(columns).filter(|c| !c.1.is_empty()).collect();
        Some(Self { rows: self.rows, protected, candidates })
    }

    /// Independent parts, with equal rows merged; what nobody can reach any more is left out.
    fn split(mut self) -> Vec<Self> {
        let mut reachable = vec![false; self.rows];
        for &(row, _) in self.candidates.iter().flat_map(|c| &c.1) {
            reachable[row as usize] = true;
        }
        self.protected.retain(|c| c.iter().all(|&(row, _)| reachable[row as usize]));
        self.merge_rows();
        let mut sets = Sets::new(self.rows);
        for column in self.protected.iter().chain(self.candidates.iter().map(|c| &c.1)) {
            for pair in column.windows(2) {
                sets.join(pair[0].0, pair[1].0);
            }
        }
        let mut parts: HashMap<u32, Self> = HashMap::new();
        for column in std::mem::take(&mut self.protected) {
            let root = sets.find(column[0].0);
            let part = parts.entry(root).or_insert_with(|| Self::empty(self.rows));
            part.protected.push(column);
        }
        for (position, column) in std::mem::take(&mut self.candidates) {
            if let Some(part) = parts.get_mut(&sets.find(column[0].0)) {
                part.candidates.push((position, column));
            }
        }
        let mut list: Vec<(u32, Self)> = parts.into_iter().collect();
        list.sort_unstable_by_key(|p| p.0);
        list.into_iter().map(|p| p.1.renumbered()).filter(|p| !p.candidates.is_empty()).collect()
    }

    fn empty(rows: usize) -> Self {
        Self { rows, protected: Vec::new(), candidates: Vec::new() }
    }

    /// Keeps one of several rows with the same entries everywhere: they give the same equations.
    fn merge_rows(&mut self) {
        let mut by_row: Vec<Vec<(u32, u64)>> = vec![Vec::new(); self.rows];
        for (index, column) in
            (0_u32..).zip(self.protected.iter().chain(self.candidates.iter().map(|c| &c.1)))
        {
            for &(row, value) in column {
                by_row[row as usize].push((index, value));
            }
        }
        let mut seen = std::collections::HashSet::new();
        let keep: Vec<bool> =
            by_row.into_iter().map(|row| !row.is_empty() && seen.insert(row)).collect();
        let columns = self.protected.iter_mut().chain(self.candidates.iter_mut().map(|c| &mut c.1));
        for column in columns {
            column.retain(|&(row, _)| keep[row as usize]);
        }
    }

    /// The same part with its rows numbered from zero.
    fn renumbered(mut self) -> Self {
        let columns = self.protected.iter().chain(self.candidates.iter().map(|c| &c.1));
        let mut used: Vec<u32> = columns.flatten().map(|e| e.0).collect();
        used.sort_unstable();
        used.dedup();
        let mut names = vec![0_u32; self.rows];
        for (new, &old) in (0_u32..).zip(&used) {
            names[old as usize] = new;
        }
        let columns = self.protected.iter_mut().chain(self.candidates.iter_mut().map(|c| &mut c.1));
        for entry in columns.flatten() {
            entry.0 = names[entry.0 as usize];
        }
        self.rows = used.len();
        self
    }

    /// Decides some candidates and returns what is left; none when all are decided.
    fn advance(mut self, refused: &mut Vec<u32>) -> Option<Self> {
        let mut length = self.candidates.len().div_ceil(2);
        while length >= SHORTEST_GALLOP {
            let given = self.candidates[..length].iter().map(|c| c.1.clone()).collect();
            let rest = Self {
                rows: self.rows,
                protected: self.protected.clone(),
                candidates: self.candidates[length..].to_vec(),
            };
            if let Some(reduced) = rest.reduce(given) {
                return Some(reduced);
            }
            length /= 4;
        }
        self.walk(refused);
        (!self.candidates.is_empty()).then_some(self)
    }

    /// Decides the next few candidates one by one.
    fn walk(&mut self, refused: &mut Vec<u32>) {
        let protected = self.protected.len();
        let columns = std::mem::take(&mut self.protected)
            .into_iter()
            .chain(self.candidates.iter_mut().map(|c| std::mem::take(&mut c.1)))
            .collect();
        let mut matrix = Matrix::new(self.rows, columns);
        let steps = WALK.min(self.candidates.len());
        for (step, index) in (0..steps).zip(u32::try_from(protected).unwrap_or(u32::MAX)..) {
            let Some(row) = matrix.pivot(index) else { continue };
            let others = matrix.sharing(index, row);
            let reveals = others
                .iter()
                .any(|&o| (o as usize) < protected && matrix.proportional(index, o, row));
            if reveals {
                refused.push(self.candidates[step].0);
                matrix.clear(index);
            } else {
                matrix.eliminate(index, row);
            }
        }
        let mut columns = std::mem::take(&mut matrix.columns);
        let rest = columns.split_off(protected + steps);
        columns.truncate(protected);
        self.protected = columns;
        let positions = self.candidates.iter().skip(steps).map(|c| c.0);
        self.candidates = positions.zip(rest).filter(|c| !c.1.is_empty()).collect();
    }
}

/// Rows that belong together.
pub(super) struct Sets(Vec<u32>);

impl Sets {
    pub(super) fn new(count: usize) -> Self {
        Self((0_u32..).take(count).collect())
    }

    pub(super) fn find(&mut self, mut of: u32) -> u32 {
        while self.0[of as usize] != of {
            let above = self.0[of as usize];
            self.0[of as usize] = self.0[above as usize];
            of = above;
        }
        of
    }

    pub(super) fn join(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.0[a.max(b) as usize] = a.min(b);
    }
}

/// Which of `asked` are in the span of `given`, decided in an order of our own choosing.
///
/// Two random vectors orthogonal to everything given are made; what is orthogonal to both is taken to be in
/// the span. A column outside is called inside with a probability below 2^-120, and never the reverse.
pub(super) fn in_span(rows: usize, given: Vec<Column>, asked: &[Column]) -> Vec<bool> {
    residues(rows, given, asked).into_iter().map(|left| left == [0; 2]).collect()
}

/// What two random vectors orthogonal to everything given make of each column: columns that differ by a combination of
/// what is given, and those alone but for a chance of 2^-120, have the same.
pub(super) fn residues(rows: usize, given: Vec<Column>, asked: &[Column]) -> Vec<[u64; 2]> {
    let mut matrix = Matrix::new(rows, given);
    let mut heap: BinaryHeap<Reverse<(usize, u32)>> =
        (0_u32..).zip(&matrix.columns).map(|(c, column)| Reverse((column.len(), c))).collect();
    let mut steps: Vec<(u32, Column)> = Vec::new();
    while let Some(Reverse((length, index))) = heap.pop() {
        let now = matrix.columns[index as usize].len();
        if now > length {
            heap.push(Reverse((now, index)));
            continue;
        }
        if let Some(row) = matrix.pivot(index) {
            steps.push((row, matrix.columns[index as usize].clone()));
            matrix.eliminate(index, row);
        }
    }
    let vectors = [11, 12].map(|seed| orthogonal(rows, &steps, seed));
    asked.iter().map(|column| vectors.each_ref().map(|vector| product(column, vector))).collect()
}

fn product(column: &Column, vector: &[u64]) -> u64 {
    column.iter().fold(0, |sum, &(row, value)| {
        super::field::add(sum, super::field::multiply(value, vector[row as usize]))
    })
}

/// A random vector orthogonal to every pivot column; each was reduced by all that were taken before it.
fn orthogonal(rows: usize, steps: &[(u32, Column)], seed: u64) -> Vec<u64> {
    let mut draws = super::field::Draws::new(seed);
    let mut vector: Vec<u64> = (0..rows).map(|_| draws.draw()).collect();
    for (row, column) in steps.iter().rev() {
        vector[*row as usize] = 0;
        let sum = product(column, &vector);
        let pivot = super::field::entry(column, *row);
        vector[*row as usize] = super::field::multiply(negate(sum), super::field::invert(pivot));
    }
    vector
}

#[cfg(test)]
mod tests;
