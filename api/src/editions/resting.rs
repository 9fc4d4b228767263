//! Editions of forms whose records rest as they were delivered: form 11B and the extract it is compared with, and months.
//!
//! No file is made of them. Such an edition is the list of the deliveries it was made of, which never change, and the
//! digest of that list; so that nothing can be asked of it but the tables that are made of it.

use super::{Fault, Wanted};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use hjemmel_store::{Edition, EditionKind, Error, MunicipalDelivery, Store};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Whether a form's records rest as they were delivered.
#[must_use]
pub const fn rests(form: Form) -> bool {
    matches!(form, Form::F11B | Form::F11M)
}

/// The deliveries an edition would be made of now: what counts of each municipality and month, and of the register that
/// the form is compared with.
pub fn parts(store: &Store, form: Form, year: u16) -> Result<Vec<MunicipalDelivery>, Error> {
    let mut parts: Vec<_> = store.counting_periods(form, year)?.into_values().collect();
    if form == Form::F11B {
        parts.extend(store.counting_periods(Form::Nir, year)?.into_values());
    }
    Ok(parts)
}

/// The records of the form in such an edition, and the digest of what it was made of.
#[must_use]
pub fn sum_of(form: Form, parts: &[MunicipalDelivery]) -> (u64, [u8; 32]) {
    let own = parts.iter().filter(|part| part.form == form);
    let mut lines: Vec<String> =
        parts.iter().map(|part| format!("{} {}\n", part.id, part.sha256)).collect();
    lines.sort();
    (own.map(|part| part.records).sum(), Sha256::digest(lines.concat()).into())
}

/// From when an edition of months may be seen: they have no day of the year. A month that is public already is revised
/// with a reason; one that has come since needs none.
pub fn month_from(
    store: &Store,
    wanted: &Wanted,
    before: &[Edition],
    parts: &[MunicipalDelivery],
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Fault> {
    let is_final = |one: &Edition| one.kind == EditionKind::Final;
    if wanted.kind == EditionKind::Preliminary && before.iter().any(is_final) {
        return Err(Fault::AfterFinal);
    }
    let of = |part: &MunicipalDelivery| (part.kommune.clone(), part.period);
    let present: BTreeMap<(String, u8), Uuid> =
        parts.iter().map(|part| (of(part), part.id)).collect();
    let mut revises = false;
    for edition in before.iter().filter(|one| one.public_from <= now) {
        let then = store.parts_of(edition.id)?;
        revises |= then.iter().any(|part| present.get(&of(part)) != Some(&part.id));
    }
    if revises && wanted.reason.as_deref().is_none_or(|reason| reason.trim().is_empty()) {
        return Err(Fault::NoReason);
    }
    Ok(wanted.public_from.map_or(now, |asked| asked.max(now)))
}
