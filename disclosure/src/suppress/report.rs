//! What was withheld and how it was tested, for the operators' eyes.

use super::audited::{Audited, Evidence};
use crate::account::{Account, Attacker, Interval, Loss, Method, TableLoss, settings};
use crate::audit::AuditReport;
use crate::{Reason, Rule, Status};
use hjemmel_kostra::table::{Level, Table, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The account of one protection. The same data and rule give the same bytes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The reporting year.
    pub year: u16,
    /// The rule.
    pub rule: Rule,
    /// The attackers the pattern withstood.
    pub attackers: Vec<String>,
    /// What the final audit found.
    pub evidence: Evidence,
    /// Withheld cells by reason.
    pub reasons: BTreeMap<String, usize>,
    /// By table.
    pub tables: Vec<TableCount>,
    /// Who attacked the finished tables, sharing no code with the engine, and what they found.
    #[serde(default)]
    pub attacks: Vec<Attacker>,
    /// The primary cells with the least room that was proved, the narrowest first.
    #[serde(default)]
    pub narrowest: Vec<Interval>,
}

/// What one table lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TableCount {
    /// The table.
    pub table: String,
    /// Its cells, by level of its first dimension and all together.
    pub all: LevelCount,
    /// The same by level of the first dimension.
    pub levels: BTreeMap<String, LevelCount>,
}

/// Cells and what became of them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LevelCount {
    /// How many there are.
    pub cells: usize,
    /// Withheld for their own sake.
    pub primary: usize,
    /// Withheld for the sake of others.
    pub secondary: usize,
    /// What all cells add up to.
    pub value: u64,
    /// What the withheld cells add up to.
    pub withheld_value: u64,
    /// The withheld part of the cells.
    pub withheld_share_of_cells: f64,
    /// The withheld part of the value.
    pub withheld_share_of_value: f64,
}

impl LevelCount {
    fn count(&mut self, status: Status, value: u64) {
        self.cells += 1;
        self.value += value;
        match status {
            Status::Shown => return,
            Status::Primary => self.primary += 1,
            Status::Secondary => self.secondary += 1,
        }
        self.withheld_value += value;
    }

    fn loss(&self) -> Loss {
        Loss {
            cells: self.cells,
            primary: self.primary,
            secondary: self.secondary,
            share_of_cells: self.withheld_share_of_cells,
            share_of_value: self.withheld_share_of_value,
            furthest: None,
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "shares for reading; counts are far below 2^52")]
    fn close(&mut self) {
        let share =
            |part: u64, whole: u64| if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
        let withheld = (self.primary + self.secondary) as u64;
        self.withheld_share_of_cells = share(withheld, self.cells as u64);
        self.withheld_share_of_value = share(self.withheld_value, self.value);
    }
}

impl Report {
    /// The same for a reader.
    #[must_use]
    pub fn account(&self) -> Account {
        let names: Vec<&str> = self.tables.iter().map(|table| table.table.as_str()).collect();
        Account {
            title: format!("{} {}", names.join(", "), self.year),
            method: Method::Suppress,
            settings: settings(&self.rule).into_iter().chain(self.evidence.of_earlier()).collect(),
            tables: self.tables.iter().map(TableCount::loss).collect(),
            attackers: self.attacks.clone(),
            narrowest: self.narrowest.clone(),
            intervals_are_exact: false,
            narrowest_primary: self.evidence.narrowest_primary,
        }
    }

    pub(super) fn new(
        year: u16,
        rule: &Rule,
        audited: &Audited,
        tables: Vec<TableCount>,
        found: &AuditReport,
        narrowest: Vec<Interval>,
    ) -> Self {
        let mut reasons = BTreeMap::new();
        for reason in audited.reasons().iter().flatten() {
            *reasons.entry(Reason::as_str(*reason).to_owned()).or_insert(0) += 1;
        }
        let mut attackers = vec![
            "a reader who adds and subtracts shown cells".to_owned(),
            "a reader who also knows that counts are whole and not negative, and the rule"
                .to_owned(),
        ];
        if rule.insiders {
            attackers.push("a counted person who also knows their own place".to_owned());
        }
        let evidence = audited.evidence().clone();
        let attacks = Attacker::all(found);
        Self { year, rule: rule.clone(), attackers, evidence, reasons, tables, attacks, narrowest }
    }
}

impl TableCount {
    fn loss(&self) -> TableLoss {
        let levels = self.levels.iter().map(|(level, count)| (level.clone(), count.loss()));
        TableLoss { table: self.table.clone(), all: self.all.loss(), levels: levels.collect() }
    }

    /// Counts a table's cells, given status and value of each in row-major order.
    pub(super) fn of(table: &Table, first: &[Value], cells: &[(Status, u64)]) -> Self {
        let mut count =
            Self { table: table.id.clone(), all: LevelCount::default(), levels: BTreeMap::new() };
        let stride = cells.len().checked_div(first.len()).unwrap_or(1).max(1);
        for (value, cells) in first.iter().zip(cells.chunks(stride)) {
            let level = count.levels.entry(word(value.level).to_owned()).or_default();
            for &(status, amount) in cells {
                level.count(status, amount);
                count.all.count(status, amount);
            }
        }
        count.levels.values_mut().for_each(LevelCount::close);
        count.all.close();
        count
    }
}

const fn word(level: Level) -> &'static str {
    match level {
        Level::Leaf => "leaf",
        Level::Kommune => "kommune",
        Level::Merged => "merged",
        Level::Size => "size",
        Level::KostraGroup => "kostra-group",
        Level::Fylke => "fylke",
        Level::Total => "total",
    }
}
