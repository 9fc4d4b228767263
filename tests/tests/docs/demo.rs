//! The demonstration as a newcomer starts it, and a shell beside it.

use hjemmel_tests::demonstration::{Demonstration, ending_with_us};
use std::io::{BufRead as _, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::{LazyLock, Mutex, MutexGuard};

/// What the pages call it.
const WRITTEN: &str = "http://127.0.0.1:8080";

/// A started demonstration.
pub struct Demo {
    _program: Program,
    _rest: Lines<BufReader<ChildStdout>>,
    address: String,
    /// All it printed before it answered.
    pub said: String,
}

/// A program that ends with the value that holds it, or with the test.
pub struct Program(Child);

impl Program {
    /// Starts a command, and gives what it prints.
    pub fn start(command: &Command, name: &str) -> (Self, ChildStdout) {
        let workshop = Demonstration::shared().workshop();
        let mut tied = ending_with_us(command, &workshop.join(format!("log-{name}")));
        tied.current_dir(command.get_current_dir().unwrap_or(workshop));
        let mut child = tied.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = child.stdout.take().unwrap();
        (Self(child), output)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}

/// What a command printed.
pub struct Said {
    /// How it ended.
    pub status: ExitStatus,
    /// What it printed.
    pub output: String,
    /// What it complained of.
    pub errors: String,
}

impl Said {
    /// Both.
    pub fn both(&self) -> String {
        format!("{}\n{}", self.output, self.errors)
    }
}

/// Held by whoever writes to the folder: the pages write files of the same names.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// The one the pages are read beside.
pub fn running() -> &'static Demo {
    static RUNNING: LazyLock<Demo> = LazyLock::new(|| {
        let workshop = Demonstration::shared().workshop();
        std::fs::copy("../policy/demo-grants.toml", workshop.join("grants.toml")).unwrap();
        Demo::start()
    });
    &RUNNING
}

impl Demo {
    /// Starts it where it has been made, and waits until it says what to try.
    pub fn start() -> Self {
        let demonstration = Demonstration::shared();
        let mut command = demonstration.program();
        command.current_dir(demonstration.workshop()).args(["demo", "--port", "0"]);
        let (program, output) = Program::start(&command, "demo");
        let mut lines = BufReader::new(output).lines();
        let mut said = String::new();
        while !said.contains("grant take suspend") {
            let line = lines.next().unwrap_or_else(|| panic!("no demonstration: {said}")).unwrap();
            said += &(line + "\n");
        }
        let at = said.find("http://").unwrap();
        let address = said[at..].split(';').next().unwrap().to_owned();
        Self { _program: program, _rest: lines, address, said }
    }

    /// Where the reader is: the folder that holds `hjemmel-demo`.
    #[expect(clippy::unused_self, reason = "one reads better than the other")]
    pub fn workshop(&self) -> &'static Path {
        Demonstration::shared().workshop()
    }

    /// A text of a page, for the port this one has.
    pub fn at_its_port(&self, text: &str) -> String {
        text.replace(WRITTEN, &self.address)
    }

    /// Runs commands as they stand on a page, with the program on the path and its settings beside.
    pub fn shell(&self, commands: &str) -> Said {
        let mut text = self.at_its_port(commands);
        for asks in ["/v1/decisions/ID", "policy explain ID"] {
            if text.contains(asks) {
                let about = asks.replace("ID", &self.a_decision());
                text = text.replace(asks, &about);
            }
        }
        // Nobody is here to be asked.
        text = text.replace("policy load grants.toml", "policy load grants.toml --yes");
        let bin = self.workshop().join("bin");
        let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap_or_default());
        let mut command = Command::new("bash");
        command.args(["-euc", &text]).current_dir(self.workshop()).env("PATH", path);
        for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HJEMMEL_")) {
            command.env_remove(name);
        }
        command.env("HJEMMEL_CONFIG", "hjemmel-demo/hjemmel.toml");
        if text.contains("hjemmel grant") {
            let address = self.address.trim_start_matches("http://");
            command.env("HJEMMEL_SERVER_ADDRESS", address);
        }
        let output = command.stdin(Stdio::null()).output().unwrap();
        let read = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { status: output.status, output: read(&output.stdout), errors: read(&output.stderr) }
    }

    /// A decision of NAV's, as a reader would find it in the headers of an answer.
    fn a_decision(&self) -> String {
        let ask = format!(
            "curl -sI -H \"Authorization: Bearer $(cat hjemmel-demo/tokens/nav.jwt)\" \
             '{WRITTEN}/v1/datasets/skjema-11/microdata?year=2024'"
        );
        let said = self.shell(&ask).output;
        let line = said.lines().find_map(|line| line.strip_prefix("hjemmel-decision: "));
        line.unwrap_or_else(|| panic!("{said}")).trim().to_owned()
    }
}
