//! How long a grant that is suspended goes on giving: from the request that suspends it to the last byte of the last stream,
//! with three processes on one PostgreSQL, each streaming records and answering pages meanwhile.
//!
//! `BENCH_PERSONS` sets how many persons' records are streamed.

use hjemmel_benches::Result;
use hjemmel_benches::place::{Place, YEAR, bearer, import, installed};
use hjemmel_benches::server::{Server, send};
use hjemmel_tests::postgres::Cluster;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{JoinHandle, sleep, spawn};
use std::time::{Duration, Instant};

const PERSONS: u32 = 2_400_000;
const PROCESSES: usize = 3;
const STREAMS: usize = 2;
const ROUNDS: usize = 5;
const GRANT: &str = "/v1/grants/nav-11-pseudonymised";

/// When the last byte of a stream came.
struct Ended {
    last: Instant,
    whole: bool,
}

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let persons = std::env::var("BENCH_PERSONS").map_or(Ok(PERSONS), |text| text.parse())?;
    let place = Place::open()?;
    let (folder, records) = (place.demonstration("demo-revocation")?, place.records(persons)?);
    let url = Cluster::shared().database("revocation");
    installed(&folder, &url)?;
    import(&folder, &records, Some(&url))?;
    let servers: Vec<Server> =
        (0..PROCESSES).map(|_| Server::with(&folder, Some(&url))).collect::<Result<_>>()?;
    let [nav, legal, legal2] = ["nav", "legal", "legal2"].map(|who| bearer(&folder, who));
    let (nav, legal, legal2) = (nav?, legal?, legal2?);
    let mut worst = Duration::ZERO;
    for _ in 0..ROUNDS {
        let took = round(&servers, &nav, &legal)?;
        worst = worst.max(took);
        resume(&servers, &nav, &legal2)?;
    }
    println!(
        "from asking for the suspension to the last byte, worst of {ROUNDS}: {worst:.0?} (goal below 1 s)"
    );
    Ok(())
}

fn round(servers: &[Server], nav: &str, legal: &str) -> Result<Duration> {
    let busy = Arc::new(AtomicBool::new(true));
    let answered = Arc::new(AtomicUsize::new(0));
    let streams: Vec<JoinHandle<std::io::Result<Ended>>> = servers
        .iter()
        .flat_map(|server| (0..STREAMS).map(|_| stream(server.address, nav.to_owned())))
        .collect();
    let others: Vec<JoinHandle<()>> = servers
        .iter()
        .map(|server| pages(server.address, nav.to_owned(), busy.clone(), answered.clone()))
        .collect();
    sleep(Duration::from_secs(2));
    let first = servers.first().ok_or("no server")?.address;
    let before = answered.load(Ordering::Relaxed);
    let asked = Instant::now();
    let said = send(first, "POST", &format!("{GRANT}/suspend"), &[legal.to_owned()], REASON)?;
    let taken = asked.elapsed();
    if !said.starts_with("HTTP/1.1 200") {
        return Err(said.into());
    }
    let mut last = Vec::new();
    for stream in streams {
        let ended = stream.join().map_err(|_| "a stream could not be read")??;
        if ended.whole {
            return Err("a stream came to its end before it could be cut: set BENCH_PERSONS".into());
        }
        last.push(ended.last.saturating_duration_since(asked));
    }
    busy.store(false, Ordering::Relaxed);
    for other in others {
        other.join().map_err(|_| "pages could not be read")?;
    }
    let each: Vec<String> = last.chunks(STREAMS).map(|pair| format!("{pair:.0?}")).collect();
    println!(
        "  suspended after {taken:.0?}; last bytes, by process: {}; {before} pages of 100 in the 2 s before",
        each.join(" ")
    );
    last.into_iter().max().ok_or_else(|| "no stream".into())
}

const REASON: &str = r#"{"reason":"a measurement"}"#;

fn resume(servers: &[Server], nav: &str, legal: &str) -> Result<()> {
    let first = servers.first().ok_or("no server")?.address;
    let case = send(first, "GET", GRANT, &[legal.to_owned()], "")?;
    let tag = case.lines().find_map(|line| line.strip_prefix("etag: ")).ok_or("no tag")?;
    let headers = [legal.to_owned(), format!("If-Match: {}", tag.trim())];
    let said = send(first, "POST", &format!("{GRANT}/resume"), &headers, REASON)?;
    if !said.starts_with("HTTP/1.1 200") {
        return Err(said.into());
    }
    for server in servers {
        let page = format!("/v1/datasets/skjema-11/microdata?year={YEAR}&limit=1");
        while !send(server.address, "GET", &page, &[nav.to_owned()], "")?
            .starts_with("HTTP/1.1 200")
        {
            sleep(Duration::from_millis(50));
        }
    }
    Ok(())
}

fn stream(address: SocketAddr, nav: String) -> JoinHandle<std::io::Result<Ended>> {
    spawn(move || {
        let mut stream = TcpStream::connect(address)?;
        let path = format!("/v1/datasets/skjema-11/microdata?year={YEAR}&format=csv");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{nav}\r\n\r\n")?;
        let (mut buffer, mut end) = (vec![0; 1 << 18], Vec::new());
        let mut last = Instant::now();
        loop {
            // A connection that is reset has ended too.
            let read = stream.read(&mut buffer).unwrap_or(0);
            if read == 0 {
                return Ok(Ended { last, whole: end == b"0\r\n\r\n" });
            }
            last = Instant::now();
            end.extend_from_slice(buffer.get(read.saturating_sub(5)..read).unwrap_or_default());
            end.drain(..end.len().saturating_sub(5));
        }
    })
}

/// Asks for pages of a hundred records as fast as they come.
fn pages(
    address: SocketAddr,
    nav: String,
    busy: Arc<AtomicBool>,
    answered: Arc<AtomicUsize>,
) -> JoinHandle<()> {
    let page = format!("/v1/datasets/skjema-11/microdata?year={YEAR}&limit=100");
    spawn(move || {
        while busy.load(Ordering::Relaxed) {
            let said = send(address, "GET", &page, std::slice::from_ref(&nav), "");
            answered.fetch_add(usize::from(said.is_ok()), Ordering::Relaxed);
        }
    })
}
