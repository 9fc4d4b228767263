//! What every document of a table says around its cells.

use super::cube::Cube;
use super::provenance::mark;
use super::selection::Selected;
use hjemmel_disclosure::Cell;
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

    /// The sign of a cell at a place of an answer, also where it has a number.
    #[must_use]
    pub fn mark(
        &self,
        selected: &Selected,
        place: usize,
        cell: Option<Cell>,
    ) -> Option<&'static str> {
        mark(cell, self.is_preliminary(selected, place))
    }

    /// The years of an answer whose figures are preliminary.
    pub fn preliminary_years(&self, selected: &Selected) -> impl Iterator<Item = u16> {
        let years =
            time(selected).iter().filter(|year| self.preliminary.get(**year) == Some(&true));
        years.filter_map(|year| self.cube.years.get(*year).copied())
    }

    /// Whether the cell at a place of an answer is of a preliminary edition.
    #[must_use]
    pub fn is_preliminary(&self, selected: &Selected, place: usize) -> bool {
        let years = time(selected);
        let year = place.checked_rem(years.len()).and_then(|at| years.get(at));
        year.is_some_and(|year| self.preliminary.get(*year) == Some(&true))
    }
}

/// The places of the years. Time is the last variable, and so the fastest.
fn time(selected: &Selected) -> &[usize] {
    selected.positions.last().map(Vec::as_slice).unwrap_or_default()
}

/// Who the figures come from.
#[must_use]
pub const fn source(language: Language) -> &'static str {
    match language {
        Language::Nb => "Statistisk sentralbyrå, KOSTRA (fiktive demodata)",
        Language::En => "Statistics Norway, KOSTRA (fictitious demonstration data)",
    }
}
