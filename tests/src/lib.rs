//! What tests of several crates share.

pub mod demonstration;
pub mod postgres;
