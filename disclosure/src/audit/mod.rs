//! An attacker who knows what a reader knows, and shares no code with the engine it checks.
//!
//! # Guarantee
//! Against a reader of the shown cells who knows the classification and, as [`Settings`] say, that nothing is
//! negative, the least value of a withheld cell, and what one contributor knows of itself: a withheld cell that the
//! shown ones determine by algebra is found, but for a chance below 2^-60 a cell (T1); where the report says
//! `solved` and `answered` equals `of`, both ends of every interval are those of linear programming, in exact
//! fractions, an integer count being known when only one whole number lies between them (T2); and every primary
//! amount is found that one contributor computes by adding the inner cells it is alone in (T3). For counts, T3 says
//! what a person would learn who knew to be alone in an inner cell (`if_known_alone`): a person knows to be there, not
//! to be alone, so this is told and is no breach; what a person learns from being there is for [`crate::suppress`] to
//! prove. `proved` counts the cells for which whole tables with different values were found: for those even integer
//! programming finds nothing more. Several contributors acting together are not tried.
//!
//! # Source
//! T1 as in Statistics Norway's `GaussSuppression` (the span of published cells), turned round into random null
//! vectors; T2 as in Hundepool et al., *Statistical Disclosure Control*, ch. 4.2. Held by
//! `the_auditor_agrees_with_brute_force` and `the_reference_findings_are_reproduced`.

mod elimination;
mod field;
mod interval;
mod null;
mod rational;
mod report;
mod rowspace;
mod tableau;
#[cfg(test)]
mod tests;
mod witness;

use std::collections::BTreeMap;

pub use report::{Algebra, AuditReport, Insiders, Intervals, Range};
pub use witness::Change;

use crate::{Status, System};

/// Examples kept of each kind of finding.
const EXAMPLES: usize = 10;

/// How much of T2 is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Nothing.
    None,
    /// Whether each cell keeps the values the rule asks for.
    Rule,
    /// Both ends of every interval.
    Full,
}

/// What the attacker knows and tries.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The least value every withheld cell is known to have.
    pub least_withheld: i64,
    /// How many values a primary count must keep; 0 asks nothing.
    pub min_feasible: u64,
    /// The largest small count: an interval below it is narrow.
    pub small: Option<i64>,
    /// Flags primary amounts known to within this many hundredths of a per cent.
    pub percent: Option<u64>,
    /// The p of the p% rule in hundredths of a per cent, whose room every primary amount must have.
    pub p_percent: Option<u64>,
    /// Whether contributors attack.
    pub insiders: bool,
    /// How much of T2 is asked.
    pub depth: Depth,
    /// Work after which T2 stops asking, in entries read; about 10^8 a second.
    pub allowance: u64,
    /// Seeds the null vectors.
    pub seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            least_withheld: 0,
            min_feasible: 0,
            small: None,
            percent: None,
            p_percent: None,
            insiders: true,
            depth: Depth::Full,
            allowance: 6_000_000_000,
            seed: 7,
        }
    }
}

/// The system and what of it is shown.
struct View<'a> {
    system: &'a System,
    statuses: &'a [Status],
    withheld: Vec<usize>,
}

impl View<'_> {
    fn is_primary(&self, cell: usize) -> bool {
        self.statuses.get(cell) == Some(&Status::Primary)
    }

    fn is_shown(&self, cell: usize) -> bool {
        self.statuses.get(cell) == Some(&Status::Shown)
    }

    fn shown(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.system.cells()).filter(|&cell| self.is_shown(cell))
    }
}

/// Attacks a table of which every cell has a status; a cell without one counts as withheld.
#[must_use]
pub fn attack(system: &System, statuses: &[Status], settings: &Settings) -> AuditReport {
    attack_knowing(system, statuses, settings, &[])
}

/// The same, told of tables that are said to be possible: each is checked, and saves solving where it proves enough.
#[must_use]
pub fn attack_knowing(
    system: &System,
    statuses: &[Status],
    settings: &Settings,
    tables: &[Change],
) -> AuditReport {
    let withheld: Vec<usize> =
        (0..system.cells()).filter(|&cell| statuses.get(cell) != Some(&Status::Shown)).collect();
    let view = View { system, statuses, withheld };
    let own = if settings.insiders { rowspace::alone(&view) } else { BTreeMap::new() };
    let bounds = || match settings.depth {
        Depth::None => None,
        Depth::Rule | Depth::Full => Some(interval::intervals(&view, settings, tables)),
    };
    // The two share nothing but what they read.
    let (null, intervals) = std::thread::scope(|scope| {
        let bounds = scope.spawn(bounds);
        let null = rowspace::draw(&view, &own, settings.seed);
        (null, bounds.join())
    });
    let intervals = intervals.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    AuditReport {
        cells: system.cells(),
        atoms: system.atoms(),
        shown: system.cells() - view.withheld.len(),
        withheld: view.withheld.len(),
        primary: view.withheld.iter().filter(|&&cell| view.is_primary(cell)).count(),
        algebra: rowspace::algebra(&view, &null),
        intervals,
        insiders: settings.insiders.then(|| rowspace::insiders(&view, &null, &own)),
    }
}
