//! Unit records cannot end in a log.

use hjemmel_disclosure::Rows;

fn logged(rows: &Rows) -> String {
    format!("{rows:?} {rows}")
}

fn main() {}
