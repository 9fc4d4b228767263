//! A seal is not opened by encoding it.

use hjemmel_disclosure::{Microcube, Sealed};
use hjemmel_policy::Protect;

fn encoded(sealed: &Sealed<Protect, Microcube>) -> String {
    serde_json::to_string(sealed).unwrap()
}

fn main() {}
