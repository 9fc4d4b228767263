//! A case's part of the account: tables, levels, and intervals with the codes of their cells.

use super::cross::ALL;
use super::{Case, amount, formula};
use crate::Status;
use crate::account::{Account, Interval, Loss, Method, TableLoss, Tally, settings};
use crate::audit::Range;
use std::collections::{BTreeMap, BTreeSet};

/// Intervals told one by one.
const TOLD: usize = 20;

/// What became of one cell: how it is counted.
pub(super) type Count<'a> = &'a dyn Fn(usize, &mut Tally);

/// The account of a case without attackers.
pub(super) fn account(case: &Case, method: Method, count: Count<'_>) -> Account {
    let specification = &case.specification;
    let title = [&specification.title, &specification.id].into_iter().find(|t| !t.is_empty());
    Account {
        title: title.cloned().unwrap_or_default(),
        method,
        settings: settings(&case.rule),
        tables: tables(case, count),
        attackers: Vec::new(),
        narrowest: Vec::new(),
        intervals_are_exact: false,
        narrowest_primary: None,
    }
}

/// The tables by name, each with its margins.
fn named(case: &Case) -> Vec<(String, Option<Vec<BTreeSet<String>>>)> {
    let given = case.specification.tables.iter().flatten();
    let mut tables: Vec<_> = (1..)
        .zip(given)
        .map(|(number, table)| {
            let spelled = table.margins.as_ref().map(|margins| {
                margins.iter().map(|margin| margin.iter().cloned().collect()).collect()
            });
            let parsed = || formula::margins(table.formula.as_deref()?).ok();
            let name = if table.name.is_empty() { format!("{number}") } else { table.name.clone() };
            (name, spelled.or_else(parsed))
        })
        .collect();
    if tables.is_empty() {
        tables.push((case.specification.id.clone(), None));
    }
    tables
}

fn tables(case: &Case, count: Count<'_>) -> Vec<TableLoss> {
    let mut by_margin: Vec<(BTreeSet<String>, Tally)> = Vec::new();
    let mut place: BTreeMap<Vec<bool>, usize> = BTreeMap::new();
    let mut cells: Vec<Vec<usize>> = Vec::new();
    for (cell, label) in case.labels.iter().enumerate() {
        let broken: Vec<bool> = (0..case.columns.len())
            .map(|at| {
                label.get(at) != Some(&ALL) && case.code(cell, at) != case.specification.total_code
            })
            .collect();
        let at = *place.entry(broken.clone()).or_insert_with(|| {
            let columns = case.columns.iter().zip(&broken).filter(|(_, broken)| **broken);
            by_margin.push((columns.map(|c| c.0.clone()).collect(), Tally::default()));
            cells.push(Vec::new());
            by_margin.len() - 1
        });
        if let (Some((_, tally)), Some(list)) = (by_margin.get_mut(at), cells.get_mut(at)) {
            count(cell, tally);
            list.push(cell);
        }
    }
    let all = by_margin.into_iter().zip(cells);
    let all: Vec<(BTreeSet<String>, Loss, Vec<usize>)> =
        all.map(|((columns, tally), cells)| (columns, tally.close(), cells)).collect();
    let loss = |(table, margins): (String, Option<Vec<BTreeSet<String>>>)| {
        let own = |columns: &BTreeSet<String>| margins.as_ref().is_none_or(|m| m.contains(columns));
        let levels: Vec<_> = all.iter().filter(|margin| own(&margin.0)).collect();
        let mut tally = Tally::default();
        levels.iter().flat_map(|level| &level.2).for_each(|&cell| count(cell, &mut tally));
        let levels = levels.into_iter().map(|(columns, loss, _)| {
            let columns: Vec<&str> =
                case.columns.iter().filter(|c| columns.contains(*c)).map(String::as_str).collect();
            (columns.join(" × "), loss.clone())
        });
        TableLoss { table, all: tally.close(), levels: levels.collect() }
    };
    named(case).into_iter().map(loss).collect()
}

/// The primary cells that can have the fewest values.
pub(super) fn narrowest(case: &Case, statuses: &[Status], ranges: &[Range]) -> Vec<Interval> {
    let primary = |range: &&Range| statuses.get(range.cell) == Some(&Status::Primary);
    let mut ranges: Vec<&Range> = ranges.iter().filter(primary).collect();
    ranges.sort_by(|a, b| (a.high - a.low).total_cmp(&(b.high - b.low)).then(a.cell.cmp(&b.cell)));
    let told = ranges.into_iter().take(TOLD);
    told.map(|range| Interval {
        cell: case.name(range.cell),
        low: end(range.low, case.decimals).unwrap_or_else(|| "-∞".to_owned()),
        high: end(range.high, case.decimals),
    })
    .collect()
}

/// An end of an interval in the units of the input; none without a limit.
#[expect(clippy::cast_possible_truncation, reason = "ends are sums of 64-bit values")]
fn end(end: f64, decimals: u32) -> Option<String> {
    end.is_finite().then(|| amount::show(end.round() as i64, decimals))
}
