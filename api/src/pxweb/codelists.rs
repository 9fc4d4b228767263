//! Code lists applied to a table: other values in place of a variable's own, each of them a cell that a release
//! holds.
//!
//! Protected cells are never added up. A value that would need it is refused, with what comes nearest.

use super::cube::{Cube, Place, Value, Variable};
use hjemmel_kostra::codelists::{CodeList, Item, Meaning};
use hjemmel_kostra::regions::changes::{Before, before};
use hjemmel_kostra::{Dimension, code_lists};
use std::collections::BTreeSet;

/// A list in place of a variable's own values.
pub struct Applied {
    /// One value for each of the list, in its order.
    pub values: Vec<Value>,
    /// For each value: whether a release holds it.
    pub held: Vec<bool>,
}

impl Applied {
    /// Whether the releases hold every value of the list.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.held.iter().all(|held| *held)
    }
}

/// One of today's municipalities in a year it cannot be carried to.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NotCarried {
    /// Today's number.
    pub code: String,
    /// The year.
    pub year: u16,
    /// `merged` or `split`.
    pub why: &'static str,
    /// The municipalities it was, or was part of.
    pub from: Vec<String>,
}

/// Puts a list in place of the values of one variable.
#[must_use]
pub fn apply(cube: &Cube, at: usize, list: &CodeList) -> Applied {
    let (Some(variable), Some(dimension)) = (cube.variables.get(at), cube.table.dimensions.get(at))
    else {
        return Applied { values: Vec::new(), held: Vec::new() };
    };
    let mut applied = Applied { values: Vec::new(), held: Vec::new() };
    for item in &list.items {
        let places = places(cube, variable, dimension, item);
        applied.held.push(places.iter().any(|place| matches!(place, Place::At(_))));
        applied.values.push(Value::new(item.code.clone(), item.label.clone(), places));
    }
    applied
}

/// The lists of one variable that the releases hold whole.
#[must_use]
pub fn offered(cube: &Cube, at: usize) -> Vec<&'static CodeList> {
    let Some(dimension) = cube.table.dimensions.get(at) else { return Vec::new() };
    let of_variable = code_lists().iter().filter(|list| list.column == dimension.column);
    of_variable.filter(|list| apply(cube, at, list).is_whole()).collect()
}

fn places(cube: &Cube, variable: &Variable, dimension: &Dimension, item: &Item) -> Vec<Place> {
    let own = |code: &str| variable.position(code).and_then(|at| variable.values.get(at));
    let each = |place: &dyn Fn(usize, u16) -> Place| {
        cube.years.iter().enumerate().map(|(at, year)| place(at, *year)).collect::<Vec<_>>()
    };
    match &item.meaning {
        Meaning::SameCode => match own(&item.code) {
            Some(value) => value.places().to_vec(),
            None => vec![Place::NotHeld; cube.years.len()],
        },
        Meaning::Leaves(leaves) => {
            let leaves = leaves.iter().map(String::as_str).collect();
            each(&|_, year| sum_of(dimension, year, &leaves))
        }
        Meaning::Today => each(&|at, year| match before(&item.code, year) {
            Some(Before::Same(code)) => own(code).map_or(Place::NotHeld, |value| value.place(at)),
            // Releases hold whole municipalities that have merged since as cells of their own.
            Some(Before::Merged(from)) => {
                sum_of(dimension, year, &from.iter().map(String::as_str).collect())
            }
            Some(Before::Parts(_)) => Place::NotHeld,
            None => Place::Never,
        }),
    }
}

/// The value of a year that adds up these leaf codes and no others.
fn sum_of(dimension: &Dimension, year: u16, leaves: &BTreeSet<&str>) -> Place {
    let same = |value: &hjemmel_kostra::Value| {
        value.leaves.len() == leaves.len()
            && value.leaves.iter().all(|leaf| leaves.contains(leaf.as_str()))
    };
    let found = dimension.values_of(year).iter().position(same);
    found.map_or(Place::NotHeld, Place::At)
}

/// Which of the selected values cannot be carried to which of the selected years of the cube, and why.
#[must_use]
pub fn not_carried<'a>(
    list: &CodeList,
    values: impl Iterator<Item = &'a Value>,
    years: &[(usize, u16)],
) -> Vec<NotCarried> {
    if !list.items.iter().any(|item| item.meaning == Meaning::Today) {
        return Vec::new();
    }
    let mut all = Vec::new();
    for value in values {
        for &(_, year) in years.iter().filter(|(at, _)| value.place(*at) == Place::NotHeld) {
            let (why, from) = match before(&value.code, year) {
                Some(Before::Merged(from)) => ("merged", from),
                Some(Before::Parts(from)) => ("split", from),
                Some(Before::Same(_)) | None => continue,
            };
            all.push(NotCarried { code: value.code.clone(), year, why, from: from.clone() });
        }
    }
    all
}

/// The value of the table that has most in common with one the releases do not hold.
#[must_use]
pub fn nearest_held<'a>(cube: &'a Cube, at: usize, item: &Item) -> Option<&'a str> {
    let dimension = cube.table.dimensions.get(at)?;
    let values = dimension.values_of(*cube.years.last()?);
    let wanted: BTreeSet<&str> = match &item.meaning {
        Meaning::Leaves(leaves) => leaves.iter().map(String::as_str).collect(),
        _ => item.members.iter().map(String::as_str).collect(),
    };
    let nearness = |value: &hjemmel_kostra::Value| {
        // A bydel is of Oslo, which is no leaf itself.
        let is_wanted = |leaf: &&String| {
            let kommune = leaf.get(..4).filter(|_| leaf.len() == 6);
            wanted.contains(leaf.as_str()) || kommune.is_some_and(|code| wanted.contains(code))
        };
        let common = value.leaves.iter().filter(is_wanted).count();
        let all = value.leaves.len() + wanted.len() - common;
        // In millionths: whole numbers can be compared.
        common * 1_000_000 / all.max(1)
    };
    let best = values.iter().max_by_key(|value| nearness(value))?;
    (nearness(best) > 0).then_some(best.code.as_str())
}

/// The list the table holds whole that comes nearest to one it does not: of the same kind where there is one.
#[must_use]
pub fn nearest_list(cube: &Cube, at: usize, list: &CodeList) -> Option<&'static str> {
    let offered = offered(cube, at);
    let same_kind = offered.iter().find(|other| other.kind == list.kind && other.items.len() > 2);
    same_kind.or(offered.first()).map(|other| other.id.as_str())
}

#[cfg(test)]
mod tests;
