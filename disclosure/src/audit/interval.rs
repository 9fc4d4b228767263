//! T2: the least and largest value of every withheld cell.
#![expect(clippy::indexing_slicing, reason = "a numeric kernel over indices it made itself")]
#![expect(
    clippy::cast_precision_loss,
    reason = "values stay below 2^53 or are magnitudes in f64 anyway"
)]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "ranks in a short list"
)]

use std::collections::{BTreeMap, HashMap, HashSet};

use super::elimination::Row;
use super::rational::Q;
use super::report::{Intervals, Range};
use super::tableau::{End, Sense, Tableau};
use super::witness::{Change, reach};
use super::{Depth, EXAMPLES, Settings, View};

/// The largest tableau, in entries of 16 bytes.
const MOST_ENTRIES: usize = 30_000_000;

/// Where a withheld cell's value is found: a constant, or a variable plus a constant.
#[derive(Clone, Copy)]
struct Target {
    variable: Option<u32>,
    constant: i64,
}

/// The unknown atoms and the sums over them.
struct Problem {
    variables: Vec<i64>,
    low: Vec<Option<Q>>,
    sums: Vec<Row>,
    targets: Vec<Target>,
    unknown: usize,
    misled: usize,
}

/// Asks for the intervals; what the tables prove is not asked again where the rule alone is asked.
pub(super) fn intervals(view: &View<'_>, settings: &Settings, tables: &[Change]) -> Intervals {
    let problem = Problem::new(view, settings);
    let mut found = Intervals {
        of: view.withheld.len(),
        misled: problem.misled,
        unknown_atoms: problem.unknown,
        ..Intervals::default()
    };
    (found.components, found.largest) = components(&problem);
    let whole = !view.system.is_magnitude();
    let least = i64::try_from(settings.min_feasible.saturating_sub(1)).unwrap_or(i64::MAX).max(1);
    let need = |cell: usize| if view.is_primary(cell) { least } else { 1 };
    let reach = if settings.depth == Depth::Rule && whole {
        reach(view, settings, tables)
    } else {
        Vec::new()
    };
    let told = |cell: usize| {
        let (low, high) = *reach.get(cell)?;
        let value = view.system.value(cell);
        let (low, high) = (value + low, value + high);
        (high - low >= need(cell)).then_some(Range { cell, low: low as f64, high: high as f64 })
    };
    let mut open = Vec::new();
    for (&cell, &target) in view.withheld.iter().zip(&problem.targets) {
        match told(cell) {
            Some(range) => found.ranges.push(range),
            None => open.push((cell, target)),
        }
    }
    found.by_tables = found.ranges.len();
    (found.answered, found.proved) = (found.by_tables, found.by_tables);
    found.solved = open.is_empty();
    if !open.is_empty() {
        let values = problem.variables.iter().map(|&value| Q::whole(value)).collect();
        if let Some(tableau) = Tableau::new(problem.sums, values, problem.low, MOST_ENTRIES) {
            found.solved = true;
            solve(tableau, &open, (&need, whole), settings, &mut found);
        }
    }
    found.ranges.sort_by_key(|range| range.cell);
    if found.solved {
        judge(view, settings, &mut found);
    }
    found
}

/// Asks for the intervals of some cells, each with its place.
fn solve(
    mut tableau: Tableau,
    open: &[(usize, Target)],
    (need, whole): (&dyn Fn(usize) -> i64, bool),
    settings: &Settings,
    found: &mut Intervals,
) {
    tableau.allowance = settings.allowance;
    for &(cell, target) in open {
        let need = Q::whole(need(cell));
        let Some(ends) = ask(&mut tableau, target, need, settings.depth) else { continue };
        found.answered += 1;
        found.ranges.push(ends.range(cell, target.constant, whole));
        let seen = target.variable.map_or((Q::ZERO, Q::ZERO), |variable| tableau.seen(variable));
        found.proved += usize::from(seen.1.sub(seen.0) >= need);
    }
}

/// The ends of a variable; none where there is no limit.
struct Ends {
    low: Option<Q>,
    high: Option<Q>,
}

impl Ends {
    fn range(&self, cell: usize, constant: i64, whole: bool) -> Range {
        let constant = Q::whole(constant);
        let low = self.low.map_or(f64::NEG_INFINITY, |low| {
            let low = low.add(constant);
            if whole { low.ceil() as f64 } else { low.to_f64() }
        });
        let high = self.high.map_or(f64::INFINITY, |high| {
            let high = high.add(constant);
            if whole { high.floor() as f64 } else { high.to_f64() }
        });
        Range { cell, low, high }
    }

    fn holds(&self, need: Q) -> bool {
        self.low.zip(self.high).is_none_or(|(low, high)| high.sub(low) >= need)
    }
}

fn ask(tableau: &mut Tableau, target: Target, need: Q, depth: Depth) -> Option<Ends> {
    let Some(variable) = target.variable else {
        return Some(Ends { low: Some(Q::ZERO), high: Some(Q::ZERO) });
    };
    let (low, high) = tableau.seen(variable);
    let mut ends = Ends { low: Some(low), high: Some(high) };
    let rule = depth == Depth::Rule;
    for sense in [Sense::Down, Sense::Up] {
        if rule && ends.holds(need) {
            break;
        }
        let down = sense == Sense::Down;
        let other = if down { ends.high } else { ends.low };
        let enough = other.map(|end| if down { end.sub(need) } else { end.add(need) });
        let end = match tableau.push(variable, sense, enough.filter(|_| rule)) {
            End::Limit(limit) => Some(limit),
            End::Unbounded => None,
            End::Reached => Some(tableau.value(variable)),
            End::Stopped => return None,
        };
        *(if down { &mut ends.low } else { &mut ends.high }) = end;
    }
    Some(ends)
}

/// Counts what the ranges break.
fn judge(view: &View<'_>, settings: &Settings, found: &mut Intervals) {
    let ranges = std::mem::take(&mut found.ranges);
    let mut widths = Vec::with_capacity(ranges.len());
    for range in &ranges {
        let primary = view.is_primary(range.cell);
        let width = range.high - range.low;
        if width.is_finite() {
            widths.push(width);
        } else {
            found.unbounded += 1;
        }
        if width <= 1e-6 {
            found.exact += 1;
            found.exact_primary += usize::from(primary);
            if found.examples.len() < EXAMPLES {
                found.examples.push(range.cell);
            }
        } else if settings.small.is_some_and(|small| range.high <= small as f64) {
            found.narrow += 1;
            found.narrow_primary += usize::from(primary);
            found.narrow_positive_primary += usize::from(primary && range.low >= 1.0);
        }
        if primary && view.system.is_magnitude() {
            amount(view, settings, range, found);
        } else if primary && width > 1e-6 && width + 1.0 < settings.min_feasible as f64 {
            found.too_few += 1;
        }
    }
    widths.sort_by(f64::total_cmp);
    let last = widths.len().saturating_sub(1) as f64;
    found.width_quantiles = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]
        .iter()
        .filter_map(|share| widths.get((share * last).round() as usize).copied())
        .collect();
    found.ranges = ranges;
}

/// Whether an amount is known too closely.
fn amount(view: &View<'_>, settings: &Settings, range: &Range, found: &mut Intervals) {
    let value = view.system.value(range.cell) as f64;
    let room = (range.high - value).min(value - range.low);
    if let Some(points) = settings.percent {
        found.within_percent += usize::from(room < points as f64 / 10_000.0 * value);
    }
    if let Some(points) = settings.p_percent {
        let mut shares: BTreeMap<u32, i64> = BTreeMap::new();
        for &atom in view.system.cell(range.cell) {
            for &(who, share) in view.system.contributors(atom) {
                *shares.entry(who).or_default() += share;
            }
        }
        let mut sizes: Vec<i64> = shares.values().map(|share| share.abs()).collect();
        sizes.sort_unstable_by(|a, b| b.cmp(a));
        let first = sizes.first().copied().unwrap_or(0) as f64;
        let rest: i64 = sizes.iter().skip(2).sum();
        let needed = points as f64 / 10_000.0 * first - rest as f64;
        found.too_close += usize::from(range.high > range.low && room < needed - 1e-6);
    }
}

impl Problem {
    fn new(view: &View<'_>, settings: &Settings) -> Self {
        let values = view.system.values();
        let positive = values.iter().all(|&value| value >= 0);
        let equations: Vec<(Vec<u32>, i64)> = view
            .shown()
            .map(|cell| (view.system.cell(cell).to_vec(), view.system.value(cell)))
            .collect();
        let links = view.system.links();
        let both: Vec<Vec<u32>> =
            links.iter().map(|l| [&l.left[..], &l.right[..]].concat()).collect();
        let known = plain(&equations, &both, values, positive);
        let mut number = vec![None; values.len()];
        let mut variables = Vec::new();
        for (atom, &value) in values.iter().enumerate().filter(|(atom, _)| !known[*atom]) {
            number[atom] = u32::try_from(variables.len()).ok();
            variables.push(value);
        }
        let unknown = variables.len();
        let floor = positive.then_some(Q::ZERO);
        let mut problem = Self {
            low: vec![floor; unknown],
            variables,
            sums: Vec::new(),
            targets: Vec::new(),
            unknown,
            misled: 0,
        };
        let mut distinct = HashSet::new();
        for (atoms, _) in &equations {
            let sum: Vec<u32> = atoms.iter().filter_map(|&atom| number[atom as usize]).collect();
            if !sum.is_empty() && !distinct.contains(&sum) {
                problem.sums.push(sum.iter().map(|&variable| (variable, Q::ONE)).collect());
                distinct.insert(sum);
            }
        }
        for link in links {
            let side = |atoms: &[u32], sign| -> Row {
                atoms.iter().filter_map(|&a| Some((number[a as usize]?, sign))).collect()
            };
            let mut sum = [side(&link.left, Q::ONE), side(&link.right, Q::whole(-1))].concat();
            sum.sort_unstable_by_key(|(variable, _)| *variable);
            problem.sums.push(sum);
        }
        problem.targets(view, settings, &number);
        problem
    }

    fn targets(&mut self, view: &View<'_>, settings: &Settings, number: &[Option<u32>]) {
        let values = view.system.values();
        let mut named: HashMap<Vec<u32>, u32> = HashMap::new();
        for &cell in &view.withheld {
            let mut constant = 0;
            let mut sum = Vec::new();
            for &atom in view.system.cell(cell) {
                match number[atom as usize] {
                    Some(variable) => sum.push(variable),
                    None => constant += values[atom as usize],
                }
            }
            let variable = match sum.as_slice() {
                [] => None,
                [one] => Some(*one),
                _ => Some(*named.entry(sum).or_insert_with_key(|sum| self.define(sum))),
            };
            if let Some(variable) = variable {
                self.limit(variable, settings.least_withheld - constant, settings);
            }
            self.targets.push(Target { variable, constant });
        }
    }

    /// A new variable that is the sum of others.
    fn define(&mut self, sum: &[u32]) -> u32 {
        let variable = u32::try_from(self.variables.len()).unwrap_or(u32::MAX);
        self.variables.push(sum.iter().map(|&part| self.variables[part as usize]).sum());
        self.low.push(None);
        let mut row: Row = sum.iter().map(|&part| (part, Q::ONE)).collect();
        row.push((variable, Q::whole(-1)));
        self.sums.push(row);
        variable
    }

    /// Tells the attacker a least value, unless the truth is below it.
    fn limit(&mut self, variable: u32, least: i64, settings: &Settings) {
        if settings.least_withheld <= 0 || least <= 0 {
            return;
        }
        let at = variable as usize;
        if self.variables[at] < least {
            self.misled += 1;
        } else {
            self.low[at] = self.low[at].max(Some(Q::whole(least)));
        }
    }
}

/// Which atoms follow at once: alone in a sum, or in a sum of what cannot be negative that is zero.
fn plain(
    equations: &[(Vec<u32>, i64)],
    links: &[Vec<u32>],
    values: &[i64],
    positive: bool,
) -> Vec<bool> {
    let cells = equations.iter().map(|(atoms, _)| atoms);
    let sums: Vec<&Vec<u32>> = cells.chain(links).collect();
    let mut known = vec![false; values.len()];
    let mut left: Vec<usize> = sums.iter().map(|atoms| atoms.len()).collect();
    let mut rest: Vec<i64> = equations.iter().map(|(_, value)| *value).collect();
    rest.resize(sums.len(), i64::MAX);
    let mut occurs: Vec<Vec<usize>> = vec![Vec::new(); values.len()];
    for (at, atoms) in sums.iter().enumerate() {
        for &atom in *atoms {
            occurs[atom as usize].push(at);
        }
    }
    let told = |left: usize, rest: i64| left == 1 || (positive && rest == 0 && left > 0);
    let mut ready: Vec<usize> = (0..left.len()).filter(|&at| told(left[at], rest[at])).collect();
    while let Some(at) = ready.pop() {
        for &atom in sums[at] {
            let atom = atom as usize;
            if std::mem::replace(&mut known[atom], true) {
                continue;
            }
            for &other in &occurs[atom] {
                left[other] -= 1;
                rest[other] = rest[other].saturating_sub(values[atom]);
                if told(left[other], rest[other]) {
                    ready.push(other);
                }
            }
        }
    }
    known
}

/// How many groups of unknown atoms do not touch, and the size of the largest.
fn components(problem: &Problem) -> (usize, usize) {
    let mut root: Vec<usize> = (0..problem.variables.len()).collect();
    for sum in &problem.sums {
        let mut parts = sum.iter().map(|(variable, _)| *variable as usize);
        let Some(first) = parts.next() else { continue };
        for part in parts {
            let (a, b) = (find(&mut root, first), find(&mut root, part));
            root[a] = b;
        }
    }
    let mut sizes: HashMap<usize, usize> = HashMap::new();
    for atom in 0..problem.unknown {
        *sizes.entry(find(&mut root, atom)).or_default() += 1;
    }
    (sizes.len(), sizes.values().copied().max().unwrap_or(0))
}

/// The representative of a group, shortening the way to it.
fn find(root: &mut [usize], mut at: usize) -> usize {
    while root[at] != at {
        root[at] = root[root[at]];
        at = root[at];
    }
    at
}
