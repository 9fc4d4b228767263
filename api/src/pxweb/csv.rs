//! Comma separated values as PxWebApi 2 lays them out.

use super::frame::Frame;
use super::provenance::symbol;
use super::sheet::{Sheet, Style, symbols_of};
use hjemmel_disclosure::Cell;
use std::io::Write as _;

/// Text, between quotation marks always: a code such as `00` or `0301` is no number.
fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

/// The document, UTF-8: names between quotation marks, numbers without.
#[must_use]
pub fn write(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> Vec<u8> {
    let mut text = head(sheet, style);
    text.extend(rows(sheet, frame, style));
    text
}

/// What stands above the rows.
#[must_use]
pub fn head(sheet: &Sheet<'_>, style: &Style) -> Vec<u8> {
    let mut text = Vec::new();
    if style.title {
        text.extend(quoted(&sheet.cube.title(sheet.language)).bytes());
        text.push(b'\n');
    }
    let label = |variable: &usize| quoted(sheet.label(*variable, style.naming));
    let mut header: Vec<String> = sheet.stub.iter().map(label).collect();
    let mut column = |name: &str| {
        header.push(quoted(name));
        if style.symbols {
            header.push(quoted(&symbols_of(name, sheet.language)));
        }
    };
    if sheet.heading.is_empty() {
        column(sheet.measure());
    } else {
        let names: Vec<Vec<String>> =
            sheet.heading.iter().map(|at| sheet.names(*at, style.naming)).collect();
        sheet.each(&sheet.heading, &mut |at, _| {
            let words = names.iter().zip(at).filter_map(|(names, at)| names.get(*at));
            column(&words.map(String::as_str).collect::<Vec<_>>().join(" "));
        });
    }
    text.extend(header.join(&char::from(style.separator).to_string()).bytes());
    text.push(b'\n');
    text
}

/// Puts a sign, which has no quotation mark in it.
fn put(text: &mut Vec<u8>, sign: &str) {
    text.push(b'"');
    text.extend_from_slice(sign.as_bytes());
    text.push(b'"');
}

/// The rows.
#[must_use]
pub fn rows(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> Vec<u8> {
    let quoted_names = |variable: &usize| -> Vec<String> {
        sheet.names(*variable, style.naming).iter().map(|name| quoted(name)).collect()
    };
    let mut text = Vec::with_capacity(sheet.cells.len() * 8);
    let names: Vec<Vec<String>> = sheet.stub.iter().map(quoted_names).collect();
    let columns = sheet.columns();
    sheet.each(&sheet.stub, &mut |at, start| {
        for name in names.iter().zip(at).filter_map(|(names, at)| names.get(*at)) {
            text.extend_from_slice(name.as_bytes());
            text.push(style.separator);
        }
        for column in &columns {
            let place = start + column;
            let cell = sheet.cell(place);
            match cell {
                // Writing to memory does not fail.
                Some(Cell::Shown(value)) => {
                    drop(write!(text, "{}", sheet.number(place, value)));
                }
                // A column of numbers with nothing in it that is none.
                _ if style.symbols => {}
                other => put(&mut text, symbol(other).unwrap_or_default()),
            }
            text.push(style.separator);
            if style.symbols {
                if let Some(sign) = frame.mark(sheet.selected, place, cell) {
                    put(&mut text, sign);
                }
                text.push(style.separator);
            }
        }
        if let Some(last) = text.last_mut() {
            *last = b'\n';
        }
    });
    text
}

#[cfg(test)]
mod tests;
