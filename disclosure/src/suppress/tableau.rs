//! The simplex tableau of all tables that fit what is shown, standing at the true one.
//!
//! Variables are whole numbers with a lower bound. The point stays whole: steps that would leave the whole
//! numbers are not taken.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: rows and columns index arrays made for them"
)]

use super::elimination::{Elimination, Equation, TINY, clean, coefficient, combine};

/// After so many pivots without progress the order of choice becomes one that cannot cycle.
const PATIENCE: usize = 40;
const NONE: u32 = u32::MAX;
/// How many ways are looked at for a step before one is cleared.
const TRIED: usize = 8;

/// Basic variables as sums of the others: `basic + Σ coefficient × variable` never changes.
pub(super) struct Tableau {
    rows: Vec<Equation>,
    basic: Vec<u32>,
    row_of: Vec<u32>,
    /// For each variable that is not basic the rows that may have it.
    occurrences: Vec<Vec<u32>>,
    origin: Vec<i64>,
    values: Vec<i64>,
    floors: Vec<i64>,
    /// Floors that hold for one search, with what they were.
    guarded: Vec<(u32, i64)>,
    /// Whether every way is looked at for a step.
    pub(super) thorough: bool,
    /// Variables that do not move.
    frozen: Vec<bool>,
    /// Entries read so far.
    pub(super) work: u64,
    base: Option<Base>,
    /// How long each list of occurrences was when it last held no row twice and none in vain.
    tidy: Vec<usize>,
    /// Entries of all rows, at the start and now.
    entries: (usize, usize),
}

/// The tableau as it was before any pivot.
#[derive(Clone)]
struct Base {
    rows: Vec<Equation>,
    basic: Vec<u32>,
    row_of: Vec<u32>,
    occurrences: Vec<Vec<u32>>,
}

/// A way to change one variable: by sign and how much the aim gains a unit.
struct Way {
    variable: u32,
    sign: f64,
    gain: f64,
}

/// The least number up to twelve that makes a coefficient whole.
#[expect(clippy::cast_precision_loss, reason = "numbers up to twelve")]
fn denominator(c: f64) -> Option<i64> {
    (1..=12).find(|&d| {
        let scaled = c * d as f64;
        (scaled - scaled.round()).abs() < TINY
    })
}

/// What a way leads to.
enum Reach {
    /// So many whole steps.
    Steps(i64),
    /// Nowhere, because of so many rows; the first of them.
    Blocked(usize, u32),
    /// Nowhere that is of use.
    Hard,
}

impl Tableau {
    pub(super) fn new(elimination: &Elimination, values: Vec<i64>, floors: Vec<i64>) -> Self {
        let variables = elimination.variables;
        let mut tableau = Self {
            rows: Vec::new(),
            basic: Vec::new(),
            row_of: vec![NONE; variables],
            occurrences: vec![Vec::new(); variables],
            origin: values.clone(),
            values,
            floors,
            guarded: Vec::new(),
            thorough: false,
            frozen: vec![false; variables],
            work: 0,
            base: None,
            tidy: vec![0; variables],
            entries: (0, 0),
        };
        let mut sum = vec![0.0; variables];
        for step in elimination.steps.iter().rev() {
            let scale = coefficient(&step.reduced, step.variable);
            let mut touched = Vec::new();
            let mut put = |sum: &mut Vec<f64>, variable: u32, value: f64| {
                if sum[variable as usize] == 0.0 {
                    touched.push(variable);
                }
                sum[variable as usize] += value;
            };
            for &(variable, value) in step.reduced.iter().filter(|e| e.0 != step.variable) {
                match tableau.row_of[variable as usize] {
                    NONE => put(&mut sum, variable, value / scale),
                    row => {
                        for &(free, c) in &tableau.rows[row as usize] {
                            put(&mut sum, free, -c * value / scale);
                        }
                    }
                }
            }
            touched.sort_unstable();
            touched.dedup();
            let row: Equation = touched
                .into_iter()
                .map(|v| (v, clean(std::mem::take(&mut sum[v as usize]))))
                .filter(|e| e.1 != 0.0)
                .collect();
            tableau.push(step.variable, row);
        }
        let entries = tableau.rows.iter().map(Vec::len).sum();
        tableau.entries = (entries, entries);
        tableau.base = Some(Base {
            rows: tableau.rows.clone(),
            basic: tableau.basic.clone(),
            row_of: tableau.row_of.clone(),
            occurrences: tableau.occurrences.clone(),
        });
        tableau
    }

    fn push(&mut self, variable: u32, row: Equation) {
        let index = u32::try_from(self.rows.len()).unwrap_or(NONE);
        self.row_of[variable as usize] = index;
        self.basic.push(variable);
        for &(free, _) in &row {
            self.occurrences[free as usize].push(index);
        }
        self.rows.push(row);
    }

    /// Sets the lower bounds of some variables until the next [`Self::reset`].
    pub(super) fn guard(&mut self, floors: &[(u32, i64)]) {
        for &(variable, floor) in floors {
            let old = std::mem::replace(&mut self.floors[variable as usize], floor);
            self.guarded.push((variable, old));
        }
    }

    /// Keeps a variable where it is, or lets it go.
    pub(super) fn freeze(&mut self, variable: u32, frozen: bool) {
        self.frozen[variable as usize] = frozen;
    }

    /// Goes back to the true table; the choice of basic variables is kept.
    pub(super) fn reset(&mut self) {
        self.values.clone_from(&self.origin);
        self.work += self.values.len() as u64 / 4;
        // Pivots fill the rows. Going on from a full tableau costs more than beginning anew.
        if self.entries.1 > 2 * self.entries.0 + 1000
            && let Some(base) = &self.base
        {
            self.work += self.entries.0 as u64;
            self.rows.clone_from(&base.rows);
            self.basic.clone_from(&base.basic);
            self.row_of.clone_from(&base.row_of);
            self.occurrences.clone_from(&base.occurrences);
            self.tidy.fill(0);
            self.entries.1 = self.entries.0;
        }
        for (variable, old) in std::mem::take(&mut self.guarded).into_iter().rev() {
            self.floors[variable as usize] = old;
        }
    }

    /// How the first `count` variables differ from the true table.
    pub(super) fn changes(&self, count: usize) -> Vec<(u32, i64)> {
        let pairs = (0_u32..).zip(self.values.iter().zip(&self.origin)).take(count);
        pairs.filter(|(_, (now, was))| now != was).map(|(v, (now, was))| (v, now - was)).collect()
    }

    /// Moves the point until the sum of `aim` has changed by `by` or further; false where it gave up.
    ///
    /// # Errors
    /// With the costs of the variables when no point that fits has more (or less) of the sum.
    pub(super) fn shift(&mut self, aim: &[u32], by: i64, pivots: usize) -> Result<bool, Equation> {
        let mut left = by.abs();
        let mut degenerate = 0;
        for _ in 0..pivots {
            let costs = self.costs(aim);
            let ways = self.ways(&costs, by.signum());
            self.work += costs.len() as u64;

            if ways.is_empty() {
                return Err(costs);
            }
            let (gained, blocked) = self.advance(&ways, left);
            left -= gained;
            if left <= 0 {
                return Ok(true);
            }
            if gained != 0 {
                degenerate = 0;
                continue;
            }
            degenerate += 1;
            let turned = match blocked {
                Some((row, variable)) if degenerate <= PATIENCE => {
                    self.pivot(row, variable);
                    true
                }
                _ => self.turn(&ways),
            };
            if !turned {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// What a unit more of each variable that is not basic adds to the sum.
    fn costs(&self, aim: &[u32]) -> Equation {
        let mut costs: Vec<(u32, f64)> = Vec::new();
        for &variable in aim {
            match self.row_of[variable as usize] {
                NONE => costs.push((variable, 1.0)),
                row => costs.extend(self.rows[row as usize].iter().map(|&(v, c)| (v, -c))),
            }
        }
        costs.sort_unstable_by_key(|c| c.0);
        let mut merged: Equation = Vec::with_capacity(costs.len());
        for (variable, cost) in costs {
            match merged.last_mut() {
                Some(last) if last.0 == variable => last.1 = clean(last.1 + cost),
                _ => merged.push((variable, cost)),
            }
        }
        merged.retain(|c| c.1.abs() > TINY);
        merged
    }

    #[expect(clippy::cast_precision_loss, reason = "the sign of a step")]
    fn ways(&mut self, costs: &Equation, direction: i64) -> Vec<Way> {
        let way = |&(variable, cost): &(u32, f64)| {
            let sign = cost.signum() * direction as f64;
            let at = variable as usize;
            let open = sign > 0.0 || self.values[at] > self.floors[at];
            (open && !self.frozen[at]).then(|| Way { variable, sign, gain: cost.abs() })
        };
        let mut ways: Vec<Way> = costs.iter().filter_map(way).collect();
        for way in &ways {
            self.tidy_up(way.variable);
        }
        ways.sort_by_key(|w| (self.occurrences[w.variable as usize].len(), w.variable));
        ways
    }

    /// Takes out of a variable's occurrences what is there twice or in vain, once it has become much longer.
    fn tidy_up(&mut self, variable: u32) {
        let at = variable as usize;
        if self.occurrences[at].len() > 2 * self.tidy[at] + 4 {
            let mut list = std::mem::take(&mut self.occurrences[at]);
            list.sort_unstable();
            list.dedup();
            list.retain(|&row| coefficient(&self.rows[row as usize], variable) != 0.0);
            self.tidy[at] = list.len();
            self.occurrences[at] = list;
        }
    }

    /// Takes a step that gains something; where there is none, says which row blocks the way that the
    /// fewest rows block.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "small whole numbers"
    )]
    fn advance(&mut self, ways: &[Way], left: i64) -> (i64, Option<(u32, u32)>) {
        let mut best: Option<(i64, &Way, i64)> = None;
        let mut easiest: Option<(usize, u32, u32)> = None;
        for way in ways.iter().take(if self.thorough { usize::MAX } else { TRIED }) {
            match self.steps(way, left, easiest.map_or(usize::MAX, |e| e.0)) {
                Reach::Steps(steps) => {
                    let gained = (way.gain * steps as f64).round() as i64;
                    if gained == left {
                        self.walk(way, steps);
                        return (gained, None);
                    }
                    // More than asked for is better than less, and the less of it the better.
                    let rank = |g: i64| if g > left { (1, -g) } else { (0, g) };
                    if gained > 0 && best.as_ref().is_none_or(|b| rank(gained) > rank(b.0)) {
                        best = Some((gained, way, steps));
                    }
                }
                Reach::Blocked(rows, first) => easiest = Some((rows, first, way.variable)),
                Reach::Hard => {}
            }
        }
        match best {
            Some((gained, way, steps)) => {
                self.walk(way, steps);
                (gained, None)
            }
            None => (0, easiest.map(|(_, row, variable)| (row, variable))),
        }
    }

    /// How many steps gain what is left, or else how many there is room for; or fewer than `most` rows that
    /// let one go nowhere. Everything stays whole.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "small whole numbers"
    )]
    fn steps(&self, way: &Way, left: i64, most: usize) -> Reach {
        let at = way.variable as usize;
        let mut room = i64::MAX;
        if way.sign < 0.0 {
            room = self.values[at] - self.floors[at];
        }
        let (mut blocking, mut first) = (0, NONE);
        let mut unit = denominator(way.gain);
        for &row in &self.occurrences[at] {
            let basic = self.basic[row as usize] as usize;
            let above = self.values[basic] - self.floors[basic];
            let c = coefficient(&self.rows[row as usize], way.variable);
            if c.fract() != 0.0 {
                unit = unit.zip(denominator(c)).map(|(a, b)| if a % b == 0 { a } else { a * b });
            }
            let slope = -c * way.sign;
            let frozen = self.frozen[basic] && c != 0.0;
            if slope < -TINY || frozen {
                if above <= 0 || frozen {
                    blocking += 1;
                    first = first.min(row);
                    if blocking >= most {
                        return Reach::Hard;
                    }
                }
                if !frozen {
                    room = room.min((above as f64 / -slope + TINY).floor() as i64);
                }
            }
        }
        match (blocking, unit) {
            (0, Some(unit)) => {
                let wanted = (left as f64 / way.gain - TINY).ceil() as i64;
                let wanted = (wanted.max(1) + unit - 1) / unit * unit;
                Reach::Steps(wanted.min(room - room % unit))
            }
            (0, None) => Reach::Hard,
            _ => Reach::Blocked(blocking, first),
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "small whole numbers"
    )]
    fn walk(&mut self, way: &Way, steps: i64) {
        let by = way.sign * steps as f64;
        self.values[way.variable as usize] += by as i64;
        let list = &mut self.occurrences[way.variable as usize];
        list.sort_unstable();
        list.dedup();
        for &row in &self.occurrences[way.variable as usize] {
            let c = coefficient(&self.rows[row as usize], way.variable);
            self.values[self.basic[row as usize] as usize] -= (c * by).round() as i64;
        }
    }

    /// Makes a blocked way's variable basic in place of one that blocks it.
    ///
    /// The first of each in number is taken (Bland's rule), which cannot go round in circles.
    fn turn(&mut self, ways: &[Way]) -> bool {
        let mut ways: Vec<&Way> = ways.iter().collect();
        ways.sort_by_key(|w| w.variable);
        for way in ways {
            let mut blocking: Option<u32> = None;
            let mut list = std::mem::take(&mut self.occurrences[way.variable as usize]);
            list.retain(|&r| coefficient(&self.rows[r as usize], way.variable) != 0.0);
            for &row in &list {
                let basic = self.basic[row as usize];
                let slope = -coefficient(&self.rows[row as usize], way.variable) * way.sign;
                let at = basic as usize;
                let stuck =
                    self.frozen[at] || (slope < -TINY && self.values[at] <= self.floors[at]);
                if stuck && blocking.is_none_or(|b| basic < self.basic[b as usize]) {
                    blocking = Some(row);
                }
            }
            self.occurrences[way.variable as usize] = list;
            if let Some(row) = blocking {
                self.pivot(row, way.variable);
                return true;
            }
        }
        false
    }

    fn pivot(&mut self, row: u32, entering: u32) {
        let leaving = self.basic[row as usize];
        let scale = coefficient(&self.rows[row as usize], entering);
        self.entries.1 -= self.rows[row as usize].len();
        let mut new: Equation = std::mem::take(&mut self.rows[row as usize])
            .into_iter()
            .filter(|e| e.0 != entering)
            .map(|(v, c)| (v, clean(c / scale)))
            .collect();
        let at = new.partition_point(|e| e.0 < leaving);
        new.insert(at, (leaving, clean(1.0 / scale)));
        self.occurrences[leaving as usize] = vec![row];
        for other in std::mem::take(&mut self.occurrences[entering as usize]) {
            if other == row {
                continue;
            }
            let target = &self.rows[other as usize];
            let entry = coefficient(target, entering);
            if entry == 0.0 {
                continue;
            }
            let occurrences = &mut self.occurrences;
            self.entries.1 -= target.len();
            self.work += (target.len() + new.len()) as u64;
            self.rows[other as usize] =
                combine(target, -entry, &new, entering, |v| occurrences[v as usize].push(other));
            self.entries.1 += self.rows[other as usize].len();
        }
        self.entries.1 += new.len();
        self.rows[row as usize] = new;
        self.basic[row as usize] = entering;
        self.row_of[entering as usize] = row;
        self.row_of[leaving as usize] = NONE;
    }
}
