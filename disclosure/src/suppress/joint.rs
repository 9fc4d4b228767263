//! One table over several nodes: each node's own sums on their way to be masked, and the totals on their way out.
//!
//! # Guarantee
//! Of a node's own sums nothing leaves this module but [`Partial`], which can only be masked. Of the totals nothing leaves
//! but what [`super::system`] shows of them: no cell that a node objected to, that fewer than two nodes have something in,
//! or that is small, and none that gives such a cell away by algebra or bounds to whoever holds the table alone. A node
//! also knows its own part of every cell. By adding and subtracting it finds no withheld cell either, for its parts are
//! numbers like any other; but it may narrow one down by them, because it knows that a total is at least its own part.
//! Whoever is counted by two nodes counts as two.
//!
//! # Source
//! Own. Held by `totals_over_nodes_are_protected_like_any_table` and `sums_that_contradict_each_other_are_refused`.

use super::Watch;
use super::blocks::{Blocks, Spread};
use super::error::Error;
use super::pattern::{Keep, Terms};
use super::tables::{Protected, Shape, attacked, doubles, finished, named, value};
use crate::{Axis, Microcube, Reason, Rule, Sealed, System};
use hjemmel_federation::common::leaves_of;
use hjemmel_federation::{Common, Partial, Settled};
use hjemmel_kostra::table::{Level, Value};
use hjemmel_policy::{Grant, Protect};
use std::collections::{BTreeMap, BTreeSet};

/// A node's own sums of a table that several nodes make, to be masked: of each cell the records, then of each the persons.
///
/// # Errors
/// When the permission is for another form or year, or there are records of regions outside `population`.
pub fn sums(
    sealed: Sealed<Protect, Microcube>,
    common: &Common,
    population: &BTreeSet<String>,
) -> Result<Partial, Error> {
    let (grant, cube) = sealed.open();
    let (table, year) = (common.table(), common.year());
    let of_table = || table.id.clone();
    if grant.resource().form != table.form || grant.resource().year != year {
        return Err(Error::OutsideGrant { table: of_table() });
    }
    let shape = Shape::of(table, year)?;
    let own =
        leaves_of(year, population).map_err(|_| Error::OutsidePopulation { table: of_table() })?;
    within(&cube, &shape, &own)?;
    let spread = Spread::of(&cube, &shape)?;
    let mut records = vec![0_u64; shape.cells()];
    for (row, count) in cube.counts().iter().enumerate() {
        for cell in spread.cells(&cube, row) {
            if let Some(sum) = records.get_mut(cell) {
                *sum = sum.saturating_add(*count);
            }
        }
    }
    let twice = doubles(&cube, &shape)?;
    let persons: Vec<u64> = records
        .iter()
        .enumerate()
        .map(|(cell, count)| count.saturating_sub(twice.get(&cell).copied().unwrap_or(0)))
        .collect();
    records.extend(persons);
    Ok(Partial::new(records))
}

/// No record is of a region the node does not answer for: another node would count it too.
fn within(cube: &Microcube, shape: &Shape<'_>, own: &BTreeSet<String>) -> Result<(), Error> {
    let outside = || Error::OutsidePopulation { table: shape.table.id.clone() };
    let column = shape.columns.first().copied().unwrap_or_default();
    let at = cube.axes().iter().position(|axis| axis.column == column).ok_or_else(outside)?;
    let regions = cube.axes().get(at).map_or(&[][..], |axis| &axis.codes);
    let is_own: Vec<bool> = regions.iter().map(|region| own.contains(region)).collect();
    let rows = cube.codes().get(at).map_or(&[][..], |rows| rows).iter().zip(cube.counts());
    let fits = |(region, count): (&u32, &u64)| {
        *count == 0 || is_own.get(*region as usize).copied().unwrap_or(false)
    };
    if rows.into_iter().all(fits) { Ok(()) } else { Err(outside()) }
}

/// Protects the totals of a table over several nodes, once.
///
/// # Guarantee
/// That of this module.
///
/// # Errors
/// When the totals contradict each other, or the audit refuses the pattern. Nothing is released then.
pub fn joint(
    grant: Grant<Protect>,
    settled: Settled,
    common: &Common,
    rule: &Rule,
    watch: Watch<'_>,
) -> Result<Protected, Error> {
    let (table, year) = (common.table(), common.year());
    if grant.resource().form != table.form || grant.resource().year != year {
        return Err(Error::OutsideGrant { table: table.id.clone() });
    }
    let (totals, may_be_shown) = settled.into_unprotected();
    let count = common.cells();
    let (Some(records), Some(persons)) = (totals.get(..count), totals.get(count..)) else {
        return Err(Error::Contradictory);
    };
    if persons.len() != count || may_be_shown.len() != totals.len() {
        return Err(Error::Contradictory);
    }
    // Nobody is a person without a record, and no record is nobody's.
    let fits =
        |(records, persons): (&u64, &u64)| persons <= records && (*persons == 0) == (*records == 0);
    if !records.iter().zip(persons).all(fits) {
        return Err(Error::Contradictory);
    }
    let shapes = [Shape::of(table, year)?];
    let [shape] = &shapes;
    let cube = inner(shape, records)?;
    let blocks = Blocks::of(&cube, &shapes)?;
    let system = blocks.system(&cube, &shapes)?;
    let adds_up = |(cell, total): (usize, &u64)| value(&system, cell) == *total;
    if !records.iter().enumerate().all(adds_up) {
        return Err(Error::Contradictory);
    }
    let terms = terms(shape, &system, (persons, &may_be_shown), rule);
    let audited = super::system_watched(&system, &terms, rule, watch);
    let audited = audited.map_err(|error| named(error, &shapes))?;
    let found = attacked(&system, &audited, rule, watch)?;
    let of_tables = (&shapes[..], &system);
    let protected = finished(audited, &found, of_tables, (year, rule), grant.obligations());
    // One decision, one use.
    drop(grant);
    Ok(protected)
}

/// What is wished for each cell, and what is withheld whatever the rule says: what the nodes will not have shown, and what
/// is few persons.
fn terms(
    shape: &Shape<'_>,
    system: &System,
    (persons, may_be_shown): (&[u64], &[bool]),
    rule: &Rule,
) -> Terms {
    let few =
        rule.small_count.map_or(0, |s| s.threshold).max(rule.few_contributors.map_or(0, |m| m + 1));
    let (of_records, of_persons) = may_be_shown.split_at(persons.len().min(may_be_shown.len()));
    let mut terms = Terms { atoms_a_person: 1, ..Terms::default() };
    for (cell, count) in persons.iter().enumerate().take(system.cells()) {
        let may = |shown: &[bool]| shown.get(cell).copied().unwrap_or(false);
        let is_withheld = (1..few).contains(count) || !may(of_records) || !may(of_persons);
        terms.withheld.push(is_withheld.then_some(Reason::FewContributors));
        let mut values = shape.values(cell);
        let region = values.next().map(|value| value.level);
        let total = values.all(|value| value.level == Level::Total);
        terms.kept.push(match region {
            Some(Level::Fylke | Level::Total) if total => Keep::Total,
            Some(Level::Total) => Keep::Sum,
            _ => Keep::No,
        });
    }
    terms
}

/// Codes of one dimension that stand in the same values, and how their count follows from those of values.
struct Group {
    code: u32,
    of_values: BTreeMap<usize, i64>,
}

/// The inner cells of a table from all its cells, as if they were records.
fn inner(shape: &Shape<'_>, cells: &[u64]) -> Result<Microcube, Error> {
    let axes: Vec<Axis> = shape.columns.iter().zip(&shape.dimensions).map(axis).collect();
    let groups = axes
        .iter()
        .zip(&shape.dimensions)
        .map(|(axis, values)| groups(axis, values))
        .collect::<Option<Vec<_>>>()
        .ok_or(Error::Unsupported("a table without inner cells cannot be made by several nodes"))?;
    let mut codes: Vec<Vec<u32>> = vec![Vec::new(); axes.len()];
    let mut counts = Vec::new();
    let combinations: usize = groups.iter().map(Vec::len).product();
    for mut at in 0..combinations {
        let mut sum = vec![(0_usize, 1_i64)];
        let mut place = Vec::with_capacity(groups.len());
        for of_dimension in groups.iter().rev() {
            place.push(of_dimension.get(at % of_dimension.len()));
            at /= of_dimension.len();
        }
        place.reverse();
        let place: Option<Vec<&Group>> = place.into_iter().collect();
        let place = place.ok_or(Error::Contradictory)?;
        for (group, values) in place.iter().zip(&shape.dimensions) {
            let of_values = || group.of_values.iter();
            let next = sum.iter().flat_map(|&(cell, times)| {
                of_values().map(move |(value, by)| (cell * values.len() + value, times * by))
            });
            sum = next.collect();
        }
        let add = |total: i64, &(cell, times): &(usize, i64)| {
            let count = i64::try_from(*cells.get(cell)?).ok()?;
            total.checked_add(times.checked_mul(count)?)
        };
        let count = sum.iter().try_fold(0_i64, add);
        let count = count.and_then(|count| u64::try_from(count).ok());
        let count = count.ok_or(Error::Contradictory)?;
        if count > 0 {
            for (column, group) in codes.iter_mut().zip(&place) {
                column.push(group.code);
            }
            counts.push(count);
        }
    }
    Microcube::new(axes, codes, counts, Vec::new()).map_err(|_| Error::Contradictory)
}

fn axis((column, values): (&&str, &&[Value])) -> Axis {
    let mut seen = BTreeSet::new();
    let leaves = values.iter().flat_map(|value| &value.leaves);
    let codes = leaves.filter(|leaf| seen.insert(leaf.as_str())).cloned().collect();
    Axis { column: (*column).to_owned(), codes }
}

/// The groups of a dimension, each with the values it is the sum or difference of; none where one cannot be told.
fn groups(axis: &Axis, values: &[Value]) -> Option<Vec<Group>> {
    let mut members: BTreeMap<Vec<usize>, u32> = BTreeMap::new();
    for (code, leaf) in (0_u32..).zip(&axis.codes) {
        let stands = values.iter().enumerate().filter(|(_, value)| value.leaves.contains(leaf));
        members.entry(stands.map(|(at, _)| at).collect()).or_insert(code);
    }
    let signatures: Vec<(&Vec<usize>, u32)> = members.iter().map(|(s, c)| (s, *c)).collect();
    let holds = |value: usize| {
        let of_value = signatures.iter().enumerate();
        of_value.filter(move |(_, (signature, _))| signature.contains(&value)).map(|(at, _)| at)
    };
    let mut told: Vec<Option<BTreeMap<usize, i64>>> = vec![None; signatures.len()];
    // Each turn tells what is the only untold part of a value.
    for _ in 0..signatures.len() {
        for value in 0..values.len() {
            let mut untold = holds(value).filter(|at| told.get(*at).is_some_and(Option::is_none));
            let (Some(group), None) = (untold.next(), untold.next()) else { continue };
            let mut of_values = BTreeMap::from([(value, 1_i64)]);
            for other in holds(value).filter(|at| *at != group) {
                for (value, by) in told.get(other).and_then(Option::as_ref)? {
                    *of_values.entry(*value).or_default() -= by;
                }
            }
            if let Some(place) = told.get_mut(group) {
                *place = Some(of_values);
            }
        }
    }
    let all = signatures.iter().zip(told);
    all.map(|((_, code), of_values)| Some(Group { code: *code, of_values: of_values? })).collect()
}

#[cfg(test)]
mod tests;
