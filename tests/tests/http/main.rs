//! The running server as its callers meet it: one demonstration is made, and each test starts the
//! real program on it, or on a copy where it changes something.
#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test that cannot go on must fail"
)]

mod answer;
mod described;
mod grants;
mod installation;
mod node;
mod proxy;
mod rows;
mod speaker;
mod truth;
mod wire;

mod bad_questions;
mod budgets;
mod canary;
mod catalogues;
mod checks;
mod clients;
mod coarser;
mod combinations;
mod commands;
mod comparing;
mod comparing_more;
mod crosschecks;
mod cut;
mod deliveries;
mod deliveries_cut;
mod deliveries_odd;
mod deliveries_sheets;
mod extracts;
mod faults;
mod fictitious;
mod first_interface;
mod formats;
mod hostile_nodes;
mod hostile_words;
mod imports;
mod indicators;
mod joint;
mod joint_faults;
mod limits;
mod main_job;
mod monthly;
mod negotiation;
mod nodes;
mod notices;
mod policy_store;
mod postgres;
mod protecting;
#[path = "../../privacy/question_attacks.rs"]
mod question_attacks;
#[path = "../../privacy/question_estimates.rs"]
mod question_estimates;
mod question_forms;
mod questions;
mod reference_errors;
mod row_space;
mod scripts;
mod selections;
mod signs;
mod streams;
mod sums;
mod tokens;
mod two_editions;
mod validity;
mod witness;

mod cases;
mod foresight;
mod record;
