//! The account of a protection, for the people who answer for it: what was lost where, who attacked, how close they came.
//!
//! It tells true sums and reasons, so it is for the operator's or statistician's eyes and is never served.
//!
//! # Guarantee
//! None: it repeats what [`crate::suppress`] proved and [`crate::audit`] found.

mod page;
mod settings;
#[cfg(test)]
mod tests;
mod words;

use crate::audit::AuditReport;
use serde::{Deserialize, Serialize};

pub(crate) use settings::settings;

/// How a table-set was protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// Cells were withheld.
    Suppress,
    /// Small counts were rounded.
    Round,
    /// Counts were perturbed by cell keys.
    Cellkey,
}

/// The account of one protection. The same data and settings give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Account {
    /// What was protected.
    pub title: String,
    /// How.
    pub method: Method,
    /// Public parameters by name.
    pub settings: Vec<(String, String)>,
    /// What each table lost, or how far its cells were moved.
    pub tables: Vec<TableLoss>,
    /// Who attacked, and what they found.
    pub attackers: Vec<Attacker>,
    /// The primary cells with the least room, the narrowest first.
    pub narrowest: Vec<Interval>,
    /// Whether those are the ends an attacker finds, or the least that was proved.
    pub intervals_are_exact: bool,
    /// The fewest possible values proved for a primary cell.
    pub narrowest_primary: Option<u64>,
}

/// What one table lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableLoss {
    /// The table.
    pub table: String,
    /// All its cells.
    pub all: Loss,
    /// The same by level, as `(level, loss)`.
    pub levels: Vec<(String, Loss)>,
}

/// Cells and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loss {
    /// How many there are.
    pub cells: usize,
    /// Withheld for their own sake.
    pub primary: usize,
    /// Withheld for the sake of others.
    pub secondary: usize,
    /// The withheld part of the cells.
    pub share_of_cells: f64,
    /// The withheld part of the value, or the moved part of it where cells were moved.
    pub share_of_value: f64,
    /// The furthest a cell was moved, where cells were moved.
    pub furthest: Option<u64>,
}

/// One attacker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attacker {
    /// What it knows.
    pub knows: Knowledge,
    /// Withheld cells it tried, or contributors who tried.
    pub tried: usize,
    /// How many it found.
    pub found: usize,
}

/// What an attacker knows besides the tables and the rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Knowledge {
    /// Nothing: it adds and subtracts.
    Algebra,
    /// That nothing is negative, and for counts that they are whole.
    Bounds,
    /// Its own contribution.
    Insider,
}

impl Attacker {
    /// The attackers of one audit.
    pub(crate) fn all(audit: &AuditReport) -> Vec<Self> {
        let attacker = |knows, tried, found| Self { knows, tried, found };
        let mut all = vec![attacker(Knowledge::Algebra, audit.withheld, audit.algebra.determined)];
        if let Some(t2) = &audit.intervals {
            let found = t2.exact + t2.too_few + t2.too_close;
            all.push(attacker(Knowledge::Bounds, t2.answered, found));
        }
        if let Some(t3) = &audit.insiders {
            all.push(attacker(Knowledge::Insider, t3.tried, t3.breaches));
        }
        all
    }
}

/// What a primary cell may be, as far as anybody can tell.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Interval {
    /// The cell by its codes.
    pub cell: String,
    /// The least value.
    pub low: String,
    /// The largest; none without a limit.
    pub high: Option<String>,
}

/// Adds up what becomes of cells.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tally {
    loss: Loss,
    value: u128,
    lost: u128,
}

impl Tally {
    /// Counts a cell that is shown or withheld.
    pub(crate) fn status(&mut self, status: crate::Status, value: u64) {
        self.loss.cells += 1;
        self.value += u128::from(value);
        match status {
            crate::Status::Shown => return,
            crate::Status::Primary => self.loss.primary += 1,
            crate::Status::Secondary => self.loss.secondary += 1,
        }
        self.lost += u128::from(value);
    }

    /// Counts a cell whose value was moved.
    pub(crate) fn moved(&mut self, value: u64, by: u64) {
        self.loss.cells += 1;
        self.value += u128::from(value);
        self.lost += u128::from(by);
        self.loss.furthest = Some(self.loss.furthest.unwrap_or(0).max(by));
    }

    /// The sums as shares.
    pub(crate) fn close(mut self) -> Loss {
        let withheld = (self.loss.primary + self.loss.secondary) as u128;
        self.loss.share_of_cells = share(withheld, self.loss.cells as u128);
        self.loss.share_of_value = share(self.lost, self.value);
        self.loss
    }
}

#[expect(clippy::cast_precision_loss, reason = "a share for reading")]
fn share(part: u128, whole: u128) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

impl Account {
    /// A page of its own, in Norwegian and in English.
    #[must_use]
    pub fn page(&self) -> String {
        page::page(self)
    }

    /// How much the attackers found.
    #[must_use]
    pub fn found(&self) -> usize {
        self.attackers.iter().map(|attacker| attacker.found).sum()
    }
}
