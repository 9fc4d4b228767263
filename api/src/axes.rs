//! The axes of cubes: register columns with every leaf code a year can hold.

use hjemmel_disclosure::Axis;
use hjemmel_kostra::Form;

/// The axes of every table of a form and year together, each column once.
#[must_use]
pub fn of_form(form: Form, year: u16) -> Vec<Axis> {
    let mut axes: Vec<Axis> = Vec::new();
    for table in hjemmel_kostra::tables_of(form, year).filter(|table| !table.is_sum()) {
        for axis in Axis::of_table(table, year) {
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
