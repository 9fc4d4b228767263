//! Unprotected counts have no encoding.

use hjemmel_disclosure::Microcube;

fn encoded(cube: &Microcube) -> String {
    serde_json::to_string(cube).unwrap()
}

fn main() {}
