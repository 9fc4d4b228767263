//! `hjemmel release`: the tables of a form and year protected together, audited, and published.

use super::installation::Installation;
use super::progress::Progress;
use super::{Failure, say};
use crate::releases::{self, Workshop};
use chrono::Utc;
use hjemmel_disclosure::suppress;
use hjemmel_kostra::Form;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Protects the tables of a form and year together and publishes them.
#[derive(Debug, clap::Args)]
pub struct Command {
    /// The form: 11, 11B, 11C or 11M.
    #[arg(long, value_name = "FORM")]
    form: String,
    /// The reporting year.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// Where to write the audit report, for the operator's eyes only: JSON, and beside it a page that ends in `.html`.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

impl Command {
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let form = super::form(&self.form)?;
        // Opened before minutes of work and before anything is published; what it held stays until then.
        let open = |path: &PathBuf| {
            let file = File::options().create(true).append(true).open(path);
            file.map_err(Failure::at("write", path))
        };
        let page = self.report.as_ref().map(|path| path.with_extension("html"));
        if let (Some(path), Some(page)) = (&self.report, &page)
            && path == page
        {
            return Err(Failure::new("--report is for the JSON; the page beside it ends in .html"));
        }
        let to = self.report.as_ref().map(open).transpose()?;
        let page_to = page.as_ref().map(open).transpose()?;
        let report = release(installation, form, self.year)?;
        if let (Some(mut file), Some(path)) = (to, self.report) {
            file.set_len(0)?;
            file.write_all(&serde_json::to_vec_pretty(&report)?)?;
            say(&format!("audit report in {}", path.display()));
        }
        if let (Some(mut file), Some(path)) = (page_to, page) {
            file.set_len(0)?;
            file.write_all(report.account().page().as_bytes())?;
            say(&format!("the same for readers in {}", path.display()));
        }
        Ok(ExitCode::SUCCESS)
    }
}

/// Protects and publishes, and gives the audit report.
pub fn release(
    installation: &Installation,
    form: Form,
    year: u16,
) -> Result<suppress::Report, Failure> {
    let progress = Progress::begin(&format!("protecting form {form} {year}"), None);
    let workshop = Workshop {
        store: &installation.store,
        registers: &installation.registers,
        keys: &installation.keys,
    };
    let made = releases::make(workshop, Uuid::now_v7(), (form, year), &|stage, done, total| {
        progress.protection(stage, done, total);
    })?;
    let (id, now) = (made.release.id, Utc::now());
    let event = hjemmel_store::published(id, now);
    let from = installation.store.publish_release(id, now, &made.known, &event)?;
    let until = if from > now { format!(", public from {from}") } else { String::new() };
    let tables = hjemmel_kostra::tables_of(form, year).count();
    let (cells, withheld) = (made.cells, made.withheld);
    progress.end(&format!("{tables} tables, {cells} cells, {withheld} withheld{until}"));
    Ok(made.report)
}
