//! Published tables of one form and year, protected together.

use super::audited::Audited;
use super::before::{Before, Present};
use super::beside::Beside;
use super::blocks::{Blocks, Spread};
use super::error::Error;
use super::pattern::{Keep, Terms};
use super::report::{Report, TableCount};
use super::{Stage, Watch};
use crate::account::Interval;
use crate::audit::{AuditReport, Depth, Range, Settings, attack_knowing};
use crate::{
    Basis, Cell, Microcube, Protection, Reason, Release, Rule, Sealed, Status, TableCells,
};
use hjemmel_kostra::table::{Level, Table, Value};
use hjemmel_policy::{Obligations, Protect};
use std::collections::BTreeMap;

/// Intervals told one by one.
const TOLD: usize = 20;

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
/// than the threshold stand are withheld too. An attacker who shares no code with the engine ([`crate::audit`]) finds
/// nothing in the result, or there is none. The same holds for whoever also holds the releases in `before`, of the
/// same or of other editions of the year: what they show is reckoned with, and what they withheld is protected still, for
/// others' sake as far as what changed leaves a way ([`super::Evidence`] counts both). An inner cell that did not change between editions counts as known to be the same.
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

/// The same beside other tables of the year that show or withhold a part or a whole of a region's total.
///
/// # Guarantee
/// As [`tables`]. Beside it, nothing but zeros is shown of what `withheld` names; and no total of a region in `shown` is withheld
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
    if !rule.bounds {
        return Err(Error::Unsupported("published tables are protected against bounds too"));
    }
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
    let (audited, found) = if before.is_empty() {
        let audited = super::system_watched(&system, &terms, rule, watch);
        let audited = audited.map_err(|e| named(e, &shapes))?;
        let found = attacked(&system, &audited, rule, watch)?;
        (audited, found)
    } else {
        let present = Present { cube: &cube, shapes: &shapes, blocks: &blocks, rule };
        let (joint, terms, earlier) = present.beside(&system, terms, before, resource)?;
        let audited = super::system_watched(&joint, &terms, rule, watch).map_err(|e| match e {
            Error::Irreconcilable { cell } => {
                let behind = cell.parse().ok().and_then(|c: usize| c.checked_sub(system.cells()));
                let name = behind.and_then(|c| earlier.get(c));
                match name {
                    Some((table, cell)) => named_in(*table, *cell, &shapes),
                    None => named(Error::Irreconcilable { cell }, &shapes),
                }
            }
            other => other,
        })?;
        let found = attacked(&joint, &audited, rule, watch)?;
        (audited, found)
    };
    Ok(finished(audited, &found, (&shapes, &system), (year, rule), grant.obligations()))
}

/// The tables as they may leave, and the account of them.
pub(super) fn finished(
    audited: Audited,
    found: &AuditReport,
    (shapes, system): (&[Shape<'_>], &crate::System),
    (year, rule): (u16, &Rule),
    obligations: &Obligations,
) -> Protected {
    let mut cells = Vec::new();
    let mut counts = Vec::new();
    let mut next = 0;
    for shape in shapes {
        let of_table: Vec<(Status, u64)> = (next..next + shape.cells())
            .map(|c| {
                (audited.statuses().get(c).copied().unwrap_or(Status::Primary), value(system, c))
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
    let narrowest = narrowest(found, &audited, shapes, system.cells());
    let report = Report::new(year, rule, &audited, counts, found, narrowest);
    let basis =
        Basis { grant_id: obligations.grant_id.clone(), grant_version: obligations.grant_version };
    Protected { release: audited.release(cells, Protection::Suppressed, Some(basis)), report }
}

/// What an attacker finds who shares no code with the engine, and is told of its alternative tables.
pub(super) fn attacked(
    system: &crate::System,
    audited: &Audited,
    rule: &Rule,
    watch: Watch<'_>,
) -> Result<AuditReport, Error> {
    watch(Stage::Audit, 0, 0);
    let settings = Settings {
        least_withheld: rule.least_withheld(),
        min_feasible: rule.min_feasible,
        insiders: rule.insiders,
        depth: Depth::Rule,
        ..Settings::default()
    };
    let found = attack_knowing(system, audited.statuses(), &settings, audited.tables());
    if found.breaches() > 0 {
        return Err(Error::AuditFailed("the attacker of the finished tables found something"));
    }
    if !found.is_complete() {
        return Err(Error::AuditFailed("the attacker of the finished tables did not finish"));
    }
    Ok(found)
}

/// The primary cells with the least room that was proved.
fn narrowest(
    found: &AuditReport,
    audited: &Audited,
    shapes: &[Shape<'_>],
    cells: usize,
) -> Vec<Interval> {
    let ranges = found.intervals.as_ref().map_or(&[][..], |t2| &t2.ranges);
    let primary = |range: &&Range| {
        range.cell < cells && audited.statuses().get(range.cell) == Some(&Status::Primary)
    };
    let mut ranges: Vec<&Range> = ranges.iter().filter(primary).collect();
    ranges.sort_by(|a, b| (a.high - a.low).total_cmp(&(b.high - b.low)).then(a.cell.cmp(&b.cell)));
    let interval = |range: &Range| Interval {
        cell: name(range.cell, shapes).unwrap_or_default(),
        low: format!("{:.0}", range.low),
        high: range.high.is_finite().then(|| format!("{:.0}", range.high)),
    };
    ranges.into_iter().take(TOLD).map(interval).collect()
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
    pub(super) fn of(table: &'a Table, year: u16) -> Result<Self, Error> {
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
    pub(super) fn values(&self, cell: usize) -> impl Iterator<Item = &'a Value> {
        self.at(cell).into_iter().zip(&self.dimensions).filter_map(|(at, values)| values.get(at))
    }

    /// How much a cell should stay shown: totals of the country and the counties, then the country's sums; least of
    /// all those of municipalities by size, and of those that have merged since.
    pub(super) fn keep(&self, cell: usize) -> Keep {
        let mut values = self.values(cell);
        let region = values.next().map(|value| value.level);
        let total = values.all(|value| value.level == Level::Total);
        match region {
            Some(Level::Fylke | Level::Total) if total => Keep::Total,
            Some(Level::Total) => Keep::Sum,
            Some(level) if level.is_further() && !total => Keep::Less,
            _ => Keep::No,
        }
    }
}

/// From how many persons on a number of them may be told.
pub(super) fn few(rule: &Rule) -> u64 {
    rule.small_count.map_or(0, |s| s.threshold).max(rule.few_contributors.map_or(0, |m| m + 1))
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
pub(super) fn named(error: Error, shapes: &[Shape<'_>]) -> Error {
    let Error::Irreconcilable { cell } = &error else { return error };
    match cell.parse().ok().and_then(|number| name(number, shapes)) {
        Some(cell) => Error::Irreconcilable { cell },
        None => error,
    }
}

/// A cell by its table and codes.
fn name(mut number: usize, shapes: &[Shape<'_>]) -> Option<String> {
    for shape in shapes {
        if number < shape.cells() {
            let codes: Vec<&str> = shape.values(number).map(|v| v.code.as_str()).collect();
            return Some(format!("{} {}", shape.table.id, codes.join(" ")));
        }
        number -= shape.cells();
    }
    None
}

/// What is wished for each cell: totals of the country and the counties kept, then the country's sums; few persons
/// withheld.
pub(super) fn terms(
    cube: &Microcube,
    shapes: &[Shape<'_>],
    system: &crate::System,
    blocks: &Blocks,
    rule: &Rule,
) -> Result<Terms, Error> {
    let few = few(rule);
    let mut terms = Terms { atoms_a_person: blocks.count(), ..Terms::default() };
    let mut next = 0;
    for shape in shapes {
        let doubles = doubles(cube, shape)?;
        for cell in 0..shape.cells() {
            let persons =
                value(system, next + cell).saturating_sub(doubles.get(&cell).copied().unwrap_or(0));
            let is_few = (1..few).contains(&persons);
            terms.withheld.push(is_few.then_some(Reason::FewContributors));
            terms.kept.push(shape.keep(cell));
        }
        next += shape.cells();
    }
    Ok(terms)
}

/// By how much a cell's records outnumber its persons, for cells where they do.
pub(super) fn doubles(cube: &Microcube, shape: &Shape<'_>) -> Result<BTreeMap<usize, u64>, Error> {
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
