//! `hjemmel import`: a record file in, an edition or a report out; nothing in between.

use super::installation::Installation;
use super::progress::Progress;
use super::relay::{Relay, Relayed};
use super::{Failure, findings, say};
use chrono::Utc;
use hjemmel_kostra::controls::{Checker, Options, Report};
use hjemmel_kostra::record::Lines;
use hjemmel_kostra::{Form, Layout};
use hjemmel_registers::EditionRef;
use hjemmel_store::{Added, Delivery, DeliveryStatus, EditionKind, ImportLock, NewEdition, Store};
use std::fs::File;
use std::io::{BufRead, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ScopedJoinHandle;
use uuid::Uuid;

/// Checks a record file with the layout and identity controls and, if it is clean, makes an edition of it.
///
/// The layout is chosen by form and year. A file with a finding of severity ERROR or FATAL is refused whole.
/// Importing the same file again changes nothing.
#[derive(Debug, clap::Args)]
pub struct Import {
    /// The record file.
    file: PathBuf,
    /// The form: 11F or 11CF.
    #[arg(long, value_name = "FORM")]
    form: String,
    /// The reporting year.
    #[arg(long, value_name = "YEAR")]
    year: u16,
    /// The municipality that sends it; without it the file may hold several.
    #[arg(long, value_name = "KOMMUNE")]
    sender: Option<String>,
    /// Unrevised figures, to be followed by a final edition.
    #[arg(long)]
    preliminary: bool,
    /// The language of the report: nb or en.
    #[arg(long, default_value = "nb", value_name = "LANG")]
    lang: String,
    /// Also writes the report, in both languages, to this file as JSON.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// What came of an import.
pub enum Outcome {
    /// A new edition.
    New { version: u32, records: u64 },
    /// The very same file was imported before.
    Already,
    /// The file was refused.
    Refused(Box<Report>),
}

impl Import {
    pub fn run(self, installation: &Installation) -> Result<ExitCode, Failure> {
        let form = super::form(&self.form)?;
        let language = crate::language::parse(&self.lang).ok_or_else(|| {
            Failure::new(format!("there is no language `{}`; use nb or en", self.lang))
        })?;
        let kind = if self.preliminary { EditionKind::Preliminary } else { EditionKind::Final };
        let file = &self.file;
        match import(installation, file, form, self.year, self.sender, kind)? {
            Outcome::New { version, records } => {
                say(&format!(
                    "form {form} {}: edition {version} with {records} records",
                    self.year
                ));
                Ok(ExitCode::SUCCESS)
            }
            Outcome::Already => {
                say(&format!(
                    "form {form} {}: this file was imported before; nothing changed",
                    self.year
                ));
                Ok(ExitCode::SUCCESS)
            }
            Outcome::Refused(report) => {
                findings::print(&report, language);
                say(findings::refused(language));
                if let Some(path) = self.report {
                    std::fs::write(&path, serde_json::to_vec_pretty(&report)?)
                        .map_err(Failure::at("write", &path))?;
                    say(&format!("report in {}", path.display()));
                }
                Ok(ExitCode::from(1))
            }
        }
    }
}

/// Imports one file.
pub fn import(
    installation: &Installation,
    path: &Path,
    form: Form,
    year: u16,
    sender: Option<String>,
    kind: EditionKind,
) -> Result<Outcome, Failure> {
    let layout = super::layout(form, year)?;
    let file = File::open(path).map_err(Failure::at("read", path))?;
    let facts = file.metadata()?;
    if facts.is_dir() {
        return Err(Failure::new(format!("{} is a folder; name one record file", path.display())));
    }
    let store = &installation.store;
    let mut lock = lock(store, form, year)?;
    let version = store.next_edition(&mut lock, form, year)?;
    let reference = EditionRef::new(form, year, version);
    // A run that was cut after the file and before the database left a file nobody knows of.
    installation.registers.discard(&reference)?;
    let progress = Progress::begin(&format!("importing form {form} {year}"), Some(facts.len()));
    let mut checker = checker(installation, layout, sender)?;
    let refused = AtomicBool::new(false);
    let mut relay = Relay::new(file);
    let (to_check, to_keep) = (relay.listener(), relay.listener());
    let source = UntilRefused { source: to_keep, refused: &refused };
    let (relayed, read, prepared) = std::thread::scope(|scope| {
        let relaying = scope.spawn(|| relay.run());
        let checking = scope.spawn(|| check(&mut checker, to_check, &refused));
        let prepared =
            installation.registers.prepare(&reference, source, &mut |done| progress.at(done));
        (joined(relaying), joined(checking), prepared)
    });
    let Relayed { sha256, bytes } = relayed.map_err(Failure::at("read", path))?;
    read?;
    if store.accepted_delivery(form, year, &sha256)?.is_some() {
        progress.end("nothing new");
        return Ok(Outcome::Already);
    }
    let report = checker.finish();
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
    let mut delivery = Delivery {
        id: Uuid::now_v7(),
        form,
        year,
        sha256,
        file_name: name.unwrap_or_default(),
        bytes,
        records: report.records,
        status: DeliveryStatus::Accepted,
        report: serde_json::to_value(&report)?,
        received_at: Utc::now(),
        edition: None,
    };
    if !report.accepted {
        let findings = report.findings.len() as u64 + report.omitted;
        progress.end(&format!("{} records, {findings} findings", report.records));
        delivery.status = DeliveryStatus::Refused;
        store.refuse_delivery(&delivery)?;
        return Ok(Outcome::Refused(Box::new(report)));
    }
    let imported = prepared?.keep()?;
    progress.end(&format!("{} records", imported.records));
    keep(installation, &mut lock, &delivery, kind, &imported)
}

/// The right to import a form and year, which one process has at a time.
pub fn lock(store: &Store, form: Form, year: u16) -> Result<ImportLock, Failure> {
    store.lock_import(form, year).map_err(|error| match error {
        hjemmel_store::Error::Busy(_) => Failure::new(format!(
            "another import of form {form} {year} is under way; try again when it is done"
        )),
        other => other.into(),
    })
}

/// Makes the imported file the current edition.
pub fn keep(
    installation: &Installation,
    lock: &mut ImportLock,
    delivery: &Delivery,
    kind: EditionKind,
    imported: &hjemmel_registers::Imported,
) -> Result<Outcome, Failure> {
    let parquet = imported.edition.sha256.unwrap_or_default();
    let edition = NewEdition {
        id: Uuid::now_v7(),
        version: imported.edition.version,
        kind,
        parquet_sha256: hex::encode(parquet),
        missing_regions: Vec::new(),
        public_from: None,
        reason: None,
    };
    match installation.store.add_edition(lock, delivery, &edition)? {
        Added::New(edition) => {
            Ok(Outcome::New { version: edition.version, records: imported.records })
        }
        Added::Already(_) => Ok(Outcome::Already),
    }
}

fn checker(
    installation: &Installation,
    layout: &'static Layout,
    sender: Option<String>,
) -> Result<Checker, Failure> {
    let options = Options {
        sender,
        kommuner: crate::deliveries::kommuner(layout.year),
        allow_synthetic: installation.settings.test_installation,
        ..Options::default()
    };
    Checker::new(layout, options)
        .ok_or_else(|| Failure::new(format!("form {} has no controls yet", layout.form)))
}

/// Runs the controls over every line, and says as soon as it is known that the file is refused.
fn check(checker: &mut Checker, source: impl BufRead, refused: &AtomicBool) -> std::io::Result<()> {
    let mut lines = Lines::new(source);
    while let Some(line) = lines.next()? {
        checker.check_line(line.number, line.bytes);
        if !checker.is_accepted() {
            refused.store(true, Ordering::Relaxed);
        }
    }
    Ok(())
}

fn joined<T>(thread: ScopedJoinHandle<'_, T>) -> T {
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
}

/// A source that ends in an error once the controls have refused what it gives.
struct UntilRefused<'a, R> {
    source: R,
    refused: &'a AtomicBool,
}

impl<R: Read> Read for UntilRefused<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        if self.refused.load(Ordering::Relaxed) {
            return Err(std::io::Error::other("the controls refused it"));
        }
        self.source.read(buffer)
    }
}
