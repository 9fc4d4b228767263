//! One decision buys one use.

use hjemmel_policy::{Grant, ReadMicrodata};

fn again(grant: &Grant<ReadMicrodata>) -> Grant<ReadMicrodata> {
    grant.clone()
}

fn main() {}
