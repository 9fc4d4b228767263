//! Withholding cells: the method published tables are protected with.
//!
//! Cells are sums of atoms ([`crate::System`]). The rule says which are withheld for their own sake; more are
//! withheld until nothing of them can be worked out, and the finished pattern is attacked before anything leaves.

mod adding;
mod algebra;
mod amounts;
mod audited;
mod before;
mod beside;
mod blocks;
mod cover;
mod crossing;
mod demand;
mod distinct;
mod economy;
mod elimination;
mod error;
mod field;
mod frugal;
mod intervals;
mod joint;
mod lattice;
mod matrix;
mod months;
mod moves;
mod overlaps;
mod pattern;
mod payments;
mod primary;
mod report;
mod reroute;
mod tableau;
mod tables;
mod threads;
mod weave;

pub use amounts::{Amounts, EarlierAmounts, amounts};
pub use audited::{Audited, Evidence};
pub use before::Before;
pub use beside::Beside;
pub use error::Error;
pub use joint::{joint, sums};
pub use months::{EarlierMonths, Months, months};
pub use overlaps::{Compared, Numbers, counted, overlaps, persons};
pub use pattern::{Keep, Primary, Secondary, Terms};
pub use payments::{Payments, Sums, payments};
pub use report::{LevelCount, Report, TableCount};
pub use tables::{Protected, tables, tables_beside};

use crate::{Rule, System};

/// What is being done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// Cells are withheld until no combination of shown ones gives one away.
    Algebra,
    /// Each withheld cell is proved to have several possible values.
    Proof,
    /// What no proof needs is shown again.
    Economy,
    /// The finished pattern is attacked.
    Audit,
}

/// Told how far it has come: so many of so many.
pub type Watch<'a> = &'a dyn Fn(Stage, usize, usize);

/// Protects the cells of one system: rule, secondary cells and audit in one call.
///
/// # Errors
/// When cells that must stay shown cannot be reconciled with the rule, or the audit refuses.
pub fn system(system: &System, terms: &Terms, rule: &Rule) -> Result<Audited, Error> {
    system_watched(system, terms, rule, &|_, _, _| {})
}

/// The same, told to somebody who waits.
///
/// # Errors
/// As [`system`].
pub fn system_watched(
    system: &System,
    terms: &Terms,
    rule: &Rule,
    watch: Watch<'_>,
) -> Result<Audited, Error> {
    watch(Stage::Algebra, 0, 0);
    let secondary = Primary::of(system, terms, rule)?.secondary_watched(watch)?;
    watch(Stage::Audit, 0, 0);
    secondary.audit()
}

/// Whether a rule withholds a cell because of what it is.
#[cfg(test)]
pub(crate) fn is_primary(system: &System, cell: usize, rule: &Rule) -> bool {
    primary::reason(system, cell, rule).is_some()
}
