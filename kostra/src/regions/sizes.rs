//! Municipalities by how many live there: the classes KOSTRA's readers know, as regions of their own.

use super::changes;
use super::population::{are_counted, inhabitants};
use crate::Text;

/// The fewest inhabitants of each class.
const FROM: [u32; 7] = [0, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000];

/// One class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Size {
    from: u32,
    below: Option<u32>,
}

/// Every class, the smallest first.
pub(crate) fn sizes() -> impl Iterator<Item = Size> {
    let below = FROM.into_iter().skip(1).map(Some).chain([None]);
    FROM.into_iter().zip(below).map(|(from, below)| Size { from, below })
}

impl Size {
    /// `2000-4999`, `100000-`.
    pub(crate) fn range(&self) -> String {
        match self.below {
            Some(below) => format!("{}-{}", self.from, below - 1),
            None => format!("{}-", self.from),
        }
    }

    /// Its code as a region.
    pub(crate) fn code(&self) -> String {
        format!("F{}", self.range())
    }

    /// Its name.
    pub(crate) fn label(&self) -> Text {
        let from = self.from;
        match self.below.map(|below| below - 1) {
            Some(to) => {
                Text::new(format!("{from}–{to} innbyggere"), format!("{from}–{to} inhabitants"))
            }
            None => Text::new(
                format!("{from} innbyggere eller flere"),
                format!("{from} inhabitants or more"),
            ),
        }
    }

    /// Whether a municipality with so many inhabitants is of it.
    pub(crate) fn holds(&self, inhabitants: u32) -> bool {
        inhabitants >= self.from && self.below.is_none_or(|below| inhabitants < below)
    }
}

/// The inhabitants of a municipality at the end of a year, by what it was called after; none where they are not known.
pub(crate) fn at_the_end_of(kommune: &str, year: u16) -> Option<u32> {
    if !are_counted(year + 1) {
        return None;
    }
    let of = |code: &str| inhabitants(code, year + 1).map(|one| one.total);
    of(kommune).or_else(|| {
        let parts = changes::became(kommune, year).into_iter().map(|code| of(&code));
        parts.sum::<Option<u32>>().filter(|total| *total > 0)
    })
}
