//! What a fault of the registers looks like to a caller: that it is ours, which records it is about, and
//! that nothing left.

use crate::problem::{Kind, Problem};
use hjemmel_kostra::Form;

/// An error with all its causes, for the log.
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let further = error.to_string();
        if !text.contains(&further) {
            text = format!("{text}: {further}");
        }
        cause = error.source();
    }
    text
}

/// The records of a form and year cannot be read: their file is missing, damaged or not the imported one.
#[must_use]
pub fn unreadable(form: Form, year: u16) -> Problem {
    Problem::new(Kind::Unavailable).detail(
        format!(
            "postene i skjema {form} for {year} kan ikke leses nå. Ingenting er utlevert. Feilen er vår og er logget."
        ),
        format!(
            "the records of form {form} for {year} cannot be read now. Nothing was released. The fault is ours and has been logged."
        ),
    )
}

/// What happened while reading, where only the register knows which year it was.
#[must_use]
pub fn of_registers(error: &hjemmel_registers::Error) -> Problem {
    match error {
        hjemmel_registers::Error::Unreadable { edition, .. } => {
            unreadable(edition.form, edition.year)
        }
        hjemmel_registers::Error::Column { column, .. } => Problem::new(Kind::OutsideGrant).detail(
            format!("vilkåret bruker `{column}`, som ligger utenfor tilgangen eller gis grovere enn det ble rapportert"),
            format!("the condition uses `{column}`, which is outside the grant or given coarser than it was reported"),
        ),
        _ => Problem::new(Kind::Unavailable),
    }
}
