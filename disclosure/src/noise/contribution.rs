//! What each person contributes, held to the bound before anything else happens.

use super::{Alone, Lineage, Measure, NoiseError, Plan};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// The person of a record that tells of nobody who can be linked.
const NOBODY: u32 = u32::MAX;

/// Matching records of one scan. Unprotected, so neither `Debug` nor `Clone`.
#[derive(Default)]
pub struct Part {
    persons: Vec<u32>,
    cells: Vec<u32>,
    values: Vec<i64>,
}

impl Part {
    /// Records by the number of their person, if it can be linked, and their cell of the finest level.
    pub fn extend(&mut self, persons: impl Iterator<Item = Option<u32>>, cells: &[u32]) {
        self.persons.extend(persons.map(|person| person.unwrap_or(NOBODY)));
        self.cells.extend_from_slice(cells);
    }

    /// The values of the records, for a measure that has them.
    pub fn extend_values(&mut self, values: impl Iterator<Item = i64>) {
        self.values.extend(values);
    }
}

/// Matching records of a whole edition. Neither `Debug` nor `Clone`.
pub struct Gathered {
    parts: Vec<Part>,
    /// Records of each person, up to what a bound can be.
    times: Vec<u16>,
}

impl Gathered {
    /// Joins what was scanned.
    #[must_use]
    pub fn new(parts: Vec<Part>) -> Self {
        let linked = || parts.iter().flat_map(|part| &part.persons).filter(|&&one| one != NOBODY);
        let persons = linked().max().map_or(0, |&last| last as usize + 1);
        let mut times = vec![0_u16; persons];
        for &person in linked() {
            if let Some(times) = times.get_mut(person as usize) {
                *times = times.saturating_add(1);
            }
        }
        Self { parts, times }
    }

    /// Persons of whom not every record counts, by number.
    #[must_use]
    pub fn over(&self, plan: &Plan) -> Vec<u32> {
        let over = (0..).zip(&self.times).filter(|(_, times)| u32::from(**times) > plan.bound());
        over.map(|(person, _)| person).collect()
    }

    /// Holds every person to the plan's bound.
    ///
    /// `salts` has a secret of its own for everybody in [`Gathered::over`], made of who they are. Which of a person's
    /// records count then depends on that person alone: not on order, not on row numbers, not on anybody else, or
    /// leaving out one person could change what others contribute. Two records that cannot be told apart by cell and
    /// value are as good as each other.
    ///
    /// # Errors
    /// When a cell lies outside the plan, or a salt or values are missing.
    pub fn bound(
        self,
        plan: &Plan,
        salts: &HashMap<u32, [u8; 32]>,
    ) -> Result<Contributions, NoiseError> {
        let mut held = Contributions::empty(plan);
        let mut several: Vec<(u32, u32, i64)> = Vec::new();
        for part in &self.parts {
            let has_values = plan.measure().has_values();
            let wanted = if has_values { part.persons.len() } else { 0 };
            if part.cells.len() != part.persons.len() || part.values.len() != wanted {
                return Err(NoiseError::Mismatch("records without a cell or value"));
            }
            let times =
                |person: &u32| self.times.get(*person as usize).copied().unwrap_or_default();
            let places = part.persons.iter().zip(&part.cells);
            if has_values {
                for ((person, &cell), &value) in places.zip(&part.values) {
                    if times(person) > 1 {
                        several.push((*person, cell, value));
                    } else {
                        held.add(plan, cell, value)?;
                    }
                }
            } else if let Cells::Numbers(counts) = &mut held.cells {
                for (person, &cell) in places {
                    if times(person) > 1 {
                        several.push((*person, cell, 0));
                    } else if !raise(counts, cell as usize, 1) {
                        return Err(NoiseError::Mismatch("a record lies in no cell"));
                    }
                }
            }
        }
        // Records of one person mostly come together, and then nothing has to be moved far.
        if !several.is_sorted_by_key(|record| record.0) {
            several.sort_unstable();
        }
        for records in several.chunk_by_mut(|one, other| one.0 == other.0) {
            held.add_person(plan, salts, records)?;
        }
        Ok(held)
    }
}

/// Holds persons to the bound one after the other, for whoever has all records of each together. Neither `Debug` nor
/// `Clone`.
///
/// Whoever scans says that they are all, as with the numbers of persons; that nobody comes twice is seen here.
pub struct Bounding<'a> {
    plan: &'a Plan,
    salts: &'a HashMap<u32, [u8; 32]>,
    held: Contributions,
    last: Option<u32>,
    records: Vec<(u32, u32, i64)>,
}

impl<'a> Bounding<'a> {
    /// Nobody yet; the salts are those of [`Gathered::bound`].
    #[must_use]
    pub fn of(plan: &'a Plan, salts: &'a HashMap<u32, [u8; 32]>) -> Self {
        Self { plan, salts, held: Contributions::empty(plan), last: None, records: Vec::new() }
    }

    /// Adds a person by the cell and value of each matching record; where values do not count they are not looked at.
    /// Persons come by ascending number.
    ///
    /// # Errors
    /// When one comes out of turn, a cell lies outside the plan, or a salt is missing.
    pub fn add(
        &mut self,
        person: u32,
        records: impl Iterator<Item = (u32, i64)>,
    ) -> Result<(), NoiseError> {
        if person == NOBODY || self.last.is_some_and(|last| person <= last) {
            return Err(NoiseError::Mismatch("a person came out of turn"));
        }
        self.last = Some(person);
        let has_values = self.plan.measure().has_values();
        let records =
            records.map(|(cell, value)| (person, cell, if has_values { value } else { 0 }));
        self.records.clear();
        self.records.extend(records);
        self.held.add_person(self.plan, self.salts, &mut self.records)
    }

    /// Adds so many persons at once, each with so many records, all of them in one cell, where no value counts.
    ///
    /// # Errors
    /// When values count, or the cell lies outside the plan.
    pub fn add_same(&mut self, cell: u32, records: u32, persons: u32) -> Result<(), NoiseError> {
        let each = match self.plan.measure() {
            Measure::Persons => records.min(1),
            Measure::Records => records.min(self.plan.bound()),
            _ => return Err(NoiseError::Mismatch("records without a value")),
        };
        let all = i64::from(each) * i64::from(persons);
        let added = match &mut self.held.cells {
            Cells::Numbers(counts) => raise(counts, cell as usize, all),
            _ => false,
        };
        if added { Ok(()) } else { Err(NoiseError::Mismatch("a record lies in no cell")) }
    }

    /// What they contribute, with records of others, who have one each in the whole edition.
    ///
    /// # Errors
    /// When those were read for another plan.
    pub fn beside(mut self, alone: Vec<Alone>) -> Result<Contributions, NoiseError> {
        for alone in alone {
            alone.add_to(&mut self.held)?;
        }
        Ok(self.held)
    }
}

/// The records that count of one person's, sorted: one for each cell where persons are counted.
fn distinct(measure: Measure, records: &mut [(u32, u32, i64)]) -> &mut [(u32, u32, i64)] {
    if measure != Measure::Persons {
        return records;
    }
    let mut kept = 0;
    for at in 0..records.len() {
        if at == 0 || records.get(at).map(|one| one.1) != records.get(kept - 1).map(|one| one.1) {
            records.swap(kept, at);
            kept += 1;
        }
    }
    records.get_mut(..kept).unwrap_or_default()
}

/// Puts one person's sorted records in an order nobody can foresee and that is always the same.
fn shuffle(records: &mut [(u32, u32, i64)], salt: &[u8; 32]) {
    let mut again = 0_u32;
    let mut before = None;
    let mut ranked: Vec<([u8; 32], (u32, u32, i64))> = Vec::with_capacity(records.len());
    for &record in &*records {
        let (_, cell, value) = record;
        again = if before == Some((cell, value)) { again + 1 } else { 0 };
        before = Some((cell, value));
        let digest = Sha256::new()
            .chain_update(salt)
            .chain_update(cell.to_le_bytes())
            .chain_update(value.to_le_bytes())
            .chain_update(again.to_le_bytes());
        ranked.push((digest.finalize().into(), record));
    }
    ranked.sort_unstable();
    for (place, (_, record)) in records.iter_mut().zip(ranked) {
        *place = record;
    }
}

/// Whole numbers by cell to which no person contributes more than the bound.
///
/// Made by [`Gathered::bound`] alone, so holding one means the bound was applied. Exact and unprotected: no
/// `Serialize`, `Debug` or `Clone`, and outside this crate nobody can read a number back.
pub struct Contributions {
    pub(super) lineage: Lineage,
    pub(super) measure: Measure,
    pub(super) bound: u32,
    pub(super) cells: Cells,
}

/// Numbers of the finest level.
pub(super) enum Cells {
    Numbers(Vec<i64>),
    /// Numbers of values, and sums of their differences from the middle.
    Means(Vec<i64>, Vec<i64>),
    Values(Vec<Vec<i64>>),
}

impl Cells {
    /// How many cells there are.
    pub(super) const fn len(&self) -> usize {
        match self {
            Self::Numbers(cells) | Self::Means(cells, _) => cells.len(),
            Self::Values(cells) => cells.len(),
        }
    }
}

impl Contributions {
    pub(super) fn empty(plan: &Plan) -> Self {
        let leaves = plan.tree().leaves();
        let cells = match plan.measure() {
            Measure::Persons | Measure::Records | Measure::Sum(_) => {
                Cells::Numbers(vec![0; leaves])
            }
            Measure::Mean(_) => Cells::Means(vec![0; leaves], vec![0; leaves]),
            Measure::Quantile { .. } => Cells::Values(vec![Vec::new(); leaves]),
        };
        let (lineage, measure, bound) = (plan.lineage(), plan.measure(), plan.bound());
        Self { lineage, measure, bound, cells }
    }

    /// Adds the records of one person that count, of all that match.
    fn add_person(
        &mut self,
        plan: &Plan,
        salts: &HashMap<u32, [u8; 32]>,
        records: &mut [(u32, u32, i64)],
    ) -> Result<(), NoiseError> {
        let most = plan.bound() as usize;
        if records.len() > 1 {
            records.sort_unstable();
        }
        let records = distinct(plan.measure(), records);
        if records.len() > most {
            let person = records.first().map_or(NOBODY, |record| record.0);
            let salt = salts.get(&person).ok_or(NoiseError::Mismatch("a person has no salt"))?;
            shuffle(records, salt);
        }
        for &(_, cell, value) in records.iter().take(most) {
            self.add(plan, cell, value)?;
        }
        Ok(())
    }

    fn add(&mut self, plan: &Plan, cell: u32, value: i64) -> Result<(), NoiseError> {
        let at = cell as usize;
        let added = match (&mut self.cells, plan.measure()) {
            (Cells::Numbers(sums), Measure::Sum(clamp)) => raise(sums, at, clamp.of(value)),
            (Cells::Numbers(counts), _) => raise(counts, at, 1),
            (Cells::Means(counts, sums), Measure::Mean(clamp)) => {
                raise(counts, at, 1);
                raise(sums, at, clamp.of(value) - clamp.middle())
            }
            (Cells::Values(cells), Measure::Quantile { clamp, .. }) => {
                cells.get_mut(at).map(|values| values.push(clamp.of(value))).is_some()
            }
            _ => false,
        };
        if added { Ok(()) } else { Err(NoiseError::Mismatch("a record lies in no cell")) }
    }
}

pub(super) fn raise(cells: &mut [i64], at: usize, by: i64) -> bool {
    cells.get_mut(at).map(|cell| *cell = cell.saturating_add(by)).is_some()
}
