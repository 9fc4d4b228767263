//! Unprotected counts cannot end in a log.

use hjemmel_disclosure::Microcube;

fn logged(cube: &Microcube) -> String {
    format!("{cube:?} {cube}")
}

fn main() {}
