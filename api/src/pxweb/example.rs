//! One small answer for the tests of every format: two incomes and two years, a cell of each kind.

use super::cube::Cube;
use super::frame::Frame;
use super::selection::{Placement, Selected, VariableSelection, resolve};
use super::sheet::Sheet;
use hjemmel_disclosure::Cell;
use hjemmel_kostra::Language;

/// The answer.
pub(super) struct Example {
    pub(super) cube: Cube,
    pub(super) selected: Selected,
    pub(super) cells: [Option<Cell>; 4],
}

impl Example {
    /// A number, one withheld, one missing and one that cannot occur.
    pub(super) fn new() -> Self {
        Self::of([Some(Cell::Shown(7)), Some(Cell::Withheld), Some(Cell::Missing), None])
    }

    /// A number, a preliminary one, nil and one withheld.
    pub(super) fn signs() -> Self {
        let shown = |value| Some(Cell::Shown(value));
        Self::of([shown(7), shown(12), shown(0), Some(Cell::Withheld)])
    }

    fn of(cells: [Option<Cell>; 4]) -> Self {
        let cube = Cube::new(hjemmel_kostra::table("S1101").unwrap(), vec![2016, 2024]);
        let wanted =
            [("Region", "EAK"), ("HovedInntekt", "00 arbeid"), ("ContentsCode", "*"), ("Tid", "*")];
        let wanted = wanted.map(|(variable, values)| VariableSelection {
            variable_code: variable.to_owned(),
            codelist: None,
            value_codes: values.split(' ').map(ToOwned::to_owned).collect(),
        });
        let selected = resolve(&cube, &wanted).unwrap();
        Self { cube, selected, cells }
    }

    pub(super) fn sheet(&self, stub: &str, heading: &str, language: Language) -> Sheet<'_> {
        let own = |codes: &str| codes.split_whitespace().map(ToOwned::to_owned).collect();
        let placement = Placement { heading: own(heading), stub: own(stub) };
        Sheet::new(&self.cube, &self.selected, &self.cells, &placement, language).unwrap()
    }

    pub(super) fn frame(&self, language: Language) -> Frame<'_> {
        Frame {
            cube: &self.cube,
            language,
            updated: "2026-06-15T06:00:00Z".to_owned(),
            href: "http://localhost/data".to_owned(),
            notes: vec!["a <note>".to_owned()],
            preliminary: vec![false, true],
            next_update: Some("2027-03-15".to_owned()),
        }
    }
}
