//! The loop that finds the cell of every record.

#![expect(clippy::indexing_slicing, reason = "indices come from the same tables they point into")]
#![expect(clippy::cast_sign_loss, reason = "dictionary keys are not negative")]

use super::Grouping;
use crate::{Error, schema::PERSON_NUMBER};
use arrow::{
    array::{Array, AsArray},
    datatypes::{DataType, Int32Type, Int64Type, UInt32Type},
    record_batch::RecordBatch,
};
use hjemmel_disclosure::noise::Part;

/// The cell of a record that does not match.
const OUTSIDE: u32 = u32::MAX;

/// The axes of a question with what one step along each is worth.
pub(super) struct Places {
    axes: Vec<(Grouping, u32)>,
    size: usize,
}

impl Places {
    /// Axes in the order they are crossed, the outermost first.
    pub(super) fn of(axes: &[Grouping]) -> Result<Self, Error> {
        let mut size = 1_usize;
        let mut placed = Vec::with_capacity(axes.len());
        for axis in axes.iter().rev() {
            let stride = u32::try_from(size);
            let large = |_| Error::column(axis.column(), "makes the cube too large");
            placed.push((axis.clone(), stride.map_err(large)?));
            size = size.saturating_mul(axis.size());
        }
        if size >= 1 << 31 {
            return Err(Error::Mismatch("the cube is too large"));
        }
        placed.reverse();
        Ok(Self { axes: placed, size })
    }

    /// The axes, each with what one step along it is worth.
    pub(super) fn axes(&self) -> &[(Grouping, u32)] {
        &self.axes
    }

    /// How many cells there are.
    pub(super) const fn size(&self) -> usize {
        self.size
    }

    /// Adds the matching records of a batch: the axes, the value if there is one, then the person number.
    pub(super) fn add(
        &self,
        part: &mut Part,
        batch: &RecordBatch,
        has_values: bool,
    ) -> Result<(), Error> {
        let mut cells = vec![0; batch.num_rows()];
        for (at, (axis, stride)) in self.axes.iter().enumerate() {
            let column = batch.column(at).as_ref();
            match axis {
                Grouping::Codes { groups, size, .. } => {
                    let place = |code: &str| {
                        groups.get(code).copied().filter(|group| group < size).unwrap_or(OUTSIDE)
                    };
                    by_code(axis, *stride, column, place, &mut cells)?;
                }
                Grouping::Bins { edges, .. } => {
                    let unstated = edges.len() + 1;
                    for (cell, number) in cells.iter_mut().zip(integers(axis.column(), column)?) {
                        let bin = number.map_or(unstated, |number| {
                            edges.partition_point(|edge| *edge <= number)
                        });
                        step(cell, u32::try_from(bin).ok(), *stride);
                    }
                }
            }
        }
        let after = self.axes.len();
        if has_values {
            let column = batch.column(after).as_ref();
            let mut values = Vec::with_capacity(cells.len());
            for (cell, value) in cells.iter_mut().zip(integers("value", column)?) {
                match value {
                    Some(value) if *cell != OUTSIDE => values.push(value),
                    _ => *cell = OUTSIDE,
                }
            }
            part.extend_values(values.into_iter());
        }
        let persons =
            batch.column(after + usize::from(has_values)).as_primitive_opt::<UInt32Type>();
        let persons = persons.ok_or(Error::column(PERSON_NUMBER, "is not a number"))?;
        let matching = persons.iter().zip(&cells).filter(|(_, cell)| **cell != OUTSIDE);
        let persons: Vec<Option<u32>> = matching.map(|(person, _)| person).collect();
        cells.retain(|cell| *cell != OUTSIDE);
        part.extend(persons.into_iter(), &cells);
        Ok(())
    }
}

/// Moves every record's cell along an axis of codes. A record without a code has the empty one.
fn by_code(
    axis: &Grouping,
    stride: u32,
    column: &dyn Array,
    place: impl Fn(&str) -> u32,
    cells: &mut [u32],
) -> Result<(), Error> {
    let codes = column.as_dictionary_opt::<Int32Type>();
    let codes = codes.ok_or_else(|| Error::column(axis.column(), "does not hold codes"))?;
    let values = codes.values().as_string_opt::<i32>();
    let values = values.ok_or_else(|| Error::column(axis.column(), "does not hold codes"))?;
    let known = |place: u32| (place != OUTSIDE).then_some(place);
    let places: Vec<Option<u32>> =
        values.iter().map(|code| known(place(code.unwrap_or("")))).collect();
    let blank = known(place(""));
    for (cell, key) in cells.iter_mut().zip(codes.keys()) {
        step(cell, key.map_or(blank, |key| places[key as usize]), stride);
    }
    Ok(())
}

/// Moves a cell to a group, or outside.
fn step(cell: &mut u32, group: Option<u32>, stride: u32) {
    *cell = match group {
        Some(group) if *cell != OUTSIDE => *cell + group * stride,
        _ => OUTSIDE,
    };
}

/// The whole numbers of a column.
fn integers(name: &str, column: &dyn Array) -> Result<Vec<Option<i64>>, Error> {
    match column.data_type() {
        DataType::Int32 => {
            let numbers = column.as_primitive::<Int32Type>();
            Ok(numbers.iter().map(|number| number.map(i64::from)).collect())
        }
        DataType::Int64 => Ok(column.as_primitive::<Int64Type>().iter().collect()),
        _ => Err(Error::column(name, "does not hold whole numbers")),
    }
}
