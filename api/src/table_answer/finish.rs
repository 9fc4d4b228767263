//! An answer written in its format, with what was done to its numbers.

use super::{Question, Ready, find};
use crate::language;
use crate::problem::{Kind, Problem};
use crate::pxweb::choice::Choice;
use crate::pxweb::cube::{Cube, Place, Role};
use crate::pxweb::frame::Frame;
use crate::pxweb::provenance::{Provenance, legend};
use crate::pxweb::request::Format;
use crate::pxweb::selection::Selected;
use crate::pxweb::sheet::Sheet;
use crate::pxweb::{csv, html, json_px, json_stat1, jsonstat, parquet, px, xlsx};
use crate::reply::{Marks, entity_tag};
use crate::shelf::{Published, Shelf};
use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use hjemmel_disclosure::{Cell, Protection, Release, TableCells};
use hjemmel_kostra::Language;
use std::sync::Arc;

/// All that an answer is made of.
pub(super) struct Making {
    pub(super) shelf: Arc<Shelf>,
    pub(super) choice: Choice,
    pub(super) question: Question,
    pub(super) exact: Option<Release<Vec<TableCells>>>,
    pub(super) marks: Marks,
    pub(super) address: String,
}

/// What cells there are in an answer.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Tally {
    cells: usize,
    withheld: usize,
    /// Those that can occur.
    possible: usize,
}

impl Tally {
    /// Counts some more.
    pub(super) fn add(&mut self, cells: &[Option<Cell>]) {
        self.cells += cells.len();
        self.withheld += cells.iter().filter(|cell| matches!(cell, Some(Cell::Withheld))).count();
        self.possible += cells.iter().filter(|cell| cell.is_some()).count();
    }
}

impl Making {
    /// Writes it.
    pub(super) fn finish(self) -> Result<Ready, Problem> {
        let published = find(&self.shelf, &self.question.table)?;
        let (cube, selected) = (&self.choice.cube, &self.choice.selected);
        let cells = self.cells(published, selected);
        let reader = self.question.language;
        let mut tally = Tally::default();
        tally.add(&cells);
        let provenance = self.provenance(published, tally);
        let id = &cube.table.id;
        let frame = self.frame(published, self.notes(published, &provenance));
        let internal = |_| Problem::new(Kind::Internal);
        let sheet = || self.sheet(selected, &cells);
        let format = &self.question.format;
        let body = match format {
            Format::JsonStat2 => jsonstat::data(&frame, selected, &cells, &provenance)
                .map_err(|_| Problem::new(Kind::Internal))?,
            Format::JsonStat1 => json_stat1::write(&frame, selected, &cells, &provenance)
                .map_err(|_| Problem::new(Kind::Internal))?,
            Format::Csv(style) => csv::write(&sheet()?, &frame, style),
            Format::Px => px::write(&sheet()?, &frame),
            Format::Xlsx(style) => xlsx::write(&sheet()?, &frame, style)?,
            Format::Html(style) => html::write(&sheet()?, &frame, style),
            Format::JsonPx => {
                json_px::write(&sheet()?, &frame).map_err(|_| Problem::new(Kind::Internal))?
            }
            Format::Parquet => parquet::write(&sheet()?, &frame).map_err(internal)?,
        };
        let tag = entity_tag(&self.marks, &body);
        let mut marked = HttpResponse::Ok();
        self.marks.put(&mut marked);
        marked
            .insert_header((header::ETAG, tag.as_str()))
            .insert_header((header::CACHE_CONTROL, self.marks.cache_control()))
            .insert_header((header::CONTENT_LANGUAGE, language::tag(reader)));
        let disposition = format!("inline; filename=\"{id}.{}\"", format.extension());
        let disposition =
            HeaderValue::from_str(&disposition).map_err(|_| Problem::new(Kind::Internal))?;
        Ok(Ready {
            stamp: self.shelf.stamp,
            is_packed: format.is_packed(),
            tag,
            marks: marked.finish().headers().clone().into_iter().collect(),
            content: [
                (header::CONTENT_TYPE, HeaderValue::from_static(format.media_type())),
                (header::CONTENT_DISPOSITION, disposition),
                (header::ACCEPT_RANGES, HeaderValue::from_static("bytes")),
            ],
            body: body.into(),
        })
    }

    /// The cells of what is selected, or of a part of it.
    pub(super) fn cells(&self, published: &Published, selected: &Selected) -> Vec<Option<Cell>> {
        let cube = &self.choice.cube;
        let by_year = match &self.exact {
            Some(release) => cells_by_year(cube, release.content()),
            None => published.cells(),
        };
        let mut cells = Vec::with_capacity(selected.cells());
        cube.visit(&selected.positions, &by_year, |cell| cells.push(cell));
        not_delivered(published, cube, selected, &mut cells);
        cells
    }

    /// Cells laid out as they are asked for.
    pub(super) fn sheet<'a>(
        &'a self,
        selected: &'a Selected,
        cells: &'a [Option<Cell>],
    ) -> Result<Sheet<'a>, Problem> {
        let Question { placement, language, .. } = &self.question;
        Sheet::new(&self.choice.cube, selected, cells, placement, *language)
    }

    /// What stands around the cells.
    pub(super) fn frame(&self, published: &Published, notes: Vec<String>) -> Frame<'_> {
        let cube = &self.choice.cube;
        Frame {
            cube,
            language: self.question.language,
            updated: published.updated(),
            href: format!("{}/tables/{}/data", self.address, cube.table.id),
            notes,
            preliminary: published.preliminary(),
            next_update: published.next_update(),
        }
    }

    pub(super) fn provenance(&self, published: &Published, tally: Tally) -> Provenance {
        let (cube, selected) = (&self.choice.cube, &self.choice.selected);
        let language = self.question.language;
        let years = selected.positions.last().map(Vec::as_slice).unwrap_or_default();
        let suppressed = self.marks.protection == Protection::Suppressed;
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
        let lists = self.choice.lists.iter().filter_map(|(at, list)| {
            Some((cube.variables.get(*at)?.code.clone(), list.id.clone()))
        });
        let Tally { cells, withheld, possible } = tally;
        Provenance {
            protection: self.marks.protection,
            basis: self.marks.basis.as_ref().map(|basis| basis.grant_id.clone()),
            cells,
            withheld,
            share_withheld: crate::shelf::share(withheld, possible),
            releases,
            rule: rule.to_owned(),
            editions: years.iter().filter_map(|at| published.edition(*at)).collect(),
            eliminated,
            codelists: lists.collect(),
            not_carried: self.choice.not_carried.clone(),
            missing: published.missing(years),
            coarser: published.coarser.clone().filter(|_| withheld > 0),
            symbols: legend(language),
        }
    }

    /// What a reader of this answer must know.
    pub(super) fn notes(&self, published: &Published, provenance: &Provenance) -> Vec<String> {
        let language = self.question.language;
        let mut notes = published.notes(language);
        if provenance.withheld > 0 {
            let share = provenance.share_withheld * 100.0;
            let (withheld, cells) = (provenance.withheld, provenance.cells);
            let coarser = published.coarser.as_ref().map(|coarser| {
                let list = coarser.codelist.map(|id| format!(" ({id})")).unwrap_or_default();
                (format!("{}{list}", coarser.table), coarser.share_withheld * 100.0)
            });
            notes.push(match (language, coarser) {
                (Language::Nb, None) => format!("{withheld} av {cells} celler ({share:.1} %) vises ikke."),
                (Language::En, None) => format!("{withheld} of {cells} cells ({share:.1} %) are not shown."),
                (Language::Nb, Some((where_, less))) => format!("{withheld} av {cells} celler ({share:.1} %) vises ikke; i {where_} er det {less:.1} % av siste år."),
                (Language::En, Some((where_, less))) => format!("{withheld} of {cells} cells ({share:.1} %) are not shown; in {where_} it is {less:.1} % of the latest year."),
            });
        }
        for one in &self.choice.not_carried {
            let from = one.from.join(", ");
            notes.push(match (language, one.why) {
                (Language::Nb, "merged") => format!(
                    "{} for {} var {from}: summen av dem har ingen utgave.",
                    one.code, one.year
                ),
                (Language::Nb, _) => format!(
                    "{} for {} var en del av {from}: tallene kan ikke fordeles.",
                    one.code, one.year
                ),
                (Language::En, "merged") => {
                    format!("{} in {} was {from}: no release holds their sum.", one.code, one.year)
                }
                (Language::En, _) => format!(
                    "{} in {} was a part of {from}: figures cannot be shared out.",
                    one.code, one.year
                ),
            });
        }
        notes
    }
}

/// The cells of each year of the cube, of what was read for this answer alone.
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

/// A region that has not delivered has no figures, which is something else than none of anything.
fn not_delivered(
    published: &Published,
    cube: &Cube,
    selected: &Selected,
    cells: &mut [Option<Cell>],
) {
    let Some(geo) = cube.variables.iter().position(|variable| variable.role == Role::Geo) else {
        return;
    };
    let years = selected.positions.last().map(Vec::as_slice).unwrap_or_default();
    if published.missing(years).is_empty() {
        return;
    }
    let (Some(variable), Some(dimension), Some(values)) =
        (cube.variables.get(geo), cube.table.dimensions.get(geo), selected.positions.get(geo))
    else {
        return;
    };
    let absent = |value: usize, year_at: usize| -> bool {
        let own = variable.values.get(value).zip(published.release(year_at));
        own.is_some_and(|(value, on_shelf)| {
            let Place::At(position) = value.place(year_at) else { return false };
            let leaves = dimension.values_of(on_shelf.year).get(position);
            leaves.is_some_and(|own| own.leaves.iter().all(|leaf| on_shelf.missing.contains(leaf)))
        })
    };
    let below: usize = selected.positions.iter().skip(geo + 1).map(Vec::len).product();
    for (place, cell) in cells.iter_mut().enumerate() {
        let value = values.get(place / below.max(1) % values.len().max(1));
        let year = years.get(place % years.len().max(1));
        if let (Some(value), Some(year)) = (value, year)
            && cell.is_some()
            && absent(*value, *year)
        {
            *cell = Some(Cell::Missing);
        }
    }
}
