//! The closed grammar of row filters, and the rows a permission gives.

use crate::Error;
use arrow::datatypes::{DataType, Schema};
use chrono::NaiveDate;
use datafusion::{
    common::{Column, ScalarValue},
    logical_expr::{Expr, lit},
};
use hjemmel_disclosure::rows::{CONTENT, ROLE};
use hjemmel_policy::Population;
use std::collections::BTreeSet;

/// One condition on a column; a record must meet all that are given. Bounds are included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filter {
    /// The code is one of these.
    Codes {
        /// The column.
        column: String,
        /// The codes.
        codes: Vec<String>,
    },
    /// The number lies between.
    Integers {
        /// The column.
        column: String,
        /// The lowest.
        from: Option<i64>,
        /// The highest.
        to: Option<i64>,
    },
    /// The date lies between.
    Dates {
        /// The column.
        column: String,
        /// The first.
        from: Option<NaiveDate>,
        /// The last.
        to: Option<NaiveDate>,
    },
}

impl Filter {
    /// The column it looks at, which the permission must cover: a filter tells as much as a column does.
    #[must_use]
    pub fn column(&self) -> &str {
        match self {
            Self::Codes { column, .. }
            | Self::Integers { column, .. }
            | Self::Dates { column, .. } => column,
        }
    }

    /// The condition, if the column of that year can be asked so.
    pub(crate) fn expression(&self, schema: &Schema) -> Result<Expr, Error> {
        let name = self.column();
        let field = schema.field_with_name(name);
        let field = field.map_err(|_| Error::column(name, "does not exist that year"))?;
        if field.metadata().get(ROLE).map(String::as_str) != Some(CONTENT) {
            return Err(Error::column(name, "identifies persons and cannot be asked by"));
        }
        match (self, field.data_type()) {
            (Self::Codes { codes, .. }, DataType::Dictionary(_, _) | DataType::Utf8) => {
                Ok(one_of(name, codes.iter().map(String::as_str)))
            }
            (Self::Integers { from, to, .. }, DataType::Int32 | DataType::Int64) => {
                Ok(between(name, from.map(lit), to.map(lit)))
            }
            (Self::Dates { from, to, .. }, DataType::Date32) => {
                let day = |date: NaiveDate| {
                    let days = arrow::datatypes::Date32Type::from_naive_date(date);
                    lit(ScalarValue::Date32(Some(days)))
                };
                Ok(between(name, from.map(day), to.map(day)))
            }
            _ => Err(Error::column(name, "cannot be asked that way")),
        }
    }
}

/// A column by its exact name; `col` would fold its case.
pub(crate) fn column(name: &str) -> Expr {
    Expr::Column(Column::from_name(name))
}

/// The rows of these regions. A municipality covers its bydeler.
pub(crate) fn in_regions(regions: &BTreeSet<String>) -> Expr {
    let (kommuner, bydeler): (Vec<&str>, Vec<&str>) =
        regions.iter().map(String::as_str).partition(|code| code.len() == 4);
    one_of("KOMMUNE_NR", kommuner).or(one_of("REGION", bydeler))
}

/// The rows of a population, if it is not everybody.
pub(crate) fn of_population(population: &Population) -> Option<Expr> {
    match population {
        Population::All => None,
        Population::Regions(regions) => Some(in_regions(regions)),
    }
}

fn one_of<'a>(name: &str, codes: impl IntoIterator<Item = &'a str>) -> Expr {
    let codes: Vec<Expr> = codes.into_iter().map(lit).collect();
    if codes.is_empty() { lit(false) } else { column(name).in_list(codes, false) }
}

fn between(name: &str, from: Option<Expr>, to: Option<Expr>) -> Expr {
    let stated = column(name).is_not_null();
    let from = from.map(|from| column(name).gt_eq(from));
    let to = to.map(|to| column(name).lt_eq(to));
    [from, to].into_iter().flatten().fold(stated, Expr::and)
}
