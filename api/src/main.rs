//! The `hjemmel` command.

use clap::Parser;
use std::process::ExitCode;

#[cfg(feature = "unrecorded")]
compile_error!("what is decided is always recorded: `unrecorded` is for benches alone");

fn main() -> ExitCode {
    match hjemmel::command::Command::parse().run() {
        Ok(code) => code,
        Err(failure) => {
            hjemmel::command::complain(&format!("hjemmel: {failure}"));
            ExitCode::from(2)
        }
    }
}
