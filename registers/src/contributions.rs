//! What persons contribute to a question, for noise alone.
//!
//! Nothing here fails because of what a record holds: a code that is on no list, or a value that is missing, makes a
//! record that does not match. Nothing is read that has not been paid for.

mod columns;
mod count;
mod gather;
pub(crate) mod memory;

use crate::{
    EditionRef, Error, Filter, Keys, Registers, cipher::PERSON, filter::column, opened::Opened,
    schema::PERSON_NUMBER,
};
use arrow::{
    array::{AsArray, BooleanArray},
    datatypes::{DataType, UInt32Type},
    record_batch::RecordBatch,
};
use count::Counting;
use datafusion::{
    dataframe::DataFrame,
    error::DataFusionError,
    logical_expr::{ColumnarValue, ScalarUDF, Volatility, create_udf},
};
use futures::StreamExt;
use gather::Places;
use hjemmel_disclosure::{
    Identities, Sealed,
    noise::{Alone, Contributions, Gathered, NoiseError, Paid, Part, Plan},
    rows::{CONTENT, ROLE},
};
use hjemmel_policy::{Ask, Grant};
use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
};

/// The namespace of the secrets that decide which records of a person count; no grant has it.
const BOUND: &str = "contribution bound";

/// More records than this are shared among the cores.
const MANY: usize = 1 << 18;

/// The secret of each of some persons.
type Salts = HashMap<u32, [u8; 32]>;

/// How the records of one edition become the cells of one plan.
#[derive(Debug, Clone)]
pub struct Reading {
    /// The edition.
    pub edition: EditionRef,
    /// What is crossed, the outermost first: the cells of the plan's finest level in their order.
    pub axes: Vec<Grouping>,
    /// Conditions, all of which must hold.
    pub filters: Vec<Filter>,
    /// The column of values, for a measure that has them.
    pub value: Option<String>,
}

/// One axis of a question: public lists alone say what its cells are.
#[derive(Debug, Clone)]
pub enum Grouping {
    /// Codes of a column, each with the place of the group it belongs to.
    Codes {
        /// The column.
        column: String,
        /// The group of each code; records with other codes do not match. The empty code stands for none.
        groups: HashMap<String, u32>,
        /// How many groups there are.
        size: u32,
    },
    /// Numbers of a column: those below the first of these ascending edges, from each edge up to but not including
    /// the next, from the last edge on, and records that state none.
    Bins {
        /// The column.
        column: String,
        /// The edges; there are two groups more.
        edges: Vec<i64>,
    },
}

impl Grouping {
    /// The column it reads.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::Codes { column, .. } | Self::Bins { column, .. } => column,
        }
    }

    /// How many groups there are.
    #[must_use]
    pub const fn size(&self) -> usize {
        match self {
            Self::Codes { size, .. } => *size as usize,
            Self::Bins { edges, .. } => edges.len() + 2,
        }
    }
}

impl Registers {
    /// What each person contributes to plans that are paid for, held to their bounds; one reading for each plan.
    ///
    /// # Errors
    /// When a reading is not for the permitted form and year, an edition is not readable or does not have the columns
    /// in the kinds asked for, or the axes do not make the cells of the plan. None of it depends on records.
    pub async fn contributions(
        &self,
        grant: Grant<Ask>,
        paid: &Paid,
        readings: Vec<Reading>,
    ) -> Result<Sealed<Ask, Vec<Contributions>>, Error> {
        if paid.plans().len() != readings.len() {
            return Err(Error::Mismatch("more or fewer plans were paid for"));
        }
        let asked = grant.resource();
        let mut held = Vec::with_capacity(readings.len());
        for (plan, reading) in paid.plans().zip(readings) {
            let (form, year) = (reading.edition.form, reading.edition.year);
            if asked.form != form || !asked.years.contains(&year) {
                return Err(Error::Mismatch("it is for another form or year"));
            }
            if (plan.lineage().form, plan.lineage().year) != (form, year) {
                return Err(Error::Mismatch("the plan is for another form or year"));
            }
            held.push(self.held(plan, reading).await?);
        }
        Ok(Sealed::new(grant, held))
    }

    /// Contributions before they are sealed.
    pub(crate) async fn held(&self, plan: &Plan, reading: Reading) -> Result<Contributions, Error> {
        let file = self.opened(&reading.edition)?;
        let places = Places::of(&reading.axes)?;
        if places.size() != plan.tree().leaves() {
            return Err(Error::Mismatch("the axes make other cells than the plan's"));
        }
        if reading.value.is_some() != plan.measure().has_values() {
            return Err(Error::Mismatch("the measure wants values, or wants none"));
        }
        for axis in &reading.axes {
            let coded = matches!(axis, Grouping::Codes { .. });
            usable(&file, axis.column(), coded)?;
        }
        if let Some(value) = &reading.value {
            usable(&file, value, false)?;
        }
        for filter in &reading.filters {
            filter.expression(&file.schema)?;
        }
        if let Some(names) = Counting::columns(&reading)
            && let Some(held) = self.in_memory(&file, &names, plan.bound()).await?
        {
            let counting = Counting::of(&reading, &places, &held)?;
            return self.counted(plan, counting, &held.salts).await;
        }
        self.scanned(plan, reading, &file, places).await
    }

    /// Contributions from columns in memory.
    async fn counted(
        &self,
        plan: &Plan,
        counting: Counting,
        salts: &Salts,
    ) -> Result<Contributions, Error> {
        let records = counting.records();
        if records <= MANY {
            let alone = counting.alone(plan, 0..records).map_err(|error| unbound(&error))?;
            let several = counting.several(plan, salts).map_err(|error| unbound(&error))?;
            return several.beside(vec![alone]).map_err(|error| unbound(&error));
        }
        let (counting, threads) = (Arc::new(counting), self.threads());
        let share = records.div_ceil(threads);
        let shares: Vec<_> = (0..threads)
            .map(|at| {
                let (counting, plan) = (counting.clone(), plan.clone());
                let stretch = (share * at).min(records)..(share * (at + 1)).min(records);
                let work = move || counting.alone(&plan, stretch);
                self.engine().handle().spawn_blocking(work)
            })
            .collect();
        let several = counting.several(plan, salts).map_err(|error| unbound(&error))?;
        let mut alone: Vec<Alone> = Vec::with_capacity(threads);
        for share in shares {
            let share = share.await.map_err(|_| Error::Mismatch("the query was cut short"))?;
            alone.push(share.map_err(|error| unbound(&error))?);
        }
        several.beside(alone).map_err(|error| unbound(&error))
    }

    /// Contributions from a scan of the file, for editions that are too large for memory.
    async fn scanned(
        &self,
        plan: &Plan,
        reading: Reading,
        file: &Arc<Opened>,
        places: Places,
    ) -> Result<Contributions, Error> {
        let mut frame = self.engine().in_parallel(file).await?;
        for filter in &reading.filters {
            frame = frame.filter(filter.expression(&file.schema)?)?;
        }
        let axes = reading.axes.iter().map(Grouping::column);
        let names = axes.chain(reading.value.as_deref()).chain([PERSON_NUMBER]);
        let frame = frame.select(names.map(column).collect::<Vec<_>>())?;
        let has_values = reading.value.is_some();
        let add = move |part: &mut Part, batch: &RecordBatch| places.add(part, batch, has_values);
        let gathered = Gathered::new(self.scan(frame, add).await?);
        let over = gathered.over(plan);
        let salts = if over.is_empty() { HashMap::new() } else { self.salts(file, &over).await? };
        let plan = plan.clone();
        let bound = self.engine().handle().spawn_blocking(move || gathered.bound(&plan, &salts));
        let bound = bound.await.map_err(|_| Error::Mismatch("the query was cut short"))?;
        bound.map_err(|error| unbound(&error))
    }

    /// A secret for each of these persons, made of who they are and of nothing else. Of all ciphertexts, only theirs
    /// are read.
    async fn salts(&self, file: &Opened, over: &[u32]) -> Result<Salts, Error> {
        let frame = self.engine().in_parallel(file).await?;
        let frame = frame.filter(among(over).call(vec![column(PERSON_NUMBER)]))?;
        let frame = frame.select([PERSON, PERSON_NUMBER].map(column).to_vec())?;
        // On every core, since each takes a keyed hash.
        let keys = Arc::clone(&self.keys);
        let add = move |found: &mut Salts, batch: &RecordBatch| {
            let persons = batch.column(0).as_binary_opt::<i32>();
            let persons = persons.ok_or(Error::column(PERSON, "is not a ciphertext"))?;
            let numbers = batch.column(1).as_primitive_opt::<UInt32Type>();
            let numbers = numbers.ok_or(Error::column(PERSON_NUMBER, "is not a number"))?;
            for (person, number) in persons.iter().zip(numbers) {
                if let (Some(person), Some(number)) = (person, number)
                    && let Entry::Vacant(place) = found.entry(number)
                {
                    place.insert(salt(&keys, person)?);
                }
            }
            Ok(())
        };
        let found: Vec<Salts> = self.scan(frame, add).await?;
        let mut salts = HashMap::with_capacity(over.len());
        for found in found {
            salts.extend(found);
        }
        Ok(salts)
    }

    /// Runs a query on every core, each collecting into something of its own.
    async fn scan<T: Default + Send + 'static>(
        &self,
        frame: DataFrame,
        add: impl Fn(&mut T, &RecordBatch) -> Result<(), Error> + Send + Sync + 'static,
    ) -> Result<Vec<T>, Error> {
        let engine = self.engine().handle();
        let cut = |_| Error::Mismatch("the query was cut short");
        let partitions = engine.spawn(frame.execute_stream_partitioned()).await.map_err(cut)??;
        let add = Arc::new(add);
        let scans: Vec<_> = partitions
            .into_iter()
            .map(|mut batches| {
                let add = Arc::clone(&add);
                engine.spawn(async move {
                    let mut collected = T::default();
                    while let Some(batch) = batches.next().await {
                        add(&mut collected, &batch?)?;
                    }
                    Ok::<_, Error>(collected)
                })
            })
            .collect();
        let mut all = Vec::with_capacity(scans.len());
        for scan in scans {
            all.push(scan.await.map_err(cut)??);
        }
        Ok(all)
    }
}

/// The secret of a person.
fn salt(keys: &Keys, ciphertext: &[u8]) -> Result<[u8; 32], Error> {
    let salt = keys.pseudonym(BOUND, ciphertext);
    let salt = salt.map_err(|_| Error::column(PERSON, "is not a ciphertext"))?;
    let mut bytes = [0; 32];
    bytes.iter_mut().zip(salt.bytes()).for_each(|(to, from)| *to = from);
    Ok(bytes)
}

/// Why contributions could not be held to their bound.
const fn unbound(error: &NoiseError) -> Error {
    match error {
        NoiseError::Mismatch(reason) => Error::Mismatch(reason),
        _ => Error::Mismatch("contributions could not be bound"),
    }
}

/// Whether a person's number is one of these: thousands of them, which no list in a query could hold.
fn among(persons: &[u32]) -> ScalarUDF {
    let last = persons.iter().max().map_or(0, |&last| last as usize + 1);
    let mut wanted = vec![false; last];
    for &person in persons {
        if let Some(wanted) = wanted.get_mut(person as usize) {
            *wanted = true;
        }
    }
    let is_wanted = move |arguments: &[ColumnarValue]| {
        let numbers = ColumnarValue::values_to_arrays(arguments)?;
        let numbers = numbers.first().and_then(|numbers| numbers.as_primitive_opt::<UInt32Type>());
        let numbers = numbers.ok_or(DataFusionError::Plan("no number".to_owned()))?;
        let wanted = numbers.iter().map(|number| {
            number.is_some_and(|number| wanted.get(number as usize).is_some_and(|wanted| *wanted))
        });
        let wanted: BooleanArray = wanted.map(Some).collect();
        Ok(ColumnarValue::Array(Arc::new(wanted)))
    };
    let (number, truth) = (vec![DataType::UInt32], DataType::Boolean);
    create_udf("among", number, truth, Volatility::Immutable, Arc::new(is_wanted))
}

/// Whether a column may be used as an axis or a value.
fn usable(file: &Opened, name: &str, coded: bool) -> Result<(), Error> {
    let field = file.schema.field_with_name(name);
    let field = field.map_err(|_| Error::column(name, "does not exist that year"))?;
    if field.metadata().get(ROLE).map(String::as_str) != Some(CONTENT) {
        return Err(Error::column(name, "identifies persons and cannot be asked by"));
    }
    match field.data_type() {
        DataType::Dictionary(_, _) if coded => Ok(()),
        DataType::Int32 | DataType::Int64 if !coded => Ok(()),
        _ => Err(Error::column(name, "cannot be asked that way")),
    }
}

#[cfg(test)]
mod tests;
