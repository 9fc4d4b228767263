//! Which cells an answer has: the cross of public code lists, in one fixed order.

use super::{Condition, Measure, Question, Vocabulary, vocabulary::REGION};
use crate::derive::NOT_STATED;
use crate::{Level, Text, Value};
use std::collections::BTreeSet;

/// The cells of one year at one combination of levels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// The reporting year.
    pub year: u16,
    /// What the cells are crossed by, slowest first: the groups in their order, then a histogram's intervals.
    /// None where the layer is one single cell.
    pub dimensions: Vec<Dimension>,
}

/// One side of a layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dimension {
    /// The register column.
    pub column: String,
    /// The id of the code list; `bins` for a histogram's intervals.
    pub list: String,
    /// Its values. Those of a code list add up the leaf codes of the column; intervals have none.
    pub values: Vec<Value>,
}

/// One cell: the layer it is in and its value along each dimension.
#[derive(Debug, Clone, Copy)]
pub struct Cell<'a> {
    /// The layer.
    pub layer: &'a Layer,
    /// Its place in the layer, in row-major order.
    pub index: usize,
}

impl Layer {
    /// How many cells it has.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dimensions.iter().map(|dimension| dimension.values.len()).product()
    }

    /// Whether it has none, which happens where no value of a list meets the conditions.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Its cells, the last dimension varying fastest.
    pub fn cells(&self) -> impl Iterator<Item = Cell<'_>> {
        (0..self.len()).map(|index| Cell { layer: self, index })
    }
}

impl<'a> Cell<'a> {
    /// Its value along each dimension.
    #[must_use]
    pub fn values(&self) -> Vec<&'a Value> {
        let mut rest = self.index;
        let mut values: Vec<&Value> = Vec::with_capacity(self.layer.dimensions.len());
        for dimension in self.layer.dimensions.iter().rev() {
            let size = dimension.values.len().max(1);
            values.extend(dimension.values.get(rest % size));
            rest /= size;
        }
        values.reverse();
        values
    }
}

impl Question {
    /// Every layer of cells: by year, then by level, coarsest first. The order is part of the question.
    #[must_use]
    pub fn layers(&self) -> Vec<Layer> {
        self.years().iter().flat_map(|year| self.layers_of(*year)).collect()
    }

    /// The layers of one year.
    #[must_use]
    pub fn layers_of(&self, year: u16) -> Vec<Layer> {
        let Some(vocabulary) = Vocabulary::of(self.form(), year) else { return Vec::new() };
        let mut layers = vec![Layer { year, dimensions: Vec::new() }];
        for group in self.groups() {
            let Some(variable) = vocabulary.variable(&group.variable) else { return Vec::new() };
            let counted = self.counted(&group.variable, year);
            let counts = |value: &&Value| {
                counted.is_none_or(|codes| value.leaves.iter().any(|leaf| codes.contains(leaf)))
            };
            let sides = group.levels.iter().filter_map(|level| variable.list(level)).map(|list| {
                let values = list.values.iter().filter(counts).cloned().collect();
                let (column, list) = (variable.column.clone(), list.id.clone());
                Dimension { column, list, values }
            });
            let sides: Vec<Dimension> = sides.collect();
            layers = layers
                .iter()
                .flat_map(|layer| sides.iter().map(|side| layer.by(side.clone())))
                .collect();
        }
        if let Measure::Histogram { variable, edges } = self.measure() {
            let (column, list) = (variable.clone(), "bins".to_owned());
            let side = Dimension { column, list, values: bins(edges) };
            layers = layers.iter().map(|layer| layer.by(side.clone())).collect();
        }
        layers
    }

    /// How many cells the answer has, without making them.
    #[must_use]
    pub fn cell_count(&self) -> usize {
        self.layers().iter().map(Layer::len).sum()
    }

    /// The leaf codes of a column that count in a year; none where it is not filtered by codes.
    #[must_use]
    pub fn counted(&self, column: &str, year: u16) -> Option<&BTreeSet<String>> {
        self.conditions().iter().find_map(|condition| match condition {
            Condition::Codes { variable, codes } if variable == column => codes.get(&year),
            _ => None,
        })
    }

    /// Whether the levels of regions are several, so that cells of one add up to cells of another.
    #[must_use]
    pub fn is_hierarchical(&self) -> bool {
        self.groups().iter().any(|group| group.levels.len() > 1)
    }

    /// Whether it is grouped by region.
    #[must_use]
    pub fn is_by_region(&self) -> bool {
        self.groups().iter().any(|group| group.variable == REGION)
    }
}

impl Layer {
    fn by(&self, side: Dimension) -> Self {
        let mut dimensions = self.dimensions.clone();
        dimensions.push(side);
        Self { year: self.year, dimensions }
    }
}

/// The intervals of a histogram in their order.
fn bins(edges: &[i64]) -> Vec<Value> {
    let bin =
        |code: String, label: Text| Value { code, label, level: Level::Leaf, leaves: Vec::new() };
    let mut values = Vec::with_capacity(edges.len() + 2);
    if let Some(first) = edges.first() {
        let label = Text::new(format!("under {first}"), format!("below {first}"));
        values.push(bin(format!("..{first}"), label));
    }
    for (from, to) in edges.iter().zip(edges.iter().skip(1)) {
        let label = format!("{from}–{}", to - 1);
        values.push(bin(format!("{from}..{to}"), Text::new(label.as_str(), label.as_str())));
    }
    if let Some(last) = edges.last() {
        let label = Text::new(format!("{last} eller mer"), format!("{last} or more"));
        values.push(bin(format!("{last}.."), label));
    }
    let (code, nb, en) = NOT_STATED;
    values.push(bin(code.to_owned(), Text::new(nb, en)));
    values
}
