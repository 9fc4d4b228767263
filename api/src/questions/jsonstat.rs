//! An answer as JSON-stat 2.0: one cube of all levels and years, with the numbers beside each other.

use super::answer::{self, Answer, Cell, Told, protection};
use super::pace::padding;
use crate::pxweb::frame::source;
use crate::pxweb::jsonstat::Ordered;
use hjemmel_kostra::question::Vocabulary;
use hjemmel_kostra::{Form, Language, Text};
use serde_json::{Value, json};
use std::collections::{HashMap, HashSet};

/// What each cell has, by code.
const NUMBERS: [(&str, &str, &str); 4] = [
    ("value", "Verdi med støy", "Value with noise"),
    ("standardDeviation", "Standardavvik", "Standard deviation"),
    ("low95", "95 %-intervall, nedre", "95 % interval, lower"),
    ("high95", "95 %-intervall, øvre", "95 % interval, upper"),
];

/// One dimension of the cube.
struct Side {
    code: String,
    label: String,
    categories: Vec<(String, String)>,
}

/// The document.
///
/// # Errors
/// When it cannot be encoded.
pub fn write(answer: &Answer, language: Language) -> serde_json::Result<Vec<u8>> {
    let sides = sides(answer, language);
    let cells = places(answer);
    let lengths: Vec<usize> = sides.iter().map(|side| side.categories.len()).collect();
    let mut values: Vec<Value> = Vec::with_capacity(lengths.iter().product());
    let mut written = Vec::new();
    for at in 0..lengths.iter().product() {
        let value = number(&sides, at, &cells);
        written.push(value.to_string());
        values.push(value);
    }
    let category = |side: &Side| {
        let index = Ordered(
            (0..)
                .zip(&side.categories)
                .map(|(at, (code, _))| (code, at))
                .collect::<Vec<(&String, usize)>>(),
        );
        let labels = Ordered(side.categories.iter().map(|(code, label)| (code, label)).collect());
        json!({ "label": side.label, "category": { "index": index, "label": labels } })
    };
    let dimension: Vec<(&String, Value)> =
        sides.iter().map(|side| (&side.code, category(side))).collect();
    let label = Text::new("Svar med støy på et spørsmål", "Noisy answer to a question");
    let form =
        Form::parse(answer.question.get("dataset").and_then(Value::as_str).unwrap_or_default());
    let document = json!({
        "version": "2.0",
        "class": "dataset",
        "href": format!("/v1/queries/{}", answer.id),
        "label": format!("{}: {}", form.map_or("", Form::dataset), label.in_language(language)),
        "source": source(language),
        "updated": answer.at,
        "role": { "time": ["Tid"], "metric": ["ContentsCode"] },
        "id": sides.iter().map(|side| side.code.as_str()).collect::<Vec<_>>(),
        "size": lengths,
        "dimension": Ordered(dimension),
        "extension": { "hjemmel": {
            "protection": protection(answer.dummy).as_str(), "dummy": answer.dummy, "id": answer.id, "decision": answer.decision,
            "question": answer.question, "privacy": answer.privacy, "budgets": answer.budgets,
            "receipt": answer.receipt, "layers": answer.layers.iter().map(reach).collect::<Vec<_>>(),
        } },
        "value": values,
    });
    let left = answer.budgets.iter().flat_map(|budget| {
        [json!(budget.rho_left).to_string(), json!(budget.nano_left).to_string()]
    });
    written.extend(left);
    let mut bytes = serde_json::to_vec(&document)?;
    let blanks = padding(written.iter().map(String::as_str));
    bytes.resize(bytes.len() + blanks, b' ');
    bytes.push(b'\n');
    Ok(bytes)
}

/// How far all cells of a year and set of levels may be off at once, which the cube has no place for.
fn reach(layer: &Told) -> Value {
    let levels: HashMap<&str, &str> =
        layer.dimensions.iter().map(|side| (side.variable.as_str(), side.list.as_str())).collect();
    json!({
        "year": layer.year,
        "levels": levels,
        "simultaneousHalfWidth": layer.simultaneous_half_width,
        "rankHalfWidth": layer.rank_half_width,
        "simultaneousRankHalfWidth": layer.simultaneous_rank_half_width,
    })
}

/// Variables with the codes of all levels, then what each cell has, then the years.
fn sides(answer: &Answer, language: Language) -> Vec<Side> {
    let form = answer.question.get("dataset").and_then(Value::as_str).and_then(Form::parse);
    let mut sides: Vec<Side> = Vec::new();
    for layer in &answer.layers {
        let vocabulary = form.and_then(|form| Vocabulary::of(form, layer.year));
        for side in &layer.dimensions {
            let variable = vocabulary.and_then(|vocabulary| vocabulary.variable(&side.variable));
            let amount = vocabulary.and_then(|vocabulary| vocabulary.amount(&side.variable));
            let label = variable.map(|one| &one.label).or(amount.map(|one| &one.label));
            let values = variable.and_then(|variable| variable.list(&side.list));
            let named = |code: &String| {
                let mut all = values.into_iter().flat_map(|list| &list.values);
                let value = all.find(|value| value.code == *code);
                value.map_or_else(
                    || code.clone(),
                    |value| value.label.in_language(language).to_owned(),
                )
            };
            let at =
                sides.iter().position(|known| known.code == side.variable).unwrap_or_else(|| {
                    let label =
                        label.map_or(side.variable.as_str(), |label| label.in_language(language));
                    sides.push(Side {
                        code: side.variable.clone(),
                        label: label.to_owned(),
                        categories: Vec::new(),
                    });
                    sides.len() - 1
                });
            let Some(known) = sides.get_mut(at) else { continue };
            let levels = beside(answer, layer, side);
            for code in &side.codes {
                let level = levels.get(code.as_str()).map_or("", String::as_str);
                let told = format!("{code}{level}");
                if !known.categories.iter().any(|(other, _)| *other == told) {
                    known.categories.push((told, format!("{}{level}", named(code))));
                }
            }
        }
    }
    let numbers = NUMBERS.map(|(code, nb, en)| {
        (code.to_owned(), Text::new(nb, en).in_language(language).to_owned())
    });
    let contents = Text::new("statistikkvariabel", "contents");
    sides.push(Side {
        code: "ContentsCode".to_owned(),
        label: contents.in_language(language).to_owned(),
        categories: numbers.to_vec(),
    });
    let mut years: Vec<u16> = answer.layers.iter().map(|layer| layer.year).collect();
    years.dedup();
    let year = Text::new("år", "year");
    sides.push(Side {
        code: "Tid".to_owned(),
        label: year.in_language(language).to_owned(),
        categories: years.iter().map(|year| (year.to_string(), year.to_string())).collect(),
    });
    sides
}

/// What is said after the codes of a side that a coarser level has too. It is the same region, and levels agree on it; but
/// quantiles are chosen on each level by itself.
fn beside<'a>(answer: &Answer, layer: &Told, side: &'a answer::Side) -> HashMap<&'a str, String> {
    if layer.rank_half_width.is_none() {
        return HashMap::new();
    }
    let coarser = answer.layers.iter().take_while(|other| !std::ptr::eq(*other, layer));
    let coarser = coarser.filter(|other| other.year == layer.year);
    let sides = coarser.flat_map(|other| &other.dimensions);
    let sides = sides.filter(|other| other.variable == side.variable && other.list != side.list);
    let known: HashSet<&String> = sides.flat_map(|other| &other.codes).collect();
    let twice = side.codes.iter().filter(|code| known.contains(code));
    twice.map(|code| (code.as_str(), format!(" ({})", side.list))).collect()
}

/// Every cell by its year and codes.
fn places(answer: &Answer) -> HashMap<String, &Cell> {
    let mut all = HashMap::new();
    for layer in &answer.layers {
        let sides: Vec<_> =
            layer.dimensions.iter().map(|side| (side, beside(answer, layer, side))).collect();
        for cell in &layer.cells {
            let codes = sides.iter().filter_map(|(side, levels)| {
                let code = cell.at.get(&side.variable)?;
                Some(code.clone() + levels.get(code.as_str()).map_or("", String::as_str))
            });
            let codes: Vec<String> = codes.collect();
            let codes: Vec<&str> = codes.iter().map(String::as_str).collect();
            all.entry(place(layer.year.to_string().as_str(), &codes)).or_insert(cell);
        }
    }
    all
}

fn place(year: &str, codes: &[&str]) -> String {
    [&[year], codes].concat().join("\n")
}

/// The number at a place of the cube; null where there is no such cell.
fn number(sides: &[Side], at: usize, cells: &HashMap<String, &Cell>) -> Value {
    let mut rest = at;
    let mut codes: Vec<&str> = Vec::with_capacity(sides.len());
    for side in sides.iter().rev() {
        let size = side.categories.len().max(1);
        codes.extend(side.categories.get(rest % size).map(|(code, _)| code.as_str()));
        rest /= size;
    }
    let mut codes = codes.into_iter();
    let (Some(year), Some(which)) = (codes.next(), codes.next()) else { return Value::Null };
    let mut others: Vec<&str> = codes.collect();
    others.reverse();
    let Some(cell) = cells.get(&place(year, &others)) else { return Value::Null };
    match which {
        "value" => json!(cell.value),
        "standardDeviation" => json!(cell.standard_deviation),
        "low95" => json!(cell.interval95.map(|[low, _]| low)),
        _ => json!(cell.interval95.map(|[_, high]| high)),
    }
}
