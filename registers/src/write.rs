//! One edition's Parquet file.
//!
//! Whoever writes hands columns to a few lanes, threads with a share of the columns each, which encode them
//! while the next ones are made; a row group that is complete in every lane is appended to the file.

mod lanes;

use crate::{EditionRef, Error, cipher::PERSON, schema};
use arrow::{
    array::{ArrayRef, BinaryArray, UInt32Array, cast::AsArray},
    datatypes::{DataType, Schema, SchemaRef},
    error::ArrowError,
    record_batch::RecordBatch,
};
use lanes::Lanes;
use parquet::{
    arrow::{
        ArrowWriter, add_encoded_arrow_schema_to_metadata,
        arrow_writer::{ArrowRowGroupWriterFactory, ArrowWriterOptions},
    },
    basic::{Compression, Encoding},
    errors::ParquetError,
    file::{
        metadata::KeyValue,
        properties::{EnabledStatistics, WriterProperties},
        writer::SerializedFileWriter,
    },
    schema::types::ColumnPath,
};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    hash::{BuildHasherDefault, Hasher},
    io::Write,
    path::Path,
    sync::Arc,
};

/// The key in the file's metadata that names the edition it was written for.
pub(crate) const EDITION: &str = "hjemmel.edition";

/// Few enough that a year of a national form is several groups, which are written while the next is encoded
/// and read by several threads.
pub(crate) const ROW_GROUP_ROWS: usize = 32_768;

/// Writes batches and counts persons on the way.
pub(crate) struct Writer<W: Write + Send> {
    file: SerializedFileWriter<Digesting<W>>,
    groups: ArrowRowGroupWriterFactory,
    lanes: Lanes,
    schema: SchemaRef,
    edition: EditionRef,
    persons: HashMap<u128, u32, BuildHasherDefault<TagHasher>>,
    records: u64,
    /// Row groups begun.
    begun: usize,
    /// Rows of the one under way; none is when there are none.
    rows: usize,
    /// Row groups the lanes were told to end and that are not in the file yet.
    ended: usize,
}

impl<W: Write + Send> Writer<W> {
    /// A writer of columns in the order of the schema readers get, which so many threads encode.
    pub(crate) fn new(
        sink: W,
        edition: &EditionRef,
        declared: &Schema,
        threads: usize,
    ) -> Result<Self, Error> {
        let schema: SchemaRef = Arc::new(schema::written(declared));
        let options = ArrowWriterOptions::new()
            .with_properties(properties(edition, declared))
            .with_skip_arrow_metadata(true);
        let sink = Digesting { sink, digest: Sha256::new() };
        let parquet = ArrowWriter::try_new_with_options(sink, Arc::clone(&schema), options);
        let (file, groups) =
            parquet.and_then(ArrowWriter::into_serialized_writer).map_err(fault)?;
        Ok(Self {
            file,
            groups,
            lanes: Lanes::new(threads, &schema),
            schema,
            edition: edition.clone(),
            persons: HashMap::default(),
            records: 0,
            begun: 0,
            rows: 0,
            ended: 0,
        })
    }

    /// Appends columns; the linkable persons stand last and get their numbers here.
    pub(crate) fn write(&mut self, mut columns: Vec<ArrayRef>) -> Result<(), Error> {
        let persons = columns.last().and_then(|column| column.as_binary_opt::<i32>());
        let persons = persons.ok_or(Error::column(PERSON, "is not where it should be"))?;
        columns.push(Arc::new(self.numbers(&persons.clone())?));
        let batch = RecordBatch::try_new(Arc::clone(&self.schema), columns)
            .map_err(|error| fault(ParquetError::from(error)))?;
        let (_, columns, rows) = batch.into_parts();
        self.records += rows as u64;
        self.append(columns, rows).map_err(fault)
    }

    /// Completes the file: the edition with its digest, records and linkable persons.
    pub(crate) fn finish(mut self) -> Result<(EditionRef, u64, u64), Error> {
        if self.rows > 0 {
            self.end_group().map_err(fault)?;
        }
        self.keep_groups(0).map_err(fault)?;
        let mut sink = self.file.into_inner().map_err(fault)?;
        sink.flush().map_err(Error::io("write", Path::new("the edition")))?;
        let sha256 = Some(sink.digest.finalize().into());
        Ok((EditionRef { sha256, ..self.edition }, self.records, self.persons.len() as u64))
    }

    fn append(&mut self, columns: Vec<ArrayRef>, rows: usize) -> Result<(), ParquetError> {
        if rows == 0 {
            return Ok(());
        }
        if self.rows == 0 {
            self.lanes.begin(self.groups.create_column_writers(self.begun)?)?;
            self.begun += 1;
        }
        self.lanes.write(columns)?;
        self.rows += rows;
        if self.rows >= ROW_GROUP_ROWS {
            self.end_group()?;
            // The lanes are still at this one, so that only those before it are waited for.
            self.keep_groups(1)?;
        }
        Ok(())
    }

    fn end_group(&mut self) -> Result<(), ParquetError> {
        self.lanes.end()?;
        self.rows = 0;
        self.ended += 1;
        Ok(())
    }

    /// Puts row groups into the file until so many are left for later.
    fn keep_groups(&mut self, left: usize) -> Result<(), ParquetError> {
        while self.ended > left {
            let mut group = self.file.next_row_group()?;
            for chunk in self.lanes.chunks()? {
                chunk.append_to_row_group(&mut group)?;
            }
            group.close()?;
            self.ended -= 1;
        }
        Ok(())
    }

    fn numbers(&mut self, persons: &BinaryArray) -> Result<UInt32Array, Error> {
        let number = |ciphertext: Option<&[u8]>| {
            let Some(ciphertext) = ciphertext else { return Ok(None) };
            let tag = ciphertext.get(1..).and_then(<[u8]>::first_chunk::<16>);
            let tag = tag.ok_or(Error::column(PERSON, "is not a ciphertext"))?;
            let next = u32::try_from(self.persons.len());
            let next = next.map_err(|_| Error::column(PERSON, "has more persons than numbers"))?;
            Ok(Some(*self.persons.entry(u128::from_le_bytes(*tag)).or_insert(next)))
        };
        persons.iter().map(number).collect()
    }
}

/// A tag of AES-SIV looks random to whoever lacks the key, so that a part of it is as good as a hash.
#[derive(Default)]
struct TagHasher(u64);

impl Hasher for TagHasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.first_chunk().map_or(0, |first| u64::from_le_bytes(*first));
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// How the file is laid out. Ciphertexts neither repeat nor compress. Rows stand as they came, in no order by
/// which a reader could leave out a group, so that least and greatest values would only tell the footer of
/// persons.
fn properties(edition: &EditionRef, declared: &Schema) -> WriterProperties {
    let named = KeyValue::new(EDITION.to_owned(), edition.to_string());
    let mut builder = WriterProperties::builder()
        .set_compression(Compression::SNAPPY)
        .set_statistics_enabled(EnabledStatistics::None)
        .set_key_value_metadata(Some(vec![named]));
    for field in declared.fields() {
        let path = ColumnPath::from(field.name().as_str());
        builder = match field.data_type() {
            DataType::Binary => builder
                .set_column_dictionary_enabled(path.clone(), false)
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
