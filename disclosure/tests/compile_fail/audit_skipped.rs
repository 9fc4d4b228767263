//! Secondary suppression that was not audited releases nothing.

use hjemmel_disclosure::suppress::Secondary;
use hjemmel_disclosure::{Protection, Release, TableCells};

fn early(pattern: Secondary<'_>, cells: Vec<TableCells>) -> Release<Vec<TableCells>> {
    pattern.release(cells, Protection::Suppressed, None)
}

fn main() {}
