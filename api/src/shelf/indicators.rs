//! Tables of indicators: computed from the cells of releases, which are protected already, and from nothing else.
//! Where any cell an indicator rests on is withheld, it is withheld.

use super::{OnShelf, Published, detail};
use crate::pxweb::codelists;
use crate::pxweb::cube::Cube;
use hjemmel_disclosure::Cell;
use hjemmel_kostra::indicators::{IndicatorTable, Part, Source, inhabitants_of};
use hjemmel_kostra::{Indicator, Value, indicator_tables};
use std::collections::BTreeMap;
use std::sync::Arc;
use uuid::Uuid;

/// Every table of indicators that something published carries.
pub(super) fn tables(
    published: &BTreeMap<String, Published>,
    decision: &mut impl FnMut(&str, &[Uuid]) -> Uuid,
) -> Vec<(String, Published)> {
    let made = indicator_tables().iter().filter_map(|of| {
        let years = years(of, published);
        if years.is_empty() {
            return None;
        }
        let cells = years.iter().map(|on_shelf| cells(of, published, on_shelf)).collect();
        let cube = Cube::of_indicators(
            &of.table,
            years.iter().map(|on_shelf| on_shelf.year).collect(),
            &of.indicators,
        );
        let ids: Vec<Uuid> = years.iter().map(|on_shelf| on_shelf.id).collect();
        let id = of.table.id.clone();
        let offered = (0..cube.variables.len()).map(|at| codelists::offered(&cube, at)).collect();
        let mut made = Published {
            decision: decision(&id, &ids),
            cube: Arc::new(cube),
            years: years.into_iter().map(|on_shelf| (on_shelf, 0)).collect(),
            computed: Some(cells),
            offered,
            share_withheld: 0.0,
            coarser: None,
        };
        made.share_withheld = detail::share_withheld(&made, None);
        Some((id, made))
    });
    made.collect()
}

/// The releases of the years in which every table that is needed is published, oldest first.
fn years(of: &IndicatorTable, published: &BTreeMap<String, Published>) -> Vec<Arc<OnShelf>> {
    let parts = of.indicators.iter().flat_map(|one| [&one.numerator, &one.denominator]);
    let needed: Vec<&String> = parts.flat_map(|part| &part.cells).map(|one| &one.table).collect();
    let release = |table: &str, year: u16| {
        let years = &published.get(table)?.years;
        years.iter().map(|(on_shelf, _)| on_shelf).find(|on_shelf| on_shelf.year == year)
    };
    let of_year = |year: u16| {
        let first = release(needed.first()?, year)?;
        let all = needed.iter().map(|table| release(table, year));
        // Cells of one release are protected together, so whatever follows from them may be shown.
        all.flatten().all(|other| other.id == first.id).then(|| Arc::clone(first))
    };
    let has_all = |year: &u16| needed.iter().all(|table| release(table, *year).is_some());
    of.table.years().filter(has_all).filter_map(of_year).collect()
}

/// The cells of one year: for each region every indicator.
fn cells(
    of: &IndicatorTable,
    published: &BTreeMap<String, Published>,
    on_shelf: &OnShelf,
) -> Vec<Cell> {
    let regions = of.table.dimensions.first();
    let regions = regions.map_or(&[][..], |region| region.values_of(on_shelf.year));
    let each = |region| of.indicators.iter().map(move |one| (region, one));
    let computed = regions.iter().flat_map(each).map(|(region, one)| {
        if region.leaves.iter().all(|leaf| on_shelf.missing.contains(leaf)) {
            return Cell::Missing;
        }
        let part = |part| side(part, region, published, on_shelf);
        quotient(one, part(&one.numerator), part(&one.denominator))
    });
    computed.collect()
}

/// One side of an indicator for a region.
fn side(
    part: &Part,
    region: &Value,
    published: &BTreeMap<String, Published>,
    on_shelf: &OnShelf,
) -> Cell {
    if !part.inhabitants.is_empty() {
        let year = on_shelf.year;
        let counted = inhabitants_of(&region.leaves, &part.inhabitants, year, &on_shelf.missing);
        return counted.map_or(Cell::Missing, Cell::Shown);
    }
    let cells = part.cells.iter().map(|source| {
        let table = published.get(&source.table);
        table.and_then(|table| cell(source, table, region, on_shelf.year)).unwrap_or(Cell::Missing)
    });
    cells.reduce(plus).unwrap_or(Cell::Missing)
}

/// The cell of a region; none where the table has no such region.
fn cell(source: &Source, table: &Published, region: &Value, year: u16) -> Option<Cell> {
    let mut at = 0;
    for dimension in &table.cube.table.dimensions {
        let values = dimension.values_of(year);
        let code = match dimension.column.as_str() {
            "REGION" => &region.code,
            _ => source.at.get(&dimension.code).or(dimension.total.as_ref())?,
        };
        at = at * values.len() + values.iter().position(|value| value.code == *code)?;
    }
    let year_at = table.cube.years.iter().position(|known| *known == year)?;
    table.cells().get(year_at)?.get(at).copied()
}

/// A sum is withheld where a part of it is.
const fn plus(a: Cell, b: Cell) -> Cell {
    match (a, b) {
        (Cell::Shown(a), Cell::Shown(b)) => Cell::Shown(a.saturating_add(b)),
        (Cell::Withheld, _) | (_, Cell::Withheld) => Cell::Withheld,
        _ => Cell::Missing,
    }
}

/// An indicator, rounded to its decimals; missing where there is nothing to set it against.
fn quotient(of: &Indicator, numerator: Cell, denominator: Cell) -> Cell {
    match (numerator, denominator) {
        (Cell::Withheld, _) | (_, Cell::Withheld) => Cell::Withheld,
        (Cell::Shown(above), Cell::Shown(below)) if below > 0 => {
            let unit = u128::from(of.factor) * 10u128.pow(u32::from(of.decimals));
            let below = u128::from(below);
            let rounded = (u128::from(above) * unit + below / 2) / below;
            u64::try_from(rounded).map_or(Cell::Missing, Cell::Shown)
        }
        _ => Cell::Missing,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_indicator_is_withheld_with_any_part_of_it_and_missing_where_it_makes_no_sense() {
        use Cell::{Missing, Shown, Withheld};
        let (_, per_cent) = hjemmel_kostra::indicator("mottakere-18-24").unwrap();
        for (above, below, expected) in [
            (Shown(1), Shown(3), Shown(333)),
            (Shown(2), Shown(3), Shown(667)),
            (Shown(0), Shown(9), Shown(0)),
            (Shown(9), Shown(9), Shown(1_000)),
            (Shown(0), Shown(0), Missing),
            (Withheld, Shown(9), Withheld),
            (Shown(9), Withheld, Withheld),
            (Withheld, Missing, Withheld),
            (Missing, Shown(9), Missing),
        ] {
            assert_eq!(quotient(per_cent, above, below), expected, "{above:?} {below:?}");
        }
        assert_eq!(plus(Shown(1), Shown(2)), Shown(3));
        assert_eq!(plus(Shown(1), Withheld), Withheld);
        assert_eq!(plus(Missing, Withheld), Withheld);
        assert_eq!(plus(Missing, Shown(1)), Missing);
    }
}
