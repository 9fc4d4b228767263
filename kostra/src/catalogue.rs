//! The published tables, from the definitions in `kostra/tables`.
//!
//! A definition names the form, the years and the dimensions. Regions come from the division of
//! each year; other values are written out with the leaf codes they add up.

pub(crate) mod read;

use crate::{Form, Table, Text};
use serde::Deserialize;
use std::sync::LazyLock;

/// What a reader of a table should know beside its figures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    /// The path of subject codes it is filed under, outermost first.
    pub subject: Vec<String>,
    /// What the figures count.
    pub unit: Text,
    /// The time the figures are about.
    pub reference: Text,
    /// Where the records come from.
    pub source: Text,
    /// Words people look for it by, beside those of its title and variables.
    #[serde(default)]
    pub words: Vec<String>,
    /// Remarks printed with the table.
    pub notes: Vec<Text>,
}

struct Catalogue {
    tables: Vec<Table>,
    about: Vec<About>,
}

/// A file that cannot be read is left out; the tests see that none is.
static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let (tables, about) = read::SOURCES.iter().filter_map(|toml| read::table(toml).ok()).unzip();
    Catalogue { tables, about }
});

/// Every published table, by id.
#[must_use]
pub fn tables() -> &'static [Table] {
    &CATALOGUE.tables
}

/// The table of an id.
#[must_use]
pub fn table(id: &str) -> Option<&'static Table> {
    tables().iter().find(|table| table.id == id)
}

/// What a reader should know of the table of an id.
#[must_use]
pub fn about(id: &str) -> Option<&'static About> {
    let entries = tables().iter().zip(&CATALOGUE.about);
    let known = entries.filter(|(table, _)| table.id == id).map(|(_, about)| about).next();
    known.or_else(|| crate::indicator_table(id).map(|one| &one.about))
}

/// The tables made from a form's records of a year; they are protected together.
pub fn tables_of(form: Form, year: u16) -> impl Iterator<Item = &'static Table> {
    tables().iter().filter(move |table| table.form == form && table.has_year(year))
}

#[cfg(test)]
mod tests;
