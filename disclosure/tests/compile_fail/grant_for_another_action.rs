//! A grant to read exact cells does not open unit records.

use hjemmel_disclosure::{Identities, Rows, Sealed, records};
use hjemmel_policy::{Grant, ReadTable};
use std::sync::Arc;

fn swap(grant: Grant<ReadTable>, rows: Rows, identities: Arc<dyn Identities>) {
    let _ = records(Sealed::new(grant, rows), identities);
}

fn main() {}
