//! One edition's Parquet file.

use crate::{EditionRef, Error, cipher::PERSON, schema};
use arrow::{
    array::{ArrayRef, BinaryArray, UInt32Array, cast::AsArray},
    datatypes::{DataType, Schema, SchemaRef},
    error::ArrowError,
    record_batch::RecordBatch,
};
use parquet::{
    arrow::{ArrowWriter, add_encoded_arrow_schema_to_metadata, arrow_writer::ArrowWriterOptions},
    basic::{Compression, Encoding},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
    },
    schema::types::ColumnPath,
};
use sha2::{Digest, Sha256};
use std::{collections::HashMap, io::Write, path::Path, sync::Arc};

/// The key in the file's metadata that names the edition it was written for.
pub(crate) const EDITION: &str = "hjemmel.edition";

/// Few enough that a year of a national form is several groups, which are written while the next is encoded
/// and read by several threads.
const ROW_GROUP_ROWS: usize = 32_768;

/// Writes batches and counts persons on the way.
pub(crate) struct Writer<W: Write + Send> {
    parquet: ArrowWriter<Digesting<W>>,
    schema: SchemaRef,
    edition: EditionRef,
    persons: HashMap<[u8; 16], u32>,
    records: u64,
}

impl<W: Write + Send> Writer<W> {
    /// A writer of columns in the order of the schema readers get.
    pub(crate) fn new(sink: W, edition: &EditionRef, declared: &Schema) -> Result<Self, Error> {
        let schema: SchemaRef = Arc::new(schema::written(declared));
        let options = ArrowWriterOptions::new()
            .with_properties(properties(edition, declared))
            .with_skip_arrow_metadata(true);
        let sink = Digesting { sink, digest: Sha256::new() };
        let parquet = ArrowWriter::try_new_with_options(sink, Arc::clone(&schema), options);
        Ok(Self {
            parquet: parquet.map_err(fault)?,
            schema,
            edition: edition.clone(),
            persons: HashMap::new(),
            records: 0,
        })
    }

    /// Appends columns; the linkable persons stand last and get their numbers here.
    pub(crate) fn write(&mut self, mut columns: Vec<ArrayRef>) -> Result<(), Error> {
        let persons = columns.last().and_then(|column| column.as_binary_opt::<i32>());
        let persons = persons.ok_or(Error::column(PERSON, "is not where it should be"))?;
        columns.push(Arc::new(self.numbers(&persons.clone())?));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| fault(ParquetError::from(error)))?;
        self.records += batch.num_rows() as u64;
        self.parquet.write(&batch).map_err(fault)
    }

    /// Completes the file: the edition with its digest, records and linkable persons.
    pub(crate) fn finish(self) -> Result<(EditionRef, u64, u64), Error> {
        let mut sink = self.parquet.into_inner().map_err(fault)?;
        sink.flush().map_err(Error::io("write", Path::new("the edition")))?;
        let sha256 = Some(sink.digest.finalize().into());
        Ok((EditionRef { sha256, ..self.edition }, self.records, self.persons.len() as u64))
    }

    fn numbers(&mut self, persons: &BinaryArray) -> Result<UInt32Array, Error> {
        let number = |ciphertext: Option<&[u8]>| {
            let Some(ciphertext) = ciphertext else { return Ok(None) };
            let tag = ciphertext.get(1..).and_then(<[u8]>::first_chunk::<16>);
            let tag = tag.ok_or(Error::column(PERSON, "is not a ciphertext"))?;
            let next = u32::try_from(self.persons.len());
            let next = next.map_err(|_| Error::column(PERSON, "has more persons than numbers"))?;
            Ok(Some(*self.persons.entry(*tag).or_insert(next)))
        };
        persons.iter().map(number).collect()
    }
}

/// How the file is laid out. Ciphertexts neither repeat nor compress, and their statistics would be
/// ciphertexts in the footer.
fn properties(edition: &EditionRef, declared: &Schema) -> WriterProperties {
    let named = KeyValue::new(EDITION.to_owned(), edition.to_string());
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_max_row_group_row_count(Some(ROW_GROUP_ROWS))
        .set_statistics_enabled(EnabledStatistics::Chunk)
        .set_key_value_metadata(Some(vec![named]));
    for field in declared.fields() {
        let path = ColumnPath::from(field.name().as_str());
        builder = match field.data_type() {
            DataType::Binary => builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::None)
                .set_column_compression(path, Compression::UNCOMPRESSED),
            // A page of records begins after a row: whole pages before it are passed over.
            DataType::UInt32 | DataType::UInt64 => builder
                .set_column_dictionary_enabled(path.clone(), false)
                .set_column_statistics_enabled(path.clone(), EnabledStatistics::Page)
                .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED),
            _ => builder,
        };
    }
    let mut properties = builder.build();
    add_encoded_arrow_schema_to_metadata(declared, &mut properties);
    properties
}

/// A fault while writing, told as one of the file system where it is one.
fn fault(error: ParquetError) -> Error {
    let path = Path::new("the edition");
    match error {
        ParquetError::External(inner) => match inner.downcast::<std::io::Error>() {
            Ok(error) => Error::io("write", path)(*error),
            Err(other) => Error::Engine(Box::new(ParquetError::External(other).into())),
        },
        ParquetError::ArrowError(text) => {
            Error::Engine(Box::new(ArrowError::ParquetError(text).into()))
        }
        other => Error::Engine(Box::new(other.into())),
    }
}

/// Digests what passes.
struct Digesting<W> {
    sink: W,
    digest: Sha256,
}

impl<W: Write> Write for Digesting<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.sink.write(bytes)?;
        self.digest.update(bytes.get(..written).unwrap_or_default());
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.sink.flush()
    }
}
