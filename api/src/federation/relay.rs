//! A question brought to the node that holds the answer, and the answer back: a part at a time, so that memory does not
//! grow with it, and cut when either side says so.

use super::peer::{Peer, Question, Silent};
use super::{PeerSettings, receipt};
use crate::app::App;
use crate::identity::NodeRefusal;
use crate::identity::node::ReceiptClaims;
use crate::journal::Pending;
use crate::problem::{Kind, Problem};
use crate::reply::VARY;
use actix_web::http::{StatusCode, header};
use actix_web::web::{self, Bytes};
use actix_web::{HttpRequest, HttpResponse};
use chrono::Utc;
use futures::stream;
use hjemmel_policy::{Caller, Decided, Grant, Relay, Relaying};
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{mpsc, oneshot};
use uuid::Uuid;

/// Bytes of one part.
const PART: usize = 64 << 10;
/// Parts that wait for a slow caller.
const WAITING: usize = 4;
/// How long the next part may take.
const NEXT_PART: Duration = Duration::from_secs(30);
/// The longest problem that is passed on.
const LONGEST_PROBLEM: u64 = 64 << 10;

/// The holder's headers that are passed on as they are.
const PASSED_ON: [&str; 8] = [
    "content-type",
    "content-disposition",
    "content-language",
    "etag",
    "hjemmel-protection",
    "hjemmel-basis",
    "hjemmel-columns-coarser",
    "hjemmel-columns-left-out",
];

/// The caller's headers the holder negotiates by.
const NEGOTIATED: [&str; 3] = ["Accept", "Accept-Language", "If-None-Match"];

/// Who holds the answer.
pub const HOLDER: &str = "Hjemmel-Holder";
/// The holder's recorded decision.
pub const HOLDER_DECISION: &str = "Hjemmel-Holder-Decision";

/// What the holder began its answer with.
struct Beginning {
    status: StatusCode,
    headers: Vec<(&'static str, String)>,
    decision: Option<String>,
    /// The holder's receipt, once it has been checked and kept, or why it could not be kept.
    receipt: Option<Result<String, Problem>>,
    /// Whether the holder's keys are there to check it with.
    can_be_checked: bool,
    /// The whole body of what is no success.
    problem: Vec<u8>,
}

/// Brings a question to a peer, or sends the caller there.
///
/// # Errors
/// 403 where policy stops it here; 502 when the peer does not answer, or refuses this node.
pub async fn bring(
    request: &HttpRequest,
    app: web::Data<App>,
    caller: &Caller,
    peer: &Arc<Peer>,
    asked: Relaying,
    path: String,
) -> Result<HttpResponse, Problem> {
    let decided = app.policy()?.decide_relay(caller, asked, Utc::now());
    let pending = app.journal().begin(decided.decision()).await?;
    let grant = match decided {
        Decided::Allowed(grant, _) => grant,
        Decided::Denied(decision) => {
            pending.durable().await?;
            return Err(stopped(&decision));
        }
    };
    let (query, redirect) = without_via(request.query_string());
    if redirect {
        return Ok(elsewhere(peer, &path, &query, pending.durable().await?));
    }
    let question =
        Question { path, query, subject: token_of(request)?, headers: negotiated(request) };
    let decision = pending.id();
    answer(app, caller.clone(), Arc::clone(peer), (grant, pending), question)
        .await
        .map_err(|problem| problem.decided(decision))
}

/// The peer is asked while the decision is written down; nothing it says goes on before that is done.
async fn answer(
    app: web::Data<App>,
    caller: Caller,
    peer: Arc<Peer>,
    (grant, pending): (Grant<Relay>, Pending),
    question: Question,
) -> Result<HttpResponse, Problem> {
    let (began, beginning) = oneshot::channel();
    let (parts, coming) = mpsc::channel(WAITING);
    let (shared, asked) = (app.clone(), Arc::clone(&peer));
    let named = receipt::question(&question.path, &question.query);
    let federation = app.federation().ok_or_else(|| Problem::new(Kind::Internal))?;
    let (decision, of) = (pending.id(), grant.resource().clone());
    // Nearly every answer is a success; what is signed for one meanwhile goes nowhere if this is none.
    let signed = |status| own_receipt(&app, &caller, decision, &named, status);
    let began = async {
        let place = peer.place(Utc::now())?;
        federation.threads.run(move || {
            let _place = place;
            fetch((&shared, &asked), &question, (&of, decision), began, &parts);
        });
        let ours = signed(StatusCode::OK);
        // The thread's own time limits end it; whoever waits here waits no longer than they do.
        Ok((beginning.await, ours))
    };
    let began = began.await;
    pending.durable().await?;
    let told = |silent: Silent| silence(&peer, &silent);
    let (beginning, ours) = began.map_err(told)?;
    let beginning = beginning.map_err(|_| Problem::new(Kind::Internal))?.map_err(told)?;
    let mut response = HttpResponse::build(beginning.status);
    match (&beginning.decision, beginning.receipt) {
        (Some(_), Some(kept)) => {
            let is_success = beginning.status == StatusCode::OK;
            let ours = if is_success { ours } else { signed(beginning.status) };
            response.insert_header((receipt::HOLDER_RECEIPT, kept?));
            response.insert_header((receipt::RECEIPT, ours));
        }
        // A question that cannot be understood is refused before anything is decided.
        (None, _) if is_the_callers(beginning.status) => {}
        _ if beginning.status.is_server_error() || beginning.status == StatusCode::UNAUTHORIZED => {
        }
        _ => return Err(unproved(&peer, beginning.can_be_checked)),
    }
    for (name, value) in &beginning.headers {
        response.insert_header((*name, value.as_str()));
    }
    response
        .insert_header((HOLDER, peer.settings().organisation.to_string()))
        .insert_header(("Hjemmel-Decision", decision.to_string()))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .insert_header((header::VARY, VARY));
    if beginning.headers.iter().any(|(_, value)| value.contains("parquet")) {
        // Its pages are compressed already.
        response.insert_header(header::ContentEncoding::Identity);
    }
    if let Some(decision) = beginning.decision {
        response.insert_header((HOLDER_DECISION, decision));
    }
    match beginning.status {
        StatusCode::OK => Ok(response.streaming(parts_of(app, caller, peer, grant, coming))),
        StatusCode::NOT_MODIFIED => Ok(response.finish()),
        status if is_the_callers(status) => Ok(response.body(beginning.problem)),
        status => Err(refused(&peer, status, &beginning.problem)),
    }
}

/// Asks the peer under a decision, keeps its receipt and passes its answer on, on a thread that may wait.
fn fetch(
    (app, peer): (&App, &Peer),
    question: &Question,
    (asked, decision): (&Relaying, Uuid),
    began: oneshot::Sender<Result<Beginning, Silent>>,
    parts: &mpsc::Sender<io::Result<Bytes>>,
) {
    let Some(federation) = app.federation() else { return };
    let (answer, call) = match peer.ask(federation, question) {
        Ok(answered) => answered,
        Err(silent) => {
            let _ = began.send(Err(silent));
            return;
        }
    };
    let text = |name: &str| {
        let value = answer.headers().get(name).and_then(|value| value.to_str().ok());
        value.map(str::to_owned)
    };
    let status = StatusCode::from_u16(answer.status().as_u16());
    let mut beginning = Beginning {
        status: status.unwrap_or(StatusCode::BAD_GATEWAY),
        headers: PASSED_ON.iter().filter_map(|name| Some((*name, text(name)?))).collect(),
        decision: text("hjemmel-decision"),
        receipt: None,
        can_be_checked: peer.peering().has_keys(Utc::now()),
        problem: Vec::new(),
    };
    if let (Some(theirs), Some(receipt)) = (&beginning.decision, text("hjemmel-receipt")) {
        let says = ReceiptClaims {
            to: federation.settings().organisation,
            decision: theirs,
            question: &receipt::question(&question.path, &question.query),
            call: &call,
            status: beginning.status.as_u16(),
        };
        if peer.peering().gave(&receipt, &says, Utc::now()) {
            let kept = receipt::keep(app, asked, (decision, theirs), &receipt);
            beginning.receipt = Some(kept.map(|()| receipt));
        }
    }
    let is_success = beginning.status == StatusCode::OK;
    let mut body = answer.into_body().into_reader();
    if !is_success {
        let _ = body.by_ref().take(LONGEST_PROBLEM).read_to_end(&mut beginning.problem);
    }
    if began.send(Ok(beginning)).is_err() || !is_success {
        return;
    }
    let mut part = vec![0; PART];
    loop {
        let sent = match body.read(&mut part) {
            Ok(0) => return,
            Ok(length) => {
                let read = part.get(..length).unwrap_or_default();
                parts.blocking_send(Ok(Bytes::copy_from_slice(read)))
            }
            Err(error) => {
                peer.failed();
                let _ = parts.blocking_send(Err(error));
                return;
            }
        };
        if sent.is_err() {
            // Whoever asked has gone away, or was cut off.
            return;
        }
    }
}

/// The parts of an answer. Before each is passed on, policy is asked anew.
fn parts_of(
    app: web::Data<App>,
    caller: Caller,
    peer: Arc<Peer>,
    grant: Grant<Relay>,
    coming: mpsc::Receiver<io::Result<Bytes>>,
) -> impl stream::Stream<Item = io::Result<Bytes>> {
    let start = Some((app, caller, peer, grant, coming));
    stream::unfold(start, async |state| {
        let (app, caller, peer, grant, mut coming) = state?;
        let part = match tokio::time::timeout(NEXT_PART, coming.recv()).await {
            Ok(Some(Ok(part))) => part,
            Ok(None) => return None,
            Ok(Some(Err(error))) => return Some((Err(error), None)),
            Err(late) => {
                peer.failed();
                return Some((Err(io::Error::new(io::ErrorKind::TimedOut, late)), None));
            }
        };
        let may = app.policy().is_ok_and(|policy| policy.may_relay(&caller, grant.resource()));
        if !may {
            return Some((Err(io::Error::other("the relay was stopped")), None));
        }
        Some((Ok(part), Some((app, caller, peer, grant, coming))))
    })
}

/// The caller's own token, as it was sent here; it has been verified.
fn token_of(request: &HttpRequest) -> Result<String, Problem> {
    let value = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(|value| value.split_once(' ')).map(|(_, token)| token.to_owned());
    token.ok_or_else(|| Problem::new(Kind::NotSignedIn))
}

fn negotiated(request: &HttpRequest) -> Vec<(&'static str, String)> {
    let text = |name: &str| request.headers().get(name)?.to_str().ok().map(str::to_owned);
    NEGOTIATED.iter().filter_map(|name| Some((*name, text(name)?))).collect()
}

/// The query without `via`, which is for this node, and whether the caller would rather go there itself.
fn without_via(query: &str) -> (String, bool) {
    let parts = query.split('&');
    let kept: Vec<&str> = parts.clone().filter(|part| !part.starts_with("via=")).collect();
    (kept.join("&"), parts.clone().any(|part| part == "via=redirect"))
}

fn elsewhere(peer: &Peer, path: &str, query: &str, decision: Uuid) -> HttpResponse {
    let mark = if query.is_empty() { "" } else { "?" };
    HttpResponse::TemporaryRedirect()
        .insert_header((
            header::LOCATION,
            format!("{}{path}{mark}{query}", peer.settings().address),
        ))
        .insert_header((HOLDER, peer.settings().organisation.to_string()))
        .insert_header(("Hjemmel-Decision", decision.to_string()))
        .insert_header((header::CACHE_CONTROL, "private, no-store"))
        .finish()
}

/// Whether a failure is about the question, so that the holder's words are for the caller.
fn is_the_callers(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::FORBIDDEN
            | StatusCode::NOT_FOUND
            | StatusCode::NOT_ACCEPTABLE
            | StatusCode::TOO_MANY_REQUESTS
    )
}

/// What this node signs for the caller.
fn own_receipt(
    app: &App,
    caller: &Caller,
    decision: Uuid,
    question: &str,
    status: StatusCode,
) -> String {
    let Some(federation) = app.federation() else { return String::new() };
    let decision = decision.to_string();
    let says = ReceiptClaims {
        to: caller.organisation().unwrap_or(federation.settings().organisation),
        decision: &decision,
        question,
        call: "",
        status: status.as_u16(),
    };
    federation.outgoing().receipt(&says, Utc::now())
}

/// What is said of a node that gives nothing, before it is said why.
fn unavailable(settings: &PeerSettings) -> Problem {
    Problem::new(Kind::NodeUnavailable).with("node", settings.organisation.as_str())
}

/// What is said of an answer that nothing proves. The keys of a node that was away when this one started are looked for
/// every half minute.
fn unproved(peer: &Peer, can_be_checked: bool) -> Problem {
    let settings = peer.settings();
    let (node, name) = (&settings.organisation, &settings.name);
    let (nb, en) = if can_be_checked {
        tracing::error!(%node, "a node signed no receipt for its answer");
        (
            format!("{name} kvitterte ikke for svaret sitt; ingenting er utlevert"),
            format!("{name} signed no receipt for its answer; nothing was released"),
        )
    } else {
        tracing::error!(%node, "the keys of a node are not there, so that no receipt of its can be checked");
        (
            format!(
                "nøklene til {name} er ikke hentet ennå; ingenting er utlevert, prøv igjen om et halvt minutt"
            ),
            format!(
                "the keys of {name} have not been fetched yet; nothing was released, try again in half a minute"
            ),
        )
    };
    unavailable(settings).detail(nb, en)
}

fn stopped(decision: &hjemmel_policy::Decision) -> Problem {
    use hjemmel_kostra::Language::{En, Nb};
    Problem::new(Kind::NotPermitted)
        .detail(decision.explain(Nb), decision.explain(En))
        .decided(decision.id)
}

fn silence(peer: &Peer, silent: &Silent) -> Problem {
    let settings = peer.settings();
    tracing::warn!(node = %settings.organisation, why = %silent, "a node does not answer");
    let name = &settings.name;
    let problem = unavailable(settings);
    match silent {
        Silent::Busy => problem.detail(
            format!("for mange svar fra {name} er underveis; prøv igjen"),
            format!("too many answers of {name} are under way; try again"),
        ),
        Silent::Paused | Silent::Failed(_) => problem.detail(
            format!("{name} svarer ikke; ingenting er utlevert"),
            format!("{name} does not answer; nothing was released"),
        ),
    }
}

fn refused(peer: &Peer, status: StatusCode, said: &[u8]) -> Problem {
    let settings = peer.settings();
    tracing::warn!(node = %settings.organisation, %status, "a node refused a question");
    let name = &settings.name;
    let problem = unavailable(settings);
    let said: serde_json::Value = serde_json::from_slice(said).unwrap_or_default();
    if said.get("node").and_then(serde_json::Value::as_str) == Some(NodeRefusal::Version.code()) {
        return problem.detail(
            format!("{name} forstår ikke versjonen denne noden snakker; én av dem må oppgraderes"),
            format!("{name} does not understand the version this node speaks; upgrade one of them"),
        );
    }
    if status == StatusCode::UNAUTHORIZED {
        return problem.detail(
            format!("{name} godtar ikke innloggingen din, eller ikke denne noden"),
            format!("{name} does not accept your sign-in, or does not accept this node"),
        );
    }
    problem.detail(
        format!("{name} kan ikke svare nå; ingenting er utlevert"),
        format!("{name} cannot answer now; nothing was released"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_this_node_does_not_reach_the_holder() {
        assert_eq!(
            without_via("year=2024&via=redirect&limit=3"),
            ("year=2024&limit=3".into(), true)
        );
        assert_eq!(without_via("via=relay"), (String::new(), false));
        assert_eq!(without_via("year=2024"), ("year=2024".into(), false));
    }
}
