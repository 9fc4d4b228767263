//! What was read from the registers cannot be answered for nothing.

use hjemmel_disclosure::Sealed;
use hjemmel_disclosure::noise::{Contributions, Plan, rehearse};
use hjemmel_policy::Ask;

fn for_nothing(sealed: Sealed<Ask, Vec<Contributions>>, plan: Plan) {
    let _ = rehearse(vec![plan], sealed);
}

fn main() {}
