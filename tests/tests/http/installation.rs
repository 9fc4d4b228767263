//! The folder a server works in: made once by `hjemmel demo`, copied for each test that changes something.

use crate::node::Node;
use crate::truth::{self, Truth};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

/// A demonstration's folder and the settings that a test changes.
pub struct Installation {
    folder: PathBuf,
    environment: Vec<(String, String)>,
}

/// Where this run keeps everything; what runs that have ended left behind is removed.
static WORKSHOP: LazyLock<PathBuf> = LazyLock::new(|| {
    let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("http");
    std::fs::create_dir_all(&all).unwrap();
    for entry in std::fs::read_dir(&all).unwrap().flatten() {
        if !Path::new("/proc").join(entry.file_name()).exists() {
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    let own = all.join(std::process::id().to_string());
    std::fs::create_dir_all(&own).unwrap();
    own
});

/// The program under test, copied so that a build meanwhile does not change it.
static PROGRAM: LazyLock<PathBuf> = LazyLock::new(|| {
    let built = std::env::var_os("HJEMMEL_BIN").map_or_else(build, PathBuf::from);
    let own = WORKSHOP.join("hjemmel");
    std::fs::copy(built, &own).unwrap();
    own
});

/// The demonstration nobody serves: others are copied from it. Its records go in by the operator's commands.
static PRISTINE: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = WORKSHOP.join("pristine");
    let mut demo = program();
    demo.args(["demo", "--no-serve", "--dir"]).arg(&folder).arg("--years");
    succeed(&demo.output().unwrap());
    let made = Installation { folder: folder.clone(), environment: Vec::new() };
    truth::all().for_each(|truth| made.import(truth));
    folder
});

/// Builds what is to be tested in the folder this test was built in; nothing to do where it is fresh.
fn build() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    let profile = test.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo
        .args(["build", "--quiet", "-p", "hjemmel", "--target-dir"])
        .arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    succeed(&cargo.output().unwrap());
    profile.join("hjemmel")
}

/// The program, with none of the tester's own settings.
pub fn program() -> Command {
    let mut command = Command::new(&*PROGRAM);
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("HJEMMEL_")) {
        command.env_remove(name);
    }
    command
}

/// What a command printed, both ways.
pub fn words(output: &Output) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    [text(&output.stdout), text(&output.stderr)].concat()
}

/// What a command printed that must succeed.
pub fn succeed(output: &Output) -> String {
    let words = words(output);
    assert!(output.status.success(), "{words}");
    words
}

/// A place for a test's own files.
pub fn place(name: &str) -> PathBuf {
    let folder = WORKSHOP.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

impl Installation {
    /// A copy of the demonstration.
    pub fn copy(name: &str) -> Self {
        let folder = WORKSHOP.join(name);
        succeed(&Command::new("cp").arg("-a").arg(&*PRISTINE).arg(&folder).output().unwrap());
        Self { folder, environment: Vec::new() }
    }

    /// The keys and issuer of the demonstration with an empty database and no records.
    pub fn empty(name: &str) -> Self {
        let made = Self::copy(name);
        std::fs::remove_dir_all(made.path("registers")).unwrap();
        for end in ["", "-wal", "-shm"] {
            let _ = std::fs::remove_file(made.path(&format!("hjemmel.db{end}")));
        }
        made
    }

    /// With a setting by environment variable.
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// A file of it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The program on this installation.
    pub fn command(&self) -> Command {
        let mut command = program();
        command.arg("--config").arg(self.path("hjemmel.toml"));
        command.envs(self.environment.iter().map(|(name, value)| (name, value)));
        command
    }

    /// The same where no file may grow beyond so many blocks of 512 bytes, as on a full disk.
    pub fn with_a_disk_of(&self, blocks: u64) -> Command {
        let inner = self.command();
        let mut command = Command::new("sh");
        command.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$@\""), "sh"]);
        command.arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }

    /// Runs the program on it.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// Imports a record file and releases its tables.
    pub fn import(&self, truth: &Truth) {
        let (form, year) = (truth.form.number(), truth.year.to_string());
        let about = ["--form", form, "--year", &year];
        let file = truth.file.to_string_lossy();
        succeed(&self.run(&[&["import", &*file], about.as_slice()].concat()));
        succeed(&self.run(&[["release"].as_slice(), &about].concat()));
    }

    /// Serves it.
    pub fn serve(&self) -> Node {
        Node::start(self.command(), &self.folder)
    }

    /// Its database.
    pub fn store(&self) -> hjemmel_store::Store {
        let url = self.environment.iter().find(|(name, _)| name == "HJEMMEL_STORE_URL");
        let own = format!("sqlite:{}", self.path("hjemmel.db").display());
        hjemmel_store::Store::open(url.map_or(&own, |(_, url)| url), 1).unwrap()
    }
}
