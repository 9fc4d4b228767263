//! `/v1/crosschecks`: deliveries set against each other.

use super::deliver::sender;
use crate::app::{App, reference};
use crate::crosschecks::{Row, accounts, own, own_sum, ranked};
use crate::editions::kind_name;
use crate::fault::with_causes;
use crate::grants::event::{Deed, of_deed};
use crate::grants::{self, on_disk};
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::reply::{Marks, Reply};
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::Utc;
use hjemmel_disclosure::suppress::{self, Sums};
use hjemmel_disclosure::{Protection, Release};
use hjemmel_kostra::{Form, Language};
use hjemmel_policy::{Actor, ProtectTables, Subject};
use hjemmel_store::Edition;
use serde_json::{Value, json};
use uuid::Uuid;

/// The accounts of function 281 against what form 11 says was paid, grants and loans, by municipality.
///
/// A municipality sees its own, of what it delivered. Those who look after the installation see everybody's, the largest
/// difference first, against the newest edition of form 11; sums that a few persons make up are withheld, and others that
/// would give them away.
#[utoipa::path(operation_id = "check_accounts", tag = "Deliveries", security(("bearer" = [])),
    params(
        ("year" = u16, Query, description = "The reporting year.", example = 2024),
        ("kommune" = Option<String>, Query, description = "Which municipality, where the body was several that year.", example = "3107"),
    ),
    responses((status = 200, description = "The comparison.", body = Value)))]
#[get("/v1/crosschecks/accounts")]
pub async fn check_accounts(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let query = Query::of(&request);
        let language = requested_language(&request);
        let is_person = matches!(somebody.subject(), Subject::Person { .. });
        if is_person {
            let actor = grants::actor(&app, somebody)?;
            if !actor.sees_all() {
                return Err(Problem::new(Kind::NotPermitted));
            }
            let (body, decision) = of_all(&app, &actor, year(&query)?, language).await?;
            let marks =
                Marks { protection: Protection::Suppressed, basis: None, decision: Some(decision) };
            return Reply::private(&request, marks).in_language(language).json(&body);
        }
        let organisation = sender(&app, somebody)?;
        let year = year(&query)?;
        let kommune =
            app.settings().deliveries.kommune(organisation, year, query.first("kommune"))?;
        let event = hjemmel_store::DecisionRow {
            supplier: somebody.supplier().map(|supplier| supplier.to_string()),
            client: somebody.client().map(ToOwned::to_owned),
            ..event(&app, &Actor::Organisation { organisation }, year, None).await?
        };
        let decision = event.id;
        let row = of_one(&app, (kommune.to_owned(), year), event, language).await?;
        let marks = Marks { protection: Protection::Exact, basis: None, decision: Some(decision) };
        let body = json!({ "year": year, "comparison": row });
        Reply::private(&request, marks).in_language(language).json(&body)
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn year(query: &Query) -> Result<u16, Problem> {
    let year = query.first("year").and_then(|text| text.parse().ok());
    year.ok_or_else(|| {
        Problem::new(Kind::ParameterError).detail("si `year`, et årstall", "say `year`, a year")
    })
}

/// The reading as an event of the record.
async fn event(
    app: &web::Data<App>,
    actor: &Actor,
    year: u16,
    edition: Option<Uuid>,
) -> Result<hjemmel_store::DecisionRow, Problem> {
    let person = grants::commitment(app, actor).await?;
    let resource = json!({ "check": "accounts", "form": Form::F11.number(), "year": year,
                           "edition": edition });
    let deed = Deed { action: "crosscheck:read", resource, about: json!({}), grant: None };
    of_deed(&deed, actor, person.as_deref(), app.policy()?.version(), Utc::now())
}

/// A municipality's own, of what it delivered.
async fn of_one(
    app: &web::Data<App>,
    (kommune, year): (String, u16),
    event: hjemmel_store::DecisionRow,
    language: Language,
) -> Result<Row, Problem> {
    let held = app.clone();
    let read = move |store: &hjemmel_store::Store| {
        store.record_decisions(std::slice::from_ref(&event))?;
        let of = |form| store.counting_deliveries(form, year);
        let (mut accounted, delivered) = (of(Form::F0A)?, of(Form::F11)?);
        accounted.retain(|of, _| *of == kommune);
        let accounted = accounts(held.registers(), &accounted);
        let sum = delivered.get(&kommune).map(|one| own_sum(held.registers(), one)).transpose();
        Ok((accounted, sum, kommune))
    };
    let (accounted, sum, kommune) = on_disk(app, read).await?;
    let unreadable = |error: std::io::Error| {
        tracing::error!(error = with_causes(&error), "a delivery cannot be read");
        Problem::new(Kind::Unavailable)
    };
    let accounted = accounted.map_err(unreadable)?.remove(&kommune);
    Ok(own((year, &kommune), accounted, sum.map_err(unreadable)?, language))
}

/// Everybody's, against the newest edition of form 11, with the decision it is recorded as.
async fn of_all(
    app: &web::Data<App>,
    actor: &Actor,
    year: u16,
    language: Language,
) -> Result<(Value, Uuid), Problem> {
    let found = on_disk(app, move |store| store.edition(Form::F11, year)).await?;
    let edition = found.ok_or_else(|| {
        Problem::new(Kind::WrongState).detail(
            format!("det er ingen utgave av skjema 11 for {year} å sammenlikne med"),
            format!("there is no edition of form 11 for {year} to compare with"),
        )
    })?;
    let event = event(app, actor, year, Some(edition.id)).await?;
    let decision = event.id;
    on_disk(app, move |store| store.record_decisions(&[event])).await?;
    let held = app.clone();
    let read = on_disk(app, move |store| {
        let delivered = store.counting_deliveries(Form::F0A, year)?;
        Ok(accounts(held.registers(), &delivered))
    });
    let accounted = read.await?.map_err(|error| {
        tracing::error!(error = with_causes(&error), "accounts cannot be read");
        Problem::new(Kind::Unavailable)
    })?;
    let paid = paid(app, &edition).await?;
    let (rows, total) = ranked(year, &accounted, paid.content(), language);
    let body = json!({
        "year": year,
        "edition": { "version": edition.version, "kind": kind_name(edition.kind) },
        "kommuner": rows,
        "total": total,
    });
    Ok((body, decision))
}

/// What form 11 says was paid, protected.
async fn paid(app: &web::Data<App>, edition: &Edition) -> Result<Release<Sums>, Problem> {
    let resource = ProtectTables { form: edition.form, year: edition.year };
    let grant = app.policy()?.permit_protection(resource, Utc::now());
    let read = app.registers().payments(grant, &reference(edition)).await;
    let sealed = read.map_err(|error| match error {
        hjemmel_registers::Error::Column { .. } => Problem::new(Kind::WrongState)
            .detail("utgaven har ingen beløp", "the edition has no amounts"),
        error => {
            tracing::error!(error = with_causes(&error), "payments cannot be read");
            Problem::new(Kind::Unavailable)
        }
    })?;
    let protected = web::block(move || suppress::payments(sealed)).await;
    let protected = protected.map_err(|_| Problem::new(Kind::Unavailable))?;
    protected.map_err(|error| {
        tracing::error!(error = with_causes(&error), "payments cannot be protected");
        Problem::new(Kind::Unavailable)
    })
}
