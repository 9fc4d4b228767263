//! Whole columns of an edition from its file, a stretch of it on every core.

use super::{
    Salts,
    memory::{Column, NOBODY, NONE},
    salt,
};
use crate::{
    Error, Keys, Registers, cipher::PERSON, opened::Opened, schema::PERSON_NUMBER,
    write::ROW_GROUP_ROWS,
};
use arrow::{
    array::{Array, AsArray, PrimitiveArray},
    datatypes::{ArrowPrimitiveType, DataType, Int32Type, Int64Type, UInt32Type},
};
use datafusion::error::DataFusionError;
use parquet::arrow::{
    ProjectionMask,
    arrow_reader::{
        ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder, RowSelection,
    },
};
use std::{collections::HashMap, fs::File, ops::Range, path::Path, sync::Arc};

/// Some of the records of an edition, in the order of the file.
#[derive(Default)]
pub(super) struct Stretch {
    columns: Vec<Building>,
    /// The number of the person of each record.
    pub numbers: Vec<u32>,
}

/// A column on its way into memory.
struct Building {
    name: String,
    column: Column,
    places: HashMap<String, u16>,
}

impl Registers {
    /// All records of these columns; nothing where a column has more codes than any list.
    pub(super) async fn whole(
        &self,
        file: &Arc<Opened>,
        names: &[&str],
    ) -> Result<Option<Stretch>, Error> {
        let empty = |records: usize| -> Result<Vec<Building>, Error> {
            let of = |name: &&str| {
                let field = file.schema.field_with_name(name);
                let field = field.map_err(|_| Error::column(*name, "does not exist that year"))?;
                Building::of(name, field.data_type(), records)
            };
            names.iter().map(of).collect()
        };
        let footer = footer(file)?;
        let mut reading = Vec::new();
        for (groups, records) in shares(&footer, self.threads()) {
            // The others follow the first.
            let room = if records.start == 0 { file.records } else { records.len() };
            let (file, footer, columns) = (file.clone(), footer.clone(), empty(room)?);
            let work = move || Stretch::read(&file.path, footer, groups, columns, room);
            reading.push(self.engine().handle().spawn_blocking(work));
        }
        let mut whole: Option<Stretch> = None;
        for stretch in reading {
            let Some(stretch) = stretch.await.map_err(cut)?? else { return Ok(None) };
            let Some(whole) = &mut whole else {
                whole = Some(stretch);
                continue;
            };
            if !whole.append(stretch) {
                return Ok(None);
            }
        }
        let whole = match whole {
            Some(whole) => whole,
            None => Stretch { columns: empty(0)?, numbers: Vec::new() },
        };
        if whole.numbers.len() != file.records {
            return Err(Error::Mismatch("the file has more or fewer records than it says"));
        }
        Ok(Some(whole))
    }

    /// A secret for each of these persons, made of who they are and of nothing else: a record of each, and the place the
    /// secret is kept by. Of all ciphertexts, only theirs are looked at.
    pub(super) async fn secrets(
        &self,
        file: &Arc<Opened>,
        mut persons: Vec<(u32, u32)>,
    ) -> Result<Salts, Error> {
        let mut salts = Salts::with_capacity(persons.len());
        if persons.is_empty() {
            return Ok(salts);
        }
        persons.sort_unstable();
        let footer = footer(file)?;
        let mut reading = Vec::new();
        for (groups, records) in shares(&footer, self.threads()) {
            let before = |end: usize| persons.partition_point(|person| (person.0 as usize) < end);
            let own = persons.get(before(records.start)..before(records.end)).unwrap_or_default();
            let (own, keys) = (own.to_vec(), self.keys.clone());
            let (file, footer) = (file.clone(), footer.clone());
            let work = move || secrets(&file.path, footer, (groups, records), &own, &keys);
            reading.push(self.engine().handle().spawn_blocking(work));
        }
        for share in reading {
            salts.extend(share.await.map_err(cut)??);
        }
        Ok(salts)
    }
}

fn cut(_: tokio::task::JoinError) -> Error {
    Error::Mismatch("the query was cut short")
}

fn footer(file: &Opened) -> Result<ArrowReaderMetadata, Error> {
    let read = File::open(&file.path).map_err(Error::io("read", &file.path))?;
    let footer = ArrowReaderMetadata::load(&read, ArrowReaderOptions::new());
    Ok(footer.map_err(DataFusionError::from)?)
}

/// The groups of rows that each of so many threads reads, with their records.
fn shares(footer: &ArrowReaderMetadata, threads: usize) -> Vec<(Range<usize>, Range<usize>)> {
    let groups = footer.metadata().row_groups();
    let share = groups.len().div_ceil(threads.max(1)).max(1);
    let mut record = 0;
    let shares = groups.chunks(share).enumerate().map(|(at, chunk)| {
        let number: i64 =
            chunk.iter().map(parquet::file::metadata::RowGroupMetaData::num_rows).sum();
        let first = record;
        record += usize::try_from(number).unwrap_or(0);
        (at * share..at * share + chunk.len(), first..record)
    });
    shares.collect()
}

/// The secrets of persons by one of their records each, of which the groups of rows hold all.
fn secrets(
    path: &Path,
    footer: ArrowReaderMetadata,
    (groups, records): (Range<usize>, Range<usize>),
    persons: &[(u32, u32)],
    keys: &Keys,
) -> Result<Vec<(u32, [u8; 32])>, Error> {
    let file = File::open(path).map_err(Error::io("read", path))?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer);
    let mask = ProjectionMask::columns(builder.parquet_schema(), [PERSON]);
    let rows = persons.iter().map(|(record, _)| *record as usize - records.start);
    let rows = RowSelection::from_consecutive_ranges(rows.map(|row| row..row + 1), records.len());
    let batches = builder
        .with_projection(mask)
        .with_row_groups(groups.collect())
        .with_row_selection(rows)
        .with_batch_size(ROW_GROUP_ROWS)
        .build()
        .map_err(DataFusionError::from)?;
    let other = || Error::column(PERSON, "is not a ciphertext");
    let (mut salts, mut waiting) = (Vec::with_capacity(persons.len()), persons.iter());
    for batch in batches {
        let batch = batch.map_err(DataFusionError::from)?;
        let ciphertexts = batch.column(0).as_binary_opt::<i32>().ok_or_else(other)?;
        for (ciphertext, (_, place)) in ciphertexts.iter().zip(&mut waiting) {
            if let Some(ciphertext) = ciphertext {
                salts.push((*place, salt(keys, ciphertext)?));
            }
        }
    }
    if waiting.next().is_none() { Ok(salts) } else { Err(other()) }
}

impl Stretch {
    fn read(
        path: &Path,
        footer: ArrowReaderMetadata,
        groups: Range<usize>,
        columns: Vec<Building>,
        room: usize,
    ) -> Result<Option<Self>, Error> {
        let file = File::open(path).map_err(Error::io("read", path))?;
        let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(file, footer);
        let names = columns.iter().map(|building| building.name.as_str());
        let mask = ProjectionMask::columns(builder.parquet_schema(), names.chain([PERSON_NUMBER]));
        // A group of rows at once, since each has codes of its own.
        let batches = builder
            .with_projection(mask)
            .with_row_groups(groups.collect())
            .with_batch_size(ROW_GROUP_ROWS)
            .build()
            .map_err(DataFusionError::from)?;
        let mut stretch = Self { columns, numbers: Vec::with_capacity(room) };
        for batch in batches {
            let batch = batch.map_err(DataFusionError::from)?;
            for building in &mut stretch.columns {
                let column = batch.column_by_name(&building.name);
                let column = column.ok_or_else(|| Error::column(&building.name, "was not read"))?;
                if !building.add(column.as_ref())? {
                    return Ok(None);
                }
            }
            let numbers = batch.column_by_name(PERSON_NUMBER);
            let numbers = numbers.and_then(|numbers| numbers.as_primitive_opt::<UInt32Type>());
            let numbers = numbers.ok_or(Error::column(PERSON_NUMBER, "is not a number"))?;
            extend(&mut stretch.numbers, numbers, NOBODY);
        }
        Ok(Some(stretch))
    }

    /// Adds the records that follow; false where there are more codes than fit.
    fn append(&mut self, next: Self) -> bool {
        self.numbers.extend(next.numbers);
        let mut pairs = self.columns.iter_mut().zip(next.columns);
        pairs.all(|(building, next)| building.append(next.column))
    }

    /// What was read, by name.
    pub(super) fn columns(self) -> impl Iterator<Item = (String, Arc<Column>)> {
        self.columns.into_iter().map(|building| (building.name, Arc::new(building.column)))
    }
}

impl Building {
    fn of(name: &str, kind: &DataType, records: usize) -> Result<Self, Error> {
        let column = match kind {
            DataType::Dictionary(_, _) => Column::Codes(Vec::new(), Vec::with_capacity(records)),
            DataType::Int32 => Column::Short(Vec::with_capacity(records)),
            DataType::Int64 => Column::Long(Vec::with_capacity(records)),
            _ => return Err(Error::column(name, "cannot be asked that way")),
        };
        Ok(Self { name: name.to_owned(), column, places: HashMap::new() })
    }

    /// Adds a batch; false where there are more codes than fit.
    fn add(&mut self, batch: &dyn Array) -> Result<bool, Error> {
        let other = || Error::column(&self.name, "does not hold what the schema says");
        match &mut self.column {
            Column::Codes(codes, places) => {
                let batch = batch.as_dictionary_opt::<Int32Type>().ok_or_else(other)?;
                let values = batch.values().as_string_opt::<i32>().ok_or_else(other)?;
                let mut place = |code| place(codes, &mut self.places, code);
                let known: Option<Vec<u16>> =
                    values.iter().map(|code| place(code.unwrap_or(""))).collect();
                let (Some(known), Some(blank)) = (known, place("")) else { return Ok(false) };
                let of = |key: i32| {
                    let key = usize::try_from(key).ok();
                    key.and_then(|key| known.get(key)).copied().unwrap_or(blank)
                };
                match batch.keys() {
                    keys if keys.null_count() == 0 => {
                        places.extend(keys.values().iter().map(|key| of(*key)));
                    }
                    keys => places.extend(keys.iter().map(|key| key.map_or(blank, of))),
                }
            }
            Column::Short(numbers) => {
                let batch = batch.as_primitive_opt::<Int32Type>().ok_or_else(other)?;
                extend(numbers, batch, i32::MIN);
            }
            Column::Long(numbers) => {
                let batch = batch.as_primitive_opt::<Int64Type>().ok_or_else(other)?;
                extend(numbers, batch, NONE);
            }
        }
        Ok(true)
    }

    /// Adds the same column of the records that follow; false where there are more codes than fit.
    fn append(&mut self, next: Column) -> bool {
        match (&mut self.column, next) {
            (Column::Codes(codes, places), Column::Codes(others, next)) => {
                let mut place = |code: &String| place(codes, &mut self.places, code);
                let known: Option<Vec<u16>> = others.iter().map(&mut place).collect();
                let Some(known) = known else { return false };
                let of = |at: u16| known.get(usize::from(at)).copied().unwrap_or_default();
                places.extend(next.into_iter().map(of));
                true
            }
            (Column::Short(numbers), Column::Short(next)) => {
                numbers.extend(next);
                true
            }
            (Column::Long(numbers), Column::Long(next)) => {
                numbers.extend(next);
                true
            }
            _ => false,
        }
    }
}

/// The place of a code, a new one where it has none; nothing where there are more codes than fit.
fn place(codes: &mut Vec<String>, places: &mut HashMap<String, u16>, code: &str) -> Option<u16> {
    if let Some(place) = places.get(code) {
        return Some(*place);
    }
    let place = u16::try_from(codes.len()).ok()?;
    codes.push(code.to_owned());
    places.insert(code.to_owned(), place);
    Some(place)
}

/// Adds numbers, with what stands for none.
fn extend<T: ArrowPrimitiveType>(
    numbers: &mut Vec<T::Native>,
    batch: &PrimitiveArray<T>,
    none: T::Native,
) {
    if batch.null_count() == 0 {
        numbers.extend_from_slice(batch.values());
    } else {
        numbers.extend(batch.iter().map(|number| number.unwrap_or(none)));
    }
}
