//! What the benches share: a place with an installation and records, a server of its own, and a clock.
//!
//! A bench is the `hjemmel` command as well: started again with [`AS_COMMAND`] first it does what the rest of
//! the line says, so that what is measured runs in a process of its own without another program to build.

pub mod clock;
pub mod load;
pub mod nodes;
pub mod own;
pub mod place;
pub mod records;
pub mod server;

use clap::Parser;
use std::process::ExitCode;

/// The first argument that makes a bench the `hjemmel` command.
pub const AS_COMMAND: &str = "as-hjemmel";

/// The same where nothing is recorded, in a build that can leave the record out.
#[cfg(feature = "unrecorded")]
pub const UNRECORDED: &str = "as-hjemmel-without-its-record";

/// Whatever stops a bench.
pub type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Runs a bench, or the command it was started as.
pub fn run(bench: impl FnOnce() -> Result<()>) -> ExitCode {
    let mut arguments = std::env::args().skip(1).peekable();
    #[cfg(feature = "unrecorded")]
    if arguments.next_if(|first| first == UNRECORDED).is_some() {
        hjemmel::journal::unrecorded::switch_off();
    }
    if arguments.peek().is_some_and(|first| first == AS_COMMAND) {
        return match hjemmel::command::Command::parse_from(arguments).run() {
            Ok(code) => code,
            Err(failure) => {
                eprintln!("{failure}");
                ExitCode::FAILURE
            }
        };
    }
    match bench() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
