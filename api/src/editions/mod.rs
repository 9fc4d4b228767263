//! Editions of what municipalities delivered: the records of a form and year as they were at one moment, numbered,
//! never changed, and public from a moment that is known beforehand.

pub mod coverage;
mod resting;

use chrono::{DateTime, Utc};
use hjemmel_kostra::{Division, Form, calendar};
use hjemmel_registers::{DepositRef, EditionRef, Registers};
use hjemmel_store::{DecisionRow, Edition, EditionKind, MunicipalDelivery, NewEdition, Store};
use std::collections::{BTreeMap, BTreeSet};
use uuid::Uuid;

/// An edition somebody wants made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// How settled it is.
    pub kind: EditionKind,
    /// Why, where it corrects one that is public.
    pub reason: Option<String>,
    /// From when it may be seen, where that is later than it must be.
    pub public_from: Option<DateTime<Utc>>,
}

/// Why no edition was made.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nobody has delivered.
    #[error("no municipality has delivered form {0} for {1}")]
    Nothing(Form, u16),
    /// The form has no register in the year.
    #[error("there is no register of form {0} for {1}")]
    NoRegister(Form, u16),
    /// A public edition is corrected without a word of why.
    #[error("an edition that is public is corrected with a reason")]
    NoReason,
    /// Unrevised figures would follow revised ones.
    #[error("there is a final edition already")]
    AfterFinal,
    /// It cannot be written down.
    #[error("the event of the record cannot be made")]
    Unrecorded,
    /// The records.
    #[error(transparent)]
    Registers(#[from] hjemmel_registers::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] hjemmel_store::Error),
}

/// What came of it.
#[derive(Debug)]
pub enum Made {
    /// A new edition.
    New(Edition),
    /// The newest edition is made of the very same deliveries.
    Already(Edition),
}

/// The day and hour a kind of edition is due.
#[must_use]
pub fn due(kind: EditionKind, year: u16) -> DateTime<Utc> {
    match kind {
        EditionKind::Preliminary => calendar::preliminary(year),
        EditionKind::Final => calendar::revised(year),
    }
}

/// The word for a kind of edition.
#[must_use]
pub const fn kind_name(kind: EditionKind) -> &'static str {
    match kind {
        EditionKind::Preliminary => "preliminary",
        EditionKind::Final => "final",
    }
}

/// Freezes what counts of each municipality's deliveries as an edition.
///
/// Until an edition is public it can be made anew, as deliveries come in; from then on it is frozen, and another of
/// its kind is a correction, which says why. No edition is public before its day.
///
/// # Errors
/// When it may not be made, or could not be; then nothing has changed.
pub fn freeze(
    (store, registers): (&Store, &Registers),
    wanted: &Wanted,
    now: DateTime<Utc>,
    event: impl FnOnce(&NewEdition) -> Option<DecisionRow>,
) -> Result<Made, Fault> {
    let (form, year) = (wanted.form, wanted.year);
    let rests = resting::rests(form);
    if hjemmel_kostra::columns(form, year).is_empty() && !rests {
        return Err(Fault::NoRegister(form, year));
    }
    let mut lock = store.lock_import(form, year)?;
    let counting = store.counting_deliveries(form, year)?;
    if counting.is_empty() {
        return Err(Fault::Nothing(form, year));
    }
    let made_of = resting::parts(store, form, year)?;
    let parts: Vec<Uuid> = made_of.iter().map(|delivery| delivery.id).collect();
    let all = store.editions()?;
    let mut before: Vec<Edition> =
        all.into_iter().filter(|one| (one.form, one.year) == (form, year)).collect();
    if let Some(newest) = before.pop_if(|newest| newest.kind == wanted.kind) {
        if is_made_of(store, &newest, &parts)? {
            return Ok(Made::Already(newest));
        }
        before.push(newest);
    }
    let public_from = if form == Form::F11M {
        resting::month_from(store, wanted, &before, &made_of, now)?
    } else {
        public_from(wanted, &before, now)?
    };
    let version = store.next_edition(&mut lock, form, year)?;
    let (records, sha256) = if rests {
        resting::sum_of(form, &made_of)
    } else {
        let reference = EditionRef::new(form, year, version);
        // A run that was cut after the file and before the database left a file nobody knows of.
        registers.discard(&reference)?;
        let deposits = parts.iter().map(|id| DepositRef { form, year, id: *id }).collect();
        let imported = registers.import(&reference, registers.collected(deposits), &mut |_| {})?;
        (imported.records, imported.edition.sha256.unwrap_or_default())
    };
    let edition = NewEdition {
        id: Uuid::now_v7(),
        version,
        kind: wanted.kind,
        parquet_sha256: hex::encode(sha256),
        missing_regions: missing_regions(year, &counting),
        public_from: Some(public_from),
        reason: wanted.reason.clone(),
    };
    let event = event(&edition).ok_or(Fault::Unrecorded)?;
    let made =
        store.add_collected(&mut lock, (form, year), (records, &parts, now), &edition, &event)?;
    Ok(Made::New(made))
}

fn is_made_of(store: &Store, edition: &Edition, parts: &[Uuid]) -> Result<bool, Fault> {
    let held: BTreeSet<Uuid> = store.parts_of(edition.id)?.iter().map(|one| one.id).collect();
    Ok(held == parts.iter().copied().collect())
}

/// From when an edition may be seen.
fn public_from(
    wanted: &Wanted,
    before: &[Edition],
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Fault> {
    let is_final = |one: &&Edition| one.kind == EditionKind::Final;
    if wanted.kind == EditionKind::Preliminary && before.iter().any(|one| is_final(&one)) {
        return Err(Fault::AfterFinal);
    }
    let corrects = before.iter().any(|one| one.kind == wanted.kind && one.public_from <= now);
    if corrects && wanted.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Fault::NoReason);
    }
    let earliest = now.max(due(wanted.kind, wanted.year));
    Ok(wanted.public_from.map_or(earliest, |asked| asked.max(earliest)))
}

/// The regions that have not delivered, as the register has them: municipalities, and the bydeler of Oslo.
fn missing_regions(year: u16, counting: &BTreeMap<String, MunicipalDelivery>) -> Vec<String> {
    let Some(division) = Division::of(year) else { return Vec::new() };
    let of = |leaf: &&String| {
        let kommune = leaf.get(..4).unwrap_or(leaf);
        !counting.contains_key(kommune)
    };
    division.leaves().iter().filter(of).cloned().collect()
}

#[cfg(test)]
mod tests;
