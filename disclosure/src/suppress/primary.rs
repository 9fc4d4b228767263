//! Which cells are withheld because of what they are.
//!
//! # Guarantee
//! Every rule holds for subtotals as for inner cells; a contributor behind several atoms of a cell is one.
//!
//! # Source
//! Hundepool et al., *Statistical Disclosure Control* (2012), sections 4.2 and 5.2; (n,k) uses ≥ and p% uses <,
//! both on absolute amounts summed by contributor. Held by `every_case_withstands_the_attacker_and_loses_no_more_than_a_safe_reference`,
//! which compares with the reference cell by cell.

use crate::{Reason, Rule, System, Zeros};
use std::collections::HashMap;

/// The reason a cell is primary, if it is.
pub(super) fn reason(system: &System, cell: usize, rule: &Rule) -> Option<Reason> {
    if system.cell(cell).is_empty() {
        return None;
    }
    if let Some(small) = rule.small_count {
        let count = system.frequency(cell);
        let protected = count > 0 || small.zeros == Zeros::Protected;
        if protected && count < small.threshold {
            return Some(Reason::SmallCount);
        }
    }
    if !system.is_magnitude() {
        return None;
    }
    let amounts = ranked(system, cell);
    let total: u128 = amounts.iter().sum();
    let behind = amounts.iter().filter(|&&a| a > 0).count() as u64;
    if rule.few_contributors.is_some_and(|most| (1..=most).contains(&behind)) {
        return Some(Reason::FewContributors);
    }
    let dominated = rule.dominance.iter().any(|d| {
        let leaders: u128 = amounts.iter().take(d.leaders).sum();
        total > 0 && leaders * 10_000 >= total * u128::from(d.basis_points)
    });
    if dominated {
        return Some(Reason::Dominance);
    }
    let close = rule.p_percent.is_some_and(|p| {
        let largest = amounts.first().copied().unwrap_or(0);
        let rest: u128 = amounts.iter().skip(2).sum();
        rest * 10_000 < largest * u128::from(p)
    });
    close.then_some(Reason::PPercent)
}

/// Absolute amounts by contributor, largest first.
pub(super) fn ranked(system: &System, cell: usize) -> Vec<u128> {
    let mut sums: HashMap<u32, i128> = HashMap::new();
    for &atom in system.cell(cell) {
        for &(contributor, amount) in system.contributors(atom) {
            *sums.entry(contributor).or_default() += i128::from(amount);
        }
    }
    let mut amounts: Vec<u128> = sums.into_values().map(i128::unsigned_abs).collect();
    amounts.sort_unstable_by(|a, b| b.cmp(a));
    amounts
}
