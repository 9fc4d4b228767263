//! Sums by region of what persons received, or of the months they had support: protected beside the counts of the year.
//!
//! # Guarantee
//! As [`super::system`] gives for amounts: nobody who holds all sums of a table, and those of earlier editions of the
//! year, can compute a withheld one, or what few persons make up that came or went between editions, or estimate what one
//! person received closer than the rule lets them. A sum is withheld where the number of persons behind it is, and where
//! a count it would bound is: a month is a whole number from one to twelve for each person.
//!
//! # Source
//! Hundepool et al., *Statistical Disclosure Control* (2012), section 4.2; own for what lies between editions. Held by
//! `sums_of_few_are_withheld_and_those_around_them`, `what_came_between_editions_is_not_told` and
//! `a_sum_is_withheld_where_counts_are`.

use super::error::Error;
use super::pattern::{Keep, Terms};
use super::report::TableCount;
use super::tables::{Protected, Shape, attacked};
use super::{Watch, payments};
use crate::{Cell, Reason, Release, Sealed, Status, System, TableCells};
use hjemmel_kostra::table::{Level, Table, Value};
use hjemmel_policy::Protect;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// What each person adds to a sum of each region. Exact and unprotected: no `Serialize`, `Debug` or `Clone`.
pub struct Amounts {
    table: String,
    regions: Vec<String>,
    parts: Vec<Vec<(u32, i64)>>,
}

impl Amounts {
    /// Nothing yet, of the leaf codes of the regions of a table.
    #[must_use]
    pub fn new(table: &str, regions: Vec<String>) -> Self {
        let parts = regions.iter().map(|_| Vec::new()).collect();
        Self { table: table.to_owned(), regions, parts }
    }

    /// Adds what one person adds to the sum of a region, by its place among the regions. One person has one number in
    /// all of them.
    pub fn add(&mut self, region: usize, person: u32, amount: i64) {
        if let Some(parts) = self.parts.get_mut(region) {
            parts.push((person, amount));
        }
    }

    /// What each person adds to each region, everything of theirs together; nothing of whoever adds nothing.
    fn by_person(&self) -> Vec<Vec<(u32, i64)>> {
        let together = |parts: &Vec<(u32, i64)>| {
            let mut sums: BTreeMap<u32, i64> = BTreeMap::new();
            for (person, amount) in parts {
                let sum = sums.entry(*person).or_default();
                *sum = sum.saturating_add(*amount);
            }
            sums.into_iter().filter(|(_, amount)| *amount > 0).collect()
        };
        self.parts.iter().map(together).collect()
    }
}

/// Sums of an earlier edition of the year, and what was released of them.
pub struct EarlierAmounts {
    /// The sums.
    pub amounts: Sealed<Protect, Vec<Amounts>>,
    /// The cells of tables of sums; others are of no consequence.
    pub released: Vec<TableCells>,
}

/// Adds tables of sums to protected counts of the same form, year and edition.
///
/// # Guarantee
/// That of this module.
///
/// # Errors
/// When a table has no amounts, is of another form or year, or the audit refuses its pattern. Nothing is released then.
pub fn amounts(
    protected: Protected,
    sealed: Sealed<Protect, Vec<Amounts>>,
    (tables, counted): (&[&Table], &[&Table]),
    earlier: Vec<EarlierAmounts>,
    watch: Watch<'_>,
) -> Result<Protected, Error> {
    let (grant, now) = sealed.open();
    let resource = grant.resource();
    let year = resource.year;
    let mut then = Vec::with_capacity(earlier.len());
    for EarlierAmounts { amounts, released } in earlier {
        let (grant, amounts) = amounts.open();
        if (grant.resource().form, grant.resource().year) != (resource.form, year) {
            return Err(Error::Before("it is of another form or year"));
        }
        then.push((amounts, released));
    }
    let Protected { release, mut report } = protected;
    let (protection, basis) = (release.protection(), release.basis().cloned());
    let mut content = release.into_content();
    for table in tables {
        let outside = || Error::OutsideGrant { table: table.id.clone() };
        if table.form != resource.form {
            return Err(outside());
        }
        let [region] = table.dimensions.as_slice() else { return Err(outside()) };
        let regions = region.values_of(year);
        let own = now.iter().find(|one| one.table == table.id).ok_or_else(outside)?;
        let untold = untold(table, counted, &content, year)?;
        let editions = then.iter().filter_map(|(amounts, released)| {
            let cells = released.iter().find(|one| one.table == table.id && one.year == year)?;
            let amounts = amounts.iter().find(|one| one.table == table.id)?;
            Some((amounts, cells.cells.as_slice()))
        });
        let joint = Joint::of(own, regions, &editions.collect::<Vec<_>>())?;
        let statuses = joint.protected(regions, &untold, watch)?;
        report.tables.push(TableCount::of(table, regions, &statuses));
        let cells = statuses.iter().map(|(status, sum)| match status {
            Status::Shown => Cell::Shown(*sum),
            Status::Primary | Status::Secondary => Cell::Withheld,
        });
        content.push(TableCells { table: table.id.clone(), year, cells: cells.collect() });
    }
    Ok(Protected { release: Release::new(content, protection, basis), report })
}

/// Regions whose sum is withheld because a count is: their number of persons, or any of those the sum would bound.
fn untold(
    of: &Table,
    counted: &[&Table],
    released: &[TableCells],
    year: u16,
) -> Result<BTreeSet<String>, Error> {
    let mut untold = BTreeSet::new();
    for table in counted {
        let Some(cells) = released.iter().find(|one| one.table == table.id) else { continue };
        let shape = Shape::of(table, year)?;
        for (number, cell) in cells.cells.iter().enumerate() {
            if matches!(cell, Cell::Shown(_)) {
                continue;
            }
            let mut values = shape.values(number);
            let Some(region) = values.next() else { continue };
            let mut others = table.dimensions.iter().skip(1).zip(values);
            let counts = others.all(|(dimension, value)| {
                of.bounds.contains(&dimension.column)
                    || Some(&value.code) == dimension.total.as_ref()
            });
            if counts {
                untold.insert(region.code.clone());
            }
        }
    }
    Ok(untold)
}

/// The sums of all editions of a year as one system.
///
/// What a region's persons add is split by the editions it is in: what all have is one atom of all, and what came or went
/// is an atom of its own, which is a cell to be protected as well though nobody publishes it.
struct Joint {
    system: System,
    /// By cell whether it was shown in an earlier edition; none for cells that were not published then.
    before: Vec<Option<bool>>,
}

/// What stays the same between editions is found by amount: who somebody is in another edition is not known here.
fn shares(editions: &[&Vec<(u32, i64)>]) -> BTreeMap<u32, Vec<(u32, i64)>> {
    let mut left: BTreeMap<i64, Vec<Vec<u32>>> = BTreeMap::new();
    for (edition, parts) in editions.iter().enumerate() {
        for (person, amount) in *parts {
            let of_amount = left.entry(*amount).or_insert_with(|| vec![Vec::new(); editions.len()]);
            if let Some(persons) = of_amount.get_mut(edition) {
                persons.push(*person);
            }
        }
    }
    let mut shares: BTreeMap<u32, Vec<(u32, i64)>> = BTreeMap::new();
    for (amount, mut of_amount) in left {
        loop {
            let mut editions = 0;
            let mut who = None;
            for (edition, persons) in of_amount.iter_mut().enumerate().rev() {
                if let Some(person) = persons.pop() {
                    editions |= 1 << edition;
                    // The present edition comes first and names the person; an earlier one, somebody else.
                    let elsewhere = u32::MAX - person;
                    who = Some(if edition == 0 { person } else { elsewhere });
                }
            }
            let Some(who) = who else { break };
            shares.entry(editions).or_default().push((who, amount));
        }
    }
    shares
}

impl Joint {
    fn of(
        now: &Amounts,
        regions: &[Value],
        earlier: &[(&Amounts, &[Cell])],
    ) -> Result<Self, Error> {
        if earlier.len() > 30 || earlier.iter().any(|(one, _)| one.regions != now.regions) {
            return Err(Error::Before("its code lists are others"));
        }
        let all: Vec<Vec<Vec<(u32, i64)>>> = [now]
            .into_iter()
            .chain(earlier.iter().map(|one| one.0))
            .map(Amounts::by_person)
            .collect();
        let every = (1_u32 << all.len()) - 1;
        let mut atoms: Vec<Vec<(u32, i64)>> = Vec::new();
        // By leaf the atoms of each edition, and atoms that are not of all.
        let mut of: HashMap<&str, Vec<(u32, u32)>> = HashMap::new();
        let mut changed = Vec::new();
        for (at, leaf) in now.regions.iter().enumerate() {
            let parts: Vec<&Vec<(u32, i64)>> = all.iter().filter_map(|one| one.get(at)).collect();
            let mut of_leaf = Vec::new();
            for (editions, shares) in shares(&parts) {
                let atom = u32::try_from(atoms.len()).map_err(|_| Error::Before("is too large"))?;
                of_leaf.push((editions, atom));
                changed.extend((editions != every).then_some(atom));
                atoms.push(shares);
            }
            of.insert(leaf, of_leaf);
        }
        let values = atoms.iter().map(|parts| parts.iter().map(|(_, amount)| amount).sum());
        let persons = atoms.iter().map(|parts| parts.len() as u64).collect();
        let mut builder =
            System::builder(values.collect()).frequencies(persons).contributions(atoms);
        let mut before = Vec::new();
        let sum = |region: &Value, edition: usize| -> Vec<u32> {
            let leaves = region.leaves.iter().filter_map(|leaf| of.get(leaf.as_str()));
            let atoms = leaves.flatten().filter(|(editions, _)| editions >> edition & 1 == 1);
            atoms.map(|(_, atom)| *atom).collect()
        };
        for region in regions {
            builder.cell(sum(region, 0));
            before.push(None);
        }
        for (edition, (_, cells)) in earlier.iter().enumerate() {
            for (region, cell) in regions.iter().zip(*cells) {
                builder.cell(sum(region, edition + 1));
                before.push(Some(matches!(cell, Cell::Shown(_))));
            }
        }
        for atom in changed {
            builder.cell([atom]);
            before.push(None);
        }
        Ok(Self { system: builder.build()?, before })
    }

    /// What becomes of the present sums, each with its value.
    fn protected(
        &self,
        regions: &[Value],
        untold: &BTreeSet<String>,
        watch: Watch<'_>,
    ) -> Result<Vec<(Status, u64)>, Error> {
        let rule = payments::rule();
        let mut terms = Terms { every_cell_counts: true, ..Terms::default() };
        for (cell, before) in self.before.iter().enumerate() {
            let region = regions.get(cell);
            let kept = match region.map(|one| one.level) {
                Some(Level::Fylke | Level::Total) => Keep::Total,
                _ => Keep::No,
            };
            // Nothing can be taken from a sum of nothing to prove that it may be another.
            let withheld = region.is_some_and(|region| untold.contains(&region.code))
                && self.system.value(cell) > 0;
            terms.withheld.push(withheld.then_some(Reason::Earlier));
            terms.kept.push(kept);
            terms.published.push(*before == Some(true));
            terms.held.push(*before == Some(false));
        }
        let audited = super::system_watched(&self.system, &terms, &rule, watch)?;
        attacked(&self.system, &audited, &rule, watch)?;
        let statuses = regions.iter().enumerate().map(|(cell, region)| {
            let sum = u64::try_from(self.system.value(cell)).unwrap_or(0);
            let found = audited.statuses().get(cell).filter(|_| !untold.contains(&region.code));
            (found.copied().unwrap_or(Status::Primary), sum)
        });
        Ok(statuses.collect())
    }
}

#[cfg(test)]
mod tests;
