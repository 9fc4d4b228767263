//! What each person received of each municipality, to be set against accounts.

use crate::{EditionRef, Error, Registers, filter::column, schema::PERSON_NUMBER};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, UInt32Type};
use hjemmel_disclosure::{Sealed, suppress::Payments};
use hjemmel_kostra::Form;
use hjemmel_policy::{Grant, Protect};

/// The columns that are added up.
const AMOUNTS: [&str; 2] = ["BIDRAG", "LAAN"];

impl Registers {
    /// Grants and loans of form 11 by municipality and person.
    ///
    /// # Errors
    /// When the edition is not the permitted one, is of another form, has no amounts, or cannot be read.
    pub async fn payments(
        &self,
        grant: Grant<Protect>,
        edition: &EditionRef,
    ) -> Result<Sealed<Protect, Payments>, Error> {
        let asked = grant.resource();
        let is_asked = (asked.form, asked.year) == (edition.form, edition.year);
        if !is_asked || edition.form != Form::F11 {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let file = self.opened(edition)?;
        let lacking = AMOUNTS.into_iter().find(|name| file.schema.field_with_name(name).is_err());
        if let Some(name) = lacking {
            return Err(Error::column(name, "does not exist that year"));
        }
        let names = ["KOMMUNE_NR"].into_iter().chain(AMOUNTS).chain([PERSON_NUMBER]);
        let frame = self.engine().in_order(&file).await?;
        let frame = frame.select(names.map(column).collect::<Vec<_>>())?;
        let read = self.engine().handle().spawn(frame.collect()).await;
        let batches = read.map_err(|_| Error::Mismatch("the query was cut short"))??;
        let mut payments = Payments::default();
        // Who cannot be linked is a person of their own; their numbers come from the other end.
        let mut unlinked = u32::MAX;
        for batch in &batches {
            add(&mut payments, batch, &mut unlinked)?;
        }
        Ok(Sealed::new(grant, payments))
    }
}

fn add(payments: &mut Payments, batch: &RecordBatch, unlinked: &mut u32) -> Result<(), Error> {
    let as_type = |at: usize, kind: &DataType| {
        cast(batch.column(at), kind).map_err(|_| Error::Mismatch("a column is not what it was"))
    };
    let kommuner = as_type(0, &DataType::Utf8)?;
    let (grants, loans) = (as_type(1, &DataType::Int64)?, as_type(2, &DataType::Int64)?);
    let persons = as_type(3, &DataType::UInt32)?;
    let wrong = || Error::Mismatch("a column is not what it was");
    let kommuner = kommuner.as_string_opt::<i32>().ok_or_else(wrong)?;
    let grants = grants.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
    let loans = loans.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
    let persons = persons.as_primitive_opt::<UInt32Type>().ok_or_else(wrong)?;
    for (((kommune, grant), loan), person) in kommuner.iter().zip(grants).zip(loans).zip(persons) {
        let kroner = grant.unwrap_or(0).saturating_add(loan.unwrap_or(0));
        let person = person.unwrap_or_else(|| {
            *unlinked = unlinked.wrapping_sub(1);
            *unlinked
        });
        payments.add(kommune.unwrap_or_default(), person, kroner);
    }
    Ok(())
}
