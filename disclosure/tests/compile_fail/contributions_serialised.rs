//! What persons contribute has no encoding.

use hjemmel_disclosure::noise::Contributions;

fn encoded(held: &Contributions) -> String {
    serde_json::to_string(held).unwrap()
}

fn main() {}
