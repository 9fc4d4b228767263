//! What this process has used.

use crate::Result;

/// Seconds of processor time, of all threads.
///
/// # Errors
/// Where the system does not tell.
pub fn processor_seconds() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
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
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
    Ok(line.trim().trim_end_matches(" kB").parse()?)
}
