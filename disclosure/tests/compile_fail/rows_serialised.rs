//! Unit records have no encoding.

use hjemmel_disclosure::Rows;

fn encoded(rows: &Rows) -> String {
    serde_json::to_string(rows).unwrap()
}

fn main() {}
