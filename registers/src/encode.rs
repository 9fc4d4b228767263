//! A block of lines in, the columns of its records out, identifiers encrypted.

use crate::{
    EditionRef, Error,
    cipher::{Cipher, Place},
    schema,
};
use arrow::{
    array::{
        ArrayRef, BinaryBuilder, Date32Builder, Int32Builder, Int64Builder, StringBuilder,
        UInt64Array,
    },
    datatypes::{DataType, Date32Type, Schema},
};
use hjemmel_kostra::{
    columns::{self, Column, ColumnRole},
    derive::{Derived, Deriver},
    layout::{DateFormat, Field, FieldKind, Layout},
    record::Record,
};
use std::sync::Arc;

mod narrow;

/// How one column is filled.
enum Source {
    /// From a field of the record.
    Field(&'static Field),
    /// From the derived values.
    Derived(&'static str),
}

/// The plan of one form and year: which column comes from where.
pub(crate) struct Plan {
    layout: &'static Layout,
    columns: Vec<(Column, Source, DataType)>,
    year: u16,
    version: u32,
}

impl Plan {
    /// The plan of an edition; fails where the form has no record layout that year.
    pub(crate) fn of(edition: &EditionRef) -> Result<Self, Error> {
        let none = Error::Mismatch("the form has no record layout that year");
        let Some(layout) = Layout::of(edition.form, edition.year) else { return Err(none) };
        let stored = columns::columns(edition.form, edition.year)
            .into_iter()
            .filter(|column| column.role != ColumnRole::Pseudonym);
        let columns = stored.map(|column| {
            let field = layout.field(&column.name);
            let data_type = schema::data_type(&column, field.map(|field| field.length));
            let derived = columns::DERIVED.into_iter().find(|name| *name == column.name);
            let source = field.map(Source::Field).or(derived.map(Source::Derived));
            let none = || Error::column(&column.name, "is neither read nor derived");
            source.ok_or_else(none).map(|source| (column, source, data_type))
        });
        let columns = columns.collect::<Result<Vec<_>, _>>()?;
        if columns.is_empty() {
            return Err(none);
        }
        Ok(Self { layout, columns, year: edition.year, version: edition.version })
    }

    /// The schema readers get.
    pub(crate) fn schema(&self) -> Schema {
        schema::declared(self.columns.iter().map(|(column, _, kind)| (column, kind.clone())))
    }

    /// Characters of a record.
    pub(crate) const fn record_length(&self) -> usize {
        self.layout.record_length
    }
}

/// One thread's encoder.
pub(crate) struct Encoder<'p> {
    plan: &'p Plan,
    deriver: Deriver,
    cipher: Cipher,
}

/// The records of one block: a line each.
struct Block<'b> {
    records: Vec<Record<'b>>,
    derived: Vec<Derived>,
    lines: Vec<u64>,
    /// The bytes and how far apart the lines begin, where each line is as long as the others and each byte a
    /// character.
    even: Option<(&'b [u8], usize)>,
}

impl<'p> Encoder<'p> {
    /// An encoder over a plan.
    pub(crate) fn new(plan: &'p Plan, cipher: Cipher) -> Result<Self, Error> {
        let lacking = Error::Mismatch("the layout lacks the fields that columns are derived from");
        let deriver = Deriver::new(plan.layout).ok_or(lacking)?;
        Ok(Self { plan, deriver, cipher })
    }

    /// The columns of whole lines, in the order of the schema, without the dense person numbers.
    /// `first` is the number of the block's first line.
    pub(crate) fn encode(&mut self, bytes: &[u8], first: u64) -> Result<Vec<ArrayRef>, Error> {
        let block = self.read(bytes, first)?;
        let plan = self.plan;
        let mut arrays = Vec::with_capacity(plan.columns.len() + 2);
        for (column, source, kind) in &plan.columns {
            arrays.push(match (source, column.role) {
                (Source::Field(field), ColumnRole::Content) => content(&block, field, kind)?,
                (Source::Field(field), _) => self.identifier(&block, field)?,
                (Source::Derived(name), _) => derived(&block, name)?,
            });
        }
        let persons = self.persons(&block)?;
        arrays.push(Arc::new(UInt64Array::from(block.lines)));
        arrays.push(persons);
        Ok(arrays)
    }

    fn read<'b>(&self, bytes: &'b [u8], first: u64) -> Result<Block<'b>, Error> {
        let expected = bytes.len() / (self.plan.record_length() + 1) + 1;
        let mut block = Block {
            records: Vec::with_capacity(expected),
            derived: Vec::with_capacity(expected),
            lines: Vec::with_capacity(expected),
            even: None,
        };
        let mut number = first;
        let mut rest = bytes;
        while !rest.is_empty() {
            let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
            let (line, after) = rest.split_at(end);
            rest = after.get(1..).unwrap_or_default();
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let wrong =
                |field: &str, reason| Error::Line { line: number, field: field.to_owned(), reason };
            let record = Record::decode(line, self.plan.record_length());
            if record.length() != self.plan.record_length() {
                return Err(wrong("record", "does not have the length of the year's layout"));
            }
            let derived = self.deriver.derive(&record);
            block.derived.push(derived.ok_or_else(|| wrong("KOMMUNE_NR", "names no region"))?);
            block.records.push(record);
            block.lines.push(number);
            number += 1;
        }
        block.even = even(bytes, &block.records);
        Ok(block)
    }

    fn identifier(&mut self, block: &Block<'_>, field: &Field) -> Result<ArrayRef, Error> {
        let mut builder = BinaryBuilder::with_capacity(block.lines.len(), block.lines.len() * 40);
        let mut sealed = Vec::new();
        for (record, &line) in block.records.iter().zip(&block.lines) {
            let Some(value) = record.stated(field) else {
                builder.append_null();
                continue;
            };
            let iso = match field.kind {
                FieldKind::Date(format) => Some(date(format, value, field, line)?.to_string()),
                _ => None,
            };
            let plain = iso.as_deref().unwrap_or(value).as_bytes();
            let place = Place { year: self.plan.year, version: self.plan.version, line };
            sealed.clear();
            let done = self.cipher.seal_in_row(&field.name, place, plain, &mut sealed);
            done.ok_or_else(|| wrong(field, line, "cannot be encrypted"))?;
            builder.append_value(&sealed);
        }
        Ok(Arc::new(builder.finish()))
    }

    fn persons(&mut self, block: &Block<'_>) -> Result<ArrayRef, Error> {
        let mut builder = BinaryBuilder::with_capacity(block.lines.len(), block.lines.len() * 30);
        let mut sealed = Vec::new();
        let rows = block.records.iter().zip(&block.derived).zip(&block.lines);
        for ((record, derived), &line) in rows {
            let Some(number) = self.deriver.link(record, derived.number_kind) else {
                builder.append_null();
                continue;
            };
            sealed.clear();
            let done = self.cipher.seal_person(number.as_bytes(), &mut sealed);
            done.ok_or_else(|| Error::Line {
                line,
                field: "PERSON_FODSELSNR".to_owned(),
                reason: "cannot be encrypted",
            })?;
            builder.append_value(&sealed);
        }
        Ok(Arc::new(builder.finish()))
    }
}

fn wrong(field: &Field, line: u64, reason: &'static str) -> Error {
    Error::Line { line, field: field.name.clone(), reason }
}

fn date(
    format: DateFormat,
    value: &str,
    field: &Field,
    line: u64,
) -> Result<chrono::NaiveDate, Error> {
    format.parse(value).ok_or_else(|| wrong(field, line, "is not a date"))
}

/// The bytes of some lines and how far apart these begin, if each is as long as the others and of ASCII.
fn even<'b>(bytes: &'b [u8], records: &[Record<'_>]) -> Option<(&'b [u8], usize)> {
    let stride = bytes.len().checked_div(records.len())?;
    // There are as many ends as lines, so that a stretch with an end behind it is one line.
    let is_even = bytes.len() == stride * records.len()
        && bytes.chunks(stride).all(|line| line.last() == Some(&b'\n'))
        && records.iter().all(|record| record.ascii().is_some());
    is_even.then_some((bytes, stride))
}

/// A column that is kept as it is stated.
fn content(block: &Block<'_>, field: &Field, kind: &DataType) -> Result<ArrayRef, Error> {
    let narrow = narrow::column(block, field, kind);
    narrow.map_or_else(|| wide(block, field, kind), Ok)
}

/// Any such column, value by value.
fn wide(block: &Block<'_>, field: &Field, kind: &DataType) -> Result<ArrayRef, Error> {
    let rows = block.records.iter().zip(&block.lines);
    let stated = rows.map(|(record, &line)| (record.stated(field), line));
    let number = "is not a whole number";
    Ok(match (field.kind, kind) {
        (FieldKind::Date(format), _) => {
            let mut builder = Date32Builder::with_capacity(block.lines.len());
            for (value, line) in stated {
                let day = value.map(|value| date(format, value, field, line)).transpose()?;
                builder.append_option(day.map(Date32Type::from_naive_date));
            }
            Arc::new(builder.finish())
        }
        (_, DataType::Int32) => {
            let mut builder = Int32Builder::with_capacity(block.lines.len());
            for (value, line) in stated {
                let value = value.map(str::parse).transpose();
                builder.append_option(value.map_err(|_| wrong(field, line, number))?);
            }
            Arc::new(builder.finish())
        }
        (_, DataType::Int64) => {
            let mut builder = Int64Builder::with_capacity(block.lines.len());
            for (value, line) in stated {
                let value = value.map(str::parse).transpose();
                builder.append_option(value.map_err(|_| wrong(field, line, number))?);
            }
            Arc::new(builder.finish())
        }
        _ => {
            let rows = block.lines.len();
            let mut builder = StringBuilder::with_capacity(rows, rows * field.length);
            stated.for_each(|(value, _)| builder.append_option(value));
            Arc::new(builder.finish())
        }
    })
}

/// A derived column.
fn derived(block: &Block<'_>, name: &str) -> Result<ArrayRef, Error> {
    let text = |value: fn(&Derived) -> &str| -> ArrayRef {
        let rows = block.derived.len();
        let mut builder = StringBuilder::with_capacity(rows, rows * 6);
        block.derived.iter().for_each(|derived| builder.append_value(value(derived)));
        Arc::new(builder.finish())
    };
    let number = |value: fn(&Derived) -> Option<u8>| -> ArrayRef {
        let mut builder = Int32Builder::with_capacity(block.derived.len());
        for derived in &block.derived {
            builder.append_option(value(derived).map(i32::from));
        }
        Arc::new(builder.finish())
    };
    Ok(match name {
        "REGION" => text(|derived| derived.region.as_str()),
        "NUMMERTYPE" => text(|derived| derived.number_kind.code()),
        "ALDER" => number(|derived| derived.age),
        "ALDERSGRUPPE" => text(|derived| derived.age_group),
        "ANTMND" => number(|derived| Some(derived.months)),
        "MNDSPENN" => text(|derived| derived.month_span),
        _ => return Err(Error::column(name, "is neither read nor derived")),
    })
}

#[cfg(test)]
mod tests;
