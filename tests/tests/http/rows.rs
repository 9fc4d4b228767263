//! Records in any of the formats, as the same rows of text.

use crate::answer::Answer;
use arrow::array::RecordBatch;
use arrow::ipc::reader::StreamReader;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

/// Column names and rows.
#[derive(Debug, PartialEq, Eq)]
pub struct Rows {
    /// The columns, in order.
    pub columns: Vec<String>,
    /// The rows, in order; nothing for a null.
    pub rows: Vec<Vec<String>>,
}

impl Rows {
    /// Reads CSV.
    pub fn csv(answer: &Answer) -> Self {
        let mut reader = csv::Reader::from_reader(answer.body.as_slice());
        let row = |record: &csv::StringRecord| record.iter().map(ToOwned::to_owned).collect();
        Self {
            columns: row(reader.headers().unwrap()),
            rows: reader.records().map(|record| row(&record.unwrap())).collect(),
        }
    }

    /// Reads Parquet.
    pub fn parquet(body: &[u8]) -> Self {
        let bytes = bytes::Bytes::copy_from_slice(body);
        let reader = ParquetRecordBatchReaderBuilder::try_new(bytes).unwrap().build().unwrap();
        Self::batches(&reader.map(Result::unwrap).collect::<Vec<_>>())
    }

    /// Reads an Arrow stream.
    pub fn arrow(answer: &Answer) -> Self {
        let reader = StreamReader::try_new(answer.body.as_slice(), None).unwrap();
        Self::batches(&reader.map(Result::unwrap).collect::<Vec<_>>())
    }

    fn batches(batches: &[RecordBatch]) -> Self {
        let names = |batch: &RecordBatch| {
            batch.schema().fields().iter().map(|field| field.name().clone()).collect()
        };
        let options = FormatOptions::default();
        let mut rows = Vec::new();
        for batch in batches {
            let columns: Vec<_> = batch
                .columns()
                .iter()
                .map(|column| ArrayFormatter::try_new(column, &options).unwrap())
                .collect();
            rows.extend((0..batch.num_rows()).map(|at| {
                columns.iter().map(|column| column.value(at).to_string()).collect::<Vec<_>>()
            }));
        }
        Self { columns: batches.first().map(names).unwrap_or_default(), rows }
    }

    /// The values of one column.
    pub fn column(&self, name: &str) -> Vec<&str> {
        let at = self.columns.iter().position(|column| column == name).unwrap();
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }
}
