//! `/v1/targets`: what the country and each municipality mean to reach by an indicator.

use super::indicators::find;
use crate::app::App;
use crate::grants::{on_disk, written};
use crate::problem::{Kind, Problem};
use crate::pxweb::request::Query;
use crate::pxweb::selection::clip;
use crate::reply::Reply;
use crate::signin::SignedIn;
use actix_web::{HttpRequest, HttpResponse, get, put, web};
use chrono::{Datelike as _, Utc};
use hjemmel_kostra::regions::changes::today;
use hjemmel_policy::{Caller, Role, Subject};
use hjemmel_store::TargetRow;
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

/// The country: its targets are national.
pub(super) const COUNTRY: &str = "EAK";
/// How many may be set in all.
const MOST: u32 = 1_000_000;
/// The highest value, in the indicator's unit.
const HIGHEST: f64 = 100_000.0;
/// How many years ahead a target may be.
const YEARS_AHEAD: i32 = 20;

/// A target that holds.
pub(super) type Target = TargetRow;

/// What is read of one.
pub(super) trait Valued {
    /// The number to reach, in the indicator's unit.
    fn value(&self) -> f64;
}

impl Valued for Target {
    fn value(&self) -> f64 {
        let milli = self.milli.and_then(|milli| u32::try_from(milli).ok()).unwrap_or(u32::MAX);
        f64::from(milli) / 1_000.0
    }
}

/// The targets that hold.
pub(super) async fn holding(app: &web::Data<App>) -> Result<Vec<Target>, Problem> {
    on_disk(app, hjemmel_store::Store::targets).await
}

/// The target a region has by an indicator for a year: that of the year, or the next one.
pub(super) fn in_force<'a>(
    targets: &'a [Target],
    region: &str,
    indicator: &str,
    year: u16,
) -> Option<&'a Target> {
    let own = targets.iter().filter(|one| one.region == region && one.indicator == indicator);
    own.filter(|one| one.year >= year).min_by_key(|one| one.year)
}

fn tell(target: &Target) -> Value {
    json!({
        "region": target.region,
        "indicator": target.indicator,
        "year": target.year,
        "value": target.milli.map(|_| target.value()),
        "setBy": target.set_by,
        "setAt": target.at,
    })
}

/// The targets that hold, of the country and of municipalities; `/v1/indicators/{code}` says how each stands.
#[utoipa::path(operation_id = "list_targets", tag = "Indicators",
    params(
        ("region" = Option<String>, Query, description = "Only this region's; `EAK` is the country.", example = "EAK"),
        ("indicator" = Option<String>, Query, description = "Only of this indicator.", example = "mottakere-18-24"),
    ),
    responses((status = 200, description = "The targets.", body = Value)))]
#[get("/v1/targets")]
pub async fn list_targets(
    request: HttpRequest,
    app: web::Data<App>,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let query = Query::of(&request);
        let is_wanted = |name, value: &str| query.first(name).is_none_or(|wanted| wanted == value);
        let all: Vec<Value> = holding(&app)
            .await?
            .iter()
            .filter(|one| is_wanted("region", &one.region))
            .filter(|one| is_wanted("indicator", &one.indicator))
            .map(tell)
            .collect();
        Reply::open(&request).json(&json!({ "targets": all }))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

/// A target that is wanted.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Wanted {
    region: String,
    indicator: String,
    year: i32,
    #[serde(default)]
    value: Option<f64>,
}

/// Sets what a region means to reach by an indicator in a year, or withdraws it (`value` null). A municipality sets
/// its own, by its own token; administrators set the country's (`EAK`). Earlier ones are kept and no longer hold.
#[utoipa::path(operation_id = "set_target", tag = "Indicators", security(("bearer" = [])),
    request_body(content = Value, description = "The region, the indicator, the year and the value in the indicator's unit.",
        example = json!({ "region": "3107", "indicator": "mottakere-18-24", "year": 2026, "value": 3.5 })),
    responses((status = 200, description = "The target holds, or is withdrawn.", body = Value)))]
#[put("/v1/targets")]
pub async fn set_target(
    request: HttpRequest,
    app: web::Data<App>,
    caller: SignedIn,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    let answer = async {
        let somebody = caller.somebody()?;
        let row = read(&app, somebody, &body)?;
        let kept = row.clone();
        on_disk(&app, move |store| store.set_target(&kept, MOST)).await?;
        Reply::personal(&request).json(&tell(&row))
    };
    answer.await.map_err(|problem: Problem| problem.for_request(&request))
}

fn wrong(nb: String, en: String) -> Problem {
    Problem::new(Kind::ParameterError).detail(nb, en)
}

fn read(app: &App, caller: &Caller, body: &[u8]) -> Result<TargetRow, Problem> {
    let wanted: Wanted = written::read(body)?;
    if !may_set(app, caller, &wanted.region)? {
        return Err(Problem::new(Kind::NotPermitted).detail(
            "En kommune setter sine egne mål med sitt eget token; landets settes av administratorer.",
            "A municipality sets its own targets by its own token; the country's are set by administrators.",
        ));
    }
    let is_known = wanted.region == COUNTRY
        || today().is_some_and(|all| all.kommuner.iter().any(|one| one.code == wanted.region));
    if !is_known {
        let name = clip(&wanted.region);
        return Err(wrong(
            format!("`{name}` er ingen av dagens kommuner; landet er `{COUNTRY}`"),
            format!("`{name}` is none of today's municipalities; the country is `{COUNTRY}`"),
        ));
    }
    let (table, indicator) = find(&wanted.indicator).map_err(Problem::in_a_selection)?;
    let now = Utc::now();
    let first = table.table.years().next().map_or(0, i32::from);
    let last = now.year() + YEARS_AHEAD;
    let year = u16::try_from(wanted.year).ok().filter(|_| (first..=last).contains(&wanted.year));
    let year = year.ok_or_else(|| {
        wrong(
            format!("`year` må være fra {first} til {last}"),
            format!("`year` must be from {first} to {last}"),
        )
    })?;
    if wanted.value.is_some_and(|value| !(0.0..=HIGHEST).contains(&value)) {
        return Err(wrong(
            format!("`value` må være fra 0 til {HIGHEST}, eller null"),
            format!("`value` must be from 0 to {HIGHEST}, or null"),
        ));
    }
    Ok(TargetRow {
        id: Uuid::now_v7(),
        region: wanted.region,
        indicator: indicator.code.clone(),
        year,
        milli: wanted.value.map(milli),
        set_by: who(caller),
        at: now,
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the value is between 0 and the highest"
)]
fn milli(value: f64) -> u64 {
    (value * 1_000.0).round() as u64
}

/// Whether a caller may say what a region means to reach.
fn may_set(app: &App, caller: &Caller, region: &str) -> Result<bool, Problem> {
    if region == COUNTRY {
        return Ok(match caller.subject() {
            Subject::Person { roles, .. } => roles.contains(&Role::Admin),
            Subject::Anonymous | Subject::Organisation { .. } => false,
        });
    }
    // Its own token: not one by which a supplier acts for it.
    let own = caller.organisation().filter(|_| caller.supplier().is_none());
    let Some(organisation) = own else { return Ok(false) };
    let senders = &app.settings().deliveries.senders;
    if senders.iter().any(|one| one.organisation == organisation && one.kommune == region) {
        return Ok(true);
    }
    let (policy, now) = (app.policy()?, Utc::now());
    // Which municipality a body is, its grants say as well; they were checked before they opened.
    Ok(policy
        .grants()
        .filter(|terms| terms.recipient.organisation == organisation)
        .filter(|terms| terms.recipient.kommune.contains(region))
        .any(|terms| policy.is_open(&terms.id, terms.version, now)))
}

fn who(caller: &Caller) -> String {
    match caller.subject() {
        Subject::Person { issuer, subject, .. } => format!("{subject} ({issuer})"),
        Subject::Organisation { organisation } => organisation.to_string(),
        Subject::Anonymous => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(region: &str, year: u16, milli: u64) -> Target {
        TargetRow {
            id: Uuid::from_u128(u128::from(year)),
            region: region.to_owned(),
            indicator: "mottakere-18-24".to_owned(),
            year,
            milli: Some(milli),
            set_by: String::new(),
            at: Utc::now(),
        }
    }

    #[test]
    fn the_target_of_the_year_comes_before_that_of_a_later_one_and_an_earlier_one_is_past() {
        let all = [target("3107", 2024, 1), target("3107", 2027, 3_500), target("3107", 2026, 2)];
        let of = |region, year| in_force(&all, region, "mottakere-18-24", year).map(|one| one.year);
        assert_eq!(of("3107", 2024), Some(2024));
        assert_eq!(of("3107", 2025), Some(2026));
        assert_eq!(of("3107", 2027), Some(2027));
        assert_eq!(of("3107", 2028), None);
        assert_eq!(of("EAK", 2025), None);
        assert!(in_force(&all, "3107", "other", 2025).is_none());
        assert!((all[1].value() - 3.5).abs() < 1e-9);
        assert_eq!(milli(3.5), 3_500);
    }
}
