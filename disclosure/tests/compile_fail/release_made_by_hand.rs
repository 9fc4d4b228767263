//! A release comes from disclosure control and from nowhere else.

use hjemmel_disclosure::{Protection, Release, TableCells};

fn by_function(content: Vec<TableCells>) -> Release<Vec<TableCells>> {
    Release::new(content, Protection::Exact, None)
}

fn by_literal(content: Vec<TableCells>) -> Release<Vec<TableCells>> {
    Release { content, protection: Protection::Exact, basis: None }
}

fn main() {}
