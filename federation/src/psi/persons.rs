//! The persons of one register and stratum, as their own node knows them.

use super::Element;
use hjemmel_kostra::agreement::{Spell, Variable};
use hjemmel_kostra::identity::{NumberKind, classify};
use std::collections::{BTreeMap, BTreeSet};
use zeroize::Zeroize as _;

/// Persons by their identity numbers, and what is said of each where that is compared. They cannot be encoded, printed or
/// copied.
///
/// ```compile_fail
/// let persons = hjemmel_federation::Persons::of(["01810012345"]);
/// serde_json::to_string(&persons).unwrap();
/// ```
#[derive(Default)]
pub struct Persons {
    linkable: BTreeMap<String, Spell>,
    variables: BTreeSet<Variable>,
    stand_ins: u64,
    unlinkable: u64,
}

impl Persons {
    /// Sorts numbers into those that stand for one person, once each, and those that do not, record by record. Nothing is said
    /// of anybody.
    pub fn of<'a>(numbers: impl IntoIterator<Item = &'a str>) -> Self {
        let records = numbers.into_iter().map(|number| (number, Spell::default()));
        Self::with(records, BTreeSet::new())
    }

    /// The same with what is said of each person; of several records of one person it is what they say together. Only these
    /// variables are kept.
    pub fn with<'a>(
        records: impl IntoIterator<Item = (&'a str, Spell)>,
        variables: BTreeSet<Variable>,
    ) -> Self {
        let mut persons =
            Self { linkable: BTreeMap::new(), variables, stand_ins: 0, unlinkable: 0 };
        for (number, spell) in records {
            let number = number.trim_matches(' ');
            match classify(number) {
                kind if kind.links() => {
                    let spell = spell.only(&persons.variables);
                    match persons.linkable.get_mut(number) {
                        Some(before) => *before = before.and(spell),
                        None => {
                            persons.linkable.insert(number.to_owned(), spell);
                        }
                    }
                }
                NumberKind::StandIn => persons.stand_ins += 1,
                _ => persons.unlinkable += 1,
            }
        }
        persons
    }

    /// Everybody, if what is compared of them is known at all.
    pub(super) fn linkable(&self, element: Element) -> Option<Vec<(&str, Spell)>> {
        let is_known = element.variables().iter().all(|one| self.variables.contains(one));
        let all = self.linkable.iter().map(|(number, spell)| (number.as_str(), *spell));
        is_known.then(|| all.collect())
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
        for (mut number, _) in std::mem::take(&mut self.linkable) {
            number.zeroize();
        }
    }
}
