//! Questions a second and their slowest hundredth, against a handler that only commits one row durably, on SQLite and on
//! PostgreSQL; and whether a reply's time tells who is in the records.
//!
//! `BENCH_TIMED` sets how many requests of each kind are compared by time; 10 000 unless said. `BENCH_DATABASES` names the
//! databases: `sqlite,postgres` unless said. `BENCH_CLIENTS` says how many ask at once: `1,8,32,128` unless said.

use actix_web::{App, HttpResponse, HttpServer, web};
use arrow::array::AsArray as _;
use arrow::datatypes::Int64Type;
use chrono::Utc;
use hjemmel_benches::Result;
use hjemmel_benches::clock::median;
use hjemmel_benches::place::Place;
use hjemmel_benches::records;
use hjemmel_benches::server::Server;
use hjemmel_store::{SecurityEvent, Store};
use hjemmel_tests::postgres::Cluster;
use std::collections::{HashMap, HashSet};
use std::hash::{BuildHasher as _, RandomState};
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const PERSONS: u32 = 130_000;
const ROUNDS: usize = 3;
const SECONDS: u64 = 5;
/// How many ask at once, unless said.
const CLIENTS: &str = "1,8,32,128";
/// Requests of each kind for the comparison of times, unless said.
const TIMED: &str = "10000";
/// What a question costs at least here, in billionths of ρ; each costs a little more than the one before.
const LEAST: u64 = 1_000_000;

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let databases = std::env::var("BENCH_DATABASES").unwrap_or_else(|_| "sqlite,postgres".into());
    let place = Place::open()?;
    let alone = lonely(&place.year_of(PERSONS)?)?;
    for database in databases.split(',') {
        println!("{database}:");
        let name = format!("demo-questions-{database}");
        let records = place.records(PERSONS)?;
        let folder = place.demonstration(&name)?;
        enrich(&folder)?;
        let urls: [Option<String>; 2] = match database {
            "sqlite" => [None, None],
            "postgres" => {
                let cluster = Cluster::shared();
                let databases = ["questions", "bare"].map(|name| Some(cluster.database(name)));
                if let [Some(url), _] = &databases {
                    hjemmel_benches::place::installed(&folder, url)?;
                }
                databases
            }
            other => return Err(format!("{other} is no database").into()),
        };
        let [own, of_bare] = urls;
        hjemmel_benches::place::import(&folder, &records, own.as_deref())?;
        let server = Server::with(&folder, own.as_deref())?;
        let turns = of_bare.is_none();
        let of_bare =
            of_bare.unwrap_or_else(|| format!("sqlite:{}", folder.join("bare.db").display()));
        let bare = bare(&of_bare, turns)?;
        let token = std::fs::read_to_string(folder.join("tokens/researcher.jwt"))?;
        let next = AtomicU64::new(seconds());
        throughput(server.address, bare, &token, &next)?;
        times(&alone, server.address, &token, &next)?;
    }
    Ok(())
}

fn throughput(ours: SocketAddr, bare: SocketAddr, token: &str, next: &AtomicU64) -> Result<()> {
    let question = || post(token, &total(next.fetch_add(1, Ordering::Relaxed)));
    let same = post(token, &total(1));
    let repeat = || same.clone();
    let bare_post =
        |path: &str| format!("POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
    let (commit, pair) = (|| bare_post("/commit"), || bare_post("/pair"));
    let all = std::env::var("BENCH_CLIENTS").unwrap_or_else(|_| CLIENTS.into());
    let mut most = [0.0_f64; 2];
    for clients in all.split(',') {
        let clients = clients.parse()?;
        println!("{clients} client(s):");
        let (mut ratios, mut rates) = (Vec::new(), [Vec::new(), Vec::new()]);
        for _ in 0..ROUNDS {
            let ours = load(ours, clients, &question)?;
            let other = load(bare, clients, &commit)?;
            ratios.push(ours.rate / other.rate);
            for (rates, rate) in rates.iter_mut().zip([ours.rate, other.rate]) {
                rates.push(rate);
            }
            println!(
                "  questions {:.0}/s (p99 {:.1} ms), bare commits {:.0}/s (p99 {:.1} ms), ratio {:.2}",
                ours.rate,
                ours.p99,
                other.rate,
                other.p99,
                ours.rate / other.rate
            );
        }
        println!(
            "  new questions against bare commits: median {:.2} (goal at least 0.5)",
            median(ratios)
        );
        let rates = rates.map(median);
        for (most, rate) in most.iter_mut().zip(rates) {
            *most = most.max(rate);
        }
        // What is left to a question that is paid for before it is drawn and kept after.
        let pairs = load(bare, clients, &pair)?;
        println!(
            "  bare pairs of commits, one after the other, {:.0}/s (p99 {:.1} ms), against bare commits {:.2}",
            pairs.rate,
            pairs.p99,
            pairs.rate / rates[1]
        );
        let again = load(ours, clients, &repeat)?;
        println!("  the same question again {:.0}/s (p99 {:.1} ms)", again.rate, again.p99);
    }
    let [ours, other] = most;
    println!(
        "as many as each can, whatever the number of clients: questions {ours:.0}/s, bare commits {other:.0}/s, ratio {:.2} (goal at least 0.5)",
        ours / other
    );
    Ok(())
}

/// Pairs of conditions that match many and few, somebody and nobody, one person and nobody, asked by turns.
fn times(
    (home, age, other): &(String, i64, i64),
    address: SocketAddr,
    token: &str,
    next: &AtomicU64,
) -> Result<()> {
    let number: usize = std::env::var("BENCH_TIMED").unwrap_or_else(|_| TIMED.into()).parse()?;
    let region = |code: &str| format!(r#"{{"variable":"REGION","codes":["{code}"]}}"#);
    let aged = |age: i64| {
        let age = format!(r#"{{"variable":"ALDER","from":{age},"to":{age}}}"#);
        format!("{},{age}", region(home))
    };
    let pairs = [
        // Oslo's code stands for its bydeler too, which takes a while to look up whatever the records hold.
        ("Bergen against Fedje", region("4601"), region("4633")),
        ("one person against nobody", aged(*age), aged(*other)),
        ("nobody against nobody", aged(*other), aged(*other)),
    ];
    let mut client = TcpStream::connect(address)?;
    client.set_nodelay(true)?;
    let order = RandomState::new();
    for (what, one, other) in pairs {
        let mut times = [Vec::new(), Vec::new()];
        for turn in 0..number {
            // Chance says who comes first, so that nothing that comes by turns falls on one of the two.
            let first = usize::from(order.hash_one(turn) % 2 == 0);
            for which in [first, 1 - first] {
                let filter = if which == 0 { &one } else { &other };
                let request = post(token, &filtered(filter, next.fetch_add(1, Ordering::Relaxed)));
                let started = Instant::now();
                exchange(&mut client, &request)?;
                if let Some(times) = times.get_mut(which) {
                    times.push(started.elapsed().as_secs_f64());
                }
            }
        }
        let [one, other] = &times;
        let mean = |times: &[f64]| times.iter().sum::<f64>() / count(times.len()) * 1e6;
        println!(
            "{what}, {number} requests each: {:.1} and {:.1} µs, Welch t = {:.2} (goal below 4.5 either way)",
            mean(one),
            mean(other),
            welch(one, other)
        );
    }
    Ok(())
}

/// A municipality, an age at which exactly one record stands there, and one at which none does.
fn lonely(folder: &Path) -> Result<(String, i64, i64)> {
    let (_, batches) = tokio::runtime::Runtime::new()?.block_on(records::batches(folder))?;
    let mut times: HashMap<(String, i64), usize> = HashMap::new();
    for batch in &batches {
        let of = |name: &str| batch.column_by_name(name).ok_or("a column is missing");
        let regions = arrow::compute::cast(of("KOMMUNE_NR")?, &arrow::datatypes::DataType::Utf8)?;
        let ages = arrow::compute::cast(of("ALDER")?, &arrow::datatypes::DataType::Int64)?;
        let (regions, ages) = (regions.as_string::<i32>(), ages.as_primitive::<Int64Type>());
        for (region, age) in regions.iter().zip(ages) {
            if let (Some(region), Some(age)) = (region, age) {
                *times.entry((region.to_owned(), age)).or_default() += 1;
            }
        }
    }
    let once: HashSet<&(String, i64)> =
        times.iter().filter(|(_, times)| **times == 1).map(|(place, _)| place).collect();
    let mut once: Vec<_> = once.into_iter().collect();
    once.sort_unstable();
    for (region, age) in once {
        let none = (18..67).find(|other| !times.contains_key(&(region.clone(), *other)));
        if let (18..67, Some(none)) = (*age, none) {
            return Ok((region.clone(), *age, none));
        }
    }
    Err("nobody is alone".into())
}

/// Seconds since 1970, so that no two runs ask the same.
fn seconds() -> u64 {
    u64::try_from(Utc::now().timestamp()).unwrap_or_default() % 10_000 * 80_000
}

/// Budgets that no run empties.
fn enrich(folder: &Path) -> Result<()> {
    let path = folder.join("hjemmel.toml");
    let text = std::fs::read_to_string(&path)?;
    if !text.contains("rho_per_project") {
        let caps = "[questions]\nrho_per_dataset_year = 1000000\nrho_per_project = 1000000\nrho_per_organisation = 1000000\n\n[[questions.projects]]";
        std::fs::write(&path, text.replacen("[[questions.projects]]", caps, 1))?;
    }
    Ok(())
}

fn rho(number: u64) -> String {
    format!("0.{:09}", LEAST + number % 900_000_000)
}

/// A total count whose price makes it a question of its own.
fn total(number: u64) -> String {
    let rho = rho(number);
    format!(r#"{{"dataset":"skjema-11","year":2024,"measure":{{"count":"persons"}},"rho":{rho}}}"#)
}

fn filtered(filter: &str, number: u64) -> String {
    let rho = rho(number);
    format!(
        r#"{{"dataset":"skjema-11","year":2024,"measure":{{"count":"persons"}},"filter":[{filter}],"rho":{rho}}}"#
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
    request: &(impl Fn() -> String + Sync),
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
                            exchange(&mut client, &request())?;
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

/// A server of the same kind that commits one row durably for each request, or two one after the other, and does nothing
/// else. SQLite has one writer at a time, and who has to wait sleeps for ever longer; `turns` makes them wait in line
/// instead.
fn bare(url: &str, turns: bool) -> Result<SocketAddr> {
    let store = Store::open(url, 8)?;
    store.migrate()?;
    let line = turns.then(|| Arc::new(Mutex::new(())));
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let served = actix_web::rt::System::new().block_on(async move {
            HttpServer::new(move || {
                App::new()
                    .app_data(web::Data::new((store.clone(), line.clone())))
                    .route("/commit", web::post().to(|with| commit(with, 1)))
                    .route("/pair", web::post().to(|with| commit(with, 2)))
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

type Bare = web::Data<(Store, Option<Arc<Mutex<()>>>)>;

async fn commit(with: Bare, times: usize) -> HttpResponse {
    let work = move || {
        let (store, line) = &**with;
        for _ in 0..times {
            let row = SecurityEvent {
                id: uuid::Uuid::now_v7(),
                at: Utc::now(),
                kind: "bench".to_owned(),
                detail: "one row".to_owned(),
            };
            let _turn =
                line.as_ref().map(|line| line.lock().unwrap_or_else(PoisonError::into_inner));
            store.record_event(&row)?;
        }
        Ok::<_, hjemmel_store::Error>(())
    };
    match web::block(work).await {
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
