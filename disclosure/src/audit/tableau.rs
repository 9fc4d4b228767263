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

use super::elimination::{Row, backward, entry, forward, merge};
use super::rational::Q;

/// Candidates looked at for a step that gains something before Bland's choice is taken.
const LOOK: usize = 48;

/// Which way a question goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sense {
    /// As low as possible.
    Down,
    /// As high as possible.
    Up,
}

impl Sense {
    const fn sign(self) -> i64 {
        match self {
            Self::Down => -1,
            Self::Up => 1,
        }
    }
}

/// How a question ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// This is the limit.
    Limit(Q),
    /// There is no limit.
    Unbounded,
    /// The asked-for value is reached; the limit lies there or beyond.
    Reached,
    /// The work allowance ran out, or a fraction outgrew 64 bits.
    Stopped,
}

/// The tableau; see the module.
pub(super) struct Tableau {
    rows: Vec<Row>,
    owner: Vec<u32>,
    place: Vec<Option<u32>>,
    columns: Vec<Vec<u32>>,
    value: Vec<Q>,
    low: Vec<Option<Q>>,
    broken: bool,
    /// The least and largest whole value each variable had in a table that was whole all over.
    seen: Vec<(Q, Q)>,
    fractional: usize,
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
        value: Vec<Q>,
        low: Vec<Option<Q>>,
        most: usize,
    ) -> Option<Self> {
        let pivots = forward(sums, value.len(), most)?;
        let mut place = vec![None; value.len()];
        for (row, (owner, _)) in (0u32..).zip(&pivots) {
            place[*owner as usize] = Some(row);
        }
        let (rows, owner) = backward(pivots, &place, most)?;
        let mut columns = vec![Vec::new(); value.len()];
        for (at, row) in (0u32..).zip(&rows) {
            for &(variable, _) in row {
                columns[variable as usize].push(at);
            }
        }
        let seen = value.iter().map(|&v| (v, v)).collect();
        Some(Self {
            rows,
            owner,
            place,
            columns,
            value,
            low,
            broken: false,
            seen,
            fractional: 0,
            work: 0,
            allowance: u64::MAX,
        })
    }

    /// The range of whole values a variable took in whole tables; each end is proved by an actual table.
    pub(super) fn seen(&self, variable: u32) -> (Q, Q) {
        self.seen[variable as usize]
    }

    /// The current value.
    pub(super) fn value(&self, variable: u32) -> Q {
        self.value[variable as usize]
    }

    /// Moves `variable` as far as possible, or until `enough`.
    pub(super) fn push(&mut self, variable: u32, sense: Sense, enough: Option<Q>) -> End {
        let sign = sense.sign();
        loop {
            let now = self.value[variable as usize];
            if enough.is_some_and(|enough| sign * now.sub(enough).sign() >= 0) {
                return End::Reached;
            }
            if self.broken || self.work > self.allowance {
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
    fn choose(&mut self, row: u32, sign: i64) -> Option<(u32, i64, Q, Block)> {
        let candidates: Vec<(u32, i64)> = self.rows[row as usize]
            .iter()
            .map(|&(variable, factor)| (variable, sign * factor.sign()))
            .filter(|&(variable, direction)| {
                let variable = variable as usize;
                direction > 0 || self.low[variable].is_none_or(|low| self.value[variable] > low)
            })
            .collect();
        self.work += self.rows[row as usize].len() as u64;
        let mut fallback = None;
        for &(variable, direction) in candidates.iter().take(LOOK) {
            let (step, block) = self.step(variable, direction);
            if step.sign() > 0 || matches!(block, Block::Nothing) {
                return Some((variable, direction, step, block));
            }
            fallback = fallback.or(Some((variable, direction, step, block)));
        }
        fallback
    }

    /// How far a free variable can move, and what stops it; among the nearest, the variable named first.
    fn step(&mut self, variable: u32, direction: i64) -> (Q, Block) {
        let mut best = None;
        let mut block = Block::Nothing;
        if let (true, Some(low)) = (direction < 0, self.low[variable as usize]) {
            best = Some(self.value[variable as usize].sub(low));
            block = Block::OwnLimit;
        }
        self.tidy(variable);
        self.work += self.columns[variable as usize].len() as u64;
        let mut leaving = None;
        for &row in &self.columns[variable as usize] {
            let Some(factor) = entry(&self.rows[row as usize], variable) else { continue };
            let owner = self.owner[row as usize];
            let Some(low) = self.low[owner as usize] else { continue };
            let slope = factor.mul(Q::whole(-direction));
            if slope.sign() <= 0 {
                continue;
            }
            let reach = self.value[owner as usize].sub(low).div(slope);
            self.broken |= reach.is_broken();
            let nearer = best.is_none_or(|best| reach < best);
            let first = best == Some(reach) && leaving.is_some_and(|other| owner < other);
            if nearer || first {
                best = Some(reach);
                leaving = Some(owner);
                block = Block::Row(row);
            }
        }
        (best.unwrap_or(Q::ZERO), block)
    }

    /// Moves a free variable and all that depend on it.
    fn apply(&mut self, variable: u32, direction: i64, step: Q) {
        if step.sign() <= 0 {
            return;
        }
        let by = step.mul(Q::whole(direction));
        let rows = std::mem::take(&mut self.columns[variable as usize]);
        let mut changed = Vec::with_capacity(rows.len() + 1);
        self.assign(variable, by);
        changed.push(variable);
        for &row in &rows {
            if let Some(factor) = entry(&self.rows[row as usize], variable) {
                let owner = self.owner[row as usize];
                self.assign(owner, factor.mul(by));
                changed.push(owner);
            }
        }
        self.work += 2 * rows.len() as u64;
        self.columns[variable as usize] = rows;
        if self.fractional == 0 && !self.broken {
            for variable in changed {
                let value = self.value[variable as usize];
                let seen = &mut self.seen[variable as usize];
                *seen = (seen.0.min(value), seen.1.max(value));
            }
        }
    }

    /// Changes a value.
    fn assign(&mut self, variable: u32, by: Q) {
        let at = variable as usize;
        let (was, is) = (self.value[at], self.value[at].add(by));
        self.value[at] = is;
        self.broken |= is.is_broken();
        self.fractional -= usize::from(!was.is_whole());
        self.fractional += usize::from(!is.is_whole());
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
        let factor = entry(&old, entering).unwrap_or(Q::ONE);
        let mut new: Row = old
            .iter()
            .filter(|(variable, _)| *variable != entering)
            .map(|&(variable, weight)| (variable, weight.negated().div(factor)))
            .collect();
        let spot = new.partition_point(|(variable, _)| *variable < leaving);
        new.insert(spot, (leaving, Q::ONE.div(factor)));
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

    fn substitute(&mut self, user: u32, entering: u32, row: &[(u32, Q)]) {
        let old = std::mem::take(&mut self.rows[user as usize]);
        let factor = entry(&old, entering).unwrap_or(Q::ZERO);
        self.work += (old.len() + row.len()) as u64;
        let columns = &mut self.columns;
        let new = merge(&old, row, factor, entering, |variable| {
            columns[variable as usize].push(user);
        });
        self.broken |= new.iter().any(|(_, factor)| factor.is_broken());
        self.rows[user as usize] = new;
    }
}
