//! From a question to what the registers read: which records become which cells.

use hjemmel_kostra::question::{Condition, Layer, Measure, Question};
use hjemmel_registers::contributions::{Grouping, Reading};
use hjemmel_registers::{EditionRef, Filter};
use std::collections::HashMap;

/// One reading for each year, in order.
#[must_use]
pub fn readings<'a>(
    question: &Question,
    editions: impl Iterator<Item = &'a EditionRef>,
) -> Vec<Reading> {
    let of_year = |(year, edition): (&u16, &EditionRef)| {
        let layers = question.layers_of(*year);
        let finest = layers.last();
        let axes = finest.map(|finest| axes(question, finest)).unwrap_or_default();
        let value = match question.measure() {
            Measure::Histogram { .. } => None,
            measure => measure.variable().map(str::to_owned),
        };
        Reading { edition: edition.clone(), axes, filters: ranges(question), value }
    };
    question.years().iter().zip(editions).map(of_year).collect()
}

/// How many columns are looked at.
#[must_use]
pub fn columns(question: &Question) -> usize {
    let of_measure = usize::from(question.measure().variable().is_some());
    question.groups().len() + question.conditions().len() + of_measure
}

/// The finest cells, and beside them the codes that count, as axes of one group.
fn axes(question: &Question, finest: &Layer) -> Vec<Grouping> {
    let year = finest.year;
    let mut axes: Vec<Grouping> = Vec::new();
    for side in &finest.dimensions {
        if let (Measure::Histogram { edges, .. }, "bins") = (question.measure(), side.list.as_str())
        {
            axes.push(Grouping::Bins { column: side.column.clone(), edges: edges.clone() });
            continue;
        }
        let counted = question.counted(&side.column, year);
        let groups: HashMap<String, u32> = (0..)
            .zip(&side.values)
            .flat_map(|(at, value)| value.leaves.iter().map(move |leaf| (leaf.clone(), at)))
            .filter(|(leaf, _)| counted.is_none_or(|codes| codes.contains(leaf)))
            .collect();
        let size = u32::try_from(side.values.len()).unwrap_or(u32::MAX);
        axes.push(Grouping::Codes { column: side.column.clone(), groups, size });
    }
    let grouped = |column: &str| question.groups().iter().any(|group| group.variable == column);
    for condition in question.conditions() {
        if let Condition::Codes { variable, codes } = condition
            && !grouped(variable)
        {
            let counted = codes.get(&year).into_iter().flatten();
            let groups = counted.map(|leaf| (leaf.clone(), 0)).collect();
            axes.push(Grouping::Codes { column: variable.clone(), groups, size: 1 });
        }
    }
    axes
}

fn ranges(question: &Question) -> Vec<Filter> {
    let range = |condition: &Condition| match condition {
        Condition::Range { variable, from, to } => {
            Some(Filter::Integers { column: variable.clone(), from: Some(*from), to: Some(*to) })
        }
        Condition::Codes { .. } => None,
    };
    question.conditions().iter().filter_map(range).collect()
}
