//! A system in which every distinct sum of atoms is one cell, and what is wished for each.
#![expect(clippy::indexing_slicing, reason = "numeric kernel: cells index arrays made for them")]

use super::field::{Column, PRIME};
use super::lattice::Lattice;
use super::moves::Move;
use super::pattern::{Keep, Terms};
use crate::audit::Change;
use crate::{Rule, System, Zeros};

/// A system in which every distinct sum of atoms is one cell.
pub(super) struct Distinct {
    pub(super) system: System,
    /// For every cell of the original its distinct one.
    pub(super) class: Vec<u32>,
    /// By distinct cell.
    pub(super) kept: Vec<Keep>,
    pub(super) preferred: Vec<bool>,
    pub(super) fixed: Vec<bool>,
    /// What is lost when it is withheld.
    pub(super) costs: Vec<u64>,
    pub(super) values: Vec<i64>,
    pub(super) lattice: Option<Lattice>,
    /// By atom the editions it is of.
    pub(super) editions_of: Vec<u32>,
    /// By atom those of the original that it merges, each with its value.
    parts: Vec<Vec<(u32, i64)>>,
}

/// The cost of a cell beyond its value: few cells are better than many small ones.
const LOST: u64 = 8;
impl Keep {
    /// The cost of a cell that should stay, beyond its value.
    const fn cost(self) -> u64 {
        match self {
            Self::Less | Self::No => 0,
            Self::Sum => 1 << 38,
            Self::Total => 1 << 46,
        }
    }
}

impl Distinct {
    pub(super) fn new(system: &System, class: &[u32], terms: &Terms, rule: &Rule) -> Self {
        let mut number = vec![0; class.len()];
        let mut chosen = Vec::new();
        let mut distinct = Vec::with_capacity(class.len());
        for (cell, &first) in class.iter().enumerate() {
            if first as usize == cell {
                number[cell] = u32::try_from(chosen.len()).unwrap_or(u32::MAX);
                chosen.push(cell);
            }
            distinct.push(number[first as usize]);
        }
        // In an order of their own, so that it does not matter in which table or how often a cell stands.
        let (merged, map) = system.merged();
        let mut editions_of = vec![u32::MAX; merged.atoms()];
        let mut parts = vec![Vec::new(); merged.atoms()];
        for ((old, new), &value) in (0_u32..).zip(&map).zip(system.values()) {
            if let Some(new) = *new {
                let of = terms.editions_of.get(old as usize).copied().unwrap_or(1);
                editions_of[new as usize] &= of;
                parts[new as usize].push((old, value));
            }
        }
        let mut ranks: Vec<usize> = (0..chosen.len()).collect();
        ranks.sort_by(|&a, &b| merged.cell(chosen[a]).cmp(merged.cell(chosen[b])));
        let mut renumber = vec![0; chosen.len()];
        for (new, &old) in (0_u32..).zip(&ranks) {
            renumber[old] = new;
        }
        let distinct: Vec<u32> =
            distinct.into_iter().map(|old: u32| renumber[old as usize]).collect();
        let chosen: Vec<usize> = ranks.into_iter().map(|old| chosen[old]).collect();
        let lattice = Lattice::of(system, &distinct, &map);
        let system = merged.restricted(&chosen);
        let count = system.cells();
        let (mut kept, mut fixed) = (vec![Keep::Less; count], vec![false; count]);
        let mut preferred = vec![false; count];
        for (cell, &class) in distinct.iter().enumerate() {
            preferred[class as usize] |= terms.is_preferred(cell);
            kept[class as usize] = kept[class as usize].max(terms.keep(cell));
            fixed[class as usize] |= terms.is_published(cell);
        }
        let zeros_stay =
            rule.small_count.is_none_or(|s| s.zeros == Zeros::Shown) && !rule.secondary_zeros;
        for (cell, fixed) in fixed.iter_mut().enumerate() {
            *fixed |= system.cell(cell).is_empty() || (zeros_stay && system.value(cell) == 0);
        }
        let values: Vec<i64> = (0..count).map(|cell| system.value(cell)).collect();
        let mut copies = vec![0_u64; count];
        for &class in &distinct {
            let count = &mut copies[class as usize];
            *count = if terms.every_cell_counts { *count + 1 } else { 1 };
        }
        let cost = |cell: usize| match (preferred[cell], kept[cell]) {
            (true, Keep::No) | (_, Keep::Less) => copies[cell],
            (_, kept) => copies[cell] * (values[cell].unsigned_abs() + LOST + kept.cost()),
        };
        let costs = (0..count).map(cost).collect();
        let class = distinct;
        Self { system, class, kept, preferred, fixed, costs, values, lattice, editions_of, parts }
    }

    /// A move as a change of the original atoms: what is taken away is taken from those that have it.
    pub(super) fn spread(&self, change: &Move) -> Change {
        let mut spread = Change::new();
        for &(atom, by) in change {
            let mut left = by;
            for &(part, value) in &self.parts[atom as usize] {
                let taken = left.max(-value.max(0)).min(0);
                if taken < 0 {
                    spread.push((part, taken));
                    left -= taken;
                }
            }
            if let (Some(&(first, _)), true) = (self.parts[atom as usize].first(), left != 0) {
                spread.push((first, left));
            }
        }
        spread.sort_unstable();
        spread
    }
}

/// A cell as a column: one in the row of each of its atoms.
pub(super) fn column(atoms: &[u32]) -> Column {
    atoms.iter().map(|&atom| (atom, 1)).collect()
}

/// The links as columns that are known to be zero.
pub(super) fn links(system: &System) -> Vec<Column> {
    let signed = |link: &crate::Link| {
        let minus = link.right.iter().map(|&atom| (atom, PRIME - 1));
        let mut column: Column = column(&link.left).into_iter().chain(minus).collect();
        column.sort_unstable();
        column
    };
    system.links().iter().map(signed).collect()
}
