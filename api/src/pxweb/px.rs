//! The PX file format (Statistics Sweden, version 2013), in UTF-8.

use super::cube::Role;
use super::frame::{Frame, source};
use super::provenance::symbol;
use super::sheet::{Naming, Sheet};
use hjemmel_disclosure::Cell;
use hjemmel_kostra::Language;
use std::fmt::Write as _;

/// The longest a line may be; a list of values goes on in the next.
const LINE: usize = 200;

/// Text between quotation marks, which the format cannot escape.
fn quoted(text: &str) -> String {
    let safe: String = text
        .chars()
        .map(|c| match c {
            '"' => '\'',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    format!("\"{safe}\"")
}

/// A keyword and its value.
fn put(text: &mut String, keyword: &str, value: &str) {
    // Writing to a string does not fail.
    let _ = writeln!(text, "{keyword}={value};");
}

/// A keyword and a list, over as many lines as it takes.
fn list(text: &mut String, keyword: &str, values: impl Iterator<Item = String>) {
    let mut line = format!("{keyword}=");
    for (at, value) in values.enumerate() {
        if at > 0 {
            line.push(',');
            if line.len() + value.len() > LINE {
                line.push('\n');
                text.push_str(&std::mem::take(&mut line));
            }
        }
        line.push_str(&value);
    }
    text.push_str(&line);
    text.push_str(";\n");
}

/// `2026-06-15T06:00:00Z` as `20260615 06:00`.
fn moment(updated: &str) -> String {
    let date: String = updated.chars().take(10).filter(char::is_ascii_digit).collect();
    let time: String = updated.chars().skip(11).take(5).collect();
    format!("{date} {time}")
}

/// The document, UTF-8.
#[must_use]
pub fn write(sheet: &Sheet<'_>, frame: &Frame<'_>) -> Vec<u8> {
    let mut text = head(sheet, frame);
    text.extend(rows(sheet, true));
    text.extend(END);
    text
}

/// What stands after the rows.
pub const END: &[u8] = b";\n";

/// What stands above the rows.
#[must_use]
pub fn head(sheet: &Sheet<'_>, frame: &Frame<'_>) -> Vec<u8> {
    let mut text = String::with_capacity(16_384);
    about(&mut text, sheet, frame);
    for variables in [&sheet.stub, &sheet.heading] {
        for &at in variables {
            variable(&mut text, sheet, at);
        }
    }
    for note in &frame.notes {
        put(&mut text, "NOTEX", &quoted(note));
    }
    preliminary(&mut text, sheet, frame);
    text.push_str("DATA=\n");
    text.into_bytes()
}

/// The sign of preliminary figures, which the format keeps apart from the numbers: one for each such year.
fn preliminary(text: &mut String, sheet: &Sheet<'_>, frame: &Frame<'_>) {
    let of_time = |at: usize| {
        sheet.cube.variables.get(at).is_some_and(|variable| variable.role == Role::Time)
    };
    for year in frame.preliminary_years(sheet.selected) {
        let all = sheet.stub.iter().chain(&sheet.heading);
        let values: Vec<String> = all
            .map(|at| if of_time(*at) { quoted(&year.to_string()) } else { quoted("*") })
            .collect();
        put(text, &format!("DATANOTECELL({})", values.join(",")), "\"*\"");
    }
}

/// The rows, each on a line of its own; `is_first` where none stands above them.
#[must_use]
pub fn rows(sheet: &Sheet<'_>, is_first: bool) -> Vec<u8> {
    let mut text = String::with_capacity(sheet.cells.len() * 6);
    let columns = sheet.columns();
    sheet.each(&sheet.stub, &mut |_, start| {
        if !(is_first && text.is_empty()) {
            text.push('\n');
        }
        for column in &columns {
            let _ = match sheet.cell(start + column) {
                Some(Cell::Shown(value)) => {
                    write!(text, "{} ", sheet.number(start + column, value))
                }
                other => write!(text, "\"{}\" ", symbol(other).unwrap_or_default()),
            };
        }
        text.pop();
    });
    text.into_bytes()
}

fn about(text: &mut String, sheet: &Sheet<'_>, frame: &Frame<'_>) {
    let id = &frame.cube.table.id;
    let (language, area) = match frame.language {
        Language::Nb => ("no", "Sosiale tjenester"),
        Language::En => ("en", "Social services"),
    };
    let contents = sheet.measure();
    let updated = moment(&frame.updated);
    put(text, "CHARSET", "\"ANSI\"");
    put(text, "AXIS-VERSION", "\"2013\"");
    put(text, "CODEPAGE", "\"utf-8\"");
    put(text, "LANGUAGE", &quoted(language));
    put(text, "CREATION-DATE", &quoted(&updated));
    if let Some(next) = &frame.next_update {
        put(text, "NEXT-UPDATE", &quoted(&moment(&format!("{next}T08:00"))));
    }
    let decimals = sheet.decimals().to_string();
    put(text, "DECIMALS", &decimals);
    put(text, "SHOWDECIMALS", &decimals);
    put(text, "MATRIX", &quoted(id));
    put(text, "TABLEID", &quoted(id));
    put(text, "SUBJECT-CODE", "\"sk\"");
    put(text, "SUBJECT-AREA", &quoted(area));
    put(text, "COPYRIGHT", "NO");
    put(text, "AGGREGALLOWED", "NO");
    put(text, "DESCRIPTION", &quoted(&frame.cube.title(frame.language)));
    put(text, "TITLE", &quoted(&frame.cube.title(frame.language)));
    put(text, "DESCRIPTIONDEFAULT", "YES");
    put(text, "CONTENTS", &quoted(contents));
    put(text, "UNITS", &quoted(frame.unit()));
    let labels = |variables: &[usize]| -> Vec<String> {
        variables.iter().map(|at| quoted(sheet.label(*at, Naming::Texts))).collect()
    };
    if !sheet.stub.is_empty() {
        list(text, "STUB", labels(&sheet.stub).into_iter());
    }
    if !sheet.heading.is_empty() {
        list(text, "HEADING", labels(&sheet.heading).into_iter());
    }
    put(text, "LAST-UPDATED", &quoted(&updated));
    put(text, "SOURCE", &quoted(source(frame.language)));
    put(text, "CONTACT", &quoted("KOSTRA, Statistisk sentralbyrå, kostra-support@ssb.no"));
    if let Some(period) = frame.reference() {
        put(text, "REFPERIOD", &quoted(period));
    }
}

/// The values and codes of one variable, and what else is known of it.
fn variable(text: &mut String, sheet: &Sheet<'_>, at: usize) {
    let Some(variable) = sheet.cube.variables.get(at) else { return };
    let label = quoted(sheet.label(at, Naming::Texts));
    let names = sheet.names(at, Naming::Texts);
    list(text, &format!("VALUES({label})"), names.iter().map(|name| quoted(name)));
    let codes = sheet.names(at, Naming::Codes);
    list(text, &format!("CODES({label})"), codes.iter().map(|code| quoted(code)));
    list(text, &format!("VARIABLECODE({label})"), std::iter::once(quoted(&variable.code)));
    match variable.role {
        Role::Time => {
            let years = codes.iter().map(|code| quoted(code));
            let all = std::iter::once("TLIST(A1)".to_owned()).chain(years);
            list(text, &format!("TIMEVAL({label})"), all);
        }
        Role::Geo => put(text, &format!("VARIABLE-TYPE({label})"), "\"Geographical\""),
        Role::Metric => {
            put(text, "CONTVARIABLE", &label);
            for (value, name) in sheet.values(at).zip(&names) {
                if let Some(unit) = &value.unit {
                    let unit = quoted(unit.in_language(sheet.language));
                    put(text, &format!("UNITS({})", quoted(name)), &unit);
                }
            }
        }
        Role::Classification => {}
    }
    let total = variable.elimination.and_then(|total| variable.values.get(total));
    let shown = total.filter(|total| codes.contains(&total.code));
    if let Some(total) = shown {
        let name = quoted(total.label.in_language(sheet.language));
        put(text, &format!("ELIMINATION({label})"), &name);
    }
}

#[cfg(test)]
mod tests;
