//! What this process has used, or a command.

use crate::{AS_COMMAND, Result};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Seconds of processor time, of all threads.
///
/// # Errors
/// Where the system does not tell.
pub fn processor_seconds() -> Result<f64> {
    seconds("self")
}

fn seconds(process: &str) -> Result<f64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    let fields = text.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks = fields.skip(11).take(2).map(str::parse::<u32>);
    let ticks: u32 = ticks.sum::<std::result::Result<_, _>>()?;
    Ok(f64::from(ticks) / 100.0)
}

/// The most memory there was at once, in kB.
///
/// # Errors
/// Where the system does not tell.
pub fn most_resident() -> Result<u64> {
    most("self")
}

fn most(process: &str) -> Result<u64> {
    let text = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}

/// What a command used.
#[derive(Debug, Clone, Copy, Default)]
pub struct Used {
    /// Of all its threads.
    pub processor_seconds: f64,
    /// The most memory there was at once, in kB.
    pub most_resident: u64,
}

/// Does a `hjemmel` command in a process of its own and looks at it every few milliseconds, the last time shortly before
/// it ends. What it says is thrown away.
///
/// # Errors
/// When it does not succeed, or the system does not tell.
pub fn of_command(arguments: &[&str]) -> Result<Used> {
    let mut child = Command::new(std::env::current_exe()?)
        .arg(AS_COMMAND)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()?;
    let (process, mut used) = (child.id().to_string(), Used::default());
    loop {
        // One that has ended holds no memory any more.
        if let (Ok(processor_seconds), Ok(most_resident)) = (seconds(&process), most(&process)) {
            used = Used { processor_seconds, most_resident };
        }
        match child.try_wait()? {
            None => std::thread::sleep(Duration::from_millis(2)),
            Some(status) if status.success() => return Ok(used),
            Some(status) => return Err(format!("hjemmel {}: {status}", arguments.join(" ")).into()),
        }
    }
}
