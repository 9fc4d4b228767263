//! Atoms of linked tables.
//!
//! Crossing all columns of all tables would give far more atoms than cells. Tables whose column sets meet in
//! the same columns everywhere, here the region, get one block of atoms each, and links say that the blocks agree
//! on the shared columns.
//!
//! # Guarantee
//! What can be computed and which values are possible is what it would be with all columns crossed, against anybody.
//!
//! # Source
//! Own: given blocks of whole numbers ≥ 0 that agree on every
//! shared combination, a joint table with exactly these blocks as sums exists (within a combination it is a
//! transport problem with equal totals, which always has a whole solution), and every joint table gives
//! such blocks. Sets that meet otherwise are crossed. Held by `blocks_that_share_a_column_are_as_safe_as_their_crossing`
//! and by the attack over HTTP on every table of a year, which crosses what it needs.

use super::error::Error;
use super::tables::Shape;
use crate::{Microcube, System};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// For every leaf code of a column the group it belongs to; codes of a group stand in the same values.
struct Groups {
    of_code: Vec<usize>,
    count: usize,
}

/// One block: the columns it crosses and where its atoms start.
struct Block {
    columns: Vec<String>,
    first: usize,
}

/// How the tables are spread over blocks of atoms.
pub(super) struct Blocks {
    groups: BTreeMap<String, Groups>,
    all: Vec<Block>,
    shared: BTreeSet<String>,
    atoms: usize,
}

/// For every dimension of a table and every leaf code the values it is counted in.
pub(super) struct Spread {
    axes: Vec<usize>,
    values: Vec<Vec<Vec<usize>>>,
    lengths: Vec<usize>,
}

fn axis(cube: &Microcube, table: &str, column: &str) -> Result<usize, Error> {
    let unknown = || Error::Unknown { table: table.to_owned(), name: column.to_owned() };
    cube.axes().iter().position(|a| a.column == column).ok_or_else(unknown)
}

impl Spread {
    pub(super) fn of(cube: &Microcube, shape: &Shape<'_>) -> Result<Self, Error> {
        let table = shape.table.id.as_str();
        let mut spread = Self { axes: Vec::new(), values: Vec::new(), lengths: Vec::new() };
        for (column, values) in shape.columns.iter().zip(&shape.dimensions) {
            let at = axis(cube, table, column)?;
            let codes = cube.axes().get(at).map_or(&[][..], |a| &a.codes);
            let index: HashMap<&str, usize> =
                codes.iter().enumerate().map(|(i, c)| (c.as_str(), i)).collect();
            let mut by_code = vec![Vec::new(); codes.len()];
            for (number, value) in values.iter().enumerate() {
                for leaf in &value.leaves {
                    let unknown = || Error::Unknown { table: table.to_owned(), name: leaf.clone() };
                    let &code = index.get(leaf.as_str()).ok_or_else(unknown)?;
                    if let Some(list) = by_code.get_mut(code) {
                        list.push(number);
                    }
                }
            }
            for list in &mut by_code {
                list.dedup();
            }
            spread.axes.push(at);
            spread.values.push(by_code);
            spread.lengths.push(values.len());
        }
        Ok(spread)
    }

    /// The cells of the table that count a row of the cube.
    pub(super) fn cells(&self, cube: &Microcube, row: usize) -> Vec<usize> {
        let mut cells = vec![0];
        for ((&axis, values), &length) in self.axes.iter().zip(&self.values).zip(&self.lengths) {
            let code = cube.codes().get(axis).and_then(|c| c.get(row)).copied().unwrap_or(u32::MAX);
            let into = values.get(code as usize).map_or(&[][..], |v| v);
            cells = cells.iter().flat_map(|&c| into.iter().map(move |&v| c * length + v)).collect();
        }
        cells
    }
}

impl Blocks {
    /// Chooses the blocks.
    pub(super) fn of(cube: &Microcube, shapes: &[Shape<'_>]) -> Result<Self, Error> {
        let groups = groups(cube, shapes)?;
        let mut sets: Vec<BTreeSet<String>> =
            shapes.iter().map(|s| s.columns.iter().map(|&c| c.to_owned()).collect()).collect();
        let shared = loop {
            let whole = sets.clone();
            sets.retain(|s| !whole.iter().any(|other| other.len() > s.len() && s.is_subset(other)));
            sets.sort();
            sets.dedup();
            match meeting(&sets) {
                Ok(shared) => break shared,
                Err((a, b)) => {
                    let mut taken = sets.remove(b);
                    if let Some(into) = sets.get_mut(a) {
                        into.append(&mut taken);
                    }
                }
            }
        };
        let mut atoms = 0;
        let mut blocks = Vec::new();
        for set in sets {
            // Shared columns first, so that the atoms of one shared combination lie together.
            let rest = set.iter().filter(|c| !shared.contains(*c));
            let columns: Vec<String> = shared.iter().chain(rest).cloned().collect();
            let size: usize = columns.iter().map(|c| count(&groups, c)).product();
            blocks.push(Block { columns, first: atoms });
            atoms += size;
        }
        Ok(Self { groups, all: blocks, shared, atoms })
    }

    /// How many blocks, which is in how many atoms one record is counted.
    pub(super) fn count(&self) -> usize {
        self.all.len()
    }

    /// The system of all cells of all tables, in order.
    pub(super) fn system(&self, cube: &Microcube, shapes: &[Shape<'_>]) -> Result<System, Error> {
        let mut builder = System::builder(self.values(cube)?);
        for block in &self.all {
            let sizes = block.columns.iter().map(|column| count(&self.groups, column));
            builder.cross(block.first, sizes.collect(), self.shared.len());
        }
        for shape in shapes {
            let spread = Spread::of(cube, shape)?;
            for cell in 0..shape.cells() {
                builder.cell(self.cell(shape, &spread, &shape.at(cell)));
            }
        }
        let combinations: usize = self.shared.iter().map(|c| count(&self.groups, c)).product();
        if let Some((first, others)) = self.all.split_first() {
            for other in others {
                for combination in 0..combinations {
                    builder.link(self.slice(first, combination), self.slice(other, combination));
                }
            }
        }
        Ok(builder.build()?)
    }

    /// Atoms of a block within one combination of the shared columns.
    fn slice(&self, block: &Block, combination: usize) -> Vec<u32> {
        let rest = block.columns.iter().filter(|c| !self.shared.contains(*c));
        let size: usize = rest.map(|c| count(&self.groups, c)).product();
        let start = block.first + combination * size;
        (start..start + size).filter_map(|a| u32::try_from(a).ok()).collect()
    }

    /// The true value of every atom.
    fn values(&self, cube: &Microcube) -> Result<Vec<i64>, Error> {
        let mut values = vec![0_i64; self.atoms];
        for block in &self.all {
            let mut places = vec![0_usize; cube.counts().len()];
            for column in &block.columns {
                let at = axis(cube, "", column)?;
                let codes = cube.codes().get(at).map_or(&[][..], |c| c);
                let Some(groups) = self.groups.get(column) else { continue };
                for (place, &code) in places.iter_mut().zip(codes) {
                    let group = groups.of_code.get(code as usize).copied().unwrap_or(0);
                    *place = *place * groups.count + group;
                }
            }
            for (place, &count) in places.into_iter().zip(cube.counts()) {
                let count =
                    i64::try_from(count).map_err(|_| crate::system::MalformedSystem::Overflow)?;
                if let Some(value) = values.get_mut(block.first + place) {
                    *value =
                        value.checked_add(count).ok_or(crate::system::MalformedSystem::Overflow)?;
                }
            }
        }
        Ok(values)
    }

    /// The atoms of one cell, in the first block that can say it.
    fn cell(&self, shape: &Shape<'_>, spread: &Spread, place: &[usize]) -> Vec<u32> {
        let mut wanted: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (number, (&column, &value)) in shape.columns.iter().zip(place).enumerate() {
            let Some(groups) = self.groups.get(column) else { continue };
            let by_code = spread.values.get(number).map_or(&[][..], |v| v);
            let of_value = by_code.iter().zip(&groups.of_code).filter(|(v, _)| v.contains(&value));
            let chosen: BTreeSet<usize> = of_value.map(|(_, &group)| group).collect();
            // A value that takes in every code asks nothing of the column.
            if chosen.len() < groups.count {
                let entry =
                    wanted.entry(column).or_insert_with(|| chosen.iter().copied().collect());
                entry.retain(|g| chosen.contains(g));
            }
        }
        let fits = |b: &&Block| wanted.keys().all(|c| b.columns.iter().any(|own| own == c));
        let Some(block) = self.all.iter().find(fits) else { return Vec::new() };
        let mut atoms = vec![0_usize];
        for column in &block.columns {
            let all = count(&self.groups, column);
            let every: Vec<usize> = (0..all).collect();
            let chosen = wanted.get(column.as_str()).unwrap_or(&every);
            atoms = atoms.iter().flat_map(|&a| chosen.iter().map(move |&g| a * all + g)).collect();
        }
        atoms.into_iter().filter_map(|a| u32::try_from(block.first + a).ok()).collect()
    }
}

fn count(groups: &BTreeMap<String, Groups>, column: &str) -> usize {
    groups.get(column).map_or(1, |g| g.count)
}

/// The columns every two sets share, or two sets to cross because they share others than the rest do.
fn meeting(sets: &[BTreeSet<String>]) -> Result<BTreeSet<String>, (usize, usize)> {
    let mut pairs = Vec::new();
    for (b, right) in sets.iter().enumerate() {
        for (a, left) in sets.iter().enumerate().take(b) {
            pairs.push((left.intersection(right).cloned().collect::<BTreeSet<String>>(), a, b));
        }
    }
    let Some((shared, ..)) = pairs.first() else { return Ok(BTreeSet::new()) };
    if pairs.iter().all(|p| p.0 == *shared) {
        return Ok(shared.clone());
    }
    let widest = pairs.iter().max_by_key(|p| (p.0.len(), std::cmp::Reverse((p.1, p.2))));
    Err(widest.map_or((0, 1), |p| (p.1, p.2)))
}

/// A value of a table's dimension: table, dimension, value.
type Place = (usize, usize, usize);

/// For every column of the tables its leaf codes by the values they stand in.
fn groups(cube: &Microcube, shapes: &[Shape<'_>]) -> Result<BTreeMap<String, Groups>, Error> {
    let mut signatures: BTreeMap<String, Vec<Vec<Place>>> = BTreeMap::new();
    for (table, shape) in shapes.iter().enumerate() {
        let spread = Spread::of(cube, shape)?;
        for (dimension, (column, by_code)) in shape.columns.iter().zip(&spread.values).enumerate() {
            let of_column = signatures
                .entry((*column).to_owned())
                .or_insert_with(|| vec![Vec::new(); by_code.len()]);
            for (signature, values) in of_column.iter_mut().zip(by_code) {
                signature.extend(values.iter().map(|&v| (table, dimension, v)));
            }
        }
    }
    let group = |signatures: Vec<Vec<(usize, usize, usize)>>| {
        let mut seen = HashMap::new();
        let of_code: Vec<usize> = signatures
            .into_iter()
            .map(|s| {
                let next = seen.len();
                *seen.entry(s).or_insert(next)
            })
            .collect();
        Groups { of_code, count: seen.len() }
    };
    Ok(signatures.into_iter().map(|(column, s)| (column, group(s))).collect())
}
