//! One payment buys one answer.

use hjemmel_disclosure::Sealed;
use hjemmel_disclosure::noise::{Contributions, Paid, draw};
use hjemmel_policy::Ask;

fn twice(first: Sealed<Ask, Vec<Contributions>>, again: Sealed<Ask, Vec<Contributions>>, paid: Paid) {
    let _ = draw(first, paid);
    let _ = draw(again, paid);
}

fn copied(paid: &Paid) -> Paid {
    paid.clone()
}

fn main() {}
