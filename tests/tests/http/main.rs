//! The running server as its callers meet it: one demonstration is made, and each test starts the
//! real program on it, or on a copy where it changes something.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod answer;
mod installation;
mod node;
mod rows;
mod truth;
mod wire;

mod canary;
mod extracts;
mod fictitious;
mod main_job;
mod negotiation;
mod row_space;
mod scripts;
mod selections;
mod tokens;
