//! Statistics Norway's fictitious records of 2016, which have a region and two codes each.

use crate::{EditionRef, Error, Imported, Registers, file::NewFile, schema, write::Writer};
use arrow::array::{ArrayRef, BinaryArray, StringArray, UInt64Array};
use hjemmel_kostra::columns;
use std::sync::Arc;

const BATCH: usize = 8192;

impl Registers {
    /// Imports records that have no more than a region, a main source of income (`VKLO`) and a span of
    /// months (`MNDSPENN`), given in that order.
    ///
    /// # Errors
    /// When the year's columns are others, the edition exists or writing fails; nothing is kept then.
    pub fn import_rows<S: AsRef<str>>(
        &self,
        edition: &EditionRef,
        rows: impl IntoIterator<Item = [S; 3]>,
    ) -> Result<Imported, Error> {
        let columns = columns::columns(edition.form, edition.year);
        let types = columns.iter().map(|column| (column, schema::data_type(column, None)));
        let file = NewFile::create(self.root(), edition)?;
        let mut writer = Writer::new(file.as_file(), edition, &schema::declared(types), 1)?;
        let (mut rows, mut line, mut bytes) = (rows.into_iter(), 0, 0);
        loop {
            let batch: Vec<[S; 3]> = rows.by_ref().take(BATCH).collect();
            if batch.is_empty() {
                break;
            }
            let mut arrays = Vec::with_capacity(columns.len() + 2);
            for column in &columns {
                arrays.push(fill(&column.name, &batch)?);
            }
            let count = batch.len() as u64;
            let values = batch.iter().flatten().map(|value| value.as_ref().len() as u64);
            bytes += values.sum::<u64>();
            arrays.push(Arc::new(UInt64Array::from_iter_values(line + 1..=line + count)));
            arrays.push(Arc::new(BinaryArray::from(vec![None; batch.len()])));
            line += count;
            writer.write(arrays)?;
        }
        let (edition, records, linkable_persons) = writer.finish()?;
        file.keep()?;
        Ok(Imported { edition, records, linkable_persons, bytes })
    }
}

fn fill<S: AsRef<str>>(column: &str, rows: &[[S; 3]]) -> Result<ArrayRef, Error> {
    let value = |row: &[S; 3]| -> Option<String> {
        let [region, income, months] = row.each_ref().map(AsRef::as_ref);
        match column {
            "REGION" => Some(region.to_owned()),
            "KOMMUNE_NR" => region.get(..4).map(str::to_owned),
            "BYDELSNR" => region.get(4..).filter(|rest| !rest.is_empty()).map(str::to_owned),
            "VKLO" => Some(income.to_owned()),
            "MNDSPENN" => Some(months.to_owned()),
            _ => None,
        }
    };
    if !["REGION", "KOMMUNE_NR", "BYDELSNR", "VKLO", "MNDSPENN"].contains(&column) {
        return Err(Error::column(column, "is not given by these records"));
    }
    Ok(Arc::new(rows.iter().map(value).collect::<StringArray>()))
}
