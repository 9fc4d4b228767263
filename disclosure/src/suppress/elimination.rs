//! Sparse elimination of equations in floating point, with a record of what was done.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: rows and columns index arrays made for them"
)]

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// Below this a number is zero; entries are sums of few ±1.
pub(super) const TINY: f64 = 1e-7;

/// Variables ascending with their coefficients.
pub(super) type Equation = Vec<(u32, f64)>;

/// One equation solved for one variable; later steps no longer have that variable.
pub(super) struct Step {
    pub(super) equation: u32,
    pub(super) variable: u32,
    pub(super) reduced: Equation,
}

/// Equations reduced in a fill-saving order.
pub(super) struct Elimination {
    pub(super) variables: usize,
    pub(super) steps: Vec<Step>,
    /// `target += factor × source`, in the order done.
    operations: Vec<(u32, u32, f64)>,
    equations: usize,
}

impl Elimination {
    /// Reduces homogeneous equations; variables that are positive are preferred as the solved ones.
    pub(super) fn new(mut equations: Vec<Equation>, values: &[i64]) -> Self {
        let variables = values.len();
        let count = equations.len();
        let mut occurrences: Vec<Vec<u32>> = vec![Vec::new(); variables];
        for (index, equation) in (0_u32..).zip(&equations) {
            for &(variable, _) in equation {
                occurrences[variable as usize].push(index);
            }
        }
        let mut heap: BinaryHeap<Reverse<(usize, u32)>> =
            (0_u32..).zip(&equations).map(|(i, e)| Reverse((e.len(), i))).collect();
        let mut done =
            Self { variables, steps: Vec::new(), operations: Vec::new(), equations: count };
        while let Some(Reverse((length, index))) = heap.pop() {
            let now = equations[index as usize].len();
            if now > length {
                heap.push(Reverse((now, index)));
                continue;
            }
            let reduced = std::mem::take(&mut equations[index as usize]);
            let cost = |&(v, c): &(u32, f64)| {
                let zero = usize::from(values[v as usize] == 0);
                let odd = usize::from((c.abs() - 1.0).abs() > TINY);
                (occurrences[v as usize].len() * (1 + zero) + 1000 * odd, v)
            };
            let Some(&(variable, pivot)) = reduced.iter().min_by_key(|e| cost(e)) else { continue };
            for other in std::mem::take(&mut occurrences[variable as usize]) {
                let target = &mut equations[other as usize];
                let entry = coefficient(target, variable);
                if entry == 0.0 {
                    continue;
                }
                let factor = -entry / pivot;
                let sum = combine(target, factor, &reduced, variable);
                for &(new, _) in &sum {
                    if coefficient(target, new) == 0.0 {
                        occurrences[new as usize].push(other);
                    }
                }
                *target = sum;
                done.operations.push((other, index, factor));
            }
            done.steps.push(Step { equation: index, variable, reduced });
        }
        done
    }

    /// The given equations a sum of variables is a combination of, if it is one.
    pub(super) fn combination(&self, sum: &[(u32, f64)]) -> Vec<u32> {
        let mut rest = vec![0.0; self.variables];
        for &(variable, coefficient) in sum {
            rest[variable as usize] += coefficient;
        }
        let mut used = vec![0.0; self.equations];
        for step in &self.steps {
            let entry = rest[step.variable as usize];
            if entry.abs() < TINY {
                continue;
            }
            let factor = entry / coefficient(&step.reduced, step.variable);
            for &(variable, c) in &step.reduced {
                rest[variable as usize] -= factor * c;
            }
            used[step.equation as usize] += factor;
        }
        for &(target, source, factor) in self.operations.iter().rev() {
            used[source as usize] += factor * used[target as usize];
        }
        (0_u32..).zip(used).filter(|u| u.1.abs() > TINY).map(|u| u.0).collect()
    }
}

pub(super) fn coefficient(equation: &[(u32, f64)], variable: u32) -> f64 {
    equation.binary_search_by_key(&variable, |e| e.0).map_or(0.0, |at| equation[at].1)
}

/// A number that should be whole is made so; rounding must not add up over thousands of steps.
pub(super) fn clean(number: f64) -> f64 {
    let whole = number.round();
    if (number - whole).abs() < TINY { whole } else { number }
}

/// `target + factor × other`, without `gone`, which it takes out.
pub(super) fn combine(target: &Equation, factor: f64, other: &Equation, gone: u32) -> Equation {
    let mut sum = Vec::with_capacity(target.len() + other.len());
    let (mut i, mut j) = (0, 0);
    while i < target.len() || j < other.len() {
        let order = match (target.get(i), other.get(j)) {
            (Some(a), Some(b)) => a.0.cmp(&b.0),
            (Some(_), None) => Ordering::Less,
            _ => Ordering::Greater,
        };
        let (variable, value) = match order {
            Ordering::Less => target[i],
            Ordering::Greater => (other[j].0, clean(factor * other[j].1)),
            Ordering::Equal => (target[i].0, clean(target[i].1 + factor * other[j].1)),
        };
        i += usize::from(order != Ordering::Greater);
        j += usize::from(order != Ordering::Less);
        if variable != gone && value != 0.0 {
            sum.push((variable, value));
        }
    }
    sum
}
