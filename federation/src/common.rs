//! A table as several nodes make it together: the published definition, without the regions that are one node's alone.
//!
//! A municipality is counted by one node, so its own cells could never be published by this way; what is left are the
//! regions that two nodes at least have a part in, told over the municipalities the nodes answer for and no others. KOSTRA
//! groups and sizes of municipality cross the counties and are left out.

use crate::{Bytes, Member};
use hjemmel_kostra::Table;
use hjemmel_kostra::regions::Division;
use hjemmel_kostra::table::{Level, Value};
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// The definition that all nodes of a round make for themselves, from the same words.
#[derive(Debug, Clone)]
pub struct Common {
    table: Table,
    year: u16,
    cells: usize,
    partly: BTreeSet<String>,
    definition: Bytes<32>,
}

/// Why a table cannot be made by these nodes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCommon {
    /// It does not exist for the year.
    #[error("`{0}` does not exist for the year")]
    Year(String),
    /// A population names what is no region of the year.
    #[error("`{0}` is no region of the year")]
    Region(String),
    /// No region is of two nodes.
    #[error("there is no region that two of the nodes have a part in")]
    NothingShared,
}

impl Common {
    /// Leaves out what one node has alone.
    ///
    /// # Errors
    /// When nothing is left.
    pub fn of(table: &Table, year: u16, members: &[Member]) -> Result<Self, NotCommon> {
        if !table.has_year(year) {
            return Err(NotCommon::Year(table.id.clone()));
        }
        let populations = members
            .iter()
            .map(|member| leaves_of(year, &member.population))
            .collect::<Result<Vec<_>, _>>()?;
        let mut table = table.clone();
        let mut partly = BTreeSet::new();
        if let Some(region) = table.dimensions.first_mut() {
            // Groups that cross the counties would leave inner cells that nobody can tell apart.
            let crosses = |level: Level| level == Level::KostraGroup || level.is_further();
            let nested = |value: &&Value| !crosses(value.level);
            let values = region.values_of(year).iter().filter(nested);
            let kept: Vec<Value> =
                values.filter_map(|value| shared(value, &populations, &mut partly)).collect();
            region.values = BTreeMap::from([(year, kept)]);
        }
        let of_year = table.dimensions.iter().map(|dimension| dimension.values_of(year).len());
        let cells = of_year.product();
        if cells == 0 {
            return Err(NotCommon::NothingShared);
        }
        let definition = digest(&table, year);
        Ok(Self { table, year, cells, partly, definition })
    }

    /// The table.
    #[must_use]
    pub const fn table(&self) -> &Table {
        &self.table
    }

    /// The reporting year.
    #[must_use]
    pub const fn year(&self) -> u16 {
        self.year
    }

    /// How many cells it has.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.cells
    }

    /// How many sums each node makes: for each cell the records, and then for each cell the persons.
    #[must_use]
    pub const fn sums(&self) -> usize {
        self.cells.saturating_mul(2)
    }

    /// Regions some of whose municipalities no node answers for.
    #[must_use]
    pub const fn partly(&self) -> &BTreeSet<String> {
        &self.partly
    }

    /// What says that two nodes mean the same cells.
    #[must_use]
    pub const fn definition(&self) -> Bytes<32> {
        self.definition
    }
}

/// A region over the municipalities the nodes answer for, if two of them have a part in it.
fn shared(
    value: &Value,
    populations: &[BTreeSet<String>],
    partly: &mut BTreeSet<String>,
) -> Option<Value> {
    let has = |leaf: &String| populations.iter().any(|population| population.contains(leaf));
    let leaves: Vec<String> = value.leaves.iter().filter(|leaf| has(leaf)).cloned().collect();
    let mut parts = populations.iter();
    let has_part =
        |population: &&BTreeSet<String>| leaves.iter().any(|leaf| population.contains(leaf));
    if parts.by_ref().filter(has_part).count() < 2 {
        return None;
    }
    if leaves.len() < value.leaves.len() {
        partly.insert(value.code.clone());
    }
    Some(Value { leaves, ..value.clone() })
}

/// The leaves of a population.
///
/// # Errors
/// When it names what is no region of the year.
pub fn leaves_of(year: u16, population: &BTreeSet<String>) -> Result<BTreeSet<String>, NotCommon> {
    let division = Division::of(year);
    let mut all = BTreeSet::new();
    for region in population {
        let leaves = division.and_then(|division| division.leaves_of(region));
        let leaves = leaves.ok_or_else(|| NotCommon::Region(region.clone()))?;
        all.extend(leaves.iter().cloned());
    }
    Ok(all)
}

fn digest(table: &Table, year: u16) -> Bytes<32> {
    let mut all = Sha256::new();
    let mut say = |part: &[u8]| {
        all.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        all.update(part);
    };
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX).to_be_bytes();
    say(b"hjemmel/federation/definition/1");
    say(table.id.as_bytes());
    say(&year.to_be_bytes());
    for dimension in &table.dimensions {
        let values = dimension.values_of(year);
        say(dimension.column.as_bytes());
        say(&count(values.len()));
        for value in values {
            say(value.code.as_bytes());
            say(&count(value.leaves.len()));
            value.leaves.iter().for_each(|leaf| say(leaf.as_bytes()));
        }
    }
    Bytes(all.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::NodeId;

    fn member(number: &str, population: &[&str]) -> Member {
        let population = population.iter().map(|&region| region.to_owned()).collect();
        Member { node: NodeId::parse(number).unwrap(), population }
    }

    fn common(first: &[&str], second: &[&str]) -> Result<Common, NotCommon> {
        let table = hjemmel_kostra::table("S1101").unwrap();
        Common::of(table, 2024, &[member("100000000", first), member("100000001", second)])
    }

    fn regions(common: &Common) -> Vec<&str> {
        let region = common.table().dimensions.first().unwrap();
        region.values_of(2024).iter().map(|value| value.code.as_str()).collect()
    }

    #[test]
    fn what_is_left_are_regions_of_two_nodes() {
        let of_two = common(&["3101", "1103"], &["3103", "4601"]).unwrap();
        let kept = regions(&of_two);
        assert!(kept.contains(&"EAK") && kept.contains(&"EKA31"), "{kept:?}");
        assert!(!kept.contains(&"3101") && !kept.contains(&"EKA46"), "{kept:?}");
        let crosses = |code: &&str| code.starts_with("EKG") || code.starts_with('F');
        assert!(!kept.iter().any(crosses), "{kept:?}");
        assert!(of_two.partly().contains("EAK") && of_two.partly().contains("EKA31"));
        assert_eq!(of_two.sums(), 2 * of_two.cells());
        let fewer = common(&["3101"], &["3103", "4601"]).unwrap();
        assert_ne!(fewer.definition(), of_two.definition());
        let again = common(&["3101", "1103"], &["3103", "4601"]).unwrap();
        assert_eq!(again.definition(), of_two.definition());
        assert!(matches!(common(&["nowhere"], &["3103"]), Err(NotCommon::Region(_))));
    }

    #[test]
    fn a_city_that_two_nodes_share_is_left() {
        let kept = common(&["030101"], &["030102"]).unwrap();
        assert!(regions(&kept).contains(&"0301"), "{:?}", regions(&kept));
    }
}
