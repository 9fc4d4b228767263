//! A demonstration of one year, made once by the real program and copied for each test program that uses it.
//!
//! It is kept beside the build results under a name made of the program's bytes, so that several test programs
//! of one run, and further runs of the same build, share it.

use std::fs::File;
use std::hash::{DefaultHasher, Hasher as _};
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime};

/// The one generated year, of national size: few persons in many municipalities take longer to protect.
const YEAR: &str = "2024";
/// The file the program writes last.
const DONE: &str = "demo-is-complete";
/// What no run uses any more.
const OLD: Duration = Duration::from_hours(24);

/// A demonstration that this test program alone uses.
#[derive(Debug)]
pub struct Demonstration {
    workshop: PathBuf,
}

/// A server on a free port, ended with the value that holds it.
#[derive(Debug)]
pub struct Server {
    child: Child,
    orders: Option<ChildStdin>,
    address: String,
}

impl Demonstration {
    /// The one of this test program.
    ///
    /// # Panics
    /// When it cannot be made: tests must fail then.
    #[must_use]
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Demonstration> = OnceLock::new();
        SHARED.get_or_init(|| Self::copy().unwrap_or_else(|error| fail(&error)))
    }

    /// The folder that holds the program as `bin/hjemmel` and the demonstration as `hjemmel-demo`.
    #[must_use]
    pub fn workshop(&self) -> &Path {
        &self.workshop
    }

    /// The program, with none of the tester's own settings.
    #[must_use]
    pub fn program(&self) -> Command {
        program(&self.workshop.join("bin/hjemmel"))
    }

    /// The token of one of its callers.
    ///
    /// # Panics
    /// When there is no such caller.
    #[must_use]
    pub fn token(&self, caller: &str) -> String {
        let path = self.workshop.join("hjemmel-demo/tokens").join(format!("{caller}.jwt"));
        std::fs::read_to_string(&path).unwrap_or_else(|error| fail(&error)).trim().to_owned()
    }

    /// Serves it on a free port.
    ///
    /// # Panics
    /// When the server does not start.
    #[must_use]
    pub fn serve(&self) -> Server {
        let mut serve = self.program();
        serve.args(["--config", "hjemmel-demo/hjemmel.toml", "serve", "--address", "127.0.0.1:0"]);
        let mut command = ending_with_us(&serve, &self.workshop.join("log"));
        command.current_dir(&self.workshop).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| fail(&error));
        let orders = child.stdin.take();
        let mut line = String::new();
        let output = child.stdout.take().unwrap_or_else(|| fail(&"no pipe"));
        let read = BufReader::new(output).read_line(&mut line);
        let address = line.trim().strip_prefix("listening on http://").map(ToOwned::to_owned);
        let server = Server { child, orders, address: address.unwrap_or_default() };
        if read.is_err() || server.address.is_empty() {
            fail(&format!("the server did not start: {line}"));
        }
        server
    }

    fn copy() -> std::io::Result<Self> {
        let built = built()?;
        let store = built.ancestors().nth(2).unwrap_or(&built).join("tmp/demonstrations");
        let pristine = store.join(fingerprint(&built)?);
        std::fs::create_dir_all(&pristine)?;
        let lock = File::create(store.join("lock"))?;
        lock.lock()?;
        remove_old(&store)?;
        let demo = pristine.join("hjemmel-demo");
        if !demo.join(DONE).exists() {
            std::fs::create_dir_all(pristine.join("bin"))?;
            let own = pristine.join("bin/hjemmel");
            std::fs::copy(&built, &own)?;
            let mut make = program(&own);
            make.args(["demo", "--no-serve", "--years", YEAR, "--dir"]).arg(&demo);
            succeed(&mut make)?;
        }
        let workshop = store.join(format!("of-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&workshop);
        succeed(Command::new("cp").arg("-a").arg(&pristine).arg(&workshop))?;
        Ok(Self { workshop })
    }
}

impl Server {
    /// Address and port.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.orders.take();
        let _ = self.child.wait();
    }
}

/// Runs a program until the standard input of what is returned closes: when the test lets go of it, and when the
/// test program ends, where statics are not dropped. Only the program holds its output: who waits for a line of it
/// sees it end.
#[must_use]
pub fn ending_with_us(program: &Command, log: &Path) -> Command {
    const SCRIPT: &str = r#"log=$1; shift
"$@" </dev/null 2>"$log" & pid=$!
exec >/dev/null
read -r word
kill -KILL $pid; wait $pid"#;
    let mut command = Command::new("sh");
    command.args(["-c", SCRIPT, "server"]).arg(log).arg(program.get_program());
    command.args(program.get_args());
    for (name, value) in program.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
}

/// The program of this working tree: `HJEMMEL_BIN`, or built here; nothing to do where it is fresh.
fn built() -> std::io::Result<PathBuf> {
    if let Some(path) = std::env::var_os("HJEMMEL_BIN") {
        return Ok(path.into());
    }
    let test = std::env::current_exe()?;
    let profile = test.ancestors().nth(2).unwrap_or(&test);
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--quiet", "-p", "hjemmel"]);
    cargo.arg("--target-dir").arg(profile.parent().unwrap_or(profile));
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    succeed(&mut cargo)?;
    Ok(profile.join("hjemmel"))
}

fn program(path: &Path) -> Command {
    let mut command = Command::new(path);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("HJEMMEL_") {
            command.env_remove(name);
        }
    }
    command
}

/// A name that changes whenever the program does.
fn fingerprint(program: &Path) -> std::io::Result<String> {
    let mut hasher = DefaultHasher::new();
    hasher.write(&std::fs::read(program)?);
    hasher.write(YEAR.as_bytes());
    Ok(format!("{:016x}", hasher.finish()))
}

/// Removes what has not been used for a day, and the copies of test programs that have ended.
fn remove_old(store: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(store)?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let ended =
            name.strip_prefix("of-").is_some_and(|id| !Path::new("/proc").join(id).exists());
        let age = entry.metadata()?.modified().map(|at| SystemTime::now().duration_since(at));
        let old = matches!(age, Ok(Ok(age)) if age > OLD);
        if entry.path().is_dir() && (ended || old) {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    Ok(())
}

fn succeed(command: &mut Command) -> std::io::Result<()> {
    let output = command.output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(std::io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
}

#[expect(clippy::panic, reason = "a test that cannot go on must fail")]
fn fail(why: &impl std::fmt::Display) -> ! {
    panic!("no demonstration: {why}")
}
