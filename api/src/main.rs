//! The `hjemmel` command.

use clap::Parser;
use std::process::ExitCode;

fn main() -> ExitCode {
    match hjemmel::command::Command::parse().run() {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("hjemmel: {failure}");
            ExitCode::from(2)
        }
    }
}
