//! `POST /v1/deliveries`: a municipality's file in, a report out.

use crate::app::App;
use crate::deliveries::arriving::arriving;
use crate::deliveries::format::{Format, answer};
use crate::deliveries::intake::{Delivering, Fault, Sender, Told, take_in};
use crate::deliveries::sheets;
use crate::deliveries::view::{Delivery, For};
use crate::fault::with_causes;
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, post, web};
use chrono::Utc;
use hjemmel_kostra::sheet::Sheet;
use hjemmel_kostra::{Form, Layout};
use hjemmel_policy::{Caller, OrganisationNumber, SCOPE_DELIVERIES, Subject};
use hjemmel_store::{MunicipalStatus, Received};

/// The municipality's file of a form and year. The controls run while it arrives. FATAL and ERROR refuse it
/// (422), WARNING needs `confirm` (202), otherwise it is accepted (201) and counts until a later one is. It counts
/// whole or not at all; sending the file that counts again changes nothing (200).
///
/// The answer is the report: each finding with line, journal number, field and what stands there, and what the file
/// adds up to. Only this answer has values and sums; they are not kept.
#[utoipa::path(operation_id = "deliver", tag = "Deliveries", security(("bearer" = [])),
    params(
        ("form" = String, Query, description = "The form: 11F, 11CF, 11B, 7, 7B, 12, 13, 11M (with `month`), 0A, or for the holder of the register NIR.", example = "11F"),
        ("year" = u16, Query, description = "The reporting year.", example = 2025),
        ("month" = Option<u8>, Query, description = "The month, 1 to 12, where the form is sent for each.", example = 3),
        ("kommune" = Option<String>, Query, description = "Which municipality, where the body was several that year.", example = "3107"),
        ("confirm" = Option<bool>, Query, description = "`true` lets warnings pass.", example = true),
        ("empty" = Option<bool>, Query, description = "`true` says that there are no records: the file is one space.", example = true),
        ("Content-Encoding" = Option<String>, Header, description = "`gzip` where the file is packed.", example = "gzip"),
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream", description = "The record file: fixed width, one record a line, as the year's layout says. For every other form a JSON object or a list of them, or comma separated values with a header, which are told apart by what they begin with; their fields are our assumption and stand with the dataset."),
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
    let received = receive(&request, &app, &caller, None, payload).await;
    received.map_err(|problem| problem.for_request(&request))
}

/// The indicators of a month: recipients of social assistance, those with children, with it as main source of income and
/// under 30, kroner paid, and participants in the qualification programme. A JSON object (in Oslo a list, one a bydel) or
/// comma separated values; it is form 11M, whose fields are our assumption. A month that is sent again is revised: the
/// new figures count and the old are kept.
#[utoipa::path(operation_id = "deliver_month", tag = "Deliveries", security(("bearer" = [])),
    params(
        ("year" = u16, Query, description = "The year.", example = 2025),
        ("month" = u8, Query, description = "The month, 1 to 12.", example = 3),
        ("kommune" = Option<String>, Query, description = "Which municipality, where the body was several that year.", example = "3107"),
        ("confirm" = Option<bool>, Query, description = "`true` lets warnings pass.", example = true),
    ),
    request_body(content = serde_json::Value, content_type = "application/json", description = "The indicators.",
        example = json!({ "KOMMUNE_NR": "3107", "AAR": 2025, "MAANED": 3, "MOTTAKERE": 812, "MED_BARN": 230, "HOVEDKILDE": 400, "UNDER_30": 301, "KRONER": 9_100_000, "KVP_DELTAKERE": 40 })),
    responses(
        (status = 201, description = "Accepted: the report.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv"))),
        (status = 200, description = "These figures count already: the report.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv"))),
        (status = 202, description = "They have warnings and do not count before those are confirmed: the report.", content((serde_json::Value = "application/json"), (String = "text/html"), (String = "text/csv"))),
    ))]
#[post("/v1/deliveries/monthly")]
pub async fn deliver_month(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let received = receive(&request, &app, &caller, Some(Form::F11M), payload).await;
    received.map_err(|problem| problem.for_request(&request))
}

async fn receive(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    form: Option<Form>,
    payload: web::Payload,
) -> Result<HttpResponse, Problem> {
    let caller = caller.somebody()?;
    let organisation = sender(app, caller)?;
    let format = Format::of(request)?;
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    if kind.is_some_and(|kind| kind.trim_start().to_ascii_lowercase().starts_with("multipart/")) {
        return Err(Problem::new(Kind::ParameterError).detail(
            "filen sendes alene, ikke som vedlegg i et skjema; med curl: --data-binary @FIL",
            "the file is sent alone, not as part of a form; with curl: --data-binary @FILE",
        ));
    }
    let asked = form_and_year(&Query::of(request))?;
    if let (Some(form), Some(year)) = (form.or(asked.0), asked.1)
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
    let (query, settings) = (Query::of(request), app.settings());
    let kommune = if sheet.of_register {
        settings.deliveries.holder(organisation, sheet.form)?;
        sheets::WHOLE_COUNTRY
    } else {
        settings.deliveries.kommune(organisation, year, query.first("kommune"))?
    };
    if hjemmel_kostra::Division::of(year).is_none() {
        return Err(Problem::new(Kind::ParameterError).detail(
            format!("kommuneinndelingen av {year} er ikke kjent her"),
            format!("the municipalities of {year} are not known here"),
        ));
    }
    let period = if sheet.monthly { month(&query)? } else { 0 };
    let sender = sent_by(caller, organisation, kommune.to_owned(), &query)?;
    let sender = Sender { period, ..sender };
    let allow_synthetic = settings.test_installation;
    let sent = sheets::Sent { sheet, year, sender, allow_synthetic };
    let body = payload.to_bytes_limited(sheets::largest(sheet)).await;
    let body = body.map_err(|_| Problem::new(Kind::TooLarge))?.map_err(|_| refused(&Fault::Cut))?;
    let (held, now) = (app.clone(), Utc::now());
    app.policy()?;
    let taken =
        web::block(move || sheets::take_in((held.store(), held.registers()), &sent, &body, now));
    match taken.await.map_err(|_| Problem::new(Kind::Unavailable))? {
        Ok(told) => Ok(told),
        Err(sheets::Refused::Unreadable(what)) => Err(Problem::new(Kind::ParameterError).detail(
            format!("leveringen kan ikke leses: {}", what.nb),
            format!("the delivery cannot be read: {}", what.en),
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
pub(super) fn sender(app: &App, caller: &Caller) -> Result<OrganisationNumber, Problem> {
    let Subject::Organisation { organisation } = caller.subject() else {
        return Err(Problem::new(Kind::NotPermitted).detail(
            "bare en kommune, eller leverandøren på vegne av den, kan levere",
            "only a municipality, or its supplier on its behalf, can deliver",
        ));
    };
    if !caller.has_scope(SCOPE_DELIVERIES) || !app.settings().deliveries.has(*organisation) {
        return Err(Problem::new(Kind::NotPermitted).detail(
            format!("virksomheten må være registrert som en som leverer, og tokenet ha `{SCOPE_DELIVERIES}`"),
            format!("the body must be registered as one that delivers, and the token have `{SCOPE_DELIVERIES}`"),
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
        period: 0,
    })
}

/// The month a delivery is about.
fn month(query: &Query) -> Result<u8, Problem> {
    let month = query.first("month").and_then(|text| text.parse().ok());
    month.filter(|month| (1..=12).contains(month)).ok_or_else(|| {
        Problem::new(Kind::ParameterError)
            .detail("si `month`, fra 1 til 12", "say `month`, from 1 to 12")
    })
}

pub(super) fn form_and_year(query: &Query) -> Result<(Option<Form>, Option<u16>), Problem> {
    let form = query.first("form").map(|text| {
        Form::parse(text).ok_or_else(|| {
            Problem::new(Kind::ParameterError).detail(
                "`form` er 11F, 11CF, 11B, 7, 7B, 12, 13, 11M, 0A eller NIR",
                "`form` is 11F, 11CF, 11B, 7, 7B, 12, 13, 11M, 0A or NIR",
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
