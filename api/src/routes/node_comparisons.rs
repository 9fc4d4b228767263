//! `/v1/node-comparisons`: what two nodes say to each other to compare persons without showing any.

use super::node_rounds::{Refused, heard, words};
use crate::app::App;
use crate::federation::compare::{Exchange, Proposal, Refusal};
use crate::federation::teller::UNKNOWN;
use crate::problem::{Kind, Problem};
use actix_web::{HttpRequest, HttpResponse, post, web};

/// Commitments to blinded persons of every region, for this node's own.
///
/// For other nodes alone. A comparison is over all regions of the year, once for two registers and a year, whatever the sets.
/// `differences` names what is compared of the persons in both (`dates`, `benefit`); it takes a grant here for the node that
/// asks, which names the fields, and further commitments of every region.
#[utoipa::path(operation_id = "propose_comparison", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "The proposal.", example = json!({
        "nonce": "00000000000000000000000000000000", "pair": ["971526920", "987879696"],
        "datasets": ["skjema-11B", "nir"], "year": 2017, "strata": ["0106"], "commitments": [] })),
    responses((status = 200, description = "This node's commitments.", body = Value)))]
#[post("/v1/node-comparisons/proposal")]
pub async fn propose_comparison(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    heard(&request, app, body, |one, app, proposal: Proposal, from| {
        one.comparisons().propose(app, proposal, from)
    })
    .await
}

/// Blinded persons of some regions and parts, for this node's own and for the same ones blinded twice, in an order of chance.
#[utoipa::path(operation_id = "exchange_points", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "The points.", example = json!({
        "comparison": "00", "first": 0, "points": [] })),
    responses((status = 200, description = "The points.", body = Value)))]
#[post("/v1/node-comparisons/points")]
pub async fn exchange_points(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    heard(&request, app, body, |one, app, exchange: Exchange, from| {
        one.comparisons().exchange(app, &exchange, from)
    })
    .await
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        let (code, kind) = match refusal {
            Refusal::NoPart => ("no-part", Kind::NotPermitted),
            Refusal::Basis(_) | Refusal::Withdrawn => ("no-basis", Kind::NoLegalBasis),
            Refusal::Strata => ("strata", Kind::ParameterError),
            Refusal::NotYet => ("not-yet", Kind::WrongState),
            Refusal::Pair(_) => ("repeat", Kind::WrongState),
            Refusal::Published => ("published", Kind::WrongState),
            Refusal::Broken(_) => ("broken", Kind::ParameterError),
            Refusal::Underway => ("underway", Kind::WrongState),
            Refusal::Unknown => (UNKNOWN, Kind::WrongState),
            Refusal::Unavailable => ("unavailable", Kind::Unavailable),
        };
        let said = refusal.text();
        let problem = Problem::new(kind).detail(said.nb.as_str(), said.en.as_str());
        Self { code, problem: problem.with("refusal", code).with("words", words(&said)) }
    }
}
