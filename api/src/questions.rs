//! Questions that are answered with noise: from what was written to an answer that is kept for ever.
//!
//! The price is durable before the registers are read, the answer is durable before it leaves, and the time and the
//! length of the reply follow from the question, not from what the records hold.

pub mod advice;
pub mod answer;
pub mod asking;
pub mod body;
pub mod csv;
pub mod given;
pub mod jsonstat;
pub mod made_up;
pub mod makers;
pub mod pace;
pub mod plan;
pub mod preview;
pub mod purser;
pub mod reading;
pub mod receipt;
pub mod settings;
mod teller;

pub use purser::Purser;
pub use settings::Questions;
