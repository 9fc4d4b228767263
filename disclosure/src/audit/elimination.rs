//! Gauss-Jordan elimination of sparse rows of exact fractions, in the order of fewest entries.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::rational::Q;

/// A row: the changes of free variables, in rising order, that make up the change of a dependent one.
pub(super) type Row = Vec<(u32, Q)>;

/// A row's factor of a variable.
pub(super) fn entry(row: &[(u32, Q)], variable: u32) -> Option<Q> {
    row.binary_search_by_key(&variable, |(other, _)| *other).ok().map(|at| row[at].1)
}

/// `old` with `gone` replaced by `factor · row`; tells `added` of each variable new to `old`.
pub(super) fn merge(
    old: &[(u32, Q)],
    row: &[(u32, Q)],
    factor: Q,
    gone: u32,
    mut added: impl FnMut(u32),
) -> Row {
    let mut new = Vec::with_capacity(old.len() + row.len());
    let mut left = old.iter().copied().filter(|(variable, _)| *variable != gone).peekable();
    for &(variable, weight) in row {
        while let Some(entry) = left.next_if(|(other, _)| *other < variable) {
            new.push(entry);
        }
        let change = factor.mul(weight);
        if let Some((_, value)) = left.next_if(|(other, _)| *other == variable) {
            let sum = value.add(change);
            if sum != Q::ZERO {
                new.push((variable, sum));
            }
        } else {
            added(variable);
            new.push((variable, change));
        }
    }
    new.extend(left);
    new
}

/// Elimination in the order of fewest entries: each pivot's variable in terms of ones not yet eliminated.
pub(super) fn forward(
    mut sums: Vec<Row>,
    variables: usize,
    most: usize,
) -> Option<Vec<(u32, Row)>> {
    let mut occurs: Vec<Vec<u32>> = vec![Vec::new(); variables];
    let mut queue = BinaryHeap::new();
    for (at, sum) in (0u32..).zip(&sums) {
        queue.push(Reverse((sum.len(), at)));
        for &(variable, _) in sum {
            occurs[variable as usize].push(at);
        }
    }
    let mut pivots = Vec::new();
    let mut kept = 0;
    while let Some(Reverse((length, at))) = queue.pop() {
        if length == 0 || sums[at as usize].len() != length {
            continue;
        }
        let sum = std::mem::take(&mut sums[at as usize]);
        let Some(&(pivot, factor)) = sum.iter().min_by_key(|(v, _)| occurs[*v as usize].len())
        else {
            continue;
        };
        let row: Row = sum
            .iter()
            .filter(|(variable, _)| *variable != pivot)
            .map(|&(variable, weight)| (variable, weight.negated().div(factor)))
            .collect();
        for other in std::mem::take(&mut occurs[pivot as usize]) {
            let old = std::mem::take(&mut sums[other as usize]);
            let Some(factor) = entry(&old, pivot) else {
                sums[other as usize] = old;
                continue;
            };
            let new = merge(&old, &row, factor, pivot, |v| occurs[v as usize].push(other));
            queue.push(Reverse((new.len(), other)));
            sums[other as usize] = new;
        }
        kept += row.len();
        if kept > most {
            return None;
        }
        pivots.push((pivot, row));
    }
    Some(pivots)
}

/// Writes every pivot in terms of free variables only.
pub(super) fn backward(
    pivots: Vec<(u32, Row)>,
    place: &[Option<u32>],
    most: usize,
) -> Option<(Vec<Row>, Vec<u32>)> {
    let mut rows: Vec<Row> = vec![Vec::new(); pivots.len()];
    let mut owner = vec![0; pivots.len()];
    let mut entries = 0;
    let mut dense = vec![Q::ZERO; place.len()];
    for (at, (pivot, row)) in pivots.into_iter().enumerate().rev() {
        let mut touched = Vec::new();
        for (variable, weight) in row {
            let parts: &[(u32, Q)] = match place[variable as usize] {
                Some(other) => &rows[other as usize],
                None => &[(variable, Q::ONE)],
            };
            for &(part, factor) in parts {
                if dense[part as usize] == Q::ZERO {
                    touched.push(part);
                }
                let sum = &mut dense[part as usize];
                *sum = sum.add(weight.mul(factor));
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let mut flat = Vec::with_capacity(touched.len());
        for part in touched {
            let factor = std::mem::replace(&mut dense[part as usize], Q::ZERO);
            if factor.is_broken() {
                return None;
            }
            if factor != Q::ZERO {
                flat.push((part, factor));
            }
        }
        entries += flat.len();
        if entries > most {
            return None;
        }
        rows[at] = flat;
        owner[at] = pivot;
    }
    Some((rows, owner))
}
