//! Unit records, for the holder of a permission to read them.

use crate::{
    EditionRef, Error, Filter, Registers,
    cipher::PERSON,
    coarser::Coarser,
    filter::{column, in_regions, of_population},
    opened::Opened,
    schema::{self, PERSON_NUMBER},
};
use arrow::{
    datatypes::{DataType, Field, Schema, SchemaRef},
    record_batch::RecordBatch,
};
use datafusion::{execution::SendableRecordBatchStream, logical_expr::lit};
use futures::{StreamExt, stream};
use hjemmel_disclosure::{
    Interrupted, Rows, Sealed,
    rows::{IDENTIFIER, PSEUDONYM, ROLE, ROW},
};
use hjemmel_kostra::columns;
use hjemmel_policy::{Grant, MicrodataRead, Obligations, ReadMicrodata, Tier};
use std::{collections::BTreeSet, sync::Arc};
use tokio::sync::mpsc;

/// Batches that wait for a slow reader.
const AHEAD: usize = 2;

/// Which of the permitted records.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RowQuery {
    /// Of the permitted columns, these; none means all of them.
    pub columns: Option<BTreeSet<String>>,
    /// Conditions, all of which must hold.
    pub filters: Vec<Filter>,
    /// Only records after this one; the last `_row` of the page before.
    pub after_row: Option<u64>,
    /// At most so many.
    pub limit: Option<u64>,
}

impl Registers {
    /// Records of an edition in the order of the file: the columns and rows the permission gives, and of
    /// those the ones asked for. Nothing else is read from disk.
    ///
    /// # Errors
    /// When the edition is not the permitted one or not readable, or a column cannot be asked for.
    pub async fn microdata(
        &self,
        grant: Grant<ReadMicrodata>,
        edition: &EditionRef,
        query: &RowQuery,
    ) -> Result<Sealed<ReadMicrodata, Rows>, Error> {
        let rows = self.rows(grant.resource(), grant.obligations(), edition, query).await?;
        Ok(Sealed::new(grant, rows))
    }

    /// What is sealed.
    async fn rows(
        &self,
        asked: &MicrodataRead,
        obligations: &Obligations,
        edition: &EditionRef,
        query: &RowQuery,
    ) -> Result<Rows, Error> {
        let (schema, batches) = self.batches(asked, obligations, edition, query).await?;
        let (out, receiver) = mpsc::channel(AHEAD);
        let given = Arc::clone(&schema);
        self.engine().handle().spawn(pump(batches, given, out));
        let stream = stream::unfold(Some(receiver), |receiver| async {
            let mut receiver = receiver?;
            match receiver.recv().await {
                Some(Sent::Batch(batch)) => Some((batch, Some(receiver))),
                Some(Sent::End) => None,
                None => {
                    let cut = Error::Mismatch("the query was cut short");
                    Some((Err(Interrupted::from_fault(cut)), None))
                }
            }
        });
        Ok(Rows::new(schema, stream))
    }

    /// The scan and the schema of what it gives.
    pub(crate) async fn batches(
        &self,
        asked: &MicrodataRead,
        obligations: &Obligations,
        edition: &EditionRef,
        query: &RowQuery,
    ) -> Result<(SchemaRef, SendableRecordBatchStream), Error> {
        let allowed = obligations.years.contains(&edition.year);
        if asked.form != edition.form || asked.year != edition.year || !allowed {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let file = self.opened(edition)?;
        let schema =
            Arc::new(shown(&file, query.columns.as_ref().or(asked.columns.as_ref()), obligations)?);
        let coarser = Coarser::of(&schema, &obligations.coarser)?;
        let mut frame = self.engine().in_order(&file).await?;
        if let Some(population) = of_population(&obligations.population) {
            frame = frame.filter(population)?;
        }
        if let Some(regions) = &asked.regions {
            frame = frame.filter(in_regions(regions))?;
        }
        for filter in &query.filters {
            if !obligations.columns.contains(filter.column()) {
                return Err(Error::column(filter.column(), "is not covered by the permission"));
            }
            // By asking again and again with other bounds one would learn it as it was reported.
            if obligations.coarser.contains_key(filter.column()) {
                return Err(Error::column(
                    filter.column(),
                    "is given coarser and cannot be asked by",
                ));
            }
            frame = frame.filter(filter.expression(&file.schema)?)?;
        }
        if let Some(row) = query.after_row {
            frame = frame.filter(column(ROW).gt(lit(row)))?;
        }
        if let Some(limit) = query.limit {
            frame = frame.limit(0, Some(usize::try_from(limit).unwrap_or(usize::MAX)))?;
        }
        let stored = schema.fields().iter().map(|field| {
            let is_pseudonym = field.name() == columns::PSEUDONYM;
            column(if is_pseudonym { PERSON } else { field.name() })
        });
        let frame = frame.select(stored.collect::<Vec<_>>())?;
        // Planning reads the footer, which the engine's own threads do.
        let started = self.engine().handle().spawn(frame.execute_stream());
        let batches = started.await.map_err(|_| Error::Mismatch("the query was cut short"))??;
        Ok((schema, coarser.all(batches)))
    }
}

/// The columns that may be shown and are asked for, in the order of the file.
fn shown(
    file: &Opened,
    asked: Option<&BTreeSet<String>>,
    obligations: &Obligations,
) -> Result<Schema, Error> {
    let pseudonym = schema::field(columns::PSEUDONYM, DataType::Binary, PSEUDONYM);
    let has_persons = file.schema.field_with_name("NUMMERTYPE").is_ok();
    let hidden = [ROW, PERSON, PERSON_NUMBER];
    let stored = file.schema.fields().iter().map(|field| field.as_ref().clone());
    let visible = stored.filter(|field| !hidden.contains(&field.name().as_str()));
    let existing: Vec<Field> = visible.chain(has_persons.then_some(pseudonym)).collect();
    for name in asked.into_iter().flatten() {
        if !obligations.columns.contains(name) {
            return Err(Error::column(name, "is not covered by the permission"));
        }
        if !existing.iter().any(|field| field.name() == name) {
            return Err(Error::column(name, "does not exist that year"));
        }
    }
    let mut fields = vec![schema::field(ROW, DataType::UInt64, "content")];
    for field in existing {
        let wanted = asked.is_none_or(|names| names.contains(field.name()));
        if !wanted || !obligations.columns.contains(field.name()) {
            continue;
        }
        let least = match field.metadata().get(ROLE).map(String::as_str) {
            Some(IDENTIFIER) => Tier::Identified,
            _ => Tier::Pseudonymised,
        };
        if obligations.tier < least {
            return Err(Error::column(field.name(), "is more than the permission's tier reveals"));
        }
        fields.push(field);
    }
    Ok(Schema::new(fields))
}

/// Reads ahead on the engine's threads, and stops when nobody listens.
async fn pump(mut batches: SendableRecordBatchStream, schema: SchemaRef, out: mpsc::Sender<Sent>) {
    while let Some(batch) = batches.next().await {
        let batch = batch.map_err(Interrupted::from_fault).and_then(|batch| {
            let columns = batch.columns().to_vec();
            RecordBatch::try_new(Arc::clone(&schema), columns).map_err(Interrupted::from_fault)
        });
        let stop = batch.is_err();
        if out.send(Sent::Batch(batch)).await.is_err() || stop {
            return;
        }
    }
    // A reader that has gone away needs no end.
    let _ = out.send(Sent::End).await;
}

/// What goes through the channel: a task that dies sends no end, and its reader sees a cut, not a shorter answer.
enum Sent {
    Batch(Result<RecordBatch, Interrupted>),
    End,
}

#[cfg(test)]
mod tests;
