//! `/v1/deliveries`: what was delivered, for its sender and for those who look after the installation.

use super::deliver::{form_and_year, sender};
use crate::app::App;
use crate::deliveries::format::{Format, answer};
use crate::deliveries::view::{Delivery, For};
use crate::grants::{missing, on_disk};
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, Utc};
use hjemmel_policy::{OrganisationNumber, Subject};
use hjemmel_store::{MunicipalDelivery, MunicipalFilter, MunicipalStatus};
use serde_json::json;
use uuid::Uuid;

/// Deliveries a page.
const PAGE: u32 = 100;

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
