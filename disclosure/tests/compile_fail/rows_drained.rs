//! Only the door takes records out of their stream.

use hjemmel_disclosure::Rows;

fn drained(rows: Rows) {
    let _ = rows.into_batches();
}

fn main() {}
