//! Published cells as sums of atoms: the form in which tables are protected and attacked.

use std::collections::HashMap;

mod beside;

pub(crate) use beside::{Earlier, editions};

/// An equation everybody knows to hold besides the cells: two sums of atoms are equal.
///
/// Tables that share a dimension can keep atoms of their own when links say that their totals agree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Atoms of the one sum.
    pub left: Vec<u32>,
    /// Atoms of the other.
    pub right: Vec<u32>,
}

/// Atoms that are a full crossing of variables, the last one running fastest.
///
/// It says nothing about the numbers; it helps to find out quickly what may be changed without anybody noticing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cross {
    /// The first atom.
    pub(crate) first: usize,
    /// How many codes each variable has.
    pub(crate) sizes: Vec<usize>,
    /// How many of the variables, the first ones, other crossings have too.
    pub(crate) shared: usize,
}

/// Cells as sums of atoms, with the true value of every atom.
///
/// An atom is an inner cell no published cell splits. All arithmetic is on integers; magnitudes are scaled
/// before they come here. Exact and unprotected: no `Serialize`, `Debug` or `Clone`.
pub struct System {
    starts: Vec<usize>,
    members: Vec<u32>,
    links: Vec<Link>,
    values: Vec<i64>,
    frequencies: Vec<u64>,
    contributions: Option<Contributions>,
    crosses: Vec<Cross>,
    /// Atoms that stand for the same inner cell in other editions, each with the present one.
    twins: Vec<(u32, u32)>,
}

/// Who stands behind each atom, and with how much.
struct Contributions {
    starts: Vec<usize>,
    entries: Vec<(u32, i64)>,
}

/// Parts that do not make a system.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MalformedSystem {
    /// A cell or link names an atom that does not exist.
    #[error("an atom is named that does not exist")]
    UnknownAtom,
    /// A cell or one side of a link names the same atom twice, or both sides share one.
    #[error("an atom is named twice in one sum")]
    RepeatedAtom,
    /// The values of all atoms add up to more than the arithmetic can hold.
    #[error("the values add up to more than {} ", i64::MAX)]
    Overflow,
    /// A count is negative.
    #[error("a count is negative")]
    NegativeCount,
    /// Frequencies or contributions are not one for each atom, or do not add up to the atom's value.
    #[error("frequencies or contributions do not fit the atoms")]
    Ragged,
    /// The two sides of a link have different true values.
    #[error("two sums that must be equal are not")]
    BrokenLink,
}

/// Collects the parts of a [`System`].
pub struct Builder {
    starts: Vec<usize>,
    members: Vec<u32>,
    links: Vec<Link>,
    values: Vec<i64>,
    frequencies: Option<Vec<u64>>,
    contributions: Option<Vec<Vec<(u32, i64)>>>,
    crosses: Vec<Cross>,
    twins: Vec<(u32, u32)>,
}

impl Builder {
    /// Adds a cell and returns its index. The order of its atoms is of no consequence.
    pub fn cell(&mut self, atoms: impl IntoIterator<Item = u32>) -> usize {
        let start = self.members.len();
        self.members.extend(atoms);
        if let Some(added) = self.members.get_mut(start..) {
            added.sort_unstable();
        }
        self.starts.push(self.members.len());
        self.starts.len() - 2
    }

    /// Adds an equation everybody knows.
    pub fn link(&mut self, left: Vec<u32>, right: Vec<u32>) {
        self.links.push(Link { left, right });
    }

    /// Says that the atoms from `first` on cross variables with so many codes each, the last one running fastest.
    ///
    /// Links say that crossings agree on the first `shared` variables. What is said wrongly costs no safety.
    pub fn cross(&mut self, first: usize, sizes: Vec<usize>, shared: usize) {
        self.crosses.push(Cross { first, sizes, shared });
    }

    /// Gives the number of units behind each atom, where the values are amounts.
    #[must_use]
    pub fn frequencies(mut self, frequencies: Vec<u64>) -> Self {
        self.frequencies = Some(frequencies);
        self
    }

    /// Gives each atom's contributors and their amounts; one contributor may stand behind many atoms.
    #[must_use]
    pub fn contributions(mut self, contributions: Vec<Vec<(u32, i64)>>) -> Self {
        self.contributions = Some(contributions);
        self
    }

    /// Checks that the parts fit.
    ///
    /// # Errors
    /// When an atom is unknown or repeated, a count is negative, sums overflow, or a link does not hold.
    pub fn build(self) -> Result<System, MalformedSystem> {
        let count = self.values.len();
        let cells = self.starts.windows(2).map(|w| match *w {
            [from, to] => self.members.get(from..to).unwrap_or_default(),
            _ => &[],
        });
        let sides = self.links.iter().flat_map(|l| [&l.left[..], &l.right[..]]);
        for sum in cells.chain(sides) {
            check_sum(sum, count)?;
        }
        for link in &self.links {
            let both: Vec<u32> = link.left.iter().chain(&link.right).copied().collect();
            check_sum(&both, count)?;
        }
        let total = self.values.iter().try_fold(0_i64, |sum, v| sum.checked_add(v.checked_abs()?));
        if total.is_none_or(|t| t > i64::MAX / 4) {
            return Err(MalformedSystem::Overflow);
        }
        let contributions = self.contributions.map(|c| pack(&c, &self.values)).transpose()?;
        let frequencies = match self.frequencies {
            Some(given) if given.len() == count => given,
            Some(_) => return Err(MalformedSystem::Ragged),
            None if contributions.is_some() => vec![0; count],
            None => self
                .values
                .iter()
                .map(|&v| u64::try_from(v).map_err(|_| MalformedSystem::NegativeCount))
                .collect::<Result<_, _>>()?,
        };
        let system = System {
            starts: self.starts,
            members: self.members,
            links: self.links,
            values: self.values,
            frequencies,
            contributions,
            crosses: self.crosses,
            twins: self.twins,
        };
        if system.links.iter().any(|l| system.sum(&l.left) != system.sum(&l.right)) {
            return Err(MalformedSystem::BrokenLink);
        }
        Ok(system)
    }
}

fn check_sum(atoms: &[u32], count: usize) -> Result<(), MalformedSystem> {
    let mut sorted = atoms.to_vec();
    sorted.sort_unstable();
    if sorted.last().is_some_and(|&a| a as usize >= count) {
        return Err(MalformedSystem::UnknownAtom);
    }
    if sorted.array_windows().any(|[a, b]| a == b) {
        return Err(MalformedSystem::RepeatedAtom);
    }
    Ok(())
}

fn pack(given: &[Vec<(u32, i64)>], values: &[i64]) -> Result<Contributions, MalformedSystem> {
    let fits = |(list, &value): (&Vec<(u32, i64)>, &i64)| {
        list.iter().try_fold(0_i64, |sum, &(_, amount)| sum.checked_add(amount)) == Some(value)
    };
    if given.len() != values.len() || !given.iter().zip(values).all(fits) {
        return Err(MalformedSystem::Ragged);
    }
    let mut starts = vec![0];
    let mut entries = Vec::new();
    for list in given {
        entries.extend_from_slice(list);
        starts.push(entries.len());
    }
    Ok(Contributions { starts, entries })
}

impl System {
    /// Starts a system of atoms with these true values.
    #[must_use]
    pub fn builder(values: Vec<i64>) -> Builder {
        Builder {
            starts: vec![0],
            members: Vec::new(),
            links: Vec::new(),
            values,
            frequencies: None,
            contributions: None,
            crosses: Vec::new(),
            twins: Vec::new(),
        }
    }

    /// How many atoms.
    #[must_use]
    pub const fn atoms(&self) -> usize {
        self.values.len()
    }

    /// How many cells.
    #[must_use]
    pub const fn cells(&self) -> usize {
        self.starts.len() - 1
    }

    /// The atoms a cell adds up, ascending; empty for a cell beyond the last.
    #[must_use]
    pub fn cell(&self, cell: usize) -> &[u32] {
        match (self.starts.get(cell), self.starts.get(cell + 1)) {
            (Some(&from), Some(&to)) => self.members.get(from..to).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The equations known besides the cells.
    #[must_use]
    pub fn links(&self) -> &[Link] {
        &self.links
    }

    /// Whether the values are amounts of contributors rather than counts.
    #[must_use]
    pub const fn is_magnitude(&self) -> bool {
        self.contributions.is_some()
    }

    /// Which atoms cross which variables.
    pub(crate) fn crosses(&self) -> &[Cross] {
        &self.crosses
    }

    /// Atoms of other editions with the present atom of the same inner cell.
    pub(crate) fn twins(&self) -> &[(u32, u32)] {
        &self.twins
    }

    /// The true value of every atom.
    pub(crate) fn values(&self) -> &[i64] {
        &self.values
    }

    /// The true value of a cell.
    pub(crate) fn value(&self, cell: usize) -> i64 {
        self.sum(self.cell(cell))
    }

    /// The number of units behind a cell.
    pub(crate) fn frequency(&self, cell: usize) -> u64 {
        self.cell(cell).iter().filter_map(|&a| self.frequencies.get(a as usize)).sum()
    }

    /// The contributors behind one atom with their amounts; empty for counts.
    pub(crate) fn contributors(&self, atom: u32) -> &[(u32, i64)] {
        let atom = atom as usize;
        self.contributions
            .as_ref()
            .and_then(|c| c.entries.get(*c.starts.get(atom)?..*c.starts.get(atom + 1)?))
            .unwrap_or_default()
    }

    fn sum(&self, atoms: &[u32]) -> i64 {
        atoms.iter().filter_map(|&a| self.values.get(a as usize)).sum()
    }

    /// For every cell the first cell with the same atoms, which is itself if there is none before it.
    ///
    /// Cells of one class are one number published twice: they share their fate.
    #[must_use]
    pub fn classes(&self) -> Vec<u32> {
        let mut first: HashMap<&[u32], u32> = HashMap::with_capacity(self.cells());
        (0_u32..)
            .take(self.cells())
            .map(|cell| *first.entry(self.cell(cell as usize)).or_insert(cell))
            .collect()
    }

    /// The same system with atoms merged that stand in exactly the same cells and links, and with atoms
    /// dropped that stand in none; also, for every old atom, the new one.
    ///
    /// Nothing an attacker can ask tells merged atoms apart: a sum of values ≥ 0 is any value ≥ 0.
    #[must_use]
    pub fn merged(&self) -> (Self, Vec<Option<u32>>) {
        let map = self.merge_map();
        let count = map.iter().flatten().max().map_or(0, |&last| last as usize + 1);
        let mut values = vec![0; count];
        let mut frequencies = vec![0; count];
        let mut shares: Vec<Vec<(u32, i64)>> = vec![Vec::new(); count];
        for (old, new) in map.iter().enumerate() {
            let Some(new) = new.map(|n| n as usize) else { continue };
            add(&mut values, new, self.values.get(old).copied().unwrap_or(0));
            add(&mut frequencies, new, self.frequencies.get(old).copied().unwrap_or(0));
            if let (Some(list), Ok(old)) = (shares.get_mut(new), u32::try_from(old)) {
                list.extend_from_slice(self.contributors(old));
            }
        }
        let renamed = |atoms: &[u32]| -> Vec<u32> {
            let mut new: Vec<u32> =
                atoms.iter().filter_map(|&a| map.get(a as usize).copied().flatten()).collect();
            new.sort_unstable();
            new.dedup();
            new
        };
        let mut starts = vec![0];
        let mut members = Vec::new();
        for cell in 0..self.cells() {
            members.extend(renamed(self.cell(cell)));
            starts.push(members.len());
        }
        let links = self
            .links
            .iter()
            .map(|l| Link { left: renamed(&l.left), right: renamed(&l.right) })
            .collect();
        let contributions = self.contributions.as_ref().map(|_| {
            let mut packed = Contributions { starts: vec![0], entries: Vec::new() };
            for list in &mut shares {
                packed.entries.append(list);
                packed.starts.push(packed.entries.len());
            }
            packed
        });
        let (crosses, twins) = (Vec::new(), Vec::new());
        let merged =
            Self { starts, members, links, values, frequencies, contributions, crosses, twins };
        (merged, map)
    }

    /// The same system with only these cells, in this order.
    pub(crate) fn restricted(self, cells: &[usize]) -> Self {
        let mut starts = vec![0];
        let mut members = Vec::new();
        for &cell in cells {
            members.extend_from_slice(self.cell(cell));
            starts.push(members.len());
        }
        Self { starts, members, ..self }
    }

    /// For every atom its number after merging; none where it stands in no cell and no link.
    fn merge_map(&self) -> Vec<Option<u32>> {
        let mut columns: Vec<Vec<u32>> = vec![Vec::new(); self.atoms()];
        let cells = (0..self.cells()).map(|c| self.cell(c));
        let sides = self.links.iter().flat_map(|l| [&l.left[..], &l.right[..]]);
        for (label, atoms) in (0_u32..).zip(cells.chain(sides)) {
            for &atom in atoms {
                if let Some(column) = columns.get_mut(atom as usize) {
                    column.push(label);
                }
            }
        }
        let mut first: HashMap<Vec<u32>, u32> = HashMap::new();
        columns
            .into_iter()
            .map(|column| {
                if column.is_empty() {
                    return None;
                }
                let next = u32::try_from(first.len()).ok()?;
                Some(*first.entry(column).or_insert(next))
            })
            .collect()
    }
}

fn add<T: std::ops::AddAssign>(sums: &mut [T], at: usize, amount: T) {
    if let Some(sum) = sums.get_mut(at) {
        *sum += amount;
    }
}

#[cfg(test)]
mod tests;
