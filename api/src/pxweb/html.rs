//! A table for a browser, as PxWebApi 2 offers it: one table, and beneath it what a reader must know.

use super::frame::{Frame, source};
use super::provenance::symbol;
use super::sheet::{Sheet, Style};
use hjemmel_disclosure::Cell;
use hjemmel_kostra::Language;
use std::fmt::Write as _;

/// The sign stands beside the number for who looks, and is no part of it for who reads the cell.
const PRELIMINARY: &str = " data-sign=\"*\"";
const SIGNS: &str = "<style>td[data-sign]::after{content:attr(data-sign)}</style>";

/// Text that is no markup.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            c if c.is_control() && !matches!(c, '\n' | '\t') => {}
            c => safe.push(c),
        }
    }
    safe
}

/// What rows are called: the names of each variable down the side, none of them markup.
#[must_use]
pub fn row_names(sheet: &Sheet<'_>, style: &Style) -> Vec<Vec<String>> {
    let of = |at: &usize| sheet.names(*at, style.naming).iter().map(|name| escaped(name)).collect();
    sheet.stub.iter().map(of).collect()
}

/// The document, UTF-8.
#[must_use]
pub fn write(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> Vec<u8> {
    [head(sheet, frame, style), rows(sheet, frame, style), end(frame)].concat()
}

/// What stands above the rows.
#[must_use]
pub fn head(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> Vec<u8> {
    let title = escaped(&frame.cube.title(frame.language));
    let language = match frame.language {
        Language::Nb => "nb",
        Language::En => "en",
    };
    let mut text = format!(
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head><meta charset=\"utf-8\"><title>{title}</title>{SIGNS}</head>\n<body>\n<table>\n"
    );
    if style.title {
        // Writing to a string does not fail.
        let _ = writeln!(text, "<caption>{title}</caption>");
    }
    columns(&mut text, sheet, style);
    text.push_str("<tbody>\n");
    text.into_bytes()
}

/// What stands beneath the rows.
#[must_use]
pub fn end(frame: &Frame<'_>) -> Vec<u8> {
    let mut text = "</tbody>\n</table>\n".to_owned();
    for note in &frame.notes {
        let _ = writeln!(text, "<p>{}</p>", escaped(note));
    }
    let _ = writeln!(text, "<p>{}</p>", escaped(source(frame.language)));
    text.push_str("</body>\n</html>\n");
    text.into_bytes()
}

fn columns(text: &mut String, sheet: &Sheet<'_>, style: &Style) {
    text.push_str("<thead>\n");
    let mut labels = String::new();
    for at in &sheet.stub {
        let label = escaped(sheet.label(*at, style.naming));
        let _ = write!(labels, "<th scope=\"col\">{label}</th>");
    }
    let (_, columns) = sheet.shape();
    let mut times = 1;
    for (level, &variable) in sheet.heading.iter().enumerate() {
        text.push_str("<tr>");
        let last = level + 1 == sheet.heading.len();
        if last {
            text.push_str(&labels);
        } else if !sheet.stub.is_empty() {
            let _ = write!(text, "<td colspan=\"{}\"></td>", sheet.stub.len());
        }
        let names = sheet.names(variable, style.naming);
        let span = columns / (times * names.len()).max(1);
        for name in (0..times).flat_map(|_| &names) {
            let name = escaped(name);
            let _ = match span {
                1 => write!(text, "<th scope=\"col\">{name}</th>"),
                _ => write!(text, "<th scope=\"colgroup\" colspan=\"{span}\">{name}</th>"),
            };
        }
        times *= names.len();
        text.push_str("</tr>\n");
    }
    if sheet.heading.is_empty() {
        let measure = escaped(sheet.measure());
        let _ = writeln!(text, "<tr>{labels}<th scope=\"col\">{measure}</th></tr>");
    }
    text.push_str("</thead>\n");
}

/// The rows.
#[must_use]
pub fn rows(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> Vec<u8> {
    let mut text = String::new();
    let names = row_names(sheet, style);
    let columns = sheet.columns();
    sheet.each(&sheet.stub, &mut |at, start| {
        text.push_str("<tr>");
        for name in names.iter().zip(at).filter_map(|(names, at)| names.get(*at)) {
            let _ = write!(text, "<th scope=\"row\">{name}</th>");
        }
        for column in &columns {
            let place = start + column;
            let _ = match sheet.cell(place) {
                Some(Cell::Shown(value)) => {
                    let preliminary = frame.is_preliminary(sheet.selected, place);
                    let sign = if preliminary { PRELIMINARY } else { "" };
                    write!(text, "<td{sign}>{}</td>", sheet.number(place, value))
                }
                other => write!(text, "<td>{}</td>", symbol(other).unwrap_or_default()),
            };
        }
        text.push_str("</tr>\n");
    });
    text.into_bytes()
}

#[cfg(test)]
mod tests;
