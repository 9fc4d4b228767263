//! Unit records: what a request asks, and the formats they leave in.

use crate::accept;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::pxweb::selection::{clip, hint_en, hint_nb, nearest, split_values};
use actix_web::HttpRequest;
use hjemmel_kostra::{Column, ColumnKind, ColumnRole, Form};
use hjemmel_registers::Filter;
use std::collections::BTreeSet;

/// How records leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// Pages of JSON with a cursor.
    Json,
    /// The whole as comma separated values.
    Csv,
    /// The whole as one Parquet file.
    Parquet,
    /// The whole as an Arrow IPC stream.
    Arrow,
}

impl Format {
    const ALL: [(Self, &'static str, &'static str); 4] = [
        (Self::Json, "json", "application/json"),
        (Self::Csv, "csv", "text/csv"),
        (Self::Parquet, "parquet", "application/vnd.apache.parquet"),
        (Self::Arrow, "arrow", "application/vnd.apache.arrow.stream"),
    ];

    /// The `Content-Type`.
    #[must_use]
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=UTF-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Arrow => "application/vnd.apache.arrow.stream",
        }
    }

    /// The end of the file name.
    #[must_use]
    pub fn extension(self) -> &'static str {
        Self::ALL.iter().find(|(format, ..)| *format == self).map_or("bin", |(_, name, _)| name)
    }

    /// `format=` if given, else `Accept`.
    fn of(query: &Query, request: &HttpRequest) -> Result<Self, Problem> {
        if let Some(name) = query.first("format") {
            let known = Self::ALL.iter().find(|(_, known, _)| known.eq_ignore_ascii_case(name));
            return known.map(|(format, ..)| *format).ok_or_else(|| {
                Problem::new(Kind::ParameterError).detail(
                    format!(
                        "formatet `{}` finnes ikke; bruk json, csv, parquet eller arrow",
                        clip(name)
                    ),
                    format!("there is no format `{}`; use json, csv, parquet or arrow", clip(name)),
                )
            });
        }
        let offers = Self::ALL.map(|(.., media)| media);
        let found = accept::preferred(request, &offers)
            .and_then(|best| Self::ALL.iter().find(|(.., media)| *media == best));
        found.map(|(format, ..)| *format).ok_or_else(|| {
            let known = offers.join(", ");
            Problem::new(Kind::NotAcceptable).detail(
                format!("postene kan hentes som {known}"),
                format!("the records can be had as {known}"),
            )
        })
    }
}

/// What is asked of the records.
#[derive(Debug)]
pub struct Ask {
    /// The form.
    pub form: Form,
    /// The reporting year.
    pub year: u16,
    /// Columns asked for by name.
    pub columns: Option<BTreeSet<String>>,
    /// Regions asked for: kommuner, or bydeler of Oslo.
    pub regions: Option<BTreeSet<String>>,
    /// Conditions on columns.
    pub filters: Vec<Filter>,
    /// The columns the conditions read.
    pub filtered: BTreeSet<String>,
    /// The format.
    pub format: Format,
    /// Records a page of JSON.
    pub limit: u64,
    /// Where the page starts.
    pub cursor: Option<String>,
    /// The purpose the caller names, if any.
    pub purpose: Option<String>,
}

/// Records a page of JSON unless said.
const PAGE: u64 = 1_000;
/// Records a page of JSON at most.
const LARGEST_PAGE: u64 = 10_000;

fn wrong(nb: String, en: String) -> Problem {
    Problem::new(Kind::ParameterError).detail(nb, en)
}

/// The form of a dataset id.
///
/// # Errors
/// 404 with the nearest id.
pub fn dataset(id: &str) -> Result<Form, Problem> {
    Form::ALL.into_iter().find(|form| form.dataset().eq_ignore_ascii_case(id)).ok_or_else(|| {
        let by_number = Form::parse(&id.to_ascii_uppercase()).map(Form::dataset);
        let near = by_number.or_else(|| nearest(id, Form::ALL.iter().map(|form| form.dataset())));
        Problem::new(Kind::NotFound).detail(
            format!("datasettet `{}` finnes ikke{}", clip(id), hint_nb(near)),
            format!("there is no dataset `{}`{}", clip(id), hint_en(near)),
        )
    })
}

impl Ask {
    /// Reads the request; `years` are those the form has records for.
    ///
    /// # Errors
    /// Anything unknown or ill-formed, by name, with the nearest right one.
    pub fn read(request: &HttpRequest, form: Form, years: &[u16]) -> Result<Self, Problem> {
        let query = Query::of(request);
        only_known(&query)?;
        query.language(request)?;
        let year = year(&query, form, years)?;
        let known = hjemmel_kostra::columns(form, year);
        let columns = query
            .first("columns")
            .map(|list| {
                split_values(list)
                    .iter()
                    .map(|name| column(&known, name.trim(), year))
                    .map(|found| found.map(|column| column.name.clone()))
                    .collect::<Result<BTreeSet<_>, _>>()
            })
            .transpose()?;
        let mut filters = Vec::new();
        let mut filtered = BTreeSet::new();
        let mut regions = None;
        for (name, value) in query.pairs() {
            let condition = name.strip_prefix("filter[").and_then(|rest| rest.strip_suffix(']'));
            let Some(name) = condition.or((name == "region").then_some("REGION")) else { continue };
            let column = column(&known, name, year)?;
            filtered.insert(column.name.clone());
            if column.name == "REGION" {
                regions = Some(region_codes(value, year)?);
            } else {
                filters.push(filter(column, value)?);
            }
        }
        let limit = query.number("limit")?.unwrap_or(PAGE);
        if limit == 0 || limit > LARGEST_PAGE {
            return Err(wrong(
                format!(
                    "`limit` må være mellom 1 og {LARGEST_PAGE}; hele uttrekket fås som csv, parquet eller arrow"
                ),
                format!(
                    "`limit` must be between 1 and {LARGEST_PAGE}; the whole can be had as csv, parquet or arrow"
                ),
            ));
        }
        Ok(Self {
            form,
            year,
            columns,
            regions,
            filters,
            filtered,
            format: Format::of(&query, request)?,
            limit,
            cursor: query.first("cursor").map(ToOwned::to_owned),
            purpose: query.first("purpose").map(ToOwned::to_owned),
        })
    }
}

/// The parameters there are, besides conditions.
const PARAMETERS: [&str; 8] =
    ["year", "columns", "region", "format", "limit", "cursor", "purpose", "lang"];

/// A condition that is misspelt or said twice, and so ignored, would give more records than were asked for.
fn only_known(query: &Query) -> Result<(), Problem> {
    let mut seen = BTreeSet::new();
    if let Some((name, _)) = query.pairs().find(|(name, _)| !seen.insert(*name)) {
        return Err(wrong(
            format!("`{}` er oppgitt to ganger; skriv verdiene med komma mellom", clip(name)),
            format!("`{}` is given twice; write its values with commas between", clip(name)),
        ));
    }
    let is_known = |name: &str| {
        PARAMETERS.contains(&name) || (name.starts_with("filter[") && name.ends_with(']'))
    };
    let Some((name, _)) = query.pairs().find(|(name, _)| !is_known(name)) else { return Ok(()) };
    let bare = name.split('[').next().unwrap_or(name);
    let near = nearest(bare, PARAMETERS.into_iter().chain(["filter"]));
    let near = near.map(|near| if near == "filter" { "filter[KOLONNE]" } else { near });
    Err(wrong(
        format!("det finnes ingen parameter `{}`{}", clip(name), hint_nb(near)),
        format!("there is no parameter `{}`{}", clip(name), hint_en(near)),
    ))
}

fn year(query: &Query, form: Form, years: &[u16]) -> Result<u16, Problem> {
    let list = years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let Some(text) = query.first("year") else {
        return Err(wrong(
            format!("velg et år med `year`: {list}"),
            format!("choose a year with `year`: {list}"),
        ));
    };
    text.trim().parse().ok().filter(|year| years.contains(year)).ok_or_else(|| {
        wrong(
            format!("{} har ingen poster for året `{}`; år: {list}", form.dataset(), clip(text)),
            format!(
                "{} has no records for the year `{}`; years: {list}",
                form.dataset(),
                clip(text)
            ),
        )
    })
}

/// Kommuner and bydeler of the year's division, by code.
fn region_codes(value: &str, year: u16) -> Result<BTreeSet<String>, Problem> {
    let division = hjemmel_kostra::Division::of(year);
    let known: Vec<&str> = division
        .iter()
        .flat_map(|division| division.values())
        .map(|value| value.code.as_str())
        .filter(|code| code.bytes().all(|byte| byte.is_ascii_digit()))
        .collect();
    split_values(value)
        .into_iter()
        .map(|code| {
            if known.contains(&code.as_str()) {
                return Ok(code);
            }
            let near = nearest(&code, known.iter().copied());
            Err(wrong(
                format!(
                    "regionen `{}` er ikke en kommune eller bydel i {year}{}",
                    clip(&code),
                    hint_nb(near)
                ),
                format!(
                    "the region `{}` is no kommune or bydel in {year}{}",
                    clip(&code),
                    hint_en(near)
                ),
            ))
        })
        .collect()
}

fn column<'a>(known: &'a [Column], name: &str, year: u16) -> Result<&'a Column, Problem> {
    known.iter().find(|column| column.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        let near = nearest(name, known.iter().map(|column| column.name.as_str()));
        wrong(
            format!("kolonnen `{}` finnes ikke i {year}{}", clip(name), hint_nb(near)),
            format!("there is no column `{}` in {year}{}", clip(name), hint_en(near)),
        )
    })
}

/// `a,b` picks codes; `from..to` a range of numbers or dates, either end open.
fn filter(column: &Column, value: &str) -> Result<Filter, Problem> {
    let name = column.name.clone();
    if column.role != ColumnRole::Content {
        return Err(wrong(
            format!("`{name}` kan ikke brukes som vilkår: det er en identifikator"),
            format!("`{name}` cannot be a condition: it is an identifier"),
        ));
    }
    let ill = || {
        wrong(
            format!(
                "vilkåret på `{name}` kan ikke tolkes; skriv koder `a,b` eller en grense `fra..til`"
            ),
            format!(
                "the condition on `{name}` cannot be read; write codes `a,b` or a range `from..to`"
            ),
        )
    };
    match column.kind {
        ColumnKind::Code | ColumnKind::Text => {
            let codes = split_values(value);
            if codes.is_empty() {
                return Err(ill());
            }
            for code in &codes {
                if !column.codes.is_empty() && !column.codes.iter().any(|known| known.code == *code)
                {
                    let near = nearest(code, column.codes.iter().map(|known| known.code.as_str()));
                    return Err(wrong(
                        format!("`{name}` har ingen kode `{}`{}", clip(code), hint_nb(near)),
                        format!("`{name}` has no code `{}`{}", clip(code), hint_en(near)),
                    ));
                }
            }
            Ok(Filter::Codes { column: name, codes })
        }
        ColumnKind::Integer => {
            let (from, to) = ends(value, |text| text.parse::<i64>().ok()).ok_or_else(ill)?;
            Ok(Filter::Integers { column: name, from, to })
        }
        ColumnKind::Date => {
            let (from, to) =
                ends(value, |text| text.parse::<chrono::NaiveDate>().ok()).ok_or_else(ill)?;
            Ok(Filter::Dates { column: name, from, to })
        }
    }
}

fn ends<T: PartialOrd + Copy>(
    text: &str,
    read: impl Fn(&str) -> Option<T>,
) -> Option<(Option<T>, Option<T>)> {
    let Some((from, to)) = text.split_once("..") else {
        let only = read(text.trim())?;
        return Some((Some(only), Some(only)));
    };
    let end = |text: &str| match text.trim() {
        "" => Some(None),
        text => read(text).map(Some),
    };
    let (from, to) = (end(from)?, end(to)?);
    let reversed = matches!((from, to), (Some(from), Some(to)) if from > to);
    (!reversed && (from.is_some() || to.is_some())).then_some((from, to))
}

#[cfg(test)]
mod tests;
