//! Requests a second for a suppressed table, against a handler that returns the same bytes from memory.
//! Needs `wrk`.

use actix_web::{App, HttpResponse, HttpServer, web};
use hjemmel_benches::Result;
use hjemmel_benches::place::Place;
use hjemmel_benches::server::{Server, body};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Command, ExitCode};

const PATH: &str = "/pxwebapi/v2/tables/S1101/data";
const ROUNDS: usize = 3;
const SECONDS: &str = "8s";

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let server = Server::start(&Place::open()?.demonstration("demo")?)?;
    let bytes = body(server.address, PATH)?;
    println!("GET {PATH}: {} bytes", bytes.len());
    let raw = raw(bytes)?;
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let (ours, bare) = (requests(server.address)?, requests(raw)?);
        println!("  ours {ours:.0} requests/s, raw {bare:.0}, ratio {:.2}", ours / bare);
        ratios.push(ours / bare);
    }
    ratios.sort_unstable_by(f64::total_cmp);
    let (best, median) = (ratios.last(), ratios.get(ratios.len() / 2));
    println!(
        "table against raw handler: best {:.2}, median {:.2} (goal at least 0.7)",
        best.copied().unwrap_or(f64::NAN),
        median.copied().unwrap_or(f64::NAN)
    );
    Ok(())
}

/// A server of the same kind with as many workers that does nothing but return the bytes.
fn raw(bytes: Vec<u8>) -> Result<SocketAddr> {
    let bytes = web::Bytes::from(bytes);
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || {
        let served = actix_web::rt::System::new().block_on(async move {
            HttpServer::new(move || {
                let bytes = bytes.clone();
                let answer = move || {
                    let mut answer = HttpResponse::Ok();
                    answer.content_type("application/json");
                    std::future::ready(answer.body(bytes.clone()))
                };
                App::new().route(PATH, web::get().to(answer))
            })
            .listen(listener)?
            .run()
            .await
        });
        if let Err(error) = served {
            eprintln!("the raw handler stopped: {error}");
        }
    });
    Ok(address)
}

fn requests(address: SocketAddr) -> Result<f64> {
    let url = format!("http://{address}{PATH}");
    let output = Command::new("wrk")
        .args(["-t1", "-c32", "-d", SECONDS, &url])
        .output()
        .map_err(|error| format!("wrk (package `wrk`) is needed: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    if text.contains("Non-2xx") || text.contains("Socket errors") {
        return Err(text.into());
    }
    let number = text.lines().find_map(|line| line.strip_prefix("Requests/sec:"));
    Ok(number.ok_or_else(|| text.clone())?.trim().parse()?)
}
