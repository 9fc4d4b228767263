//! The running server as its callers meet it: one demonstration is made, and each test starts the
//! real program on it, or on a copy where it changes something.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod answer;
mod grants;
mod installation;
mod node;
mod rows;
mod truth;

mod bad_questions;
mod commands;
mod cut;
mod faults;
mod fictitious;
mod imports;
mod main_job;
mod postgres;
mod tokens;
mod validity;
