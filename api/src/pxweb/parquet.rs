//! A Parquet file as PxWebApi 2 makes it: a column of codes for each variable, the moment, and for each contents
//! code the value and its sign. Where there is no number the value is null.

use super::cube::{CONTENTS, Role};
use super::frame::Frame;
use super::sheet::{Naming, Sheet};
use crate::stream::Outbox;
use actix_web::web::Bytes;
use arrow::array::{ArrayRef, Float64Array, StringArray, TimestampMillisecondArray};
use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use arrow::record_batch::RecordBatch;
use chrono::{TimeZone as _, Utc};
use hjemmel_disclosure::Cell;
use parquet::arrow::ArrowWriter;
use parquet::basic::Compression;
use parquet::file::properties::WriterProperties;
use std::io;
use std::sync::Arc;

/// The columns so far, beside each other.
#[derive(Default)]
struct Columns {
    fields: Vec<Field>,
    arrays: Vec<ArrayRef>,
}

impl Columns {
    fn push(&mut self, name: &str, kind: DataType, nullable: bool, array: ArrayRef) {
        // Two variables of one name would make a file no reader takes.
        let taken = self.fields.iter().any(|field| field.name() == name);
        let name = if taken { format!("{name}_{}", self.fields.len()) } else { name.to_owned() };
        self.fields.push(Field::new(name, kind, nullable));
        self.arrays.push(array);
    }
}

/// The file.
///
/// # Errors
/// When it cannot be encoded.
pub fn write(sheet: &Sheet<'_>, frame: &Frame<'_>) -> io::Result<Vec<u8>> {
    let mut file = File::default();
    Ok([file.rows(sheet, frame)?, file.end()?].concat())
}

/// Rows of a group, which the writer holds until it is whole.
const ROW_GROUP: usize = 131_072;

/// A file in the making.
#[derive(Default)]
pub struct File {
    outbox: Outbox,
    writer: Option<ArrowWriter<Outbox>>,
}

impl File {
    /// Adds rows; what can be sent already.
    ///
    /// # Errors
    /// When they cannot be encoded.
    pub fn rows(&mut self, sheet: &Sheet<'_>, frame: &Frame<'_>) -> io::Result<Bytes> {
        let columns = columns(sheet, frame);
        let schema = Arc::new(Schema::new(columns.fields));
        let batch =
            RecordBatch::try_new(Arc::clone(&schema), columns.arrays).map_err(io::Error::other)?;
        if self.writer.is_none() {
            let properties = WriterProperties::builder()
                .set_compression(Compression::SNAPPY)
                .set_max_row_group_row_count(Some(ROW_GROUP))
                .build();
            let writer = ArrowWriter::try_new(self.outbox.clone(), schema, Some(properties));
            self.writer = Some(writer.map_err(io::Error::other)?);
        }
        if let Some(writer) = &mut self.writer {
            writer.write(&batch).map_err(io::Error::other)?;
        }
        Ok(self.outbox.take())
    }

    /// What stands after the rows.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn end(&mut self) -> io::Result<Bytes> {
        if let Some(writer) = self.writer.take() {
            writer.close().map_err(io::Error::other)?;
        }
        Ok(self.outbox.take())
    }
}

fn columns(sheet: &Sheet<'_>, frame: &Frame<'_>) -> Columns {
    let mut kept: Vec<usize> = sheet.stub.iter().chain(&sheet.heading).copied().collect();
    kept.sort_unstable();
    let role = |at: usize| sheet.cube.variables.get(at).map(|variable| variable.role);
    let (contents, keys): (Vec<usize>, Vec<usize>) =
        kept.into_iter().partition(|at| role(*at) == Some(Role::Metric));
    let mut starts = Vec::new();
    let mut codes: Vec<Vec<usize>> = vec![Vec::new(); keys.len()];
    sheet.each(&keys, &mut |at, start| {
        starts.push(start);
        codes.iter_mut().zip(at).for_each(|(column, at)| column.push(*at));
    });
    let mut columns = Columns::default();
    for (&variable, positions) in keys.iter().zip(&codes) {
        let names = sheet.names(variable, Naming::Codes);
        let name = |at: &usize| names.get(*at).map(String::as_str);
        let array: StringArray = positions.iter().map(name).collect();
        let label = sheet.label(variable, Naming::Texts);
        columns.push(label, DataType::Utf8, false, Arc::new(array));
        if role(variable) == Some(Role::Time) {
            let moments: Vec<i64> = names.iter().map(|year| moment(year)).collect();
            let moment = |at: &usize| moments.get(*at).copied().unwrap_or_default();
            let array: TimestampMillisecondArray =
                positions.iter().map(moment).collect::<Vec<_>>().into();
            let kind = DataType::Timestamp(TimeUnit::Millisecond, None);
            columns.push("timestamp", kind, false, Arc::new(array));
        }
    }
    let mut offsets = Vec::new();
    sheet.each(&contents, &mut |_, offset| offsets.push(offset));
    let of_contents = contents.iter().flat_map(|at| sheet.names(*at, Naming::Codes));
    let of_contents = of_contents.map(|code| format!("{CONTENTS}_{code}"));
    let numbers: Vec<String> =
        if contents.is_empty() { vec!["value".to_owned()] } else { of_contents.collect() };
    for (name, offset) in numbers.iter().zip(&offsets) {
        let cells = || starts.iter().map(|start| (start + offset, sheet.cell(start + offset)));
        let value = |(place, cell)| match cell {
            Some(Cell::Shown(value)) => Some(sheet.number(place, value).as_f64()),
            _ => None,
        };
        let values: Float64Array = cells().map(value).collect();
        let signs = cells().map(|(place, cell)| frame.mark(sheet.selected, place, cell));
        let signs: StringArray = signs.collect();
        columns.push(name, DataType::Float64, true, Arc::new(values));
        columns.push(&format!("{name}_symbol"), DataType::Utf8, true, Arc::new(signs));
    }
    columns
}

/// The first moment of a year, in milliseconds.
fn moment(year: &str) -> i64 {
    let first =
        year.parse().ok().and_then(|year| Utc.with_ymd_and_hms(year, 1, 1, 0, 0, 0).single());
    first.map_or(0, |first| first.timestamp_millis())
}

#[cfg(test)]
mod tests;
