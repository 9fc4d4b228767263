//! Random table-sets that are small enough to enumerate.

use hjemmel_disclosure::System;
use proptest::prelude::*;

/// A table-set over the crossing of two or three variables.
#[derive(Debug, Clone)]
pub struct TableSet {
    /// Codes of each variable.
    pub sizes: Vec<usize>,
    /// For each variable its groupings: for each code the group; groupings of one variable may overlap.
    pub groupings: Vec<Vec<Vec<usize>>>,
    /// For each table what it breaks down by: for each variable nothing, the codes, or a grouping.
    pub margins: Vec<Vec<Level>>,
    /// The counts of the inner cells.
    pub counts: Vec<i64>,
}

/// How a table breaks a variable down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Level {
    Total,
    Codes,
    Group(usize),
}

impl TableSet {
    fn codes_of(&self, mut atom: usize) -> Vec<usize> {
        let mut codes = vec![0; self.sizes.len()];
        for (code, size) in codes.iter_mut().zip(&self.sizes).rev() {
            *code = atom % size;
            atom /= size;
        }
        codes
    }

    /// The cells, each as its inner cells, table after table.
    pub fn cells(&self) -> Vec<Vec<u32>> {
        let mut cells = Vec::new();
        for margin in &self.margins {
            let mut found: std::collections::BTreeMap<Vec<usize>, Vec<u32>> =
                std::collections::BTreeMap::new();
            for atom in 0..self.counts.len() {
                let codes = self.codes_of(atom);
                let at = |(variable, level): (usize, &Level)| match level {
                    Level::Total => 0,
                    Level::Codes => codes[variable],
                    Level::Group(g) => self.groupings[variable][*g][codes[variable]],
                };
                let label = margin.iter().enumerate().map(at).collect();
                found.entry(label).or_default().push(u32::try_from(atom).unwrap());
            }
            cells.extend(found.into_values());
        }
        cells
    }

    /// The system the engine is given.
    pub fn system(&self) -> System {
        system(self.counts.clone(), &self.cells())
    }

    /// The same, and the engine is told how the inner cells cross the variables.
    pub fn crossed(&self) -> System {
        let mut builder = System::builder(self.counts.clone());
        builder.cross(0, self.sizes.clone(), 0);
        for cell in self.cells() {
            builder.cell(cell);
        }
        builder.build().unwrap()
    }

    /// Tables of three variables of which each breaks down by the first and one other, as two blocks with links.
    pub fn in_blocks(&self) -> System {
        let [first, second, third] = self.sizes[..] else { panic!("three variables") };
        let start = first * second;
        let place = |atom: usize, block: usize| match block {
            0 => atom / third,
            _ => start + atom / (second * third) * third + atom % third,
        };
        let mut values = vec![0; start + first * third];
        for (atom, &count) in self.counts.iter().enumerate() {
            values[place(atom, 0)] += count;
            values[place(atom, 1)] += count;
        }
        let mut builder = System::builder(values);
        builder.cross(0, vec![first, second], 1);
        builder.cross(start, vec![first, third], 1);
        let mut cells = self.cells().into_iter();
        for margin in &self.margins {
            let count = self.cells_of(margin);
            let block = usize::from(margin[2] != Level::Total);
            for cell in cells.by_ref().take(count) {
                let mut atoms: Vec<u32> = cell
                    .into_iter()
                    .map(|atom| u32::try_from(place(atom as usize, block)).unwrap())
                    .collect();
                atoms.sort_unstable();
                atoms.dedup();
                builder.cell(atoms);
            }
        }
        let list = |from: usize, size: usize| {
            (from..from + size).map(|atom| u32::try_from(atom).unwrap()).collect()
        };
        for code in 0..first {
            builder.link(list(code * second, second), list(start + code * third, third));
        }
        builder.build().unwrap()
    }

    /// How many cells a margin has.
    fn cells_of(&self, margin: &[Level]) -> usize {
        Self { margins: vec![margin.to_vec()], ..self.clone() }.cells().len()
    }
}

/// A system of counts.
pub fn system(counts: Vec<i64>, cells: &[Vec<u32>]) -> System {
    let mut builder = System::builder(counts);
    for cell in cells {
        builder.cell(cell.iter().copied());
    }
    builder.build().unwrap()
}

fn level(groupings: usize) -> impl Strategy<Value = Level> {
    (0..groupings + 2).prop_map(|at| match at {
        0 => Level::Total,
        1 => Level::Codes,
        group => Level::Group(group - 2),
    })
}

/// Table-sets of two or three variables with up to two groupings each and up to five margins.
pub fn any_table_set() -> impl Strategy<Value = TableSet> {
    let sizes = prop_oneof![
        (2_usize..=4, 2_usize..=3).prop_map(|(a, b)| vec![a, b]),
        (2_usize..=3, 2_usize..=2, 2_usize..=2).prop_map(|(a, b, c)| vec![a, b, c]),
    ];
    sizes
        .prop_flat_map(|sizes| {
            let grouping =
                |size: usize| prop::collection::vec(prop::collection::vec(0_usize..2, size), 0..=2);
            let groupings: Vec<_> = sizes.iter().map(|&size| grouping(size)).collect();
            (Just(sizes), groupings)
        })
        .prop_flat_map(|(sizes, groupings)| {
            let margin: Vec<_> = groupings.iter().map(|g| level(g.len())).collect();
            let atoms: usize = sizes.iter().product();
            let count = prop_oneof![3 => 0_i64..=3, 2 => 2_i64..=6];
            (
                Just(sizes),
                Just(groupings),
                prop::collection::vec(margin, 1..=5),
                prop::collection::vec(count, atoms),
            )
        })
        .prop_map(|(sizes, groupings, margins, counts)| TableSet {
            sizes,
            groupings,
            margins,
            counts,
        })
}

/// Plain two-way tables with all margins, where what linear programming finds is what integer programming finds.
pub fn any_two_way_table() -> impl Strategy<Value = TableSet> {
    (2_usize..=4, 2_usize..=4).prop_flat_map(|(a, b)| {
        let count = prop_oneof![2 => 0_i64..=3, 3 => 4_i64..=9];
        prop::collection::vec(count, a * b).prop_map(move |counts| TableSet {
            sizes: vec![a, b],
            groupings: vec![Vec::new(), Vec::new()],
            margins: vec![
                vec![Level::Total, Level::Total],
                vec![Level::Codes, Level::Total],
                vec![Level::Total, Level::Codes],
                vec![Level::Codes, Level::Codes],
            ],
            counts,
        })
    })
}

/// Tables that share their first variable and nothing else.
pub fn any_linked_tables() -> impl Strategy<Value = TableSet> {
    (2_usize..=3, 2_usize..=2, 2_usize..=3)
        .prop_flat_map(|(a, b, c)| {
            let margin = (level(1), prop::sample::select(vec![Level::Total, Level::Codes]));
            let count = prop_oneof![3 => 0_i64..=3, 2 => 2_i64..=6];
            (
                Just(vec![a, b, c]),
                prop::collection::vec(0_usize..2, a),
                prop::collection::vec((margin, any::<bool>()), 2..=5),
                prop::collection::vec(count, a * b * c),
            )
        })
        .prop_map(|(sizes, grouping, margins, counts)| {
            let margin = |((first, other), second)| {
                let third = if second { Level::Total } else { other };
                vec![first, if second { other } else { Level::Total }, third]
            };
            TableSet {
                sizes,
                groupings: vec![vec![grouping], Vec::new(), Vec::new()],
                margins: margins.into_iter().map(margin).collect(),
                counts,
            }
        })
}
