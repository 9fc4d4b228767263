//! The columns that questions read, held in memory from the first question on.
//!
//! Codes and whole numbers alone. Of persons it holds who has several records, by numbers that mean nothing outside
//! the edition, and of them the secrets that decide which records count. No ciphertext stays, nothing here can be
//! printed, copied out or sent, and only [`Registers::contributions`] reads it, for whoever has paid.

use super::Salts;
use crate::{Error, Registers, opened::Opened};
use arrow::datatypes::DataType;
use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, Mutex, PoisonError},
};

/// What stands for no number.
pub(super) const NONE: i64 = i64::MIN;
/// What stands for no person while columns are read.
pub(super) const NOBODY: u32 = u32::MAX;

/// One column of all records of an edition, in the order of the file.
pub(crate) enum Column {
    /// Codes, and for each record the place of its own; a record without one has the empty code.
    Codes(Vec<String>, Vec<u16>),
    /// Numbers of 32 bits; the lowest stands for none.
    Short(Vec<i32>),
    /// Numbers of 64 bits; the lowest stands for none.
    Long(Vec<i64>),
}

impl Column {
    fn bytes(&self) -> usize {
        match self {
            Self::Codes(_, places) => 2 * places.len(),
            Self::Short(numbers) => 4 * numbers.len(),
            Self::Long(numbers) => 8 * numbers.len(),
        }
    }
}

/// Who has several records.
pub(crate) struct Persons {
    /// Records of the edition.
    pub records: usize,
    /// The records of persons who have several, with the place of their person below; those of one person together.
    pub several: Vec<(u32, u32)>,
    /// How many of them have how many records.
    pub times: BTreeMap<u32, u32>,
    /// The same records in the order of the file.
    pub in_order: Vec<u32>,
}

impl Persons {
    /// Of the person number of every record.
    fn of(numbers: &[u32]) -> Result<Self, Error> {
        let large = |_| Error::Mismatch("the edition is too large");
        let mut records: Vec<(u32, u32)> = Vec::new();
        let known = numbers.iter().copied().filter(|number| *number != NOBODY);
        let mut times = vec![0_u8; known.max().map_or(0, |last| last as usize + 1)];
        for number in numbers {
            if let Some(times) = times.get_mut(*number as usize) {
                *times = times.saturating_add(1);
            }
        }
        for (record, number) in numbers.iter().enumerate() {
            if times.get(*number as usize).is_some_and(|times| *times > 1) {
                records.push((*number, u32::try_from(record).map_err(large)?));
            }
        }
        records.sort_unstable();
        let mut several = Vec::with_capacity(records.len());
        let mut persons = BTreeMap::new();
        for (place, run) in records.chunk_by(|one, other| one.0 == other.0).enumerate() {
            let place = u32::try_from(place).map_err(large)?;
            *persons.entry(u32::try_from(run.len()).map_err(large)?).or_insert(0) += 1;
            several.extend(run.iter().map(|(_, record)| (*record, place)));
        }
        let mut in_order: Vec<u32> = several.iter().map(|(record, _)| *record).collect();
        in_order.sort_unstable();
        Ok(Self { records: numbers.len(), several, times: persons, in_order })
    }

    /// Persons with more than so many records: the first record of each, and its place.
    fn over(&self, bound: u32) -> Vec<(u32, u32)> {
        let runs = self.several.chunk_by(|one, other| one.1 == other.1);
        let over = runs.filter(|run| run.len() > bound as usize);
        over.filter_map(|run| run.first()).copied().collect()
    }
}

/// What one question reads.
pub(crate) struct Held {
    pub persons: Arc<Persons>,
    pub columns: HashMap<String, Arc<Column>>,
    /// The secrets of everybody with more records than the question's bound, by place.
    pub salts: Arc<Salts>,
}

/// What is held of one edition.
struct Edition {
    file: Arc<Opened>,
    persons: Arc<Persons>,
    columns: HashMap<String, Arc<Column>>,
    salts: HashMap<u32, Arc<Salts>>,
}

impl Edition {
    fn bytes(&self) -> usize {
        let columns: usize = self.columns.values().map(|column| column.bytes()).sum();
        let salts: usize = self.salts.values().map(|salts| 48 * salts.len()).sum();
        columns + salts + 12 * self.persons.several.len()
    }
}

/// What is held of all editions; the one asked last stands last.
#[derive(Default)]
pub(crate) struct Memory {
    editions: Mutex<Vec<Edition>>,
    /// Held while columns are read, so that many who ask at once do not read the same.
    reading: tokio::sync::Mutex<()>,
}

impl Memory {
    /// What is held of an edition, if that is all a question reads.
    fn find(&self, file: &Arc<Opened>, names: &[&str], bound: u32) -> Option<Held> {
        let mut editions = self.editions.lock().unwrap_or_else(PoisonError::into_inner);
        let at = editions.iter().position(|edition| Arc::ptr_eq(&edition.file, file))?;
        let last = editions.len() - 1;
        editions.get_mut(at..)?.rotate_left(usize::from(at < last));
        let edition = editions.last()?;
        let column = |name: &&str| {
            let found = edition.columns.get(*name)?;
            Some(((*name).to_owned(), found.clone()))
        };
        Some(Held {
            persons: edition.persons.clone(),
            columns: names.iter().map(column).collect::<Option<_>>()?,
            salts: edition.salts.get(&bound)?.clone(),
        })
    }

    /// The persons of an edition, and which of these columns are not held.
    fn missing<'a>(
        &self,
        file: &Arc<Opened>,
        names: &[&'a str],
    ) -> (Option<Arc<Persons>>, Vec<&'a str>) {
        let editions = self.editions.lock().unwrap_or_else(PoisonError::into_inner);
        let found = editions.iter().find(|edition| Arc::ptr_eq(&edition.file, file));
        let held = |name: &&str| found.is_some_and(|edition| edition.columns.contains_key(*name));
        let missing = names.iter().copied().filter(|name| !held(name)).collect();
        (found.map(|edition| edition.persons.clone()), missing)
    }

    /// Adds to what is held of an edition, and lets go of others, and of its other columns, beyond the limit.
    fn keep(&self, file: &Arc<Opened>, held: &Held, bound: u32, limit: usize) {
        let mut editions = self.editions.lock().unwrap_or_else(PoisonError::into_inner);
        // An older file in the same place is no edition any more.
        let gone =
            |edition: &Edition| edition.file.path == file.path && !Arc::ptr_eq(&edition.file, file);
        editions.retain(|edition| !gone(edition));
        let at = editions.iter().position(|edition| Arc::ptr_eq(&edition.file, file));
        let mut edition = match at {
            Some(at) => editions.remove(at),
            None => Edition {
                file: file.clone(),
                persons: held.persons.clone(),
                columns: HashMap::new(),
                salts: HashMap::new(),
            },
        };
        edition.columns.extend(held.columns.iter().map(|(n, c)| (n.clone(), c.clone())));
        edition.salts.insert(bound, held.salts.clone());
        if edition.bytes() > limit {
            edition.columns.clone_from(&held.columns);
        }
        let mut bytes = edition.bytes() + editions.iter().map(Edition::bytes).sum::<usize>();
        while bytes > limit && !editions.is_empty() {
            bytes -= editions.remove(0).bytes();
        }
        editions.push(edition);
    }
}

impl Registers {
    /// The columns of these names in memory, read from the file where they are not there yet; none where they would
    /// take more than questions may.
    pub(super) async fn in_memory(
        &self,
        file: &Arc<Opened>,
        names: &[&str],
        bound: u32,
    ) -> Result<Option<Held>, Error> {
        let memory = self.engine().memory();
        if let Some(held) = memory.find(file, names, bound) {
            return Ok(Some(held));
        }
        let limit = self.questions_memory();
        let width = |name: &&str| match file
            .schema
            .field_with_name(name)
            .map(arrow::datatypes::Field::data_type)
        {
            Ok(DataType::Int64) => 8,
            Ok(DataType::Int32) => 4,
            _ => 2,
        };
        let wanted: usize = names.iter().map(width).sum();
        if file.records.saturating_mul(wanted + 4) > limit || file.records >= NOBODY as usize {
            return Ok(None);
        }
        let _turn = memory.reading.lock().await;
        if let Some(held) = memory.find(file, names, bound) {
            return Ok(Some(held));
        }
        let (persons, missing) = memory.missing(file, names);
        let Some((persons, read)) = self.read_columns(file, &missing, persons).await? else {
            return Ok(None);
        };
        let salts = Arc::new(self.secrets(file, persons.over(bound)).await?);
        let columns = read.into_iter().collect();
        memory.keep(file, &Held { persons, columns, salts }, bound, limit);
        Ok(memory.find(file, names, bound))
    }

    /// Reads columns from the first record to the last, and with them who is whose where that is not known yet;
    /// nothing where a column has more codes than any list.
    async fn read_columns(
        &self,
        file: &Arc<Opened>,
        names: &[&str],
        persons: Option<Arc<Persons>>,
    ) -> Result<Option<(Arc<Persons>, Vec<(String, Arc<Column>)>)>, Error> {
        if let (Some(persons), []) = (&persons, names) {
            return Ok(Some((persons.clone(), Vec::new())));
        }
        let Some(whole) = self.whole(file, names).await? else { return Ok(None) };
        let persons = match persons {
            Some(persons) => persons,
            None => Arc::new(Persons::of(&whole.numbers)?),
        };
        Ok(Some((persons, whole.columns().collect())))
    }
}
