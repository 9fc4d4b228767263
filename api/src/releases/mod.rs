//! Releases: the tables of a form and year protected together over all that was published of them before.

mod beside;
pub mod work;

use crate::app::{columns_of, reference};
use crate::axes;
use chrono::Utc;
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::suppress::{Amounts, EarlierAmounts, EarlierMonths, Months, Stage};
use hjemmel_disclosure::{Microcube, Release, Rule, Sealed, TableCells, suppress};
use hjemmel_kostra::{Form, Table};
use hjemmel_policy::{Policy, Protect, ProtectTables};
use hjemmel_registers::{DepositRef, Keys, Registers};
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
    /// What the form is compared with has not come.
    #[error(
        "form {0} for {1} has nothing to be compared with; its edition has no extract of the register"
    )]
    NothingBeside(Form, u16),
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
    let is_compared = || -> Result<bool, hjemmel_store::Error> {
        Ok(store.parts_of(edition.id)?.iter().any(|part| part.form == Form::Nir))
    };
    if form == Form::F11B && !is_compared()? {
        return Err(Fault::NothingBeside(form, year));
    }
    Ok((edition, tables))
}

/// A policy of the house itself, which grants nothing and permits protection.
///
/// # Errors
/// When the columns of the forms contradict each other.
pub fn own_policy() -> Result<Policy, hjemmel_policy::Error> {
    Policy::build(Vec::new(), 0, &columns_of)
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
    let policy = own_policy()?;
    let now = Utc::now();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let rule = Rule::default();
    let key = ArchiveKey::new(workshop.keys.archive_key());
    let (earlier, known) = earlier(workshop, (form, year), &key)?;
    let (beside, of_others) = beside::of(workshop.store, (form, year), &key)?;
    let known = known.into_iter().chain(of_others).collect();
    let protected = if form == Form::F11M {
        let sealed = months(workshop, &policy, &edition)?;
        let before = earlier.into_iter().map(|(then, release)| {
            Ok(EarlierMonths { months: months(workshop, &policy, &then)?, release })
        });
        let before = before.collect::<Result<Vec<_>, Fault>>()?;
        let tables = beside::tables_of_months().ok_or(Fault::NoEdition(form, year))?;
        suppress::months(sealed, tables, &rule, (before, &beside), progress)?
    } else {
        let (summed, counted): (Vec<_>, Vec<_>) = tables.iter().partition(|table| table.is_sum());
        let sums = |of: &Edition| amounts(workshop, &runtime, &policy, of, &summed);
        let sealed = cube(workshop, &runtime, &policy, &edition)?;
        let (mut before, mut sums_before) = (Vec::new(), Vec::new());
        for (then, release) in earlier {
            let released = release.content().iter().filter(|one| is_one_of(&summed, one));
            let released: Vec<TableCells> = released.cloned().collect();
            if !released.is_empty() {
                sums_before.push(EarlierAmounts { amounts: sums(&then)?, released });
            }
            let counts = cube(workshop, &runtime, &policy, &then)?;
            before.push(suppress::Before { counts, release });
        }
        let protected =
            suppress::tables_beside(sealed, &counted, &rule, (before, &beside), progress)?;
        if summed.is_empty() {
            protected
        } else {
            let tables = (&summed[..], &counted[..]);
            suppress::amounts(protected, sums(&edition)?, tables, sums_before, progress)?
        }
    };
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

/// The counts of an edition, sealed.
pub(crate) fn cube(
    workshop: Workshop<'_>,
    runtime: &tokio::runtime::Runtime,
    policy: &Policy,
    edition: &Edition,
) -> Result<Sealed<Protect, Microcube>, Fault> {
    let (form, year) = (edition.form, edition.year);
    let grant = policy.permit_protection(ProtectTables { form, year }, Utc::now());
    let axes = axes::of_form(form, year);
    if form != Form::F11B {
        let from = reference(edition);
        return Ok(runtime.block_on(workshop.registers.cube(grant, &from, axes))?);
    }
    let parts = workshop.store.parts_of(edition.id)?;
    let of = |form| -> Vec<DepositRef> {
        let of_form = parts.iter().filter(|part| part.form == form);
        of_form.map(|part| DepositRef { form, year, id: part.id }).collect()
    };
    Ok(workshop.registers.agreement(grant, of(form), of(Form::Nir), axes)?)
}

/// What each person adds to the sums of an edition, sealed.
fn amounts(
    workshop: Workshop<'_>,
    runtime: &tokio::runtime::Runtime,
    policy: &Policy,
    edition: &Edition,
    tables: &[&Table],
) -> Result<Sealed<Protect, Vec<Amounts>>, Fault> {
    let of = ProtectTables { form: edition.form, year: edition.year };
    let grant = policy.permit_protection(of, Utc::now());
    let from = reference(edition);
    Ok(runtime.block_on(workshop.registers.amounts(grant, &from, tables))?)
}

fn is_one_of(tables: &[&Table], cells: &TableCells) -> bool {
    tables.iter().any(|table| table.id == cells.table)
}

/// The months of an edition, sealed.
fn months(
    workshop: Workshop<'_>,
    policy: &Policy,
    edition: &Edition,
) -> Result<Sealed<Protect, Months>, Fault> {
    let (form, year) = (edition.form, edition.year);
    let grant = policy.permit_protection(ProtectTables { form, year }, Utc::now());
    let parts = workshop.store.parts_of(edition.id)?.into_iter();
    let parts = parts.map(|part| DepositRef { form, year, id: part.id }).collect();
    Ok(workshop.registers.months(grant, parts, axes::of_form(form, year))?)
}

/// A release with the edition it was made from.
type Earlier = (Edition, Release<Vec<TableCells>>);

/// What was published of the form and year before, or will be, each with the edition it was made from.
///
/// An archive that does not verify, or records that cannot be read any more, stop the release: what is already known
/// would not be reckoned with.
fn earlier(
    workshop: Workshop<'_>,
    (form, year): (Form, u16),
    key: &ArchiveKey,
) -> Result<(Vec<Earlier>, Vec<Uuid>), Fault> {
    let (mut earlier, mut known) = (Vec::new(), Vec::new());
    let mut contents = BTreeSet::new();
    for one in workshop.store.releases_of(form, year)? {
        known.push(one.id);
        let edition = workshop.store.edition_by_id(one.edition)?;
        let release = archive::unpack(&one.archive, key)?;
        let content = serde_json::to_vec(release.content())?;
        if contents.insert((edition.id, content)) {
            earlier.push((edition, release));
        }
    }
    Ok((earlier, known))
}
