//! Published tables of one form and year, protected together.

use super::Watch;
use super::before::{Before, Present};
use super::blocks::{Blocks, Spread};
use super::error::Error;
use super::pattern::Terms;
use super::report::{Report, TableCount};
use crate::{
    Basis, Cell, Microcube, Protection, Reason, Release, Rule, Sealed, Status, TableCells,
};
use hjemmel_kostra::table::{Level, Table, Value};
use hjemmel_policy::Protect;
use std::collections::{BTreeMap, BTreeSet};

/// Tables that may leave, and the account of how they were protected.
#[derive(Debug)]
pub struct Protected {
    /// The tables with withheld cells.
    pub release: Release<Vec<TableCells>>,
    /// For operators only: it says how many cells are withheld for which reason.
    pub report: Report,
}

/// Withholds small counts of all tables of a form and year, and whatever would give them away.
///
/// # Guarantee
/// Nobody who holds all these tables can compute a withheld cell: not by adding and subtracting, not by also
/// using that counts are whole, not negative and (when zeros are shown) at least one where withheld, and no
/// single person who also knows where they are counted themselves. Cells behind which fewer distinct persons
/// than the threshold stand are withheld too. The same holds for whoever also holds the releases in `before`, of the
/// same or of other editions of the year: what they show is reckoned with, and what they withheld as primary is
/// protected still. An inner cell that did not change between editions counts as known to be the same.
///
/// # Errors
/// When a table does not belong to the permission's form and year, needs what the cube does not have, or the
/// audit refuses the pattern. Nothing is released then.
pub fn tables(
    sealed: Sealed<Protect, Microcube>,
    tables: &[&Table],
    rule: &Rule,
    before: Vec<Before>,
    watch: Watch<'_>,
) -> Result<Protected, Error> {
    tables_beside(sealed, tables, rule, (before, &Beside::default()), watch)
}

/// What is known from elsewhere of the cells of a region.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Beside {
    /// Regions of which every cell is withheld, since another table withholds what these would bound.
    pub withheld: BTreeSet<String>,
    /// Regions whose total stays shown where it may be, since another table shows part of it.
    pub shown: BTreeSet<String>,
}

/// The same beside other tables of the year that show or withhold a part or a whole of a region's total.
///
/// # Guarantee
/// As [`tables`]. Beside it, no cell is shown of a region in `withheld`; and no total of a region in `shown` is withheld
/// unless it is small itself: the part that is shown elsewhere then bounds nothing that is withheld here.
///
/// # Errors
/// As [`tables`]; also when a total that must stay shown gives away what must be withheld.
pub fn tables_beside(
    sealed: Sealed<Protect, Microcube>,
    tables: &[&Table],
    rule: &Rule,
    (before, beside): (Vec<Before>, &Beside),
    watch: Watch<'_>,
) -> Result<Protected, Error> {
    let (grant, cube) = sealed.open();
    let resource = grant.resource();
    let year = resource.year;
    if let Some(table) = tables.iter().find(|t| t.form != resource.form) {
        return Err(Error::OutsideGrant { table: table.id.clone() });
    }
    let shapes = tables.iter().map(|t| Shape::of(t, year)).collect::<Result<Vec<_>, _>>()?;
    let blocks = Blocks::of(&cube, &shapes)?;
    let system = blocks.system(&cube, &shapes)?;
    let mut terms = terms(&cube, &shapes, &system, &blocks, rule)?;
    beside.join(&mut terms, &shapes, &system, rule);
    let audited = if before.is_empty() {
        super::system_watched(&system, &terms, rule, watch).map_err(|e| named(e, &shapes))?
    } else {
        let present = Present { cube: &cube, shapes: &shapes, blocks: &blocks, rule };
        let (joint, terms, earlier) = present.beside(&system, terms, before, resource)?;
        super::system_watched(&joint, &terms, rule, watch).map_err(|e| match e {
            Error::Irreconcilable { cell } => {
                let behind = cell.parse().ok().and_then(|c: usize| c.checked_sub(system.cells()));
                let name = behind.and_then(|c| earlier.get(c));
                match name {
                    Some((table, cell)) => named_in(*table, *cell, &shapes),
                    None => named(Error::Irreconcilable { cell }, &shapes),
                }
            }
            other => other,
        })?
    };
    let mut cells = Vec::new();
    let mut counts = Vec::new();
    let mut next = 0;
    for shape in &shapes {
        let of_table: Vec<(Status, u64)> = (next..next + shape.cells())
            .map(|c| {
                (audited.statuses().get(c).copied().unwrap_or(Status::Primary), value(&system, c))
            })
            .collect();
        next += shape.cells();
        counts.push(TableCount::of(
            shape.table,
            shape.dimensions.first().map_or(&[], |d| d),
            &of_table,
        ));
        let seen = |&(status, value): &(Status, u64)| match status {
            Status::Shown => Cell::Shown(value),
            Status::Primary | Status::Secondary => Cell::Withheld,
        };
        let table = shape.table.id.clone();
        cells.push(TableCells { table, year, cells: of_table.iter().map(seen).collect() });
    }
    let report = Report::new(year, rule, &audited, counts);
    let obligations = grant.obligations();
    let basis =
        Basis { grant_id: obligations.grant_id.clone(), grant_version: obligations.grant_version };
    Ok(Protected { release: audited.release(cells, Protection::Suppressed, Some(basis)), report })
}

impl Beside {
    /// Adds what is known from elsewhere to what is wished for the cells.
    fn join(&self, terms: &mut Terms, shapes: &[Shape<'_>], system: &crate::System, rule: &Rule) {
        if self.withheld.is_empty() && self.shown.is_empty() {
            return;
        }
        let few = rule.small_count.map_or(0, |small| small.threshold);
        terms.published.resize(system.cells(), false);
        let mut next = 0;
        for shape in shapes {
            for cell in next..next + shape.cells() {
                let mut values = shape.values(cell - next);
                let Some(region) = values.next() else { continue };
                let count = value(system, cell);
                let is_small = (1..few).contains(&count);
                if self.withheld.contains(&region.code)
                    && count > 0
                    && let Some(withheld) = terms.withheld.get_mut(cell)
                {
                    withheld.get_or_insert(Reason::Earlier);
                } else if self.shown.contains(&region.code)
                    && values.all(|value| value.level == Level::Total)
                    && terms.withheld.get(cell).is_none_or(Option::is_none)
                    && !is_small
                    && let Some(published) = terms.published.get_mut(cell)
                {
                    *published = true;
                }
            }
            next += shape.cells();
        }
    }
}

pub(super) fn value(system: &crate::System, cell: usize) -> u64 {
    u64::try_from(system.value(cell)).unwrap_or(0)
}

/// A table of one year: which values each dimension has.
pub(super) struct Shape<'a> {
    pub(super) table: &'a Table,
    pub(super) columns: Vec<&'a str>,
    pub(super) dimensions: Vec<&'a [Value]>,
}

impl<'a> Shape<'a> {
    fn of(table: &'a Table, year: u16) -> Result<Self, Error> {
        let values = |d: &'a hjemmel_kostra::table::Dimension| {
            d.values
                .get(&year)
                .map(Vec::as_slice)
                .filter(|v| !v.is_empty())
                .ok_or_else(|| Error::OutsideGrant { table: table.id.clone() })
        };
        let dimensions = table.dimensions.iter().map(values).collect::<Result<_, _>>()?;
        let columns = table.dimensions.iter().map(|d| d.column.as_str()).collect();
        Ok(Self { table, columns, dimensions })
    }

    /// How many cells the table has.
    pub(super) fn cells(&self) -> usize {
        self.dimensions.iter().map(|d| d.len()).product()
    }

    /// Which value of each dimension a cell stands for.
    pub(super) fn at(&self, mut cell: usize) -> Vec<usize> {
        let mut place = vec![0; self.dimensions.len()];
        for (at, values) in place.iter_mut().zip(&self.dimensions).rev() {
            *at = cell % values.len();
            cell /= values.len();
        }
        place
    }

    /// The values of a cell.
    fn values(&self, cell: usize) -> impl Iterator<Item = &'a Value> {
        self.at(cell).into_iter().zip(&self.dimensions).filter_map(|(at, values)| values.get(at))
    }
}

/// The refusal by an earlier cell.
fn named_in(table: usize, cell: usize, shapes: &[Shape<'_>]) -> Error {
    let name = shapes.get(table).map(|shape| {
        let codes: Vec<&str> = shape.values(cell).map(|v| v.code.as_str()).collect();
        format!("{} {} (published before)", shape.table.id, codes.join(" "))
    });
    Error::Irreconcilable { cell: name.unwrap_or_default() }
}

/// The refusal with the cell's codes instead of its number.
fn named(error: Error, shapes: &[Shape<'_>]) -> Error {
    let Error::Irreconcilable { cell } = &error else { return error };
    let Ok(mut number) = cell.parse::<usize>() else { return error };
    for shape in shapes {
        if number < shape.cells() {
            let codes: Vec<&str> = shape.values(number).map(|v| v.code.as_str()).collect();
            return Error::Irreconcilable {
                cell: format!("{} {}", shape.table.id, codes.join(" ")),
            };
        }
        number -= shape.cells();
    }
    error
}

/// What is wished for each cell: totals of the country and the counties kept, few persons withheld.
pub(super) fn terms(
    cube: &Microcube,
    shapes: &[Shape<'_>],
    system: &crate::System,
    blocks: &Blocks,
    rule: &Rule,
) -> Result<Terms, Error> {
    let few =
        rule.small_count.map_or(0, |s| s.threshold).max(rule.few_contributors.map_or(0, |m| m + 1));
    let mut terms = Terms { atoms_a_person: blocks.count(), ..Terms::default() };
    let mut next = 0;
    for shape in shapes {
        let doubles = doubles(cube, shape)?;
        for cell in 0..shape.cells() {
            let persons =
                value(system, next + cell).saturating_sub(doubles.get(&cell).copied().unwrap_or(0));
            let is_few = (1..few).contains(&persons);
            terms.withheld.push(is_few.then_some(Reason::FewContributors));
            let mut values = shape.values(cell);
            let coarse = values.next().is_some_and(|v| v.level >= Level::Fylke);
            terms.kept.push(coarse && values.all(|v| v.level == Level::Total));
        }
        next += shape.cells();
    }
    Ok(terms)
}

/// By how much a cell's records outnumber its persons, for cells where they do.
fn doubles(cube: &Microcube, shape: &Shape<'_>) -> Result<BTreeMap<usize, u64>, Error> {
    let spread = Spread::of(cube, shape)?;
    let mut doubles = BTreeMap::new();
    for rows in cube.repeats() {
        let mut records: BTreeMap<usize, u64> = BTreeMap::new();
        for &row in rows {
            for cell in spread.cells(cube, row as usize) {
                *records.entry(cell).or_default() += 1;
            }
        }
        for (cell, count) in records {
            if count > 1 {
                *doubles.entry(cell).or_default() += count - 1;
            }
        }
    }
    Ok(doubles)
}

#[cfg(test)]
mod tests;
