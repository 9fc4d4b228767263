//! What municipalities send for themselves: taken in, told about, and kept until it becomes part of an edition.

pub mod arriving;
pub mod format;
pub mod intake;
pub mod page;
pub mod reading;
pub mod settings;
pub mod sheet;
pub mod sheets;
pub mod view;

pub use settings::Deliveries;
pub use sheets::largest;

use crate::app::App;
use chrono::{DateTime, TimeDelta, Utc};
use hjemmel_kostra::sheet::Sheet;
use hjemmel_kostra::{Division, Form, Layout};
use std::collections::BTreeSet;

/// How old a file nobody knows of must be before it is swept away: its delivery may be about to be stored.
const ABANDONED: TimeDelta = TimeDelta::hours(1);

/// The municipalities of a year, where they are known.
#[must_use]
pub fn kommuner(year: u16) -> Option<BTreeSet<String>> {
    let division = Division::of(year)?;
    Some(division.kommuner.iter().map(|kommune| kommune.code.clone()).collect())
}

/// The years a form can be delivered for.
fn years(form: Form) -> Vec<u16> {
    if Sheet::of(form).is_some() { Division::years().collect() } else { Layout::years(form) }
}

/// Removes the files of deliveries that were cut between their file and the database.
///
/// # Errors
/// What could not be read or removed.
pub fn sweep(app: &App, now: DateTime<Utc>) -> Result<(), intake::Fault> {
    for form in Form::ALL {
        for year in years(form) {
            let mut old = app.registers().deposits(form, year)?;
            old.retain(|(_, written)| now - *written > ABANDONED);
            if old.is_empty() {
                continue;
            }
            let known = app.store().municipal_delivery_ids(form, year)?;
            for (deposit, _) in old.iter().filter(|(deposit, _)| !known.contains(&deposit.id)) {
                app.registers().discard_deposit(deposit)?;
            }
        }
    }
    Ok(())
}
