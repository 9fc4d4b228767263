//! What tests of several crates share.

pub mod demonstration;
pub mod postgres;

use std::path::{Path, PathBuf};
use std::process::Command;

/// Sends a signal, as `KILL` or `TERM`, to a process; whether it was sent. By the shell's own `kill`: a bare Debian has
/// no other.
///
/// # Errors
/// When there is no shell.
pub fn signal(name: &str, process: u32) -> std::io::Result<bool> {
    Ok(Command::new("sh").args(["-c", &format!("kill -{name} {process}")]).status()?.success())
}

/// Every file below a folder.
///
/// # Errors
/// When a folder cannot be read.
pub fn files(folder: &Path) -> std::io::Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            all.extend(files(&path)?);
        } else {
            all.push(path);
        }
    }
    Ok(all)
}
