//! The engine run on a case.

use serde::Serialize;

use super::account::{account, narrowest};
use super::error::Error;
use super::{Case, amount};
use crate::account::{Account, Attacker, Method};
use crate::audit::{AuditReport, Depth, Settings, attack_knowing};
use crate::suppress::{Evidence, Stage, Terms, Watch, system_watched};
use crate::{Reason, Status};

/// Withheld cells and inner cells up to which the attacker finds both ends of every interval, for the account.
const FULL_ATTACK: (usize, usize) = (1_000, 20_000);

/// What becomes of every cell of a case.
pub struct Protected {
    pub(super) statuses: Vec<Status>,
    pub(super) reasons: Vec<Option<Reason>>,
    /// Values in the place of the true ones, where cells were moved and not withheld.
    pub(super) moved: Option<Vec<i64>>,
    pub(super) report: Report,
}

/// What was done and what the attackers found; for the statistician.
#[derive(Debug, Clone, Serialize)]
pub struct Report {
    /// The case.
    pub id: String,
    /// Settings of other programs that had no effect here.
    pub ignored: Vec<String>,
    /// Cells of the tables.
    pub cells: usize,
    /// Inner cells behind them.
    pub inner: usize,
    /// Withheld for what they are.
    pub primary: usize,
    /// Withheld to protect others.
    pub secondary: usize,
    /// The value of cells withheld only to protect others.
    pub value_secondary: String,
    /// Withheld cells by the columns they are broken down by.
    pub margins: Vec<MarginCount>,
    /// What the engine proved; none where nothing is withheld.
    pub evidence: Option<Evidence>,
    /// What the independent attacker found; none where nothing is withheld.
    pub audit: Option<AuditReport>,
    /// The same for a reader, by table and level.
    pub account: Account,
}

/// Withheld cells of one margin.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MarginCount {
    /// The columns it breaks down by.
    pub columns: Vec<String>,
    /// Its cells.
    pub cells: usize,
    /// Those withheld.
    pub withheld: usize,
}

impl Protected {
    /// What becomes of each cell.
    #[must_use]
    pub fn statuses(&self) -> &[Status] {
        &self.statuses
    }

    /// Why, for those withheld.
    #[must_use]
    pub fn reasons(&self) -> &[Option<Reason>] {
        &self.reasons
    }

    /// The report.
    #[must_use]
    pub const fn report(&self) -> &Report {
        &self.report
    }
}

/// Protects a case by withholding, and attacks the answer.
///
/// # Errors
/// When the engine cannot protect it, or the attacker breaks what the rule promises.
pub fn protect(case: &Case) -> Result<Protected, Error> {
    protect_watched(case, &|_, _, _| {})
}

/// The same, told to somebody who waits.
///
/// # Errors
/// As [`protect`].
pub fn protect_watched(case: &Case, watch: Watch<'_>) -> Result<Protected, Error> {
    let alone = Terms { every_cell_counts: true, ..Terms::default() };
    let (joint, terms) = match &case.beside {
        Some(beside) => (&beside.joint, &beside.terms),
        None => (&case.system, &alone),
    };
    let terms = Terms { kept: case.kept(), ..terms.clone() };
    let audited = system_watched(joint, &terms, &case.rule, watch)
        .map_err(|e| Error::Engine(named(case, &e)))?;
    let mut statuses = audited.statuses().to_vec();
    let withheld = statuses.iter().filter(|&&status| status != Status::Shown).count();
    watch(Stage::Audit, 0, 0);
    let promise = case.promise();
    let small =
        withheld <= FULL_ATTACK.0 && joint.atoms() <= FULL_ATTACK.1 && promise.depth != Depth::None;
    let depth = if small { Depth::Full } else { promise.depth };
    let settings = Settings { depth, ..promise };
    let found = attack_knowing(joint, &statuses, &settings, audited.tables());
    if found.breaches() > 0 {
        let text = found.text(|cell| name(case, cell));
        return Err(Error::Engine(format!("the attacker broke the pattern: {text}")));
    }
    let mut reasons = audited.reasons().to_vec();
    statuses.truncate(case.system.cells());
    reasons.truncate(case.system.cells());
    let mut account = account(case, Method::Suppress, &|cell, tally| {
        let status = statuses.get(cell).copied().unwrap_or(Status::Primary);
        tally.status(status, case.system.value(cell).unsigned_abs());
    });
    account.attackers = Attacker::all(&found);
    account.intervals_are_exact = depth == Depth::Full && found.is_complete();
    let ranges = found.intervals.as_ref().map_or(&[][..], |t2| &t2.ranges);
    account.narrowest = narrowest(case, &statuses, ranges);
    account.narrowest_primary = audited.evidence().narrowest_primary;
    account.settings.extend(audited.evidence().of_earlier());
    let evidence = audited.evidence().clone();
    let report = report(case, &statuses, Some(evidence), Some(found), account);
    Ok(Protected { reasons, statuses, moved: None, report })
}

/// The name of a present or earlier cell.
fn name(case: &Case, cell: usize) -> String {
    match (cell.checked_sub(case.system.cells()), &case.beside) {
        (Some(earlier), Some(beside)) => beside.name(earlier),
        _ => case.name(cell),
    }
}

/// The engine's error with a cell's codes for its number.
fn named(case: &Case, error: &crate::suppress::Error) -> String {
    if let crate::suppress::Error::Irreconcilable { cell } = error
        && let Ok(number) = cell.parse()
    {
        return format!(
            "cell `{}` cannot be protected beside what must stay shown",
            name(case, number)
        );
    }
    error.to_string()
}

/// The report of any method.
pub(super) fn report(
    case: &Case,
    statuses: &[Status],
    evidence: Option<Evidence>,
    audit: Option<AuditReport>,
    account: Account,
) -> Report {
    let count = |wanted| statuses.iter().filter(|&&status| status == wanted).count();
    let secondary = (0..).zip(statuses).filter(|(_, status)| **status == Status::Secondary);
    let lost: i64 = secondary.map(|(cell, _)| case.system.value(cell)).sum();
    let mut ignored = Vec::new();
    if case.specification.linked != "global" {
        ignored.push(format!("linked = {}: tables are one system", case.specification.linked));
    }
    if let Some(extra) = case.specification.extra.as_object() {
        ignored.extend(extra.keys().map(|key| format!("extra.{key}")));
    }
    Report {
        id: case.specification.id.clone(),
        ignored,
        cells: case.system.cells(),
        inner: case.system.atoms(),
        primary: count(Status::Primary),
        secondary: count(Status::Secondary),
        value_secondary: amount::show(lost, case.decimals),
        margins: margins(case, statuses),
        evidence,
        audit,
        account,
    }
}

fn margins(case: &Case, statuses: &[Status]) -> Vec<MarginCount> {
    let mut counts: Vec<MarginCount> = Vec::new();
    for (cell, status) in statuses.iter().enumerate() {
        let total = &case.specification.total_code;
        let broken = |at: &usize| case.code(cell, *at) != total;
        let columns: Vec<String> = (0..case.columns.len())
            .filter(broken)
            .filter_map(|at| case.columns.get(at).cloned())
            .collect();
        let withheld = usize::from(*status != Status::Shown);
        match counts.iter_mut().rev().find(|count| count.columns == columns) {
            Some(count) => {
                count.cells += 1;
                count.withheld += withheld;
            }
            None => counts.push(MarginCount { columns, cells: 1, withheld }),
        }
    }
    counts
}
