//! `/v1/deliveries`: a municipality's file in, a report out.

use crate::app::App;
use crate::deliveries::arriving::arriving;
use crate::deliveries::format::{Format, answer};
use crate::deliveries::intake::{Delivering, Fault, Sender, Told, take_in};
use crate::deliveries::sheets;
use crate::deliveries::view::{Delivery, For};
use crate::fault::with_causes;
use crate::grants::{missing, on_disk};
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use hjemmel_kostra::sheet::Sheet;
use hjemmel_kostra::{Form, Layout};
use hjemmel_policy::{Caller, OrganisationNumber, SCOPE_DELIVERIES, Subject};
use hjemmel_store::{MunicipalDelivery, MunicipalFilter, MunicipalStatus, Received};
use serde_json::json;
use uuid::Uuid;

/// Deliveries a page.
const PAGE: u32 = 100;

/// The municipality's file of a form and year. The controls run while it arrives. FATAL and ERROR refuse it
/// (422), WARNING needs `confirm` (202), otherwise it is accepted (201) and counts until a later one is. It counts
/// whole or not at all; sending the file that counts again changes nothing (200).
///
/// The answer is the report: each finding with line, journal number, field and what stands there, and what the file
/// adds up to. Only this answer has values and sums; they are not kept.
#[utoipa::path(operation_id = "deliver", tag = "Deliveries", security(("bearer" = [])),
    params(
        ("form" = String, Query, description = "The form: 11F, 11CF, 11B, 7, 7B, 12 or 13.", example = "11F"),
        ("year" = u16, Query, description = "The reporting year.", example = 2025),
        ("kommune" = Option<String>, Query, description = "Which municipality, where the body was several that year.", example = "3107"),
        ("confirm" = Option<bool>, Query, description = "`true` lets warnings pass.", example = true),
        ("empty" = Option<bool>, Query, description = "`true` says that there are no records: the file is one space.", example = true),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip` where the file is packed.", example = "gzip"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The record file: fixed width, one record a line, as the year's layout says. For forms 7, 7B, 12 and 13 a JSON object or a list of them, or comma separated values with a header (`Content-Type: text/csv`); their fields are our assumption and stand with the dataset."),
    responses(
        (status = 201, description = "Accepted: the report.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv"))),
        (status = 200, description = "This file counts already: the report.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv"))),
        (status = 202, description = "It has warnings and does not count before they are confirmed: the report.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv"))),
    ))]
#[post("/v1/deliveries")]
pub async fn deliver(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    receive(&request, &app, &caller, payload).await.map_err(|problem| problem.for_request(&request))
}

async fn receive(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let caller = caller.somebody()?;
    let organisation = sender(app, caller)?;
    let format = Format::of(request)?;
    if let (Some(form), Some(year)) = form_and_year(&Query::of(request))?
        && let Some(sheet) = Sheet::of(form)
    {
        let told = by_sheet(request, app, (caller, organisation), (sheet, year), payload).await?;
        return respond(request, &told, format);
    }
    let delivering = delivering(request, app, caller, organisation)?;
    let now = Utc::now();
    app.policy()?;
    let _place = app.arrivals().try_acquire().map_err(|_| Problem::new(Kind::Unavailable))?;
    let (feeding, arriving) = arriving();
    let (held, most) = (app.clone(), delivering.most);
    let taking =
        web::block(move || take_in((held.store(), held.registers()), &delivering, arriving, now));
    let ((), taken) = futures::join!(feeding.all_of(payload, most), taking);
    let told =
        taken.map_err(|_| Problem::new(Kind::Unavailable))?.map_err(|fault| refused(&fault))?;
    respond(request, &told, format)
}

/// The answer to a delivery, with what only its sender is told.
fn respond(request: &HttpRequest, told: &Told, format: Format) -> Result<HttpResponse, Problem> {
    let language = requested_language(request);
    let report = serde_json::to_value(&told.report).map_err(|_| Problem::new(Kind::Internal))?;
    let (stored, status) = match &told.received {
        Received::New(stored) => (stored, fresh(stored.status)),
        Received::Already(stored) => (stored, known(stored.status)),
    };
    let view = Delivery::told(stored, For::SenderNow(&report, &told.quotes), language);
    answer(request, view, (format, language), status)
}

/// A form of one record a municipality, as JSON or as comma separated values.
async fn by_sheet(
    request: &HttpRequest,
    app: &web::Data<App>,
    (caller, organisation): (&Caller, OrganisationNumber),
    (sheet, year): (&'static Sheet, u16),
    payload: web::Payload,
) -> Result<Told, Problem> {
    let query = Query::of(request);
    let kommune =
        app.settings().deliveries.kommune(organisation, year, query.first("kommune"))?.to_owned();
    let sent =
        sheets::Sent { sheet, year, sender: sent_by(caller, organisation, kommune, &query)? };
    let body = payload.to_bytes_limited(sheets::LARGEST).await;
    let body = body.map_err(|_| Problem::new(Kind::TooLarge))?.map_err(|_| refused(&Fault::Cut))?;
    let is_csv = sheets::is_csv(request);
    let (held, now) = (app.clone(), Utc::now());
    app.policy()?;
    let taken = web::block(move || {
        sheets::take_in((held.store(), held.registers()), &sent, &body, is_csv, now)
    });
    match taken.await.map_err(|_| Problem::new(Kind::Unavailable))? {
        Ok(told) => Ok(told),
        Err(sheets::Refused::Unreadable(what)) => Err(Problem::new(Kind::ParameterError).detail(
            format!("leveringen kan ikke leses: {what}"),
            format!("the delivery cannot be read: {what}"),
        )),
        Err(sheets::Refused::Fault(fault)) => Err(refused(&fault)),
    }
}

const fn fresh(status: MunicipalStatus) -> StatusCode {
    match status {
        MunicipalStatus::Accepted => StatusCode::CREATED,
        other => known(other),
    }
}

const fn known(status: MunicipalStatus) -> StatusCode {
    match status {
        MunicipalStatus::Accepted => StatusCode::OK,
        MunicipalStatus::Waiting => StatusCode::ACCEPTED,
        MunicipalStatus::Refused => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

/// The body that delivers: an organisation's own token, or its supplier's on its behalf.
fn sender(app: &App, caller: &Caller) -> Result<OrganisationNumber, Problem> {
    let Subject::Organisation { organisation } = caller.subject() else {
        return Err(Problem::new(Kind::NotPermitted).detail(
            "bare en kommune, eller leverandøren på vegne av den, kan levere",
            "only a municipality, or its supplier on its behalf, can deliver",
        ));
    };
    if !caller.has_scope(SCOPE_DELIVERIES) || !app.settings().deliveries.has(*organisation) {
        return Err(Problem::new(Kind::NotPermitted).detail(
            format!("virksomheten må være registrert som kommune, og tokenet ha `{SCOPE_DELIVERIES}`"),
            format!("the body must be registered as a municipality, and the token have `{SCOPE_DELIVERIES}`"),
        ));
    }
    Ok(*organisation)
}

fn delivering(
    request: &HttpRequest,
    app: &App,
    caller: &Caller,
    organisation: OrganisationNumber,
) -> Result<Delivering, Problem> {
    let query = Query::of(request);
    let settings = app.settings();
    let (form, year) = form_and_year(&query)?;
    let (Some(form), Some(year)) = (form, year) else {
        return Err(Problem::new(Kind::ParameterError)
            .detail("si `form` og `year`", "say `form` and `year`"));
    };
    let layout = Layout::of(form, year).ok_or_else(|| {
        let years: Vec<String> = Layout::years(form).iter().map(u16::to_string).collect();
        let years = years.join(", ");
        Problem::new(Kind::ParameterError).detail(
            format!("skjema {form} kan ikke leveres som fil for {year}; årene er: {years}"),
            format!("form {form} cannot be delivered as a file for {year}; the years are: {years}"),
        )
    })?;
    let kommune = settings.deliveries.kommune(organisation, year, query.first("kommune"))?;
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    let is_packed = match encoding.map(|value| value.to_str().unwrap_or("?").trim()) {
        None | Some("" | "identity") => false,
        Some("gzip" | "x-gzip") => true,
        Some(_) => {
            return Err(Problem::new(Kind::ParameterError).detail(
                "filen sendes som den er, eller med `Content-Encoding: gzip`",
                "the file is sent as it is, or with `Content-Encoding: gzip`",
            ));
        }
    };
    Ok(Delivering {
        layout,
        sender: sent_by(caller, organisation, kommune.to_owned(), &query)?,
        expects_records: !yes(&query, "empty")?,
        allow_synthetic: settings.test_installation,
        is_packed,
        most: settings.deliveries.max_megabytes << 20,
    })
}

fn sent_by(
    caller: &Caller,
    organisation: OrganisationNumber,
    kommune: String,
    query: &Query,
) -> Result<Sender, Problem> {
    Ok(Sender {
        kommune,
        organisation: organisation.to_string(),
        supplier: caller.supplier().map(|supplier| supplier.to_string()),
        client: caller.client().map(ToOwned::to_owned),
        confirmed: yes(query, "confirm")?,
    })
}

fn form_and_year(query: &Query) -> Result<(Option<Form>, Option<u16>), Problem> {
    let form = query.first("form").map(|text| {
        Form::parse(text).ok_or_else(|| {
            Problem::new(Kind::ParameterError).detail(
                "`form` er 11F, 11CF, 11B, 7, 7B, 12 eller 13",
                "`form` is 11F, 11CF, 11B, 7, 7B, 12 or 13",
            )
        })
    });
    let year = query.first("year").map(|text| {
        text.parse().map_err(|_| {
            Problem::new(Kind::ParameterError).detail("`year` er et årstall", "`year` is a year")
        })
    });
    Ok((form.transpose()?, year.transpose()?))
}

fn yes(query: &Query, name: &'static str) -> Result<bool, Problem> {
    match query.first(name) {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::new(Kind::ParameterError).detail(
            format!("`{name}` er `true` eller `false`"),
            format!("`{name}` is `true` or `false`"),
        )),
    }
}

/// Why nothing came of a delivery, as a problem.
fn refused(fault: &Fault) -> Problem {
    match fault {
        Fault::Cut => Problem::new(Kind::ParameterError).detail(
            "filen kom ikke helt fram; ingenting er beholdt, send den på nytt",
            "the file did not arrive whole; nothing is kept, send it again",
        ),
        Fault::Packing(_) => Problem::new(Kind::ParameterError).detail(
            "filen er ikke hel og riktig pakket med gzip; ingenting er beholdt, send den på nytt",
            "the file is not whole and rightly packed with gzip; nothing is kept, send it again",
        ),
        Fault::TooLarge => Problem::new(Kind::TooLarge),
        Fault::NoControls(form) => Problem::new(Kind::ParameterError).detail(
            format!("skjema {form} har ingen kontroller ennå"),
            format!("form {form} has no controls yet"),
        ),
        Fault::Registers(error) => {
            tracing::error!(error = with_causes(error), "a delivery cannot be kept");
            let is_ours = matches!(error, hjemmel_registers::Error::Line { .. });
            Problem::new(if is_ours { Kind::Internal } else { Kind::Unavailable })
        }
        Fault::Store(error) => {
            tracing::error!(error = with_causes(error), "a delivery cannot be stored");
            Problem::new(Kind::Unavailable)
        }
    }
}

/// Who reads: a municipality its own, the house everybody's without numbers.
enum Reader {
    Body(OrganisationNumber),
    House,
}

fn reader(app: &App, caller: &SignedIn) -> Result<Reader, Problem> {
    let caller = caller.somebody()?;
    if let Subject::Person { .. } = caller.subject() {
        let actor = crate::grants::actor(app, caller)?;
        return if actor.sees_all() {
            Ok(Reader::House)
        } else {
            Err(Problem::new(Kind::NotPermitted))
        };
    }
    sender(app, caller).map(Reader::Body)
}

/// Deliveries, the newest first: a municipality's own, or for those who look after the installation everybody's.
#[utoipa::path(operation_id = "list_deliveries", tag = "Deliveries", security(("bearer" = [])),
    params(
        ("form" = Option<String>, Query, description = "Only of this form.", example = "11F"),
        ("year" = Option<u16>, Query, description = "Only of this reporting year.", example = 2025),
        ("kommune" = Option<String>, Query, description = "Only of this municipality.", example = "3107"),
        ("before" = Option<String>, Query, description = "Only what came before this moment: the next page.", example = "2026-02-01T12:00:00Z"),
    ),
    responses((status = 200, description = "The deliveries.", body = serde_json::Value)))]
#[get("/v1/deliveries")]
pub async fn list_deliveries(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let listed = async {
        let reader = reader(&app, &caller)?;
        let query = Query::of(&request);
        let (form, year) = form_and_year(&query)?;
        let before = query.first("before").map(moment).transpose()?;
        let organisation = match &reader {
            Reader::Body(organisation) => Some(organisation.to_string()),
            Reader::House => None,
        };
        let kommune = query.first("kommune").map(ToOwned::to_owned);
        let filter = MunicipalFilter { organisation, form, year, kommune, before };
        let found = on_disk(&app, move |store| store.municipal_deliveries(&filter, PAGE)).await?;
        let language = requested_language(&request);
        let all: Vec<Delivery> =
            found.iter().map(|stored| Delivery::told(stored, whom(&reader), language)).collect();
        let next = found.last().filter(|_| found.len() == PAGE as usize).map(|last| {
            let before = last.received_at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true);
            format!("/v1/deliveries?before={before}")
        });
        Reply::personal(&request)
            .in_language(language)
            .json(&json!({ "deliveries": all, "next": next }))
    };
    listed.await.map_err(|problem: Problem| problem.for_request(&request))
}

const fn whom(reader: &Reader) -> For<'static> {
    match reader {
        Reader::Body(_) => For::Sender,
        Reader::House => For::House,
    }
}

fn moment(text: &str) -> Result<DateTime<Utc>, Problem> {
    text.parse().map_err(|_| {
        Problem::new(Kind::ParameterError).detail(
            "`before` er et tidspunkt som 2026-02-01T12:00:00Z",
            "`before` is a moment such as 2026-02-01T12:00:00Z",
        )
    })
}

/// One delivery and its findings, without what stands in the fields: that is in the answer to the sending alone.
#[utoipa::path(operation_id = "read_delivery", tag = "Deliveries", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The delivery.")),
    responses((status = 200, description = "The delivery.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv")))))]
#[get("/v1/deliveries/{id}")]
pub async fn read_delivery(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let read = async {
        let reader = reader(&app, &caller)?;
        let format = Format::of(&request)?;
        let stored = own(&app, &reader, &id).await?;
        let language = requested_language(&request);
        let view = Delivery::told(&stored, whom(&reader), language);
        answer(&request, view, (format, language), StatusCode::OK)
    };
    read.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Lets the warnings of a waiting delivery pass, without sending the file again.
#[utoipa::path(operation_id = "confirm_delivery", tag = "Deliveries", security(("bearer" = [])),
    params(("id" = Uuid, Path, description = "The delivery.")),
    responses((status = 200, description = "The delivery, accepted.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv")))))]
#[post("/v1/deliveries/{id}/confirm")]
pub async fn confirm_delivery(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let confirmed = async {
        let organisation = sender(&app, caller.somebody()?)?;
        let format = Format::of(&request)?;
        let reader = Reader::Body(organisation);
        let stored = own(&app, &reader, &id).await?;
        let stored = if stored.status == MunicipalStatus::Accepted {
            stored
        } else {
            let now = Utc::now();
            on_disk(&app, move |store| store.confirm_delivery(stored.id, now)).await?
        };
        let language = requested_language(&request);
        let view = Delivery::told(&stored, For::Sender, language);
        answer(&request, view, (format, language), StatusCode::OK)
    };
    confirmed.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// A delivery the reader may see; what is another's does not exist.
async fn own(
    app: &web::Data<App>,
    reader: &Reader,
    id: &str,
) -> Result<MunicipalDelivery, Problem> {
    let id: Uuid = id.parse().map_err(|_| missing())?;
    let stored = on_disk(app, move |store| store.municipal_delivery(id)).await?;
    let sees = match reader {
        Reader::House => true,
        Reader::Body(organisation) => organisation.as_str() == stored.organisation,
    };
    if sees { Ok(stored) } else { Err(missing()) }
}
