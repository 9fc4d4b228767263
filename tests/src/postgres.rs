//! A private PostgreSQL for tests: found, set up, run as an unprivileged user, and stopped.
//!
//! A small shell script owns the server and ends it, by the process id it started, when its standard
//! input closes. So the server goes with the test process however that ends: returning, panicking in a
//! static, aborted or killed. It listens on a socket in its own directory, never on a port.

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

const SCRIPT: &str = include_str!("postgres.sh");
const OLDEST: u32 = 15;
const NEEDED: [&str; 5] = ["initdb", "postgres", "pg_isready", "createdb", "psql"];

/// A running server of one's own.
#[derive(Debug)]
pub struct Cluster {
    bin: PathBuf,
    directory: String,
    pipes: Mutex<Pipes>,
}

#[derive(Debug)]
struct Pipes {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Cluster {
    /// The one this test binary shares; take a database of your own from it.
    ///
    /// # Panics
    /// No PostgreSQL was found or it does not start: tests must fail then, not pass unseen.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// Sets up and starts one that nobody shares, for tests that stop it.
    ///
    /// # Panics
    /// As [`Cluster::shared`].
    #[must_use]
    pub fn start() -> Self {
        let bin = binaries().unwrap_or_else(|| {
            fail("PostgreSQL 15 or newer is not installed; on Debian: `apt-get install postgresql`")
        });
        let mut command = unprivileged();
        command.args(["sh", "-c", SCRIPT, "postgres.sh"]).arg(&bin);
        command.current_dir("/").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|e| fail(&format!("cannot run sh: {e}")));
        let orders = child.stdin.take();
        let stdout = child.stdout.take().unwrap_or_else(|| fail("no pipe"));
        let mut pipes = Pipes { child, orders, answers: BufReader::new(stdout) };
        let answer = pipes.answer();
        let directory = answer.strip_prefix("ready ").unwrap_or_else(|| fail(&answer)).to_owned();
        Self { bin, directory, pipes: Mutex::new(pipes) }
    }

    /// Makes an empty database and returns its address.
    ///
    /// # Panics
    /// The server refuses.
    #[must_use]
    pub fn database(&self, name: &str) -> String {
        self.run("createdb", &[name]);
        format!("postgres:///{name}?host={}&user=hjemmel", self.directory)
    }

    /// Does in a database what somebody with its password can do.
    ///
    /// # Panics
    /// The server refuses.
    pub fn sql(&self, database: &str, statement: &str) {
        self.run("psql", &["-q", "-v", "ON_ERROR_STOP=1", "-c", statement, database]);
    }

    fn run(&self, program: &str, arguments: &[&str]) {
        let output = Command::new(self.bin.join(program))
            .args(["-h", &self.directory, "-U", "hjemmel"])
            .args(arguments)
            .output()
            .unwrap_or_else(|e| fail(&format!("cannot run {program}: {e}")));
        if !output.status.success() {
            fail(&String::from_utf8_lossy(&output.stderr));
        }
    }

    /// Stops the server as an operator would, cutting connections.
    ///
    /// # Panics
    /// The server does not stop.
    pub fn stop(&self) {
        self.order("stop", "stopped");
    }

    /// Lets the server fall, so that whatever it has not written yet is lost.
    ///
    /// # Panics
    /// The server does not end.
    pub fn fall(&self) {
        self.order("fall", "stopped");
    }

    /// Starts it again after [`Cluster::stop`] or [`Cluster::fall`].
    ///
    /// # Panics
    /// It does not start.
    pub fn restart(&self) {
        self.order("start", "ready");
    }

    fn order(&self, order: &str, expected: &str) {
        let mut pipes = self.pipes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(orders) = &mut pipes.orders {
            writeln!(orders, "{order}").unwrap_or_else(|e| fail(&format!("server is gone: {e}")));
        }
        let answer = pipes.answer();
        if !answer.starts_with(expected) {
            fail(&answer);
        }
    }
}

impl Pipes {
    fn answer(&mut self) -> String {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap_or_else(|e| fail(&format!("no answer: {e}")));
        line.trim_end().to_owned()
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let pipes = self.pipes.get_mut().unwrap_or_else(PoisonError::into_inner);
        drop(pipes.orders.take());
        let _ = pipes.child.wait();
    }
}

#[expect(clippy::panic, reason = "this is how a test says that it cannot run")]
fn fail(text: &str) -> ! {
    panic!("PostgreSQL for tests: {text}")
}

/// The newest installation that has all it takes; a lone link on the path is not one.
fn binaries() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let debian = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    std::env::split_paths(&path)
        .chain(debian.map(|entry| entry.path().join("bin")))
        .filter(|bin| NEEDED.iter().all(|name| bin.join(name).is_file()))
        .filter_map(|bin| Some((version(&bin)?, bin)))
        .filter(|(version, _)| *version >= OLDEST)
        .max()
        .map(|(_, bin)| bin)
}

fn version(bin: &Path) -> Option<u32> {
    let output = Command::new(bin.join("postgres")).arg("--version").output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    text.split([' ', '.']).find_map(|word| word.parse().ok())
}

/// PostgreSQL refuses to run as root, so root steps down to an account without rights.
fn unprivileged() -> Command {
    if id(&["-u"]) != Some(0) {
        return Command::new("env");
    }
    let name = ["postgres", "nobody"].into_iter().find(|name| id(&["-u", name]).is_some());
    let name = name.unwrap_or_else(|| fail("there is no account `postgres` or `nobody`"));
    let (user, group) = (id(&["-u", name]).unwrap_or(65_534), id(&["-g", name]).unwrap_or(65_534));
    let mut command = Command::new("setpriv");
    command.args([
        format!("--reuid={user}"),
        format!("--regid={group}"),
        "--clear-groups".to_owned(),
    ]);
    command
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}
