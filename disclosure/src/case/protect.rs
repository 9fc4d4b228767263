//! The engine run on a case, and its answer on disk.

use std::io::Write;
use std::path::Path;

use serde::Serialize;

use super::error::Error;
use super::{Case, amount};
use crate::audit::{AuditReport, attack};
use crate::suppress::{Evidence, Terms, system};
use crate::{Reason, Status};

/// What becomes of every cell of a case.
pub struct Protected {
    statuses: Vec<Status>,
    reasons: Vec<Option<Reason>>,
    report: Report,
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
    /// What the engine proved.
    pub evidence: Evidence,
    /// What the independent attacker found.
    pub audit: AuditReport,
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

/// Protects a case and attacks the answer.
///
/// # Errors
/// When the engine cannot protect it, or the attacker breaks what the rule promises.
pub fn protect(case: &Case) -> Result<Protected, Error> {
    let audited = system(&case.system, &Terms::default(), &case.rule)
        .map_err(|error| Error::Engine(named(case, &error)))?;
    let statuses = audited.statuses().to_vec();
    let found = attack(&case.system, &statuses, &case.promise());
    if found.breaches() > 0 {
        let text = found.text(|cell| case.name(cell));
        return Err(Error::Engine(format!("the attacker broke the pattern: {text}")));
    }
    let report = report(case, &statuses, audited.evidence().clone(), found);
    Ok(Protected { reasons: audited.reasons().to_vec(), statuses, report })
}

/// The engine's error with a cell's codes for its number.
fn named(case: &Case, error: &crate::suppress::Error) -> String {
    if let crate::suppress::Error::Irreconcilable { cell } = error
        && let Ok(number) = cell.parse()
    {
        return format!(
            "cell `{}` cannot be protected beside what must stay shown",
            case.name(number)
        );
    }
    error.to_string()
}

fn report(case: &Case, statuses: &[Status], evidence: Evidence, audit: AuditReport) -> Report {
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

/// Writes `cells.csv`, `report.json` and `report.html` into a directory, each whole or not at all.
///
/// Withheld values are left out unless `with_values` is said, for the statistician's own eyes.
///
/// # Errors
/// When the directory cannot be made or written.
pub fn write(case: &Case, done: &Protected, out: &Path, with_values: bool) -> Result<(), Error> {
    let failed = |source| Error::File { path: out.to_owned(), source };
    std::fs::create_dir_all(out).map_err(failed)?;
    let cells = cells(case, done, with_values)?;
    let json = serde_json::to_vec_pretty(&done.report)?;
    let page = done.report.audit.page(&case.specification.title, |cell| case.name(cell));
    let files = [("cells.csv", cells), ("report.json", json), ("report.html", page.into_bytes())];
    let mut ready = Vec::new();
    for (name, content) in files {
        let mut file =
            tempfile::Builder::new().prefix(".hjemmel-").tempfile_in(out).map_err(failed)?;
        file.write_all(&content).map_err(failed)?;
        file.as_file().sync_all().map_err(failed)?;
        ready.push((name, file));
    }
    for (name, file) in ready {
        file.persist(out.join(name)).map_err(|error| failed(error.error))?;
    }
    Ok(())
}

fn cells(case: &Case, done: &Protected, with_values: bool) -> Result<Vec<u8>, Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    let fixed = ["value", "primary", "suppressed", "reason"];
    writer.write_record(case.columns.iter().map(String::as_str).chain(fixed))?;
    for (cell, (status, reason)) in done.statuses.iter().zip(&done.reasons).enumerate() {
        let withheld = *status != Status::Shown;
        let value = if withheld && !with_values {
            String::new()
        } else {
            amount::show(case.system.value(cell), case.decimals)
        };
        let flag = |set| if set { "1" } else { "0" };
        let codes = (0..case.columns.len()).map(|at| case.code(cell, at));
        writer.write_record(codes.chain([
            value.as_str(),
            flag(*status == Status::Primary),
            flag(withheld),
            reason.map_or("", Reason::as_str),
        ]))?;
    }
    writer.into_inner().map_err(|error| Error::Csv(error.into_error().into()))
}
