//! `hjemmel generate`: fictitious record files in the real layouts.

use super::progress::Progress;
use super::{Failure, say};
use hjemmel_kostra::{Form, generate};
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Writes a fictitious record file in the real fixed-width layout of a form and year.
///
/// The records are drawn from a seed: the same seed gives the same file. Totals follow published figures;
/// identity numbers are synthetic (month + 80) or stand-ins, never anybody's.
#[derive(Debug, clap::Args)]
pub struct Generate {
    /// The form: 11F or 11CF.
    #[arg(long, value_name = "FORM")]
    form: String,
    /// The reporting year.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// Persons; national size unless said.
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u64).range(1..))]
    persons: Option<u64>,
    /// The seed.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// The file to write; an existing one is kept unless --force.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Writes over an existing file.
    #[arg(long)]
    force: bool,
}

impl Generate {
    pub fn run(self) -> Result<ExitCode, Failure> {
        let form = super::form(&self.form)?;
        if self.out.exists() && !self.force {
            return Err(Failure::new(format!(
                "{} exists; --force writes over it",
                self.out.display()
            )));
        }
        let records = write(&self.out, form, self.year, self.seed, self.persons)?;
        say(&format!("{}: {records} records", self.out.display()));
        Ok(ExitCode::SUCCESS)
    }
}

/// Writes the file under a temporary name first, so that it is there whole or not at all.
pub fn write(
    path: &Path,
    form: Form,
    year: u16,
    seed: u64,
    persons: Option<u64>,
) -> Result<u64, Failure> {
    super::layout(form, year)?;
    let partial = path.with_extension("partial");
    let progress = Progress::begin(&format!("generating form {form} {year}"), None);
    let file = File::create(&partial).map_err(Failure::at("write", &partial))?;
    let mut out = BufWriter::with_capacity(1 << 20, file);
    let options = generate::Options { seed, persons, ..generate::Options::default() };
    let summary = generate::write(form, year, &options, &mut out, |done| progress.at(done))?;
    out.flush()?;
    std::fs::rename(&partial, path).map_err(Failure::at("write", path))?;
    progress.end(&format!("{} records", summary.records));
    Ok(summary.records)
}
