//! The HTTP interface of Hjemmel.

pub mod identity;
