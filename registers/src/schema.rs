//! What an edition's Parquet file looks like inside.
//!
//! The columns of the dataset-year as `kostra` lists them, pseudonyms aside, then three hidden ones:
//! the row's place, the linkable ciphertext of its person, and a number for that person that is small
//! and dense within the edition so that counting distinct persons needs no hashing.

use crate::cipher::PERSON;
use arrow::datatypes::{DataType, Field, Schema};
use hjemmel_disclosure::rows::{CONTENT, IDENTIFIER, ROLE, ROW};
use hjemmel_kostra::columns::{Column, ColumnKind, ColumnRole};
use std::collections::HashMap;

/// The hidden column of dense person numbers.
pub(crate) const PERSON_NUMBER: &str = "_person_no";

/// The longest integer field whose values always fit in 32 bits.
const SHORT_INTEGER: usize = 9;

/// How codes are held in memory.
pub(crate) fn code_type() -> DataType {
    DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8))
}

/// The type of a column; `length` is the width of its field, if it is read from one.
pub(crate) fn data_type(column: &Column, length: Option<usize>) -> DataType {
    match (column.role, column.kind) {
        (ColumnRole::Identifier | ColumnRole::Pseudonym, _) => DataType::Binary,
        (ColumnRole::Content, ColumnKind::Code) => code_type(),
        (ColumnRole::Content, ColumnKind::Text) => DataType::Utf8,
        (ColumnRole::Content, ColumnKind::Date) => DataType::Date32,
        (ColumnRole::Content, ColumnKind::Integer) => {
            if length.is_some_and(|length| length > SHORT_INTEGER) {
                DataType::Int64
            } else {
                DataType::Int32
            }
        }
    }
}

/// A field that carries its role.
pub(crate) fn field(name: &str, data_type: DataType, role: &str) -> Field {
    let metadata = HashMap::from([(ROLE.to_owned(), role.to_owned())]);
    Field::new(name, data_type, name != ROW).with_metadata(metadata)
}

/// The schema readers get, of columns with their types.
pub(crate) fn declared<'a>(columns: impl Iterator<Item = (&'a Column, DataType)>) -> Schema {
    let visible = columns.map(|(column, data_type)| {
        let role = if column.role == ColumnRole::Content { CONTENT } else { IDENTIFIER };
        field(&column.name, data_type, role)
    });
    let hidden = [
        field(ROW, DataType::UInt64, CONTENT),
        field(PERSON, DataType::Binary, "hidden"),
        field(PERSON_NUMBER, DataType::UInt32, "hidden"),
    ];
    Schema::new(visible.chain(hidden).collect::<Vec<_>>())
}

/// The same columns while they are written: codes as plain strings, which Parquet makes a dictionary of.
pub(crate) fn written(declared: &Schema) -> Schema {
    let plain = |field: &std::sync::Arc<Field>| match field.data_type() {
        DataType::Dictionary(_, _) => field.as_ref().clone().with_data_type(DataType::Utf8),
        _ => field.as_ref().clone(),
    };
    Schema::new(declared.fields().iter().map(plain).collect::<Vec<_>>())
}
