//! `/v1/editions` and coverage: what deliveries become, and who has not delivered.

use crate::app::App;
use crate::editions::coverage::{Coverage, coverage, reminders};
use crate::editions::{self, Fault, Made, Wanted, kind_name};
use crate::fault::with_causes;
use crate::grants::event::{Deed, of_deed};
use crate::grants::{self, on_disk, written};
use crate::microdata::dataset;
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, get, post, web};
use chrono::{DateTime, SecondsFormat, Utc};
use hjemmel_kostra::Form;
use hjemmel_policy::Actor;
use hjemmel_store::{
    DecisionRow, Edition, EditionKind, MunicipalDelivery, MunicipalFilter, NewEdition,
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// More deliveries of a form and year than there can be of municipalities that try again and again.
const MANY: u32 = 100_000;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written {
    dataset: String,
    year: u16,
    kind: String,
    #[serde(default)]
    reason: Option<String>,
    #[serde(default)]
    public_from: Option<DateTime<Utc>>,
}

/// Freezes what counts of each municipality's deliveries as an edition: numbered, never changed, and seen by nobody
/// without a grant for it before its day, 15 March or 15 June at eight o'clock in Oslo. Until then it can be made anew;
/// from then on another of its kind is a correction and says why.
#[utoipa::path(operation_id = "make_edition", tag = "Releases", security(("bearer" = [])),
    request_body(content = Value, description = "`kind` is `preliminary` or `final`; `reason` where one that is public is corrected; `publicFrom` where it is to be seen later than its day.",
        example = json!({ "dataset": "skjema-11", "year": 2025, "kind": "preliminary" })),
    responses(
        (status = 201, description = "The edition.", body = Value),
        (status = 200, description = "The newest edition is made of the very same deliveries: that one.", body = Value)))]
#[post("/v1/editions")]
pub async fn make_edition(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let actor = grants::administrator(&app, &caller)?;
        let wanted = wanted(&body)?;
        let person = grants::commitment(&app, &actor).await?;
        let (held, policy, now) = (app.clone(), app.policy()?.version(), app.clock().now());
        let made = web::block(move || {
            let by = (&actor, person.as_deref());
            let event = |edition: &NewEdition| event(&wanted, edition, by, policy);
            let made = editions::freeze((held.store(), held.registers()), &wanted, now, event);
            if made.is_ok()
                && let Err(error) = held.refresh()
            {
                tracing::error!(%error, "answers are refused until this is mended");
            }
            made
        });
        let made = made.await.map_err(|_| Problem::new(Kind::Unavailable))?;
        let (edition, status) = match made.map_err(|fault| refused(&fault))? {
            Made::New(edition) => (edition, StatusCode::CREATED),
            Made::Already(edition) => (edition, StatusCode::OK),
        };
        let language = requested_language(&request);
        Reply::personal(&request)
            .in_language(language)
            .tagged(format!("\"{}\"", edition.id))
            .with_status(status)
            .json(&told(&edition))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn wanted(body: &[u8]) -> Result<Wanted, Problem> {
    let written: Written = written::read(body)?;
    let kind = match written.kind.as_str() {
        "preliminary" => EditionKind::Preliminary,
        "final" => EditionKind::Final,
        _ => {
            return Err(Problem::new(Kind::ParameterError).detail(
                "`kind` er `preliminary` eller `final`",
                "`kind` is `preliminary` or `final`",
            ));
        }
    };
    Ok(Wanted {
        form: dataset(&written.dataset)?,
        year: written.year,
        kind,
        reason: written.reason.filter(|reason| !reason.trim().is_empty()),
        public_from: written.public_from,
    })
}

/// An edition as an event of the record. Its reason is told with the edition itself.
fn event(
    wanted: &Wanted,
    edition: &NewEdition,
    (actor, person): (&Actor, Option<&str>),
    policy: u64,
) -> Option<DecisionRow> {
    let resource = json!({
        "edition": edition.id, "form": wanted.form.number(), "year": wanted.year,
        "version": edition.version, "kind": kind_name(edition.kind),
        "publicFrom": edition.public_from,
    });
    let deed = Deed { action: "edition:freeze", resource, about: json!({}), grant: None };
    of_deed(&deed, actor, person, policy, Utc::now()).ok()
}

/// Who may see what is not public of editions and deliveries.
fn house(app: &App, caller: &SignedIn) -> Result<(), Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    if actor.sees_all() { Ok(()) } else { Err(Problem::new(Kind::NotPermitted)) }
}

fn refused(fault: &Fault) -> Problem {
    let wrong = |nb: &str, en: &str| Problem::new(Kind::WrongState).detail(nb, en);
    match fault {
        Fault::Nothing(form, year) => wrong(
            &format!("ingen kommune har levert skjema {form} for {year}"),
            &format!("no municipality has delivered form {form} for {year}"),
        ),
        Fault::NoRegister(form, year) => wrong(
            &format!("det finnes ikke noe register av skjema {form} for {year}"),
            &format!("there is no register of form {form} for {year}"),
        ),
        Fault::NoReason => Problem::new(Kind::ParameterError).detail(
            "utgaven er publisert; en rettelse må si hvorfor i `reason`",
            "the edition is public; a correction must say why in `reason`",
        ),
        Fault::AfterFinal => wrong(
            "det finnes en endelig utgave; en foreløpig kan ikke komme etter den",
            "there is a final edition; a preliminary one cannot follow it",
        ),
        Fault::Store(hjemmel_store::Error::Busy(_)) => wrong(
            "en utgave av skjemaet og året lages akkurat nå",
            "an edition of the form and year is being made just now",
        ),
        Fault::Store(error) => grants::refused_by_store(error),
        Fault::Unrecorded => Problem::new(Kind::Internal),
        Fault::Registers(error) => {
            tracing::error!(error = with_causes(error), "an edition cannot be made");
            Problem::new(Kind::Unavailable)
        }
    }
}

fn moment(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

fn told(edition: &Edition) -> Value {
    json!({
        "id": edition.id, "dataset": edition.form.dataset(), "year": edition.year,
        "version": edition.version, "kind": kind_name(edition.kind),
        "createdAt": moment(edition.created_at), "publicFrom": moment(edition.public_from),
        "reason": edition.reason, "missingRegions": edition.missing_regions,
    })
}

/// Every edition of a dataset, those that are not public yet too: for those who look after the installation.
#[utoipa::path(operation_id = "list_editions", tag = "Releases", security(("bearer" = [])),
    params(("dataset" = String, Query, description = "The dataset.", example = "skjema-11")),
    responses((status = 200, description = "The editions, the oldest of each year first.", body = Value)))]
#[get("/v1/editions")]
pub async fn list_editions(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        house(&app, &caller)?;
        let form = dataset(Query::of(&request).first("dataset").unwrap_or_default())?;
        let all = on_disk(&app, hjemmel_store::Store::editions).await?;
        let all: Vec<Value> = all.iter().filter(|one| one.form == form).map(told).collect();
        Reply::personal(&request).json(&json!({ "editions": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Who has delivered a form and year, and what the public editions of it lack.
async fn covered(
    app: &web::Data<App>,
    (form, year, month): (Form, u16, Option<u8>),
) -> Result<Coverage, Problem> {
    let now = app.clock().now();
    on_disk(app, move |store| {
        let mut counting = store.counting_periods(form, year)?;
        counting.retain(|(_, period), _| month.is_none_or(|month| month == *period));
        let counting = counting.into_iter().map(|((kommune, _), delivery)| (kommune, delivery));
        let counting = counting.collect();
        let public = |one: &Edition| (one.form, one.year) == (form, year) && one.public_from <= now;
        let editions: Vec<Edition> = store.editions()?.into_iter().filter(public).collect();
        Ok(coverage((form, year), &counting, &editions))
    })
    .await
}

/// The last delivery of each municipality, of a month where one is asked about, whatever became of it.
async fn newest(
    app: &web::Data<App>,
    (form, year, month): (Form, u16, Option<u8>),
) -> Result<BTreeMap<String, MunicipalDelivery>, Problem> {
    on_disk(app, move |store| {
        let filter =
            MunicipalFilter { form: Some(form), year: Some(year), ..MunicipalFilter::default() };
        let mut newest = BTreeMap::new();
        let all = store.municipal_deliveries(&filter, MANY)?.into_iter();
        for delivery in all.filter(|one| month.is_none_or(|month| one.period == month)) {
            newest.entry(delivery.kommune.clone()).or_insert(delivery);
        }
        Ok(newest)
    })
    .await
}

fn year(query: &Query) -> Result<u16, Problem> {
    let year = query.first("year").and_then(|text| text.parse().ok());
    year.filter(|year| hjemmel_kostra::Division::of(*year).is_some()).ok_or_else(|| {
        Problem::new(Kind::ParameterError).detail(
            "`year` er et rapporteringsår, fra 2016",
            "`year` is a reporting year, from 2016 on",
        )
    })
}

/// The month that is asked about, where the form is sent for each.
fn month(query: &Query) -> Result<Option<u8>, Problem> {
    let Some(text) = query.first("month") else { return Ok(None) };
    let month = text.parse().ok().filter(|month| (1..=12).contains(month));
    month.map(Some).ok_or_else(|| {
        Problem::new(Kind::ParameterError)
            .detail("`month` er et tall fra 1 til 12", "`month` is a number from 1 to 12")
    })
}

/// Which municipalities have delivered a form and year, when, and which have not; and what the published editions lack.
/// How much anybody delivered is nowhere in it.
#[utoipa::path(operation_id = "read_coverage", tag = "Datasets",
    params(
        ("id" = String, Path, description = "The dataset.", example = "skjema-11"),
        ("year" = u16, Query, description = "The reporting year.", example = 2024),
        ("month" = Option<u8>, Query, description = "The month, of a form that is sent for each; any month unless said.", example = 3),
    ),
    responses((status = 200, description = "The coverage.", body = Value)))]
#[get("/v1/datasets/{id}/coverage")]
pub async fn read_coverage(
    request: HttpRequest,
    app: web::Data<App>,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let query = Query::of(&request);
        let asked = (dataset(&id)?, year(&query)?, month(&query)?);
        Reply::open(&request).json(&covered(&app, asked).await?)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// Whom to remind: the municipalities that have not delivered, how far each has come, and the body that delivers for it.
#[utoipa::path(operation_id = "list_reminders", tag = "Deliveries", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The dataset.", example = "skjema-11"),
        ("year" = u16, Query, description = "The reporting year.", example = 2024),
        ("month" = Option<u8>, Query, description = "The month, of a form that is sent for each; whoever has sent none at all unless said.", example = 3),
    ),
    responses((status = 200, description = "The municipalities to remind.", body = Value)))]
#[get("/v1/datasets/{id}/reminders")]
pub async fn list_reminders(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        house(&app, &caller)?;
        let query = Query::of(&request);
        let asked = (dataset(&id)?, year(&query)?, month(&query)?);
        let (coverage, newest) = (covered(&app, asked).await?, newest(&app, asked).await?);
        let language = requested_language(&request);
        let senders = &app.settings().deliveries.senders;
        let all = reminders(&coverage, &newest, senders, language);
        Reply::personal(&request).in_language(language).json(&json!({ "reminders": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}
