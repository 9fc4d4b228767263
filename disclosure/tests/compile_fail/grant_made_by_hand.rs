//! Nobody but the decision makes a grant.

use hjemmel_policy::{Grant, Obligations, Protect, ProtectTables};

fn by_function(resource: ProtectTables, obligations: Obligations) -> Grant<Protect> {
    Grant::new(resource, obligations)
}

fn by_literal(resource: ProtectTables, obligations: Obligations) -> Grant<Protect> {
    Grant { resource, obligations: Box::new(obligations) }
}

fn main() {}
