//! Requests a second and the slowest hundredth for three sizes of suppressed tables, against a handler that returns
//! the same bytes from memory, and what the largest takes of memory. Needs `wrk`.

use actix_web::{App, HttpResponse, HttpServer, web};
use hjemmel_benches::Result;
use hjemmel_benches::clock::rounds;
use hjemmel_benches::load::requests;
use hjemmel_benches::place::Place;
use hjemmel_benches::server::{Server, body};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::ExitCode;

const CONTENTS: &str = "valueCodes[ContentsCode]=*";
const ROUNDS: usize = 3;

/// What is asked, how many cells it has at least, and the part of the raw handler's requests it is to reach.
struct Size {
    name: &'static str,
    path: String,
    cells: usize,
    goal: f64,
}

fn sizes() -> [Size; 3] {
    let data =
        |table: &str, rest: &str| format!("/pxwebapi/v2/tables/{table}/data?{CONTENTS}&{rest}");
    [
        Size {
            name: "small",
            path: data(
                "S1101",
                "valueCodes[Region]=EAK,EKA03,EKA31,EKA32&valueCodes[HovedInntekt]=*&valueCodes[Tid]=2024",
            ),
            cells: 20,
            goal: 0.7,
        },
        Size {
            name: "medium",
            path: data(
                "S1101",
                "valueCodes[Region]=*&valueCodes[HovedInntekt]=*&valueCodes[Tid]=2024",
            ),
            cells: 2_000,
            goal: 0.7,
        },
        // The largest there is: no published table comes near 400 000 cells.
        Size {
            name: "large",
            path: data(
                "S1104",
                "valueCodes[Region]=*&valueCodes[Kjonn]=*&valueCodes[Alder]=*&valueCodes[Tid]=*",
            ),
            cells: 8_000,
            goal: 0.8,
        },
    ]
}

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let server = Server::start(&Place::open()?.demonstration("demo")?)?;
    for size in sizes() {
        measure(&server, &size)?;
    }
    if let Some(largest) = sizes().last() {
        for format in ["json-stat2", "csv", "px", "xlsx", "html", "json-px", "parquet"] {
            let before = server.resident_anew()?;
            let bytes = body(server.address, &format!("{}&outputFormat={format}", largest.path))?;
            let took = server.most_resident()?.saturating_sub(before);
            println!(
                "{} as {format}: {} bytes, {took} MB more while it was made",
                largest.name,
                bytes.len()
            );
        }
    }
    Ok(())
}

fn measure(server: &Server, size: &Size) -> Result<()> {
    let Size { name, path, cells, goal } = size;
    let before = server.resident_anew()?;
    let bytes = body(server.address, path)?;
    let took = server.most_resident()?.saturating_sub(before);
    let text = String::from_utf8_lossy(&bytes);
    let values = text.split("\"value\":[").nth(1).and_then(|rest| rest.split(']').next());
    let seen = values.map_or(0, |list| list.matches(',').count() + 1);
    if seen < *cells {
        return Err(format!("{name} has {seen} cells, fewer than {cells}").into());
    }
    println!(
        "{name}: GET {path}: {seen} cells, {} bytes, {took} MB more while it was made",
        bytes.len()
    );
    let raw = raw(bytes)?;
    let mut ratios = Vec::new();
    for _ in 0..ROUNDS {
        let (ours, bare) = (requests(server.address, path, &[])?, requests(raw, path, &[])?);
        let ratio = ours.each_second / bare.each_second;
        println!(
            "  ours {:.0} requests/s, p99 {}; raw {:.0}, p99 {}; ratio {ratio:.2}",
            ours.each_second, ours.slowest, bare.each_second, bare.slowest
        );
        ratios.push(ratio);
    }
    rounds(&format!("  {name} against raw handler"), ratios, &format!("at least {goal}"));
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
                App::new().default_service(web::to(answer))
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
