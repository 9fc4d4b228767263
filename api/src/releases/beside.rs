//! What tables of other forms of the year show or withhold of the same persons.
//!
//! A recipient of a month is a recipient of the year, so that a month's figure is a lower bound of the year's. Where the
//! year withholds a region's total, no month of the region is shown; where a month is shown, the year's total is. Twelve
//! months add up to the year's sums, so that the last ones wait for those.

use super::Fault;
use hjemmel_disclosure::archive::{self, ArchiveKey};
use hjemmel_disclosure::suppress::Beside;
use hjemmel_disclosure::{Cell, TableCells};
use hjemmel_kostra::{Form, Table, months};
use hjemmel_store::Store;
use std::collections::BTreeSet;
use uuid::Uuid;

/// The indicator of a month that is a part of a form's total of the year.
const fn indicator(form: Form) -> Option<&'static str> {
    match form {
        Form::F11 => Some("mottakere"),
        Form::F11C => Some("kvp"),
        _ => None,
    }
}

/// The tables of months: of persons, the indicator that kroner follow, and of kroner.
#[must_use]
pub fn tables_of_months() -> Option<(&'static Table, &'static str, &'static Table)> {
    let recipients = indicator(Form::F11)?;
    Some((hjemmel_kostra::table("S11M1")?, recipients, hjemmel_kostra::table("S11M2")?))
}

/// What is or will be published of the forms beside this one in the year, and in which releases.
///
/// # Errors
/// When one of them cannot be read; then nothing is released.
pub fn of(
    store: &Store,
    (form, year): (Form, u16),
    key: &ArchiveKey,
) -> Result<(Beside, Vec<Uuid>), Fault> {
    let (mut beside, mut known) = (Beside::default(), Vec::new());
    beside.sums_to_come = form == Form::F11M;
    for other in form.beside() {
        for one in store.releases_of(*other, year)? {
            known.push(one.id);
            let release = archive::unpack(&one.archive, key)?;
            for cells in release.content() {
                let Some(table) = hjemmel_kostra::table(&cells.table) else { continue };
                beside.sums_to_come &= !table.is_sum();
                if *other == Form::F11M {
                    let shown = shown(table, cells, indicator(form).unwrap_or_default());
                    beside.shown.extend(shown);
                } else {
                    let into = if table.is_sum() { &mut beside.open } else { &mut beside.withheld };
                    for region in withheld(table, cells) {
                        into.extend(bounded(*other).map(|code| (region.clone(), code.to_owned())));
                    }
                }
            }
        }
    }
    Ok((beside, known))
}

/// The indicators of a month that are parts of a form's total of the year.
fn bounded(form: Form) -> impl Iterator<Item = &'static str> {
    let indicators = tables_of_months().and_then(|(table, ..)| table.dimensions.last());
    let years = indicators.into_iter().flat_map(|indicators| indicators.values.values());
    let codes = years.flatten().map(|value| value.code.as_str());
    codes.filter(move |code| (form == Form::F11C) == (*code == months::PROGRAMME))
}

/// The cells of a table, each with the codes of its values.
fn each<'t>(
    table: &'static Table,
    cells: &'t TableCells,
) -> impl Iterator<Item = (Vec<&'static str>, Cell)> + 't {
    let year = cells.year;
    let dimensions = move || table.dimensions.iter();
    cells.cells.iter().enumerate().map(move |(at, cell)| {
        let mut rest = at;
        let mut codes: Vec<&'static str> = Vec::new();
        for dimension in dimensions().rev() {
            let values = dimension.values_of(year);
            let value = values.get(rest % values.len().max(1));
            codes.push(value.map_or("", |value| value.code.as_str()));
            rest /= values.len().max(1);
        }
        codes.reverse();
        (codes, *cell)
    })
}

/// Regions of which a month shows persons.
fn shown(table: &'static Table, cells: &TableCells, indicator: &str) -> BTreeSet<String> {
    let is_shown = |(codes, cell): &(Vec<&str>, Cell)| {
        codes.get(2) == Some(&indicator) && matches!(cell, Cell::Shown(count) if *count > 0)
    };
    let shown = each(table, cells).filter(is_shown);
    shown.filter_map(|(codes, _)| codes.first().map(|code| (*code).to_owned())).collect()
}

/// Regions whose total of the year is withheld.
fn withheld(table: &'static Table, cells: &TableCells) -> BTreeSet<String> {
    let totals: Vec<Option<&str>> =
        table.dimensions.iter().skip(1).map(|dimension| dimension.total.as_deref()).collect();
    let is_total = |codes: &[&str]| {
        let rest = codes.iter().skip(1).map(|code| Some(*code));
        rest.eq(totals.iter().copied())
    };
    let withheld =
        each(table, cells).filter(|(codes, cell)| *cell == Cell::Withheld && is_total(codes));
    withheld.filter_map(|(codes, _)| codes.first().map(|code| (*code).to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_year_withholds_and_a_month_shows_is_found_by_region() {
        let year = hjemmel_kostra::table("S1101").unwrap();
        let values = |at: usize| year.dimensions[at].values_of(2025);
        let mut cells = vec![Cell::Shown(9); values(0).len() * values(1).len()];
        let moss = values(0).iter().position(|value| value.code == "3103").unwrap();
        let total = values(1).iter().position(|value| value.code == "00").unwrap();
        cells[moss * values(1).len() + total] = Cell::Withheld;
        cells[(moss + 1) * values(1).len() + total + 1] = Cell::Withheld;
        let of = |table: &str, cells| TableCells { table: table.to_owned(), year: 2025, cells };
        assert_eq!(withheld(year, &of("S1101", cells)), ["3103".to_owned()].into());

        let (months, recipients, _) = tables_of_months().unwrap();
        let regions = months.dimensions[0].values_of(2025);
        let mut cells = vec![Cell::Shown(0); regions.len() * 12 * 8];
        let moss = regions.iter().position(|value| value.code == "3103").unwrap();
        cells[moss * 96] = Cell::Shown(12);
        cells[(moss + 1) * 96 + 1] = Cell::Shown(12);
        cells[(moss + 2) * 96] = Cell::Withheld;
        let cells = of("S11M1", cells);
        assert_eq!(shown(months, &cells, recipients), ["3103".to_owned()].into());
        assert!(shown(months, &cells, "kvp").is_empty());
        let codes: BTreeSet<&str> = bounded(Form::F11).collect();
        assert!(codes.len() == 7 && codes.contains("uten_barn") && !codes.contains("kvp"));
        assert_eq!(bounded(Form::F11C).collect::<BTreeSet<_>>(), ["kvp"].into());
    }
}
