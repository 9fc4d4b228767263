//! The JSON that Statbank's first interface answered with, which PxWebApi 2 calls json-px.

use super::cube::Role;
use super::frame::{Frame, source};
use super::provenance::symbol;
use super::sheet::{Naming, Sheet};
use hjemmel_disclosure::Cell;
use serde::Serialize;

#[derive(Serialize)]
struct Document<'a> {
    columns: Vec<Column<'a>>,
    comments: Vec<Comment<'a>>,
    data: Vec<Row<'a>>,
    metadata: [Metadata<'a>; 1],
}

#[derive(Serialize)]
struct Column<'a> {
    code: &'a str,
    text: &'a str,
    /// `d`imension, `t`ime or `c`ontents.
    #[serde(rename = "type")]
    kind: &'static str,
}

#[derive(Serialize)]
struct Comment<'a> {
    variable: &'static str,
    value: &'static str,
    #[serde(rename = "comment")]
    text: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    key: Vec<&'a str>,
    values: Vec<String>,
}

#[derive(Serialize)]
struct Metadata<'a> {
    infofile: &'a str,
    updated: &'a str,
    label: String,
    source: &'a str,
}

/// The document.
///
/// # Errors
/// When it cannot be encoded.
pub fn write(sheet: &Sheet<'_>, frame: &Frame<'_>) -> serde_json::Result<Vec<u8>> {
    let kept = || sheet.stub.iter().chain(&sheet.heading).copied();
    let role = |at: usize| sheet.cube.variables.get(at).map(|variable| variable.role);
    let (contents, mut keys): (Vec<usize>, Vec<usize>) =
        kept().partition(|at| role(*at) == Some(Role::Metric));
    keys.sort_unstable();
    let mut columns: Vec<Column<'_>> = keys
        .iter()
        .map(|at| Column {
            code: sheet.label(*at, Naming::Codes),
            text: sheet.label(*at, Naming::Texts),
            kind: if role(*at) == Some(Role::Time) { "t" } else { "d" },
        })
        .collect();
    for value in contents.iter().flat_map(|at| sheet.values(*at)) {
        let text = value.label.in_language(sheet.language);
        columns.push(Column { code: &value.code, text, kind: "c" });
    }
    let codes: Vec<Vec<&str>> = keys
        .iter()
        .map(|at| sheet.values(*at).map(|value| value.code.as_str()).collect())
        .collect();
    let mut offsets = Vec::new();
    sheet.each(&contents, &mut |_, offset| offsets.push(offset));
    let mut data = Vec::new();
    sheet.each(&keys, &mut |at, start| {
        let key = codes.iter().zip(at).filter_map(|(codes, at)| codes.get(*at).copied());
        let values = offsets.iter().map(|offset| match sheet.cell(start + offset) {
            Some(Cell::Shown(value)) => sheet.number(start + offset, value).to_string(),
            other => symbol(other).unwrap_or_default().to_owned(),
        });
        data.push(Row { key: key.collect(), values: values.collect() });
    });
    let comments = frame.notes.iter();
    let comments = comments.map(|note| Comment { variable: "", value: "", text: note });
    let metadata = Metadata {
        infofile: &sheet.cube.table.id,
        updated: &frame.updated,
        label: frame.cube.title(frame.language),
        source: source(frame.language),
    };
    serde_json::to_vec(&Document {
        columns,
        comments: comments.collect(),
        data,
        metadata: [metadata],
    })
}

#[cfg(test)]
mod tests;
