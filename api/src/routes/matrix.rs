//! Who can see what, and what a case would change about it.

use crate::app::{App, policy_of};
use crate::grants::{self, trial};
use crate::problem::{Kind, Problem, requested_language};
use crate::pxweb::request::Query;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, web};
use chrono::{DateTime, Utc};
use hjemmel_kostra::{Form, Language};
use hjemmel_policy::matrix::{Matrix, Row, Shift};
use hjemmel_policy::{OrganisationNumber, Population, diff};
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Who can see which columns of which form and year, at which tier, of which regions, under which grant: every
/// row there is, worked out from the grants and not sampled. `at` asks about the past. Legal, admin and auditor
/// see everyone's, a body sees its own.
#[utoipa::path(operation_id = "read_access_matrix", tag = "Access", security(("bearer" = [])),
    params(
        ("recipient" = Option<String>, Query, description = "Only this recipient's, by organisation number.", example = "889640782"),
        ("dataset" = Option<String>, Query, description = "Only this dataset's.", example = "skjema-11"),
        ("at" = Option<String>, Query, description = "A moment in the past.", example = "2026-03-01T12:00:00Z"),
        ("format" = Option<String>, Query, description = "`json` or `csv`: the csv has one line for each column.", example = "json"),
    ),
    responses((status = 200, description = "The rows.", content((Value = "application/json"), (String = "text/csv")))))]
#[get("/v1/access-matrix")]
pub async fn read_access_matrix(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
) -> Result<HttpResponse, Problem> {
    matrix(&request, &app, &caller).await.map_err(|problem| problem.for_request(&request))
}

async fn matrix(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    let query = Query::of(request);
    let mut recipient = match query.first("recipient") {
        None => None,
        Some(text) => Some(OrganisationNumber::parse(text).map_err(|error| {
            Problem::new(Kind::ParameterError).detail(error.to_string(), error.to_string())
        })?),
    };
    if !actor.sees_all() {
        let own = actor.organisation().ok_or_else(|| Problem::new(Kind::NotPermitted))?;
        if recipient.is_some_and(|asked| asked != own) {
            return Err(Problem::new(Kind::NotPermitted));
        }
        recipient = Some(own);
    }
    let dataset = query.first("dataset").map(crate::microdata::dataset).transpose()?;
    let now = Utc::now();
    let (version, whole) = match query.first("at") {
        None => {
            let policy = app.policy()?;
            (policy.version(), policy.matrix(now))
        }
        Some(text) => {
            let at: DateTime<Utc> = text.parse().map_err(|_| {
                Problem::new(Kind::ParameterError)
                    .detail("`at` er et tidspunkt", "`at` is a moment in time")
            })?;
            let stored = grants::on_disk(app, move |store| store.policy_at(Some(at))).await?;
            let policy = policy_of(stored).map_err(|_| Problem::new(Kind::Unavailable))?;
            (policy.version(), policy.matrix(at))
        }
    };
    let shown: Vec<&Row> = whole
        .rows()
        .iter()
        .filter(|row| recipient.is_none_or(|recipient| row.recipient == recipient))
        .filter(|row| dataset.is_none_or(|form| row.form == form))
        .collect();
    match query.first("format") {
        None | Some("json") => Reply::personal(request).json(&json!({
            "policyVersion": version,
            "rows": shown.iter().map(|row| told(row)).collect::<Vec<_>>(),
        })),
        Some("csv") => {
            let csv = csv(&shown);
            Ok(Reply::personal(request).send("text/csv; charset=utf-8", csv.into()))
        }
        Some(_) => Err(Problem::new(Kind::ParameterError)
            .detail("`format` er json eller csv", "`format` is json or csv")),
    }
}

fn told(row: &Row) -> Value {
    json!({ "recipient": row.recipient, "dataset": row.form.dataset(), "year": row.year,
        "tier": row.tier, "columns": row.columns.as_ref(), "population": row.population,
        "grant": row.grant, "version": row.version })
}

/// One line for each recipient, form, year, tier, column and grant. Nothing in it needs quotes: codes, names of
/// columns and organisation numbers.
#[must_use]
pub fn csv(rows: &[&Row]) -> String {
    let mut text = String::from("recipient,dataset,year,tier,column,population,grant,version\n");
    for row in rows {
        let population = regions(&row.population);
        for column in row.columns.iter() {
            let (recipient, form, year) = (row.recipient, row.form.dataset(), row.year);
            let (tier, grant, version) = (row.tier.code(), &row.grant, row.version);
            // Writing to a String cannot fail.
            let _ = writeln!(
                text,
                "{recipient},{form},{year},{tier},{column},{population},{grant},{version}"
            );
        }
    }
    text
}

/// Regions with a space between, or `all`.
#[must_use]
pub fn regions(population: &Population) -> String {
    match population {
        Population::All => "all".to_owned(),
        Population::Regions(codes) => codes.iter().cloned().collect::<Vec<_>>().join(" "),
    }
}

/// What would change if the case were in force now: in the words of the grant, in the table of who can see what
/// before and after, in the saved tests, and in the answers to the real requests of the last days.
#[utoipa::path(operation_id = "read_grant_impact", tag = "Grants", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The grant.", example = "nav-11-pseudonymised"),
        ("days" = Option<u32>, Query, description = "How many days of requests to ask again, 0 to 365; 30 unless said.", example = 30),
    ),
    responses((status = 200, description = "What would change.", body = Value)))]
#[get("/v1/grants/{id}/impact")]
pub async fn read_grant_impact(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    id: web::Path<String>,
) -> Result<HttpResponse, Problem> {
    impact(&request, &app, &caller, &id).await.map_err(|problem| problem.for_request(&request))
}

async fn impact(
    request: &HttpRequest,
    app: &web::Data<App>,
    caller: &SignedIn,
    id: &str,
) -> Result<HttpResponse, Problem> {
    let actor = grants::actor(app, caller.somebody()?)?;
    if !actor.sees_all() {
        return Err(Problem::new(Kind::NotPermitted));
    }
    let days = match Query::of(request).first("days") {
        None => 30,
        Some(text) => text.parse().ok().filter(|days| *days <= 365).ok_or_else(|| {
            Problem::new(Kind::ParameterError).detail("`days` er 0 til 365", "`days` is 0 to 365")
        })?,
    };
    let (name, now) = (id.to_owned(), Utc::now());
    let found = grants::on_disk(app, move |store| {
        let versions = grants::versions(store, &name)?;
        let held = versions.first().ok_or(hjemmel_store::Error::NotFound("case"))?;
        let terms = held.case.terms.clone();
        let corrupt = |error: crate::app::AppError| {
            tracing::error!(%error, "a trial policy cannot be made");
            hjemmel_store::Error::Corrupt("the policy cannot be read".to_owned())
        };
        let (before, after) = trial::with_in_force(store, &terms).map_err(corrupt)?;
        let replayed = trial::replay(store, (&before, &after), days, now)?;
        let tests = trial::failed(&after, &store.policy_tests()?, now);
        let old: Vec<_> = before.grants().filter(|grant| grant.id == terms.id).cloned().collect();
        let new: Vec<_> = after.grants().filter(|grant| grant.id == terms.id).cloned().collect();
        let rules: Vec<_> = after
            .set_aside()
            .filter(|(grant, _)| grant.id == terms.id)
            .flat_map(|(_, rules)| rules.to_vec())
            .collect();
        let shifts = before.matrix(now).shifts(&after.matrix(now));
        Ok((terms.version, diff(&old, &new), shifts, tests, rules, replayed))
    });
    let (version, changes, shifts, tests, rules, replayed) = found.await?;
    let language = requested_language(request);
    Reply::personal(request).in_language(language).json(&json!({
        "id": id, "version": version,
        "changes": changes.iter().map(|one| one.describe(language)).collect::<Vec<_>>(),
        "shifts": shifts,
        "inWords": shifts.iter().map(|shift| words(shift, language)).collect::<Vec<_>>(),
        "testsFailed": tests, "brokenRules": rules, "replay": replayed,
    }))
}

/// A shift in a sentence.
#[must_use]
pub fn words(shift: &Shift, language: Language) -> String {
    let list =
        |of: &std::collections::BTreeSet<String>| of.iter().cloned().collect::<Vec<_>>().join(", ");
    let years = shift.years.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let (who, form, columns) = (shift.recipient, shift.form, list(&shift.columns));
    let tier = shift.tier.label();
    let tier = tier.in_language(language);
    let side = |side: &Option<Population>| match (side, language) {
        (None, Language::Nb) => "ingenting".to_owned(),
        (None, Language::En) => "nothing".to_owned(),
        (Some(Population::All), Language::Nb) => "hele landet".to_owned(),
        (Some(Population::All), Language::En) => "the whole country".to_owned(),
        (Some(Population::Regions(codes)), _) => list(codes),
    };
    let (before, after) = (side(&shift.before), side(&shift.after));
    match language {
        Language::Nb => format!(
            "{who} ser {columns} i skjema {form} for {years} som {tier}: {before} → {after}"
        ),
        Language::En => {
            format!("{who} sees {columns} of form {form} for {years} as {tier}: {before} → {after}")
        }
    }
}

/// The picture of a policy, for commands.
#[must_use]
pub fn of_dataset(matrix: &Matrix, form: Option<Form>) -> Vec<&Row> {
    matrix.rows().iter().filter(|row| form.is_none_or(|form| row.form == form)).collect()
}
