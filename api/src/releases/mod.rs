//! Releases: the tables of a form and year protected together over all that was published of them before.

pub mod work;

use crate::app::{columns_of, reference};
use crate::axes;
use chrono::Utc;
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::suppress::Stage;
use hjemmel_disclosure::{Rule, suppress};
use hjemmel_kostra::{Form, Table};
use hjemmel_policy::{Policy, ProtectTables};
use hjemmel_registers::{Keys, Registers};
use hjemmel_store::{Edition, NewRelease, Store};
use std::collections::BTreeSet;
use uuid::Uuid;

/// What a release is made with.
#[derive(Clone, Copy)]
pub struct Workshop<'a> {
    /// The database.
    pub store: &'a Store,
    /// The records.
    pub registers: &'a Registers,
    /// The keys.
    pub keys: &'a Keys,
}

/// Why there is no release.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The form has no tables in the year.
    #[error("form {0} has no tables for {1}; {2}")]
    NoTables(Form, u16, String),
    /// Nothing was taken in.
    #[error("form {0} has no edition for {1}; import a record file or make an edition first")]
    NoEdition(Form, u16),
    /// The policy.
    #[error(transparent)]
    Policy(#[from] hjemmel_policy::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] hjemmel_store::Error),
    /// The records.
    #[error(transparent)]
    Registers(#[from] hjemmel_registers::Error),
    /// The protection.
    #[error(transparent)]
    Protection(#[from] suppress::Error),
    /// What was published before cannot be read.
    #[error(transparent)]
    Archive(#[from] archive::ArchiveError),
    /// It cannot be written down.
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    /// No thread could be started.
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}

/// A release that was made and is not published.
pub struct Made {
    /// The release.
    pub release: NewRelease,
    /// How it was protected, as the release holds it.
    pub report: suppress::Report,
    /// The releases that were reckoned with.
    pub known: Vec<Uuid>,
    /// Its cells.
    pub cells: usize,
    /// Those of them that are withheld.
    pub withheld: usize,
}

/// The edition to protect and the tables it is shown in.
///
/// # Errors
/// When there is nothing to protect.
pub fn of_year(
    store: &Store,
    form: Form,
    year: u16,
) -> Result<(Edition, Vec<&'static Table>), Fault> {
    let tables: Vec<_> = hjemmel_kostra::tables_of(form, year).collect();
    if tables.is_empty() {
        let tables = hjemmel_kostra::tables().iter().filter(|table| table.form == form);
        let years: BTreeSet<u16> = tables.flat_map(Table::years).collect();
        let exist = crate::command::choice("tables exist for", years);
        return Err(Fault::NoTables(form, year, exist));
    }
    let edition = store.edition(form, year)?.ok_or(Fault::NoEdition(form, year))?;
    Ok((edition, tables))
}

/// Protects the tables of a form and year together, all levels and years of region, and beside everything that was
/// published of the form and year before. It is stored and not published.
///
/// # Errors
/// When there is nothing to protect, or it could not be done; then there is no release.
pub fn make(
    workshop: Workshop<'_>,
    id: Uuid,
    (form, year): (Form, u16),
    progress: &(dyn Fn(Stage, usize, usize) + Sync),
) -> Result<Made, Fault> {
    let (edition, tables) = of_year(workshop.store, form, year)?;
    let policy = Policy::build(Vec::new(), 0, &columns_of)?;
    let now = Utc::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let grant = policy.permit_protection(ProtectTables { form, year }, now);
    let from = reference(&edition);
    let read = workshop.registers.cube(grant, &from, axes::of_form(form, year));
    let cube = runtime.block_on(read)?;
    let rule = Rule::default();
    let key = ArchiveKey::new(workshop.keys.archive_key());
    let (before, known) = before(workshop, &runtime, &policy, (form, year), &key)?;
    let protected = suppress::tables(cube, &tables, &rule, before, progress)?;
    let release = NewRelease {
        id,
        form,
        year,
        edition: edition.id,
        created_at: now,
        rule: serde_json::to_value(&rule)?,
        report: serde_json::to_value(&protected.report)?,
        archive: archive::pack(&protected.release, &key)?,
    };
    workshop.store.add_release(&release)?;
    let cells = || protected.release.content().iter().flat_map(|table| &table.cells);
    let is_withheld =
        |cell: &&hjemmel_disclosure::Cell| matches!(cell, hjemmel_disclosure::Cell::Withheld);
    Ok(Made {
        release,
        report: protected.report,
        known,
        cells: cells().count(),
        withheld: cells().filter(is_withheld).count(),
    })
}

/// What was published of the form and year before, or will be, each with the counts it was made from.
///
/// An archive that does not verify, or records that cannot be read any more, stop the release: what is already known
/// would not be reckoned with.
fn before(
    workshop: Workshop<'_>,
    runtime: &tokio::runtime::Runtime,
    policy: &Policy,
    (form, year): (Form, u16),
    key: &ArchiveKey,
) -> Result<(Vec<suppress::Before>, Vec<Uuid>), Fault> {
    let (mut before, mut known) = (Vec::new(), Vec::new());
    let mut contents = BTreeSet::new();
    for earlier in workshop.store.releases_of(form, year)? {
        known.push(earlier.id);
        let edition = workshop.store.edition_by_id(earlier.edition)?;
        let release = archive::unpack(&earlier.archive, key)?;
        let content = serde_json::to_vec(release.content())?;
        if !contents.insert((edition.id, content)) {
            continue;
        }
        let grant = policy.permit_protection(ProtectTables { form, year }, Utc::now());
        let from = reference(&edition);
        let read = workshop.registers.cube(grant, &from, axes::of_form(form, year));
        before.push(suppress::Before { counts: runtime.block_on(read)?, release });
    }
    Ok((before, known))
}
