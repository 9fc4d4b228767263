//! `/v1/indicators`: what is set against what, and how a region stands beside its target, its KOSTRA group, the
//! country and a network of municipalities.
//!
//! The numbers are those of the published tables of indicators: made of protected cells, the same for everyone.

use super::targets::{COUNTRY, Target, Valued as _, holding, in_force};
use crate::app::App;
use crate::problem::{Kind, Problem};
use crate::pxweb::cube::Cube;
use crate::pxweb::number::Number;
use crate::pxweb::provenance::{legend, mark};
use crate::pxweb::request::Query;
use crate::pxweb::selection::{clip, hint_en, hint_nb, nearest};
use crate::reply::Reply;
use crate::routes::table_list::PREFIX;
use crate::shelf::{Published, Shelf};
use actix_web::{HttpRequest, HttpResponse, get, web};
use hjemmel_disclosure::Cell;
use hjemmel_kostra::indicators::{Better, IndicatorTable, Part};
use hjemmel_kostra::regions::changes::{Before, before};
use hjemmel_kostra::{Division, Indicator, Language, indicator, indicator_tables};
use serde_json::{Value, json};

/// How many municipalities a network has.
const NETWORK: std::ops::RangeInclusive<usize> = 4..=8;

/// Every indicator: what it is made of, its unit, the form and the function of the accounts it belongs to.
#[utoipa::path(operation_id = "list_indicators", tag = "Indicators",
    params(("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en")),
    responses((status = 200, description = "The indicators.", body = Value)))]
#[get("/v1/indicators")]
pub async fn list_indicators(request: HttpRequest) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let all: Vec<Value> = indicator_tables()
            .iter()
            .flat_map(|of| of.indicators.iter().map(move |one| describe(of, one, language)))
            .collect();
        Reply::open(&request).in_language(language).json(&json!({ "indicators": all }))
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

fn describe(of: &IndicatorTable, one: &Indicator, language: Language) -> Value {
    let part = |part: &Part| {
        let cells: Vec<Value> = part
            .cells
            .iter()
            .map(|source| json!({ "table": source.table, "at": source.at }))
            .collect();
        json!({
            "text": part.text.in_language(language),
            "cells": cells,
            "inhabitants": part.inhabitants,
        })
    };
    json!({
        "code": one.code,
        "label": one.label.in_language(language),
        "unit": one.unit.in_language(language),
        "decimals": one.decimals,
        "factor": one.factor,
        "better": one.better,
        "form": of.table.form.number(),
        "function": one.function,
        "sdgTarget": one.sdg,
        "source": of.about.source.in_language(language),
        "numerator": part(&one.numerator),
        "denominator": part(&one.denominator),
        "table": of.table.id,
        "data": format!("{PREFIX}/tables/{}/data?valueCodes[ContentsCode]={}&valueCodes[Tid]=*", of.table.id, one.code),
    })
}

/// How a region stands by an indicator: beside its target and the country's, its KOSTRA group, the country, and a network of
/// four to eight municipalities.
///
/// A number that rests on any withheld cell is withheld (`:`). Differences are those of the shown numbers.
#[utoipa::path(operation_id = "read_indicator", tag = "Indicators",
    params(
        ("code" = String, Path, description = "The indicator.", example = "mottakere-18-24"),
        ("region" = Option<String>, Query, description = "A municipality, county, KOSTRA group or bydel; the country unless said.", example = "3107"),
        ("year" = Option<u64>, Query, description = "The reporting year; the latest unless said.", example = 2025),
        ("network" = Option<String>, Query, description = "Four to eight municipalities to stand beside, comma separated.", example = "3105,3103,3301,3907"),
        ("lang" = Option<String>, Query, description = "`no` or `en`.", example = "en"),
    ),
    responses((status = 200, description = "The comparison.", body = Value)))]
#[get("/v1/indicators/{code}")]
pub async fn read_indicator(
    request: HttpRequest,
    app: web::Data<App>,
    code: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let targets = holding(&app).await?;
        let shelf = app.shelf()?;
        let language = Query::of(&request).language(&request)?;
        let body = compare(&Query::of(&request), &shelf, &code, &targets, language)?;
        Reply::open(&request).in_language(language).json(&body)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

pub(super) fn find(code: &str) -> Result<(&'static IndicatorTable, &'static Indicator), Problem> {
    indicator(code).ok_or_else(|| {
        let known = indicator_tables().iter().flat_map(|of| &of.indicators);
        let near = nearest(code, known.map(|one| one.code.as_str()));
        Problem::new(Kind::NotFound).detail(
            format!("indikatoren `{}` finnes ikke{}", clip(code), hint_nb(near)),
            format!("there is no indicator `{}`{}", clip(code), hint_en(near)),
        )
    })
}

/// An indicator of one year, as it is shown to everyone.
struct Standing<'a> {
    cube: &'a Cube,
    cells: &'a [Cell],
    year_at: usize,
    /// The place of the indicator among the contents.
    at: usize,
    of: &'static Indicator,
    preliminary: bool,
    targets: &'a [Target],
    language: Language,
}

impl Standing<'_> {
    fn year(&self) -> u16 {
        self.cube.years.get(self.year_at).copied().unwrap_or_default()
    }

    /// The number of a region, if it is one of this year.
    fn cell(&self, region: &str) -> Option<Cell> {
        let value = self.cube.variables.first()?.position(region)?;
        let place = self.cube.index(self.year_at, &[value, self.at])?;
        self.cells.get(place).copied()
    }

    /// What is told of a region, and how far it is from the one that is looked at.
    fn tell(&self, region: &str, beside: Option<Cell>) -> Option<Value> {
        let cell = self.cell(region)?;
        let variable = self.cube.variables.first()?;
        let value = variable.values.get(variable.position(region)?)?;
        let number = |value| Number::new(value, self.of.decimals);
        let shown = match cell {
            Cell::Shown(value) => Some(number(value)),
            _ => None,
        };
        let difference = match (beside, cell) {
            (Some(Cell::Shown(own)), Cell::Shown(other)) => {
                let sign = if own < other { -1.0 } else { 1.0 };
                Some(sign * number(own.abs_diff(other)).as_f64())
            }
            _ => None,
        };
        let of = |region: &str| in_force(self.targets, region, &self.of.code, self.year());
        let status = |target: &Target| match (shown, self.of.better) {
            (None, _) => "unknown",
            (Some(value), Better::Lower) if value.as_f64() <= target.value() => "met",
            (Some(value), Better::Higher) if value.as_f64() >= target.value() => "met",
            _ => "not-met",
        };
        let told = |target: &Target| json!({ "value": target.value(), "year": target.year });
        let (target, national) = (of(&value.code), of(COUNTRY));
        Some(json!({
            "code": value.code,
            "label": value.label.in_language(self.language),
            "value": shown,
            "symbol": mark(Some(cell), self.preliminary),
            "difference": difference,
            "target": target.map(told),
            "status": target.map(status),
            "nationalTarget": national.map(told),
            "nationalStatus": national.map(status),
        }))
    }
}

fn compare(
    query: &Query,
    shelf: &Shelf,
    code: &str,
    targets: &[Target],
    language: Language,
) -> Result<Value, Problem> {
    let (table, of) = find(code)?;
    let published = shelf.table(&table.table.id).ok_or_else(|| Problem::new(Kind::NotPublished))?;
    let cube = &published.cube;
    let year_at = year_at(published, query.number("year")?)?;
    let contents = cube.variables.get(cube.table.dimensions.len());
    let at = contents.and_then(|contents| contents.position(&of.code)).unwrap_or_default();
    let all = published.cells();
    let standing = Standing {
        cube,
        cells: all.get(year_at).copied().unwrap_or_default(),
        year_at,
        at,
        of,
        preliminary: published.preliminary().get(year_at) == Some(&true),
        targets,
        language,
    };
    let year = standing.year();
    let region = query.first("region").filter(|region| !region.is_empty()).unwrap_or(COUNTRY);
    let own = standing.cell(region).ok_or_else(|| no_region(&standing, region))?;
    let network = network(query, &standing)?;
    let group = Division::of(year)
        .and_then(|division| division.kommuner.iter().find(|one| one.code == region))
        .and_then(|one| one.kostragruppe.as_deref());
    let beside = |region: &str| standing.tell(region, Some(own));
    Ok(json!({
        "indicator": describe(table, of, language),
        "year": year,
        "edition": published.edition(year_at),
        "region": standing.tell(region, None),
        "kostraGroup": group.and_then(beside),
        "country": beside(COUNTRY),
        "network": network.iter().filter_map(|region| beside(region)).collect::<Vec<_>>(),
        "missing": published.missing(&[year_at]),
        "symbols": legend(language),
    }))
}

fn year_at(published: &Published, wanted: Option<u64>) -> Result<usize, Problem> {
    let years = &published.cube.years;
    let latest = years.len().saturating_sub(1);
    let Some(wanted) = wanted else { return Ok(latest) };
    years.iter().position(|year| u64::from(*year) == wanted).ok_or_else(|| {
        let known: Vec<String> = years.iter().map(ToString::to_string).collect();
        let known = known.join(", ");
        Problem::new(Kind::ParameterError).detail(
            format!("indikatoren er regnet for {known}, ikke {wanted}"),
            format!("the indicator is computed for {known}, not {wanted}"),
        )
    })
}

fn no_region(standing: &Standing<'_>, region: &str) -> Problem {
    let year = standing.year();
    // Its number of that year, where it has another one now.
    let old = match before(region, year) {
        Some(Before::Same(old)) => Some(old.as_str()),
        _ => None,
    };
    let known = standing.cube.variables.first().into_iter().flat_map(|variable| &variable.values);
    let known = known.filter(|value| standing.cell(&value.code).is_some());
    let near = old.or_else(|| nearest(region, known.map(|value| value.code.as_str())));
    let name = clip(region);
    Problem::new(Kind::ParameterError).titled("Non-existent value").detail(
        format!("indikatoren er ikke regnet for `{name}` i {year}{}", hint_nb(near)),
        format!("the indicator is not computed for `{name}` in {year}{}", hint_en(near)),
    )
}

/// The municipalities to stand beside; none where none are asked for.
fn network(query: &Query, standing: &Standing<'_>) -> Result<Vec<String>, Problem> {
    let mut all: Vec<String> =
        query.list("network").iter().map(|code| code.trim().to_owned()).collect();
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|code| seen.insert(code.clone()));
    if !all.is_empty() && !NETWORK.contains(&all.len()) {
        let (least, most) = NETWORK.into_inner();
        return Err(Problem::new(Kind::ParameterError).detail(
            format!("et nettverk har {least} til {most} kommuner, ikke {}", all.len()),
            format!("a network has {least} to {most} municipalities, not {}", all.len()),
        ));
    }
    let division = Division::of(standing.year());
    for code in &all {
        let is_kommune =
            division.is_some_and(|all| all.kommuner.iter().any(|one| one.code == *code));
        if !is_kommune || standing.cell(code).is_none() {
            return Err(no_region(standing, code));
        }
    }
    Ok(all)
}
