//! JSON-stat 2.0 as PxWebApi 2 writes it, for data and for metadata.

use super::cube::{Cube, Role};
use super::frame::{Frame, source};
use super::number::Decimals;
use super::provenance::{Provenance, legend};
use super::selection::Selected;
use crate::language::statbank_id;
use hjemmel_disclosure::Cell;
use hjemmel_kostra::Language;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::{Value, json};
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
    extension: Value,
    value: Values<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status<'a>>,
}

#[derive(serde::Serialize)]
struct Dimension<'a> {
    label: &'a str,
    category: Category<'a>,
    extension: Value,
}

#[derive(serde::Serialize)]
struct Category<'a> {
    index: Ordered<&'a str, usize>,
    label: Ordered<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<Ordered<&'a str, Value>>,
}

struct Values<'a> {
    cells: &'a [Option<Cell>],
    decimals: Decimals,
}

impl Serialize for Values<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.cells.iter().enumerate().map(|(place, cell)| match cell {
            Some(Cell::Shown(value)) => Some(self.decimals.number(place, *value)),
            _ => None,
        }))
    }
}

/// The sign of each cell that has one, by place.
struct Status<'a> {
    frame: &'a Frame<'a>,
    selected: &'a Selected,
    cells: &'a [Option<Cell>],
}

impl Status<'_> {
    fn signs(&self) -> impl Iterator<Item = (usize, &'static str)> {
        self.cells.iter().enumerate().filter_map(|(place, cell)| {
            Some((place, self.frame.mark(self.selected, place, *cell)?))
        })
    }
}

impl Serialize for Status<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.signs())
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
    let status = Status { frame, selected, cells };
    let has_signs = status.signs().next().is_some();
    let status = has_signs.then_some(status);
    let hjemmel = serde_json::to_value(provenance)?;
    let mut text = Vec::with_capacity(cells.len() * 8 + 16_384);
    serde_json::to_writer(&mut text, &dataset(frame, selected, cells, status, &hjemmel, &[]))?;
    Ok(text)
}

/// The metadata document: every value of what is selected, no numbers.
///
/// `offered` are the code lists of each variable.
///
/// # Errors
/// When it cannot be encoded.
pub fn metadata(
    frame: &Frame<'_>,
    selected: &Selected,
    offered: &[Vec<Value>],
) -> serde_json::Result<Vec<u8>> {
    let hjemmel = json!({
        "columns": frame.cube.table.dimensions.iter().map(|d| &d.column).collect::<Vec<_>>(),
        "dataset": frame.cube.table.form.dataset(),
        "symbols": legend(frame.language),
    });
    serde_json::to_vec(&dataset(frame, selected, &[], None, &hjemmel, offered))
}

/// Every value of every variable.
#[must_use]
pub fn everything(cube: &Cube) -> Selected {
    Selected {
        positions: cube.variables.iter().map(|v| (0..v.values.len()).collect()).collect(),
        kept: vec![true; cube.variables.len()],
    }
}

fn dataset<'a>(
    frame: &'a Frame<'a>,
    selected: &Selected,
    cells: &'a [Option<Cell>],
    status: Option<Status<'a>>,
    hjemmel: &Value,
    offered: &[Vec<Value>],
) -> Dataset<'a> {
    let mut role: BTreeMap<&'static str, Vec<&str>> = BTreeMap::new();
    let (mut id, mut size, mut dimension) = (Vec::new(), Vec::new(), Vec::new());
    for (at, ((variable, positions), kept)) in
        frame.cube.variables.iter().zip(&selected.positions).zip(&selected.kept).enumerate()
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
        let offered = offered.get(at).map(Vec::as_slice).unwrap_or_default();
        dimension.push((code, describe(frame, variable, positions, offered)));
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
        extension: extension(frame, selected, hjemmel),
        value: Values { cells, decimals: Decimals::new(frame.cube, selected) },
        status,
    }
}

fn describe<'a>(
    frame: &'a Frame<'a>,
    variable: &'a super::cube::Variable,
    positions: &[usize],
    offered: &[Value],
) -> Dimension<'a> {
    let language = frame.language;
    let values = || positions.iter().filter_map(|&at| variable.values.get(at));
    let unit = (variable.role == Role::Metric).then(|| {
        let unit = |value: &super::cube::Value| {
            let base = value.unit.as_ref().map_or(frame.unit(), |unit| unit.in_language(language));
            json!({ "base": base, "decimals": value.decimals })
        };
        Ordered(values().map(|value| (value.code.as_str(), unit(value))).collect())
    });
    let elimination = variable.elimination.and_then(|at| variable.values.get(at));
    let mut extension = json!({
        "elimination": elimination.is_some(),
        "show": if variable.role == Role::Geo { "code_value" } else { "value" },
        "codelists": offered,
    });
    if variable.role == Role::Metric
        && let Some(object) = extension.as_object_mut()
    {
        let each = |of: &str| -> serde_json::Map<String, Value> {
            values().map(|value| (value.code.clone(), of.into())).collect()
        };
        object.insert("refperiod".to_owned(), each(frame.reference().unwrap_or_default()).into());
        let is_ratio = values().any(|value| value.unit.is_some());
        let kind = if is_ratio { "Other" } else { "Flow" };
        object.insert("measuringType".to_owned(), each(kind).into());
    }
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

fn extension(frame: &Frame<'_>, selected: &Selected, hjemmel: &Value) -> Value {
    let cube = frame.cube;
    let stub: Vec<&str> = cube
        .variables
        .iter()
        .filter(|variable| variable.role != Role::Time)
        .map(|variable| variable.code.as_str())
        .collect();
    let mandatory: BTreeMap<String, bool> =
        (0..frame.notes.len()).map(|at| (at.to_string(), true)).collect();
    let mut extension = json!({
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
            "decimals": Decimals::new(cube, selected).most(),
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
    });
    if let (Some(next), Some(px)) = (&frame.next_update, extension.pointer_mut("/px"))
        && let Some(px) = px.as_object_mut()
    {
        px.insert("nextUpdate".to_owned(), next.as_str().into());
    }
    extension
}

#[cfg(test)]
pub(super) mod tests;
