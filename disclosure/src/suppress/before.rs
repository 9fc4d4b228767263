//! Tables of a year beside what was released of it before.
//!
//! # Guarantee
//! Whoever holds all releases of the year can work out no more than [`super::tables`] says of one, even when they know
//! which inner cells are the same in several editions, and that a person in such a cell stayed in it. What an earlier
//! release withheld for others' sake keeps two possible values too; where what changed leaves no way, it is taken for
//! known, and [`super::Evidence`] counts it.
//!
//! # Source
//! Own. Held by `a_later_edition_is_protected_together_with_the_earlier_one`,
//! `three_editions_are_protected_together` and `what_was_withheld_before_stays_unknown`.

use super::blocks::Blocks;
use super::error::Error;
use super::pattern::Terms;
use super::tables::{Shape, terms, value};
use crate::system::{Earlier, editions};
use crate::{Cell, Microcube, Release, Rule, Sealed, System, TableCells};
use hjemmel_kostra::{Level, Table};
use hjemmel_policy::{Protect, ProtectTables};

/// An earlier release of the same form and year, and the counts it was made from.
pub struct Before {
    /// The counts.
    pub counts: Sealed<Protect, Microcube>,
    /// What was released; only an archive that verifies gives one.
    pub release: Release<Vec<TableCells>>,
}

/// What is about to be released.
pub(super) struct Present<'a> {
    pub(super) cube: &'a Microcube,
    pub(super) shapes: &'a [Shape<'a>],
    pub(super) blocks: &'a Blocks,
    pub(super) rule: &'a Rule,
}

/// The present cells with all earlier ones that count behind them, and for each of those table and cell.
type Joint = (System, Terms, Vec<(usize, usize)>);

impl Present<'_> {
    /// Joins what was released before to the present cells.
    pub(super) fn beside(
        &self,
        system: &System,
        mut terms: Terms,
        before: Vec<Before>,
        resource: &ProtectTables,
    ) -> Result<Joint, Error> {
        let mut cells: Vec<usize> = (0..system.cells()).collect();
        let mut joint: Option<System> = None;
        let mut same: Vec<Vec<u32>> = (0_u32..).take(system.atoms()).map(|a| vec![a]).collect();
        let mut names = Vec::new();
        terms.published.resize(system.cells(), false);
        terms.preferred.resize(system.cells(), false);
        terms.held.resize(system.cells(), false);
        terms.withheld.resize(system.cells(), None);
        let mut renamings = Vec::new();
        for Before { counts, release } in before {
            let (grant, cube) = counts.open();
            let asked = grant.resource();
            if asked.form != resource.form || asked.year != resource.year {
                return Err(Error::Before("it is of another form or year"));
            }
            if cube.axes() != self.cube.axes() {
                return Err(Error::Before("its code lists are others"));
            }
            let then = self.blocks.system(&cube, self.shapes)?;
            let counted = self.counted(&cube, &then, release.content(), &mut terms)?;
            let own: Vec<usize> = counted.iter().map(|cell| cell.2).collect();
            names.extend(counted.iter().map(|cell| (cell.0, cell.1)));
            let earlier = Earlier { system: &then, cells: &own, same: &same, people: &[] };
            let (next, renamed) =
                joint.as_ref().unwrap_or(system).beside(&cells, Some(&earlier))?;
            for (same, renamed) in same.iter_mut().zip(&renamed) {
                if !same.contains(renamed) {
                    same.push(*renamed);
                }
            }
            renamings.push(renamed);
            cells = (0..next.cells()).collect();
            joint = Some(next);
        }
        let joint = joint.ok_or(Error::Before("there is none"))?;
        terms.editions_of = editions(system.atoms(), joint.atoms(), &renamings);
        Ok((joint, terms, names))
    }

    /// The cells of an earlier release that count, as table, cell of it and cell of all; adds what is wished for them.
    fn counted(
        &self,
        cube: &Microcube,
        then: &System,
        released: &[TableCells],
        wished: &mut Terms,
    ) -> Result<Vec<(usize, usize, usize)>, Error> {
        let own = terms(cube, self.shapes, then, self.blocks, self.rule)?;
        let mut counted = Vec::new();
        let is_sum = |id: &str| hjemmel_kostra::table(id).is_some_and(Table::is_sum);
        for table in released.iter().filter(|table| !is_sum(&table.table)) {
            let mut first = 0;
            let found = self.shapes.iter().enumerate().find(|(_, shape)| {
                let found = shape.table.id == table.table;
                first += if found { 0 } else { shape.cells() };
                found
            });
            let fits = |shape: &Shape<'_>| has_its_places(shape, table.cells.len());
            let Some((number, shape)) = found.filter(|(_, shape)| fits(shape)) else {
                return Err(Error::Before("a table of it is no longer the same"));
            };
            for (at, cell) in table.cells.iter().enumerate().take(shape.cells()) {
                let all = first + at;
                let few = own.withheld.get(all).copied().flatten();
                let shown = match cell {
                    Cell::Shown(shown) if *shown != value(then, all) => {
                        return Err(Error::Before("it was made from other records"));
                    }
                    Cell::Shown(_) => true,
                    Cell::Withheld => {
                        if let Some(preferred) = wished.preferred.get_mut(all) {
                            *preferred = true;
                        }
                        false
                    }
                    Cell::Missing | Cell::NotCovered => continue,
                };
                wished.published.push(shown);
                wished.preferred.push(!shown);
                wished.held.push(!shown);
                wished.withheld.push(few);
                counted.push((number, at, all));
            }
        }
        Ok(counted)
    }
}

/// Whether so many cells have the places of a shape: all of them, or all but those of municipalities by size and of
/// merged ones, which stand last and came later.
fn has_its_places(shape: &Shape<'_>, cells: usize) -> bool {
    let Some(regions) = shape.dimensions.first() else { return cells == shape.cells() };
    let late = regions.iter().rev().take_while(|region| region.level.is_further()).count();
    let merged = regions.iter().filter(|region| region.level == Level::Merged).count();
    let each = shape.cells() / regions.len().max(1);
    let lacks = |lacking: usize| cells == shape.cells() - lacking * each;
    lacks(0) || lacks(merged) || lacks(late)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_last_may_lack() {
        let table = hjemmel_kostra::table("S1101").unwrap();
        let shape = Shape::of(table, 2024).unwrap();
        let each = shape.cells() / shape.dimensions[0].len();
        let fits = |cells| has_its_places(&shape, cells);
        assert!(fits(shape.cells()) && fits(shape.cells() - 7 * each));
        for regions in [1, 6, 8] {
            assert!(!fits(shape.cells() - regions * each), "{regions}");
        }
        assert!(!fits(0) && !fits(shape.cells() - 1) && !fits(shape.cells() + each));
        let shape = Shape::of(table, 2016).unwrap();
        let each = shape.cells() / shape.dimensions[0].len();
        let merged = shape.dimensions[0].iter().filter(|one| one.level == Level::Merged).count();
        assert!(merged > 30 && has_its_places(&shape, shape.cells() - merged * each));
        assert!(!has_its_places(&shape, shape.cells() - each));
    }
}
