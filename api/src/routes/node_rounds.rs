//! `/v1/node-rounds`: what the nodes of a round say to each other, through the one that makes the table.

use crate::app::App;
use crate::federation::Federation;
use crate::federation::joint::AllHellos;
use crate::federation::receive;
use crate::federation::rounds::Refusal;
use crate::federation::teller::UNKNOWN;
use crate::grants::written::unreadable;
use crate::problem::{Kind, Problem};
use crate::reply::Reply;
use actix_web::{HttpRequest, HttpResponse, post, web};
use hjemmel_federation::{Fault, NodeId, Offer, Plan};
use hjemmel_kostra::Text;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// The first word of a round: a key drawn for it, and a commitment to this node's sums.
///
/// For other nodes alone, by a token of their own that is bound to the body. The plan says everything about the round: the
/// table and its definition, the nodes and the municipalities each answers for, the rule and the recipient. This node judges
/// it by its own conditions, and refuses in words.
#[utoipa::path(operation_id = "say_hello", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "The plan.", example = json!({
        "nonce": "00000000000000000000000000000000", "coordinator": "971526920", "dataset": "skjema-11",
        "table": "S1101", "year": 2025, "definition": "…", "cells": 60, "largest": 1_099_511_627_776_u64,
        "rule": { "threshold": 4, "percent": 10 }, "recipient": null,
        "members": [{ "node": "987879696", "population": ["3107"] }] })),
    responses((status = 200, description = "The word, signed.", body = Value)))]
#[post("/v1/node-rounds/hello")]
pub async fn say_hello(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    heard(&request, app, body, |one, app, plan: Plan, from| one.rounds().join(app, plan, from))
        .await
}

/// The second word: this node's sums under masks that are gone only in the sum of all. It is remembered before it is sent.
#[utoipa::path(operation_id = "send_masked_sums", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "The round, and the first words of all its nodes.",
        example = json!({ "round": "00", "hellos": [] })),
    responses((status = 200, description = "The masked sums, signed: alone they are chance.", body = Value)))]
#[post("/v1/node-rounds/masked")]
pub async fn send_masked_sums(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    heard(&request, app, body, |one, app, all: AllHellos, from| {
        one.rounds().mask(app, (all.round, all.hellos), from)
    })
    .await
}

/// The third word: which cells this node will not have shown, asked by numbers the totals are not below.
#[utoipa::path(operation_id = "judge_offer", tag = "Nodes", security(("bearer" = [])),
    request_body(content = Value, description = "The offer.",
        example = json!({ "round": "00", "atLeast": [] })),
    responses((status = 200, description = "The objections, signed.", body = Value)))]
#[post("/v1/node-rounds/verdict")]
pub async fn judge_offer(
    request: HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
) -> Result<HttpResponse, Problem> {
    heard(&request, app, body, |one, app, offer: Offer, from| one.rounds().judge(app, offer, from))
        .await
}

/// Why a word is not answered.
pub(super) struct Refused {
    /// The stable word for the record.
    pub(super) code: &'static str,
    /// What the other node is told.
    pub(super) problem: Problem,
}

impl From<Refusal> for Refused {
    fn from(refusal: Refusal) -> Self {
        Self { code: code(&refusal), problem: problem(&refusal) }
    }
}

/// Hears what a node says and answers it.
pub(super) async fn heard<T, U, R>(
    request: &HttpRequest,
    app: web::Data<App>,
    body: web::Bytes,
    answer: impl FnOnce(&Federation, &App, T, NodeId) -> Result<U, R> + Send + 'static,
) -> Result<HttpResponse, Problem>
where
    T: DeserializeOwned + Send + 'static,
    U: Serialize + Send + 'static,
    R: Into<Refused> + 'static,
{
    let heard = async {
        let from = receive::node(request, &app, &body).await?;
        let said: T = serde_json::from_slice(&body).map_err(|error| unreadable(&error))?;
        let shared = app.clone();
        let answered = web::block(move || {
            let federation = shared.federation().ok_or(Refusal::NoPart)?;
            answer(federation, &shared, said, from).map_err(Into::into)
        });
        let answered = answered.await;
        let answered = answered.map_err(|_| Problem::new(Kind::Unavailable))?;
        let answered = match answered {
            Ok(answered) => answered,
            Err(Refused { code, problem }) => {
                app.journal().event("round-refused", code).await?;
                return Err(problem);
            }
        };
        Reply::personal(request).json(&answered)
    };
    heard.await.map_err(|problem: Problem| problem.for_request(request))
}

/// The stable word for the record.
const fn code(refusal: &Refusal) -> &'static str {
    match refusal {
        Refusal::NoPart => "no-part",
        Refusal::Plan(_) | Refusal::Common(_) | Refusal::Definition => "plan",
        Refusal::Coordinator => "coordinator",
        Refusal::Veto(_) => "veto",
        Refusal::NotYet => "not-yet",
        Refusal::Sums(_) => "sums",
        Refusal::Fault(Fault::Repeat(_)) => "repeat",
        Refusal::Fault(_) => "fault",
        Refusal::Unknown => UNKNOWN,
        Refusal::Busy => "busy",
    }
}

fn problem(refusal: &Refusal) -> Problem {
    let (kind, nb) = match refusal {
        Refusal::Plan(_) | Refusal::Common(_) | Refusal::Definition => {
            (Kind::ParameterError, "planen kan ikke følges")
        }
        Refusal::NoPart | Refusal::Coordinator | Refusal::Veto(_) => {
            (Kind::NotPermitted, "noden deltar ikke i dette")
        }
        Refusal::Fault(Fault::Memory) | Refusal::Busy => {
            (Kind::Unavailable, "noden kan ikke delta nå")
        }
        Refusal::NotYet | Refusal::Sums(_) | Refusal::Fault(_) | Refusal::Unknown => {
            (Kind::WrongState, "noden deltar ikke, eller ikke lenger")
        }
    };
    let said = refusal.text();
    let problem = Problem::new(kind).detail(format!("{nb}: {}", said.nb), said.en.as_str());
    problem.with("refusal", code(refusal)).with("words", words(&said))
}

/// The reason in both languages: the node that is told passes it on to readers of both.
pub(super) fn words(said: &Text) -> Value {
    json!({ "nb": said.nb, "en": said.en })
}
