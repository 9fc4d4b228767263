//! Numbers and dates made coarser before they leave, where a grant gives them in bands or as a flag.
//!
//! A column keeps its type: a number leaves as the lowest of its band, a date as the first of its month, and a flag as 1
//! or 0. What is not stated stays so.

use crate::Error;
use arrow::{
    array::{Array, ArrayRef, AsArray, PrimitiveArray},
    datatypes::{
        ArrowPrimitiveType, DataType, Date32Type, Int32Type, Int64Type, Schema, SchemaRef,
    },
    error::ArrowError,
    record_batch::RecordBatch,
};
use chrono::Datelike;
use datafusion::{
    common::DataFusionError, execution::SendableRecordBatchStream,
    physical_plan::stream::RecordBatchStreamAdapter,
};
use futures::StreamExt;
use hjemmel_kostra::bands;
use hjemmel_policy::Precision;
use std::{collections::BTreeMap, sync::Arc};

/// What is done to one column.
#[derive(Debug, Clone, Copy)]
enum Way {
    Bands { width: u32 },
    Months,
    Flag,
}

/// What is done to the columns of a batch, by their places.
pub(crate) struct Coarser(Vec<(usize, Way)>);

impl Coarser {
    /// # Errors
    /// When a column cannot be given so: then nothing of it is read.
    pub(crate) fn of(
        schema: &Schema,
        columns: &BTreeMap<String, Precision>,
    ) -> Result<Self, Error> {
        let shown = columns
            .iter()
            .filter_map(|(name, how)| Some((schema.index_of(name).ok()?, name, *how)));
        let ways = shown.map(|(at, name, how)| {
            let way = match (how, schema.field(at).data_type()) {
                (Precision::Flag, DataType::Int32 | DataType::Int64) => Some(Way::Flag),
                (Precision::Banded, DataType::Int32 | DataType::Int64) => {
                    bands::width(name).map(|width| Way::Bands { width })
                }
                (Precision::Banded, DataType::Date32) => Some(Way::Months),
                _ => None,
            };
            let way =
                way.ok_or_else(|| Error::column(name, "cannot be given as coarse as that"))?;
            Ok((at, way))
        });
        Ok(Self(ways.collect::<Result<_, Error>>()?))
    }

    /// The same batches, coarser.
    pub(crate) fn all(self, batches: SendableRecordBatchStream) -> SendableRecordBatchStream {
        if self.0.is_empty() {
            return batches;
        }
        let schema = batches.schema();
        let made = batches.map(move |batch| self.batch(&batch?));
        Box::pin(RecordBatchStreamAdapter::new(schema, made))
    }

    fn batch(&self, batch: &RecordBatch) -> Result<RecordBatch, DataFusionError> {
        let schema: SchemaRef = batch.schema();
        let mut columns = batch.columns().to_vec();
        for (at, way) in &self.0 {
            let column = columns.get_mut(*at).ok_or_else(unknown)?;
            *column = made(column, *way).ok_or_else(unknown)?;
        }
        Ok(RecordBatch::try_new(schema, columns)?)
    }
}

fn unknown() -> DataFusionError {
    ArrowError::SchemaError("a column cannot be made coarser".to_owned()).into()
}

fn made(column: &ArrayRef, way: Way) -> Option<ArrayRef> {
    match column.data_type() {
        DataType::Int32 => number::<Int32Type>(column.as_primitive_opt()?, way),
        DataType::Int64 => number::<Int64Type>(column.as_primitive_opt()?, way),
        DataType::Date32 => month(column.as_primitive_opt()?, way),
        _ => None,
    }
}

fn number<T>(column: &PrimitiveArray<T>, way: Way) -> Option<ArrayRef>
where
    T: ArrowPrimitiveType<Native: Into<i64> + TryFrom<i64>>,
{
    let value = |number: i64| match way {
        Way::Bands { width } => Some(bands::lowest(number, width)),
        Way::Flag => Some(i64::from(number > 0)),
        Way::Months => None,
    };
    let each = column.iter().map(|number| match number {
        None => Some(None),
        Some(number) => {
            value(number.into()).and_then(|made| T::Native::try_from(made).ok()).map(Some)
        }
    });
    let made: Vec<Option<T::Native>> = each.collect::<Option<_>>()?;
    Some(Arc::new(made.into_iter().collect::<PrimitiveArray<T>>()))
}

fn month(column: &PrimitiveArray<Date32Type>, way: Way) -> Option<ArrayRef> {
    let Way::Months = way else { return None };
    let each = column.iter().map(|days| match days {
        None => Some(None),
        Some(days) => {
            let first = Date32Type::to_naive_date_opt(days)?.with_day(1)?;
            Some(Some(Date32Type::from_naive_date(first)))
        }
    });
    let made: Vec<Option<i32>> = each.collect::<Option<_>>()?;
    Some(Arc::new(made.into_iter().collect::<PrimitiveArray<Date32Type>>()))
}
