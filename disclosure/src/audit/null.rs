//! Random vectors of the null space of the shown cells.
//!
//! A vector `v` over the inner rows with `shown · v = 0` is a change of the table that no reader can see. A withheld
//! cell is a linear combination of shown ones exactly when every such change leaves it alone.
//!
//! # Source
//! Sparse elimination in the order of fewest unknowns (Markowitz, *Management Science* 3, 1957), over the integers
//! modulo 2^61 - 1; a cell that is not determined escapes a random vector with probability 2^-61.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::field::{self, Stream};

/// An equation: the unknowns in rising order, each with its coefficient.
type Equation = Vec<(u32, u64)>;

/// A known sum: rows that are added and rows that are taken away.
pub(super) struct Signed<'a> {
    /// Added.
    pub(super) plus: &'a [u32],
    /// Taken away.
    pub(super) minus: &'a [u32],
}

impl Signed<'_> {
    fn rows(&self) -> impl Iterator<Item = (u32, bool)> + '_ {
        let plus = self.plus.iter().map(|&row| (row, true));
        plus.chain(self.minus.iter().map(|&row| (row, false)))
    }
}

/// Draws from the null space: for each inner row, one number a draw.
pub(super) struct Null {
    draws: usize,
    values: Vec<u64>,
    /// The rank of the shown cells.
    pub(super) rank: usize,
}

impl Null {
    /// What each draw does to a sum of rows.
    pub(super) fn change(&self, rows: &[u32]) -> Vec<u64> {
        let mut sums = vec![0; self.draws];
        for &row in rows {
            let start = row as usize * self.draws;
            for (sum, &value) in sums.iter_mut().zip(&self.values[start..start + self.draws]) {
                *sum = field::add(*sum, value);
            }
        }
        sums
    }

    /// Draws `draws` vectors that every one of `shown` sends to zero.
    pub(super) fn draw(rows: usize, shown: &[Signed<'_>], draws: usize, seed: u64) -> Self {
        let mut stream = Stream::new(seed);
        let merged = Merged::new(rows, shown, &mut stream);
        let (zero, pivots) = eliminate(&merged);
        let groups = merged.members.len();
        let mut sums = vec![0; groups * draws];
        let mut bound = zero.clone();
        for (pivot, _) in &pivots {
            bound[*pivot as usize] = true;
        }
        for group in (0..groups).filter(|&group| !bound[group]) {
            for sum in &mut sums[group * draws..(group + 1) * draws] {
                *sum = stream.element();
            }
        }
        for (pivot, row) in pivots.iter().rev() {
            for draw in 0..draws {
                let sum = row.iter().fold(0, |sum, &(group, factor)| {
                    field::add(sum, field::mul(factor, sums[group as usize * draws + draw]))
                });
                sums[*pivot as usize * draws + draw] = field::sub(0, sum);
            }
        }
        let values = merged.spread(rows, draws, &sums, &mut stream);
        let rank = zero.iter().filter(|&&is_zero| is_zero).count() + pivots.len();
        Self { draws, values, rank }
    }
}

/// Inner rows that sit in the same shown cells, as one unknown; then the shown cells over those.
struct Merged {
    members: Vec<Vec<u32>>,
    equations: Vec<Equation>,
}

impl Merged {
    fn new(rows: usize, shown: &[Signed<'_>], stream: &mut Stream) -> Self {
        let mut signature = vec![(0u64, 0u64); rows];
        for cell in shown {
            let weight = (stream.word(), stream.word());
            for (row, plus) in cell.rows() {
                let sign = &mut signature[row as usize];
                *sign = if plus {
                    (sign.0.wrapping_add(weight.0), sign.1.wrapping_add(weight.1))
                } else {
                    (sign.0.wrapping_sub(weight.0), sign.1.wrapping_sub(weight.1))
                };
            }
        }
        let mut index = HashMap::new();
        let mut members: Vec<Vec<u32>> = Vec::new();
        let mut group = Vec::with_capacity(rows);
        for (row, sign) in (0u32..).zip(&signature) {
            let at = *index.entry(*sign).or_insert_with(|| {
                members.push(Vec::new());
                members.len() - 1
            });
            members[at].push(row);
            group.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        let mut distinct = HashSet::new();
        let mut equations = Vec::new();
        for cell in shown {
            let weight = |plus| if plus { 1 } else { field::of(-1) };
            let mut groups: Equation =
                cell.rows().map(|(row, plus)| (group[row as usize], weight(plus))).collect();
            groups.sort_unstable();
            groups.dedup();
            if !groups.is_empty() && distinct.insert(groups.clone()) {
                equations.push(groups);
            }
        }
        Self { members, equations }
    }

    /// Splits each group's sum at random over its rows.
    fn spread(&self, rows: usize, draws: usize, sums: &[u64], stream: &mut Stream) -> Vec<u64> {
        let mut values = vec![0; rows * draws];
        for (group, members) in self.members.iter().enumerate() {
            let Some((&last, others)) = members.split_last() else { continue };
            for draw in 0..draws {
                let mut rest = sums[group * draws + draw];
                for &row in others {
                    let value = stream.element();
                    values[row as usize * draws + draw] = value;
                    rest = field::sub(rest, value);
                }
                values[last as usize * draws + draw] = rest;
            }
        }
        values
    }
}

/// Equations under elimination, and where each unknown occurs (the lists may hold equations that have lost it).
struct Workspace {
    equations: Vec<Equation>,
    alive: Vec<bool>,
    occurs: Vec<Vec<u32>>,
    count: Vec<u32>,
    queue: BinaryHeap<Reverse<(usize, u32)>>,
}

/// Which unknowns are zero by themselves, and the pivots in the order they were taken.
fn eliminate(merged: &Merged) -> (Vec<bool>, Vec<(u32, Equation)>) {
    let (zero, rest) = fixed_zero(merged);
    let mut work = Workspace::new(merged.members.len(), rest);
    let mut pivots = Vec::new();
    while let Some(Reverse((length, at))) = work.queue.pop() {
        let equation = &work.equations[at as usize];
        if !work.alive[at as usize] || equation.len() != length {
            continue;
        }
        let Some(&(pivot, factor)) =
            equation.iter().min_by_key(|(unknown, _)| work.count[*unknown as usize])
        else {
            continue;
        };
        let scale = field::inverse(factor);
        let row: Equation = equation
            .iter()
            .filter(|(unknown, _)| *unknown != pivot)
            .map(|&(unknown, factor)| (unknown, field::mul(factor, scale)))
            .collect();
        work.retire(at);
        work.substitute(pivot, &row);
        pivots.push((pivot, row));
    }
    (zero, pivots)
}

/// Takes out unknowns that stand alone in a cell, again and again; returns what is left, without doubles.
fn fixed_zero(merged: &Merged) -> (Vec<bool>, Vec<Equation>) {
    let unknowns = merged.members.len();
    let mut zero = vec![false; unknowns];
    let mut left: Vec<usize> = merged.equations.iter().map(Vec::len).collect();
    let mut occurs: Vec<Vec<u32>> = vec![Vec::new(); unknowns];
    for (at, equation) in (0u32..).zip(&merged.equations) {
        for &(unknown, _) in equation {
            occurs[unknown as usize].push(at);
        }
    }
    let mut ready: Vec<usize> = (0..left.len()).filter(|&at| left[at] == 1).collect();
    while let Some(at) = ready.pop() {
        let Some(&(unknown, _)) = merged.equations[at].iter().find(|(u, _)| !zero[*u as usize])
        else {
            continue;
        };
        zero[unknown as usize] = true;
        for &other in &occurs[unknown as usize] {
            left[other as usize] -= 1;
            if left[other as usize] == 1 {
                ready.push(other as usize);
            }
        }
    }
    let mut distinct = HashSet::new();
    let mut rest = Vec::new();
    for equation in &merged.equations {
        let kept: Equation = equation.iter().copied().filter(|(u, _)| !zero[*u as usize]).collect();
        if !kept.is_empty() && distinct.insert(kept.clone()) {
            rest.push(kept);
        }
    }
    (zero, rest)
}

impl Workspace {
    fn new(unknowns: usize, equations: Vec<Equation>) -> Self {
        let mut occurs: Vec<Vec<u32>> = vec![Vec::new(); unknowns];
        let mut queue = BinaryHeap::with_capacity(equations.len());
        for (at, equation) in (0u32..).zip(&equations) {
            queue.push(Reverse((equation.len(), at)));
            for &(unknown, _) in equation {
                occurs[unknown as usize].push(at);
            }
        }
        let count =
            occurs.iter().map(|list| u32::try_from(list.len()).unwrap_or(u32::MAX)).collect();
        Self { alive: vec![true; equations.len()], equations, occurs, count, queue }
    }

    fn retire(&mut self, at: u32) {
        self.alive[at as usize] = false;
        for &(unknown, _) in &self.equations[at as usize] {
            self.count[unknown as usize] -= 1;
        }
        self.equations[at as usize] = Vec::new();
    }

    /// Replaces `pivot` by `-row` in every other equation.
    fn substitute(&mut self, pivot: u32, row: &[(u32, u64)]) {
        for at in std::mem::take(&mut self.occurs[pivot as usize]) {
            let equation = &self.equations[at as usize];
            if !self.alive[at as usize] {
                continue;
            }
            let Ok(place) = equation.binary_search_by_key(&pivot, |(unknown, _)| *unknown) else {
                continue;
            };
            let factor = field::sub(0, equation[place].1);
            let mut old = std::mem::take(&mut self.equations[at as usize]);
            old.remove(place);
            self.count[pivot as usize] -= 1;
            let new = self.combine(&old, row, factor, at);
            if new.is_empty() {
                self.alive[at as usize] = false;
            } else {
                self.queue.push(Reverse((new.len(), at)));
            }
            self.equations[at as usize] = new;
        }
    }

    /// `old + factor · row`, keeping the lists of where unknowns occur.
    fn combine(
        &mut self,
        old: &[(u32, u64)],
        row: &[(u32, u64)],
        factor: u64,
        at: u32,
    ) -> Equation {
        let mut new = Vec::with_capacity(old.len() + row.len());
        let mut left = old.iter().copied().peekable();
        for &(unknown, weight) in row {
            while let Some(entry) = left.next_if(|(other, _)| *other < unknown) {
                new.push(entry);
            }
            let change = field::mul(weight, factor);
            if let Some((_, value)) = left.next_if(|(other, _)| *other == unknown) {
                let sum = field::add(value, change);
                if sum == 0 {
                    self.count[unknown as usize] -= 1;
                } else {
                    new.push((unknown, sum));
                }
            } else {
                self.count[unknown as usize] += 1;
                self.occurs[unknown as usize].push(at);
                new.push((unknown, change));
            }
        }
        new.extend(left);
        new
    }
}
