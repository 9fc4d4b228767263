//! The persons of one register and stratum, as their own node knows them.

use hjemmel_kostra::identity::{NumberKind, classify};
use std::collections::BTreeSet;
use zeroize::Zeroize as _;

/// Persons by their identity numbers. They cannot be encoded, printed or copied.
///
/// ```compile_fail
/// let persons = hjemmel_federation::Persons::of(["01810012345"]);
/// serde_json::to_string(&persons).unwrap();
/// ```
#[derive(Default)]
pub struct Persons {
    linkable: BTreeSet<String>,
    stand_ins: u64,
    unlinkable: u64,
}

impl Persons {
    /// Sorts numbers into those that stand for one person, once each, and those that do not, record by record.
    pub fn of<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Self {
        let mut persons = Self::default();
        for number in numbers {
            let number = number.trim_matches(' ');
            match classify(number) {
                kind if kind.links() => {
                    persons.linkable.insert(number.to_owned());
                }
                NumberKind::StandIn => persons.stand_ins += 1,
                _ => persons.unlinkable += 1,
            }
        }
        persons
    }

    pub(super) fn linkable(&self) -> impl Iterator<Item = &str> {
        self.linkable.iter().map(String::as_str)
    }

    /// How many records have a number that many persons may share.
    pub(super) const fn stand_ins(&self) -> u64 {
        self.stand_ins
    }

    /// How many records have no number, or none that is right.
    pub(super) const fn unlinkable(&self) -> u64 {
        self.unlinkable
    }
}

impl Drop for Persons {
    fn drop(&mut self) {
        for mut number in std::mem::take(&mut self.linkable) {
            number.zeroize();
        }
    }
}
