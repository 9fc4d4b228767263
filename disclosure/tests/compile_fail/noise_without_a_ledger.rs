//! Noise is drawn for what is paid for, and only a ledger makes a payment.

use hjemmel_disclosure::Sealed;
use hjemmel_disclosure::noise::{Contributions, Paid, Plan, Reservation, draw};
use hjemmel_policy::Ask;

fn unpaid(sealed: Sealed<Ask, Vec<Contributions>>, plan: Plan) {
    let paid: Paid = plan;
    let _ = draw(sealed, paid);
}

fn forged() -> Paid {
    Reservation(String::new())
}

fn main() {}
