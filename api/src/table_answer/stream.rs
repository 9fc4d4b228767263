//! Comma separated values as they are made, some rows at a time: an answer of any size takes the memory of a small one.

use super::find;
use super::finish::{Making, cells_by_year, not_delivered};
use crate::language;
use crate::problem::{Kind, Problem};
use crate::pxweb::csv;
use crate::pxweb::request::Format;
use crate::pxweb::sheet::{Sheet, Style, place};
use crate::reply::not_modified;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use std::io;

/// How many cells are in memory at a time.
const AT_A_TIME: usize = 20_000;

/// An answer on its way.
struct Sending {
    making: Making,
    style: Style,
    /// The variable whose values change slowest down the rows.
    first: Option<usize>,
    /// Its values, as many at a time as are made at once; the last stands first.
    parts: Vec<Vec<usize>>,
    is_begun: bool,
}

/// Answers with a stream, or 304 to whoever holds it.
pub(super) fn respond(making: Making, request: &HttpRequest) -> Result<HttpResponse, Problem> {
    let Format::Csv(style) = making.question.format.clone() else {
        return Err(Problem::new(Kind::Internal));
    };
    let (cube, selected) = (&making.choice.cube, &making.choice.selected);
    let (stub, _) = place(cube, selected, &making.question.placement)?;
    let first = stub.first().copied();
    let values = first.and_then(|at| selected.positions.get(at)).cloned().unwrap_or_default();
    let each = selected.cells() / values.len().max(1);
    let at_once = (AT_A_TIME / each.max(1)).max(1);
    let parts: Vec<Vec<usize>> = values.chunks(at_once).map(<[usize]>::to_vec).rev().collect();
    let published = find(&making.shelf, &making.question.table)?;
    let releases = (0..cube.years.len()).filter_map(|year| published.release(year));
    let releases: Vec<String> = releases.map(|release| release.id.to_string()).collect();
    // Releases never change, and the question says the rest.
    let said = format!("{} {:?}", releases.join(" "), making.question);
    let tag = match not_modified(request, &making.marks, &said) {
        Ok(known) => return Ok(known),
        Err(tag) => tag,
    };
    let mut response = HttpResponse::Ok();
    making.marks.put(&mut response);
    let id = &cube.table.id;
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, making.marks.cache_control()))
        .insert_header((header::CONTENT_LANGUAGE, language::tag(making.question.language)))
        .insert_header((header::CONTENT_TYPE, making.question.format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, format!("inline; filename=\"{id}.csv\"")));
    let sending = Sending { making, style, first, parts, is_begun: false };
    Ok(response.streaming(futures::stream::try_unfold(sending, step)))
}

async fn step(mut sending: Sending) -> io::Result<Option<(Bytes, Sending)>> {
    let part = sending.parts.pop();
    if part.is_none() && sending.is_begun {
        return Ok(None);
    }
    let text = sending.part(part).map_err(|problem| {
        tracing::error!(%problem, "a streamed table was cut");
        io::Error::other("the table cannot be made")
    })?;
    sending.is_begun = true;
    Ok(Some((text.into(), sending)))
}

impl Sending {
    /// The rows of some values; all of them where no variable goes down.
    fn part(&self, values: Option<Vec<usize>>) -> Result<Vec<u8>, Problem> {
        let Making { shelf, choice, question, exact, .. } = &self.making;
        let published = find(shelf, &question.table)?;
        let mut selected = choice.selected.clone();
        let of_first = self.first.and_then(|at| selected.positions.get_mut(at));
        if let (Some(positions), Some(values)) = (of_first, values) {
            *positions = values;
        }
        let by_year = match exact {
            Some(release) => cells_by_year(&choice.cube, release.content()),
            None => published.cells(),
        };
        let mut cells = Vec::with_capacity(selected.cells());
        choice.cube.visit(&selected.positions, &by_year, |cell| cells.push(cell));
        not_delivered(published, &choice.cube, &selected, &mut cells);
        let sheet =
            Sheet::new(&choice.cube, &selected, &cells, &question.placement, question.language)?;
        let mut text = if self.is_begun { Vec::new() } else { csv::head(&sheet, &self.style) };
        text.extend(csv::rows(&sheet, &self.style));
        Ok(text)
    }
}
