//! What was done to the numbers of an answer, and the signs that stand beside them or in their place.

use super::codelists::NotCarried;
use hjemmel_disclosure::{Cell, Protection};
use hjemmel_kostra::Language;
use std::collections::BTreeMap;

/// What was done to the numbers, for `extension.hjemmel`.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// `exact` or `suppressed`.
    pub protection: Protection,
    /// The grant the answer rests on, if any.
    pub basis: Option<String>,
    /// Cells of the answer.
    pub cells: usize,
    /// Cells withheld for confidentiality.
    pub withheld: usize,
    /// The releases the cells come from, one a year; empty for exact answers.
    pub releases: Vec<String>,
    /// The rule in words.
    pub rule: String,
    /// The part of the cells that can occur that is withheld, between 0 and 1.
    pub share_withheld: f64,
    /// The editions the cells come from, one a year.
    pub editions: Vec<EditionShown>,
    /// Variables left out of the selection, and the value shown in their place.
    pub eliminated: Vec<(String, String)>,
    /// Variables shown by a code list, and the list.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub codelists: Vec<(String, String)>,
    /// What of today's division could not be carried to earlier years.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_carried: Vec<NotCarried>,
    /// Municipalities that have not delivered, by year.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub missing: BTreeMap<u16, Vec<String>>,
    /// Where less is withheld.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coarser: Option<Coarser>,
    /// What the signs mean.
    pub symbols: BTreeMap<&'static str, &'static str>,
}

/// The edition of a year.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct EditionShown {
    /// The reporting year.
    pub year: u16,
    /// `preliminary` or `final`.
    pub kind: String,
    /// Its version within the form and year.
    pub version: u32,
}

/// A coarser table of the same records, or the same table by a coarser list.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Coarser {
    /// The table.
    pub table: String,
    /// The list of its regions, where it is the same table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub codelist: Option<&'static str>,
    /// The share withheld there.
    pub share_withheld: f64,
}

/// What the signs mean, in the reader's language.
#[must_use]
pub fn legend(language: Language) -> BTreeMap<&'static str, &'static str> {
    BTreeMap::from(match language {
        Language::Nb => [
            (":", "vises ikke av hensyn til konfidensialitet"),
            ("..", "mangler"),
            (".", "kan ikke forekomme"),
            ("-", "null"),
            ("*", "foreløpig tall"),
        ],
        Language::En => [
            (":", "not shown, for confidentiality"),
            ("..", "missing"),
            (".", "cannot occur"),
            ("-", "nil"),
            ("*", "preliminary figure"),
        ],
    })
}

/// The sign of a cell, beside its number where it has one: nil, and preliminary.
#[must_use]
pub const fn mark(cell: Option<Cell>, preliminary: bool) -> Option<&'static str> {
    match cell {
        Some(Cell::Shown(_)) if preliminary => Some("*"),
        Some(Cell::Shown(0)) => Some("-"),
        other => symbol(other),
    }
}

/// The symbol of a cell without a number (Statistics Norway's standard signs).
#[must_use]
pub const fn symbol(cell: Option<Cell>) -> Option<&'static str> {
    match cell {
        Some(Cell::Shown(_)) => None,
        Some(Cell::Withheld | Cell::NotCovered) => Some(":"),
        Some(Cell::Missing) => Some(".."),
        None => Some("."),
    }
}
