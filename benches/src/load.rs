//! Load by `wrk`: as many requests as 32 connections can make in six seconds.

use crate::Result;
use std::net::SocketAddr;
use std::process::Command;

const SECONDS: &str = "6s";

/// What `wrk` saw.
pub struct Seen {
    /// Requests a second.
    pub each_second: f64,
    /// The time that one request of a hundred takes longer than.
    pub slowest: String,
}

/// Asks for one path again and again.
///
/// # Errors
/// When `wrk` is not here, or an answer is no success.
pub fn requests(address: SocketAddr, path: &str, headers: &[String]) -> Result<Seen> {
    let url = format!("http://{address}{path}");
    let output = Command::new("wrk")
        .args(["-t1", "-c32", "--latency", "-d", SECONDS])
        .args(headers.iter().flat_map(|line| ["-H", line]))
        .arg(&url)
        .output()
        .map_err(|error| format!("wrk (package `wrk`) is needed: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(text.into());
    }
    let after = |name: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(name));
        line.map(|rest| rest.trim().to_owned()).ok_or_else(|| text.clone())
    };
    Ok(Seen { each_second: after("Requests/sec:")?.parse()?, slowest: after("99%")? })
}
