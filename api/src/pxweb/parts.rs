//! A document written in parts, which together are what it would be if it were written whole.

use super::cube::Cube;
use super::frame::Frame;
use super::json_px;
use super::provenance::Provenance;
use super::request::Format;
use super::selection::Selected;
use super::sheet::{Sheet, Style};
use super::{csv, html, json_stat1, jsonstat, parquet, px};
use hjemmel_disclosure::Cell;
use std::io::{self, Write as _};

/// A document that is being written.
pub enum Parts {
    /// Comma separated values.
    Csv(Style),
    /// A table for a browser.
    Html(Style),
    /// A PX file, and whether no row is written yet.
    Px(bool),
    /// The JSON of Statbank's first interface, and whether no row is written yet.
    JsonPx(bool),
    /// A Parquet file.
    Parquet(Box<parquet::File>),
    /// JSON-stat, of either version.
    JsonStat(JsonStat),
}

/// JSON-stat so far: all values first, and then the signs of all cells that have one.
pub struct JsonStat {
    write: Whole,
    /// What stands after the values.
    rest: Vec<u8>,
    /// Values, and then signs, written.
    values: usize,
    signs: usize,
    /// The place of the next cell whose sign is written.
    place: usize,
}

type Whole = fn(&Frame<'_>, &Selected, &[Option<Cell>], &Provenance) -> serde_json::Result<Vec<u8>>;

/// Where the values of an empty document stand; no text can hold it, since quotation marks in text are escaped.
const VALUES: &[u8] = br#""value":["#;

impl Parts {
    /// A document of a format, if it can be written in parts: a workbook is an archive, and a sheet has a limit of its own.
    #[must_use]
    pub fn of(format: &Format) -> Option<Self> {
        let json_stat = |write| JsonStat { write, rest: Vec::new(), values: 0, signs: 0, place: 0 };
        Some(match format {
            Format::Csv(style) => Self::Csv(style.clone()),
            Format::Html(style) => Self::Html(style.clone()),
            Format::Px => Self::Px(true),
            Format::JsonPx => Self::JsonPx(true),
            Format::Parquet => Self::Parquet(Box::default()),
            Format::JsonStat2 => Self::JsonStat(json_stat(jsonstat::data)),
            Format::JsonStat1 => Self::JsonStat(json_stat(json_stat1::write)),
            Format::Xlsx(_) => return None,
        })
    }

    /// Whether it says anything but names and cells.
    #[must_use]
    pub const fn has_notes(&self) -> bool {
        !matches!(self, Self::Csv(_) | Self::Parquet(_))
    }

    /// How often all cells are gone through.
    #[must_use]
    pub const fn passes(&self) -> usize {
        if matches!(self, Self::JsonStat(_)) { 2 } else { 1 }
    }

    /// The variables by which cells follow one another, the last fastest. A part must have whole rows of it.
    #[must_use]
    pub fn order(&self, whole: &Sheet<'_>) -> Vec<usize> {
        match self {
            Self::Csv(_) | Self::Html(_) | Self::Px(_) => whole.stub.clone(),
            Self::JsonPx(_) | Self::Parquet(_) => json_px::keys(whole),
            Self::JsonStat(_) => everything(whole.cube),
        }
    }

    /// What stands before all cells.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn head(
        &mut self,
        whole: &Sheet<'_>,
        frame: &Frame<'_>,
        provenance: &Provenance,
    ) -> io::Result<Vec<u8>> {
        Ok(match self {
            Self::Csv(style) => csv::head(whole, style),
            Self::Html(style) => html::head(whole, frame, style),
            Self::Px(_) => px::head(whole, frame),
            Self::JsonPx(_) => json_px::head(whole, frame)?,
            Self::Parquet(_) => Vec::new(),
            Self::JsonStat(document) => document.head(whole, frame, provenance)?,
        })
    }

    /// Some cells. What has no more to say for now says nothing.
    ///
    /// # Errors
    /// When they cannot be encoded.
    pub fn part(
        &mut self,
        pass: usize,
        part: &Sheet<'_>,
        frame: &Frame<'_>,
    ) -> io::Result<Vec<u8>> {
        Ok(match self {
            Self::Csv(style) => csv::rows(part, frame, style),
            Self::Html(style) => html::rows(part, frame, style),
            Self::Px(is_first) => px::rows(part, std::mem::take(is_first)),
            Self::JsonPx(is_first) => json_px::rows(part, std::mem::take(is_first))?,
            Self::Parquet(file) => file.rows(part, frame)?.into(),
            Self::JsonStat(document) if pass == 0 => document.values(part)?,
            Self::JsonStat(document) => document.signs(part, frame)?,
        })
    }

    /// What stands after all cells.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub fn end(&mut self, frame: &Frame<'_>) -> io::Result<Vec<u8>> {
        Ok(match self {
            Self::Csv(_) => Vec::new(),
            Self::Html(_) => html::end(frame),
            Self::Px(_) => px::END.to_vec(),
            Self::JsonPx(_) => json_px::end(frame)?,
            Self::Parquet(file) => file.end()?.into(),
            Self::JsonStat(document) => document.end(),
        })
    }
}

/// Every variable, in the order of a cube's cells.
#[must_use]
pub fn everything(cube: &Cube) -> Vec<usize> {
    (0..cube.variables.len()).collect()
}

impl JsonStat {
    fn head(
        &mut self,
        whole: &Sheet<'_>,
        frame: &Frame<'_>,
        provenance: &Provenance,
    ) -> io::Result<Vec<u8>> {
        let mut text = (self.write)(frame, whole.selected, &[], provenance)?;
        let place = text.windows(VALUES.len()).rposition(|window| window == VALUES);
        let place = place.ok_or_else(|| io::Error::other("a document has no values"))?;
        self.rest = text.split_off(place + VALUES.len());
        Ok(text)
    }

    fn values(&mut self, part: &Sheet<'_>) -> io::Result<Vec<u8>> {
        let mut text = Vec::with_capacity(part.cells.len() * 4);
        for (place, cell) in part.cells.iter().enumerate() {
            if self.values > 0 {
                text.push(b',');
            }
            self.values += 1;
            match cell {
                Some(Cell::Shown(value)) => {
                    serde_json::to_writer(&mut text, &part.number(place, *value))?;
                }
                _ => text.extend_from_slice(b"null"),
            }
        }
        Ok(text)
    }

    fn signs(&mut self, part: &Sheet<'_>, frame: &Frame<'_>) -> io::Result<Vec<u8>> {
        let mut text = Vec::new();
        for (place, cell) in part.cells.iter().enumerate() {
            if let Some(sign) = frame.mark(part.selected, place, *cell) {
                let before = if self.signs == 0 { "],\"status\":{" } else { "," };
                write!(text, "{before}\"{}\":\"{sign}\"", self.place + place)?;
                self.signs += 1;
            }
        }
        self.place += part.cells.len();
        Ok(text)
    }

    fn end(&mut self) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.rest);
        // The rest begins with the end of the values, and the signs have said that already.
        if self.signs > 0
            && let Some(first) = text.first_mut()
        {
            *first = b'}';
        }
        text
    }
}

#[cfg(test)]
mod tests;
