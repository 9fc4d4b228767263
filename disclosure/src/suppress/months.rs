//! Months of a year: counts of persons by region, month and indicator, protected together, and kroner beside them.
//!
//! # Guarantee
//! Of the counts, that of [`super::tables`]: all months and indicators are one system, with the earlier releases of the
//! year. Kroner are shown where the number of recipients is and withheld where it is withheld: they add up over regions as
//! the recipients do, so a pattern that gives no count away gives no sum away.
//!
//! # Source
//! Own. Held by `kroner_follow_the_recipients_and_what_is_not_told_is_missing`.

use super::tables::{Protected, tables_beside};
use super::{Before, Beside, Error, Watch};
use crate::{Cell, Microcube, Release, Rule, Sealed, TableCells};
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
    for EarlierMonths { months, release } in before {
        let (grant, then) = months.open();
        let (protection, basis) = (release.protection(), release.basis().cloned());
        let mut content = release.into_content();
        content.retain(|table| table.table == counts.id);
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
    content.push(TableCells { table: kroner.id.clone(), year, cells: amounts });
    Ok(Protected { release: Release::new(content, protection, basis), report })
}

/// The places a region's month adds up.
fn each<'v>(region: &'v Value, month: &'v Value) -> impl Iterator<Item = Place> + 'v {
    let leaves = region.leaves.iter();
    leaves.flat_map(|region| month.leaves.iter().map(|month| (region.clone(), month.clone())))
}

#[cfg(test)]
mod tests;
