//! The HTTP interface of Hjemmel and the `hjemmel` command.
//!
//! A request goes one way: question → caller → decision → data under a seal → disclosure control → answer.

pub mod accept;
pub mod app;
pub mod axes;
pub mod background;
pub mod clock;
pub mod command;
pub mod crosschecks;
pub mod cursor;
pub mod dcat;
pub mod deliveries;
pub mod edge;
pub mod editions;
pub mod fault;
pub mod federation;
pub mod grants;
pub mod identity;
pub mod journal;
mod json_words;
mod klass;
pub mod language;
pub mod limits;
pub mod microdata;
pub mod notices;
pub mod openapi;
pub mod pictures;
pub mod problem;
pub mod pxweb;
pub mod questions;
pub mod range;
pub mod record;
pub mod releases;
pub mod reply;
pub mod routes;
pub mod search;
pub mod sent;
pub mod server;
pub mod settings;
pub mod shelf;
pub mod signin;
pub mod stream;
pub mod table_answer;
