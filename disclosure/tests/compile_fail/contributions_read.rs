//! What persons contribute is read by noise alone.

use hjemmel_disclosure::noise::Contributions;

fn by_field(held: Contributions) {
    let _ = held.cells;
}

fn by_printing(held: Contributions) {
    println!("{held:?}");
}

fn main() {}
