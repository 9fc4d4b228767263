//! Months of a year: counts of persons by region, month and indicator, protected together, and kroner beside them.
//!
//! # Guarantee
//! Of the counts, that of [`super::tables`]: all months and indicators are one system, with the earlier releases of the
//! year. Kroner are shown where the number of recipients is and withheld where it is withheld: they add up over regions as
//! the recipients do, so a pattern that gives no count away gives no sum away. Twelve months add up to sums of the year, of
//! kroner and of months of support: until those are published the last months are told of nobody, and of a region whose sum
//! is withheld there is always a month that no release shows.
//!
//! # Source
//! Own. Held by `kroner_follow_the_recipients_and_what_is_not_told_is_missing` and
//! `months_never_add_up_to_a_sum_the_year_withholds`.

use super::tables::{Protected, tables_beside};
use super::{Before, Beside, Error, Watch};
use crate::{Cell, Microcube, Release, Rule, Sealed, TableCells};
use hjemmel_kostra::months::WAITING;
use hjemmel_kostra::table::{Table, Value};
use hjemmel_policy::Protect;
use std::collections::{BTreeMap, BTreeSet};

/// A region and a month.
type Place = (String, String);

/// Unprotected months. Exact: no `Serialize`, `Debug` or `Clone`.
pub struct Months {
    /// Persons by region, month and group.
    pub counts: Microcube,
    /// What was paid, by region and month.
    pub kroner: BTreeMap<Place, u64>,
    /// The regions and months that have been told of.
    pub told: BTreeSet<Place>,
}

/// An earlier release of the same year, and the months it was made from.
pub struct EarlierMonths {
    /// The months.
    pub months: Sealed<Protect, Months>,
    /// What was released.
    pub release: Release<Vec<TableCells>>,
}

/// Withholds small counts of months, whatever would give them away, and the kroner behind them.
///
/// `counts` is the table of persons, `recipients` the code of its last dimension that kroner follow, and `kroner` the table
/// of amounts, by the first two of its dimensions.
///
/// # Guarantee
/// That of this module.
///
/// # Errors
/// As [`super::tables`], and when the tables are not shaped so.
pub fn months(
    sealed: Sealed<Protect, Months>,
    (counts, recipients, kroner): (&Table, &str, &Table),
    rule: &Rule,
    (before, beside): (Vec<EarlierMonths>, &Beside),
    watch: Watch<'_>,
) -> Result<Protected, Error> {
    let (grant, now) = sealed.open();
    let year = grant.resource().year;
    let mut earlier = Vec::with_capacity(before.len());
    let mut published = Vec::with_capacity(before.len());
    for EarlierMonths { months, release } in before {
        let (grant, then) = months.open();
        let (protection, basis) = (release.protection(), release.basis().cloned());
        let mut content = release.into_content();
        content.retain(|table| table.table == counts.id);
        published.extend(content.first().map(|table| table.cells.clone()));
        let release = Release::new(content, protection, basis);
        earlier.push(Before { counts: Sealed::new(grant, then.counts), release });
    }
    let sealed = Sealed::new(grant, now.counts);
    let Protected { release, report } =
        tables_beside(sealed, &[counts], rule, (earlier, beside), watch)?;
    let unfit = || Error::Before("the tables of months are shaped otherwise");
    let [regions, months, indicators] = counts.dimensions.as_slice() else { return Err(unfit()) };
    let (regions, months, indicators) =
        (regions.values_of(year), months.values_of(year), indicators.values_of(year));
    let of_amounts: Vec<usize> =
        kroner.dimensions.iter().map(|d| d.values_of(year).len()).collect();
    let at = indicators.iter().position(|value| value.code == recipients).ok_or_else(unfit)?;
    if of_amounts != [regions.len(), months.len()] {
        return Err(unfit());
    }
    let (protection, basis) = (release.protection(), release.basis().cloned());
    let mut content = release.into_content();
    let Some(cells) = content.first_mut().map(|table| &mut table.cells) else {
        return Err(unfit());
    };
    let mut amounts = Vec::with_capacity(regions.len() * months.len());
    let mut rest = cells.as_mut_slice();
    for region in regions {
        for month in months {
            let Some((own, after)) = rest.split_at_mut_checked(indicators.len()) else {
                return Err(unfit());
            };
            rest = after;
            let is_told = each(region, month).any(|place| now.told.contains(&place));
            let is_told = is_told && !(beside.sums_to_come && waits(month));
            if !is_told {
                own.fill(Cell::Missing);
            }
            amounts.push(match own.get(at) {
                Some(Cell::Shown(_)) => {
                    let paid = each(region, month).filter_map(|place| now.kroner.get(&place));
                    Cell::Shown(paid.sum())
                }
                Some(other) => *other,
                None => return Err(unfit()),
            });
        }
    }
    // Nothing in these tables adds months up, so that one that is told of nobody tells nothing of the others.
    let releases: Vec<&[Cell]> = published.iter().map(Vec::as_slice).chain([&**cells]).collect();
    let would_add_up = (0..).zip(regions).any(|(place, region): (usize, &Value)| {
        beside.open.contains(&(region.code.clone(), recipients.to_owned()))
            && is_complete(place, (months.len(), indicators.len(), at), &releases)
    });
    if would_add_up {
        let places = regions.iter().flat_map(|_| months);
        let own = cells.chunks_mut(indicators.len().max(1)).zip(&mut amounts).zip(places);
        for ((counts, paid), _) in own.filter(|(_, month)| waits(month)) {
            counts.fill(Cell::Missing);
            *paid = Cell::Missing;
        }
    }
    content.push(TableCells { table: kroner.id.clone(), year, cells: amounts });
    Ok(Protected { release: Release::new(content, protection, basis), report })
}

/// Whether a month waits for the year.
fn waits(month: &Value) -> bool {
    WAITING.contains(&month.code.as_str())
}

/// Whether releases show every month of a region, by its place, and not only that there was nobody.
fn is_complete(
    region: usize,
    (months, indicators, at): (usize, usize, usize),
    releases: &[&[Cell]],
) -> bool {
    let shown = |month: usize| {
        let place = (region * months + month) * indicators + at;
        let cells = releases.iter().filter_map(move |cells| cells.get(place));
        cells
            .filter_map(|cell| if let Cell::Shown(count) = cell { Some(*count) } else { None })
            .max()
    };
    let all: Option<Vec<u64>> = (0..months).map(shown).collect();
    all.is_some_and(|all| all.iter().any(|count| *count > 0))
}

/// The places a region's month adds up.
fn each<'v>(region: &'v Value, month: &'v Value) -> impl Iterator<Item = Place> + 'v {
    let leaves = region.leaves.iter();
    leaves.flat_map(|region| month.leaves.iter().map(|month| (region.clone(), month.clone())))
}

#[cfg(test)]
mod tests;
