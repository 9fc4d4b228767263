//! From a question about a table to an answer: exact where a grant covers it, protected otherwise.

mod ahead;
mod finish;
mod stream;

use crate::app::App;
use crate::fault;
use crate::journal::Pending;
use crate::problem::{Kind, Problem};
use crate::pxweb::choice::{Choice, choose};
use crate::pxweb::cube::{Place, Role};
use crate::pxweb::parts::Parts;
use crate::pxweb::request::Format;
use crate::pxweb::selection::{Placement, VariableSelection, clip, hint_en, hint_nb, nearest};
use crate::pxweb::sheet::place;
use crate::range::wanted_part;
use crate::reply::{Marks, is_known};
use crate::shelf::{Published, Shelf};
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::web::Bytes;
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use hjemmel_disclosure::{Axis, Basis, Protection, Release, TableCells, entitled};
use hjemmel_kostra::table::Value;
use hjemmel_kostra::{Language, Table};
use hjemmel_policy::{Decided, Grant, ReadTable, TableRead};
use hjemmel_registers::EditionRef;
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

/// The most cells that are written without leaving the worker.
const AT_ONCE: usize = 20_000;

/// A finished answer that anyone may have, headers and all: most requests are for one of these.
pub struct Ready {
    stamp: u64,
    /// Whether it is compressed in itself.
    is_packed: bool,
    tag: String,
    /// What stands on a 304 as on a 200.
    marks: Vec<(HeaderName, HeaderValue)>,
    /// What stands on a 200 alone.
    content: [(HeaderName, HeaderValue); 3],
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
        // A part is a part of these bytes, and what is packed already is not packed again.
        if self.is_packed {
            response.insert_header((header::CONTENT_ENCODING, "identity"));
        }
        match wanted_part(request, &self.tag, self.body.len()) {
            None => response.body(self.body.clone()),
            Some(range) => {
                let last = range.end.saturating_sub(1);
                let place = format!("bytes {}-{last}/{}", range.start, self.body.len());
                response
                    .status(StatusCode::PARTIAL_CONTENT)
                    .insert_header((header::CONTENT_ENCODING, "identity"))
                    .insert_header((header::CONTENT_RANGE, place))
                    .body(self.body.slice(range))
            }
        }
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
    if let Some(response) = ahead::answer(app, request, caller, &question).await? {
        return Ok(response);
    }
    let shelf = app.shelf()?;
    let published = find(&shelf, &question.table).map_err(Problem::in_a_selection)?;
    let choice = choose(&published.cube, &question.selection)?;
    // A layout that cannot be is refused also where the format has none.
    place(&choice.cube, &choice.selected, &question.placement)?;
    let (limit, cells) = (app.settings().tables.max_cells, choice.selected.cells());
    // What can be written in parts is made as it is sent, however many cells there are.
    let parts = Parts::of(&question.format).filter(|_| cells > limit);
    if cells > limit && parts.is_none() {
        return Err(Problem::new(Kind::TooManyCells)
            .detail(
                format!("utvalget har {cells} celler; et regneark kan ha {limit}. Del det opp, velg færre verdier, eller hent et annet format: de andre har ingen grense."),
                format!("the selection has {cells} cells; a workbook may have {limit}. Split it, select fewer values, or take another format: the others have no limit."),
            )
            .with("selectedCells", cells)
            .with("maxDataCells", limit));
    }
    let Ground { exact, decision, pending } =
        ground(app, &shelf, published, &choice, caller).await?;
    let marks = match &exact {
        Some(release) => marks(release.protection(), release.basis().cloned(), decision),
        None => marks(Protection::Suppressed, None, decision),
    };
    let address = address(app);
    let making = finish::Making { shelf, choice, question, exact, marks, address };
    if let Some(parts) = parts {
        is_durable(pending).await?;
        return stream::respond(making, parts, request).await;
    }
    let is_get = request.method() == actix_web::http::Method::GET;
    // Protected cells are made ready while the decision is on its way to the disk, and wait for it.
    let ready = written(making, cells).await?;
    is_durable(pending).await?;
    let response = ready.respond(request);
    if caller.is_anonymous() && is_get {
        app.ready().insert(key(request), Arc::new(ready));
    }
    Ok(response)
}

fn address(app: &App) -> String {
    format!("{}{}", app.public_address(), app.settings().tables.prefix)
}

/// A large document takes long to write: the other requests of this worker must not wait.
async fn written(making: finish::Making, cells: usize) -> Result<Ready, Problem> {
    if cells <= AT_ONCE {
        return making.finish();
    }
    let made = actix_web::web::block(move || making.finish()).await;
    made.map_err(|_| Problem::new(Kind::Internal))?
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

/// What an answer rests on.
struct Ground {
    /// Exact cells, if a grant of the caller covers every selected one.
    exact: Option<Release<Vec<TableCells>>>,
    /// The decision that stands on the answer.
    decision: Uuid,
    /// That decision, as long as it may not be durable.
    pending: Option<Pending>,
}

async fn is_durable(pending: Option<Pending>) -> Result<(), Problem> {
    match pending {
        Some(pending) => pending.durable().await.map(drop),
        None => Ok(()),
    }
}

async fn ground(
    app: &App,
    shelf: &Shelf,
    published: &Published,
    choice: &Choice,
    caller: &SignedIn,
) -> Result<Ground, Problem> {
    // Indicators are made of protected cells for everyone.
    if caller.is_anonymous() || published.is_computed() {
        return Ok(Ground { exact: None, decision: published.decision, pending: None });
    }
    let resource = resource(choice, false);
    let years = resource.years.clone();
    match app.policy()?.decide::<ReadTable>(caller.caller(), resource, None, Utc::now()) {
        Decided::Denied(decision) => {
            let pending = app.journal().begin(&decision).await?;
            Ok(Ground { exact: None, decision: pending.id(), pending: Some(pending) })
        }
        Decided::Allowed(grant, decision) => {
            let id = app.journal().record(&decision).await?;
            let table = published.cube.table;
            let release = read_exact(app, shelf, grant, table, &years).await?;
            Ok(Ground { exact: Some(release), decision: id, pending: None })
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
        editions.push(edition.reference.clone());
    }
    let read = if table.is_sum() {
        app.registers().sums(grant, editions, table).await
    } else {
        let axes = |from: EditionRef| (from.clone(), Axis::of_table(table, from.year));
        app.registers().table(grant, editions.into_iter().map(axes).collect()).await
    };
    let sealed = read.map_err(|error| {
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
fn resource(choice: &Choice, unpublished: bool) -> TableRead {
    let (cube, selected) = (&choice.cube, &choice.selected);
    let table = cube.table;
    let time = cube.variables.len() - 1;
    let chosen_years: Vec<usize> = selected.positions.get(time).cloned().unwrap_or_default();
    let years: BTreeSet<u16> =
        chosen_years.iter().filter_map(|&at| cube.years.get(at).copied()).collect();
    let (mut heard, mut is_whole) = (Vec::new(), true);
    for (at, (variable, dimension)) in cube.variables.iter().zip(&table.dimensions).enumerate() {
        if variable.role != Role::Geo {
            continue;
        }
        let years = chosen_years.iter().filter_map(|&at| Some((at, cube.years.get(at)?)));
        for (year_at, year) in years {
            let all = dimension.values_of(*year);
            let chosen = selected.positions.get(at).into_iter().flatten();
            let chosen = chosen.filter_map(|&at| variable.values.get(at)).filter_map(|value| {
                let Place::At(position) = value.place(year_at) else { return None };
                all.get(position)
            });
            let chosen: Vec<_> = chosen.collect();
            // Whoever asks for the total, as most do, asks for every region, and need not be heard out.
            let is_total = |value: &&Value| Some(&value.code) == dimension.total.as_ref();
            let total = chosen.iter().copied().find(is_total);
            is_whole &= total.is_some();
            heard.extend(total.map_or(chosen, |total| vec![total]));
        }
    }
    let leaves = || heard.iter().flat_map(|value| &value.leaves).cloned().collect();
    TableRead {
        table: table.id.clone(),
        form: table.form,
        columns: table.columns().map(ToOwned::to_owned).collect(),
        years,
        regions: (!is_whole).then(leaves),
        unpublished,
    }
}
