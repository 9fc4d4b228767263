//! Withholding cells: the method published tables are protected with.
//!
//! Cells are sums of atoms ([`crate::System`]). The rule says which are withheld for their own sake; more are
//! withheld until nothing of them can be worked out, and the finished pattern is attacked before anything leaves.

mod algebra;
mod audited;
mod blocks;
mod economy;
mod elimination;
mod error;
mod field;
mod intervals;
mod matrix;
mod moves;
mod pattern;
mod primary;
mod report;
mod tableau;
mod tables;

pub use audited::{Audited, Evidence};
pub use error::Error;
pub use pattern::{Primary, Secondary, Terms};
pub use report::{LevelCount, Report, TableCount};
pub use tables::{Protected, tables};

use crate::{Rule, System};

/// Protects the cells of one system: rule, secondary cells and audit in one call.
///
/// # Errors
/// When cells that must stay shown cannot be reconciled with the rule, or the audit refuses.
pub fn system(system: &System, terms: &Terms, rule: &Rule) -> Result<Audited, Error> {
    Primary::of(system, terms, rule)?.secondary()?.audit()
}
