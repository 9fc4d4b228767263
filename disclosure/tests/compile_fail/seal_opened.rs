//! Only the door opens a seal.

use hjemmel_disclosure::{Microcube, Sealed};
use hjemmel_policy::Protect;

fn by_method(sealed: Sealed<Protect, Microcube>) -> Microcube {
    sealed.open().1
}

fn by_field(sealed: Sealed<Protect, Microcube>) -> Microcube {
    sealed.data
}

fn by_pattern(sealed: Sealed<Protect, Microcube>) -> Microcube {
    let Sealed { data, .. } = sealed;
    data
}

fn main() {}
