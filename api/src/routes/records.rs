//! `/v1/datasets`: what there is, open to all; and the records themselves, on a legal basis.

use crate::app::App;
use crate::federation::catalogue;
use crate::microdata::{Ask, Format, dataset};
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::reply::{self, Marks, Reply};
use crate::sent::Door;
use crate::shelf::Edition;
use crate::signin::SignedIn;
use crate::stream::{Cut, Shown};
use crate::{cursor, edge, fault, stream};
use actix_web::http::header::{self, ContentEncoding};
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{SecondsFormat, Utc};
use hjemmel_disclosure::{Protection, Records, Release, records};
use hjemmel_kostra::{Form, Language};
use hjemmel_policy::{Decided, Decision, Failure, Grant, MicrodataRead, Precision, ReadMicrodata};
use hjemmel_registers::RowQuery;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// The table a dataset is best known by, for whoever has no basis.
const fn protected_table(form: Form) -> Option<&'static str> {
    match form {
        Form::F11 => Some("S1101"),
        Form::F11B => Some("S11B1"),
        Form::F11C => Some("S11C1"),
        Form::F11M => Some("S11M1"),
        _ => None,
    }
}

fn form_name(form: Form, language: Language) -> &'static str {
    match (form, language) {
        (Form::F7, Language::Nb) => "Sosialtjenesten: personell og økonomisk rådgivning",
        (Form::F7, Language::En) => "Social services: staffing and financial advice",
        (Form::F7B, Language::Nb) => "Krisesentre",
        (Form::F7B, Language::En) => "Crisis centres",
        (Form::F11, Language::Nb) => "Økonomisk sosialhjelp",
        (Form::F11, Language::En) => "Social assistance",
        (Form::F11B, Language::Nb) => "Introduksjonsstønad",
        (Form::F11B, Language::En) => "Introduction benefit",
        (Form::F11C, Language::Nb) => "Kvalifiseringsprogrammet",
        (Form::F11C, Language::En) => "The qualification programme",
        (Form::F12, Language::Nb) => "Stønadssatser",
        (Form::F12, Language::En) => "Benefit rates",
        (Form::F13, Language::Nb) => "Kommunale boliger",
        (Form::F13, Language::En) => "Municipal housing",
        (Form::F0A, Language::Nb) => "Kommuneregnskap, funksjon 281",
        (Form::F0A, Language::En) => "Municipal accounts, function 281",
        (Form::F11M, Language::Nb) => "Sosialhjelp og kvalifiseringsprogram måned for måned",
        (Form::F11M, Language::En) => "Social assistance and qualification programme by month",
        (Form::Nir, Language::Nb) => "Uttrekk fra Nasjonalt introduksjonsregister",
        (Form::Nir, Language::En) => "Extract of the National Introduction Register",
    }
}

/// Every dataset: form, years with records, and where its protected tables are.
#[utoipa::path(operation_id = "list_datasets", tag = "Datasets",
    responses((status = 200, description = "The datasets.", body = Value)))]
#[get("/v1/datasets")]
pub async fn list_datasets(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let shelf = app.shelf()?;
        let datasets: Vec<Value> = Form::ALL
            .into_iter()
            .map(|form| {
                let id = form.dataset();
                json!({ "id": id, "form": form.number(), "title": form_name(form, language),
                        "years": shelf.years(form), "href": format!("/v1/datasets/{id}") })
            })
            .collect();
        let elsewhere = catalogue::elsewhere(app.federation(), None);
        let holder = catalogue::holder(app.federation());
        let all = json!({ "holder": holder, "datasets": datasets, "elsewhere": elsewhere });
        Reply::open(&request).in_language(language).json(&all)
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

/// One dataset: its editions, its columns with code lists and years, its tables, and how to apply for access.
#[utoipa::path(operation_id = "read_dataset", tag = "Datasets",
    params(("id" = String, Path, description = "The dataset.", example = "skjema-11")),
    responses((status = 200, description = "The dataset.", body = Value)))]
#[get("/v1/datasets/{id}")]
pub async fn read_dataset(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = || {
        let language = Query::of(&request).language(&request)?;
        let shelf = app.shelf()?;
        let form = dataset(&id)?;
        let years = shelf.years(form);
        let editions: Vec<Value> = years
            .iter()
            .filter_map(|year| shelf.edition(form, *year))
            .map(describe_edition)
            .collect();
        let tables: Vec<Value> = shelf
            .tables()
            .filter(|published| published.cube.table.form == form)
            .map(|published| {
                let id = &published.cube.table.id;
                json!({ "id": id, "title": published.cube.title(language), "href": format!("/pxwebapi/v2/tables/{id}") })
            })
            .collect();
        Reply::open(&request).in_language(language).json(&json!({
            "id": form.dataset(),
            "form": form.number(),
            "title": form_name(form, language),
            "holder": catalogue::holder(app.federation()),
            "elsewhere": catalogue::elsewhere(app.federation(), Some(form.dataset())),
            "editions": editions,
            "columns": columns(form, &years, language),
            "asks": asks(form, language),
            "tables": tables,
            "microdata": format!("/v1/datasets/{}/microdata", form.dataset()),
            "howToApply": how_to_apply(language),
        }))
    };
    answer().map_err(|problem: Problem| problem.for_request(&request))
}

fn describe_edition(edition: &Edition) -> Value {
    let reference = &edition.reference;
    json!({ "year": reference.year, "version": reference.version, "kind": edition.kind,
            "createdAt": edition.created_at.to_rfc3339_opts(SecondsFormat::Secs, true),
            "publicFrom": edition.public_from.to_rfc3339_opts(SecondsFormat::Secs, true),
            "reason": edition.reason })
}

fn columns(form: Form, years: &[u16], language: Language) -> Vec<Value> {
    let by_year: Vec<(u16, Vec<hjemmel_kostra::Column>)> =
        years.iter().map(|year| (*year, hjemmel_kostra::columns(form, *year))).collect();
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for column in by_year.iter().rev().flat_map(|(_, columns)| columns) {
        if !seen.insert(column.name.clone()) {
            continue;
        }
        let has = |columns: &[hjemmel_kostra::Column]| {
            columns.iter().any(|other| other.name == column.name)
        };
        let years: Vec<u16> =
            by_year.iter().filter(|(_, columns)| has(columns)).map(|(year, _)| *year).collect();
        let codes: Vec<Value> = column
            .codes
            .iter()
            .map(|code| json!({ "code": code.code, "label": code.label.in_language(language) }))
            .collect();
        all.push(json!({
            "name": column.name,
            "label": column.label.in_language(language),
            "kind": format!("{:?}", column.kind).to_lowercase(),
            "role": format!("{:?}", column.role).to_lowercase(),
            "years": years,
            "codes": codes,
        }));
    }
    all
}

/// What a form of one record a municipality asks, by our assumption.
fn asks(form: Form, language: Language) -> Option<Value> {
    let sheet = hjemmel_kostra::sheet::Sheet::of(form)?;
    let title = |name: &str| crate::deliveries::sheets::plain_name(sheet, name, language);
    let fields = sheet.names().map(|name| json!({ "name": name, "title": title(name) }));
    Some(json!({ "assumed": true, "fields": fields.collect::<Vec<_>>() }))
}

const fn how_to_apply(language: Language) -> &'static str {
    match language {
        Language::Nb => {
            "Søk om tilgang hos Statistisk sentralbyrå med hjemmel, formål, variabler, populasjon, år og varighet; se docs/agencies.md."
        }
        Language::En => {
            "Apply to Statistics Norway, naming the legal basis, purpose, variables, population, years and duration; see docs/agencies.md."
        }
    }
}

/// Unit records of one year, exactly as far as a grant of the caller reaches.
///
/// A lawyer: without an active grant there is no answer but 403; what leaves is limited to the grant's columns,
/// years and population, and every answer names the grant. A programmer: JSON comes in pages (`next`), CSV,
/// Parquet and Arrow as one stream; a stream that is cut is an error, never a shorter answer. Columns asked for
/// by name must all be covered; without `columns` you get what the grant covers, and
/// `Hjemmel-Columns-Left-Out` names the rest. Columns the grant gives in bands or as a flag leave so, named by
/// `Hjemmel-Columns-Coarser`, and cannot be filtered by.
#[utoipa::path(operation_id = "read_microdata", tag = "Datasets",
    security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The dataset.", example = "skjema-11"),
        ("year" = u16, Query, description = "The reporting year.", example = 2024),
        ("columns" = Option<String>, Query, description = "Columns, comma separated.", example = "REGION,VKLO,ANTMND,BIDRAG"),
        ("region" = Option<String>, Query, description = "Leaf regions: kommune, or bydel in Oslo.", example = "3107"),
        ("filter[VKLO]" = Option<String>, Query, description = "A condition on a column: codes `1,5`, or a range `from..to` of numbers or dates; one such parameter a column.", example = "5"),
        ("format" = Option<String>, Query, description = "`json`, `csv`, `parquet` or `arrow`; else by Accept.", example = "json"),
        ("limit" = Option<u64>, Query, description = "Records a page of JSON, 1 to 10000.", example = 3),
        ("cursor" = Option<String>, Query, description = "Where the page starts: `next` of the page before."),
        ("purpose" = Option<String>, Query, description = "The purpose code of the grant to use."),
    ),
    responses((status = 200, description = "The records.", content(
        (Value = "application/json"), (String = "text/csv"),
        (Vec<u8> = "application/vnd.apache.parquet"), (Vec<u8> = "application/vnd.apache.arrow.stream")))))]
#[get("/v1/datasets/{id}/microdata")]
pub async fn read_microdata(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    answer(&request, app, &caller, &id).await.map_err(|problem| problem.for_request(&request))
}

async fn answer(
    request: &HttpRequest,
    app: web::Data<App>,
    caller: &SignedIn,
    id: &str,
) -> Result<HttpResponse, Problem> {
    let somebody = caller.somebody()?;
    let form = dataset(id)?;
    let (ask, decided, edition) = decide(request, &app, somebody, form)?;
    app.journal().record(decided.decision()).await?;
    let (grant, decision) = match decided {
        Decided::Allowed(grant, decision) => (grant, decision),
        Decided::Denied(decision) => return Err(denied(&decision, form)),
    };
    let edition = edition.reference;
    let key = cursor::Key::new(app.keys().archive_key());
    let scope = format!(
        "{} {edition} {}",
        decision.grant.as_ref().map_or("", |grant| &grant.id),
        request.path()
    );
    let after_row = ask.cursor.as_deref().map(|text| key.open(text, &scope)).transpose()?;
    let paged = ask.format == Format::Json;
    let query = RowQuery {
        columns: ask.columns.clone(),
        filters: ask.filters,
        after_row,
        limit: paged.then_some(ask.limit),
    };
    let door = Door::new(app.clone(), &decision, grant.obligations().max_rows_per_day)?;
    let release = open(&app, grant, &edition, query).await?;
    let marks = Marks {
        protection: Protection::Exact,
        basis: release.basis().cloned(),
        decision: Some(decision.id),
    };
    let told = [
        ("hjemmel-columns-left-out", left_out(form, ask.year, &decision, ask.columns.is_some())),
        ("hjemmel-columns-coarser", coarser(&decision)),
    ];
    let records = release.into_content();
    let refusal = |cut| match cut {
        Cut::Held(held) => held.refusal(decision.id),
        Cut::Unread => fault::unreadable(form, ask.year),
        Cut::Unwritten(_) => Problem::new(Kind::Internal),
    };
    if paged {
        let shown = stream::page(records, ask.limit, &door).await.map_err(refusal)?;
        let next = shown.last.filter(|_| shown.count >= ask.limit).map(|row| key.seal(row, &scope));
        return page(request, &shown, next.as_deref(), &marks, &told);
    }
    let question = format!("{:?} {scope} {}", ask.format, request.query_string());
    let tag = match reply::not_modified(request, &marks, &question) {
        Ok(unchanged) => return Ok(unchanged),
        Err(tag) => tag,
    };
    let name = format!("{}-{}.{}", form.dataset(), ask.year, ask.format.extension());
    // Whoever has fetched all of the day's records is told so in words, not by a transfer that breaks.
    door.is_open_today().await.map_err(|held| held.refusal(decision.id))?;
    // Whoever asks for the head alone gets no records, and none are counted.
    let begin = !edge::is_head_alone(request);
    let body = stream::whole(ask.format, records, door, begin).await.map_err(refusal)?;
    let mut response = HttpResponse::Ok();
    marks.put(&mut response);
    for (name, text) in told {
        if let Some(text) = text {
            response.insert_header((name, text));
        }
    }
    if ask.format == Format::Parquet {
        // Its pages are compressed; to do it again costs time and saves nothing.
        response.insert_header(ContentEncoding::Identity);
    }
    Ok(response
        .insert_header((header::ETAG, tag))
        .insert_header((header::CONTENT_TYPE, ask.format.media_type()))
        .insert_header((header::CACHE_CONTROL, marks.cache_control()))
        .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .streaming(body))
}

/// What is asked and what comes of it, with the edition to read. An edition that is not published yet is there for
/// whoever has a grant that gives it before it is; for everybody else there is what is published and nothing more.
fn decide(
    request: &HttpRequest,
    app: &App,
    caller: &hjemmel_policy::Caller,
    form: Form,
) -> Result<(Ask, Decided<ReadMicrodata>, Edition), Problem> {
    let (open, policy, now) = (app.shelf()?, app.policy()?, Utc::now());
    if policy.sees_ahead(caller, form, now) {
        let ahead = app.ahead()?;
        let ask = Ask::read(request, form, &ahead.years(form))?;
        let version = |edition: Option<&Edition>| edition.map(|edition| edition.reference.version);
        let newest = ahead.edition(form, ask.year);
        if version(newest) != version(open.edition(form, ask.year)) {
            let resource = resource(&ask, true);
            let decided = policy.decide(caller, resource, ask.purpose.as_deref(), now);
            if let (true, Some(newest)) = (decided.is_allowed(), newest) {
                return Ok((ask, decided, newest.clone()));
            }
        }
    }
    let ask = Ask::read(request, form, &open.years(form))?;
    let edition = open.edition(form, ask.year);
    let edition = edition.ok_or_else(|| Problem::new(Kind::NotPublished))?.clone();
    let decided = policy.decide(caller, resource(&ask, false), ask.purpose.as_deref(), now);
    Ok((ask, decided, edition))
}

fn resource(ask: &Ask, unpublished: bool) -> MicrodataRead {
    let columns = ask
        .columns
        .as_ref()
        .map(|columns| columns.iter().chain(&ask.filtered).cloned().collect::<BTreeSet<String>>());
    MicrodataRead {
        form: ask.form,
        year: ask.year,
        columns,
        regions: ask.regions.clone(),
        unpublished,
    }
}

async fn open(
    app: &App,
    grant: Grant<ReadMicrodata>,
    edition: &hjemmel_registers::EditionRef,
    query: RowQuery,
) -> Result<Release<Records>, Problem> {
    let sealed = app.registers().microdata(grant, edition, &query).await.map_err(|error| {
        tracing::error!(error = fault::with_causes(&error), "reading records failed");
        fault::of_registers(&error)
    })?;
    records(sealed, app.keys().clone()).map_err(|error| {
        tracing::error!(%error, "records did not pass the door");
        Problem::new(Kind::Internal)
    })
}

fn page(
    request: &HttpRequest,
    shown: &Shown,
    next: Option<&str>,
    marks: &Marks,
    told: &[(&'static str, Option<String>)],
) -> Result<HttpResponse, Problem> {
    let mut body = br#"{"records":"#.to_vec();
    body.extend_from_slice(&shown.rows);
    let count = shown.count;
    body.extend_from_slice(format!(r#","count":{count},"next":{}}}"#, json!(next)).as_bytes());
    let mut response = Reply::marked(request, marks.clone()).json_bytes(body)?;
    for (name, text) in told {
        if let Some(text) = text.as_deref().and_then(|text| text.parse().ok()) {
            response.headers_mut().insert(header::HeaderName::from_static(name), text);
        }
    }
    Ok(response)
}

/// The columns of the year that the grant does not give, when none were asked for by name.
fn left_out(form: Form, year: u16, decision: &Decision, by_name: bool) -> Option<String> {
    if by_name {
        return None;
    }
    let names: Vec<String> = hjemmel_kostra::columns(form, year)
        .into_iter()
        .map(|column| column.name)
        .filter(|name| !decision.columns.contains(name))
        .collect();
    (!names.is_empty()).then(|| names.join(","))
}

/// The columns that leave coarser than they were reported, and how.
fn coarser(decision: &Decision) -> Option<String> {
    let each = decision.coarser.iter().map(|(name, precision)| {
        let width = hjemmel_kostra::bands::width(name);
        match (precision, width) {
            (Precision::Banded, Some(width)) => format!("{name}=banded;{width}"),
            (Precision::Banded, None) => format!("{name}=banded;month"),
            (precision, _) => format!("{name}={}", precision.code()),
        }
    });
    let all = each.collect::<Vec<_>>().join(", ");
    (!all.is_empty()).then_some(all)
}

/// 403, saying what failed and where everyone may go instead.
fn denied(decision: &Decision, form: Form) -> Problem {
    let outside: Vec<&Failure> = decision
        .failures()
        .filter(|failure| matches!(failure, Failure::Columns { .. } | Failure::Regions { .. }))
        .collect();
    let only_outside = !outside.is_empty() && decision.failures().count() == outside.len();
    let kind = if only_outside { Kind::OutsideGrant } else { Kind::NoLegalBasis };
    let mut problem = Problem::new(kind)
        .detail(decision.explain(Language::Nb), decision.explain(Language::En))
        .decided(decision.id)
        .with(
            "failed",
            serde_json::to_value(decision.failures().collect::<Vec<_>>()).unwrap_or_default(),
        )
        .with("howToApply", format!("/v1/datasets/{}", form.dataset()));
    if let Some(table) = protected_table(form) {
        problem = problem.with("protectedTable", format!("/pxwebapi/v2/tables/{table}/data"));
    }
    problem
}
