//! Which coarser question would be exact enough: what to ask when a question by municipality would drown in noise.

use super::plan::plans;
use super::settings::rho;
use crate::shelf::Shelf;
use hjemmel_disclosure::Cell;
use hjemmel_disclosure::noise::{Price, price};
use hjemmel_kostra::question::{Question, Vocabulary};
use hjemmel_kostra::{Form, Table};
use serde_json::{Value, json};

/// Alternatives that are worked out at most.
const MOST: usize = 16;

/// How near a cell must come to its own size, and how large cells are expected to be.
#[derive(Debug, Clone, Copy)]
pub struct Wish {
    /// The share of a cell that half an interval may be.
    pub relative: f64,
    /// How many persons or records are expected to meet the conditions, all cells together.
    pub total: Option<f64>,
}

/// The question itself and coarser ones, the finest first: what each costs, how large a cell must be for the
/// wish to hold, and whether one of the expected size is.
#[must_use]
pub fn alternatives(question: &Question, wish: Wish) -> Vec<Value> {
    let mut seen = std::collections::BTreeSet::new();
    let all = std::iter::once(("as asked".to_owned(), question.clone())).chain(coarser(question));
    let distinct = all.filter(|(_, other)| seen.insert(other.canonical()));
    let mut told: Vec<(usize, Value)> =
        distinct.take(MOST).filter_map(|(change, other)| tell(&change, &other, wish)).collect();
    told.sort_by_key(|(cells, _)| std::cmp::Reverse(*cells));
    told.into_iter().map(|(_, value)| value).collect()
}

fn tell(change: &str, question: &Question, wish: Wish) -> Option<(usize, Value)> {
    let prices: Vec<Price> =
        plans(question).ok()?.iter().map(price).collect::<Result<_, _>>().ok()?;
    let (first, layers) = (prices.first()?, question.layers());
    let finest = first.parts.first()?.levels.last()?;
    let cells = layers.last().map_or(1, hjemmel_kostra::question::Layer::len);
    let smallest = finest.half_width95 / wish.relative;
    let counts = question.measure().is_count();
    let expected = wish.total.filter(|_| counts).map(|total| share(total, cells));
    let total: u64 = prices.iter().map(|price| price.nano_rho).sum();
    let value = json!({
        "change": change,
        "groupBy": question.groups(),
        "cells": question.cell_count(),
        "rho": rho(total),
        "halfWidth95": finest.half_width95,
        "smallestCell": smallest,
        "expectedCell": expected,
        "reaches": expected.map(|expected| expected >= smallest),
    });
    Some((cells, value))
}

#[expect(clippy::cast_precision_loss, reason = "cells are few")]
fn share(total: f64, cells: usize) -> f64 {
    total / cells.max(1) as f64
}

/// Each variable by itself at every coarser list and left out, then all of them step by step.
fn coarser(question: &Question) -> Vec<(String, Question)> {
    let mut all = Vec::new();
    for group in question.groups() {
        all.extend(steps(question, &group.variable));
    }
    let mut together = question.clone();
    for _ in 0..6 {
        let Some(next) =
            widest(&together).and_then(|wide| steps(&together, &wide).into_iter().next())
        else {
            break;
        };
        all.push(next.clone());
        together = next.1;
    }
    all
}

/// One variable at each coarser list, the finest of them first, and left out.
fn steps(question: &Question, variable: &str) -> Vec<(String, Question)> {
    let Some(lists) = lists_of(question, variable) else { return Vec::new() };
    let group = question.groups().iter().find(|group| group.variable == variable);
    let finest = group.and_then(|group| group.levels.last());
    let Some(at) = lists.iter().position(|list| Some(list) == finest) else { return Vec::new() };
    let coarser = lists.iter().take(at).rev().filter(|list| *list != "country");
    let mut steps: Vec<(String, Question)> = coarser
        .map(|list| (format!("{variable}: {list}"), question.grouped(variable, &[list.as_str()])))
        .collect();
    steps.push((format!("without {variable}"), question.grouped(variable, &[])));
    steps
}

fn lists_of(question: &Question, variable: &str) -> Option<Vec<String>> {
    let year = question.years().iter().next()?;
    let known = Vocabulary::of(question.form(), *year)?.variable(variable)?;
    Some(known.lists.iter().map(|list| list.id.clone()).collect())
}

/// The variable with most values.
fn widest(question: &Question) -> Option<String> {
    let layers = question.layers();
    let sides = layers.last()?.dimensions.iter().filter(|side| side.list != "bins");
    sides.max_by_key(|side| side.values.len()).map(|side| side.column.clone())
}

/// The published total of a form and year, which anybody may see: how many are counted before any condition.
#[must_use]
pub fn published_total(shelf: &Shelf, form: Form, year: u16) -> Option<f64> {
    let name = match form {
        Form::F11 => "S1101",
        Form::F11C => "S11C1",
        _ => return None,
    };
    let published = shelf.table(name)?;
    let at = published.cube.years.iter().position(|known| *known == year)?;
    let cells = published.cells();
    let total = cells.get(at)?.get(place_of_total(published.cube.table, year)?)?;
    match total {
        Cell::Shown(total) => u32::try_from(*total).ok().map(f64::from),
        _ => None,
    }
}

/// Where the cell of all totals stands.
fn place_of_total(table: &Table, year: u16) -> Option<usize> {
    table.dimensions.iter().try_fold(0, |place, dimension| {
        let values = dimension.values_of(year);
        let total = dimension.total.as_ref()?;
        let at = values.iter().position(|value| value.code == *total)?;
        Some(place * values.len() + at)
    })
}
