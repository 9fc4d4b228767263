//! What a table looks like when it leaves.

use serde::{Deserialize, Serialize};

/// One cell as a reader sees it. Why a cell is withheld is not told: "primary" would say it is 1, 2 or 3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Cell {
    /// The value.
    Shown(u64),
    /// Withheld for confidentiality; symbol `:`.
    Withheld,
    /// The region has not delivered; symbol `..`.
    Missing,
    /// Outside what the caller's grant covers; only in exact answers, never selected from them.
    NotCovered,
}

/// The cells of one table and year, dense in the row-major order of the table's values of that year.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableCells {
    /// The table: `S1101`.
    pub table: String,
    /// The reporting year.
    pub year: u16,
    /// One cell for each combination of values.
    pub cells: Vec<Cell>,
}
