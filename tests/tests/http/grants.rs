//! The demonstration's grants, changed as an operator would: in a file that is loaded.

use crate::installation::{Installation, succeed};
use std::path::PathBuf;
use std::process::Output;

const FILE: &str = "../policy/demo-grants.toml";
const HEAD: &str = "[[grant]]\n";

/// The grants of the demonstration, one text each.
pub struct Grants(Vec<String>);

impl Grants {
    /// As the demonstration has them.
    pub fn of_the_demonstration() -> Self {
        let text = std::fs::read_to_string(FILE).unwrap();
        Self(text.split(HEAD).skip(1).map(ToOwned::to_owned).collect())
    }

    /// Without one of them.
    pub fn without(mut self, id: &str) -> Self {
        let before = self.0.len();
        self.0.retain(|grant| !is(grant, id));
        assert_eq!(self.0.len(), before - 1, "{id}");
        self
    }

    /// With lines of one of them changed, each known by its key, in a version of its own.
    pub fn with(mut self, id: &str, version: u32, changes: &[(&str, &str)]) -> Self {
        let grant = self.0.iter_mut().find(|grant| is(grant, id)).unwrap();
        let version = version.to_string();
        for (key, value) in changes.iter().chain(&[("version", version.as_str())]) {
            let start = format!("{key} = ");
            let old = grant.lines().find(|line| line.starts_with(&start)).unwrap().to_owned();
            *grant = grant.replace(&old, &format!("{start}{value}"));
        }
        self
    }

    /// Writes them to a file of the installation.
    pub fn write(&self, installation: &Installation) -> PathBuf {
        let path = installation.path("grants.toml");
        std::fs::write(&path, format!("{HEAD}{}", self.0.join(HEAD))).unwrap();
        path
    }

    /// Puts them into force.
    pub fn load(&self, installation: &Installation) -> String {
        succeed(&self.try_to_load(installation, &["--yes"]))
    }

    /// Runs `policy load` on them.
    pub fn try_to_load(&self, installation: &Installation, options: &[&str]) -> Output {
        let file = self.write(installation);
        let file = file.to_string_lossy();
        installation.run(&[&["policy", "load", &*file], options].concat())
    }
}

fn is(grant: &str, id: &str) -> bool {
    grant.lines().any(|line| line == format!("id = {id:?}"))
}
