//! Atoms that cross variables, and cells as crossings of codes: where moves are found without solving anything.
//!
//! What is wrong here makes the search find less. Every move it finds is checked against the cells themselves.
#![expect(
    clippy::indexing_slicing,
    reason = "numeric kernel: points and codes index arrays made for them"
)]

use super::crossing::{Difference, Short, cross};
use crate::System;
use crate::system::Cross;
use std::collections::HashMap;

/// No cell, or no further one.
pub(super) const NONE: u32 = u32::MAX;
/// The most crossings of codes of one block.
const MOST: usize = 30_000_000;

/// All blocks of crossed atoms.
pub(super) struct Lattice {
    pub(super) blocks: Vec<Block>,
    /// By distinct cell its block and codes, if it is such a crossing.
    places: Vec<Option<(u32, Vec<u16>)>>,
    /// By distinct cell the next one in the same place: the same codes in another edition.
    pub(super) next: Vec<u32>,
}

/// Atoms that cross variables.
pub(super) struct Block {
    pub(super) variables: Vec<Variable>,
    /// How many of the variables, the first ones, the other blocks have too.
    pub(super) shared: usize,
    /// By crossing of codes a distinct cell.
    pub(super) cells: Vec<u32>,
    /// By crossing of points its merged atoms: one in each edition that has one of its own.
    pub(super) atoms: Vec<Vec<u32>>,
    /// Every crossing of points of all variables but the first, where that is all that blocks share.
    pub(super) ends: Vec<Short>,
}

/// One crossed variable.
pub(super) struct Variable {
    /// How far the next point is among atoms, and the next code among crossings of codes.
    pub(super) strides: (usize, usize),
    /// By point the codes it is counted in, ascending.
    pub(super) codes: Vec<Vec<u16>>,
    /// By code its points, ascending.
    pub(super) points: Vec<Vec<u16>>,
}

impl Lattice {
    /// The lattice of a system, `distinct` the distinct cell of every cell and `merged` the merged atom of every atom;
    /// none where atoms do not cross anything.
    pub(super) fn of(system: &System, distinct: &[u32], merged: &[Option<u32>]) -> Option<Self> {
        let count = distinct.iter().max().map_or(0, |&last| last as usize + 1);
        let mut blocks = Vec::new();
        let mut firsts = Vec::new();
        for cross in system.crosses() {
            let size = cross.sizes.iter().try_fold(1_usize, |all, &size| all.checked_mul(size))?;
            let fits = cross.first.checked_add(size)? <= system.atoms();
            if !fits || cross.sizes.iter().any(|&size| size > usize::from(u16::MAX)) {
                return None;
            }
            let merged = &merged[cross.first..cross.first + size];
            blocks.push(Block::new(cross, merged));
            firsts.push((cross.first, size));
        }
        if blocks.is_empty() {
            return None;
        }
        let mut base: Vec<u32> = (0_u32..).take(system.atoms()).collect();
        for &(twin, present) in system.twins() {
            base[twin as usize] = present;
            let within = |&(first, size): &(usize, usize)| {
                (first..first + size).contains(&(present as usize))
            };
            let (Some(at), Some(atom)) = (firsts.iter().position(within), merged[twin as usize])
            else {
                continue;
            };
            let atoms = &mut blocks[at].atoms[present as usize - firsts[at].0];
            if !atoms.contains(&atom) {
                atoms.push(atom);
            }
        }
        let mut places: Vec<Option<(u32, Vec<u16>)>> = vec![None; count];
        let mut codes: Vec<Vec<HashMap<Vec<u16>, u16>>> =
            blocks.iter().map(|block| vec![HashMap::new(); block.variables.len()]).collect();
        for (cell, &class) in distinct.iter().enumerate() {
            if places[class as usize].is_some() {
                continue;
            }
            let atoms: Vec<usize> =
                system.cell(cell).iter().map(|&atom| base[atom as usize] as usize).collect();
            let within = |&(first, size): &(usize, usize)| {
                atoms.iter().all(|atom| (first..first + size).contains(atom))
            };
            let Some(at) = firsts.iter().position(within).filter(|_| !atoms.is_empty()) else {
                continue;
            };
            let Some(sets) = blocks[at].sets(&atoms, firsts[at].0) else { continue };
            let interned = sets.into_iter().zip(&mut codes[at]).map(|(set, known)| {
                let next = u16::try_from(known.len()).ok()?;
                Some(*known.entry(set).or_insert(next))
            });
            let place: Option<Vec<u16>> = interned.collect();
            places[class as usize] = place.map(|place| (u32::try_from(at).unwrap_or(NONE), place));
        }
        let mut lattice = Self { blocks, places, next: vec![NONE; count] };
        for (block, codes) in lattice.blocks.iter_mut().zip(codes) {
            block.take(codes)?;
        }
        lattice.put();
        if lattice.blocks.len() > 1 {
            lattice.blocks.iter_mut().for_each(Block::find_ends);
        }
        Some(lattice)
    }

    /// Puts the cells in their places.
    fn put(&mut self) {
        for (cell, place) in (0_u32..).zip(&self.places) {
            let Some((block, codes)) = place else { continue };
            let block = &mut self.blocks[*block as usize];
            let at = block.place(codes);
            self.next[cell as usize] = std::mem::replace(&mut block.cells[at], cell);
        }
    }

    /// The block and codes of a distinct cell.
    pub(super) fn place(&self, cell: usize) -> Option<(usize, &[u16])> {
        let (block, codes) = self.places.get(cell)?.as_ref()?;
        Some((*block as usize, codes))
    }
}

impl Block {
    fn new(cross: &Cross, merged: &[Option<u32>]) -> Self {
        let mut stride = merged.len();
        let variables = cross.sizes.iter().map(|&size| {
            stride /= size.max(1);
            Variable { strides: (stride, 0), codes: vec![Vec::new(); size], points: Vec::new() }
        });
        Self {
            variables: variables.collect(),
            shared: cross.shared,
            cells: Vec::new(),
            ends: Vec::new(),
            atoms: merged.iter().map(|atom| atom.iter().copied().collect()).collect(),
        }
    }

    /// For every variable the points a cell takes in; none where the cell is not all their crossings.
    fn sets(&self, atoms: &[usize], first: usize) -> Option<Vec<Vec<u16>>> {
        let mut all = 1_usize;
        let mut sets = Vec::with_capacity(self.variables.len());
        for variable in &self.variables {
            let size = variable.codes.len();
            let mut seen = vec![false; size];
            for atom in atoms {
                seen[(atom - first) / variable.strides.0 % size] = true;
            }
            let set: Vec<u16> =
                (0_u16..).zip(seen).filter(|(_, seen)| *seen).map(|s| s.0).collect();
            all = all.checked_mul(set.len())?;
            sets.push(set);
        }
        (all == atoms.len()).then_some(sets)
    }

    /// Takes in the codes of all cells.
    fn take(&mut self, codes: Vec<HashMap<Vec<u16>, u16>>) -> Option<()> {
        let mut all = 1_usize;
        for (variable, codes) in self.variables.iter_mut().zip(codes).rev() {
            variable.strides.1 = all;
            variable.points = vec![Vec::new(); codes.len()];
            all = all.checked_mul(codes.len().max(1)).filter(|&all| all <= MOST)?;
            for (points, code) in codes {
                for &point in &points {
                    variable.codes[point as usize].push(code);
                }
                variable.points[code as usize] = points;
            }
            variable.codes.iter_mut().for_each(|codes| codes.sort_unstable());
        }
        self.cells = vec![NONE; all];
        Some(())
    }

    /// Finds the crossings of points that a change of what blocks share can end in.
    fn find_ends(&mut self) {
        if self.shared != 1 {
            return;
        }
        let mut ends =
            vec![Short { bound: 0, spills: true, cells: vec![(0, 1)], points: vec![(0, 1)] }];
        for variable in self.variables.iter().skip(1) {
            let each = (0_u16..).take(variable.codes.len()).flat_map(|point| {
                let alone = [Difference::of(&variable.codes, point, None)];
                let by = point as usize * variable.strides.0;
                let moved: Vec<Short> = ends.iter().map(|end| end.moved(by)).collect();
                cross(&moved, &alone, variable.strides, point, false)
            });
            ends = each.collect();
        }
        self.ends = ends;
    }

    /// Which point of a variable an atom has.
    pub(super) fn at(&self, atom: usize, variable: usize) -> u16 {
        let variable = &self.variables[variable];
        u16::try_from(atom / variable.strides.0 % variable.codes.len()).unwrap_or(0)
    }

    fn place(&self, codes: &[u16]) -> usize {
        codes.iter().zip(&self.variables).map(|(&code, v)| code as usize * v.strides.1).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_is_found_by_its_codes() {
        let mut builder = System::builder(vec![1, 2, 3, 4, 5, 6]);
        builder.cross(0, vec![2, 3], 0);
        let total = builder.cell(0..6);
        let row = builder.cell(3..6);
        let inner = builder.cell([4]);
        let odd = builder.cell([0, 4]);
        let system = builder.build().unwrap();
        let merged: Vec<Option<u32>> = (0..6).map(Some).collect();
        let lattice = Lattice::of(&system, &[0, 1, 2, 3], &merged).unwrap();
        let (block, codes) = lattice.place(inner).unwrap();
        let block = &lattice.blocks[block];
        let points = |at: usize| block.variables[at].points[codes[at] as usize].clone();
        assert_eq!((points(0), points(1)), (vec![1], vec![1]));
        assert_eq!(block.cells[block.place(codes)] as usize, inner);
        assert_eq!(block.variables[1].codes[1].len(), 2);
        assert!(lattice.place(odd).is_none(), "it is no crossing of codes");
        assert!(lattice.place(total).is_some() && lattice.place(row).is_some());
    }
}
