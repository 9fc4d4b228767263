//! What every document of a table says around its cells.

use super::cube::Cube;
use super::provenance::mark;
use super::selection::Selected;
use super::sheet::Sheet;
use hjemmel_kostra::Language;
use hjemmel_kostra::catalogue::About;

/// What a document says around the cells.
pub struct Frame<'a> {
    /// The table.
    pub cube: &'a Cube,
    /// Reader's language.
    pub language: Language,
    /// When the newest release of it was published.
    pub updated: String,
    /// Address of this document.
    pub href: String,
    /// Notes every reader must see.
    pub notes: Vec<String>,
    /// For each year of the cube: whether its figures are preliminary.
    pub preliminary: Vec<bool>,
    /// The day the next figures are due, `2027-03-15`.
    pub next_update: Option<String>,
}

impl<'a> Frame<'a> {
    fn about(&self) -> Option<&'static About> {
        hjemmel_kostra::catalogue::about(&self.cube.table.id)
    }

    /// What the figures count: `persons`.
    #[must_use]
    pub fn unit(&self) -> &'a str {
        match (self.about(), self.language) {
            (Some(about), language) => about.unit.in_language(language),
            (None, Language::Nb) => "personer",
            (None, Language::En) => "persons",
        }
    }

    /// The time the figures are about.
    #[must_use]
    pub fn reference(&self) -> Option<&'a str> {
        self.about().map(|about| about.reference.in_language(self.language))
    }

    /// The sign of a cell of a sheet, also where it has a number.
    #[must_use]
    pub fn mark(&self, sheet: &Sheet<'_>, place: usize) -> Option<&'static str> {
        mark(sheet.cell(place), self.is_preliminary(sheet.selected, place))
    }

    /// Whether the figures of a year, by its code, are preliminary.
    #[must_use]
    pub fn is_preliminary_year(&self, code: &str) -> bool {
        let years = self.cube.years.iter().zip(&self.preliminary);
        years.into_iter().any(|(year, preliminary)| *preliminary && year.to_string() == code)
    }

    /// Whether the cell at a place of an answer is of a preliminary edition.
    #[must_use]
    pub fn is_preliminary(&self, selected: &Selected, place: usize) -> bool {
        // Time is the last variable, and so the fastest.
        let Some(years) = selected.positions.last().filter(|years| !years.is_empty()) else {
            return false;
        };
        let year = years.get(place % years.len());
        year.is_some_and(|year| self.preliminary.get(*year) == Some(&true))
    }
}

/// Who the figures come from.
#[must_use]
pub const fn source(language: Language) -> &'static str {
    match language {
        Language::Nb => "Statistisk sentralbyrå, KOSTRA (fiktive demodata)",
        Language::En => "Statistics Norway, KOSTRA (fictitious demonstration data)",
    }
}
