//! A file of cells that were published, read without knowing which tables they are of.

use std::collections::BTreeSet;
use std::path::Path;

use csv::StringRecord;

use super::amount;
use super::error::{Error, LineFault, unknown};

/// Cells as they were published.
pub(super) struct Published {
    /// The code columns, of those that were looked for.
    pub(super) columns: Vec<String>,
    /// The cells.
    pub(super) rows: Vec<Row>,
}

/// One cell.
pub(super) struct Row {
    /// Its line in the file.
    pub(super) line: u64,
    /// Its code in every column of the file.
    pub(super) codes: Vec<String>,
    /// Digits and decimals of what was shown; none where it was withheld.
    pub(super) shown: Option<(i64, u32)>,
}

impl Published {
    /// Reads a file; `known` are the columns a code can stand in.
    ///
    /// # Errors
    /// When there is no `value` column or a line cannot be understood.
    pub(super) fn read(path: &Path, known: &[String]) -> Result<Self, Error> {
        let mut reader = csv::Reader::from_path(path)?;
        let header = reader.headers()?.clone();
        let place = |name: &str| header.iter().position(|column| column == name);
        let columns: Vec<(String, usize)> =
            known.iter().filter_map(|name| Some((name.clone(), place(name)?))).collect();
        let value = place("value")
            .ok_or_else(|| unknown("cells header", "column", "value", header.iter()))?;
        let suppressed = place("suppressed");
        let mut rows = Vec::new();
        for (record, line) in reader.records().zip(2..) {
            let record = record?;
            let shown = shown(&record, value, suppressed).map_err(|fault| Error::Line {
                file: "cells",
                line,
                fault,
            })?;
            let code = |at: usize| record.get(at).unwrap_or_default().to_owned();
            rows.push(Row { line, codes: columns.iter().map(|c| code(c.1)).collect(), shown });
        }
        Ok(Self { columns: columns.into_iter().map(|column| column.0).collect(), rows })
    }

    /// The margins the cells are of.
    pub(super) fn margins(&self, total: &str) -> BTreeSet<BTreeSet<String>> {
        let margin = |row: &Row| {
            let broken = self.columns.iter().zip(&row.codes).filter(|(_, code)| *code != total);
            broken.map(|(column, _)| column.clone()).collect()
        };
        self.rows.iter().map(margin).collect()
    }

    /// A row's code in each of these columns; none when it is broken down by a further one.
    pub(super) fn label<'a>(
        &self,
        row: &'a Row,
        columns: &[String],
        total: &'a str,
    ) -> Option<Vec<&'a str>> {
        let own = self.columns.iter().zip(&row.codes);
        if own.clone().any(|(column, code)| code != total && !columns.contains(column)) {
            return None;
        }
        let code = |wanted: &String| {
            own.clone().find(|(column, _)| *column == wanted).map_or(total, |(_, code)| code)
        };
        Some(columns.iter().map(code).collect())
    }
}

fn shown(
    record: &StringRecord,
    value: usize,
    suppressed: Option<usize>,
) -> Result<Option<(i64, u32)>, LineFault> {
    let text = record.get(value).unwrap_or_default();
    let withheld = match suppressed.and_then(|at| record.get(at)) {
        Some("1") => true,
        Some("0") => false,
        Some(_) => return Err(LineFault::Flag("suppressed")),
        None => text.is_empty(),
    };
    if withheld {
        return Ok(None);
    }
    let number = amount::parse(text);
    let wrong = || LineFault::Number("value".to_owned(), text.to_owned(), "decimal number");
    number.map(Some).ok_or_else(wrong)
}
