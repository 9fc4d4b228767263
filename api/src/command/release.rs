//! `hjemmel release`: the tables of a form and year protected together, audited, and published.

use super::installation::Installation;
use super::progress::Progress;
use super::{Failure, say};
use crate::app::{columns_of, reference};
use crate::axes;
use chrono::Utc;
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::{Rule, suppress};
use hjemmel_kostra::Form;
use hjemmel_policy::{Policy, ProtectTables};
use hjemmel_store::NewRelease;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use uuid::Uuid;

/// Protects the tables of a form and year together and publishes them.
#[derive(Debug, clap::Args)]
pub struct Command {
    /// The form: 11 or 11C.
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

/// What was published of the form and year before, each with the counts it was made from.
///
/// An archive that does not verify, or records that cannot be read any more, stop the release: what is already known
/// would not be reckoned with.
fn before(
    installation: &Installation,
    runtime: &tokio::runtime::Runtime,
    policy: &Policy,
    (form, year): (Form, u16),
    key: &ArchiveKey,
) -> Result<Vec<suppress::Before>, Failure> {
    let mut before = Vec::new();
    let mut known = BTreeSet::new();
    for earlier in installation.store.releases_of(form, year)? {
        let edition = installation.store.edition_by_id(earlier.edition)?;
        let release = archive::unpack(&earlier.archive, key)?;
        let content = serde_json::to_vec(release.content())?;
        if !known.insert((edition.id, content)) {
            continue;
        }
        let grant = policy.permit_protection(ProtectTables { form, year }, Utc::now());
        let counts = runtime.block_on(installation.registers.cube(
            grant,
            &reference(&edition),
            axes::of_form(form, year),
        ))?;
        before.push(suppress::Before { counts, release });
    }
    Ok(before)
}

/// Protects and publishes, and gives the audit report.
pub fn release(
    installation: &Installation,
    form: Form,
    year: u16,
) -> Result<suppress::Report, Failure> {
    let tables: Vec<_> = hjemmel_kostra::tables_of(form, year).collect();
    if tables.is_empty() {
        let tables = hjemmel_kostra::tables().iter().filter(|table| table.form == form);
        let years: BTreeSet<u16> = tables.flat_map(hjemmel_kostra::Table::years).collect();
        return Err(Failure::new(format!(
            "form {form} has no tables for {year}; {}",
            super::choice("tables exist for", years)
        )));
    }
    let edition = installation.store.edition(form, year)?.ok_or_else(|| {
        Failure::new(format!("form {form} has no edition for {year}; import a record file first"))
    })?;
    let reference = reference(&edition);
    let progress = Progress::begin(&format!("protecting form {form} {year}"), None);
    let now = Utc::now();
    let policy = Policy::build(Vec::new(), 0, &columns_of)?;
    let grant = policy.permit_protection(ProtectTables { form, year }, now);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let cube = runtime.block_on(installation.registers.cube(
        grant,
        &reference,
        axes::of_form(form, year),
    ))?;
    let rule = Rule::default();
    let key = ArchiveKey::new(installation.keys.archive_key());
    let before = before(installation, &runtime, &policy, (form, year), &key)?;
    let protected = suppress::tables(cube, &tables, &rule, before, &|stage, done, total| {
        progress.protection(stage, done, total);
    })?;
    let release = NewRelease {
        id: Uuid::now_v7(),
        form,
        year,
        edition: edition.id,
        created_at: now,
        rule: serde_json::to_value(&rule)?,
        report: serde_json::to_value(&protected.report)?,
        archive: archive::pack(&protected.release, &key)?,
    };
    installation.store.add_release(&release)?;
    installation.store.publish_release(release.id, Utc::now())?;
    let cells: usize = protected.release.content().iter().map(|table| table.cells.len()).sum();
    let withheld: usize = protected
        .release
        .content()
        .iter()
        .flat_map(|table| &table.cells)
        .filter(|cell| matches!(cell, hjemmel_disclosure::Cell::Withheld))
        .count();
    progress.end(&format!("{} tables, {cells} cells, {withheld} withheld", tables.len()));
    Ok(protected.report)
}
