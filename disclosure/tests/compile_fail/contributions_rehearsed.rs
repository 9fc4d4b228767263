//! What was read from the registers cannot be answered for nothing.

use hjemmel_disclosure::Sealed;
use hjemmel_disclosure::noise::{Contributions, Plan, rehearse};
use hjemmel_policy::Ask;

fn for_nothing(sealed: Sealed<Ask, Vec<Contributions>>, plan: Plan) {
    let held: Vec<Contributions> = sealed;
    let _ = rehearse(vec![plan], held);
}

fn main() {}
