//! A grant is spent when data are sealed with it.

use hjemmel_disclosure::{Microcube, Sealed};
use hjemmel_policy::{Grant, Protect};

fn two_for_one(grant: Grant<Protect>, first: Microcube, second: Microcube) {
    let _ = Sealed::new(grant, first);
    let _ = Sealed::new(grant, second);
}

fn main() {}
