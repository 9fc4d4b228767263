//! `hjemmel demo --nodes`: three holders on one machine, each with its own folder, keys, database and process.

mod fill;
mod introduction;
mod place;
mod story;

use super::demo::Demo;
use super::{Failure, say};
use place::Place;
use serde_json::Value;
use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitCode, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

/// Written last: a folder without it was left half made.
const DONE: &str = "nodes-are-complete";
/// Written first: a folder with it is ours to remove.
const OURS: &str = "made-by-hjemmel-demo";
/// Recipients of social assistance a year, unless said.
const PERSONS: u64 = 30_000;
/// How often is looked whether a node still runs.
const LOOK: Duration = Duration::from_millis(500);
/// How often is looked whether a node that starts can answer.
const STARTING: Duration = Duration::from_millis(50);
/// How long nodes may take until each has seen the others, which all but the last look for again after some seconds.
const ACQUAINTANCE: Duration = Duration::from_secs(20);
/// How long a node may take until it can answer.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long it may take to say so.
const ANSWER: Duration = Duration::from_secs(5);
/// How much of the log is shown of a node that ended.
const LAST_LINES: usize = 5;

/// A running node. It ends when this is dropped, or when this process ends in whatever way.
struct Running {
    child: Child,
    _tie: Option<ChildStdin>,
    /// What it prints, line by line.
    says: Receiver<String>,
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
        ready(&mut running, &places)?;
    }
    if !is_done {
        let filled = fill::over_http(&places, &wanted.dir.join("issuer"));
        // A node that has just died is the reason, if there is one.
        filled.map_err(|failure| soon_fallen(&mut running, &places).unwrap_or(failure))?;
        std::fs::write(wanted.dir.join(DONE), b"")?;
    }
    if wanted.no_serve {
        return Ok(ExitCode::SUCCESS);
    }
    acquainted(&mut running, &places)?;
    say(&story::story(&wanted.dir, &places));
    loop {
        if let Some(failure) = fallen(&mut running, &places)? {
            return Err(failure);
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

/// Starts a node as a process of its own.
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
    let (says, hears) = channel();
    if let Some(output) = child.stdout.take() {
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines().map_while(Result::ok) {
                // Whoever does not listen any more knows enough.
                let _ = says.send(line);
            }
        });
    }
    Ok(Running { child, _tie: tie, says: hears })
}

/// Waits until the node that was started last can answer, and no longer than that may take; if one ends meanwhile, says which.
fn ready(running: &mut [Running], places: &[Place]) -> Result<(), Failure> {
    let Some(place) = running.len().checked_sub(1).and_then(|last| places.get(last)) else {
        return Ok(());
    };
    let agent = agent();
    let url = format!("{}/health/ready", place.address());
    let until = Instant::now() + PATIENCE;
    let (mut is_listening, mut said) = (false, "it does not listen".to_owned());
    while Instant::now() < until {
        if let Some(failure) = fallen(running, places)? {
            return Err(failure);
        }
        let mut lines = running.last().into_iter().flat_map(|node| node.says.try_iter());
        is_listening = is_listening || lines.any(|line| line.starts_with("listening on"));
        // Somebody else may answer at its address before it does.
        if is_listening {
            match agent.get(&url).call() {
                Ok(answer) if answer.status() == 200 => return Ok(()),
                Ok(mut answer) => said = answer.body_mut().read_to_string().unwrap_or_default(),
                Err(error) => said = error.to_string(),
            }
        }
        std::thread::sleep(STARTING);
    }
    let (name, log) = (place.name, place.file("log"));
    let log = log.display();
    Err(Failure::new(format!("the node {name} is not ready after two minutes: {said}; see {log}")))
}

/// Waits until every node says that it reaches the others, so that nobody is told of a node that was only late. Where one
/// does not in time, the story is told all the same: what is tried then says why.
fn acquainted(running: &mut [Running], places: &[Place]) -> Result<(), Failure> {
    let agent = agent();
    let reaches_all = |place: &Place| -> Option<bool> {
        let mut answer = agent.get(format!("{}/v1/nodes", place.address())).call().ok()?;
        let told: Value = serde_json::from_str(&answer.body_mut().read_to_string().ok()?).ok()?;
        let is_reached = |node: &Value| node.get("reachable") == Some(&Value::Bool(true));
        Some(told.get("nodes")?.as_array()?.iter().all(is_reached))
    };
    let until = Instant::now() + ACQUAINTANCE;
    while !places.iter().all(|place| reaches_all(place) == Some(true)) {
        if let Some(failure) = fallen(running, places)? {
            return Err(failure);
        }
        if Instant::now() > until {
            eprintln!("the nodes do not reach each other yet");
            break;
        }
        std::thread::sleep(STARTING);
    }
    Ok(())
}

/// Asks nodes of this machine.
fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).proxy(None);
    config.timeout_global(Some(ANSWER)).build().into()
}

/// The node that has ended, if one has, with the last it said.
fn fallen(running: &mut [Running], places: &[Place]) -> Result<Option<Failure>, Failure> {
    for (node, place) in running.iter_mut().zip(places) {
        if let Some(status) = node.child.try_wait()? {
            let log = place.file("log");
            let all = std::fs::read_to_string(&log).unwrap_or_default();
            let lines: Vec<&str> = all.lines().collect();
            let last = lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default();
            let (name, log, last) = (place.name, log.display(), last.join("\n"));
            let said = format!("the node {name} ended ({status}); see {log}\n{last}");
            return Ok(Some(Failure::new(said.trim_end().to_owned())));
        }
    }
    Ok(None)
}

/// The same for a node that may be ending just now.
fn soon_fallen(running: &mut [Running], places: &[Place]) -> Option<Failure> {
    (0..10).find_map(|_| {
        std::thread::sleep(STARTING);
        fallen(running, places).ok().flatten()
    })
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    format!("'{}'", path.display().to_string().replace('\'', "'\\''"))
}
