//! The JSON that Statbank's first interface answered with, which PxWebApi 2 calls json-px.

use super::cube::Role;
use super::frame::{Frame, source};
use super::provenance::{legend, symbol};
use super::sheet::{Naming, Sheet};
use hjemmel_disclosure::Cell;
use serde::Serialize;

#[derive(Serialize)]
struct Column<'a> {
    code: &'a str,
    text: &'a str,
    /// `d`imension, `t`ime or `c`ontents.
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<&'a str>,
}

/// What is said of one value of a variable: clients look for both among the columns and rows.
#[derive(Serialize)]
struct Comment<'a> {
    variable: &'a str,
    value: String,
    #[serde(rename = "comment")]
    text: String,
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
    Ok([head(sheet, frame)?, rows(sheet, true)?, end(frame)?].concat())
}

/// The variables that name the rows, the last fastest.
#[must_use]
pub fn keys(sheet: &Sheet<'_>) -> Vec<usize> {
    let (mut keys, _) = keys_and_contents(sheet);
    keys.sort_unstable();
    keys
}

fn role(sheet: &Sheet<'_>, at: usize) -> Option<Role> {
    sheet.cube.variables.get(at).map(|variable| variable.role)
}

fn keys_and_contents(sheet: &Sheet<'_>) -> (Vec<usize>, Vec<usize>) {
    let kept = sheet.stub.iter().chain(&sheet.heading).copied();
    kept.partition(|at| role(sheet, *at) != Some(Role::Metric))
}

/// What the sign of a preliminary figure means.
fn sign(frame: &Frame<'_>) -> String {
    let meaning = legend(frame.language);
    format!("*: {}", meaning.get("*").copied().unwrap_or_default())
}

/// What stands before the rows.
///
/// # Errors
/// When it cannot be encoded.
pub fn head(sheet: &Sheet<'_>, frame: &Frame<'_>) -> serde_json::Result<Vec<u8>> {
    let (_, contents) = keys_and_contents(sheet);
    let mut columns: Vec<Column<'_>> = keys(sheet)
        .iter()
        .map(|at| Column {
            code: sheet.label(*at, Naming::Codes),
            text: sheet.label(*at, Naming::Texts),
            kind: if role(sheet, *at) == Some(Role::Time) { "t" } else { "d" },
            comment: None,
        })
        .collect();
    // There is no place for what is said of a whole table: it is said of what is measured.
    let notes = frame.notes.join(" ");
    let notes = Some(notes.as_str()).filter(|notes| !notes.is_empty());
    for value in contents.iter().flat_map(|at| sheet.values(*at)) {
        let text = value.label.in_language(sheet.language);
        columns.push(Column { code: &value.code, text, kind: "c", comment: notes });
    }
    let comments = keys(sheet).into_iter().filter(|at| role(sheet, *at) == Some(Role::Time));
    let comments = comments.flat_map(|time| {
        let variable = sheet.label(time, Naming::Codes);
        let marked = frame.preliminary_years(sheet.selected);
        marked.map(move |year| Comment { variable, value: year.to_string(), text: sign(frame) })
    });
    let mut text = br#"{"columns":"#.to_vec();
    serde_json::to_writer(&mut text, &columns)?;
    text.extend_from_slice(br#","comments":"#);
    serde_json::to_writer(&mut text, &comments.collect::<Vec<_>>())?;
    text.extend_from_slice(br#","data":["#);
    Ok(text)
}

/// The rows; `is_first` where none stands before them.
///
/// # Errors
/// When they cannot be encoded.
pub fn rows(sheet: &Sheet<'_>, is_first: bool) -> serde_json::Result<Vec<u8>> {
    let (_, contents) = keys_and_contents(sheet);
    let keys = keys(sheet);
    let codes: Vec<Vec<&str>> = keys
        .iter()
        .map(|at| sheet.values(*at).map(|value| value.code.as_str()).collect())
        .collect();
    let mut offsets = Vec::new();
    sheet.each(&contents, &mut |_, offset| offsets.push(offset));
    let mut text = Vec::with_capacity(sheet.cells.len() * 32);
    let mut outcome = Ok(());
    sheet.each(&keys, &mut |at, start| {
        let key = codes.iter().zip(at).filter_map(|(codes, at)| codes.get(*at).copied());
        let values = offsets.iter().map(|offset| match sheet.cell(start + offset) {
            Some(Cell::Shown(value)) => sheet.number(start + offset, value).to_string(),
            other => symbol(other).unwrap_or_default().to_owned(),
        });
        if outcome.is_ok() {
            if !(is_first && text.is_empty()) {
                text.push(b',');
            }
            let row = Row { key: key.collect(), values: values.collect() };
            outcome = serde_json::to_writer(&mut text, &row);
        }
    });
    outcome.map(|()| text)
}

/// What stands after the rows.
///
/// # Errors
/// When it cannot be encoded.
pub fn end(frame: &Frame<'_>) -> serde_json::Result<Vec<u8>> {
    let metadata = Metadata {
        infofile: &frame.cube.table.id,
        updated: &frame.updated,
        label: frame.cube.title(frame.language),
        source: source(frame.language),
    };
    let mut text = br#"],"metadata":"#.to_vec();
    serde_json::to_writer(&mut text, &[metadata])?;
    text.push(b'}');
    Ok(text)
}

#[cfg(test)]
mod tests;
