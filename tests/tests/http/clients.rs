//! The clients Statbank's users have, each against the running server.

use crate::installation::Installation;
use crate::node::shared;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Mutex;

/// What a network that is not there looks like to pip and npm.
const UNREACHABLE: [&str; 10] = [
    "ENOTFOUND",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "EAI_AGAIN",
    "E403",
    "Could not find a version",
    "No matching distribution",
    "Connection",
    "Temporary failure",
    "timed out",
];

fn scripts() -> PathBuf {
    // Where the test runs, not where it was built.
    let here = std::env::current_dir().unwrap();
    here.ancestors().map(|up| up.join("tests/clients")).find(|path| path.is_dir()).unwrap()
}

/// Where the clients are installed, once for each list of them.
fn installed() -> PathBuf {
    let list = std::fs::read_to_string(scripts().join("setup.sh")).unwrap();
    let sum = list.bytes().fold(0u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("clients-{sum:016x}"))
}

fn words(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    [text(&output.stdout), text(&output.stderr)].concat()
}

/// Installs the clients; false, and said aloud, where they cannot be had.
fn set_up(place: &Path) -> bool {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap();
    let done = place.join("done");
    if done.exists() {
        return true;
    }
    for program in ["python3", "node", "npm"] {
        if Command::new(program).arg("--version").output().is_err() {
            eprintln!("SKIPPED: the clients need {program}, which is not installed");
            return false;
        }
    }
    let output = Command::new("sh").arg(scripts().join("setup.sh")).arg(place).output().unwrap();
    if output.status.success() {
        std::fs::write(done, "").unwrap();
        return true;
    }
    let words = words(&output);
    let unreachable = UNREACHABLE.iter().any(|sign| words.contains(sign));
    assert!(unreachable, "the clients could not be set up: {words}");
    eprintln!("SKIPPED: PyPI or npm cannot be reached, so the clients could not be had: {words}");
    false
}

#[test]
fn the_clients_of_statbank_work_unmodified() {
    let place = installed();
    if !set_up(&place) {
        return;
    }
    let anyone = shared().anyone();
    let (host, _) = anyone.line();
    let output = Command::new("sh")
        .arg(scripts().join("run.sh"))
        .arg(&place)
        .env("BASE_URL", format!("http://{host}/pxwebapi/v2"))
        .env("SPEC", scripts().join("spec/PxAPI-2.yml"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .output()
        .unwrap();
    let words = words(&output);
    assert!(output.status.success(), "{words}");
    let total = words.lines().last().unwrap_or_default();
    assert!(total.contains(" passed, 0 failed"), "{words}");
    // Those of R as well, where R has its packages; where it has not, they say so.
    let of_r =
        words.matches("ok   pxweb_r.R").count() + words.matches("ok   pxwebapidata_r.R").count();
    assert_eq!(words.matches("SKIPPED ").count() + of_r, 2, "{words}");
    assert_eq!(total.split(' ').next(), Some((14 + of_r).to_string().as_str()), "{words}");
    words.lines().filter(|line| line.starts_with("SKIPPED ")).for_each(|line| eprintln!("{line}"));
}

#[test]
fn every_operation_keeps_to_the_document_whoever_calls() {
    let place = installed();
    if !set_up(&place) {
        return;
    }
    let installation = Installation::copy("document");
    let node = installation.serve();
    let anyone = node.anyone();
    let (host, _) = anyone.line();
    let output = Command::new("sh")
        .arg(scripts().join("schemathesis.sh"))
        .arg(&place)
        .arg(installation.path("tokens"))
        .env("ROOT", format!("http://{host}"))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(&place)
        .output()
        .unwrap();
    let words = words(&output);
    assert!(output.status.success(), "{words}");
    assert_eq!(words.matches("ok   ").count(), 11, "{words}");
}
