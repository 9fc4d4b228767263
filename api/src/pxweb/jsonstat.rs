//! JSON-stat 2.0 as PxWebApi 2 writes it, for data and for metadata.

use super::cube::{Cube, Role};
use super::selection::Selected;
use crate::language::statbank_id;
use hjemmel_disclosure::{Cell, Protection};
use hjemmel_kostra::Language;
use serde::ser::{Serialize, SerializeMap, Serializer};
use std::collections::BTreeMap;

/// A map that keeps the order it was made in.
pub struct Ordered<K, V>(pub Vec<(K, V)>);

impl<K: Serialize, V: Serialize> Serialize for Ordered<K, V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

/// What was done to the numbers, for `extension.hjemmel`.
#[derive(Debug, Clone, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Provenance {
    /// `exact` or `suppressed`.
    pub protection: Protection,
    /// The grant the answer rests on, if any.
    pub basis: Option<String>,
    /// Cells of the answer.
    pub cells: usize,
    /// Cells withheld for confidentiality.
    pub withheld: usize,
    /// The releases the cells come from, one a year; empty for exact answers.
    pub releases: Vec<String>,
    /// The rule in words.
    pub rule: String,
    /// Variables left out of the selection, and the value shown in their place.
    pub eliminated: Vec<(String, String)>,
}

/// What both documents say around the cube.
pub struct Frame<'a> {
    /// The table.
    pub cube: &'a Cube,
    /// Reader's language.
    pub language: Language,
    /// When the newest release of it was published.
    pub updated: String,
    /// Address of this document.
    pub href: String,
    /// Notes every reader must see.
    pub notes: Vec<String>,
}

#[derive(serde::Serialize)]
struct Dataset<'a> {
    version: &'static str,
    class: &'static str,
    href: &'a str,
    label: String,
    source: &'static str,
    updated: &'a str,
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    note: &'a [String],
    role: BTreeMap<&'static str, Vec<&'a str>>,
    id: Vec<&'a str>,
    size: Vec<usize>,
    dimension: Ordered<&'a str, Dimension<'a>>,
    extension: serde_json::Value,
    value: Values<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Ordered<String, &'static str>>,
}

#[derive(serde::Serialize)]
struct Dimension<'a> {
    label: &'a str,
    category: Category<'a>,
    extension: serde_json::Value,
}

#[derive(serde::Serialize)]
struct Category<'a> {
    index: Ordered<&'a str, usize>,
    label: Ordered<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Ordered<&'a str, serde_json::Value>>,
}

struct Values<'a>(&'a [Option<Cell>]);

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.iter().map(|cell| match cell {
            Some(Cell::Shown(value)) => Some(*value),
            _ => None,
        }))
    }
}

/// The symbol of a cell without a number (Statistics Norway's standard signs).
#[must_use]
pub const fn symbol(cell: Option<Cell>) -> Option<&'static str> {
    match cell {
        Some(Cell::Shown(_)) => None,
        Some(Cell::Withheld | Cell::NotCovered) => Some(":"),
        Some(Cell::Missing) => Some(".."),
        None => Some("."),
    }
}

/// The data document.
///
/// # Errors
/// When it cannot be encoded.
pub fn data(
    frame: &Frame<'_>,
    selected: &Selected,
    cells: &[Option<Cell>],
    provenance: &Provenance,
) -> serde_json::Result<Vec<u8>> {
    let status: Vec<(String, &'static str)> = cells
        .iter()
        .enumerate()
        .filter_map(|(at, cell)| Some((at.to_string(), symbol(*cell)?)))
        .collect();
    let status = (!status.is_empty()).then_some(Ordered(status));
    let hjemmel = serde_json::to_value(provenance)?;
    serde_json::to_vec(&dataset(frame, selected, cells, status, &hjemmel))
}

/// The metadata document: every value of every variable, no numbers.
///
/// # Errors
/// When it cannot be encoded.
pub fn metadata(frame: &Frame<'_>) -> serde_json::Result<Vec<u8>> {
    let everything = Selected {
        positions: frame.cube.variables.iter().map(|v| (0..v.values.len()).collect()).collect(),
        kept: vec![true; frame.cube.variables.len()],
    };
    let hjemmel = serde_json::json!({
        "columns": frame.cube.table.dimensions.iter().map(|d| &d.column).collect::<Vec<_>>(),
        "dataset": frame.cube.table.form.dataset(),
    });
    serde_json::to_vec(&dataset(frame, &everything, &[], None, &hjemmel))
}

fn dataset<'a>(
    frame: &'a Frame<'a>,
    selected: &Selected,
    cells: &'a [Option<Cell>],
    status: Option<Ordered<String, &'static str>>,
    hjemmel: &serde_json::Value,
) -> Dataset<'a> {
    let mut role: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    let (mut id, mut size, mut dimension) = (Vec::new(), Vec::new(), Vec::new());
    for ((variable, positions), kept) in
        frame.cube.variables.iter().zip(&selected.positions).zip(&selected.kept)
    {
        if !kept {
            continue;
        }
        let code = variable.code.as_str();
        let name = match variable.role {
            Role::Time => Some("time"),
            Role::Geo => Some("geo"),
            Role::Metric => Some("metric"),
            Role::Classification => None,
        };
        if let Some(name) = name {
            role.entry(name).or_default().push(code);
        }
        id.push(code);
        size.push(positions.len());
        dimension.push((code, describe(variable, positions, frame.language)));
    }
    Dataset {
        version: "2.0",
        class: "dataset",
        href: &frame.href,
        label: frame.cube.title(frame.language),
        source: source(frame.language),
        updated: &frame.updated,
        note: &frame.notes,
        role,
        id,
        size,
        dimension: Ordered(dimension),
        extension: extension(frame, hjemmel),
        value: Values(cells),
        status,
    }
}

/// Who the figures come from.
#[must_use]
pub const fn source(language: Language) -> &'static str {
    match language {
        Language::Nb => "Statistisk sentralbyrå, KOSTRA (fiktive demodata)",
        Language::En => "Statistics Norway, KOSTRA (fictitious demonstration data)",
    }
}

fn describe<'a>(
    variable: &'a super::cube::Variable,
    positions: &[usize],
    language: Language,
) -> Dimension<'a> {
    let values = || positions.iter().filter_map(|&at| variable.values.get(at));
    let unit = (variable.role == Role::Metric).then(|| {
        let base = match language {
            Language::Nb => "personer",
            Language::En => "persons",
        };
        Ordered(
            values()
                .map(|value| {
                    (value.code.as_str(), serde_json::json!({ "base": base, "decimals": 0 }))
                })
                .collect(),
        )
    });
    let elimination = variable.elimination.and_then(|at| variable.values.get(at));
    let mut extension = serde_json::json!({
        "elimination": elimination.is_some(),
        "show": if variable.role == Role::Geo { "code_value" } else { "value" },
        "codelists": [],
    });
    if let (Some(total), Some(object)) = (elimination, extension.as_object_mut()) {
        object.insert("eliminationValueCode".to_owned(), total.code.clone().into());
    }
    Dimension {
        label: variable.label.in_language(language),
        category: Category {
            index: Ordered(
                values().enumerate().map(|(at, value)| (value.code.as_str(), at)).collect(),
            ),
            label: Ordered(
                values()
                    .map(|value| (value.code.as_str(), value.label.in_language(language)))
                    .collect(),
            ),
            unit,
        },
        extension,
    }
}

fn extension(frame: &Frame<'_>, hjemmel: &serde_json::Value) -> serde_json::Value {
    let cube = frame.cube;
    let stub: Vec<&str> = cube
        .variables
        .iter()
        .filter(|variable| variable.role != Role::Time)
        .map(|variable| variable.code.as_str())
        .collect();
    let mandatory: BTreeMap<String, bool> =
        (0..frame.notes.len()).map(|at| (at.to_string(), true)).collect();
    serde_json::json!({
        "contact": [{ "name": "KOSTRA", "organization": "Statistisk sentralbyrå", "mail": "kostra-support@ssb.no",
                      "raw": "KOSTRA, Statistisk sentralbyrå, kostra-support@ssb.no" }],
        "noteMandatory": mandatory,
        "discontinued": false,
        "firstPeriod": cube.years.first().map(ToString::to_string),
        "lastPeriod": cube.years.last().map(ToString::to_string),
        "hjemmel": hjemmel,
        "px": {
            "tableid": cube.table.id,
            "matrix": cube.table.id,
            "decimals": 0,
            "official-statistics": false,
            "aggregallowed": false,
            "language": statbank_id(frame.language),
            "contents": cube.table.measure.in_language(frame.language),
            "heading": [super::cube::TIME],
            "stub": stub,
            "subject-code": "sk",
            "subject-area": match frame.language {
                Language::Nb => "Sosiale tjenester",
                Language::En => "Social services",
            },
        },
    })
}

#[cfg(test)]
mod tests;
