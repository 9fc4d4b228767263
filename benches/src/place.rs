//! Where a bench keeps what takes long to make; a second run uses it again.

use crate::{AS_COMMAND, Result};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The environment variable that names the folder; `hjemmel-benches` among the temporary files unless set.
pub const VARIABLE: &str = "BENCH_DIR";

/// The environment variable that names another database than the settings do.
pub const STORE: &str = "HJEMMEL_STORE_URL";

/// The reporting year of every bench.
pub const YEAR: u16 = 2024;

/// Persons a year in the demonstration that a bench starts from: the national size.
const SMALL: &str = "130000";

/// The folder.
pub struct Place(PathBuf);

impl Place {
    /// Makes or finds the folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open() -> Result<Self> {
        let folder = std::env::var_os(VARIABLE).map(PathBuf::from);
        let folder = folder.unwrap_or_else(|| std::env::temp_dir().join("hjemmel-benches"));
        std::fs::create_dir_all(&folder)?;
        Ok(Self(folder.canonicalize()?))
    }

    /// A demonstration with the national number of persons, of a bench's own, with fresh tokens.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn demonstration(&self, name: &str) -> Result<PathBuf> {
        let (model, folder) = (self.0.join("demo"), self.0.join(name));
        refresh(&model)?;
        if !folder.exists() {
            let partial = self.0.join(format!("{name}.partial"));
            copy(&model, &partial)?;
            std::fs::rename(partial, &folder)?;
        }
        refresh(&folder)?;
        Ok(folder)
    }

    /// A record file of form 11F with so many persons.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn records(&self, persons: u32) -> Result<PathBuf> {
        self.records_of(YEAR, persons)
    }

    /// The same of another year.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn records_of(&self, year: u16, persons: u32) -> Result<PathBuf> {
        let path = self.0.join(format!("11F-{year}-{persons}.dat"));
        if !path.exists() {
            let (year, persons) = (year.to_string(), persons.to_string());
            let out = path.to_string_lossy();
            let asked = ["generate", "--form", "11F", "--year", &year, "--persons", &persons];
            hjemmel(&[&asked[..], &["--out", &out]].concat())?;
        }
        Ok(path)
    }

    /// A demonstration whose current edition of the year has so many persons.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn year_of(&self, persons: u32) -> Result<PathBuf> {
        let records = self.records(persons)?;
        let folder = self.demonstration(&format!("demo-{persons}"))?;
        import(&folder, &records, None)?;
        Ok(folder)
    }

    /// A path in the folder.
    #[must_use]
    pub fn join(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

/// The header line of a caller of a demonstration, by the name of the token file.
///
/// # Errors
/// When there is no such token.
pub fn bearer(folder: &Path, who: &str) -> Result<String> {
    let token = std::fs::read_to_string(folder.join(format!("tokens/{who}.jwt")))?;
    Ok(format!("Authorization: Bearer {}", token.trim()))
}

/// Imports a record file into an installation with the command; the same file again changes nothing. `url` names
/// another database than that of its settings.
///
/// # Errors
/// When it is refused.
pub fn import(folder: &Path, records: &Path, url: Option<&str>) -> Result<()> {
    let (records, year) = (records.to_string_lossy(), YEAR.to_string());
    on(folder, url, &["import", &records, "--form", "11F", "--year", &year])
}

/// Makes the tables of an installation in another database, empty but for the grants of the demonstration, and removes
/// the records of the database it had.
///
/// # Errors
/// When they cannot be made.
pub fn installed(folder: &Path, url: &str) -> Result<()> {
    let (grants, registers) = (folder.join("grants.toml"), folder.join("registers"));
    if registers.exists() {
        std::fs::remove_dir_all(registers)?;
    }
    std::fs::write(&grants, hjemmel_policy::DEMO_GRANTS)?;
    on(folder, Some(url), &["migrate"])?;
    on(folder, Some(url), &["policy", "load", &grants.to_string_lossy(), "--yes"])
}

/// Does a command on an installation.
pub(crate) fn on(folder: &Path, url: Option<&str>, arguments: &[&str]) -> Result<()> {
    let config = folder.join("hjemmel.toml");
    let config = config.to_string_lossy();
    hjemmel_with(&[&["--config", &config], arguments].concat(), url)
}

/// Makes a demonstration, or only its tokens if it is there.
fn refresh(folder: &Path) -> Result<()> {
    let dir = folder.to_string_lossy();
    hjemmel(&["demo", "--dir", &dir, "--persons", SMALL, "--no-serve"])
}

pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &to)?;
        } else {
            std::fs::copy(entry.path(), to)?;
        }
    }
    Ok(())
}

/// Does a `hjemmel` command in a process of its own.
fn hjemmel(arguments: &[&str]) -> Result<()> {
    hjemmel_with(arguments, None)
}

/// What a `hjemmel` command prints.
///
/// # Errors
/// When it does not succeed.
pub fn said(arguments: &[&str]) -> Result<String> {
    let mut command = Command::new(std::env::current_exe()?);
    let output = command.arg(AS_COMMAND).args(arguments).stdin(Stdio::null()).output()?;
    if output.status.success() {
        return Ok(String::from_utf8(output.stdout)?);
    }
    Err(String::from_utf8_lossy(&output.stderr).into_owned().into())
}

fn hjemmel_with(arguments: &[&str], url: Option<&str>) -> Result<()> {
    let output = Command::new(std::env::current_exe()?)
        .arg(AS_COMMAND)
        .args(arguments)
        .envs(url.map(|url| (STORE, url)))
        .stdin(Stdio::null())
        .output()?;
    if output.status.success() {
        return Ok(());
    }
    let (said, errors) = (&output.stdout, &output.stderr);
    let text = [said.as_slice(), errors.as_slice()].concat();
    Err(format!("hjemmel {}: {}", arguments.join(" "), String::from_utf8_lossy(&text)).into())
}
