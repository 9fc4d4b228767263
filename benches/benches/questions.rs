//! Questions a second and their slowest hundredth, against a handler that only commits one row durably; and whether
//! a reply's time tells if anybody matched.

use actix_web::{App, HttpResponse, HttpServer, web};
use chrono::Utc;
use hjemmel_benches::Result;
use hjemmel_benches::place::Place;
use hjemmel_benches::server::Server;
use hjemmel_store::{SecurityEvent, Store};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const ROUNDS: usize = 3;
const SECONDS: u64 = 6;
const CLIENTS: [usize; 2] = [1, 32];
/// Requests of each kind for the comparison of times.
const TIMED: usize = 400;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let folder = Place::open()?.demonstration("demo-questions")?;
    enrich(&folder)?;
    let token = std::fs::read_to_string(folder.join("tokens/researcher.jwt"))?;
    let server = Server::start(&folder)?;
    let bare = bare(&folder.join("bare.db"))?;
    let next = AtomicU64::new(seconds());
    let question = |_: u64| post(&token, &total(next.fetch_add(1, Ordering::Relaxed)));
    let same = post(&token, &total(1));
    let repeat = |_: u64| same.clone();
    let commit =
        |_: u64| "POST /commit HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n".to_owned();
    for clients in CLIENTS {
        println!("{clients} client(s):");
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let ours = load(server.address, clients, &question)?;
            let other = load(bare, clients, &commit)?;
            ratios.push(ours.rate / other.rate);
            println!(
                "  questions {:.0}/s (p99 {:.0} ms), bare commits {:.0}/s (p99 {:.0} ms), ratio {:.2}",
                ours.rate,
                ours.p99,
                other.rate,
                other.p99,
                ours.rate / other.rate
            );
        }
        ratios.sort_unstable_by(f64::total_cmp);
        let median = ratios.get(ratios.len() / 2).copied().unwrap_or(f64::NAN);
        println!("  new questions against bare commits: median {median:.2} (goal at least 0.5)");
        let again = load(server.address, clients, &repeat)?;
        println!("  the same question again {:.0}/s (p99 {:.0} ms)", again.rate, again.p99);
    }
    let mut times = [Vec::new(), Vec::new()];
    let mut client = TcpStream::connect(server.address)?;
    for _ in 0..TIMED {
        for (region, times) in ["0301", "1144"].iter().zip(&mut times) {
            let body = by_region(region, next.fetch_add(1, Ordering::Relaxed));
            let started = Instant::now();
            exchange(&mut client, &post(&token, &body))?;
            times.push(started.elapsed().as_secs_f64());
        }
    }
    let [many, few] = &times;
    let t = welch(many, few);
    println!(
        "Oslo against Kvitsøy, {TIMED} questions each: Welch t = {t:.2} (goal below 4.5 either way)"
    );
    Ok(())
}

/// Seconds since 1970, so that no two runs ask the same.
fn seconds() -> u64 {
    u64::try_from(Utc::now().timestamp()).unwrap_or_default() % 1_000_000 * 100_000
}

/// Budgets that no run empties.
fn enrich(folder: &Path) -> Result<()> {
    let path = folder.join("hjemmel.toml");
    let text = std::fs::read_to_string(&path)?;
    if !text.contains("rho_per_project") {
        let caps = "[questions]\nrho_per_dataset_year = 100000\nrho_per_project = 100000\nrho_per_organisation = 100000\n\n[[questions.projects]]";
        std::fs::write(&path, text.replacen("[[questions.projects]]", caps, 1))?;
    }
    Ok(())
}

/// A total count whose price, in billionths of ρ, makes it a question of its own.
fn total(number: u64) -> String {
    let rho = format!("0.{:09}", 1_000_000 + number % 900_000_000);
    format!(r#"{{"dataset":"skjema-11","year":2024,"measure":{{"count":"persons"}},"rho":{rho}}}"#)
}

fn by_region(region: &str, number: u64) -> String {
    let rho = format!("0.{:09}", 1_000_000 + number % 900_000_000);
    format!(
        r#"{{"dataset":"skjema-11","year":2024,"measure":{{"count":"persons"}},"filter":[{{"variable":"REGION","codes":["{region}"]}}],"rho":{rho}}}"#
    )
}

fn post(token: &str, body: &str) -> String {
    let (token, length) = (token.trim(), body.len());
    format!(
        "POST /v1/queries HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

struct Load {
    rate: f64,
    p99: f64,
}

/// So many clients, each with a connection of its own, one request after the other.
fn load(
    address: SocketAddr,
    clients: usize,
    request: &(impl Fn(u64) -> String + Sync),
) -> Result<Load> {
    let started = Instant::now();
    let until = started + Duration::from_secs(SECONDS);
    let results: Vec<std::result::Result<Vec<f64>, String>> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..clients)
            .map(|_| {
                scope.spawn(move || {
                    let ask = || -> Result<Vec<f64>> {
                        let mut client = TcpStream::connect(address)?;
                        client.set_nodelay(true)?;
                        let mut times = Vec::new();
                        while Instant::now() < until {
                            let began = Instant::now();
                            exchange(&mut client, &request(0))?;
                            times.push(began.elapsed().as_secs_f64() * 1e3);
                        }
                        Ok(times)
                    };
                    ask().map_err(|error| error.to_string())
                })
            })
            .collect();
        threads.into_iter().map(|t| t.join().unwrap_or_else(|_| Err("panic".to_owned()))).collect()
    });
    let took = started.elapsed().as_secs_f64();
    let mut times = Vec::new();
    for result in results {
        times.extend(result?);
    }
    times.sort_unstable_by(f64::total_cmp);
    let p99 = times.get(times.len() * 99 / 100).copied().unwrap_or(f64::NAN);
    Ok(Load { rate: count(times.len()) / took, p99 })
}

fn count(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

/// Sends a request and reads its answer, which must be 200.
fn exchange(client: &mut TcpStream, request: &str) -> Result<()> {
    client.write_all(request.as_bytes())?;
    let (mut all, mut buffer) = (Vec::new(), [0; 1 << 14]);
    loop {
        let read = client.read(&mut buffer)?;
        if read == 0 {
            return Err("the connection was closed".into());
        }
        all.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let Some(end) = all.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(all.get(..end).unwrap_or_default()).to_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(String::from_utf8_lossy(&all).into_owned().into());
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if all.len() >= end + 4 + length.ok_or("no length")?.parse::<usize>()? {
            return Ok(());
        }
    }
}

/// A server of the same kind that commits one row durably for each request and does nothing else.
fn bare(path: &Path) -> Result<SocketAddr> {
    let store = Store::open(&format!("sqlite:{}", path.display()), 8)?;
    store.migrate()?;
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let served = actix_web::rt::System::new().block_on(async move {
            HttpServer::new(move || {
                App::new()
                    .app_data(web::Data::new(store.clone()))
                    .route("/commit", web::post().to(commit))
            })
            .listen(listener)?
            .run()
            .await
        });
        if let Err(error) = served {
            eprintln!("the bare handler stopped: {error}");
        }
    });
    Ok(address)
}

async fn commit(store: web::Data<Store>) -> HttpResponse {
    let row = SecurityEvent {
        id: uuid::Uuid::now_v7(),
        at: Utc::now(),
        kind: "bench".to_owned(),
        detail: "one row".to_owned(),
    };
    match web::block(move || store.record_event(&row)).await {
        Ok(Ok(())) => HttpResponse::Ok().body("done"),
        _ => HttpResponse::ServiceUnavailable().finish(),
    }
}

/// Welch's t of two samples.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let moments = |sample: &[f64]| {
        let number = count(sample.len());
        let mean = sample.iter().sum::<f64>() / number;
        let variance = sample.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (number - 1.0);
        (mean, variance / number)
    };
    let ((a, va), (b, vb)) = (moments(one), moments(other));
    (a - b) / (va + vb).sqrt()
}
