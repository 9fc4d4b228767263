//! The loop that finds the cell of every record in memory. Every record is looked at, whatever it holds, and what is
//! done with it does not branch on what that is: time follows from the size of the edition and the question.

#![expect(clippy::indexing_slicing, reason = "indices come from the same tables they point into")]

use super::{
    Grouping, Reading, Salts,
    gather::Places,
    memory::{Column, Held, NONE, Persons},
};
use crate::{Error, Filter};
use hjemmel_disclosure::noise::{Alone, Bounding, NoiseError, Plan};
use std::{ops::Range, sync::Arc};

/// The bit of a record that does not match.
const OUTSIDE: u32 = 1 << 31;
/// Records looked at together, so that what is between the steps stays near.
const BLOCK: usize = 4096;

/// What decides the cell of a record.
enum Step {
    /// Each code's place along an axis, with what a step there is worth, or outside.
    Codes(Arc<Column>, Vec<u32>),
    /// Edges, and what a step from one to the next is worth.
    Bins(Arc<Column>, Vec<i64>, u32),
    /// The lowest and highest number that match.
    Range(Arc<Column>, i64, i64),
}

/// A question over columns in memory.
pub(super) struct Counting {
    steps: Vec<Step>,
    value: Option<Arc<Column>>,
    persons: Arc<Persons>,
}

impl Counting {
    /// The columns a reading needs; none where it has conditions that are not looked at here.
    pub(super) fn columns(reading: &Reading) -> Option<Vec<&str>> {
        let ranged = |filter: &Filter| matches!(filter, Filter::Integers { .. });
        if !reading.filters.iter().all(ranged) {
            return None;
        }
        let axes = reading.axes.iter().map(Grouping::column);
        let filters = reading.filters.iter().map(Filter::column);
        let mut all: Vec<&str> = axes.chain(filters).chain(reading.value.as_deref()).collect();
        all.sort_unstable();
        all.dedup();
        Some(all)
    }

    pub(super) fn of(reading: &Reading, places: &Places, held: &Held) -> Result<Self, Error> {
        let column = |name: &str| {
            let found = held.columns.get(name).cloned();
            found.ok_or_else(|| Error::column(name, "was not read"))
        };
        let mut steps = Vec::new();
        for (axis, stride) in places.axes() {
            let of = column(axis.column())?;
            steps.push(match (axis, &*of) {
                (Grouping::Codes { groups, size, .. }, Column::Codes(codes, _)) => {
                    let group = |code: &String| groups.get(code).filter(|group| *group < size);
                    let place = |code| group(code).map_or(OUTSIDE, |group| group * stride);
                    let all = codes.iter().map(place).collect();
                    Step::Codes(of, all)
                }
                (Grouping::Bins { edges, .. }, Column::Short(_) | Column::Long(_)) => {
                    Step::Bins(of, edges.clone(), *stride)
                }
                _ => return Err(Error::column(axis.column(), "cannot be asked that way")),
            });
        }
        for filter in &reading.filters {
            let Filter::Integers { column: name, from, to } = filter else {
                return Err(Error::column(filter.column(), "cannot be asked that way"));
            };
            // The lowest number of all stands for none, which never matches.
            let (from, to) = (from.unwrap_or(NONE).max(NONE + 1), to.unwrap_or(i64::MAX));
            steps.push(Step::Range(column(name)?, from, to));
        }
        let value = reading.value.as_deref().map(column).transpose()?;
        Ok(Self { steps, value, persons: held.persons.clone() })
    }

    /// Records of the edition.
    pub(super) fn records(&self) -> usize {
        self.persons.records
    }

    /// What a stretch of records comes to where a person has no other record. Those of others are left out.
    pub(super) fn alone(&self, plan: &Plan, records: Range<usize>) -> Result<Alone, NoiseError> {
        let mut alone = Alone::of(plan);
        let others = &self.persons.in_order;
        let before = |end: usize| others.partition_point(|record| (*record as usize) < end);
        let mut at = before(records.start);
        if self.steps.is_empty() && self.value.is_none() {
            let records = records.len() - (before(records.end) - at);
            alone.add_same(0, u32::try_from(records).unwrap_or(u32::MAX));
            return Ok(alone);
        }
        let (mut cells, mut values) = (vec![0_u32; BLOCK], Vec::new());
        let mut from = records.start;
        while from < records.end {
            let block = from..(from + BLOCK).min(records.end);
            let cells = &mut cells[..block.len()];
            self.cells(block.clone(), cells, &mut values);
            while let Some(record) = others.get(at).filter(|one| (**one as usize) < block.end) {
                cells[*record as usize - block.start] = OUTSIDE;
                at += 1;
            }
            alone.add(cells, &values)?;
            from = block.end;
        }
        Ok(alone)
    }

    /// What persons who have several records contribute.
    pub(super) fn several<'a>(
        &self,
        plan: &'a Plan,
        salts: &'a Salts,
    ) -> Result<Bounding<'a>, NoiseError> {
        let mut bounding = Bounding::of(plan, salts);
        if self.steps.is_empty() && self.value.is_none() {
            for (records, persons) in &self.persons.times {
                bounding.add_same(0, *records, *persons)?;
            }
            return Ok(bounding);
        }
        let mut rest = self.persons.several.as_slice();
        let (mut cells, mut values) = (Vec::new(), Vec::new());
        while !rest.is_empty() {
            let block;
            (block, rest) = rest.split_at(whole_persons(rest));
            cells.resize(block.len(), 0);
            let records = block.iter().map(|(record, _)| *record as usize);
            self.cells(records, &mut cells, &mut values);
            let mut at = 0;
            for person in block.chunk_by(|one, other| one.1 == other.1) {
                let places = at..at + person.len();
                at = places.end;
                let inside = places.filter(|at| cells[*at] & OUTSIDE == 0);
                // Values are there where the measure has them.
                let matching = inside.map(|at| (cells[at], values.get(at).copied().unwrap_or(0)));
                bounding.add(person[0].1, matching)?;
            }
        }
        Ok(bounding)
    }

    /// The cell of each record, with the bit for those that do not match, and its value.
    fn cells(
        &self,
        records: impl Iterator<Item = usize> + Clone,
        cells: &mut [u32],
        values: &mut Vec<i64>,
    ) {
        cells.fill(0);
        for step in &self.steps {
            match step {
                Step::Codes(column, places) => {
                    let Column::Codes(_, keys) = &**column else { continue };
                    for (cell, record) in cells.iter_mut().zip(records.clone()) {
                        *cell = stepped(*cell, places[usize::from(keys[record])]);
                    }
                }
                Step::Bins(column, edges, stride) => {
                    let unstated = edges.len() + 1;
                    numbers(column, records.clone(), |at, number| {
                        let bin = edges.partition_point(|edge| *edge <= number);
                        let bin = if number == NONE { unstated } else { bin };
                        let bin = u32::try_from(bin).unwrap_or(OUTSIDE);
                        cells[at] = stepped(cells[at], bin * stride);
                    });
                }
                Step::Range(column, from, to) => {
                    numbers(column, records.clone(), |at, number| {
                        let outside = u32::from(number < *from) | u32::from(number > *to);
                        cells[at] |= outside << 31;
                    });
                }
            }
        }
        values.clear();
        if let Some(column) = &self.value {
            numbers(column, records, |at, number| {
                cells[at] |= u32::from(number == NONE) << 31;
                values.push(number);
            });
        }
    }
}

/// How many of these records are of the first persons: about a block, and nobody in part.
fn whole_persons(several: &[(u32, u32)]) -> usize {
    let ends = |at: usize| several[at].1 != several[at - 1].1;
    (BLOCK..several.len()).find(|at| ends(*at)).unwrap_or(several.len())
}

/// A cell moved along an axis; outside stays outside. Cells are fewer than the bit is worth.
const fn stepped(cell: u32, by: u32) -> u32 {
    let inside = (cell & !OUTSIDE).wrapping_add(by & !OUTSIDE);
    (inside & !OUTSIDE) | ((cell | by) & OUTSIDE)
}

/// The numbers of records, with their place among these.
fn numbers(
    column: &Column,
    records: impl Iterator<Item = usize>,
    mut each: impl FnMut(usize, i64),
) {
    match column {
        Column::Short(all) => {
            for (at, record) in records.enumerate() {
                let number = all[record];
                each(at, if number == i32::MIN { NONE } else { i64::from(number) });
            }
        }
        Column::Long(all) => {
            for (at, record) in records.enumerate() {
                each(at, all[record]);
            }
        }
        Column::Codes(..) => {}
    }
}
