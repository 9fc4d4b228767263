//! An Excel workbook (ECMA-376) of one sheet: numbers as numbers, signs as text, what a reader must know beneath. The
//! sign of a cell that has a number as well is how the number is shown: a reader of cells meets the number alone.

use super::frame::{Frame, source};
use super::html::{escaped, row_names};
use super::provenance::symbol;
use super::sheet::{Sheet, Style, symbols_of};
use super::zip::Archive;
use crate::problem::{Kind, Problem};
use hjemmel_disclosure::Cell;
use std::io::{self, Write};

/// The rows and columns a sheet can have.
const MOST: (usize, usize) = (1_048_576, 16_384);

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const TYPES: &str = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/styles.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.styles+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
const PACKAGE: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
const PARTS: &str = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#;
/// How numbers are shown: as they are, followed by the sign of preliminary ones, and nil as its sign.
const STYLES: &str = r#"<styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><numFmts count="2"><numFmt numFmtId="164" formatCode="General&quot;*&quot;"/><numFmt numFmtId="165" formatCode="General;-General;&quot;-&quot;"/></numFmts><fonts count="1"><font><sz val="11"/><name val="Calibri"/></font></fonts><fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders><cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="3"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/><xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs><cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"#;

/// Which of the ways to show a number a sign asks for.
fn shown_as(sign: Option<&str>) -> &'static str {
    match sign {
        Some("*") => " s=\"1\"",
        Some(_) => " s=\"2\"",
        None => "",
    }
}

/// The workbook.
///
/// # Errors
/// More rows or columns than a sheet can have.
pub fn write(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> Result<Vec<u8>, Problem> {
    let (rows, columns) = sheet.shape();
    let columns = columns * style.width();
    let heads = sheet.heading.len().max(1) + 2 + frame.notes.len() + 3;
    let (most_rows, most_columns) = (MOST.0 - heads, MOST.1 - sheet.stub.len());
    if rows > most_rows || columns > most_columns {
        return Err(Problem::new(Kind::ParameterError).titled("Illegal placment").detail(
            format!("utvalget blir {rows} rader og {columns} kolonner; et regneark har plass til {most_rows} og {most_columns}. Velg en annen plassering, eller csv."),
            format!("the selection makes {rows} rows and {columns} columns; a worksheet holds {most_rows} and {most_columns}. Choose another placement, or csv."),
        ));
    }
    archive(sheet, frame, style).map_err(|error| {
        tracing::error!(%error, "a workbook could not be written");
        Problem::new(Kind::Internal)
    })
}

fn archive(sheet: &Sheet<'_>, frame: &Frame<'_>, style: &Style) -> io::Result<Vec<u8>> {
    let name = escaped(&sheet.cube.table.id);
    let book = format!(
        r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="{name}" sheetId="1" r:id="rId1"/></sheets></workbook>"#
    );
    let mut archive = Archive::default();
    for (part, text) in [
        ("[Content_Types].xml", TYPES),
        ("_rels/.rels", PACKAGE),
        ("xl/workbook.xml", &book),
        ("xl/_rels/workbook.xml.rels", PARTS),
        ("xl/styles.xml", STYLES),
    ] {
        archive.add(part, |out| write!(out, "{HEAD}{text}"))?;
    }
    archive.add("xl/worksheets/sheet1.xml", |out| rows(out, sheet, frame, style))?;
    archive.finish()
}

/// A row of cells being written.
struct Row<'a> {
    out: &'a mut dyn Write,
    number: usize,
}

/// `A`, `B`, … `Z`, `AA`, …
fn letters(column: usize) -> String {
    let mut rest = column + 1;
    let mut letters = Vec::new();
    while rest > 0 {
        rest -= 1;
        letters.push(b'A' + u8::try_from(rest % 26).unwrap_or_default());
        rest /= 26;
    }
    letters.iter().rev().map(|letter| char::from(*letter)).collect()
}

/// A cell of text that is escaped already, at a column whose letters are known.
fn text(row: &mut Row<'_>, letters: &str, text: &str) -> io::Result<()> {
    let number = row.number;
    write!(
        row.out,
        r#"<c r="{letters}{number}" t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>"#
    )
}

fn line(
    out: &mut dyn Write,
    number: &mut usize,
    fill: impl FnOnce(&mut Row<'_>) -> io::Result<()>,
) -> io::Result<()> {
    *number += 1;
    write!(out, "<row r=\"{number}\">")?;
    fill(&mut Row { out, number: *number })?;
    out.write_all(b"</row>\n")
}

fn rows(
    out: &mut dyn Write,
    sheet: &Sheet<'_>,
    frame: &Frame<'_>,
    style: &Style,
) -> io::Result<()> {
    writeln!(
        out,
        "{HEAD}<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><sheetData>"
    )?;
    let mut number = 0;
    if style.title {
        let title = escaped(&frame.cube.title(frame.language));
        line(out, &mut number, |row| text(row, "A", &title))?;
        number += 1;
    }
    heads(out, &mut number, sheet, style)?;
    let names = row_names(sheet, style);
    let columns = sheet.columns();
    let width = style.width();
    let places: Vec<String> = (0..sheet.stub.len() + columns.len() * width).map(letters).collect();
    let mut outcome = Ok(());
    sheet.each(&sheet.stub, &mut |at, start| {
        if outcome.is_ok() {
            outcome = line(out, &mut number, |row| {
                let own = names.iter().zip(at).filter_map(|(names, at)| names.get(*at));
                for (name, place) in own.zip(&places) {
                    text(row, place, name)?;
                }
                let places = places.get(sheet.stub.len()..).unwrap_or_default();
                for (column, places) in columns.iter().zip(places.chunks(width)) {
                    cell(row, sheet, frame, start + column, places)?;
                }
                Ok(())
            });
        }
    });
    outcome?;
    number += 1;
    for note in frame.notes.iter().map(String::as_str).chain([source(frame.language)]) {
        let note = escaped(note);
        line(out, &mut number, |row| text(row, "A", &note))?;
    }
    out.write_all(b"</sheetData></worksheet>")
}

/// The cell at a place, and its sign beside it where there is room for that.
fn cell(
    row: &mut Row<'_>,
    sheet: &Sheet<'_>,
    frame: &Frame<'_>,
    at: usize,
    places: &[String],
) -> io::Result<()> {
    let [place, rest @ ..] = places else { return Ok(()) };
    let number = sheet.cell(at);
    let sign = frame.mark(sheet.selected, at, number);
    match (number, rest) {
        (Some(Cell::Shown(value)), _) => {
            let (number, value) = (row.number, sheet.number(at, value));
            let style = if rest.is_empty() { shown_as(sign) } else { "" };
            write!(row.out, "<c r=\"{place}{number}\"{style}><v>{value}</v></c>")?;
        }
        (other, []) => text(row, place, symbol(other).unwrap_or_default())?,
        _ => {}
    }
    match (rest, sign) {
        ([beside, ..], Some(sign)) => text(row, beside, sign),
        _ => Ok(()),
    }
}

/// One row a heading variable, every name written out, so that the last of them names every column.
fn heads(
    out: &mut dyn Write,
    number: &mut usize,
    sheet: &Sheet<'_>,
    style: &Style,
) -> io::Result<()> {
    let levels = sheet.heading.len().max(1);
    for level in 0..levels {
        let mut names = Vec::new();
        match sheet.heading.get(level) {
            Some(&variable) => {
                let of_variable = sheet.names(variable, style.naming);
                sheet.each(&sheet.heading, &mut |at, _| {
                    let name = at.get(level).and_then(|at| of_variable.get(*at));
                    names.push(name.cloned().unwrap_or_default());
                });
            }
            None => names.push(sheet.measure().to_owned()),
        }
        line(out, number, |row| {
            if level + 1 == levels {
                for (column, at) in sheet.stub.iter().enumerate() {
                    let label = escaped(sheet.label(*at, style.naming));
                    text(row, &letters(column), &label)?;
                }
            }
            for (column, name) in names.iter().enumerate() {
                let place = sheet.stub.len() + column * style.width();
                text(row, &letters(place), &escaped(name))?;
                if style.symbols {
                    let beside = escaped(&symbols_of(name, sheet.language));
                    text(row, &letters(place + 1), &beside)?;
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
