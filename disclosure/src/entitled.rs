//! What leaves exact, under a legal basis: the only way out that changes no number.
//!
//! Every method demands a permission of tier exact or higher and applies what comes with it. The
//! registers have already read only what the grant covers; the limits are applied here once more,
//! because this is the door.

use crate::{Basis, Cell, Microcube, Protection, Release, Sealed, TableCells};
use hjemmel_kostra::{Dimension, Table};
use hjemmel_policy::{Action, Grant, Population, ReadTable, Tier};
use std::collections::{BTreeSet, HashMap};

/// Why nothing was released.
#[derive(Debug, thiserror::Error)]
pub enum EntitledError {
    /// The permission does not reach the tier.
    #[error("the grant's tier does not cover exact data")]
    Tier,
    /// A column or year is outside the permission.
    #[error("`{0}` is outside the grant")]
    Outside(String),
    /// The cube lacks an axis the table needs.
    #[error("the data have no column `{0}`")]
    NoAxis(String),
    /// An identifier does not open.
    #[error(transparent)]
    Identity(#[from] crate::NotOurs),
    /// Reading the records failed midway.
    #[error("reading the records failed: {0}")]
    Records(String),
}

/// The basis a grant's releases are marked with.
pub(crate) fn basis<A: Action>(grant: &Grant<A>) -> Basis {
    let obligations = grant.obligations();
    Basis { grant_id: obligations.grant_id.clone(), grant_version: obligations.grant_version }
}

/// Exact cells of one table for the years of the permission.
///
/// Cells that add up a region outside the permission come as [`Cell::NotCovered`].
///
/// # Guarantee
/// No cell holds a record of a region, year or column outside the grant.
///
/// # Errors
/// When the tier is too low, or a column or year of the table is outside the grant.
pub fn table(
    sealed: Sealed<ReadTable, Vec<(u16, Microcube)>>,
    table: &Table,
) -> Result<Release<Vec<TableCells>>, EntitledError> {
    let (grant, cubes) = sealed.open();
    let obligations = grant.obligations();
    if obligations.tier < Tier::Exact {
        return Err(EntitledError::Tier);
    }
    if let Some(column) = table.columns().find(|column| !obligations.columns.contains(*column)) {
        return Err(EntitledError::Outside(column.to_owned()));
    }
    let mut released = Vec::with_capacity(cubes.len());
    for (year, cube) in cubes {
        if !obligations.years.contains(&year) {
            return Err(EntitledError::Outside(year.to_string()));
        }
        let cells = exact_cells(&cube, table, year, &obligations.population)?;
        released.push(TableCells { table: table.id.clone(), year, cells });
    }
    Ok(Release::new(released, Protection::Exact, Some(basis(&grant))))
}

/// For each value of a dimension: the leaf indices it adds up, or none when it is not covered.
type Members = Vec<Option<Vec<usize>>>;

fn exact_cells(
    cube: &Microcube,
    table: &Table,
    year: u16,
    population: &Population,
) -> Result<Vec<Cell>, EntitledError> {
    let mut members: Vec<Members> = Vec::new();
    let mut leaves: Vec<usize> = Vec::new();
    let mut rows: Vec<&Vec<u32>> = Vec::new();
    for dimension in &table.dimensions {
        let (at, axis) = cube
            .axes()
            .iter()
            .enumerate()
            .find(|(_, axis)| axis.column == dimension.column)
            .ok_or_else(|| EntitledError::NoAxis(dimension.column.clone()))?;
        let index: HashMap<&str, usize> =
            axis.codes.iter().enumerate().map(|(i, code)| (code.as_str(), i)).collect();
        members.push(dimension_members(dimension, year, &index, population));
        leaves.push(axis.codes.len());
        rows.push(cube.codes().get(at).ok_or_else(|| EntitledError::NoAxis(axis.column.clone()))?);
    }
    Ok(sum_members(&members, &dense(&leaves, &rows, cube.counts())))
}

fn dimension_members(
    dimension: &Dimension,
    year: u16,
    index: &HashMap<&str, usize>,
    population: &Population,
) -> Members {
    let values = dimension.values.get(&year).map(Vec::as_slice).unwrap_or_default();
    values
        .iter()
        .map(|value| {
            let covered = dimension.column != "REGION" || covers(population, &value.leaves);
            covered.then(|| {
                value.leaves.iter().filter_map(|leaf| index.get(leaf.as_str()).copied()).collect()
            })
        })
        .collect()
}

/// Whether every leaf region lies in the population; a kommune's code covers its bydeler.
pub(crate) fn covers(population: &Population, leaves: &[String]) -> bool {
    let inside = |regions: &BTreeSet<String>, leaf: &String| {
        regions.contains(leaf) || leaf.get(..4).is_some_and(|kommune| regions.contains(kommune))
    };
    match population {
        Population::All => true,
        Population::Regions(regions) => leaves.iter().all(|leaf| inside(regions, leaf)),
    }
}

struct Dense {
    counts: Vec<u64>,
    strides: Vec<usize>,
}

fn dense(leaves: &[usize], rows: &[&Vec<u32>], counts: &[u64]) -> Dense {
    let mut strides = vec![1; leaves.len()];
    for at in (1..leaves.len()).rev() {
        let below = strides.get(at).copied().unwrap_or(1) * leaves.get(at).copied().unwrap_or(1);
        if let Some(stride) = strides.get_mut(at - 1) {
            *stride = below;
        }
    }
    let mut all = vec![0u64; leaves.iter().product()];
    for (row, count) in counts.iter().enumerate() {
        let at: usize = rows
            .iter()
            .zip(&strides)
            .map(|(codes, stride)| codes.get(row).map_or(0, |&code| code as usize) * stride)
            .sum();
        if let Some(cell) = all.get_mut(at) {
            *cell += count;
        }
    }
    Dense { counts: all, strides }
}

/// Sums leaf counts into table cells, one dimension after the other, in row-major order.
fn sum_members(members: &[Members], dense: &Dense) -> Vec<Cell> {
    let mut offsets: Vec<Option<Vec<usize>>> = vec![Some(vec![0])];
    for (values, stride) in members.iter().zip(&dense.strides) {
        let mut next = Vec::with_capacity(offsets.len() * values.len());
        for base in &offsets {
            for value in values {
                next.push(match (base, value) {
                    (Some(base), Some(leaves)) => Some(
                        base.iter()
                            .flat_map(|from| leaves.iter().map(move |leaf| from + leaf * stride))
                            .collect(),
                    ),
                    _ => None,
                });
            }
        }
        offsets = next;
    }
    offsets
        .into_iter()
        .map(|cell| match cell {
            Some(at) => {
                Cell::Shown(at.iter().filter_map(|&at| dense.counts.get(at)).copied().sum())
            }
            None => Cell::NotCovered,
        })
        .collect()
}

#[cfg(test)]
pub(crate) mod tests;
