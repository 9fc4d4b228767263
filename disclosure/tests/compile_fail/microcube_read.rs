//! Unprotected counts are read by the door alone, and kept nowhere else.

use hjemmel_disclosure::Microcube;

fn counted(cube: &Microcube) -> u64 {
    cube.counts().iter().sum()
}

fn kept(cube: &Microcube) -> Microcube {
    cube.clone()
}

fn main() {}
