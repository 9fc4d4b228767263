//! Even an audited pattern lets content leave only through the tables it was made from.

use hjemmel_disclosure::suppress::Audited;
use hjemmel_disclosure::{Protection, Release, TableCells};

fn other_cells(pattern: Audited, cells: Vec<TableCells>) -> Release<Vec<TableCells>> {
    pattern.release(cells, Protection::Suppressed, None)
}

fn main() {}
