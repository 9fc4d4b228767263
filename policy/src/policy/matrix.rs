//! Who can see what: every recipient, form, year, column and tier there is, worked out and not sampled.
//!
//! The domain is finite, since a column a form does not have cannot be given. A row says that one grant gives
//! a recipient a set of columns of a form and year at a tier; [`Matrix::cells`] lays the rows out a column at
//! a time and [`Matrix::shifts`] compares two pictures cell by cell.

use super::Held;
use crate::rules::Use;
use crate::{Action, OrganisationNumber, Policy, Population, ReadMicrodata, ReadTable, Tier};
use chrono::{DateTime, Utc};
use hjemmel_kostra::Form;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What one grant gives one recipient of one form and year at one tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The recipient.
    pub recipient: OrganisationNumber,
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// How exact.
    pub tier: Tier,
    /// Which columns.
    pub columns: Arc<BTreeSet<String>>,
    /// Which rows.
    pub population: Population,
    /// Under which grant.
    pub grant: String,
    /// Its version.
    pub version: u32,
}

/// One thing that can be seen.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Cell {
    /// The recipient.
    pub recipient: OrganisationNumber,
    /// The form.
    pub form: Form,
    /// How exact.
    pub tier: Tier,
    /// The column.
    pub column: String,
    /// The reporting year.
    pub year: u16,
}

/// Something that can be seen before and after, and of which regions; none where it cannot be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Shift {
    /// The recipient.
    pub recipient: OrganisationNumber,
    /// The form.
    pub form: Form,
    /// How exact.
    pub tier: Tier,
    /// The columns this is true of.
    pub columns: BTreeSet<String>,
    /// The years this is true of.
    pub years: BTreeSet<u16>,
    /// Before.
    pub before: Option<Population>,
    /// After.
    pub after: Option<Population>,
}

/// The whole picture of one moment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Matrix {
    rows: Vec<Row>,
}

impl Policy {
    /// Everything that every recipient can see at this moment, asking with every scope and for the grant's
    /// own purpose.
    #[must_use]
    pub fn matrix(&self, now: DateTime<Utc>) -> Matrix {
        let mut rows: Vec<Row> =
            self.grants.iter().flat_map(|held| self.rows_of(held, now)).collect();
        rows.sort_by(|a, b| key(a).cmp(&key(b)));
        Matrix { rows }
    }

    fn rows_of<'a>(&'a self, held: &'a Held, now: DateTime<Utc>) -> Vec<Row> {
        let terms = &held.terms;
        if !held.is_open(now) {
            return Vec::new();
        }
        let permits = |action, tier| {
            let of = Use {
                role: "organisation",
                product: terms.product,
                action,
                purpose: terms.purpose.class,
                chain: terms.chain,
                tier,
            };
            self.rules.permit(of).unwrap_or(false)
        };
        let mut tiers = Vec::new();
        if terms.tier >= Tier::Exact && permits(ReadTable::NAME, Tier::Exact) {
            tiers.push(Tier::Exact);
        }
        if terms.tier >= Tier::Pseudonymised && permits(ReadMicrodata::NAME, terms.tier) {
            tiers.push(terms.tier);
        }
        held.columns
            .iter()
            .filter(|(_, columns)| !columns.is_empty())
            .flat_map(|(year, columns)| {
                tiers.iter().map(|tier| Row {
                    recipient: terms.recipient.organisation,
                    form: terms.product,
                    year: *year,
                    tier: *tier,
                    columns: Arc::clone(columns),
                    population: held.population.clone(),
                    grant: terms.id.clone(),
                    version: terms.version,
                })
            })
            .collect()
    }
}

type Key<'a> = (OrganisationNumber, Form, u16, Tier, &'a str);

fn key(row: &Row) -> Key<'_> {
    (row.recipient, row.form, row.year, row.tier, &row.grant)
}

impl Matrix {
    /// What each grant gives.
    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The rows of one recipient.
    #[must_use]
    pub fn of(self, recipient: OrganisationNumber) -> Self {
        Self { rows: self.rows.into_iter().filter(|row| row.recipient == recipient).collect() }
    }

    /// Every cell with the regions it can be seen of, by whichever grant.
    #[must_use]
    pub fn cells(&self) -> BTreeMap<Cell, Population> {
        cells(&self.rows)
    }

    /// What differs in another picture, cell by cell, with the columns and years it is the same difference
    /// for gathered.
    #[must_use]
    pub fn shifts(&self, after: &Self) -> Vec<Shift> {
        let (old, new) = (groups(&self.rows), groups(&after.rows));
        let mut gathered: BTreeMap<_, BTreeMap<String, BTreeSet<u16>>> = BTreeMap::new();
        let all: BTreeSet<_> = old.keys().chain(new.keys()).copied().collect();
        for group in all {
            let rows = |side: &BTreeMap<(OrganisationNumber, Form), &[Row]>| {
                side.get(&group).copied().unwrap_or_default().to_vec()
            };
            let (before, after) = (rows(&old), rows(&new));
            // Most recipients are not touched by a change; only those that are need to be laid out.
            if before == after {
                continue;
            }
            let (before, after) = (cells(&before), cells(&after));
            let touched: BTreeSet<&Cell> = before.keys().chain(after.keys()).collect();
            for cell in touched {
                let (was, is) = (before.get(cell), after.get(cell));
                if was != is {
                    let what = (cell.recipient, cell.form, cell.tier, sortable(was), sortable(is));
                    let columns = gathered.entry(what).or_default();
                    columns.entry(cell.column.clone()).or_default().insert(cell.year);
                }
            }
        }
        gathered.into_iter().flat_map(gather).collect()
    }
}

type Regions = Option<Option<BTreeSet<String>>>;
type Gathered =
    ((OrganisationNumber, Form, Tier, Regions, Regions), BTreeMap<String, BTreeSet<u16>>);

/// Columns that differ in the same years in the same way, together.
fn gather(((recipient, form, tier, was, is), columns): Gathered) -> Vec<Shift> {
    let mut by_years: BTreeMap<BTreeSet<u16>, BTreeSet<String>> = BTreeMap::new();
    for (column, years) in columns {
        by_years.entry(years).or_default().insert(column);
    }
    by_years
        .into_iter()
        .map(|(years, columns)| Shift {
            recipient,
            form,
            tier,
            columns,
            years,
            before: was.clone().map(population),
            after: is.clone().map(population),
        })
        .collect()
}

fn sortable(of: Option<&Population>) -> Regions {
    of.map(|population| match population {
        Population::All => None,
        Population::Regions(codes) => Some(codes.clone()),
    })
}

fn population(codes: Option<BTreeSet<String>>) -> Population {
    codes.map_or(Population::All, Population::Regions)
}

fn groups(rows: &[Row]) -> BTreeMap<(OrganisationNumber, Form), &[Row]> {
    let same = |a: &Row, b: &Row| (a.recipient, a.form) == (b.recipient, b.form);
    let parts = rows.chunk_by(same);
    parts.filter_map(|part| part.first().map(|row| ((row.recipient, row.form), part))).collect()
}

fn cells(rows: &[Row]) -> BTreeMap<Cell, Population> {
    let mut cells: BTreeMap<Cell, Population> = BTreeMap::new();
    for row in rows {
        for column in row.columns.iter() {
            let cell = Cell {
                recipient: row.recipient,
                form: row.form,
                tier: row.tier,
                column: column.clone(),
                year: row.year,
            };
            match cells.entry(cell) {
                std::collections::btree_map::Entry::Vacant(place) => {
                    place.insert(row.population.clone());
                }
                std::collections::btree_map::Entry::Occupied(mut place) => {
                    let both = union(place.get(), &row.population);
                    place.insert(both);
                }
            }
        }
    }
    cells
}

fn union(a: &Population, b: &Population) -> Population {
    match (a, b) {
        (Population::Regions(a), Population::Regions(b)) => {
            Population::Regions(a.union(b).cloned().collect())
        }
        _ => Population::All,
    }
}
