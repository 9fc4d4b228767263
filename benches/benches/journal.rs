//! What the record of decisions costs: requests a second with it, against the same server without it. Needs `wrk`, and a
//! build that can leave the record out: `--features hjemmel-benches/unrecorded`.

use hjemmel_benches::Result;
use hjemmel_benches::clock::rounds;
use hjemmel_benches::load::requests;
use hjemmel_benches::place::{Place, bearer};
use hjemmel_benches::server::Server;
use std::process::ExitCode;

const ROUNDS: usize = 3;

/// What is asked, and by whom. Every request with a token has a decision of its own in the record.
const ASKED: [(&str, &str, &str); 4] = [
    ("records, a page of 100", "nav", "/v1/datasets/skjema-11/microdata?year=2024&limit=100"),
    ("records, a page of 1 000", "nav", "/v1/datasets/skjema-11/microdata?year=2024&limit=1000"),
    (
        "exact cells, 2 000",
        "nav",
        "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024",
    ),
    (
        "suppressed cells, 2 000, by a caller who is known",
        "bld",
        "/pxwebapi/v2/tables/S1101/data?valueCodes[Region]=*&valueCodes[HovedInntekt]=*&valueCodes[ContentsCode]=*&valueCodes[Tid]=2024",
    ),
];

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let place = Place::open()?;
    let folder = place.demonstration("demo-journal")?;
    let bare = place.demonstration("demo-journal-off")?;
    let servers = [Server::start(&folder)?, Server::unrecorded(&bare)?];
    for (what, who, path) in ASKED {
        let [with, without] = [[bearer(&folder, who)?], [bearer(&bare, who)?]];
        let [recorded, unrecorded] = &servers;
        println!("{what}:");
        let mut ratios = Vec::new();
        for _ in 0..ROUNDS {
            let ours = requests(recorded.address, path, &with)?;
            let off = requests(unrecorded.address, path, &without)?;
            let ratio = ours.each_second / off.each_second;
            println!(
                "  recorded {:.0} requests/s, p99 {}; without the record {:.0}, p99 {}; ratio {ratio:.2}",
                ours.each_second, ours.slowest, off.each_second, off.slowest
            );
            ratios.push(ratio);
        }
        rounds("  recorded against unrecorded", ratios, "at least 0.85");
    }
    Ok(())
}
