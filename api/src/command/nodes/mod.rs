//! `hjemmel demo --nodes`: three holders on one machine, each with its own folder, keys, database and process.

mod fill;
mod introduction;
mod place;
mod story;

use super::demo::Demo;
use super::{Failure, say};
use place::Place;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::time::Duration;

/// Written last: a folder without it was left half made.
const DONE: &str = "nodes-are-complete";
/// Written first: a folder with it is ours to remove.
const OURS: &str = "made-by-hjemmel-demo";
/// Recipients of social assistance a year, unless said.
const PERSONS: u64 = 30_000;
/// How often is looked whether a node still runs.
const LOOK: Duration = Duration::from_millis(500);

/// A running node. It ends when this is dropped, or when this process ends in whatever way.
struct Running {
    child: Child,
    _tie: Option<ChildStdin>,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Makes what is not there, starts the three nodes, and says what to try.
pub fn run(mut wanted: Demo) -> Result<ExitCode, Failure> {
    if wanted.dir == Path::new("hjemmel-demo") {
        wanted.dir = PathBuf::from("hjemmel-nodes");
    }
    let ports = ports(wanted.port)?;
    clear(&wanted)?;
    let is_done = wanted.dir.join(DONE).exists();
    if is_done {
        eprintln!("using the nodes in {}; --reset makes them anew", wanted.dir.display());
    } else {
        eprintln!("making three nodes in {} (all persons are fictitious)", wanted.dir.display());
        std::fs::create_dir_all(&wanted.dir).map_err(Failure::at("make", &wanted.dir))?;
        std::fs::write(wanted.dir.join(OURS), b"")?;
    }
    let places = place::all(&wanted.dir, ports)?;
    if !is_done {
        fill::before(&places, &wanted.dir, wanted.persons.unwrap_or(PERSONS))?;
    }
    let mut running = Vec::new();
    for place in &places {
        running.push(start(place)?);
    }
    if !is_done {
        fill::over_http(&places, &wanted.dir.join("issuer"))?;
        std::fs::write(wanted.dir.join(DONE), b"")?;
    }
    if wanted.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    say(&story::story(&wanted.dir, &places));
    loop {
        for (node, place) in running.iter_mut().zip(&places) {
            if let Some(status) = node.child.try_wait()? {
                let log = place.file("log");
                let (name, log) = (place.name, log.display());
                return Err(Failure::new(format!("the node {name} ended ({status}); see {log}")));
            }
        }
        std::thread::sleep(LOOK);
    }
}

/// Three ports nobody has: those asked for, or any.
fn ports(first: u16) -> Result<[u16; 3], Failure> {
    let is_free = |port: u16| TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok();
    let three = |first: u16| Some([first, first.checked_add(1)?, first.checked_add(2)?]);
    if first == 0 {
        // Below those that the system gives to whoever asks for any port.
        let mut firsts = (0..200).map(|_| rand::random_range(20_000..32_000));
        let found =
            firsts.find_map(|first| three(first).filter(|all| all.iter().all(|p| is_free(*p))));
        return found.ok_or_else(|| Failure::new("there are no three free ports"));
    }
    let all = three(first).ok_or_else(|| Failure::new("choose a lower port with --port"))?;
    match all.iter().find(|port| !is_free(**port)) {
        None => Ok(all),
        Some(taken) => Err(Failure::new(format!(
            "port {taken} on 127.0.0.1 cannot be used; the three nodes have ports {first} and the next two, choose others with --port"
        ))),
    }
}

/// Removes what an earlier run left, if it is ours to remove.
fn clear(wanted: &Demo) -> Result<(), Failure> {
    let dir = &wanted.dir;
    if !dir.exists() || (dir.join(DONE).exists() && !wanted.reset) {
        return Ok(());
    }
    let mut held = std::fs::read_dir(dir).map_err(Failure::at("use", dir))?;
    if !dir.join(OURS).exists() && held.next().is_some() {
        return Err(Failure::new(format!(
            "{} holds something that no demonstration of nodes made; choose another folder with --dir",
            dir.display()
        )));
    }
    std::fs::remove_dir_all(dir).map_err(Failure::at("remove", dir))?;
    Ok(())
}

/// Starts a node as a process of its own and waits until it can answer.
fn start(place: &Place) -> Result<Running, Failure> {
    let log = place.file("log");
    let errors = std::fs::File::create(&log).map_err(Failure::at("write", &log))?;
    let mut command = Command::new(std::env::current_exe()?);
    command
        .arg("--config")
        .arg(place.file("hjemmel.toml"))
        .args(["serve", "--while-input-is-open"]);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HJEMMEL_")) {
        command.env_remove(name);
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors);
    let mut child = command.spawn()?;
    let tie = child.stdin.take();
    let output = child.stdout.take();
    let mut running = Running { child, _tie: tie };
    let mut line = String::new();
    if let Some(output) = output {
        BufReader::new(output).read_line(&mut line)?;
    }
    let ready = format!("{}/health/ready", place.address());
    let mut is_up = line.starts_with("listening on");
    while is_up && ureq::get(&ready).call().is_err() {
        std::thread::sleep(Duration::from_millis(50));
        is_up = running.child.try_wait()?.is_none();
    }
    if is_up {
        return Ok(running);
    }
    let said = std::fs::read_to_string(&log).unwrap_or_default();
    Err(Failure::new(format!("the node {} does not start: {said}", place.name)))
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
