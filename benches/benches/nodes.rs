//! What is brought from another node against the same asked for directly, and a table over three nodes against the time the
//! slowest of them takes alone.
//!
//! `BENCH_PERSONS` sets another number of persons.

use chrono::Utc;
use hjemmel_benches::Result;
use hjemmel_benches::clock::{Times, by_turns, median, ratio};
use hjemmel_benches::nodes::{Node, installation, join};
use hjemmel_benches::place::{Place, YEAR, bearer, import};
use hjemmel_benches::records;
use hjemmel_benches::server::{body_for, download, send};
use hjemmel_disclosure::{Axis, Rule, suppress};
use hjemmel_kostra::regions::{Division, OSLO};
use hjemmel_kostra::{Form, Layout, Lines};
use hjemmel_policy::ProtectTables;
use hjemmel_registers::EditionRef;
use std::hint::black_box;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const PERSONS: u32 = 130_000;
const ROUNDS: usize = 9;
/// Pages of one round.
const PAGES: u32 = 100;
/// Rounds before any is timed: a commit takes longer while it makes the log of the database longer, and that grows to 16 MB
/// before it is written over.
const WARM: usize = 4;
/// Tables that are made over three nodes, each by nodes that have made none.
const TABLES: usize = 3;
const TABLE: &str = "S1101";
const NUMBERS: [&str; 3] = ["971526920", "987879696", "889640782"];

fn main() -> ExitCode {
    hjemmel_benches::run(bench)
}

fn bench() -> Result<()> {
    let place = Place::open()?;
    let persons = std::env::var("BENCH_PERSONS").map_or(Ok(PERSONS), |text| text.parse())?;
    brought(&place, persons)?;
    tables(&place, persons)
}

/// Pages and a year, directly and through another node.
fn brought(place: &Place, persons: u32) -> Result<()> {
    let holder = installation(place, "nodes-holder")?;
    import(&holder, &place.records(persons)?, None)?;
    let nodes = [
        Node::new(NUMBERS[0], installation(place, "nodes-asker")?, Vec::new())?,
        Node::new(NUMBERS[1], holder, Vec::new())?,
    ];
    join(&nodes, "")?;
    let [asker, holder] = &nodes;
    let _servers = [holder.serve()?, asker.serve()?];
    let direct = format!("/v1/datasets/skjema-11/microdata?year={YEAR}");
    let through = format!("/v1/nodes/{}/datasets/skjema-11/microdata?year={YEAR}", holder.number);
    let at_holder = [bearer(&holder.folder, "nav")?];
    let at_asker = [bearer(&asker.folder, "nav")?];
    let pages = |node: &Node, address: &str, headers: &[String]| -> Result<()> {
        for _ in 0..PAGES {
            black_box(download(node.address, address, headers)?);
        }
        Ok(())
    };
    let page = |address: &str| format!("{address}&limit=100");
    let year = |address: &str| format!("{address}&format=csv");
    for _ in 0..WARM {
        pages(asker, &page(&through), &at_asker)?;
    }
    let times = by_turns(
        ROUNDS,
        &mut [
            ("100 pages directly", Box::new(|| pages(holder, &page(&direct), &at_holder))),
            (
                "100 pages through another node",
                Box::new(|| pages(asker, &page(&through), &at_asker)),
            ),
            ("100 answers that say nothing", Box::new(|| pages(holder, "/health/live", &[]))),
            (
                "a year directly",
                Box::new(|| download(holder.address, &year(&direct), &at_holder).map(|_| ())),
            ),
            (
                "a year through another node",
                Box::new(|| download(asker.address, &year(&through), &at_asker).map(|_| ())),
            ),
        ],
    )?;
    let [direct, through, nothing, year, year_through] = times.as_slice() else {
        return Err("a side is missing".into());
    };
    let each = |times: &Times| times.median() * 1000.0 / f64::from(PAGES);
    println!(
        "a page: {:.2} ms directly, {:.2} ms through another node, of which {:.2} ms beyond a round trip (goal at most 2)",
        each(direct),
        each(through),
        each(through) - each(direct) - each(nothing)
    );
    ratio("throughput of a year through another node", year, year_through, "at least 0.9");
    Ok(())
}

/// Tables over three nodes, and the same table of one node's own records.
fn tables(place: &Place, persons: u32) -> Result<()> {
    let all = std::fs::read(place.records(persons)?)?;
    let stance = format!(
        "\n[federation.stance]\ncoordinators = [{:?}]\nthreshold = 4\npercent = 10\nmembers = 2\n\n\
         [federation.stance.tables]\n{TABLE} = [\"*\"]\n",
        NUMBERS[0]
    );
    let leaves = Division::of(YEAR).ok_or("no regions")?.leaves();
    let (mut whole, mut counted, mut own) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TABLES {
        let mut nodes = Vec::new();
        for (at, number) in NUMBERS.into_iter().enumerate() {
            let folder = installation(place, &format!("nodes-{number}"))?;
            let part = place.join(&format!("part-{at}.dat"));
            std::fs::write(&part, of_node(&all, at)?)?;
            import(&folder, &part, None)?;
            let population = leaves.iter().filter(|leaf| is_of(leaf, at)).cloned().collect();
            nodes.push(Node::new(number, folder, population)?);
        }
        join(&nodes, &stance)?;
        let servers: Vec<_> = nodes.iter().map(Node::serve).collect::<Result<_>>()?;
        whole.push(made(&nodes)?);
        drop(servers);
        let times: Vec<(f64, f64)> =
            nodes.iter().map(|node| alone(&node.folder)).collect::<Result<_>>()?;
        counted.push(times.iter().map(|(counted, _)| *counted).fold(0.0, f64::max));
        own.push(times.iter().map(|(_, table)| *table).fold(0.0, f64::max));
    }
    let (whole, counted, own) = (median(whole), median(counted), median(own));
    println!(
        "{TABLE} over three nodes: {whole:.3} s; the slowest of them alone: {counted:.3} s to count, {own:.3} s for its own table"
    );
    println!("against the slowest node's own table: {:.2} (goal at most 1.5)", whole / own);
    Ok(())
}

/// Every third municipality; Oslo, whose bydeler belong together, is the first's.
fn is_of(region: &str, node: usize) -> bool {
    let kommune = region.get(..4).unwrap_or_default();
    let number: usize = kommune.parse().unwrap_or_default();
    if kommune == OSLO { node == 0 } else { number % 3 == node }
}

fn of_node(all: &[u8], node: usize) -> Result<Vec<u8>> {
    let layout = Layout::of(Form::F11, YEAR).ok_or("no layout")?;
    let field = layout.field("KOMMUNE_NR").ok_or("no municipality")?.range();
    let mut own = Vec::new();
    let mut lines = Lines::new(all);
    while let Some(line) = lines.next()? {
        let kommune = std::str::from_utf8(line.bytes.get(field.clone()).unwrap_or_default())?;
        if is_of(kommune, node) {
            own.extend_from_slice(line.bytes);
            own.push(b'\n');
        }
    }
    Ok(own)
}

/// Asks the first node for the table and gives the seconds until it is there.
fn made(nodes: &[Node]) -> Result<f64> {
    let first = nodes.first().ok_or("no node")?;
    let headers = [bearer(&first.folder, "admin")?];
    let numbers: Vec<&str> = nodes.iter().map(|node| node.number).collect();
    let asked = format!("{{\"table\":{TABLE:?},\"year\":{YEAR},\"nodes\":{numbers:?}}}");
    let began = Instant::now();
    let answer = send(first.address, "POST", "/v1/joint-tables", &headers, &asked)?;
    let location = answer.lines().find_map(|line| line.strip_prefix("location: "));
    let location = location.ok_or_else(|| answer.clone())?.trim().to_owned();
    loop {
        let told = body_for(first.address, &location, &headers)?;
        let told: serde_json::Value = serde_json::from_slice(&told)?;
        match told.get("state").and_then(serde_json::Value::as_str) {
            Some("published") => return Ok(began.elapsed().as_secs_f64()),
            Some("running") => std::thread::sleep(Duration::from_millis(2)),
            _ => return Err(told.to_string().into()),
        }
    }
}

/// Seconds to count a node's own records for the table, and to count and protect them as a table of its own.
fn alone(folder: &Path) -> Result<(f64, f64)> {
    let (registers, _) = records::open(folder)?;
    let table = hjemmel_kostra::table(TABLE).ok_or("no table")?;
    let grant = records::policy()?
        .permit_protection(ProtectTables { form: Form::F11, year: YEAR }, Utc::now());
    let edition = EditionRef::new(Form::F11, YEAR, 1);
    let runtime = tokio::runtime::Runtime::new()?;
    let began = Instant::now();
    let sealed = runtime.block_on(registers.cube(grant, &edition, Axis::of_table(table, YEAR)))?;
    let counted = began.elapsed().as_secs_f64();
    let made = suppress::tables(sealed, &[table], &Rule::default(), Vec::new(), &|_, _, _| {})?;
    black_box(made.release.content().len());
    Ok((counted, began.elapsed().as_secs_f64()))
}
