//! The axes of cubes: register columns with every leaf code a year can hold.

use hjemmel_disclosure::Axis;
use hjemmel_kostra::{Form, Table};
use std::collections::BTreeSet;

/// The axes of one table, in the order of its dimensions.
#[must_use]
pub fn of_table(table: &Table, year: u16) -> Vec<Axis> {
    table
        .dimensions
        .iter()
        .map(|dimension| {
            let mut seen = BTreeSet::new();
            let values = dimension.values.get(&year).map(Vec::as_slice).unwrap_or_default();
            let codes = values
                .iter()
                .flat_map(|value| &value.leaves)
                .filter(|leaf| seen.insert(leaf.as_str()))
                .cloned()
                .collect();
            Axis { column: dimension.column.clone(), codes }
        })
        .collect()
}

/// The axes of every table of a form and year together, each column once.
#[must_use]
pub fn of_form(form: Form, year: u16) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for table in hjemmel_kostra::tables_of(form, year).filter(|table| !table.is_sum()) {
        for axis in of_table(table, year) {
            match axes.iter_mut().find(|other| other.column == axis.column) {
                None => axes.push(axis),
                Some(known) => {
                    let new: Vec<String> =
                        axis.codes.into_iter().filter(|code| !known.codes.contains(code)).collect();
                    known.codes.extend(new);
                }
            }
        }
    }
    axes
}
