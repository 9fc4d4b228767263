//! What each person adds to sums by region: to be protected, and for the holders of a permission to exact cells.

use crate::cube::permitted;
use crate::filter::column;
use crate::{EditionRef, Error, Registers, schema::PERSON_NUMBER};
use arrow::array::{AsArray, RecordBatch};
use arrow::compute::cast;
use arrow::datatypes::{DataType, Int64Type, UInt32Type};
use datafusion::logical_expr::Expr;
use futures::StreamExt;
use hjemmel_disclosure::suppress::Amounts;
use hjemmel_disclosure::{Axis, Microcube, Sealed};
use hjemmel_kostra::Table;
use hjemmel_policy::{Grant, Protect, ReadTable};
use std::collections::HashMap;

/// The column regions are told by.
const REGION: &str = "REGION";

impl Registers {
    /// What each person adds to the sums of some tables, of a whole edition, to be protected.
    ///
    /// # Errors
    /// When the edition is not the permitted one or not readable, or lacks a column.
    pub async fn amounts(
        &self,
        grant: Grant<Protect>,
        edition: &EditionRef,
        tables: &[&Table],
    ) -> Result<Sealed<Protect, Vec<Amounts>>, Error> {
        let asked = grant.resource();
        if (asked.form, asked.year) != (edition.form, edition.year) {
            return Err(Error::Mismatch("it is for another form or year"));
        }
        let mut all = Vec::with_capacity(tables.len());
        for table in tables {
            let regions = leaves(table, edition.year);
            let mut amounts = Amounts::new(&table.id, regions.clone());
            self.each(edition, (&regions, &table.sums), Vec::new(), |region, person, amount| {
                amounts.add(region, person, amount);
            })
            .await?;
            all.push(amounts);
        }
        Ok(Sealed::new(grant, all))
    }

    /// The sums of one table by leaf codes of its regions, of those the permission names, one cube for each edition.
    ///
    /// # Errors
    /// As [`Registers::amounts`], and when the table needs a column the permission does not name.
    pub async fn sums(
        &self,
        grant: Grant<ReadTable>,
        editions: Vec<EditionRef>,
        table: &Table,
    ) -> Result<Sealed<ReadTable, Vec<(u16, Microcube)>>, Error> {
        let asked = grant.resource();
        if let Some(column) = table.columns().find(|column| !asked.columns.contains(*column)) {
            return Err(Error::column(column, "is not covered by the permission"));
        }
        let mut cubes = Vec::with_capacity(editions.len());
        for edition in editions {
            let filters = permitted(&grant, &edition)?;
            let year = edition.year;
            let regions = leaves(table, year);
            let mut sums = vec![0_u64; regions.len()];
            let parts = (&regions[..], &table.sums[..]);
            self.each(&edition, parts, filters, |region, _, amount| {
                if let Some(sum) = sums.get_mut(region) {
                    *sum = sum.saturating_add(u64::try_from(amount).unwrap_or(0));
                }
            })
            .await?;
            let codes = vec![(0..).take(regions.len()).collect()];
            let axes = vec![Axis { column: REGION.to_owned(), codes: regions }];
            let cube = Microcube::new(axes, codes, sums, Vec::new());
            cubes.push((year, cube.map_err(|_| Error::Mismatch("the sums do not fit the axes"))?));
        }
        Ok(Sealed::new(grant, cubes))
    }

    /// Tells of every record its region, its person and the sum of some of its columns.
    async fn each(
        &self,
        edition: &EditionRef,
        (regions, sums): (&[String], &[String]),
        filters: Vec<Expr>,
        mut tell: impl FnMut(usize, u32, i64),
    ) -> Result<(), Error> {
        let file = self.opened(edition)?;
        let names = || [REGION, PERSON_NUMBER].into_iter().chain(sums.iter().map(String::as_str));
        if let Some(name) = names().find(|name| file.schema.field_with_name(name).is_err()) {
            return Err(Error::column(name, "does not exist that year"));
        }
        let mut frame = self.engine().in_order(&file).await?;
        for filter in filters {
            frame = frame.filter(filter)?;
        }
        let frame = frame.select(names().map(column).collect::<Vec<_>>())?;
        let started = self.engine().handle().spawn(frame.execute_stream());
        let mut batches =
            started.await.map_err(|_| Error::Mismatch("the query was cut short"))??;
        let places: HashMap<&str, usize> =
            regions.iter().enumerate().map(|(at, code)| (code.as_str(), at)).collect();
        // Who cannot be linked is a person of their own; their numbers come from the other end.
        let mut unlinked = u32::MAX;
        while let Some(batch) = batches.next().await {
            add(&batch?, &places, &mut unlinked, &mut tell)?;
        }
        Ok(())
    }
}

fn add(
    batch: &RecordBatch,
    places: &HashMap<&str, usize>,
    unlinked: &mut u32,
    tell: &mut impl FnMut(usize, u32, i64),
) -> Result<(), Error> {
    let wrong = || Error::Mismatch("a column is not what it was");
    let as_type = |at: usize, kind: &DataType| cast(batch.column(at), kind).map_err(|_| wrong());
    let regions = as_type(0, &DataType::Utf8)?;
    let regions = regions.as_string_opt::<i32>().ok_or_else(wrong)?;
    let persons = as_type(1, &DataType::UInt32)?;
    let persons = persons.as_primitive_opt::<UInt32Type>().ok_or_else(wrong)?;
    let mut amounts = vec![0_i64; batch.num_rows()];
    for at in 2..batch.num_columns() {
        let column = as_type(at, &DataType::Int64)?;
        let column = column.as_primitive_opt::<Int64Type>().ok_or_else(wrong)?;
        for (sum, amount) in amounts.iter_mut().zip(column) {
            *sum = sum.saturating_add(amount.unwrap_or(0).max(0));
        }
    }
    for ((region, person), amount) in regions.iter().zip(persons).zip(amounts) {
        let place = region.and_then(|code| places.get(code));
        let place =
            place.ok_or(Error::column(REGION, "holds a code its code list does not have"))?;
        let person = person.unwrap_or_else(|| {
            *unlinked = unlinked.wrapping_sub(1);
            *unlinked
        });
        tell(*place, person, amount);
    }
    Ok(())
}

/// The leaf codes of a table's regions.
fn leaves(table: &Table, year: u16) -> Vec<String> {
    table.dimensions.first().map_or_else(Vec::new, |region| region.leaves_of(year))
}
