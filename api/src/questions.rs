//! Questions that are answered with noise: from what was written to an answer that is kept for ever.
//!
//! The price is durable before the registers are read, the answer is durable before it leaves, and the reply
//! leaves at a time and with a length that follow from the question alone.

pub mod advice;
pub mod answer;
pub mod asking;
pub mod body;
pub mod csv;
pub mod jsonstat;
pub mod made_up;
pub mod plan;
pub mod preview;
pub mod purser;
pub mod reading;
pub mod receipt;
pub mod schedule;
pub mod settings;

pub use purser::Purser;
pub use settings::Questions;
