//! From a question about a table to an answer: exact where a grant covers it, protected otherwise.

use crate::app::App;
use crate::fault;
use crate::language;
use crate::problem::{Kind, Problem};
use crate::pxweb::cube::Role;
use crate::pxweb::jsonstat::{self, Frame, Provenance};
use crate::pxweb::request::Format;
use crate::pxweb::selection::{
    Placement, Selected, VariableSelection, clip, hint_en, hint_nb, nearest, resolve,
};
use crate::pxweb::{csv, cube::Cube};
use crate::reply::{Marks, entity_tag, is_known};
use crate::shelf::{Published, Shelf};
use crate::signin::SignedIn;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use hjemmel_disclosure::{Basis, Cell, Protection, Release, TableCells, entitled};
use hjemmel_kostra::{Language, Table};
use hjemmel_policy::{Decided, Grant, ReadTable, TableRead};
use std::collections::BTreeSet;
use std::sync::Arc;
use uuid::Uuid;

/// What is asked of a table.
#[derive(Debug, Clone)]
pub struct Question {
    /// The table's id.
    pub table: String,
    /// The reader's language.
    pub language: Language,
    /// The format.
    pub format: Format,
    /// What is selected.
    pub selection: Vec<VariableSelection>,
    /// The layout.
    pub placement: Placement,
}

/// A finished answer that anyone may have, headers and all: most requests are for one of these.
pub struct Ready {
    stamp: u64,
    tag: String,
    /// What stands on a 304 as on a 200.
    marks: Vec<(HeaderName, HeaderValue)>,
    /// What stands on a 200 alone.
    content: [(HeaderName, HeaderValue); 2],
    body: Bytes,
}

impl Ready {
    /// What it takes of the cache.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.body.len() + 1024
    }

    fn respond(&self, request: &HttpRequest) -> HttpResponse {
        let known = is_known(request, &self.tag);
        let mut response = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        for header in &self.marks {
            response.insert_header(header.clone());
        }
        if known {
            return response.finish();
        }
        for header in &self.content {
            response.insert_header(header.clone());
        }
        response.body(self.body.clone())
    }
}

/// The key of a request for a finished answer: everything an anonymous answer depends on.
fn key(request: &HttpRequest) -> String {
    let header = |name| {
        request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    };
    let (accept, language) = (header(header::ACCEPT), header(header::ACCEPT_LANGUAGE));
    [request.path(), "?", request.query_string(), "\n", accept, "\n", language].concat()
}

/// The finished answer to an anonymous request that was asked before.
///
/// # Errors
/// 503 while the database cannot be reached.
pub fn ready(
    app: &App,
    request: &HttpRequest,
    caller: &SignedIn,
) -> Result<Option<HttpResponse>, Problem> {
    if !caller.is_anonymous() {
        return Ok(None);
    }
    let stamp = app.shelf().map_err(|problem| problem.for_request(request))?.stamp;
    let ready = app.ready().get(&key(request)).filter(|ready| ready.stamp == stamp);
    Ok(ready.map(|ready| ready.respond(request)))
}

/// Answers a question.
///
/// # Errors
/// Whatever is wrong with the question, 403 over the cell limit, 503 when nothing may leave.
pub async fn answer(
    app: &App,
    request: &HttpRequest,
    caller: &SignedIn,
    question: Question,
) -> Result<HttpResponse, Problem> {
    let shelf = app.shelf()?;
    let published = find(&shelf, &question.table)?;
    let cube = &published.cube;
    let selected = resolve(cube, &question.selection)?;
    let (limit, cells) = (app.settings().tables.max_cells, selected.cells());
    if cells > limit {
        return Err(Problem::new(Kind::TooManyCells)
            .detail(
                format!("utvalget har {cells} celler; ett svar kan ha {limit}. Del det opp, eller velg færre verdier."),
                format!("the selection has {cells} cells; one answer may have {limit}. Split it, or select fewer values."),
            )
            .with("selectedCells", cells)
            .with("maxDataCells", limit));
    }
    let (exact, decision) = exact(app, &shelf, published, &selected, caller).await?;
    let ready = if let Some(release) = exact {
        let by_year = cells_by_year(cube, release.content());
        let marks = marks(release.protection(), release.basis().cloned(), decision);
        finish(app, &shelf, published, &question, &selected, &by_year, &marks)?
    } else {
        let marks = marks(Protection::Suppressed, None, decision);
        finish(app, &shelf, published, &question, &selected, &published.cells(), &marks)?
    };
    let response = ready.respond(request);
    if caller.is_anonymous() && request.method() == actix_web::http::Method::GET {
        app.ready().insert(key(request), Arc::new(ready));
    }
    Ok(response)
}

const fn marks(protection: Protection, basis: Option<Basis>, decision: Uuid) -> Marks {
    Marks { protection, basis, decision: Some(decision) }
}

/// The published table of an id, in any case of letters.
///
/// # Errors
/// 404 with the nearest one.
pub fn find<'a>(shelf: &'a Shelf, id: &str) -> Result<&'a Published, Problem> {
    shelf.table(id).ok_or_else(|| {
        let near = nearest(id, shelf.tables().map(|published| published.cube.table.id.as_str()));
        Problem::new(Kind::NotFound).titled("Non-existent table").detail(
            format!("tabellen `{}` finnes ikke{}", clip(id), hint_nb(near)),
            format!("there is no table `{}`{}", clip(id), hint_en(near)),
        )
    })
}

/// Exact cells, if a grant of the caller covers every selected one; and the recorded decision either way.
async fn exact(
    app: &App,
    shelf: &Shelf,
    published: &Published,
    selected: &Selected,
    caller: &SignedIn,
) -> Result<(Option<Release<Vec<TableCells>>>, Uuid), Problem> {
    if caller.is_anonymous() {
        return Ok((None, published.decision));
    }
    let resource = resource(&published.cube, selected);
    let years = resource.years.clone();
    match app.policy()?.decide::<ReadTable>(caller.caller(), resource, None, Utc::now()) {
        Decided::Denied(decision) => {
            let id = app.journal().record(&decision).await?;
            Ok((None, id))
        }
        Decided::Allowed(grant, decision) => {
            let id = app.journal().record(&decision).await?;
            let table = published.cube.table;
            let release = read_exact(app, shelf, grant, table, &years).await?;
            Ok((Some(release), id))
        }
    }
}

async fn read_exact(
    app: &App,
    shelf: &Shelf,
    grant: Grant<ReadTable>,
    table: &'static Table,
    years: &BTreeSet<u16>,
) -> Result<Release<Vec<TableCells>>, Problem> {
    let mut editions = Vec::new();
    for &year in years {
        let edition = shelf.edition(table.form, year).ok_or_else(|| {
            Problem::new(Kind::NotPublished).detail(
                format!("det finnes ingen utgave av {} for {year}", table.form.dataset()),
                format!("there is no edition of {} for {year}", table.form.dataset()),
            )
        })?;
        editions.push((edition.reference.clone(), crate::axes::of_table(table, year)));
    }
    let sealed = app.registers().table(grant, editions).await.map_err(|error| {
        let causes = fault::with_causes(&error);
        tracing::error!(error = causes, table = table.id, "reading exact cells failed");
        fault::of_registers(&error)
    })?;
    entitled::table(sealed, table).map_err(|error| {
        tracing::error!(%error, table = table.id, "exact cells did not pass the door");
        Problem::new(Kind::Internal)
    })
}

/// What of the registers the selected cells show.
fn resource(cube: &Cube, selected: &Selected) -> TableRead {
    let table = cube.table;
    let time = cube.variables.len() - 1;
    let years: BTreeSet<u16> = selected
        .positions
        .get(time)
        .into_iter()
        .flatten()
        .filter_map(|&at| cube.years.get(at).copied())
        .collect();
    let mut regions = BTreeSet::new();
    for (at, (variable, dimension)) in cube.variables.iter().zip(&table.dimensions).enumerate() {
        if variable.role != Role::Geo {
            continue;
        }
        let codes: BTreeSet<&str> = selected
            .positions
            .get(at)
            .into_iter()
            .flatten()
            .filter_map(|&at| variable.values.get(at).map(|value| value.code.as_str()))
            .collect();
        for year in &years {
            for value in dimension.values.get(year).into_iter().flatten() {
                if codes.contains(value.code.as_str()) {
                    regions.extend(value.leaves.iter().cloned());
                }
            }
        }
    }
    TableRead {
        table: table.id.clone(),
        form: table.form,
        columns: table.dimensions.iter().map(|dimension| dimension.column.clone()).collect(),
        years,
        regions: Some(regions),
    }
}

fn cells_by_year<'a>(cube: &Cube, tables: &'a [TableCells]) -> Vec<&'a [Cell]> {
    cube.years
        .iter()
        .map(|year| {
            tables
                .iter()
                .find(|table| table.year == *year)
                .map_or(&[][..], |table| table.cells.as_slice())
        })
        .collect()
}

fn finish(
    app: &App,
    shelf: &Shelf,
    published: &Published,
    question: &Question,
    selected: &Selected,
    by_year: &[&[Cell]],
    marks: &Marks,
) -> Result<Ready, Problem> {
    let cube = &published.cube;
    let mut cells = Vec::with_capacity(selected.cells());
    cube.visit(&selected.positions, by_year, |cell| cells.push(cell));
    let language = question.language;
    let id = &cube.table.id;
    let body = match &question.format {
        Format::JsonStat2 => {
            let frame = Frame {
                cube,
                language,
                updated: published.updated(),
                href: format!("{}/pxwebapi/v2/tables/{id}/data", app.public_address()),
                notes: published.notes(language),
            };
            let provenance = provenance(published, selected, &cells, marks, language);
            jsonstat::data(&frame, selected, &cells, &provenance)
                .map_err(|_| Problem::new(Kind::Internal))?
        }
        Format::Csv(style) => {
            let layout = csv::place(cube, selected, &question.placement)?;
            csv::write(cube, selected, &cells, &layout, style, language)
        }
    };
    let tag = entity_tag(marks, &body);
    let mut marked = HttpResponse::Ok();
    marks.put(&mut marked);
    marked
        .insert_header((header::ETAG, tag.as_str()))
        .insert_header((header::CACHE_CONTROL, marks.cache_control()))
        .insert_header((header::CONTENT_LANGUAGE, language::tag(question.language)));
    let disposition = format!("inline; filename=\"{id}.{}\"", question.format.extension());
    let disposition =
        HeaderValue::from_str(&disposition).map_err(|_| Problem::new(Kind::Internal))?;
    let media_type = HeaderValue::from_static(question.format.media_type());
    Ok(Ready {
        stamp: shelf.stamp,
        tag,
        marks: marked.finish().headers().clone().into_iter().collect(),
        content: [(header::CONTENT_TYPE, media_type), (header::CONTENT_DISPOSITION, disposition)],
        body: body.into(),
    })
}

fn provenance(
    published: &Published,
    selected: &Selected,
    cells: &[Option<Cell>],
    marks: &Marks,
    language: Language,
) -> Provenance {
    let cube = &published.cube;
    let time = cube.variables.len() - 1;
    let years = selected.positions.get(time).map(Vec::as_slice).unwrap_or_default();
    let suppressed = marks.protection == Protection::Suppressed;
    let releases = years
        .iter()
        .filter(|_| suppressed)
        .filter_map(|&at| published.release(at).map(|release| release.id.to_string()))
        .collect();
    let rule = match (suppressed, language) {
        (true, Language::Nb) => {
            "tall på 1–3 og celler som ville røpe dem, er tilbakeholdt i alle tabeller av året samlet"
        }
        (true, Language::En) => {
            "counts of 1–3 and cells that would give them away are withheld in all tables of the year together"
        }
        (false, Language::Nb) => "eksakte tall etter hjemmel",
        (false, Language::En) => "exact counts under a legal basis",
    };
    let eliminated = cube
        .variables
        .iter()
        .zip(&selected.kept)
        .zip(&selected.positions)
        .filter(|((_, kept), _)| !**kept)
        .filter_map(|((variable, _), positions)| {
            let value = variable.values.get(*positions.first()?)?;
            Some((variable.code.clone(), value.code.clone()))
        })
        .collect();
    Provenance {
        protection: marks.protection,
        basis: marks.basis.as_ref().map(|basis| basis.grant_id.clone()),
        cells: cells.len(),
        withheld: cells.iter().filter(|cell| matches!(cell, Some(Cell::Withheld))).count(),
        releases,
        rule: rule.to_owned(),
        eliminated,
    }
}
