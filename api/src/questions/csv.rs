//! An answer as comma separated values: a line for each cell, numbers at one width.

use super::answer::{Answer, Cell, Told};
use super::pace::wide;
use std::collections::BTreeSet;

/// The columns after the codes.
const NUMBERS: [&str; 6] =
    ["value", "standardDeviation", "low95", "high95", "lowAll95", "highAll95"];

/// The columns after those of quantiles, which have no interval.
const RANKS: [&str; 2] = ["rankHalfWidth", "rankHalfWidthAll"];

/// The lines: year, the level of each variable that has several, codes, numbers.
#[must_use]
pub fn write(answer: &Answer) -> String {
    let sides = || answer.layers.iter().flat_map(|layer| &layer.dimensions);
    let mut variables: Vec<&str> = Vec::new();
    let mut lists: BTreeSet<(&str, &str)> = BTreeSet::new();
    for side in sides() {
        if !variables.contains(&side.variable.as_str()) {
            variables.push(&side.variable);
        }
        lists.insert((&side.variable, &side.list));
    }
    let levelled: Vec<&str> = variables
        .iter()
        .copied()
        .filter(|variable| lists.iter().filter(|(other, _)| other == variable).count() > 1)
        .collect();
    let mut text = "year".to_owned();
    for variable in &variables {
        if levelled.contains(variable) {
            text.push_str(&format_field(&format!("{variable}.level")));
        }
        text.push_str(&format_field(variable));
    }
    let ranked = answer.layers.iter().any(|layer| layer.rank_half_width.is_some());
    for name in NUMBERS.iter().chain(if ranked { &RANKS[..] } else { &[] }) {
        text.push_str(&format_field(name));
    }
    text.push('\n');
    for layer in &answer.layers {
        for cell in &layer.cells {
            line(&mut text, layer, cell, &variables, &levelled);
        }
    }
    text
}

fn line(text: &mut String, layer: &Told, cell: &Cell, variables: &[&str], levelled: &[&str]) {
    text.push_str(&layer.year.to_string());
    for variable in variables {
        if levelled.contains(variable) {
            let side = layer.dimensions.iter().find(|side| side.variable == *variable);
            text.push_str(&format_field(side.map_or("", |side| side.list.as_str())));
        }
        text.push_str(&format_field(cell.at.get(*variable).map_or("", String::as_str)));
    }
    let bounds = |interval: Option<[f64; 2]>| interval.map_or([None, None], |ends| ends.map(Some));
    let [low, high] = bounds(cell.interval95);
    let [low_all, high_all] = bounds(cell.simultaneous95);
    let value = cell.value.as_ref().map(ToString::to_string).unwrap_or_default();
    text.push(',');
    text.push_str(&wide(&value));
    let numbers = [cell.standard_deviation, low, high, low_all, high_all];
    let ranks = [layer.rank_half_width, layer.simultaneous_rank_half_width];
    let has_ranks = layer.rank_half_width.is_some();
    for number in numbers.into_iter().chain(ranks.into_iter().filter(|_| has_ranks)) {
        text.push(',');
        text.push_str(&wide(&number.map(written).unwrap_or_default()));
    }
    text.push('\n');
}

/// A number of millionths without idle digits.
fn written(number: f64) -> String {
    let text = format!("{number:.6}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// A code or a name after a comma, in quotation marks: codes such as `0301` are no numbers.
fn format_field(text: &str) -> String {
    format!(",\"{}\"", text.replace('"', "\"\""))
}
