//! A sparse simplex tableau that starts from a table known to be possible.
//!
//! The auditor knows the true table, so no search for a first feasible point is needed: variables keep their true
//! values, dependent ones are written as sums of free ones, and each question "how low, how high can this cell be?"
//! is answered from wherever the last question ended. Right-hand sides are never stored; only values move.
//!
//! # Source
//! Bounded primal simplex with free (superbasic) start: Gill, Murray, Wright, *Practical Optimization*, ch. 5;
//! Bland's rule against cycling: *Mathematics of Operations Research* 2, 1977.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Below this a number counts as zero; entries are mostly 0, 1 and -1, values mostly whole.
const EPSILON: f64 = 1e-9;
/// How near a whole number a value must be to be taken for it.
const WHOLE: f64 = 1e-6;
/// Candidates looked at for a step that gains something before Bland's choice is taken.
const LOOK: usize = 48;

/// A row: the changes of free variables, in rising order, that make up the change of a dependent one.
type Row = Vec<(u32, f64)>;

/// Which way a question goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// As low as possible.
    Down,
    /// As high as possible.
    Up,
}

impl Sense {
    const fn sign(self) -> f64 {
        match self {
            Self::Down => -1.0,
            Self::Up => 1.0,
        }
    }
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum End {
    /// This is the limit.
    Limit(f64),
    /// There is no limit.
    Unbounded,
    /// The asked-for value is reached; the limit lies there or beyond.
    Reached,
    /// The work allowance ran out.
    Stopped,
}

/// The tableau; see the module.
pub(super) struct Tableau {
    rows: Vec<Row>,
    owner: Vec<u32>,
    place: Vec<Option<u32>>,
    columns: Vec<Vec<u32>>,
    value: Vec<f64>,
    low: Vec<f64>,
    /// The least and largest whole value each variable had in a table that was whole all over.
    seen: Vec<(f64, f64)>,
    fractional: usize,
    entries: usize,
    /// Entries read or written so far; a measure of work that is the same on every machine.
    pub(super) work: u64,
    /// Where work stops.
    pub(super) allowance: u64,
}

/// What stands in the way of a step.
#[derive(Clone, Copy)]
enum Block {
    Nothing,
    OwnLimit,
    Row(u32),
}

impl Tableau {
    /// Builds from sums that must not change and the true values; `None` when it would need over `most` entries.
    ///
    /// `low` and `value` are by variable; each of `sums` lists variables with signs whose signed sum is fixed.
    pub(super) fn new(
        sums: Vec<Row>,
        value: Vec<f64>,
        low: Vec<f64>,
        most: usize,
    ) -> Option<Self> {
        let pivots = forward(sums, value.len(), most)?;
        let mut place = vec![None; value.len()];
        for (row, (owner, _)) in (0u32..).zip(&pivots) {
            place[*owner as usize] = Some(row);
        }
        let (rows, owner) = backward(pivots, &place, most)?;
        let mut columns = vec![Vec::new(); value.len()];
        let mut entries = 0;
        for (at, row) in (0u32..).zip(&rows) {
            entries += row.len();
            for &(variable, _) in row {
                columns[variable as usize].push(at);
            }
        }
        let seen = value.iter().map(|&v| (v, v)).collect();
        Some(Self {
            rows, owner, place, columns, value, low, seen, fractional: 0, entries,
            work: 0, allowance: u64::MAX,
        })
    }

    /// The range of whole values a variable took in whole tables; each end is proved by an actual table.
    pub(super) fn seen(&self, variable: u32) -> (f64, f64) {
        self.seen[variable as usize]
    }

    /// The current value.
    pub(super) fn value(&self, variable: u32) -> f64 {
        self.value[variable as usize]
    }

    /// Raises or lowers a lower limit; the current value must respect it.
    pub(super) fn set_low(&mut self, variable: u32, low: f64) {
        self.low[variable as usize] = low;
    }

    /// Entries now in memory.
    pub(super) const fn entries(&self) -> usize {
        self.entries
    }

    /// Moves `variable` as far as possible, or until `enough`.
    pub(super) fn push(&mut self, variable: u32, sense: Sense, enough: Option<f64>) -> End {
        let sign = sense.sign();
        loop {
            let now = self.value[variable as usize];
            if enough.is_some_and(|enough| sign * (now - enough) >= -WHOLE) {
                return End::Reached;
            }
            if self.work > self.allowance {
                return End::Stopped;
            }
            let Some(row) = self.place[variable as usize] else {
                let (step, block) = self.step(variable, sign);
                match block {
                    Block::Nothing => return End::Unbounded,
                    Block::OwnLimit => {
                        self.apply(variable, sign, step);
                        return End::Limit(self.value[variable as usize]);
                    }
                    Block::Row(row) => {
                        self.apply(variable, sign, step);
                        self.pivot(row, variable);
                    }
                }
                continue;
            };
            let Some((entering, direction, step, block)) = self.choose(row, sign) else {
                return End::Limit(now);
            };
            if matches!(block, Block::Nothing) {
                return End::Unbounded;
            }
            self.apply(entering, direction, step);
            if let Block::Row(leaving) = block {
                self.pivot(leaving, entering);
            }
        }
    }

    /// The free variable to move so that the owner of `row` goes the way of `sign`: the first that gains, else Bland's.
    fn choose(&mut self, row: u32, sign: f64) -> Option<(u32, f64, f64, Block)> {
        let candidates: Vec<(u32, f64)> = self.rows[row as usize]
            .iter()
            .map(|&(variable, factor)| (variable, sign * factor.signum()))
            .filter(|&(variable, direction)| {
                let variable = variable as usize;
                direction > 0.0 || self.value[variable] > self.low[variable] + EPSILON
            })
            .collect();
        self.work += self.rows[row as usize].len() as u64;
        let mut fallback = None;
        for &(variable, direction) in candidates.iter().take(LOOK) {
            let (step, block) = self.step(variable, direction);
            if step > EPSILON {
                return Some((variable, direction, step, block));
            }
            fallback = fallback.or(Some((variable, direction, step, block)));
        }
        fallback
    }

    /// How far a free variable can move, and what stops it.
    fn step(&mut self, variable: u32, direction: f64) -> (f64, Block) {
        let mut best = f64::INFINITY;
        let mut block = Block::Nothing;
        if direction < 0.0 {
            let low = self.low[variable as usize];
            if low > f64::NEG_INFINITY {
                best = (self.value[variable as usize] - low).max(0.0);
                block = Block::OwnLimit;
            }
        }
        self.tidy(variable);
        self.work += self.columns[variable as usize].len() as u64;
        let mut leaving = u32::MAX;
        for &row in &self.columns[variable as usize] {
            let Some(factor) = entry(&self.rows[row as usize], variable) else { continue };
            let slope = factor * direction;
            let owner = self.owner[row as usize];
            if slope >= -EPSILON || self.low[owner as usize] == f64::NEG_INFINITY {
                continue;
            }
            let room = (self.value[owner as usize] - self.low[owner as usize]).max(0.0);
            let reach = room / -slope;
            let nearer = reach < best - EPSILON;
            if nearer || (reach <= best + EPSILON && leaving != u32::MAX && owner < leaving) {
                best = best.min(reach);
                leaving = owner;
                block = Block::Row(row);
            }
        }
        (best, block)
    }

    /// Moves a free variable and all that depend on it.
    fn apply(&mut self, variable: u32, direction: f64, step: f64) {
        if step <= EPSILON {
            return;
        }
        let rows = std::mem::take(&mut self.columns[variable as usize]);
        let mut changed = Vec::with_capacity(rows.len() + 1);
        self.assign(variable, self.value[variable as usize] + direction * step);
        changed.push(variable);
        for &row in &rows {
            if let Some(factor) = entry(&self.rows[row as usize], variable) {
                let owner = self.owner[row as usize];
                self.assign(owner, self.value[owner as usize] + factor * direction * step);
                changed.push(owner);
            }
        }
        self.work += 2 * rows.len() as u64;
        self.columns[variable as usize] = rows;
        if self.fractional == 0 {
            for variable in changed {
                let value = self.value[variable as usize];
                let seen = &mut self.seen[variable as usize];
                *seen = (seen.0.min(value), seen.1.max(value));
            }
        }
    }

    /// Sets a value, snapping to whole numbers and limits so that rounding errors do not pile up.
    fn assign(&mut self, variable: u32, value: f64) {
        let at = variable as usize;
        let whole = value.round();
        let snapped = if (value - whole).abs() < WHOLE { whole } else { value };
        let was = is_fractional(self.value[at]);
        let is = is_fractional(snapped);
        self.value[at] = snapped;
        match (was, is) {
            (true, false) => self.fractional -= 1,
            (false, true) => self.fractional += 1,
            _ => {}
        }
    }

    /// Drops rows from a column's list that no longer hold the variable.
    fn tidy(&mut self, variable: u32) {
        let mut list = std::mem::take(&mut self.columns[variable as usize]);
        list.sort_unstable();
        list.dedup();
        list.retain(|&row| entry(&self.rows[row as usize], variable).is_some());
        self.columns[variable as usize] = list;
    }

    /// Makes `entering` dependent in place of the owner of `row`.
    fn pivot(&mut self, row: u32, entering: u32) {
        let leaving = self.owner[row as usize];
        let old = std::mem::take(&mut self.rows[row as usize]);
        let factor = entry(&old, entering).unwrap_or(1.0);
        let mut new: Row = old
            .iter()
            .filter(|(variable, _)| *variable != entering)
            .map(|&(variable, weight)| (variable, -weight / factor))
            .collect();
        let spot = new.partition_point(|(variable, _)| *variable < leaving);
        new.insert(spot, (leaving, 1.0 / factor));
        self.tidy(entering);
        let users = std::mem::take(&mut self.columns[entering as usize]);
        self.columns[leaving as usize].push(row);
        for &user in users.iter().filter(|&&user| user != row) {
            self.substitute(user, entering, &new);
        }
        self.work += new.len() as u64;
        self.rows[row as usize] = new;
        self.owner[row as usize] = entering;
        self.place[entering as usize] = Some(row);
        self.place[leaving as usize] = None;
    }

    fn substitute(&mut self, user: u32, entering: u32, row: &[(u32, f64)]) {
        let old = std::mem::take(&mut self.rows[user as usize]);
        let factor = entry(&old, entering).unwrap_or(0.0);
        self.work += (old.len() + row.len()) as u64;
        let columns = &mut self.columns;
        let new = merge(&old, row, factor, entering, |variable| {
            columns[variable as usize].push(user);
        });
        self.entries = self.entries + new.len() - old.len();
        self.rows[user as usize] = new;
    }
}

fn is_fractional(value: f64) -> bool {
    (value - value.round()).abs() > WHOLE
}

fn entry(row: &[(u32, f64)], variable: u32) -> Option<f64> {
    row.binary_search_by_key(&variable, |(other, _)| *other).ok().map(|at| row[at].1)
}

/// `old` with `gone` replaced by `factor · row`; tells `added` of each variable new to `old`.
fn merge(
    old: &[(u32, f64)],
    row: &[(u32, f64)],
    factor: f64,
    gone: u32,
    mut added: impl FnMut(u32),
) -> Row {
    let mut new = Vec::with_capacity(old.len() + row.len());
    let mut left = old.iter().copied().filter(|(variable, _)| *variable != gone).peekable();
    for &(variable, weight) in row {
        while let Some(entry) = left.next_if(|(other, _)| *other < variable) {
            new.push(entry);
        }
        let change = factor * weight;
        if let Some((_, value)) = left.next_if(|(other, _)| *other == variable) {
            let sum = value + change;
            if sum.abs() > EPSILON {
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
fn forward(mut sums: Vec<Row>, variables: usize, most: usize) -> Option<Vec<(u32, Row)>> {
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
            .map(|&(variable, weight)| (variable, -weight / factor))
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
fn backward(
    pivots: Vec<(u32, Row)>,
    place: &[Option<u32>],
    most: usize,
) -> Option<(Vec<Row>, Vec<u32>)> {
    let mut rows: Vec<Row> = vec![Vec::new(); pivots.len()];
    let mut owner = vec![0; pivots.len()];
    let mut entries = 0;
    let mut dense = vec![0.0; place.len()];
    for (at, (pivot, row)) in pivots.into_iter().enumerate().rev() {
        let mut touched = Vec::new();
        for (variable, weight) in row {
            let parts: &[(u32, f64)] = match place[variable as usize] {
                Some(other) => &rows[other as usize],
                None => &[(variable, 1.0)],
            };
            for &(part, factor) in parts {
                if dense[part as usize] == 0.0 {
                    touched.push(part);
                }
                dense[part as usize] += weight * factor;
            }
        }
        touched.sort_unstable();
        touched.dedup();
        let mut flat = Vec::with_capacity(touched.len());
        for part in touched {
            let factor = std::mem::take(&mut dense[part as usize]);
            if factor.abs() > EPSILON {
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
