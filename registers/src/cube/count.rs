//! The counting loop.

#![expect(clippy::indexing_slicing, reason = "indices come from the same tables they point into")]
#![expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "dense cells are below DENSE and dictionary keys are not negative"
)]

use crate::{Error, schema::PERSON_NUMBER};
use arrow::{
    array::{Array, AsArray},
    datatypes::{Int32Type, UInt32Type},
    record_batch::RecordBatch,
};
use hjemmel_disclosure::Axis;
use std::collections::HashMap;

/// Cells up to which counts are a plain array.
const DENSE: u64 = 1 << 22;

const OUTSIDE: u32 = u32::MAX;

/// Counts of one part of an edition.
pub(crate) struct Tally {
    places: Vec<HashMap<String, u32>>,
    strides: Vec<u64>,
    counts: Cells,
    /// Person and cell of every record whose person is linkable.
    persons: Vec<(u32, u64)>,
    cells: Vec<u64>,
}

/// Counts by the position of a cell in the cube of all axes.
enum Cells {
    Dense(Vec<u64>),
    Sparse(HashMap<u64, u64>),
}

impl Tally {
    /// An empty tally.
    pub(crate) fn new(axes: &[Axis]) -> Result<Self, Error> {
        let mut strides = Vec::with_capacity(axes.len());
        let mut size: u64 = 1;
        for axis in axes {
            strides.push(size);
            let grown = size.checked_mul(axis.codes.len() as u64);
            size = grown.ok_or_else(|| Error::column(&axis.column, "makes the cube too large"))?;
        }
        let place =
            |axis: &Axis| (0..).zip(&axis.codes).map(|(at, code)| (code.clone(), at)).collect();
        let counts = match usize::try_from(size) {
            Ok(cells) if size <= DENSE => Cells::Dense(vec![0; cells]),
            _ => Cells::Sparse(HashMap::new()),
        };
        Ok(Self {
            places: axes.iter().map(place).collect(),
            strides,
            counts,
            persons: Vec::new(),
            cells: Vec::new(),
        })
    }

    /// Counts a batch whose columns are the axes, then the person number.
    pub(crate) fn add(&mut self, axes: &[Axis], batch: &RecordBatch) -> Result<(), Error> {
        self.cells.clear();
        self.cells.resize(batch.num_rows(), 0);
        for (at, axis) in axes.iter().enumerate() {
            self.add_axis(at, axis, batch.column(at).as_ref())?;
        }
        match &mut self.counts {
            Cells::Dense(counts) => {
                self.cells.iter().for_each(|&cell| counts[cell as usize] += 1);
            }
            Cells::Sparse(counts) => {
                self.cells.iter().for_each(|cell| *counts.entry(*cell).or_default() += 1);
            }
        }
        let persons = batch.column(axes.len()).as_primitive_opt::<UInt32Type>();
        let persons = persons.ok_or(Error::column(PERSON_NUMBER, "is not a number"))?;
        let linkable = persons.iter().zip(&self.cells);
        self.persons.extend(linkable.filter_map(|(person, &cell)| Some((person?, cell))));
        Ok(())
    }

    /// Moves every record's cell along one axis. A record without a code counts under the empty one.
    fn add_axis(&mut self, at: usize, axis: &Axis, column: &dyn Array) -> Result<(), Error> {
        let codes = column.as_dictionary_opt::<Int32Type>();
        let codes = codes.ok_or_else(|| Error::column(&axis.column, "does not hold codes"))?;
        let values = codes.values().as_string_opt::<i32>();
        let values = values.ok_or_else(|| Error::column(&axis.column, "does not hold codes"))?;
        let place = |code: &str| self.places[at].get(code).copied().unwrap_or(OUTSIDE);
        let places: Vec<u32> = values.iter().map(|code| place(code.unwrap_or(""))).collect();
        let (blank, stride) = (place(""), self.strides[at]);
        let mut outside = false;
        for (cell, key) in self.cells.iter_mut().zip(codes.keys()) {
            let place = key.map_or(blank, |key| places[key as usize]);
            outside |= place == OUTSIDE;
            *cell = cell.wrapping_add(u64::from(place).wrapping_mul(stride));
        }
        if outside {
            return Err(Error::column(&axis.column, "holds a code its code list does not have"));
        }
        Ok(())
    }
}

/// The counts of a whole edition.
pub(crate) struct Counts {
    axes: Vec<Axis>,
    /// Occupied cells, ascending.
    cells: Vec<u64>,
    records: Vec<u64>,
    repeats: Vec<Vec<u32>>,
}

/// What a [`hjemmel_disclosure::Microcube`] is made of.
type Parts = (Vec<Axis>, Vec<Vec<u32>>, Vec<u64>, Vec<Vec<u32>>);

impl Counts {
    /// Joins the parts and finds who has several records among what was scanned.
    pub(crate) fn join(axes: Vec<Axis>, tallies: &[Tally]) -> Result<Self, Error> {
        let mut occupied: Vec<(u64, u64)> = Vec::new();
        for tally in tallies {
            match &tally.counts {
                Cells::Dense(counts) => {
                    let counts = (0..).zip(counts).filter(|(_, count)| **count > 0);
                    occupied.extend(counts.map(|(cell, count)| (cell, *count)));
                }
                Cells::Sparse(counts) => {
                    occupied.extend(counts.iter().map(|(cell, count)| (*cell, *count)));
                }
            }
        }
        occupied.sort_unstable();
        occupied.dedup_by(|next, kept| {
            let same = next.0 == kept.0;
            kept.1 += if same { next.1 } else { 0 };
            same
        });
        let (cells, records): (Vec<u64>, Vec<u64>) = occupied.into_iter().unzip();
        u32::try_from(cells.len()).map_err(|_| Error::Mismatch("the cube has too many rows"))?;
        let repeats = repeats(tallies, &cells);
        Ok(Self { axes, cells, records, repeats })
    }

    /// The parts of a cube.
    pub(crate) fn into_parts(self) -> Parts {
        let mut rest = self.cells;
        let mut codes = Vec::with_capacity(self.axes.len());
        for axis in &self.axes {
            let length = (axis.codes.len() as u64).max(1);
            codes.push(rest.iter().map(|cell| narrow(cell % length)).collect());
            for cell in &mut rest {
                *cell /= length;
            }
        }
        (self.axes, codes, self.records, self.repeats)
    }
}

/// The rows of each person with two or more records.
fn repeats(tallies: &[Tally], cells: &[u64]) -> Vec<Vec<u32>> {
    let all = || tallies.iter().flat_map(|tally| &tally.persons);
    let people = all().map(|(person, _)| *person as usize + 1).max().unwrap_or_default();
    let mut times = vec![0u8; people];
    all().for_each(|(person, _)| {
        let times = &mut times[*person as usize];
        *times = times.saturating_add(1);
    });
    let mut several: Vec<(u32, u64)> =
        all().filter(|(person, _)| times[*person as usize] > 1).copied().collect();
    several.sort_unstable();
    let persons = several.chunk_by(|one, other| one.0 == other.0);
    let row = |cell: &u64| narrow(cells.binary_search(cell).unwrap_or_default() as u64);
    persons.map(|records| records.iter().map(|(_, cell)| row(cell)).collect()).collect()
}

/// A number that is known to be below 2^32.
fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(OUTSIDE)
}
