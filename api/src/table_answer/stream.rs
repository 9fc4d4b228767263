//! A table as it is made, some rows at a time: an answer of any size takes the memory of a small one.

use super::find;
use super::finish::{Making, Tally};
use crate::language;
use crate::problem::{Kind, Problem};
use crate::pxweb::parts::{Parts, everything};
use crate::pxweb::provenance::Provenance;
use crate::pxweb::sheet::place;
use crate::pxweb::windows::Windows;
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
    parts: Parts,
    windows: Windows,
    provenance: Provenance,
    notes: Vec<String>,
    at: At,
}

/// What is sent next.
#[derive(Clone, Copy)]
enum At {
    Head,
    Part { pass: usize, window: usize },
    End,
    Over,
}

/// Answers with a stream, or 304 to whoever holds it.
pub(super) async fn respond(
    making: Making,
    parts: Parts,
    request: &HttpRequest,
) -> Result<HttpResponse, Problem> {
    // A layout that cannot be is refused before anything is sent.
    place(&making.choice.cube, &making.choice.selected, &making.question.placement)?;
    let sending = actix_web::web::block(move || Sending::new(making, parts)).await;
    let sending = sending.map_err(|_| Problem::new(Kind::Internal))??;
    let making = &sending.making;
    let published = find(&making.shelf, &making.question.table)?;
    let cube = &making.choice.cube;
    let releases = (0..cube.years.len()).filter_map(|year| published.release(year));
    let releases: Vec<String> = releases.map(|release| release.id.to_string()).collect();
    // Releases never change, and question and notes say the rest.
    let (question, notes) = (&making.question, sending.notes.join("\n"));
    let said = format!("{} {question:?} {notes}", releases.join(" "));
    let tag = match not_modified(request, &making.marks, &said) {
        Ok(known) => return Ok(known),
        Err(tag) => tag,
    };
    let (id, format) = (&cube.table.id, &making.question.format);
    let disposition = format!("inline; filename=\"{id}.{}\"", format.extension());
    let mut response = HttpResponse::Ok();
    making.marks.put(&mut response);
    response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CACHE_CONTROL, making.marks.cache_control()))
        .insert_header((header::CONTENT_LANGUAGE, language::tag(making.question.language)))
        .insert_header((header::CONTENT_TYPE, format.media_type()))
        .insert_header((header::CONTENT_DISPOSITION, disposition));
    if format.is_packed() {
        response.insert_header((header::CONTENT_ENCODING, "identity"));
    }
    Ok(response.streaming(futures::stream::try_unfold(sending, step)))
}

async fn step(mut sending: Sending) -> io::Result<Option<(Bytes, Sending)>> {
    loop {
        if matches!(sending.at, At::Over) {
            return Ok(None);
        }
        let bytes = sending.next().inspect_err(|error| {
            tracing::error!(%error, "a streamed table was cut");
        })?;
        if !bytes.is_empty() {
            return Ok(Some((bytes.into(), sending)));
        }
        // Some formats gather much before they write: the other requests of this worker must not wait.
        tokio::task::yield_now().await;
    }
}

impl Sending {
    fn new(making: Making, parts: Parts) -> Result<Self, Problem> {
        let published = find(&making.shelf, &making.question.table)?;
        let selected = &making.choice.selected;
        let cells = Windows::new(selected, &everything(&making.choice.cube), AT_A_TIME);
        let mut tally = Tally::default();
        if parts.has_notes() {
            for at in 0..cells.count() {
                tally.add(&making.cells(published, &cells.part(selected, at)));
            }
        }
        let provenance = making.provenance(published, tally);
        let notes = making.notes(published, &provenance);
        let whole = making.sheet(selected, &[])?;
        let windows = Windows::new(selected, &parts.order(&whole), AT_A_TIME);
        Ok(Self { making, parts, windows, provenance, notes, at: At::Head })
    }

    /// What comes next; nothing where the format has nothing to write yet.
    fn next(&mut self) -> io::Result<Vec<u8>> {
        let Self { making, parts, windows, provenance, notes, at } = self;
        let failed = |problem: Problem| io::Error::other(problem.to_string());
        let published = find(&making.shelf, &making.question.table).map_err(failed)?;
        let selected = &making.choice.selected;
        let frame = making.frame(published, notes.clone());
        match *at {
            At::Head => {
                *at = At::Part { pass: 0, window: 0 };
                let whole = making.sheet(selected, &[]).map_err(failed)?;
                parts.head(&whole, &frame, provenance)
            }
            At::Part { pass, window } => {
                *at = match (pass + 1 < parts.passes(), window + 1 < windows.count()) {
                    (_, true) => At::Part { pass, window: window + 1 },
                    (true, false) => At::Part { pass: pass + 1, window: 0 },
                    (false, false) => At::End,
                };
                let part = windows.part(selected, window);
                let cells = making.cells(published, &part);
                let sheet = making.sheet(&part, &cells).map_err(failed)?;
                parts.part(pass, &sheet, &frame)
            }
            At::End => {
                *at = At::Over;
                parts.end(&frame)
            }
            At::Over => Ok(Vec::new()),
        }
    }
}
