//! The data file: codes by column, aggregated while it is read.

use std::collections::{BTreeMap, HashMap};
use std::io::Read;

use csv::StringRecord;

use super::Reading;
use super::amount;
use super::error::{Error, LineFault, unknown};
use super::specification::Measure;
use crate::cellkey::Key;

/// Who the lines are about, where cell keys need it.
pub struct Persons {
    /// The column that names the person.
    pub column: String,
    /// The secret the persons' keys are made with.
    pub secret: [u8; 32],
}

/// One dimension: the columns of it that the tables use, as indices into [`Input::columns`].
pub(super) type Group = Vec<usize>;

/// What was read. Rows with the same codes are one; everything is in code order, whatever the order of the file.
#[derive(Default)]
pub(super) struct Input {
    /// The columns in use.
    pub(super) columns: Vec<String>,
    /// The codes of each column, sorted.
    pub(super) codes: Vec<Vec<String>>,
    /// The columns of each dimension.
    pub(super) groups: Vec<Group>,
    /// The observed code tuples of each dimension, sorted.
    pub(super) tuples: Vec<Vec<Vec<u32>>>,
    /// The observed combinations, by tuple index, sorted.
    pub(super) rows: Vec<Observed>,
    /// Names of contributors, sorted; empty for counts and unnamed contributors.
    pub(super) contributors: Vec<String>,
    /// Digits after the decimal point that amounts are scaled by.
    pub(super) decimals: u32,
}

impl Input {
    /// The code tuples of each dimension in words.
    pub(super) fn named_tuples(&self) -> Vec<Vec<Vec<String>>> {
        let name = |column: &usize, code: &u32| {
            let codes = self.codes.get(*column)?;
            codes.get(*code as usize).cloned()
        };
        let dimensions = self.groups.iter().zip(&self.tuples);
        dimensions
            .map(|(group, tuples)| {
                let named = |tuple: &Vec<u32>| {
                    group.iter().zip(tuple).filter_map(|(c, code)| name(c, code)).collect()
                };
                tuples.iter().map(named).collect()
            })
            .collect()
    }
}

/// One observed combination.
#[derive(Default, Clone)]
pub(super) struct Observed {
    /// The tuple of each dimension.
    pub(super) key: Vec<u32>,
    /// The count or scaled amount.
    pub(super) value: i64,
    /// Lines behind it.
    pub(super) frequency: u64,
    /// Amount by contributor.
    pub(super) shares: BTreeMap<u32, i64>,
    /// The keys of the persons behind it, added up.
    pub(super) key_of_persons: Key,
}

impl Observed {
    /// Adds a line; `None` when a sum outgrows 64 bits.
    fn add(
        &mut self,
        value: i64,
        frequency: u64,
        contributor: Option<u32>,
        key: Key,
    ) -> Option<()> {
        self.key_of_persons = self.key_of_persons.and(key);
        self.value = self.value.checked_add(value)?;
        self.frequency = self.frequency.checked_add(frequency)?;
        if let Some(contributor) = contributor {
            let share = self.shares.entry(contributor).or_default();
            *share = share.checked_add(value)?;
        }
        Some(())
    }
}

/// Codes numbered as they come.
#[derive(Default)]
struct Interner {
    names: Vec<String>,
    index: HashMap<String, u32>,
}

impl Interner {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.index.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.index.insert(name.to_owned(), number);
        number
    }

    /// The names in order, and the new number of each old one.
    fn sorted(self) -> (Vec<String>, Vec<u32>) {
        let mut pairs: Vec<(String, u32)> = self.names.into_iter().zip(0..).collect();
        pairs.sort_unstable();
        let mut renumber = vec![0; pairs.len()];
        for (new, (_, old)) in (0..).zip(&pairs) {
            if let Some(slot) = renumber.get_mut(*old as usize) {
                *slot = new;
            }
        }
        (pairs.into_iter().map(|(name, _)| name).collect(), renumber)
    }
}

/// Where the columns in use stand in the file.
struct Places {
    codes: Vec<usize>,
    value: Option<usize>,
    contributor: Option<usize>,
    person: Option<usize>,
}

impl Places {
    fn find(
        header: &StringRecord,
        columns: &[String],
        measure: &Measure,
        persons: Option<&Persons>,
    ) -> Result<Self, Error> {
        let place = |name: &str| {
            header
                .iter()
                .position(|column| column == name)
                .ok_or_else(|| unknown("input header", "column", name, header.iter()))
        };
        let (value, contributor) = match measure {
            Measure::Count { var } => (var.as_deref(), None),
            Measure::Magnitude { var, contributor } => (Some(var.as_str()), contributor.as_deref()),
        };
        Ok(Self {
            codes: columns.iter().map(|name| place(name)).collect::<Result<_, _>>()?,
            value: value.map(place).transpose()?,
            contributor: contributor.map(place).transpose()?,
            person: persons.map(|persons| place(&persons.column)).transpose()?,
        })
    }
}

/// Reads and aggregates; see [`Input`].
pub(super) struct Reader<'a> {
    measure: &'a Measure,
    persons: Option<&'a Persons>,
    total: &'a [Vec<String>],
    columns: Vec<String>,
    groups: Vec<Group>,
    codes: Vec<Interner>,
    tuples: Vec<HashMap<Vec<u32>, u32>>,
    rows: HashMap<Vec<u32>, Observed>,
    contributors: Interner,
    decimals: u32,
}

impl<'a> Reader<'a> {
    /// A reader for these columns; `total` lists, by column, codes that may not occur in data.
    pub(super) fn new(
        measure: &'a Measure,
        reading: &Reading<'a>,
        columns: Vec<String>,
        groups: Vec<Group>,
        total: &'a [Vec<String>],
    ) -> Self {
        Self {
            measure,
            persons: reading.persons,
            total,
            codes: columns.iter().map(|_| Interner::default()).collect(),
            tuples: groups.iter().map(|_| HashMap::new()).collect(),
            columns,
            groups,
            rows: HashMap::new(),
            contributors: Interner::default(),
            decimals: reading.decimals,
        }
    }

    /// Reads all lines.
    pub(super) fn read(mut self, file: impl Read) -> Result<Input, Error> {
        let mut reader = csv::ReaderBuilder::new().from_reader(file);
        let places = Places::find(reader.headers()?, &self.columns, self.measure, self.persons)?;
        let mut record = StringRecord::new();
        let mut line = 1;
        while reader.read_record(&mut record)? {
            line += 1;
            self.line(&record, &places, line).map_err(|fault| Error::Line {
                file: "input",
                line,
                fault,
            })?;
        }
        Ok(self.finish())
    }

    fn line(&mut self, record: &StringRecord, places: &Places, line: u64) -> Result<(), LineFault> {
        let mut numbers = Vec::with_capacity(places.codes.len());
        for (column, &place) in places.codes.iter().enumerate() {
            let code = record.get(place).unwrap_or_default();
            let name = self.columns.get(column).map_or("", String::as_str);
            if code.is_empty() {
                return Err(LineFault::Blank(name.to_owned()));
            }
            let Some(interner) = self.codes.get_mut(column) else { continue };
            let fresh = interner.names.len();
            let number = interner.number(code);
            let totals = self.total.get(column).map_or(&[][..], Vec::as_slice);
            if number as usize == fresh && totals.iter().any(|total| total == code) {
                return Err(LineFault::Total(name.to_owned(), code.to_owned()));
            }
            numbers.push(number);
        }
        let mut key = Vec::with_capacity(self.groups.len());
        for (group, tuples) in self.groups.iter().zip(&mut self.tuples) {
            let tuple: Vec<u32> = group.iter().filter_map(|&c| numbers.get(c).copied()).collect();
            let next = u32::try_from(tuples.len()).unwrap_or(u32::MAX);
            key.push(*tuples.entry(tuple).or_insert(next));
        }
        let value = self.value(record, places)?;
        let contributor = self.contributor(record, places, line)?;
        let key_of_person = self.key(record, places)?;
        let mut frequency = 1;
        if let (Measure::Count { .. }, Ok(count)) = (self.measure, u64::try_from(value)) {
            frequency = count;
        }
        if !self.rows.contains_key(&key) {
            self.rows.insert(key.clone(), Observed { key: key.clone(), ..Observed::default() });
        }
        let row = self.rows.get_mut(&key);
        let added = row.and_then(|row| row.add(value, frequency, contributor, key_of_person));
        added.ok_or_else(|| LineFault::Overflow(self.measured().to_owned()))
    }

    fn measured(&self) -> &str {
        match self.measure {
            Measure::Count { var } => var.as_deref().unwrap_or("1 a line"),
            Measure::Magnitude { var, .. } => var,
        }
    }

    fn value(&mut self, record: &StringRecord, places: &Places) -> Result<i64, LineFault> {
        let Some(place) = places.value else { return Ok(1) };
        let text = record.get(place).unwrap_or_default();
        let column = self.measured().to_owned();
        if matches!(self.measure, Measure::Count { .. }) {
            let count: i64 = match amount::parse(text) {
                Some((count, 0)) => count,
                _ => return Err(LineFault::Number(column, text.to_owned(), "whole number")),
            };
            return if count < 0 { Err(LineFault::Negative(column)) } else { Ok(count) };
        }
        let Some((digits, decimals)) = amount::parse(text) else {
            return Err(LineFault::Number(column, text.to_owned(), "decimal number"));
        };
        let overflow = || LineFault::Overflow(column.clone());
        if decimals > self.decimals {
            self.rescale(decimals).ok_or_else(overflow)?;
        }
        amount::shift(digits, self.decimals - decimals).ok_or_else(overflow)
    }

    /// Gives all sums so far more decimals.
    fn rescale(&mut self, decimals: u32) -> Option<()> {
        let by = decimals - self.decimals;
        for row in self.rows.values_mut() {
            row.value = amount::shift(row.value, by)?;
            for share in row.shares.values_mut() {
                *share = amount::shift(*share, by)?;
            }
        }
        self.decimals = decimals;
        Some(())
    }

    fn contributor(
        &mut self,
        record: &StringRecord,
        places: &Places,
        line: u64,
    ) -> Result<Option<u32>, LineFault> {
        let Measure::Magnitude { contributor, .. } = self.measure else { return Ok(None) };
        let (Some(place), Some(column)) = (places.contributor, contributor) else {
            return Ok(Some(u32::try_from(line).unwrap_or(u32::MAX)));
        };
        match record.get(place).unwrap_or_default() {
            "" => Err(LineFault::Blank(column.clone())),
            name => Ok(Some(self.contributors.number(name))),
        }
    }

    /// The key of the person a line is about; nothing where keys are not asked for.
    fn key(&self, record: &StringRecord, places: &Places) -> Result<Key, LineFault> {
        let (Some(place), Some(persons)) = (places.person, self.persons) else {
            return Ok(Key::default());
        };
        match record.get(place).unwrap_or_default() {
            "" => Err(LineFault::Blank(persons.column.clone())),
            person => Ok(Key::of(&persons.secret, person)),
        }
    }

    /// Puts everything in code order.
    fn finish(self) -> Input {
        let (contributors, person) = self.contributors.sorted();
        let (codes, renumber): (Vec<_>, Vec<_>) =
            self.codes.into_iter().map(Interner::sorted).unzip();
        let mut tuples = Vec::new();
        let mut moved = Vec::new();
        for (group, found) in self.groups.iter().zip(self.tuples) {
            let (sorted, map) = sorted_tuples(group, found, &renumber);
            tuples.push(sorted);
            moved.push(map);
        }
        let mut rows: Vec<Observed> = self.rows.into_values().collect();
        for row in &mut rows {
            for (tuple, map) in row.key.iter_mut().zip(&moved) {
                *tuple = renumbered(map, *tuple);
            }
            if !person.is_empty() {
                let shares = std::mem::take(&mut row.shares);
                row.shares = shares
                    .into_iter()
                    .map(|(id, share)| (renumbered(&person, id), share))
                    .collect();
            }
        }
        rows.sort_unstable_by(|a, b| a.key.cmp(&b.key));
        Input {
            columns: self.columns,
            codes,
            groups: self.groups,
            tuples,
            rows,
            contributors,
            decimals: self.decimals,
        }
    }
}

fn renumbered(map: &[u32], old: u32) -> u32 {
    map.get(old as usize).copied().unwrap_or(old)
}

/// A dimension's tuples in code order, and the new index of each.
fn sorted_tuples(
    group: &[usize],
    found: HashMap<Vec<u32>, u32>,
    renumber: &[Vec<u32>],
) -> (Vec<Vec<u32>>, Vec<u32>) {
    let mut list: Vec<(Vec<u32>, u32)> = found
        .into_iter()
        .map(|(tuple, old)| {
            let column = |c: &usize| renumber.get(*c).map_or(&[][..], Vec::as_slice);
            let new = group.iter().zip(tuple).map(|(c, code)| renumbered(column(c), code));
            (new.collect(), old)
        })
        .collect();
    list.sort_unstable();
    let mut map = vec![0; list.len()];
    for (new, (_, old)) in (0..).zip(&list) {
        if let Some(slot) = map.get_mut(*old as usize) {
            *slot = new;
        }
    }
    (list.into_iter().map(|(tuple, _)| tuple).collect(), map)
}
