//! Unit records out of the seal, under a grant of tier pseudonymised or higher.

use crate::entitled::{EntitledError, basis};
use crate::rows::{CONTENT, IDENTIFIER, PSEUDONYM, ROLE, ROW};
use crate::{Identities, Protection, Release, Rows, Sealed};
use arrow::array::{Array, ArrayRef, AsArray, StringBuilder};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, UInt64Type};
use arrow::record_batch::RecordBatch;
use futures::stream::{BoxStream, StreamExt};
use hjemmel_policy::{Obligations, ReadMicrodata, Tier};
use std::collections::HashMap;
use std::sync::Arc;

/// Some consecutive records, ready to leave.
pub struct Page {
    /// The records.
    pub batch: RecordBatch,
    /// The place of the last one in its edition, which a cursor can point at.
    pub last_row: Option<u64>,
}

/// Records on their way out, in the order of the edition.
pub struct Records {
    schema: SchemaRef,
    pages: BoxStream<'static, Result<Page, EntitledError>>,
}

impl Records {
    /// The columns.
    #[must_use]
    pub const fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    /// The records.
    #[must_use]
    pub fn into_pages(self) -> BoxStream<'static, Result<Page, EntitledError>> {
        self.pages
    }
}

#[derive(Clone, Copy)]
enum Treatment {
    Place,
    Pass,
    Reveal,
    Pseudonym,
}

/// Opens the records for the recipient of a grant.
///
/// # Guarantee
/// Only columns of the grant leave; direct identifiers only at tier identified; pseudonyms are made under
/// the grant's own namespace, so that two recipients' rows cannot be joined on them. An interrupted read
/// ends in an error, never in a shorter answer.
///
/// # Errors
/// When the tier is too low, or a column is outside the grant or of no known role.
pub fn records(
    sealed: Sealed<ReadMicrodata, Rows>,
    identities: Arc<dyn Identities>,
) -> Result<Release<Records>, EntitledError> {
    let (grant, rows) = sealed.open();
    let obligations = grant.obligations().clone();
    if obligations.tier < Tier::Pseudonymised {
        return Err(EntitledError::Tier);
    }
    let basis = basis(&grant);
    let mut treatments = Vec::new();
    let mut fields = Vec::new();
    for field in rows.schema().fields() {
        let treatment = treatment(field, &obligations)?;
        match treatment {
            Treatment::Place => {}
            Treatment::Pass => {
                fields.push(Arc::new(field.as_ref().clone().with_metadata(HashMap::new())));
            }
            Treatment::Reveal | Treatment::Pseudonym => {
                fields.push(Arc::new(Field::new(field.name(), DataType::Utf8, true)));
            }
        }
        treatments.push(treatment);
    }
    let schema: SchemaRef = Arc::new(Schema::new(fields));
    let out = schema.clone();
    let pages = rows
        .into_batches()
        .map(move |batch| {
            let batch = batch.map_err(|error| EntitledError::Records(error.to_string()))?;
            open_batch(&batch, &treatments, &out, &obligations, identities.as_ref())
        })
        .boxed();
    Ok(Release::new(Records { schema, pages }, Protection::Exact, Some(basis)))
}

fn treatment(field: &Field, obligations: &Obligations) -> Result<Treatment, EntitledError> {
    if field.name() == ROW {
        return Ok(Treatment::Place);
    }
    let outside = || EntitledError::Outside(field.name().clone());
    if !obligations.columns.contains(field.name()) {
        return Err(outside());
    }
    match field.metadata().get(ROLE).map(String::as_str) {
        Some(CONTENT) => Ok(Treatment::Pass),
        Some(PSEUDONYM) => Ok(Treatment::Pseudonym),
        Some(IDENTIFIER) if obligations.tier >= Tier::Identified => Ok(Treatment::Reveal),
        _ => Err(outside()),
    }
}

fn open_batch(
    batch: &RecordBatch,
    treatments: &[Treatment],
    schema: &SchemaRef,
    obligations: &Obligations,
    identities: &dyn Identities,
) -> Result<Page, EntitledError> {
    let mut columns: Vec<ArrayRef> = Vec::with_capacity(treatments.len());
    let mut last_row = None;
    let names = batch.schema_ref().fields();
    for ((column, treatment), field) in batch.columns().iter().zip(treatments).zip(names) {
        match treatment {
            Treatment::Place => {
                last_row = column
                    .as_primitive_opt::<UInt64Type>()
                    .and_then(|rows| rows.values().last().copied());
            }
            Treatment::Pass => columns.push(column.clone()),
            Treatment::Reveal => {
                columns.push(each(column, |bytes| identities.reveal(field.name(), bytes))?);
            }
            Treatment::Pseudonym => {
                let namespace = &obligations.pseudonym_namespace;
                columns.push(each(column, |bytes| identities.pseudonym(namespace, bytes))?);
            }
        }
    }
    let batch = RecordBatch::try_new(schema.clone(), columns)
        .map_err(|error| EntitledError::Records(error.to_string()))?;
    Ok(Page { batch, last_row })
}

fn each(
    column: &ArrayRef,
    mut open: impl FnMut(&[u8]) -> Result<String, crate::NotOurs>,
) -> Result<ArrayRef, EntitledError> {
    let values = column
        .as_binary_opt::<i32>()
        .ok_or_else(|| EntitledError::Records("an identifier column is not binary".to_owned()))?;
    let mut opened = StringBuilder::with_capacity(values.len(), values.len() * 26);
    for value in values {
        match value {
            Some(bytes) => opened.append_value(open(bytes)?),
            None => opened.append_null(),
        }
    }
    Ok(Arc::new(opened.finish()))
}

#[cfg(test)]
mod tests;
