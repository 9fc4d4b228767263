//! Classifications as KLASS's clients ask for them and read them.

use crate::accept;
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::pxweb::selection::clip;
use crate::reply::Reply;
use actix_web::{HttpRequest, HttpResponse};
use hjemmel_kostra::Language;
use hjemmel_kostra::klass::{
    Classification, Pair, Span, Version, classification, classifications, correspondence,
};
use serde_json::{Map, Value, json};

/// The three languages KLASS has.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tongue {
    Nb,
    Nn,
    En,
}

impl Tongue {
    pub(crate) fn of(query: &Query, request: &HttpRequest) -> Result<Self, Problem> {
        let asked = query.first("language").map(str::to_ascii_lowercase);
        match asked.as_deref() {
            Some("nb" | "no") => Ok(Self::Nb),
            Some("nn") => Ok(Self::Nn),
            Some("en") => Ok(Self::En),
            None | Some("") => Ok(match crate::problem::requested_language(request) {
                Language::Nb => Self::Nb,
                Language::En => Self::En,
            }),
            Some(other) => Err(wrong(
                format!("språket `{}` finnes ikke; bruk nb, nn eller en", clip(other)),
                format!("there is no language `{}`; use nb, nn or en", clip(other)),
            )),
        }
    }

    pub(crate) const fn language(self) -> Language {
        match self {
            Self::Nb | Self::Nn => Language::Nb,
            Self::En => Language::En,
        }
    }

    pub(crate) const fn tag(self) -> &'static str {
        match self {
            Self::Nb => "nb",
            Self::Nn => "nn",
            Self::En => "en",
        }
    }

    pub(crate) fn name(self, one: &'static Classification) -> &'static str {
        match self {
            Self::Nb => &one.name.nb,
            Self::Nn => one.name_nn,
            Self::En => &one.name.en,
        }
    }
}

pub(crate) fn wrong(nb: String, en: String) -> Problem {
    Problem::new(Kind::ParameterError).titled("Parameter error").detail(nb, en)
}

pub(crate) fn find(id: &str) -> Result<&'static Classification, Problem> {
    id.parse().ok().and_then(classification).ok_or_else(|| {
        let known: Vec<String> = classifications().iter().map(|one| one.id.to_string()).collect();
        let known = known.join(", ");
        Problem::new(Kind::NotFound).detail(
            format!("klassifikasjonen `{}` finnes ikke her; disse finnes: {known}", clip(id)),
            format!("there is no classification `{}` here; these are: {known}", clip(id)),
        )
    })
}

/// The year of a day, and whether the day is its first. Everything changes on 1 January.
pub(crate) fn day(query: &Query, name: &'static str) -> Result<Option<(u16, bool)>, Problem> {
    let Some(text) = query.first(name).filter(|text| !text.is_empty()) else { return Ok(None) };
    let day: Result<chrono::NaiveDate, _> = text.parse();
    let read = day.ok().and_then(|day| {
        use chrono::Datelike as _;
        Some((u16::try_from(day.year()).ok()?, day.ordinal() == 1))
    });
    read.map(Some).ok_or_else(|| {
        wrong(
            format!("`{name}` må være en dag som 2024-01-01, ikke `{}`", clip(text)),
            format!("`{name}` must be a day such as 2024-01-01, not `{}`", clip(text)),
        )
    })
}

/// `from` and `to`, which is not itself among the days; or the one day `date`, where the address ends in `At`.
pub(crate) fn period(request: &HttpRequest, query: &Query) -> Result<(u16, Option<u16>), Problem> {
    let needed = || {
        let name = if request.path().ends_with("At") { "date" } else { "from" };
        wrong(
            format!("`{name}` mangler; send en dag som 2024-01-01"),
            format!("`{name}` is missing; send a day such as 2024-01-01"),
        )
    };
    if let Some((year, _)) = day(query, "date")? {
        return Ok((year, None));
    }
    let (from, _) = day(query, "from")?.ok_or_else(needed)?;
    let to = match day(query, "to")? {
        Some((year, true)) => year,
        Some((year, false)) => year.saturating_add(1),
        None => u16::MAX,
    };
    if to <= from {
        return Err(wrong(
            "`to` må være etter `from`".to_owned(),
            "`to` must be after `from`".to_owned(),
        ));
    }
    Ok((from, Some(to)))
}

fn first(year: u16) -> Value {
    format!("{year}-01-01").into()
}

/// The first moment of a year: nothing of a version changes later.
fn since(year: u16) -> Value {
    format!("{year}-01-01T00:00:00.000+0000").into()
}

fn ending(year: Option<u16>) -> Value {
    year.map_or(Value::Null, first)
}

/// Rows as JSON under a name, or as CSV for whoever would rather have that.
pub(crate) fn rows(
    request: &HttpRequest,
    query: &Query,
    tongue: Tongue,
    name: &str,
    rows: &[Map<String, Value>],
) -> Result<HttpResponse, Problem> {
    let reply = Reply::open(request).in_language(tongue.language());
    match accept::preferred(request, &["application/json", "text/csv"]) {
        Some("text/csv") => {
            let body = as_csv(query, rows)?;
            Ok(reply.send("text/csv; charset=utf-8", body.into()))
        }
        Some(_) => reply.json(&json!({ name: rows })),
        None => Err(Problem::new(Kind::NotAcceptable).detail(
            "klassifikasjoner kan hentes som application/json eller text/csv",
            "classifications can be had as application/json or text/csv",
        )),
    }
}

fn as_csv(query: &Query, rows: &[Map<String, Value>]) -> Result<Vec<u8>, Problem> {
    let separator = match query.first("csvseparator").map(str::as_bytes) {
        None | Some([]) => b',',
        Some([one]) if one.is_ascii() && !matches!(one, b'"' | b'\n' | b'\r') => *one,
        Some(_) => {
            return Err(wrong(
                "`csvSeparator` må være ett tegn".to_owned(),
                "`csvSeparator` must be one character".to_owned(),
            ));
        }
    };
    let fields: Vec<String> = match query.first("csvfields").filter(|text| !text.is_empty()) {
        Some(text) => text.split(',').map(|field| field.trim().to_owned()).collect(),
        None => rows.first().map(|row| row.keys().cloned().collect()).unwrap_or_default(),
    };
    let mut writer = csv::WriterBuilder::new()
        .delimiter(separator)
        .quote_style(csv::QuoteStyle::Always)
        .from_writer(Vec::new());
    let internal = |_| Problem::new(Kind::Internal);
    writer.write_record(&fields).map_err(internal)?;
    for row in rows {
        let values = fields.iter().map(|field| row.get(field).and_then(Value::as_str));
        writer.write_record(values.map(Option::unwrap_or_default)).map_err(internal)?;
    }
    writer.into_inner().map_err(|_| Problem::new(Kind::Internal))
}

pub(crate) fn code(
    span: &Span,
    range: Option<(u16, Option<u16>)>,
    tongue: Tongue,
) -> Map<String, Value> {
    let mut row = Map::new();
    let mut put = |name: &str, value: Value| row.insert(name.to_owned(), value);
    put("code", span.code.as_str().into());
    put("parentCode", span.parent.clone().map_or(Value::Null, Value::from));
    put("level", "1".into());
    put("name", name_of(span, tongue).into());
    put("shortName", "".into());
    put("presentationName", "".into());
    put("validFrom", first(span.from));
    put("validTo", ending(span.to));
    if let Some((from, to)) = range {
        put("validFromInRequestedRange", first(span.from.max(from)));
        let end = match (span.to, to.filter(|to| *to < u16::MAX)) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        put("validToInRequestedRange", ending(end));
    }
    put("notes", "".into());
    row
}

/// Names of places are the same in every language; those of groups are words.
fn name_of(span: &Span, tongue: Tongue) -> String {
    match (span.name.strip_prefix("KOSTRA-gruppe "), tongue) {
        (Some(number), Tongue::En) => format!("KOSTRA group {number}"),
        _ => span.name.clone(),
    }
}

pub(crate) fn codes(request: &HttpRequest, id: &str) -> Result<HttpResponse, Problem> {
    let query = Query::of(request);
    let tongue = Tongue::of(&query, request)?;
    let one = find(id)?;
    let (from, to) = period(request, &query)?;
    // Each has one level alone.
    let has_level = query.first("selectlevel").is_none_or(|level| matches!(level, "" | "1"));
    let wanted = query.list("selectcodes");
    let chosen = one.spans.iter().filter(|span| has_level && span.holds(from, to)).filter(|span| {
        wanted.is_empty() || wanted.iter().any(|wanted| fits(wanted.trim(), &span.code))
    });
    let range = to.map(|to| (from, Some(to)));
    let pattern = query.first("presentationnamepattern").unwrap_or_default();
    let chosen: Vec<_> = chosen
        .map(|span| {
            let mut row = code(span, range, tongue);
            let name = presented(pattern, span, tongue);
            row.insert("presentationName".to_owned(), name.into());
            row
        })
        .collect();
    rows(request, &query, tongue, "codes", &chosen)
}

/// A code's name by a pattern such as `{code} - {name}`.
fn presented(pattern: &str, span: &Span, tongue: Tongue) -> String {
    let name = name_of(span, tongue);
    let short = pattern.replace("{shortname}", "").replace("{code}", &span.code);
    short.replace("{name}", &name)
}

/// A code, one with a star at its end, or `a-b`.
fn fits(wanted: &str, code: &str) -> bool {
    match (wanted.strip_suffix('*'), wanted.split_once('-')) {
        (Some(start), _) => code.starts_with(start),
        (None, Some((a, b))) => (a..=b).contains(&code),
        (None, None) => code == wanted,
    }
}

pub(crate) fn version(
    one: &'static Classification,
    version: &Version,
    tongue: Tongue,
) -> Map<String, Value> {
    let name = tongue.name(one);
    let value = json!({
        "name": format!("{name} {}", version.from),
        "id": version.id,
        "validFrom": first(version.from),
        "validTo": ending(version.to),
        "lastModified": since(version.from),
        "published": ["nb", "nn", "en"],
        "_links": { "self": { "href": format!("/api/klass/v1/versions/{}", version.id) } },
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The id of the table of a version and another classification.
fn table_id(version: &Version, target: u32) -> u64 {
    u64::from(version.id) * 1_000 + u64::from(target)
}

/// What is told of the correspondence of a version with another classification, without its pairs.
fn table(
    one: &'static Classification,
    state: &Version,
    target: &'static Classification,
    tongue: Tongue,
) -> Map<String, Value> {
    let (source_name, target_name) = (tongue.name(one), tongue.name(target));
    let href = |place: String| json!({ "href": format!("/api/klass/v1/{place}") });
    let value = json!({
        "name": format!("{source_name} {} - {target_name}", state.from),
        "contactPerson": { "name": "Statistisk sentralbyrå" },
        "owningSection": "Statistisk sentralbyrå",
        "source": format!("{source_name} {}", state.from),
        "sourceId": state.id,
        "target": target_name,
        "targetId": target.id,
        "changeTable": false,
        "sourceLevel": null,
        "targetLevel": null,
        "description": "",
        "changelogs": [],
        "lastModified": since(state.from),
        "published": ["nb", "nn", "en"],
        "_links": {
            "self": href(format!("correspondencetables/{}", table_id(state, target.id))),
            "source": href(format!("versions/{}", state.id)),
            "target": href(format!("classifications/{}", target.id)),
        },
    });
    match value {
        Value::Object(object) => object,
        _ => Map::new(),
    }
}

/// The correspondences of a version, without their pairs.
pub(crate) fn tables(
    one: &'static Classification,
    state: &Version,
    tongue: Tongue,
) -> Vec<Map<String, Value>> {
    let others =
        classifications().iter().filter(|other| correspondence(one.id, other.id).is_some());
    others.map(|other| table(one, state, other, tongue)).collect()
}

/// The correspondence of an id, with its pairs.
pub(crate) fn table_of(id: &str, tongue: Tongue) -> Result<Map<String, Value>, Problem> {
    let mut all = classifications().iter().flat_map(|one| {
        let pairs = classifications()
            .iter()
            .flat_map(move |other| one.versions.iter().map(move |state| (one, state, other)));
        pairs.filter_map(|(one, state, other)| {
            Some((one, state, other, correspondence(one.id, other.id)?))
        })
    });
    let found = all.find(|(_, state, other, _)| table_id(state, other.id).to_string() == id);
    let (one, state, other, pairs) = found.ok_or_else(|| {
        Problem::new(Kind::NotFound).detail(
            format!(
                "korrespondansetabellen `{}` finnes ikke; se `correspondenceTables` i en versjon",
                clip(id)
            ),
            format!(
                "there is no correspondence table `{}`; see `correspondenceTables` of a version",
                clip(id)
            ),
        )
    })?;
    let holds =
        |pair: &&Pair| pair.from <= state.from && pair.to.is_none_or(|end| end > state.from);
    let maps: Vec<Value> = pairs
        .iter()
        .filter(holds)
        .map(|pair| {
            json!({
                "sourceCode": pair.source,
                "sourceName": pair.source_name,
                "targetCode": pair.target,
                "targetName": pair.target_name,
            })
        })
        .collect();
    let mut told = table(one, state, other, tongue);
    told.insert("correspondenceMaps".to_owned(), maps.into());
    Ok(told)
}

pub(crate) fn corresponds(request: &HttpRequest, id: &str) -> Result<HttpResponse, Problem> {
    let query = Query::of(request);
    let tongue = Tongue::of(&query, request)?;
    let one = find(id)?;
    let asked = query.first("targetclassificationid").unwrap_or_default();
    let target = find(asked)?;
    let (from, to) = period(request, &query)?;
    let (pairs, turned) = match correspondence(one.id, target.id) {
        Some(pairs) => (pairs, false),
        None => (
            correspondence(target.id, one.id).ok_or_else(|| {
                Problem::new(Kind::NotFound).detail(
                    format!("ingen korrespondanse mellom {} og {}", one.id, target.id),
                    format!("no correspondence between {} and {}", one.id, target.id),
                )
            })?,
            true,
        ),
    };
    let holds = |pair: &&Pair| {
        pair.to.is_none_or(|end| end > from) && pair.from < to.unwrap_or(from.saturating_add(1))
    };
    let all = pairs.iter().filter(holds).map(|pair| {
        let (source, target) = if turned {
            ((&pair.target, &pair.target_name), (&pair.source, &pair.source_name))
        } else {
            ((&pair.source, &pair.source_name), (&pair.target, &pair.target_name))
        };
        let mut row = Map::new();
        for (name, value) in [
            ("sourceCode", source.0.as_str()),
            ("sourceName", source.1),
            ("sourceShortName", ""),
            ("targetCode", target.0),
            ("targetName", target.1),
            ("targetShortName", ""),
        ] {
            row.insert(name.to_owned(), value.into());
        }
        row.insert("validFrom".to_owned(), first(pair.from));
        row.insert("validTo".to_owned(), ending(pair.to));
        row
    });
    rows(request, &query, tongue, "correspondenceItems", &all.collect::<Vec<_>>())
}
