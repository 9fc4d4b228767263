//! A server in a process of its own, and a client that does nothing but read.

use crate::place::STORE;
use crate::{AS_COMMAND, Result};
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A running server; it ends with the value.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// Serves an installation on a free port of 127.0.0.1.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start(folder: &Path) -> Result<Self> {
        Self::with(folder, None)
    }

    /// The same on another database than that of the settings.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn with(folder: &Path, url: Option<&str>) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        Self::launch(folder, url, &[AS_COMMAND], address)
    }

    /// Serves an installation where others expect it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn at(folder: &Path, address: SocketAddr) -> Result<Self> {
        Self::launch(folder, None, &[AS_COMMAND], address)
    }

    /// Serves an installation without recording what it decides, which only a build for this can.
    ///
    /// # Errors
    /// When it does not come up.
    #[cfg(feature = "unrecorded")]
    pub fn unrecorded(folder: &Path) -> Result<Self> {
        let address = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?;
        Self::launch(folder, None, &[crate::UNRECORDED, AS_COMMAND], address)
    }

    fn launch(
        folder: &Path,
        url: Option<&str>,
        first: &[&str],
        address: SocketAddr,
    ) -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .args(first)
            .args(["serve", "--address", &address.to_string(), "--config"])
            .arg(folder.join("hjemmel.toml"))
            .envs(url.map(|url| (STORE, url)))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()?;
        let said = child.stdout.take().ok_or("the server says nothing")?;
        let server = Self { child, address };
        let mut line = String::new();
        BufReader::new(said).read_line(&mut line)?;
        if !line.starts_with("listening") {
            return Err(format!("the server did not come up: {line}").into());
        }
        Ok(server)
    }

    /// Megabytes it holds now, after forgetting how many it held before.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn resident_anew(&self) -> Result<u64> {
        std::fs::write(format!("/proc/{}/clear_refs", self.child.id()), "5")?;
        self.status("VmRSS:")
    }

    /// The most megabytes it held since.
    ///
    /// # Errors
    /// Where the system does not tell.
    pub fn most_resident(&self) -> Result<u64> {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> Result<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        let number = line.and_then(|line| line.split_whitespace().next());
        Ok(number.ok_or("the system does not tell")?.parse::<u64>()? / 1024)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Asks with further header lines and reads to the end; gives the bytes that came, head and all.
///
/// # Errors
/// When the answer is not 200, or a stream was cut.
pub fn download(address: SocketAddr, path: &str, headers: &[String]) -> Result<u64> {
    let mut bytes = 0;
    let (mut first, mut last) = (Vec::new(), Vec::new());
    each_part(address, path, headers, |part| {
        bytes += part.len() as u64;
        first.extend_from_slice(
            part.get(..1024usize.saturating_sub(first.len()).min(part.len())).unwrap_or_default(),
        );
        last.extend_from_slice(part.get(part.len().saturating_sub(5)..).unwrap_or_default());
        last.drain(..last.len().saturating_sub(5));
    })?;
    let head = String::from_utf8_lossy(&first).to_ascii_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(format!("{path} was answered with {head}").into());
    }
    if head.contains("transfer-encoding: chunked") && last != b"0\r\n\r\n" {
        return Err(format!("{path} was cut after {bytes} bytes").into());
    }
    Ok(bytes)
}

/// The body of an answer of known length.
///
/// # Errors
/// When there is none.
pub fn body(address: SocketAddr, path: &str) -> Result<Vec<u8>> {
    body_for(address, path, &[])
}

/// The same with further header lines.
///
/// # Errors
/// When there is none.
pub fn body_for(address: SocketAddr, path: &str, headers: &[String]) -> Result<Vec<u8>> {
    let mut all = Vec::new();
    each_part(address, path, headers, |part| all.extend_from_slice(part))?;
    let end = all.windows(4).position(|window| window == b"\r\n\r\n").ok_or("no head")?;
    if !all.starts_with(b"HTTP/1.1 200") {
        return Err(String::from_utf8_lossy(&all).into_owned().into());
    }
    Ok(all.split_off(end + 4))
}

/// Sends a request with a body, and gives the whole answer, head and all.
///
/// # Errors
/// When there is none.
pub fn send(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[String],
    body: &str,
) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    let headers = headers.iter().fold(String::new(), |all, line| all + line.as_str() + "\r\n");
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

fn each_part(
    address: SocketAddr,
    path: &str,
    headers: &[String],
    mut part: impl FnMut(&[u8]),
) -> Result<()> {
    let mut stream = TcpStream::connect(address)?;
    let headers = headers.iter().fold(String::new(), |all, line| all + line.as_str() + "\r\n");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}\r\n")?;
    let mut buffer = vec![0; 1 << 18];
    loop {
        match stream.read(&mut buffer)? {
            0 => return Ok(()),
            read => part(buffer.get(..read).unwrap_or_default()),
        }
    }
}
